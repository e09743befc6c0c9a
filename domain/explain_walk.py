"""Counting a limit out day by day, each stretch of time with its reason: the slow, plain reading of LIFECYCLE.md, Time.

Deliberately no bisection and nothing of `WorkingTime.due`: it explains what that says, and the tests hold the two together.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from enum import StrEnum

from domain.policy import Label, Limit, Unit
from domain.working_time import WorkingTime

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
SATURDAY = 5
CALENDAR = (Unit.DAYS, Unit.MONTHS)
NEVER = datetime.max.replace(tzinfo=UTC)


class Why(StrEnum):
    """Why a stretch of time counts, or does not."""

    OFFICE_TIME = "office_time"
    MAKE_UP = "make_up_day"
    OWN_HOURS = "own_hours"
    CALENDAR_DAY = "calendar_day"
    START = "start"
    AS_NEXT = "as_next_working_day"
    LUNCH = "lunch"
    CLOSED = "closed"
    WEEKEND = "weekend"
    DAY_OFF = "day_off"
    OWN_DAY_OFF = "own_day_off"
    PAUSED = "paused"
    PAUSED_AT_CLOSING = "paused_at_closing"
    ROLLED = "rolled"
    EXTENDED = "extended"
    KEPT = "kept"
    GIVEN = "given"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class DayNote:
    """What is known of a day: why it is worked or free, and its name (a holiday's, summer hours)."""

    why: Why
    name: Label | None = None


DayNotes = Callable[[date, bool], DayNote]
"""The note of a day, given whether it has office time."""


def plain_note(day: date, worked: bool) -> DayNote:
    """What the date alone tells: a worked Saturday or Sunday is a make-up day, a free weekday a day off."""
    weekend = day.weekday() >= SATURDAY
    if worked:
        return DayNote(Why.MAKE_UP if weekend else Why.OFFICE_TIME)
    return DayNote(Why.WEEKEND if weekend else Why.DAY_OFF)


@dataclass(frozen=True, slots=True)
class Pause:
    """A stretch for which a clock stood still, [begin, end); `end` None while it does. `reason` is its code."""

    begin: datetime
    end: datetime | None
    reason: str

    @property
    def until(self) -> datetime:
        """Its end, or the end of time."""
        return self.end or NEVER


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch [begin, end) of a clock's life and what it counted for.

    `amount` is in the account's unit: office minutes for a limit in hours, else days or sessions; for `overdue` the working
    days by which it is late at the end. `reason` is the code or text of a pause or a change; `estimated` marks days of a
    year not announced.
    """

    begin: datetime
    end: datetime
    counted: bool
    why: Why
    amount: int = 0
    name: Label | None = None
    reason: str = ""
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A part of a day; it counts, if at all, by whether the clock runs at its `point`."""

    begin: datetime
    end: datetime
    note: DayNote
    estimated: bool
    point: datetime | None = None


def owed_units(start: datetime, limit: Limit, time: WorkingTime) -> int:
    """A limit in the units that its intervals count: minutes for hours, days for months."""
    if limit.unit is Unit.WORKING_HOURS:
        return limit.value * 60
    if limit.unit is not Unit.MONTHS:
        return limit.value
    first = time.local(start).date()
    years, month = divmod(first.month - 1 + limit.value, 12)
    year = first.year + years
    return (date(year, month + 1, min(first.day, monthrange(year, month + 1)[1])) - first).days


def count_out(
    start: datetime, limit: Limit, pauses: Sequence[Pause], time: WorkingTime, notes: DayNotes
) -> list[Interval]:
    """The stretches from `start` to where the limit has run out; to the begin of a pause that has no end, if that is before.

    OutsideCalendarError beyond the calendar.
    """
    if limit.unit is Unit.WORKING_HOURS:
        floored = [replace(p, begin=_floor(p.begin), end=_floor(p.end) if p.end else None) for p in pauses]
        return _count_minutes(_floor(start), limit.value * 60, floored, time, notes)
    owed = owed_units(start, limit, time)
    if limit.unit in CALENDAR and limit.roll:
        return _count_rolled(start, owed, pauses, time, notes)
    return _count_points(start, limit.unit, owed, pauses, time, notes)


def _floor(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


# -- working hours: to the minute ----------------------------------------------------------------------------------------


def _count_minutes(
    start: datetime, left: int, pauses: Sequence[Pause], time: WorkingTime, notes: DayNotes
) -> list[Interval]:
    found: list[Interval] = []
    for stretch in _stretches(start, Unit.WORKING_HOURS, time, notes):
        for (begin, end), pause in cut(stretch.begin, stretch.end, pauses):
            if pause is not None:
                if pause.end is None:
                    return found
                found.append(_interval(stretch, begin, end, Why.PAUSED, reason=pause.reason))
            elif stretch.point is None:
                found.append(_interval(stretch, begin, end, stretch.note.why))
            else:
                minutes = min(left, (end - begin) // MINUTE)
                left -= minutes
                end = end if left else begin + minutes * MINUTE
                found.append(_interval(stretch, begin, end, stretch.note.why, amount=minutes))
                if not left:
                    return found
    return found


# -- days and sessions: by their closing ---------------------------------------------------------------------------------


def _count_points(
    start: datetime, unit: Unit, left: int, pauses: Sequence[Pause], time: WorkingTime, notes: DayNotes
) -> list[Interval]:
    found: list[Interval] = []
    # The day of the start does not count, nor the session in which it lies; outside the sessions the next one counts.
    begun = unit is Unit.HALF_DAY and not _in_session(start, time)
    met = False
    for stretch in _stretches(start, unit, time, notes):
        why, counts, last = stretch.note.why, False, False
        point = stretch.point if stretch.point is not None and (stretch.point >= start or unit in CALENDAR) else None
        if point is None:
            why = Why.AS_NEXT if unit is Unit.WORKING_DAYS and not met else why
        elif not begun:
            met, begun, why = True, True, Why.START
        elif _paused(point, pauses, due=left == 1):
            met, why = True, Why.PAUSED_AT_CLOSING
        else:
            met, counts, last, left = True, True, left == 1, left - 1
        pieces = list(cut(stretch.begin, point if last and point is not None else stretch.end, pauses))
        if counts and point is not None and not any(pause is None and a <= point for (a, _), pause in pieces):
            # The clock ran on at the very minute.
            pieces.append(((point, point), None))
        holder = max(
            (a for (a, _), pause in pieces if pause is None and point is not None and a <= point), default=None
        )
        for (begin, end), pause in pieces:
            if pause is None:
                amount = 1 if counts and begin == holder else 0
                found.append(_interval(stretch, begin, end, why, amount=amount, counted=counts))
            elif pause.end is None:
                return found
            else:
                found.append(_interval(stretch, begin, end, Why.PAUSED, reason=pause.reason))
        if last:
            return found
    return found


def _paused(point: datetime, pauses: Sequence[Pause], *, due: bool) -> bool:
    # A pause that begins at the due moment comes too late to move it.
    return any(p.begin <= point < p.until and not (due and p.begin == point) for p in pauses)


def _in_session(start: datetime, time: WorkingTime) -> bool:
    return any(opens <= start <= closes for opens, closes in time.sessions(time.local(start).date()))


def _count_rolled(
    start: datetime, owed: int, pauses: Sequence[Pause], time: WorkingTime, notes: DayNotes
) -> list[Interval]:
    """Calendar days whose end is rolled to a closing. A pause finds what was left, rolled days too, and leaves as much."""
    days, applied, since = owed, list[Pause](), start
    ahead = list(pauses)
    while True:
        found = _count_points(start, Unit.DAYS, days, applied, time, notes)
        if applied and applied[-1].end is None:
            return _rolled(found, owed, NEVER)
        reached = time.local(found[-1].end).date()
        worked = reached
        while not time.is_working_day(worked) or time.closing(worked) < since:
            worked += DAY
        days += (worked - reached).days
        due = time.closing(worked)
        if not ahead or ahead[0].begin >= due:
            break
        applied.append(ahead.pop(0))
        since = applied[-1].until
    return _rolled(_count_points(start, Unit.DAYS, days, applied, time, notes), owed, due)


def _rolled(found: Sequence[Interval], owed: int, due: datetime) -> list[Interval]:
    rolled: list[Interval] = []
    for one in found:
        cut = replace(one, begin=min(one.begin, due), end=min(one.end, due))
        if one.counted and owed <= 0:
            cut = replace(cut, counted=False, why=Why.ROLLED, amount=0)
        owed -= one.amount
        if cut.begin < cut.end or cut.amount:
            rolled.append(cut)
    return rolled


# -- parts of days --------------------------------------------------------------------------------------------------------


def _stretches(start: datetime, unit: Unit, time: WorkingTime, notes: DayNotes) -> Iterator[_Stretch]:
    """The parts of each day from `start` on, those that count with the point by which they do."""
    day = time.local(start).date()
    while True:
        for stretch in _parts(day, unit, time, notes):
            if stretch.end > start or stretch.point == start:
                yield replace(stretch, begin=max(stretch.begin, start))
        day += DAY


def _parts(day: date, unit: Unit, time: WorkingTime, notes: DayNotes) -> Iterator[_Stretch]:
    begin, end = _midnight(day, time), _midnight(day + DAY, time)
    sessions = time.sessions(day)
    note, estimated = notes(day, bool(sessions)), not time.announced(day)
    if unit in CALENDAR:
        yield _Stretch(begin, end, DayNote(Why.CALENDAR_DAY), estimated, end - SECOND)
    elif unit is Unit.WORKING_DAYS or not sessions:
        yield _Stretch(begin, end, note, estimated, sessions[-1][1] if sessions else None)
    else:
        at, between = begin, Why.CLOSED
        for opens, closes in sessions:
            if opens > at:
                yield _Stretch(at, opens, DayNote(between), estimated)
            yield _Stretch(opens, closes, note, estimated, closes)
            at, between = closes, Why.LUNCH
        yield _Stretch(at, end, DayNote(Why.CLOSED), estimated)


def _midnight(day: date, time: WorkingTime) -> datetime:
    return datetime.combine(day, time_of_day(), time.zone).astimezone(UTC)


def cut(
    begin: datetime, end: datetime, pauses: Sequence[Pause]
) -> Iterator[tuple[tuple[datetime, datetime], Pause | None]]:
    """[begin, end) in pieces that lie within a pause or outside all."""
    at = begin
    for pause in pauses:
        if pause.begin >= end or pause.until <= max(at, pause.begin):
            continue
        if pause.begin > at:
            yield (at, pause.begin), None
        yield (max(at, pause.begin), min(end, pause.until)), pause
        at = min(end, pause.until)
    if at < end or begin == end:
        yield (at, end), None


def _interval(
    stretch: _Stretch,
    begin: datetime,
    end: datetime,
    why: Why,
    *,
    amount: int = 0,
    counted: bool = False,
    reason: str = "",
) -> Interval:
    name = stretch.note.name if why is not Why.PAUSED else None
    return Interval(begin, end, counted or amount > 0, why, amount, name, reason, stretch.estimated)


def merged(intervals: Sequence[Interval], *, days_too: bool) -> tuple[Interval, ...]:
    """Neighbours of one reason as one; those that count only where `days_too`, else a line stands for a day or session."""
    found: list[Interval] = []
    for one in intervals:
        before = found[-1] if found else None
        same = before is not None and replace(one, begin=before.begin, end=before.end, amount=before.amount) == before
        if before is not None and same and (not one.counted or days_too):
            found[-1] = replace(before, end=one.end, amount=before.amount + one.amount)
        elif one.begin < one.end or one.amount:
            found.append(one)
    return tuple(found)
