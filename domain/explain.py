"""Why a clock is due when it is: every minute from its start accounted for, with what counted and what did not.

Beside the plain count (`domain.explain_walk`) stands what the clock's own events give; the two must agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from domain.clocks import Calendar, Happening, Moment, due_at_pause
from domain.explain_walk import (
    CALENDAR,
    DayNotes,
    Interval,
    Pause,
    Why,
    count_out,
    cut,
    merged,
    owed_units,
    plain_note,
)
from domain.ladder import overdue_days
from domain.policy import Limit, Unit
from domain.working_time import Due

MANY_DAYS = 30
"""Limits of more working days than this are shown in runs of days, shorter ones a day to a line."""

CHANGES = frozenset({Happening.EXTENDED, Happening.RECALCULATED, Happening.ADJUSTED, Happening.PASSED_ON})


@dataclass(frozen=True, slots=True)
class Change:
    """What changed a clock after its start: its due moment before and after, and why (a reason, or the unit it passed to)."""

    at: datetime
    what: Happening
    before: datetime | None
    after: datetime | None
    reason: str
    limit: Limit | None
    calendar: int | None


@dataclass(frozen=True, slots=True)
class Account:
    """A clock's time: its intervals in order, without gap or overlap, from the start to the due moment and, overdue, beyond.

    `owed` and `counted` are in `unit`'s units (minutes for hours, days for months); without a limit the clock was given a
    date and both are 0. `reached` is where the count alone arrives, before extensions and dates that are kept; None while
    the clock stands still before that. `due` is what the clock's events give, as it stood when a pause began that lasts.
    """

    start: datetime
    limit: Limit | None
    unit: Unit | None
    owed: int
    counted: int
    reached: datetime | None
    due: Due | None
    paused: bool
    calendar: int | None
    intervals: tuple[Interval, ...]
    changes: tuple[Change, ...]


@dataclass(slots=True)
class _Facts:
    """What the events of a clock say, the latest where they say it twice."""

    start: datetime
    limit: Limit | None
    given: datetime | None
    calendar: int | None
    pauses: list[Pause] = field(default_factory=list)
    extended: bool = False
    reason: str = ""
    ended: datetime | None = None

    @property
    def counts(self) -> Limit | None:
        """The limit that is counted out; None for a clock that was given a date."""
        return self.limit if self.given is None else None


def account(moments: Sequence[Moment], calendar: Calendar, until: datetime, notes: DayNotes = plain_note) -> Account:
    """Account for a clock's time up to `until` (the present, or the moment for which it is asked).

    ValueError on an order of events that cannot have happened, OutsideCalendarError beyond a calendar.
    """
    facts = _read(moments)
    due = due_at_pause(moments, calendar)
    paused = bool(facts.pauses) and facts.pauses[-1].end is None
    time, limit = calendar(facts.calendar), facts.counts
    walked = count_out(facts.start, limit, facts.pauses, time, notes) if limit is not None else []
    counted = sum(one.amount for one in walked)
    owed = owed_units(facts.start, limit, time) if limit is not None else 0
    begin = walked[0].begin if walked else facts.start
    late_from = due.at if due is not None and not (paused and facts.pauses[-1].begin < due.at) else None
    reached = walked[-1].end if walked and counted == owed and late_from is not None else None
    whole = _to_due(walked, begin, late_from, facts)
    end = facts.ended or until
    if late_from is not None and end > late_from:
        late = _pieces(late_from, end, facts.pauses, Why.OVERDUE)
        whole += [
            replace(one, amount=overdue_days(late_from, one.end, time)) if one.why is Why.OVERDUE else one
            for one in late
        ]
    elif late_from is None:
        stands = whole[-1].end if whole else begin
        if end > stands:
            whole.append(Interval(stands, end, False, Why.PAUSED, reason=facts.pauses[-1].reason))
    runs = limit is not None and (limit.unit in CALENDAR or (owed > MANY_DAYS and limit.unit is Unit.WORKING_DAYS))
    return Account(
        start=facts.start, limit=facts.limit, unit=limit.unit if limit is not None else None, owed=owed,
        counted=counted, reached=reached, due=due, paused=paused, calendar=facts.calendar,
        intervals=merged(whole, days_too=runs), changes=_changes(moments, calendar),
    )  # fmt: skip


def _read(moments: Sequence[Moment]) -> _Facts:
    first = moments[0] if moments else None
    if first is None or first.what is not Happening.STARTED:
        raise ValueError("a clock's first event must be its start")
    facts = _Facts(first.at, first.limit, first.due, first.calendar)
    for moment in moments[1:]:
        match moment.what:
            case Happening.PAUSED:
                facts.pauses.append(Pause(moment.at, None, moment.reason))
            case Happening.RESUMED:
                if not facts.pauses or facts.pauses[-1].end is not None:
                    raise ValueError("a clock resumed that was not paused")
                facts.pauses[-1] = replace(facts.pauses[-1], end=moment.at)
                facts.calendar = moment.calendar
            case Happening.EXTENDED:
                facts.extended, facts.reason = True, moment.reason
            case Happening.RECALCULATED | Happening.ADJUSTED:
                facts.limit, facts.calendar = moment.limit or facts.limit, moment.calendar
                if moment.what is Happening.RECALCULATED:
                    facts.given = moment.due
            case Happening.ENDED:
                facts.ended = moment.at
            case _:
                continue
    return facts


def _to_due(walked: list[Interval], begin: datetime, due: datetime | None, facts: _Facts) -> list[Interval]:
    """The stretches up to the due moment: what was counted, then what an extension or a kept date adds to it."""
    if due is None:
        if facts.counts is not None:
            return list(walked)
        return _pieces(begin, facts.pauses[-1].begin, facts.pauses, Why.GIVEN)
    reached = walked[-1].end if walked else begin
    if reached < due:
        why = Why.EXTENDED if facts.extended else Why.KEPT if walked else Why.GIVEN
        return walked + _pieces(reached, due, facts.pauses, why, reason=facts.reason)
    # A date was set that is nearer than the limit's end: what lies behind it was never waited for.
    return [replace(one, end=min(one.end, due)) for one in walked if one.begin < due or one.end == due]


def _pieces(begin: datetime, end: datetime, pauses: Sequence[Pause], why: Why, *, reason: str = "") -> list[Interval]:
    return [
        Interval(a, b, False, Why.PAUSED, reason=pause.reason)
        if pause is not None
        else Interval(a, b, False, why, reason=reason)
        for (a, b), pause in cut(begin, end, pauses)
    ]


def _changes(moments: Sequence[Moment], calendar: Calendar) -> tuple[Change, ...]:
    found: list[Change] = []
    before: Due | None = None
    for number, moment in enumerate(moments, 1):
        after = due_at_pause(moments[:number], calendar)
        if moment.what in CHANGES:
            found.append(
                Change(
                    moment.at, moment.what, before.at if before else None, after.at if after else None, moment.reason,
                    moment.limit, moment.calendar,
                )
            )  # fmt: skip
        before = after
    return tuple(found)
