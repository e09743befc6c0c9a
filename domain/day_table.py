"""The calendar as a table: a row a day, indexed once so that every question is a bisection and a look-up.

Rules about limits and pauses are `domain.working_time`; here stands which moments are office time.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from typing import Final
from zoneinfo import ZoneInfo

from domain.policy import Session

MINUTE: Final = timedelta(minutes=1)
SECOND: Final = timedelta(seconds=1)
DAY: Final = timedelta(days=1)
INSTANT: Final = timedelta.resolution
"""The step from a closing to past it."""


class CalendarError(Exception):
    """The calendar table is impossible, or does not reach as far as a question about it."""


class OutsideCalendarError(CalendarError):
    """The question reaches beyond the table, whose days are `first` to `last`."""

    def __init__(self, first: date, last: date) -> None:
        super().__init__(f"the calendar's first day is {first} and its last day {last}; the question reaches beyond it")
        self.first = first
        self.last = last


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


def in_utc(at: datetime) -> datetime:
    """The moment in UTC. ValueError for one without a zone."""
    if at.tzinfo is UTC:
        return at
    if at.tzinfo is None:
        raise ValueError(f"a moment needs its time zone: {at}")
    return at.astimezone(UTC)


class DayTable:
    """Office time of a contiguous run of days in one zone.

    Takes aware datetimes of any zone, returns UTC. Every question beyond the table raises OutsideCalendarError.
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
        self._sessions_before: Final = [0]
        for position, day in enumerate(days):
            if day.date.toordinal() != self._first_ordinal + position:
                raise CalendarError(f"the calendar is not contiguous: {day.date} follows {days[position - 1].date}")
            if day.sessions:
                self._add_working_day(position, day)
            self._sessions_before.append(len(self._session_opens))
        if not self._closings:
            raise CalendarError(f"the calendar has no working day from {self.first} to {self.last}")
        self._day_starts: Final = [self._moment(day.date, time()) for day in days]
        self._begins: Final = self._day_starts[0]
        self._ends: Final = self._moment(self.last + DAY, time())
        self._day_ends: Final = [start - SECOND for start in (*self._day_starts[1:], self._ends)]
        self._working_before: Final = [0, *accumulate(bool(day.sessions) for day in days)]
        self._unannounced_before: Final = [0, *accumulate(not day.announced for day in days)]
        # Before the first day that is not announced every answer is certain.
        certain = next((position for position, day in enumerate(days) if not day.announced), len(days))
        self._certain_until: Final = self._day_starts[certain] if certain < len(days) else self._ends
        self._months: Final[list[tuple[int, int]]] = []
        self._month_spans: Final[list[tuple[int, int]]] = []
        self._index_months(days)
        # A session is begun from its opening on; one that follows without a break, after the closing of the one before.
        before = (self._begins - INSTANT, *self._session_closes)
        self._session_begun: Final = [
            opens if opens > closed else closed + INSTANT
            for opens, closed in zip(self._session_opens, before, strict=False)
        ]
        self._closings_due: Final = self._shared(self._closings)
        self._sessions_due: Final = self._shared(self._session_closes)
        self._ends_due: Final = self._shared(self._day_ends)

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

    def _index_months(self, days: Sequence[Day]) -> None:
        """Each day's month and its place in it; each month's position before its first day, and its length."""
        months: list[tuple[int, int]] = []
        for position, day in enumerate(days):
            if not months or (day.date.year, day.date.month) != months[-1]:
                months.append((day.date.year, day.date.month))
                after = date(day.date.year + day.date.month // 12, day.date.month % 12 + 1, 1)
                self._month_spans.append((position - day.date.day, (after - day.date.replace(day=1)).days))
            self._months.append((len(months) - 1, day.date.day))

    def _shared(self, moments: Sequence[datetime]) -> list[Due | None]:
        """The answers that fall on these moments, made once; None for one that is estimated or not as its start is."""
        return [
            Due(at, False) if at < self._certain_until else Due(at, True) if self.estimated(at) else None
            for at in moments
        ]

    # -- days ------------------------------------------------------------------------------------------------------------

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

    def sessions(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        """The sessions of `day` as (opening, closing); none on a free day."""
        position = self._position(day)
        among = slice(self._sessions_before[position], self._sessions_before[position + 1])
        return tuple(zip(self._session_opens[among], self._session_closes[among], strict=True))

    def is_working_day(self, day: date) -> bool:
        """Whether `day` has office time."""
        position = self._position(day)
        return self._working_before[position] < self._working_before[position + 1]

    def announced(self, day: date) -> bool:
        """Whether the schedule of the year of `day` is official."""
        position = self._position(day)
        return self._unannounced_before[position] == self._unannounced_before[position + 1]

    # -- moments ---------------------------------------------------------------------------------------------------------

    def is_office_time(self, at: datetime) -> bool:
        """Whether `at` lies in a session, from its opening up to but not at its closing minute."""
        self._day_at(at := in_utc(at))
        index = bisect_right(self._session_opens, at) - 1
        return index >= 0 and at < self._session_closes[index]

    def estimated(self, at: datetime, since: datetime | None = None) -> bool:
        """Whether a day of a year not announced lies between `since` (or the day of `at`) and `at`."""
        if self._begins <= at < self._certain_until and (since is None or self._begins <= since < self._certain_until):
            return False
        before = self._unannounced_before
        return before[self._day_at(at) + 1] > before[self._day_at(since or at)]

    def local(self, at: datetime) -> datetime:
        """`at` in the office's zone."""
        return in_utc(at).astimezone(self.zone)

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
        if not self._begins <= at < self._ends:
            raise self._outside()
        return bisect_right(self._day_starts, at) - 1

    def _at(self, moments: list[datetime], index: int) -> datetime:
        if not 0 <= index < len(moments):
            raise self._outside()
        return moments[index]


def _shown(session: Session) -> str:
    return f"{session.opens:%H:%M}–{session.closes:%H:%M}"
