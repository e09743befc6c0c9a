"""The office's calendar: the statutory schedule, office hours and local edits become the table of days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType

import holidays

from domain.policy import OfficeHours, Policy, Session
from domain.working_time import CalendarError, Day

Edits = Mapping[date, tuple[Session, ...] | None]
"""What the office decides for single days: their sessions, or None for a day off."""
NO_EDITS: Edits = MappingProxyType({})

LISTS_MAKE_UP_DAYS = frozenset({"CN"})
"""Countries whose yearly notice moves working days to weekends, so that its absence shows (DOMAIN.md 6)."""


@dataclass(frozen=True, slots=True)
class _Schedule:
    """Statutory days of a span: `free` besides the weekend, and weekend days that are worked (调休)."""

    weekend: frozenset[int]
    free: frozenset[date]
    make_up: frozenset[date]
    announced_years: frozenset[int]

    def works(self, day: date) -> bool:
        return day in self.make_up or (day.weekday() not in self.weekend and day not in self.free)


def build_days(policy: Policy, first: date, last: date, edits: Edits = NO_EDITS) -> tuple[Day, ...]:
    """Every day from `first` to `last` by the statutory schedule of the policy's country, its office hours and `edits`.

    A year whose notice is not out is built from the law alone and not announced; an edit decides its day's sessions but
    announces no year. CalendarError: `last` before `first`, or a country without a known schedule.
    """
    if last < first:
        raise CalendarError(f"the calendar cannot end on {last}, before it begins on {first}")
    schedule = _schedule(policy.country, first.year, last.year)
    return tuple(
        Day(
            date=day,
            sessions=_sessions(policy.hours, schedule, day, edits),
            announced=day.year in schedule.announced_years,
        )
        for day in (first + timedelta(days=n) for n in range((last - first).days + 1))
    )


def _sessions(hours: OfficeHours, schedule: _Schedule, day: date, edits: Edits) -> tuple[Session, ...]:
    if day in edits:
        return edits[day] or ()
    return hours_of(hours, day) if schedule.works(day) else ()


def hours_of(hours: OfficeHours, day: date) -> tuple[Session, ...]:
    """The office's sessions at that time of the year; a summer from December to February goes over New Year."""
    if not hours.summer_sessions or hours.summer_from is None or hours.summer_to is None:
        return hours.sessions
    today = (day.month, day.day)
    after_first, before_last = hours.summer_from <= today, today <= hours.summer_to
    over_new_year = hours.summer_from > hours.summer_to
    is_summer = (after_first or before_last) if over_new_year else (after_first and before_last)
    return hours.summer_sessions if is_summer else hours.sessions


def _schedule(country: str, first_year: int, last_year: int) -> _Schedule:
    # A notice may reach into the year before its own: 29 December 2018 was worked by the notice for 2019, and New
    # Year's Day on a Saturday is observed in the old year elsewhere.
    years = range(first_year - 1, last_year + 2)
    try:
        by_year = {year: holidays.country_holidays(country, years=year, expand=False) for year in years}
    except NotImplementedError as unknown:
        raise CalendarError(f"no statutory holidays are known for the country {country!r}") from unknown
    make_up = frozenset(day for known in by_year.values() for day in known.weekend_workdays)
    announced = (
        frozenset(year for year, known in by_year.items() if any(day.year == year for day in known.weekend_workdays))
        if country in LISTS_MAKE_UP_DAYS
        else frozenset(years)
    )
    return _Schedule(
        weekend=frozenset(by_year[first_year].weekend),
        free=frozenset(day for known in by_year.values() for day in known),
        make_up=make_up,
        announced_years=announced,
    )
