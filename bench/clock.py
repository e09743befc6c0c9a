"""Deadlines per second by the product's own path, against the bare table and bisection in the same run.

    python -m bench.clock [--n 20000] [--json]          (also: expedite bench clock)

The floor of each row is the least that gives the same moments: lists made beforehand, bisection, an index, and for hours the
arithmetic of minutes; no checks, no zone, no limit to look into, no answer but the moment. It is asserted to agree.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from bisect import bisect_left, bisect_right
from calendar import monthrange
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from functools import partial
from random import Random
from zoneinfo import ZoneInfo

from domain.policy import Limit, Session, Unit
from domain.working_time import Day, Due, WorkingTime

GOAL = 0.3
ROUNDS = 5
ZONE = ZoneInfo("Asia/Shanghai")
MINUTE = timedelta(minutes=1)
HOURS = (Session(time_of_day(8, 30), time_of_day(12)), Session(time_of_day(13, 30), time_of_day(17)))
SUMMER = (Session(time_of_day(8, 30), time_of_day(12)), Session(time_of_day(14), time_of_day(17, 30)))
FIRST, LAST, ANNOUNCED = date(2025, 1, 1), date(2029, 12, 31), 2026

Moments = list[datetime]
Pause = tuple[datetime, datetime, datetime]


@dataclass(frozen=True, slots=True)
class Row:
    """Median deadlines per second of floor and product, and their ratio."""

    case: str
    n: int
    floor_per_s: int
    ours_per_s: int
    ratio: float


def calendar() -> list[Day]:
    """Five years, of which the first two are announced."""
    days = []
    day = FIRST
    while day <= LAST:
        worked = SUMMER if day.month in (7, 8, 9) else HOURS
        days.append(Day(day, worked if day.weekday() < 5 else (), day.year <= ANNOUNCED))
        day += timedelta(days=1)
    return days


class Bare:
    """The table as plain lists."""

    def __init__(self, days: Sequence[Day]) -> None:
        def moment(day: date, at: time_of_day) -> datetime:
            return datetime.combine(day, at, ZONE).astimezone(UTC)

        self.closings = [moment(day.date, day.sessions[-1].closes) for day in days if day.sessions]
        self.opens = [moment(day.date, session.opens) for day in days for session in day.sessions]
        self.closes = [moment(day.date, session.closes) for day in days for session in day.sessions]
        self.before = [0]
        for opens, closes in zip(self.opens, self.closes, strict=True):
            self.before.append(self.before[-1] + (closes - opens) // MINUTE)
        self.day_starts = [moment(day.date, time_of_day()) for day in days]
        self.day_ends = [start + timedelta(days=1) - timedelta(seconds=1) for start in self.day_starts]
        self.three_months_later = [self._later(day.date, 3) for day in days]

    def _later(self, day: date, months: int) -> int:
        years, month = divmod(day.month - 1 + months, 12)
        year = day.year + years
        end = date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
        return (end - FIRST).days

    def working_days(self, starts: Moments) -> Moments:
        closings = self.closings
        return [closings[bisect_left(closings, start) + 10] for start in starts]

    def working_hours(self, starts: Moments) -> Moments:
        opens, before, found = self.opens, self.before, []
        for start in starts:
            index = bisect_right(opens, start) - 1
            passed = start - opens[index]
            target = min(before[index] + passed.days * 1440 + passed.seconds // 60, before[index + 1]) + 480
            index = bisect_left(before, target) - 1
            found.append(opens[index] + (target - before[index]) * MINUTE)
        return found

    def half_day(self, starts: Moments) -> Moments:
        opens, closes = self.opens, self.closes
        return [closes[bisect_right(opens, start)] for start in starts]

    def days(self, starts: Moments) -> Moments:
        day_starts, day_ends = self.day_starts, self.day_ends
        return [day_ends[bisect_right(day_starts, start) + 29] for start in starts]

    def months(self, starts: Moments) -> Moments:
        day_starts, day_ends, later = self.day_starts, self.day_ends, self.three_months_later
        return [day_ends[later[bisect_right(day_starts, start) - 1]] for start in starts]

    def shift(self, pauses: Sequence[Pause]) -> Moments:
        closings = self.closings
        return [
            closings[bisect_left(closings, due) + bisect_left(closings, until) - bisect_left(closings, since)]
            for due, since, until in pauses
        ]


def per_second(floor: Callable[[], object], ours: Callable[[], object], n: int) -> tuple[float, float]:
    """How many of `n` a second each does, medians of rounds in turn.

    Seconds of this process: what else a machine does slows both, and not alike.
    """
    rates: tuple[list[float], list[float]] = [], []
    for _ in range(ROUNDS):
        for work, found in zip((floor, ours), rates, strict=True):
            began = time.process_time()
            work()
            found.append(n / (time.process_time() - began))
    return statistics.median(rates[0]), statistics.median(rates[1])


def measure(n: int) -> list[Row]:
    """All rows, over `n` moments of the announced year and, one in seven, of the one that is estimated."""
    days, chance = calendar(), Random(2026)
    bare, office = Bare(days), WorkingTime(days, ZONE)
    first = datetime(2026, 1, 5, tzinfo=UTC)
    starts = [first + timedelta(minutes=chance.randrange(420 * 1440), seconds=chance.randrange(60)) for _ in range(n)]
    rows = []
    cases: list[tuple[Limit, Callable[[Moments], Moments]]] = [
        (Limit(10, Unit.WORKING_DAYS), bare.working_days),
        (Limit(8, Unit.WORKING_HOURS), bare.working_hours),
        (Limit(1, Unit.HALF_DAY), bare.half_day),
        (Limit(30, Unit.DAYS), bare.days),
        (Limit(3, Unit.MONTHS), bare.months),
    ]
    for limit, floor in cases:
        rows.append(_row(limit.unit.value, partial(floor, starts), partial(_dues, office, starts, limit), n))
        assert [due.at for due in _dues(office, starts, limit)] == floor(starts)
    ten = Limit(10, Unit.WORKING_DAYS)
    pauses = [
        (due.at, s + timedelta(hours=chance.randrange(24)), s + timedelta(hours=24 + chance.randrange(240)))
        for s, due in zip(starts, _dues(office, starts, ten), strict=True)
    ]
    rows.append(_row("pause_shift", partial(bare.shift, pauses), partial(_shifts, office, pauses), n))
    assert [due.at for due in _shifts(office, pauses)] == bare.shift(pauses)
    return rows


def _dues(office: WorkingTime, starts: Moments, limit: Limit) -> list[Due]:
    return [office.due(start, limit) for start in starts]


def _shifts(office: WorkingTime, pauses: Sequence[Pause]) -> list[Due]:
    unit = Unit.WORKING_DAYS
    return [office.shift(due, since, until, unit) for due, since, until in pauses]


def _row(case: str, floor: Callable[[], object], ours: Callable[[], object], n: int) -> Row:
    below, above = per_second(floor, ours, n)
    return Row(case, n, round(below), round(above), round(above / below, 3))


def main() -> int:
    """Measure and print; exit status 0 whatever the figures are."""
    parser = argparse.ArgumentParser(description="Deadlines per second against the bare table and bisection.")
    parser.add_argument("--n", type=int, default=20_000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    rows = measure(given.n)
    if given.json:
        print(json.dumps([asdict(row) for row in rows], indent=2))
        return 0
    print(f"{'case':<14}{'floor/s':>12}{'ours/s':>12}{'ratio':>8}   goal {GOAL}")
    for row in rows:
        print(f"{row.case:<14}{row.floor_per_s:>12,}{row.ours_per_s:>12,}{row.ratio:>8.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
