"""The sweep over all clocks."""

from __future__ import annotations

from datetime import datetime

from prefect import task

from services import heads, retention, sweep
from services.office import current_office
from services.sweep import SweepReport
from services.what_if import WhatIf
from tasks.run_record import leave_table
from tasks.stopping import should_stop
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
        raise UnreadableMoment(f"{text!r} is no date and time; write it like 2026-07-16 09:00.") from None
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


def leave_what_if(seen: WhatIf) -> None:
    """Leave a table of who would get what, a line per post, kind of mail, colour and clock; and of the climbs."""
    sent: list[dict[str, object]] = [
        {
            "to": one.to, "post": one.post.zh, "mail": one.message, "colour": one.colour, "clock": one.clock,
            "cases": ", ".join(one.cases), "restricted": one.restricted,
        }
        for one in seen.sent
    ]  # fmt: skip
    climbs: list[dict[str, object]] = [
        {
            "to": "", "post": "", "mail": "climb", "colour": f"{one.start} → {one.end}", "clock": "",
            "cases": ", ".join(one.cases), "restricted": one.restricted,
        }
        for one in seen.climbs
    ]  # fmt: skip
    leave_table(
        "what-if",
        [*sent, *climbs],
        f"What a sweep as of {seen.as_of.isoformat()} would send to whom; nothing was written."
        + (f" {seen.failed} cases could not be looked at." if seen.failed else ""),
    )


def leave_stuck(report: SweepReport) -> None:
    """Leave a table of the clocks whose step could not be taken, if there are any; the log has what went wrong."""
    if not report.stuck:
        return
    leave_table(
        "stuck-clocks",
        [
            {
                "case": one.case, "clock": one.kind, "step": one.step,
                "since": one.since.isoformat() if one.since is not None else "", "problem": one.problem,
            }
            for one in report.stuck
        ],
        f"{len(report.stuck)} clocks were set aside: their step could not be taken. The operator is told of each case once.",
    )  # fmt: skip
