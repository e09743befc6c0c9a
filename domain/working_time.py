"""Working time: which moments are office time, when a limit falls due, and what a pause does to it.

The calendar is handed in as a table of days; answers come from prefix sums and bisection over UTC moments, never from a
loop over days. Rules: LIFECYCLE.md, Time.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from typing import Final
from zoneinfo import ZoneInfo

from domain.policy import Limit, Session, Unit

MINUTE: Final = timedelta(minutes=1)
SECOND: Final = timedelta(seconds=1)
AHEAD_FROM_WORKING_DAYS: Final = 4
"""Shortest limit, in working days, whose blue notice goes out whole days ahead; shorter ones get theirs at half."""
_WORKING_DAYS: Final = Unit.WORKING_DAYS


class CalendarError(Exception):
    """The calendar table is impossible, or does not reach as far as a question about it."""


class OutsideCalendarError(CalendarError):
    """The question reaches beyond the table, whose days are `first` to `last`."""

    def __init__(self, first: date, last: date) -> None:
        super().__init__(f"the calendar's first day is {first} and its last day {last}; the question reaches beyond it")
        self.first = first
        self.last = last


class LimitError(ValueError):
    """A limit's number must be positive; `limit` is the one that is not."""

    def __init__(self, limit: Limit) -> None:
        super().__init__(f"a limit must be at least 1, not {limit.value} {limit.unit}")
        self.limit = limit


@dataclass(frozen=True, slots=True)
class Day:
    """One row of the calendar table; no sessions make a free day.

    `announced` is False in a year whose official schedule is not known yet, where the table is an estimate (推定).
    """

    date: date
    sessions: tuple[Session, ...]
    announced: bool


@dataclass(frozen=True, slots=True)
class Due:
    """A due moment (aware, UTC); `estimated` when a day not announced lies between its start and it."""

    at: datetime
    estimated: bool


def _utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError(f"a moment needs its time zone: {at}")
    return at.astimezone(UTC)


class WorkingTime:
    """Office time of a contiguous run of days in one zone.

    Takes aware datetimes of any zone, returns UTC. Minutes are whole: a moment counts as the beginning of its minute.
    Every question beyond the table raises OutsideCalendarError.
    """

    def __init__(self, days: Sequence[Day], zone: ZoneInfo, version: int | None = None) -> None:
        """Index `days`, in order and without gaps; `version` is the number under which the office keeps this calendar.

        CalendarError: no days, a gap, no working day at all, or sessions that are empty, out of order, overlapping or
        not on whole minutes.
        """
        if not days:
            raise CalendarError("the calendar has no days")
        self.zone: Final = zone
        self.version: Final = version
        self.first: Final = days[0].date
        self.last: Final = days[-1].date
        self._first_ordinal: Final = self.first.toordinal()
        self._working_positions: Final[list[int]] = []
        self._openings: Final[list[datetime]] = []
        self._closings: Final[list[datetime]] = []
        self._session_opens: Final[list[datetime]] = []
        self._session_closes: Final[list[datetime]] = []
        self._minutes_before: Final = [0]
        for position, day in enumerate(days):
            if day.date.toordinal() != self._first_ordinal + position:
                raise CalendarError(f"the calendar is not contiguous: {day.date} follows {days[position - 1].date}")
            if day.sessions:
                self._add_working_day(position, day)
        if not self._closings:
            raise CalendarError(f"the calendar has no working day from {self.first} to {self.last}")
        self._day_starts: Final = [self._moment(day.date, time()) for day in days]
        self._day_starts.append(self._moment(self.last + timedelta(days=1), time()))
        self._day_ends: Final = [start - SECOND for start in self._day_starts[1:]]
        self._working_before: Final = [0, *accumulate(bool(day.sessions) for day in days)]
        self._unannounced_before: Final = [0, *accumulate(not day.announced for day in days)]
        # The shared, immutable answers of the hot path. From the first day that is not announced on, each answer
        # depends on its start as well.
        unannounced = next((position for position, day in enumerate(days) if not day.announced), len(days))
        self._certain: Final = [Due(closing, False) for closing in self._closings[: self._working_before[unannounced]]]

    def _add_working_day(self, position: int, day: Day) -> None:
        for session in day.sessions:
            opens, closes = self._moment(day.date, session.opens), self._moment(day.date, session.closes)
            if any(at.second or at.microsecond for at in (session.opens, session.closes)):
                raise CalendarError(f"{day.date}: the session {_shown(session)} is not on whole minutes")
            if opens >= closes:
                raise CalendarError(f"{day.date}: the session {_shown(session)} closes before it opens")
            if self._session_closes and opens < self._session_closes[-1]:
                raise CalendarError(f"{day.date}: the session {_shown(session)} overlaps the one before it")
            self._session_opens.append(opens)
            self._session_closes.append(closes)
            self._minutes_before.append(self._minutes_before[-1] + (closes - opens) // MINUTE)
        self._working_positions.append(position)
        self._openings.append(self._session_opens[-len(day.sessions)])
        self._closings.append(self._session_closes[-1])

    def due(self, start: datetime, limit: Limit) -> Due:
        """When `limit` from `start` runs out. LimitError unless its number is positive.

        Working units end within a session or at its closing minute: a start after closing or on a free day counts as
        the next working day, a start on the closing minute as that day. Calendar units end at 23:59:59 of their last
        day; with `roll` at that day's closing, or, if it is free, at the next working day's.
        """
        if start.tzinfo is not UTC:
            start = _utc(start)
        value = limit.value
        if value <= 0:
            raise LimitError(limit)
        if start < self._day_starts[0]:
            raise self._outside()
        if limit.unit is _WORKING_DAYS:
            index = bisect_left(self._closings, start) + value
            if index < len(self._certain):
                return self._certain[index]
            at = self._at(self._closings, index)
        elif limit.unit is Unit.WORKING_HOURS:
            at = self.add_minutes(start, value * 60)
        elif limit.unit is Unit.HALF_DAY:
            index = bisect_left(self._session_closes, start)
            inside = index < len(self._session_opens) and self._session_opens[index] <= start
            at = self._at(self._session_closes, index + value - (not inside))
        else:
            day = self._calendar_end(self.local(start).date(), limit)
            at = self.closing(day) if limit.roll else self._at(self._day_ends, self._position(day))
        return Due(at, self.estimated(at, start))

    def shift(self, due: datetime, paused_from: datetime, paused_to: datetime, unit: Unit) -> Due:
        """Where `due` moves when its clock stood still in [paused_from, paused_to). ValueError if that runs backwards.

        A pause that began at or after `due` changes nothing: the clock was late already. Otherwise each unit on whose
        closing minute the clock was paused does not count: working days by their closing, half days by each session's
        closing, days and months by the end of each calendar day; working hours are paused to the minute. A calendar
        due that stands on an office closing was rolled and is rolled again, never to before the end of the pause.
        """
        due, paused_from, paused_to = _utc(due), _utc(paused_from), _utc(paused_to)
        if paused_to < paused_from:
            raise ValueError(f"the pause ends at {paused_to}, before it begins at {paused_from}")
        at = due if paused_from >= due else self._shifted(due, paused_from, paused_to, unit)
        return Due(at, self.estimated(at, due))

    def _shifted(self, due: datetime, paused_from: datetime, paused_to: datetime, unit: Unit) -> datetime:
        self._day_at(paused_from)
        self._day_at(paused_to)
        if unit is Unit.WORKING_HOURS:
            return self.add_minutes(due, self.working_minutes(paused_from, paused_to))
        if unit is Unit.WORKING_DAYS:
            return self._shifted_along(self._closings, due, paused_from, paused_to)
        if unit is Unit.HALF_DAY:
            return self._shifted_along(self._session_closes, due, paused_from, paused_to)
        closing = bisect_left(self._closings, due)
        rolled = closing < len(self._closings) and self._closings[closing] == due
        if not rolled:
            return self._shifted_along(self._day_ends, due, paused_from, paused_to)
        days = bisect_left(self._day_ends, paused_to) - bisect_left(self._day_ends, paused_from)
        moved = self._working_before[self._inside(self._day_at(due) + days)]
        return self._at(self._closings, max(moved, bisect_left(self._closings, paused_to) if paused_to > due else 0))

    def _shifted_along(self, ends: list[datetime], due: datetime, since: datetime, until: datetime) -> datetime:
        # What was left at the pause, counted in ends, is left again after it: also when the pause outlasts `due`.
        skipped = bisect_left(ends, until) - bisect_left(ends, since)
        return self._at(ends, bisect_left(ends, due) + skipped) if skipped else due

    def notice_moment(self, start: datetime, due: datetime, limit: Limit, days: int) -> datetime | None:
        """When a notice `days` working days from the due day goes out (the rule of colours), or None for never.

        After the due day (`days` > 0, yellow and red): at the opening of that working day. Before it (`days` < 0,
        blue): at the opening of that working day for limits of at least four working days; when half of the office
        minutes from `start` to `due` have passed for shorter ones, and where whole days would reach back to the start;
        never for limits of one working day or less. 0 is no moment: such a notice is issued by hand.

        A limit in hours is measured in working days of the due day's length, one in days or months by the working days
        after its start day up to its due day, a half day as half. A due moment on a free day counts as on the working
        day before.
        """
        if days == 0:
            return None
        due_day = self.working_day_offset(self.local(due).date() + timedelta(days=1), -1)
        if days > 0:
            return self.opening(self.working_day_offset(due_day, days))
        length = self._length(start, due, due_day, limit)
        if length <= 1:
            return None
        if length >= AHEAD_FROM_WORKING_DAYS:
            before = self._working_before[self._position(due_day)] + days
            if before >= 0 and self._openings[before] > start:
                return self._openings[before]
        return self.add_minutes(start, self.working_minutes(start, due) // 2)

    def _length(self, start: datetime, due: datetime, due_day: date, limit: Limit) -> float:
        """Length of a limit in working days."""
        if limit.unit is Unit.WORKING_DAYS:
            return limit.value
        if limit.unit is Unit.HALF_DAY:
            return limit.value / 2
        if limit.unit is Unit.WORKING_HOURS:
            return limit.value * 60 / self.working_minutes(self.opening(due_day), self.closing(due_day))
        return self.working_days_between(start, due)

    def working_minutes(self, a: datetime, b: datetime) -> int:
        """Office minutes from `a` to `b`, negative when `b` is earlier."""
        return self._minutes_until(_utc(b)) - self._minutes_until(_utc(a))

    def add_minutes(self, start: datetime, minutes: int) -> datetime:
        """The moment `minutes` office minutes after `start`, or before it when negative; `start` itself for 0.

        Of the moments that qualify, the nearest: a session's closing rather than the next opening, and backwards the
        opening rather than the closing before.
        """
        start = _utc(start)
        target = self._minutes_until(start) + minutes
        if minutes == 0:
            return start
        if not 0 <= target <= self._minutes_before[-1]:
            raise self._outside()
        before = self._minutes_before
        index = (bisect_left(before, target) if minutes > 0 else bisect_right(before, target)) - 1
        return self._session_opens[index] + (target - before[index]) * MINUTE

    def working_days_between(self, a: datetime | date, b: datetime | date) -> int:
        """Working days after the day of `a` up to and with the day of `b`; negative when `b` is earlier.

        Datetimes stand for their day in the office's zone.
        """
        return (
            self._working_before[self._position(self._date(b)) + 1]
            - (self._working_before[self._position(self._date(a)) + 1])
        )

    def working_day_offset(self, day: date, n: int) -> date:
        """The `n`-th working day after `day`, or before it when negative; for 0 `day` or, if free, the next one."""
        # The day after the table's last may be asked about when looking back.
        position = self._inside(day.toordinal() - self._first_ordinal, room=1 if n < 0 else 0)
        index = self._working_before[position + 1] + n - 1 if n > 0 else self._working_before[position] + n
        if not 0 <= index < len(self._working_positions):
            raise self._outside()
        return date.fromordinal(self._first_ordinal + self._working_positions[index])

    def opening(self, day: date) -> datetime:
        """Opening minute of `day` or, if it is free, of the next working day."""
        return self._at(self._openings, self._working_before[self._position(day)])

    def closing(self, day: date) -> datetime:
        """Closing minute of `day` or, if it is free, of the next working day."""
        return self._at(self._closings, self._working_before[self._position(day)])

    def is_working_day(self, day: date) -> bool:
        """Whether `day` has office time."""
        position = self._position(day)
        return self._working_before[position] < self._working_before[position + 1]

    def is_office_time(self, at: datetime) -> bool:
        """Whether `at` lies in a session, from its opening up to but not at its closing minute."""
        self._day_at(at := _utc(at))
        index = bisect_right(self._session_opens, at) - 1
        return index >= 0 and at < self._session_closes[index]

    def local(self, at: datetime) -> datetime:
        """`at` in the office's zone."""
        return _utc(at).astimezone(self.zone)

    def _moment(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, self.zone).astimezone(UTC)

    def _date(self, at: datetime | date) -> date:
        return self.local(at).date() if isinstance(at, datetime) else at

    def _outside(self) -> OutsideCalendarError:
        return OutsideCalendarError(self.first, self.last)

    def _inside(self, position: int, room: int = 0) -> int:
        if not 0 <= position < len(self._day_ends) + room:
            raise self._outside()
        return position

    def _position(self, day: date) -> int:
        return self._inside(day.toordinal() - self._first_ordinal)

    def _day_at(self, at: datetime) -> int:
        return self._inside(bisect_right(self._day_starts, at) - 1)

    def _at(self, moments: list[datetime], index: int) -> datetime:
        if not 0 <= index < len(moments):
            raise self._outside()
        return moments[index]

    def _minutes_until(self, at: datetime) -> int:
        self._day_at(at)
        index = bisect_right(self._session_opens, at) - 1
        if index < 0:
            return 0
        passed = (at - self._session_opens[index]) // MINUTE
        return min(self._minutes_before[index] + passed, self._minutes_before[index + 1])

    def estimated(self, at: datetime, since: datetime | None = None) -> bool:
        """Whether a day of a year not announced lies between `since` (or the day of `at`) and `at`."""
        before = self._unannounced_before
        return before[self._day_at(at) + 1] > before[self._day_at(since or at)]

    def _calendar_end(self, day: date, limit: Limit) -> date:
        """Last day of a limit in days or months; a month too short ends on its last day."""
        if limit.unit is Unit.DAYS:
            end = day.toordinal() + limit.value
            if end > self.last.toordinal():
                raise self._outside()
            return date.fromordinal(end)
        years, month = divmod(day.month - 1 + limit.value, 12)
        year = day.year + years
        if year > self.last.year:
            raise self._outside()
        return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _shown(session: Session) -> str:
    return f"{session.opens:%H:%M}–{session.closes:%H:%M}"
