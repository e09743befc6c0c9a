"""`expedite seed|sweep|inbox|outbox`: the office's work from the command line, `--json` for machines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deployments.refusal import CommandRefused

if TYPE_CHECKING:
    from services.office import Office
    from services.sweep import SweepStep
    from services.what_if import WhatIf

Data = Annotated[Path | None, typer.Option("--data", envvar="EXPEDITE_DATA", help="The data folder.")]
AsJson = Annotated[bool, typer.Option("--json", help="For machines.")]


@contextmanager
def opened(data: Path | None) -> Iterator[Office]:
    """The office of a data folder, its tables brought up to date; what cannot be is a refusal in words."""
    from domain.refusals import Refused
    from domain.working_time import CalendarError
    from models.migrate import DatabaseRefused, upgrade
    from services.inbox import UnknownState
    from services.marked_yaml import FileMistakes
    from services.office import open_office
    from services.settings import load_settings

    settings = load_settings(data)
    try:
        settings.data.mkdir(parents=True, exist_ok=True)
        upgrade(settings.url)
        office = open_office(settings)
    except (DatabaseRefused, CalendarError) as problem:
        raise CommandRefused(str(problem)) from problem
    except FileMistakes as mistakes:
        raise CommandRefused("\n".join(str(m) for m in mistakes.mistakes)) from mistakes
    except OSError as problem:
        raise CommandRefused(
            f"{settings.data}: {problem.strerror or problem}; name another folder with --data"
        ) from problem
    try:
        yield office
    except (Refused, UnknownState) as refusal:
        raise CommandRefused(str(refusal)) from refusal
    except FileMistakes as mistakes:
        raise CommandRefused("\n".join(str(m) for m in mistakes.mistakes)) from mistakes
    finally:
        office.close()


def show(value: Any) -> None:
    """Print JSON."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def seed(
    paths: Annotated[list[Path], typer.Argument(help="YAML files, or folders of them.")], data: Data = None
) -> None:
    """Write units, people, projects and an older register of difficulties; doing it again changes nothing."""
    from services.seed import seed as sow

    for path in paths:
        if not path.exists():
            raise CommandRefused(f"{path}: no such file or folder")
    with opened(data) as office:
        sow(office, paths, typer.echo)


def sweep(
    as_of: Annotated[str, typer.Option("--as-of", help="A moment in the office's zone, e.g. 2026-07-20T09:00.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be done.")] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Take every step that is due: notices, climbs, expiries. A dry run says who would get what, at any moment."""
    from services.sweep import sweep as take

    with opened(data) as office:
        at: datetime | None = None
        if as_of:
            try:
                at = datetime.fromisoformat(as_of)
            except ValueError:
                raise CommandRefused(f"--as-of {as_of!r}: write it as 2026-07-20T09:00") from None
            at = at.replace(tzinfo=office.zone) if at.tzinfo is None else at
        report = take(office, at, dry_run)
        seen = report.ahead
        if as_json:
            ahead = (
                {
                    "sent": [asdict(s) for s in seen.sent],
                    "climbs": [asdict(c) for c in seen.climbs],
                    "failed": seen.failed,
                }
                if seen
                else {}
            )
            show({
                "as_of": report.as_of.astimezone(office.zone).isoformat(timespec="seconds"), "dry_run": report.dry_run,
                "examined": report.examined, "steps": [asdict(s) for s in report.steps], "notices": report.notices,
                "seconds": round(report.seconds, 4), "stuck": [asdict(s) for s in report.stuck], **ahead,
            })  # fmt: skip
            return
        if seen is not None:
            _show_ahead(seen, office)
        else:
            _show_steps(report.steps, office)
        for one in report.stuck:
            typer.echo(f"{one.case} {one.kind}: {one.step} could not be taken ({one.problem}); the log says why")
        typer.echo(
            f"{report.examined} clocks, {report.notices} notices in {report.seconds:.2f} s"
            + (" (dry run)" if dry_run else "")
        )


def _show_steps(steps: Sequence[SweepStep], office: Office) -> None:
    """A line per step that was taken, in words; the codes stand in --json."""
    from domain.clocks import CLOCKS
    from domain.labels import STEP_LABELS
    from services.people import load_people

    with office.reading() as session:
        people = load_people(session, office.policy)
    for step in steps:
        clock = CLOCKS[step.clock].label.en if step.clock in CLOCKS else step.clock
        name = STEP_LABELS[step.step].en if step.step in STEP_LABELS else step.step
        typer.echo(f"{step.case} {clock}: {name} → {', '.join(people.label(one).en for one in step.to) or '—'}")


def _show_ahead(seen: WhatIf, office: Office) -> None:
    """A line per recipient, kind of mail, colour and clock, and a line per climb."""
    from domain.clocks import CLOCKS
    from domain.labels import STEP_LABELS
    from notifications.names import name_of

    for one in seen.sent:
        # In words, as runs' tables say it; the codes stand in --json.
        colour = STEP_LABELS[one.colour].en if one.colour in STEP_LABELS else one.colour
        clock = CLOCKS[one.clock].label.en if one.clock in CLOCKS else one.clock
        what = " · ".join(word for word in (name_of(one.message).en, colour, clock) if word)
        typer.echo(f"{one.to or '—'} {one.post.en} · {what}: {_codes(one.cases, one.restricted)}")
    for climb in seen.climbs:
        old, new = (office.policy.rung(number).label.en for number in (climb.start, climb.end))
        typer.echo(f"One rung up, {old} → {new}: {_codes(climb.cases, climb.restricted)}")
    if seen.failed:
        typer.echo(f"{seen.failed} cases could not be looked at")


def _codes(cases: tuple[str, ...], restricted: int) -> str:
    return ", ".join([*cases, *([f"{restricted} restricted"] if restricted else [])])


inbox = typer.Typer(help="What came in: list, show, accept, dismiss, replay.", no_args_is_help=True)


@inbox.command("list")
def inbox_list(
    state: Annotated[str, typer.Option(help="waiting, unconfirmed, done, quarantined or dismissed.")] = "",
    limit: int = 100,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """The deliveries, newest first."""
    from services.inbox import deliveries

    with opened(data) as office:
        rows = deliveries(office, state or None, limit)
        if as_json:
            show(rows)
            return
        for row in rows:
            typer.echo(
                f"{row['receipt']} {row['received_at']} {row['source']:<10} {row['state']:<12} {row['case'] or row['problem'] or ''}"
            )


@inbox.command("show")
def inbox_show(
    receipt: str,
    mapped: Annotated[
        bool, typer.Option("--map", help="What the source's mapping makes of it; nothing is changed.")
    ] = False,
    policy: Annotated[Path | None, typer.Option(help="With --map: the mapping of this policy file.")] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """A delivery with its body as it arrived, or what its mapping makes of it."""
    from services.inbox import delivery

    with opened(data) as office:
        if mapped or policy is not None:
            _show_mapped(office, receipt, policy, as_json)
            return
        row = delivery(office, receipt)
        if row is None:
            raise CommandRefused(f"{receipt}: there is no such delivery; see `expedite inbox list`")
        if as_json:
            show(row)
            return
        for key, value in row.items():
            typer.echo(f"{key}: {value}")


def _show_mapped(office: Office, receipt: str, policy: Path | None, as_json: bool) -> None:
    from services.inbox import tried
    from services.policy_file import load_policy
    from services.sources.kind import NoSubmission

    try:
        said = tried(office, receipt, load_policy(policy) if policy is not None else None)
    except (LookupError, NoSubmission) as refusal:
        raise CommandRefused(str(refusal)) from refusal
    if as_json:
        show(said)
        return
    typer.echo(
        f"{said['source']} ({said['kind']}), submission {said['entry'] or '—'}, edited {said['edited_at'] or '—'}"
    )
    for row in said["fields"]:
        asked = f"{row['question'] or '—'} [{row['found']}]"
        meaning = "" if row["answer"] == row["means"] else f" → {row['means']}"
        typer.echo(f"  {row['field']:<20} {asked:<32} {row['answer'][:200]}{meaning}")
    for row in said["unused"]:
        typer.echo(f"  not used: {row['key']} {row['label']}: {row['answer'][:200]}")
    if said["missing"]:
        raise CommandRefused(
            f"missing: {', '.join(said['missing'])}; mend the mapping, then `expedite inbox replay {receipt}`"
        )


@inbox.command("sources")
def inbox_sources(data: Data = None, as_json: AsJson = False) -> None:
    """Each source with how many of its deliveries stand where."""
    from services.inbox import sources

    with opened(data) as office:
        rows = sources(office)
    if as_json:
        show(rows)
        return
    for row in rows:
        counts = " ".join(
            f"{name} {row[name]}" for name in ("done", "waiting", "unconfirmed", "quarantined", "dismissed", "edits")
        )
        typer.echo(f"{row['source']:<12} {row['kind'] or '—':<12} {counts}  last {row['last'] or '—'}")


@inbox.command("replay")
def inbox_replay(receipts: list[str], data: Data = None) -> None:
    """Read quarantined deliveries again."""
    from services.receiver import replay

    with opened(data) as office:
        typer.echo(f"{replay(office, [r.upper() for r in receipts])} of {len(receipts)} will be read again")


@inbox.command("accept")
def inbox_accept(receipts: list[str], data: Data = None) -> None:
    """Let unconfirmed reports become cases."""
    _decide(data, receipts, accepted=True)


@inbox.command("dismiss")
def inbox_dismiss(receipts: list[str], data: Data = None) -> None:
    """Let unconfirmed reports go."""
    _decide(data, receipts, accepted=False)


def _decide(data: Path | None, receipts: list[str], *, accepted: bool) -> None:
    from uuid import uuid4

    from services.desk import accept_reports, dismiss_reports

    with opened(data) as office:
        results = (accept_reports if accepted else dismiss_reports)(office, receipts, f"cli-{uuid4().hex}")
        for result in results:
            typer.echo(f"{result.case}: {result.message}")
        if not all(r.done for r in results):
            raise CommandRefused("not all were done")


outbox = typer.Typer(help="Mail owed: list, retry.", no_args_is_help=True)


@outbox.command("list")
def outbox_list(
    state: Annotated[str, typer.Option(help="owed, sent, failed or void.")] = "",
    limit: int = 100,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """The messages, newest first: since when one waits and what for, why one was put off or failed."""
    from services.inbox import messages

    with opened(data) as office:
        rows = messages(office, state or None, limit)
        if as_json:
            show(rows)
            return
        for row in rows:
            waits = f"since {row['owed_at']}, waits for {row['waits_for']}" if row["waits_for"] else ""
            until = f" until {row['until']}" if row["until"] else ""
            why = "; ".join(part for part in (waits + until, row["problem"]) if part)
            typer.echo(
                f"{row['id']:>6} {row['state']:<6} {row['message']:<20} {row['case'] or '':<14} {row['to']:<28} {why}"
            )


@outbox.command("retry")
def outbox_retry(ids: Annotated[list[int] | None, typer.Argument()] = None, data: Data = None) -> None:
    """Owe failed or deferred messages at once again: those named, or all."""
    from services.outbox import retry

    with opened(data) as office:
        typer.echo(f"{retry(office, ids)} messages are owed again")
