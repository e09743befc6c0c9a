"""The sweep over all clocks."""

from __future__ import annotations

from datetime import datetime

from prefect import task

from services import heads, sweep
from services.office import current_office
from services.sweep import SweepReport
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


def digest_heads() -> None:
    """Store the day's digest of all histories, once a day: with the first sweep that ends it."""
    if not heads.has_today(current_office()):
        _store_digest()
