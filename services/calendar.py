"""The office's calendar: the statutory schedule, office hours and local edits become the table of days."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from importlib.metadata import version
from types import MappingProxyType

from sqlalchemy import insert, orm, select

from domain.policy import OfficeHours, Policy, Session
from domain.working_time import CalendarError, Day
from models.calendar import CalendarDay

Edits = Mapping[date, tuple[Session, ...] | None]
"""What the office decides for single days: their sessions, or None for a day off."""
NO_EDITS: Edits = MappingProxyType({})

STATUTORY = f"holidays {version('holidays')}"
"""Source of rows built from the schedule: the package that knew it, by which a newer one is noticed."""
LOCAL = "local"
"""Source of rows that the office decided itself."""

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
    # Loaded here because only a new year or a new policy needs it, and every start would pay for it.
    import holidays

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


def store_days(
    session: orm.Session, days: Sequence[Day], *, own: Collection[date] = frozenset(), today: date = date.min
) -> int:
    """Write `days` over the table's rows and flush; returns how many days are new or differ from before.

    `own` are those that the office decided itself. What the schedule or the hours say of a day before `today` is not
    rewritten: of such a row only `announced` follows its year.
    """
    if not days:
        return 0
    span = CalendarDay.day.between(min(day.date for day in days), max(day.date for day in days))
    rows = {row.day: row for row in session.scalars(select(CalendarDay).where(span))}
    changed = 0
    new = []
    for day in days:
        sessions, row = _written(day.sessions), rows.get(day.date)
        source = LOCAL if day.date in own else STATUTORY
        if row is None:
            new.append({"day": day.date, "sessions": sessions, "announced": day.announced, "source": source})
            changed += 1
            continue
        before = (row.sessions, row.announced)
        row.announced = day.announced
        if day.date >= today or LOCAL in (source, row.source):
            row.sessions = sessions
        row.source = source
        changed += before != (row.sessions, row.announced)
    if new:
        session.execute(insert(CalendarDay), new)
    session.flush()
    return changed


def read_sessions(said: list[list[str]]) -> tuple[Session, ...]:
    """Sessions as [["08:30", "12:00"], …]. TypeError or ValueError if they are not."""
    return tuple(Session(time.fromisoformat(opens), time.fromisoformat(closes)) for opens, closes in said)


def _written(sessions: tuple[Session, ...]) -> str:
    return json.dumps([[f"{each.opens:%H:%M}", f"{each.closes:%H:%M}"] for each in sessions])


def stored_days(session: orm.Session) -> list[Day]:
    """The table's days in order. CalendarError if a row's sessions cannot be read."""
    days = []
    columns = select(CalendarDay.day, CalendarDay.sessions, CalendarDay.announced).order_by(CalendarDay.day)
    # Thousands of days with a handful of hours among them: each of these is read once.
    read: dict[str, tuple[Session, ...]] = {}
    for day, said, announced in session.execute(columns).tuples():
        if said not in read:
            try:
                read[said] = read_sessions(json.loads(said))
            except (TypeError, ValueError) as unreadable:
                raise CalendarError(f"{day}: the sessions {said!r} cannot be read") from unreadable
        days.append(Day(day, read[said], announced))
    return days
