"""What a new calendar or a new policy makes of a case that is open: dates move, and never to before what was told."""

from __future__ import annotations

from datetime import datetime

from domain.clocks import Calendar, Clock, ClockState, Happening, Moment, due_at_pause
from domain.draft import Draft
from domain.lifecycle import Status
from domain.policy import Label, Limit

_MOVED = Label("办结时限因假期安排或规则调整而改变", "The closing date has moved with the calendar or the rules")


def adjust(draft: Draft, *, policy: bool) -> bool:
    """Reckon every open clock anew by the present calendar and, with `policy`, by the present policy's limits and colours.

    Time spent and waited stays; no date comes earlier (DOMAIN.md 6). Whether anything moved.
    """
    case = draft.case
    was = case.due
    moved = [change for clock in case.clocks if clock.open for change in [_adjusted(draft, clock, policy)] if change]
    if not moved:
        return False
    draft.hold_stay()
    closing = case.open_clock("close")
    if case.factor is not None:
        draft.follow_due()
    elif closing is not None and case.status is not Status.SUSPENDED:
        case.due, case.estimated = closing.due, closing.estimated
    draft.record("adjusted", {"why": "policy" if policy else "calendar", "moved": moved})
    if case.due != was:
        draft.tell_lead(_MOVED)
        draft.tell_reporters(_MOVED)
    return True


def _adjusted(draft: Draft, clock: Clock, policy: bool) -> dict[str, object] | None:
    limit = _limit_now(draft, clock) if policy else None
    change = adjust_clock(clock, draft.now, limit, draft.place.moments(clock), draft.place.calendar, policy=policy)
    if policy:
        clock.policy_version, clock.changed = draft.policy.version, True
    if (policy or change is not None) and clock.state is ClockState.RUNNING:
        draft.plan(clock)
    if change is None:
        return None
    old, new = change
    return {
        "clock": clock.kind, "subject": clock.subject, "from": old.isoformat(), "to": new.isoformat(), "estimated": clock.estimated,
    }  # fmt: skip


def adjust_clock(
    clock: Clock,
    now: datetime,
    limit: Limit | None,
    moments: list[Moment],
    calendar: Calendar,
    *,
    policy: bool,
) -> tuple[datetime, datetime] | None:
    """Reckon one clock anew, by a new limit where one is given; (old due, new due) if it changed."""
    if clock.due is None:
        return None
    new_limit = limit if clock.limit is not None and limit != clock.limit else None
    again = Moment(now, Happening.ADJUSTED, new_limit, reason="policy" if policy else "calendar")
    due = due_at_pause([*moments, *clock.moments, again], calendar)
    if due is None or (due.at == clock.due and due.estimated == clock.estimated and new_limit is None):
        return None
    old, clock.due, clock.estimated = clock.due, due.at, due.estimated
    clock.limit = new_limit or clock.limit
    clock.moments.append(again)
    clock.changed = True
    return old, due.at


def _limit_now(draft: Draft, clock: Clock) -> Limit | None:
    """The limit that the present policy gives a running clock of that kind; None for one that was given a date."""
    limits, case_class = draft.policy.limits, draft.case_class
    match clock.kind:
        case "contact":
            return draft.first_contact(clock.started)
        case "close":
            redone = clock.round > 1 and clock.limit == draft.policy_of(clock).limits.redo
            return limits.redo if redone else case_class.close
        case "plan":
            return case_class.plan
        case "interim":
            return limits.tracking_interim if draft.case.status is Status.TRACKING else case_class.interim
        case "rung_stay":
            return draft.policy.rung(draft.case.rung).limit
        case "factor_stage":
            return _stage_limit(draft, clock)
        case _:
            return getattr(limits, clock.kind, None)


def _stage_limit(draft: Draft, clock: Clock) -> Limit | None:
    factor = draft.case.factor
    kind = draft.policy.factor_types.get(factor.type) if factor is not None else None
    stage = kind.stage(clock.subject) if kind is not None else None
    return stage.limit_for(factor.attributes) if stage is not None and factor is not None else None
