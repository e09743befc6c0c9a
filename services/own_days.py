"""The days that an office decides for itself, as a CSV that it keeps: days off, duty days, other hours, an announced year."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from datetime import date, time

from domain.policy import OfficeHours, Session
from domain.working_time import CalendarError
from services.calendar import hours_of

HEADER = ("day", "hours", "note")
FORM = "`off`, `work` (the usual hours), or sessions such as `08:30-12:00 13:30-17:00`"
_SESSION = re.compile(r"([0-2]?[0-9]):([0-5][0-9])-([0-2]?[0-9]):([0-5][0-9])")
_YEAR = re.compile(r"20[0-9]{2}")


@dataclass(frozen=True, slots=True)
class OwnDays:
    """The office's own days with their sessions (None: off), the years it declares announced, and what was said of a day."""

    days: dict[date, tuple[Session, ...] | None]
    announced: frozenset[int]
    notes: dict[date, str]


class EditMistakes(CalendarError):
    """The CSV cannot be used; each of `mistakes` names its line and the remedy."""

    def __init__(self, mistakes: tuple[str, ...]) -> None:
        super().__init__("; ".join(mistakes))
        self.mistakes = mistakes


def read_edits(text: str, hours: OfficeHours) -> OwnDays:
    """The own days that a CSV says. Raises EditMistakes with all of them at once.

    Columns `day,hours,note`. A day is YYYY-MM-DD with its hours; a year (2027) with `announced` says that its official schedule
    is known and entered here. The file is the whole truth: a day that is not in it follows the schedule.
    """
    days: dict[date, tuple[Session, ...] | None] = {}
    notes: dict[date, str] = {}
    years: set[int] = set()
    mistakes: list[str] = []
    rows = list(csv.reader(io.StringIO(text.lstrip("\ufeff"))))
    for number, row in enumerate(rows, start=1):
        cells = [cell.strip() for cell in row] + ["", "", ""]
        said, worked, note = cells[0], cells[1].lower(), cells[2]
        if (not said and not worked) or (number == 1 and said.lower() == "day"):
            continue
        if _YEAR.fullmatch(said):
            if worked == "announced":
                years.add(int(said))
            else:
                mistakes.append(f"line {number}: a year takes the word announced, not {worked!r}")
            continue
        try:
            day = date.fromisoformat(said)
            sessions = _hours(worked, hours, day)
        except ValueError as wrong:
            mistakes.append(
                f"line {number}: {wrong}"
                if "takes" in str(wrong)
                else f"line {number}: {said!r} is no day; write YYYY-MM-DD"
            )
            continue
        if day in days:
            mistakes.append(f"line {number}: {day} stands here twice; keep one of them")
        days[day], notes[day] = sessions, note
    if mistakes:
        raise EditMistakes(tuple(mistakes))
    return OwnDays(days, frozenset(years), {day: note for day, note in notes.items() if note})


def _hours(said: str, hours: OfficeHours, day: date) -> tuple[Session, ...] | None:
    if said == "off":
        return None
    if said == "work":
        return hours_of(hours, day)
    found: list[Session] = []
    for part in said.split():
        match = _SESSION.fullmatch(part)
        if match is None or int(match[1]) > 23 or int(match[3]) > 23:
            raise ValueError(f"hours takes {FORM}, not {said!r}")
        session = Session(time(int(match[1]), int(match[2])), time(int(match[3]), int(match[4])))
        if session.opens >= session.closes or (found and session.opens < found[-1].closes):
            raise ValueError(f"hours takes sessions in order, each closing after it opens, not {said!r}")
        found.append(session)
    if not found:
        raise ValueError(f"hours takes {FORM}")
    return tuple(found)


def write_edits(own: OwnDays) -> str:
    """The CSV of own days, years first."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows((year, "announced", "") for year in sorted(own.announced))
    for day, sessions in sorted(own.days.items()):
        worked = " ".join(f"{s.opens:%H:%M}-{s.closes:%H:%M}" for s in sessions) if sessions else "off"
        writer.writerow((day.isoformat(), worked, own.notes.get(day, "")))
    return out.getvalue()
