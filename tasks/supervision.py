"""The sweep over all clocks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from prefect import task

from domain.policy import Label
from notifications.names import name_of
from services import heads, retention, sweep
from services.office import current_office
from services.people import load_people
from services.sweep import SweepReport, SweepStep
from services.what_if import WhatIf
from tasks.run_record import leave_table
from tasks.stopping import should_stop
from tasks.table_words import both, clock_label, moment_text, step_label
from tasks.transient import PAUSES, passes


class UnreadableMoment(ValueError):
    """A moment that is no date and time; the message says how to write one."""


def moment(text: str) -> datetime | None:
    """The moment that `text` names (ISO 8601, in the office's zone unless it says otherwise); None for "now"."""
    if not text.strip():
        return None
    try:
        read = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UnreadableMoment(
            f"“{text}”不是日期和时间，请写作 2026-07-16 09:00。 · {text!r} is no date and time; write it like 2026-07-16 09:00."
        ) from None
    return read if read.tzinfo is not None else read.replace(tzinfo=current_office().zone)


def lies_ahead(as_of: datetime | None) -> bool:
    """Whether `as_of` is later than the office clock."""
    return as_of is not None and as_of > current_office().now()


@task(name="sweep", retries=len(PAUSES), retry_delay_seconds=list(PAUSES), retry_condition_fn=passes)
def sweep_clocks(as_of: datetime | None, dry_run: bool) -> SweepReport:
    """Take every step that is due; a step that was taken is never taken again, so a repeated sweep only goes on."""
    return sweep.sweep(current_office(), as_of=as_of, dry_run=dry_run, should_stop=should_stop)


@task(name="digest-heads", retries=len(PAUSES), retry_delay_seconds=list(PAUSES), retry_condition_fn=passes)
def _store_digest() -> None:
    heads.digest_today(current_office())


@task(name="drop-dismissed", retries=len(PAUSES), retry_delay_seconds=list(PAUSES), retry_condition_fn=passes)
def _drop_dismissed() -> int:
    return retention.drop_dismissed(current_office())


def digest_heads() -> None:
    """Store the day's digest of all histories, once a day: with the first sweep that ends it. What is not kept goes with it."""
    if not heads.has_today(current_office()):
        _store_digest()
        _drop_dismissed()


def local_text(at: datetime) -> str:
    """A moment in the office's zone, to the minute."""
    return moment_text(at, current_office().zone)


def posts_of(report: SweepReport) -> Mapping[str, str]:
    """What those are called who get something by a sweep: their posts, by account."""
    office = current_office()
    with office.reading() as session:
        people = load_people(session, office.policy)
    return {account: both(people.label(account)) for step in report.steps for account in step.to}


def clock_and_step(step: SweepStep) -> dict[str, Label]:
    """A step's clock and what it does, in words."""
    return {"clock": clock_label(step.clock), "step": step_label(step.step)}


def leave_what_if(seen: WhatIf) -> None:
    """Leave a table of who would get what, a line per post, kind of mail, colour and clock; of the climbs; totals above it."""
    rung = current_office().policy.rung
    sent: list[dict[str, object]] = [
        {
            "to": one.to, "post": one.post, "mail": name_of(one.message), "colour": step_label(one.colour) if one.colour else "",
            "clock": clock_label(one.clock) if one.clock else "", "cases": ", ".join(one.cases), "restricted": one.restricted,
        }
        for one in seen.sent
    ]  # fmt: skip
    climbs: list[dict[str, object]] = [
        {
            "to": "", "post": "", "mail": step_label("climb"),
            "colour": Label(f"{rung(one.start).label.zh} → {rung(one.end).label.zh}", f"{rung(one.start).label.en} → {rung(one.end).label.en}"),
            "clock": "", "cases": ", ".join(one.cases), "restricted": one.restricted,
        }
        for one in seen.climbs
    ]  # fmt: skip
    totals = Counter[str]()
    for one in seen.sent:
        totals[one.message] += len(one.cases) + one.restricted
    zh = "；".join(f"{name_of(kind).zh} {number}" for kind, number in totals.items())
    en = "; ".join(f"{name_of(kind).en} {number}" for kind, number in totals.items())
    at = local_text(seen.as_of)
    leave_table(
        "what-if",
        [*sent, *climbs],
        Label(
            f"若在 {at} 检查，将发送的内容如下；未写入任何数据。" + (f"合计：{zh}。" if zh else "") + (f"有 {seen.failed} 件事项无法试算。" if seen.failed else ""),
            f"What a sweep as of {at} would send to whom; nothing was written." + (f" In all: {en}." if en else "")
            + (f" {seen.failed} cases could not be looked at." if seen.failed else ""),
        ),
    )  # fmt: skip


def leave_stuck(report: SweepReport) -> None:
    """Leave a table of the clocks whose step could not be taken, if there are any; the log has what went wrong."""
    if not report.stuck:
        return
    leave_table(
        "stuck-clocks",
        [
            {
                "case": one.case, "clock": clock_label(one.kind), "step": step_label(one.step),
                "since": local_text(one.since) if one.since is not None else "", "problem": one.problem,
            }
            for one in report.stuck
        ],
        Label(
            f"{len(report.stuck)} 个时限的步骤无法执行，已搁置；每件事项告知运维人员一次，详见日志。",
            f"{len(report.stuck)} clocks were set aside: their step could not be taken. The operator is told of each case once.",
        ),
    )  # fmt: skip
