"""The circular (通报): issued by hand on what has been red for long enough; the clock never issues it (DOMAIN.md 1.8)."""

from __future__ import annotations

from domain.clocks import Clock, ClockState
from domain.draft import Draft
from domain.effects_clock import issue_on
from domain.fields import Fields
from domain.ladder import overdue_days
from domain.policy import Colour
from domain.refusals import Refused


def check_circular(draft: Draft) -> Clock:
    """The clock that a circular would be about: of those long enough overdue, with their red notice, the one due first.

    Raises Refused, which says from which day on there may be one.
    """
    red = [clock for clock in draft.case.clocks if _turns_red(draft, clock)]
    left = sorted(
        (clock for clock in red if Colour.CIRCULAR.value not in clock.done),
        key=lambda c: (c.due or draft.now, c.id or 0),
    )
    for clock in left:
        days = draft.policy_of(clock).notices[Colour.CIRCULAR].days
        if Colour.RED.value in clock.done and overdue_days(clock.due, draft.now, draft.time) >= days:
            return clock
    if left:
        raise _too_early(draft, left[0])
    if red:
        raise Refused("circular_issued", "What is late here was made known by a circular already.")
    raise Refused("nothing_red", "Nothing here can become red now: there is nothing for a circular to be about.")


def _turns_red(draft: Draft, clock: Clock) -> bool:
    row = clock.row
    if clock.state is not ClockState.RUNNING or clock.due is None or Colour.RED not in row.colours:
        return False
    return row.red_in is None or draft.case.status in row.red_in


def _too_early(draft: Draft, clock: Clock) -> Refused:
    days = draft.policy_of(clock).notices[Colour.CIRCULAR].days
    due = draft.time.local(clock.due or draft.now).date()
    day = draft.time.working_day_offset(due, days)
    return Refused(
        "circular_early",
        "A circular is for what has its red notice and is {days} working days overdue; “{clock}” may get one from {day} on.",
        {"days": days, "clock": clock.row.label.en, "clock_zh": clock.row.label.zh, "day": day.isoformat()},
    )


def circular(draft: Draft, fields: Fields) -> None:
    """Issue the circular, a numbered notice to those whom the policy names; it climbs no rung."""
    reason = fields.text("reason", "say why it is made known")
    clock = check_circular(draft)
    draft.record("circular", {"clock": clock.kind, "subject": clock.subject}, reason=reason)
    issue_on(draft, clock, Colour.CIRCULAR)
