"""Consultations as facts of a case: which one was called, who is invited, and whether a rung waits for one to be called."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from domain.case import Case
from domain.lifecycle import Status
from domain.policy import Policy
from domain.refusals import wrong
from domain.working_time import WorkingTime

LASTS = timedelta(hours=2)
"""How long calendars show a consultation: nobody knows before, and an invitation needs an end."""

_MARK = "meeting:"
_STAMP = "%Y%m%dT%H%MZ"


@dataclass(frozen=True, slots=True)
class Meeting:
    """A consultation: the case's `number`-th, its start (aware UTC), the units invited, the place ("" for none named).

    `moves` is how often it was moved: calendars take the newest of an entry that is sent again.
    """

    number: int
    start: datetime
    units: tuple[str, ...]
    place: str = ""
    moves: int = 0

    def mark(self) -> str:
        """The consultation as a mark of its case."""
        number = f"{self.number}.{self.moves}" if self.moves else str(self.number)
        return f"{_MARK}{number}:{self.start.astimezone(UTC):{_STAMP}}:{','.join(self.units)}:{self.place}"


def last_meeting(case: Case) -> Meeting | None:
    """The consultation that was called last, held or not."""
    return read_meeting(case.marks)


def read_meeting(marks: frozenset[str] | list[str]) -> Meeting | None:
    """The consultation among a case's marks."""
    found = next((mark for mark in marks if mark.startswith(_MARK)), None)
    if found is None:
        return None
    _, number, start, units, place = found.split(":", 4)
    moment = datetime.strptime(start, _STAMP).replace(tzinfo=UTC)
    count, _, moves = number.partition(".")
    return Meeting(int(count), moment, tuple(u for u in units.split(",") if u), place, int(moves or 0))


def call(case: Case, meeting: Meeting) -> None:
    """Remember a consultation in place of the one before."""
    _remember(case, meeting)
    convened(case)


def move(case: Case, meeting: Meeting, start: datetime, place: str) -> Meeting:
    """The consultation with another start and place; it stays the case's same one."""
    moved = replace(meeting, start=start, place=place, moves=meeting.moves + 1)
    _remember(case, moved)
    return moved


def _remember(case: Case, meeting: Meeting) -> None:
    case.marks = frozenset(m for m in case.marks if not m.startswith(_MARK)) | {meeting.mark()}


def invite_instead(case: Case, old: str, new: str) -> Meeting | None:
    """Let a unit take another's place in the consultation that a case is in; the consultation as it is then, None where it
    changes nothing.
    """
    meeting = last_meeting(case)
    if case.status is not Status.CONSULTATION or meeting is None or old not in meeting.units:
        return None
    units = tuple(dict.fromkeys(new if unit == old else unit for unit in meeting.units))
    changed = replace(meeting, units=units)
    _remember(case, changed)
    return changed


def convened(case: Case) -> None:
    """The rung on which the case stands had its consultation."""
    case.marks |= {f"convened:{case.cycle}:{case.rung}"}


def convening(case: Case, policy: Policy) -> bool:
    """Whether the rung is a joint meeting that nobody has called yet (DOMAIN.md 1.3, 4: the desk's head convenes)."""
    if case.status not in (Status.IN_PROGRESS, Status.DISPUTED) or not policy.rung(case.rung).meeting:
        return False
    return f"convened:{case.cycle}:{case.rung}" not in case.marks


def who_meets(case: Case) -> tuple[str, ...]:
    """The units that would take part: the lead, the supporters, the area."""
    return tuple(dict.fromkeys(unit for unit in (case.lead, *case.supporters, case.area) if unit))


def start_of(day: date, at: time | None, calendar: WorkingTime) -> datetime:
    """When a consultation begins: at the time named, else at the opening of that day.

    Raises FieldRefused on a day off and outside office hours, with the next working time: units are called when they are there.
    """
    if not calendar.is_working_day(day):
        following = _shown(calendar.opening(day), calendar)
        raise wrong("date", f"{day.isoformat()} is a day off; the next working time is {following}")
    start = calendar.opening(day) if at is None else datetime.combine(day, at, calendar.zone).astimezone(UTC)
    if calendar.is_office_time(start):
        return start
    openings = (opens for opens, _ in calendar.sessions(day) if opens > start)
    following = _shown(next(openings, calendar.opening(day + timedelta(days=1))), calendar)
    said = f"{day.isoformat()} {at:%H:%M}"
    raise wrong("time", f"{said} is outside office hours; the next working time is {following}")


def _shown(at: datetime, calendar: WorkingTime) -> str:
    return f"{calendar.local(at):%Y-%m-%d %H:%M}"
