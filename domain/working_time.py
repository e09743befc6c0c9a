"""Working time: when a limit falls due, what a pause does to it, and when its notices go out.

The calendar is handed in as a table of days (`domain.day_table`); answers come from prefix sums and bisection over UTC
moments, never from a loop over days. Rules: LIFECYCLE.md, Time.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime, timedelta
from typing import Final

from domain.day_table import INSTANT, MINUTE, CalendarError, Day, DayTable, Due, OutsideCalendarError, in_utc
from domain.policy import Limit, Unit

__all__ = ["CalendarError", "Day", "Due", "LimitError", "OutsideCalendarError", "WorkingTime"]

AHEAD_FROM_WORKING_DAYS: Final = 4
"""Shortest limit, in working days, whose blue notice goes out whole days ahead; shorter ones get theirs at half."""

# Looked up once: members of an enumeration are found anew at each use.
_HOURS: Final = Unit.WORKING_HOURS
_WORKING_DAYS: Final = Unit.WORKING_DAYS
_HALF_DAY: Final = Unit.HALF_DAY
_DAYS: Final = Unit.DAYS


class LimitError(ValueError):
    """A limit's number must be positive; `limit` is the one that is not."""

    def __init__(self, limit: Limit) -> None:
        super().__init__(f"a limit must be at least 1, not {limit.value} {limit.unit}")
        self.limit = limit


class WorkingTime(DayTable):
    """Limits counted in the office time of a table of days.

    Minutes are whole: a moment counts as the beginning of its minute. Every question beyond the table raises
    OutsideCalendarError.
    """

    def due(self, start: datetime, limit: Limit) -> Due:
        """When `limit` from `start` runs out. LimitError unless its number is positive.

        Working units end within a session or at its closing minute: a start after closing or on a free day counts as
        the next working day, a start on the closing minute as that day. Calendar units end at 23:59:59 of their last
        day; with `roll` at that day's closing, or, if it is free, at the next working day's.
        """
        if start.tzinfo is not UTC:
            start = in_utc(start)
        value, unit = limit.value, limit.unit
        if value <= 0:
            raise LimitError(limit)
        if start < self._begins:
            raise self._outside()
        if unit is _WORKING_DAYS:
            return self._shared_due(
                self._closings, self._closings_due, bisect_left(self._closings, start) + value, start
            )
        if unit is _HOURS:
            at = self.add_minutes(start, value * 60)
            return Due(at, at >= self._certain_until and self.estimated(at, start))
        if unit is _HALF_DAY:
            index = bisect_right(self._session_begun, start) + value - 1
            return self._shared_due(self._session_closes, self._sessions_due, index, start)
        position = bisect_right(self._day_starts, start) - 1
        end = position + value if unit is _DAYS else self._months_later(position, value)
        if end >= len(self._day_ends):
            raise self._outside()
        if limit.roll:
            return self._shared_due(self._closings, self._closings_due, self._working_before[end], start)
        return self._shared_due(self._day_ends, self._ends_due, end, start)

    def _shared_due(self, ends: list[datetime], shared: list[Due | None], index: int, since: datetime) -> Due:
        if not 0 <= index < len(shared):
            raise self._outside()
        return shared[index] or Due(ends[index], self.estimated(ends[index], since))

    def _months_later(self, position: int, months: int) -> int:
        """Position of the same day of a later month; a month too short ends on its last day."""
        month, day = self._months[position]
        if month + months >= len(self._month_spans):
            raise self._outside()
        before, length = self._month_spans[month + months]
        return before + (day if day < length else length)

    def counts_from(self, start: datetime, unit: Unit) -> datetime:
        """From when on closings count for a limit that begins at `start`: past the day, or session, in which it began."""
        start = in_utc(start)
        if unit is _HOURS:
            return start
        if unit is _HALF_DAY:
            index = bisect_right(self._session_begun, start) - 1
            inside = index >= 0 and start <= self._session_closes[index]
            return self._session_closes[index] + INSTANT if inside else start
        if unit is _WORKING_DAYS:
            return self._at(self._closings, bisect_left(self._closings, start)) + INSTANT
        return self._day_ends[self._day_at(start)] + INSTANT

    def shift(self, due: datetime, paused_from: datetime, paused_to: datetime, unit: Unit) -> Due:
        """Where `due` moves when its clock stood still in [paused_from, paused_to). ValueError if that runs backwards.

        A pause that began at or after `due` changes nothing: the clock was late already. Otherwise each unit on whose
        closing minute the clock was paused does not count: working days by their closing, half days by each session's
        closing, days and months by the end of each calendar day; working hours are paused to the minute. A calendar
        due that stands on an office closing was rolled and is rolled again, never to before the end of the pause.
        """
        due, paused_from, paused_to = in_utc(due), in_utc(paused_from), in_utc(paused_to)
        if paused_to < paused_from:
            raise ValueError(f"the pause ends at {paused_to}, before it begins at {paused_from}")
        if paused_from >= due:
            return Due(due, self.estimated(due, due))
        if not self._begins <= paused_from <= paused_to < self._ends:
            raise self._outside()
        if unit is _WORKING_DAYS:
            return self._shifted_along(self._closings, self._closings_due, due, paused_from, paused_to)
        if unit is _HALF_DAY:
            return self._shifted_along(self._session_closes, self._sessions_due, due, paused_from, paused_to)
        if unit is _HOURS:
            at = self.add_minutes(due, self._minutes_until(paused_to) - self._minutes_until(paused_from))
            return Due(at, at >= self._certain_until and self.estimated(at, due))
        closing = bisect_left(self._closings, due)
        rolled = closing < len(self._closings) and self._closings[closing] == due
        if not rolled:
            return self._shifted_along(self._day_ends, self._ends_due, due, paused_from, paused_to)
        days = bisect_left(self._day_ends, paused_to) - bisect_left(self._day_ends, paused_from)
        moved = self._working_before[self._inside(self._day_at(due) + days)]
        index = max(moved, bisect_left(self._closings, paused_to) if paused_to > due else 0)
        return self._shared_due(self._closings, self._closings_due, index, due)

    def _shifted_along(
        self, ends: list[datetime], shared: list[Due | None], due: datetime, since: datetime, until: datetime
    ) -> Due:
        # What was left at the pause, counted in ends, is left again after it: also when the pause outlasts `due`.
        skipped = bisect_left(ends, until) - bisect_left(ends, since)
        if not skipped:
            return Due(due, self.estimated(due, due))
        return self._shared_due(ends, shared, bisect_left(ends, due) + skipped, due)

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
        return self._minutes_until(in_utc(b)) - self._minutes_until(in_utc(a))

    def add_minutes(self, start: datetime, minutes: int) -> datetime:
        """The moment `minutes` office minutes after `start`, or before it when negative; `start` itself for 0.

        Of the moments that qualify, the nearest: a session's closing rather than the next opening, and backwards the
        opening rather than the closing before.
        """
        if start.tzinfo is not UTC:
            start = in_utc(start)
        before = self._minutes_before
        target = self._minutes_until(start) + minutes
        if minutes == 0:
            return start
        if not 0 <= target <= before[-1]:
            raise self._outside()
        index = (bisect_left(before, target) if minutes > 0 else bisect_right(before, target)) - 1
        return self._session_opens[index] + (target - before[index]) * MINUTE

    def _minutes_until(self, at: datetime) -> int:
        if not self._begins <= at < self._ends:
            raise self._outside()
        index = bisect_right(self._session_opens, at) - 1
        if index < 0:
            return 0
        # Whole minutes, in integers: dividing one timedelta by another costs as much as all the rest.
        passed = at - self._session_opens[index]
        minutes = self._minutes_before[index] + passed.days * 1440 + passed.seconds // 60
        most = self._minutes_before[index + 1]
        return minutes if minutes < most else most
