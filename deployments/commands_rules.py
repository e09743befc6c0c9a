"""`expedite policy` and `expedite calendar`: the rules in force, their difference to new ones, and putting those in force."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from deployments.commands_office import AsJson, Data, opened, show
from deployments.refusal import CommandRefused
from domain.label import Label

policy = typer.Typer(help="The policy in force, its versions, and a new one.", no_args_is_help=True)
calendar = typer.Typer(help="The office's working calendar and its own days.", no_args_is_help=True)

BY = "operator"
Locale = Annotated[str, typer.Option(help="en or zh.")]
Confirmed = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@policy.callback()
def _policy() -> None:
    """The policy in force, its versions, and a new one."""


@policy.command("check")
def policy_check(
    file: Annotated[Path | None, typer.Argument(help="The policy (default: EXPEDITE_POLICY, else the demo's).")] = None,
    directory: Annotated[
        Path | None, typer.Option(help="The directory it speaks of (default: directory.yaml beside it).")
    ] = None,
    locale: Locale = "en",
) -> None:
    """Name file, line and key of each mistake."""
    from services.directory_file import load_directory
    from services.marked_yaml import FileMistakes
    from services.policy_file import check_policy
    from services.settings import load_settings

    path = file or load_settings().policy
    if not path.is_file():
        raise CommandRefused(f"{path}: no such file")
    beside = directory or path.parent / "directory.yaml"
    try:
        people = load_directory(beside) if beside.is_file() else None
    except FileMistakes as mistakes:
        raise CommandRefused("\n".join(str(m) for m in mistakes.mistakes)) from mistakes
    found = check_policy(path, people)
    if found:
        from services.rule_words import mistake_label

        count = Label(f"{len(found)} 处错误", f"{len(found)} mistake(s)")
        raise CommandRefused("\n".join(one.in_(locale) for one in (*(mistake_label(str(m)) for m in found), count)))
    typer.echo(
        f"{path}: no mistakes" + ("" if people else " (no directory.yaml beside it: units and people were not checked)")
    )


@policy.command("diff")
def policy_diff(
    file: Annotated[Path | None, typer.Argument(help="The new policy (default: EXPEDITE_POLICY).")] = None,
    lines: Annotated[bool, typer.Option("--text", help="The texts line against line, comments included.")] = False,
    locale: Locale = "en",
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Show what a policy would change of the one in force; nothing is applied."""
    from services.policy_versions import difference, text_difference
    from services.rule_words import difference_label, mistake_label

    with opened(data) as office:
        text = _text(file or office.settings.policy)
        if lines:
            typer.echo(text_difference(office, text))
            return
        found = difference(office, text)
    if as_json:
        show(asdict(found))
    if found.mistakes:
        raise CommandRefused("\n".join(mistake_label(line).in_(locale) for line in found.mistakes))
    if not as_json:
        same = Label("没有实质差异", "nothing that counts differs")
        typer.echo("\n".join(difference_label(line).in_(locale) for line in found.lines) or same.in_(locale))


@policy.command("apply")
def policy_apply(
    file: Annotated[Path | None, typer.Argument(help="The new policy (default: EXPEDITE_POLICY).")] = None,
    recalculate: Annotated[
        bool, typer.Option(help="Open clocks go by the new policy too; none of their dates comes earlier.")
    ] = False,
    yes: Confirmed = False,
    data: Data = None,
) -> None:
    """Show the difference, then put the policy in force for what begins from now on; a running system follows at once."""
    from services.policy_versions import adopt, difference

    with opened(data) as office:
        text = _text(file or office.settings.policy)
        found = difference(office, text)
        if found.mistakes:
            raise CommandRefused("\n".join(found.mistakes))
        if found.same and not recalculate:
            typer.echo("nothing that counts differs; nothing is applied")
            return
        typer.echo("\n".join(found.lines))
        kept = "are recalculated" if recalculate else "keep the policy that started them"
        typer.echo(f"{found.open_clocks} open clocks {kept}")
        if not yes:
            typer.confirm("Put it in force?", abort=True)
        done = adopt(office, text, recalculate=recalculate, by=BY)
        typer.echo(f"in force: {done.version[:12]}; dates moved in {done.recalculated} cases")


@policy.command("versions")
def policy_versions(data: Data = None, as_json: AsJson = False) -> None:
    """Every policy that was in force, and how many open clocks still go by it."""
    from services.policy_versions import kept_versions

    with opened(data) as office:
        found = kept_versions(office)
        if as_json:
            show([asdict(one) for one in found])
            return
        for one in found:
            mark = "in force" if one.in_force else ""
            since = f"{one.known_since.astimezone(office.zone):%Y-%m-%d %H:%M}"
            typer.echo(f"{one.version[:12]}  {since}  {one.open_clocks:>6} open clocks  {mark}")


@policy.command("show")
def policy_show(
    version: Annotated[str, typer.Argument(help="The beginning of its number, as `policy versions` prints it.")],
    data: Data = None,
) -> None:
    """Print the text of a kept policy."""
    from services.policy_versions import kept_text

    with opened(data) as office:
        text = kept_text(office, version)
    if text is None:
        raise CommandRefused(f"there is no policy version {version}, or several; see `expedite policy versions`")
    typer.echo(text, nl=False)


@calendar.callback()
def _calendar() -> None:
    """The office's working calendar and its own days."""


@calendar.command("export")
def calendar_export(
    file: Annotated[Path | None, typer.Argument(help="Where to (default: standard output).")] = None,
    data: Data = None,
) -> None:
    """Write the office's own days as a CSV: day, hours, note."""
    from services.calendar_edits import own_days

    with opened(data) as office, office.reading() as session:
        text = own_days(session)
    if file is None:
        typer.echo(text, nl=False)
        return
    try:
        # The mark at the beginning lets spreadsheet programs read Chinese notes.
        file.write_text(text, encoding="utf-8-sig")
    except OSError as problem:
        raise CommandRefused(f"{file}: {problem.strerror or problem}") from problem
    typer.echo(f"{file}: written")


@calendar.command("apply")
def calendar_apply(
    file: Annotated[Path, typer.Argument(help="The CSV, complete: what it leaves out follows the schedule.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the difference only.")] = False,
    yes: Confirmed = False,
    data: Data = None,
) -> None:
    """Show what the office's own days change, then let them count; open dates move, never to an earlier one."""
    from services.calendar_edits import apply, difference

    with opened(data) as office:
        text = _text(file)
        found = difference(office, text)
        if found.mistakes:
            raise CommandRefused("\n".join(f"{file.name}, {mistake}" for mistake in found.mistakes))
        typer.echo("\n".join(found.lines) or "no day differs")
        if dry_run or not found.lines:
            return
        if not yes:
            typer.confirm("Let these days count?", abort=True)
        done = apply(office, text, by=BY)
        typer.echo(f"calendar {done.version} counts; dates moved in {done.recalculated} cases")


@calendar.command("show")
def calendar_show(
    month: Annotated[str, typer.Argument(help="YYYY-MM, or a year.")], data: Data = None, as_json: AsJson = False
) -> None:
    """Show the working days of a month or year, and whether it is announced or estimated."""
    from services.calendar_edits import days_of

    with opened(data) as office:
        found = days_of(office, month)
    if as_json:
        show([asdict(day) for day in found])
        return
    if not found:
        raise CommandRefused(f"{month}: the calendar has no such month; write it like 2026-10")
    for day in found:
        typer.echo(f"{day.day} {day.weekday}  {day.hours:<25} {day.kind}{'' if day.announced else ' (estimated)'}")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as problem:
        raise CommandRefused(f"{path}: {problem.strerror or problem}") from problem
    except UnicodeDecodeError as problem:
        raise CommandRefused(f"{path}: is no UTF-8 text; save it as UTF-8") from problem
