"""Changing the office's calendar: its own days as a CSV, shown as a difference before they are applied; official years that arrive."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.working_time import CalendarError, Day
from models.calendar import CalendarDay
from models.engine import hold
from services.calendar import LOCAL, read_sessions, stored_days
from services.calendar_versions import needs_days, present, renew
from services.in_force import CALENDAR, put
from services.office import Office
from services.own_days import HEADER, EditMistakes
from services.policy_versions import record_change
from services.recalculation import adjust_open

SHOWN = 60
SATURDAY = 5


@dataclass(frozen=True, slots=True)
class CalendarDifference:
    """The days that would count otherwise, old against new, or the mistakes for which the CSV cannot be used."""

    lines: tuple[str, ...]
    mistakes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Applied:
    """The number of the calendar that counts now, and in how many cases a date moved."""

    version: int
    recalculated: int


@dataclass(frozen=True, slots=True)
class ShownDay:
    """A day as people read it: its hours (`off`), what makes it so, and whether its year is announced."""

    day: date
    weekday: str
    hours: str
    kind: str
    announced: bool


class _Undone(Exception):
    """A difference was worked out, and is not to be kept."""


def difference(office: Office, csv_text: str) -> CalendarDifference:
    """What the office's own days would change. The CSV is the whole truth: what it leaves out follows the schedule."""
    lines: tuple[str, ...] = ()
    try:
        with office.writing() as session:
            before = stored_days(session)
            renew(session, office.policy, office.now(), by="", why="", edits=csv_text)
            lines = tuple(compare(before, stored_days(session)))
            raise _Undone
    except _Undone:
        return CalendarDifference(lines)
    except EditMistakes as found:
        return CalendarDifference((), found.mistakes)
    except CalendarError as impossible:
        return CalendarDifference((), (str(impossible),))


def apply(office: Office, csv_text: str, *, by: str) -> Applied:
    """Let the office's own days count, and reckon open dates anew: never earlier than was told. Raises EditMistakes, CalendarError."""
    return _renewed(office, by, "own days", csv_text)


def refresh(office: Office, *, by: str = "expedite") -> Applied:
    """Build the calendar anew from the installed schedule: an official year that has arrived, another year ahead."""
    return _renewed(office, by, "schedule of the country", None)


def _renewed(office: Office, by: str, why: str, edits: str | None) -> Applied:
    with office.writing() as session:
        hold(session, "first use")
        office.follow(session, at_once=True)
        before, now = stored_days(session), office.now()
        version = renew(session, office.policy, now, by=by, why=why, edits=edits).id
        if version != office.time.version:
            put(session, CALENDAR, str(version))
            lines = compare(before, stored_days(session))
            record_change(session, now, by, [f"calendar {version}: {why}", *lines[:SHOWN]])
            office.in_force = office.in_force.follow(session)
    return Applied(version, adjust_open(office).moved)


def own_days(session: Session) -> str:
    """The CSV that counts now; the header alone where the office has decided nothing itself."""
    kept = present(session)
    return kept.edits if kept is not None and kept.edits else ",".join(HEADER) + "\n"


def compare(before: list[Day], after: list[Day]) -> list[str]:
    """Days that differ, and years that are announced now, as `2026-07-20: 08:30-12:00 14:00-17:30 -> off`."""
    old = {day.date: day for day in before}
    lines = [
        f"{day.date}: {_shown(known)} -> {_shown(day)}"
        for day in after
        for known in [old.get(day.date)]
        if known is not None and known.sessions != day.sessions
    ]
    announced = [year for year in _years(after, True) if year in _years(before, False)]
    unknown = [year for year in _years(after, False) if year in _years(before, True)]
    added = [day.date for day in after if day.date not in old]
    return [
        *(f"{year}: estimated -> announced" for year in announced), *(f"{year}: announced -> estimated" for year in unknown),
        *([f"{added[0]} to {added[-1]}: added"] if added else []), *lines,
    ]  # fmt: skip


def _years(days: list[Day], announced: bool) -> list[int]:
    return sorted({day.date.year for day in days if day.announced is announced})


def _shown(day: Day) -> str:
    return " ".join(f"{s.opens:%H:%M}-{s.closes:%H:%M}" for s in day.sessions) or "off"


def keep_up(office: Office) -> None:
    """What a sweep does first: a calendar that ends too soon, or a newer schedule, and dates that wait to be reckoned anew."""
    with office.reading() as session:
        behind = needs_days(session, office.now())
    if behind:
        refresh(office)
    else:
        adjust_open(office)


def missing_year(office: Office, from_month: int = 11) -> date | None:
    """The first day of next year if its schedule is not announced although it is time (DOMAIN.md 6: from 1 November)."""
    today = office.today()
    first = date(today.year + 1, 1, 1)
    if today.month < from_month:
        return None
    noon = office.time.opening(first + timedelta(days=1))
    return first if office.time.estimated(noon) else None


def days_of(office: Office, month: str) -> list[ShownDay]:
    """The days of a month (YYYY-MM) or year; empty for one that the calendar does not hold."""
    with office.reading() as session:
        rows = session.scalars(select(CalendarDay).order_by(CalendarDay.day)).all()
    return [
        ShownDay(row.day, f"{row.day:%a}", _shown(day), _kind(row, day), row.announced)
        for row in rows
        if row.day.isoformat().startswith(month)
        for day in [Day(row.day, read_sessions(json.loads(row.sessions)), row.announced)]
    ]


def _kind(row: CalendarDay, day: Day) -> str:
    if row.source == LOCAL:
        return "own day"
    weekend = row.day.weekday() >= SATURDAY
    if day.sessions:
        return "make-up day" if weekend else ""
    return "weekend" if weekend else "holiday"
