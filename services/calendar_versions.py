"""Calendars by version: what counts as the present calendar, and every one that counted before, never changed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.policy import Policy
from domain.working_time import CalendarError, Day, WorkingTime
from models.calendar import CalendarDay, CalendarVersion
from services.calendar import LOCAL, STATUTORY, build_days, read_sessions, store_days, stored_days
from services.own_days import read_edits

FIRST = 1
"""The version of clock events that were written before calendars had versions."""

YEARS_BACK, YEARS_AHEAD = 1, 3
ROOM = timedelta(days=730)
"""How far the calendar must reach: the longest limits and their notices end within two years."""


def pack(days: Sequence[Day]) -> str:
    """Days in short: the different sessions once, then a letter a day, upper case in a year that is announced."""
    patterns = list(dict.fromkeys(day.sessions for day in days))
    if len(patterns) > len(_LETTERS):
        raise CalendarError(f"more than {len(_LETTERS)} different working days in one calendar")
    letter = {pattern: _LETTERS[i] for i, pattern in enumerate(patterns)}
    return json.dumps({
        "first": days[0].date.isoformat(),
        "patterns": [[[f"{s.opens:%H:%M}", f"{s.closes:%H:%M}"] for s in pattern] for pattern in patterns],
        "days": "".join(letter[day.sessions].upper() if day.announced else letter[day.sessions] for day in days),
    })  # fmt: skip


def unpack(text: str) -> list[Day]:
    """The days that `pack` wrote. CalendarError if they cannot be read."""
    try:
        said = json.loads(text)
        first = date.fromisoformat(said["first"])
        patterns = [read_sessions(pattern) for pattern in said["patterns"]]
        return [
            Day(first + timedelta(days=n), patterns[_LETTERS.index(letter.lower())], letter.isupper())
            for n, letter in enumerate(said["days"])
        ]
    except (KeyError, IndexError, TypeError, ValueError) as unreadable:
        raise CalendarError(f"a stored calendar cannot be read: {unreadable}") from unreadable


_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def renew(
    session: Session, policy: Policy, now: datetime, *, by: str, why: str, edits: str | None = None
) -> CalendarVersion:
    """Build the table of days anew from the schedule, the policy's hours and the office's own `edits` (None: as they are).

    Returns the version that counts: a new one if anything changed. CalendarError for an impossible calendar, and for edits
    that cannot be read (EditMistakes names each line).
    """
    kept = present(session)
    text = edits if edits is not None else kept.edits if kept is not None else ""
    today = now.astimezone(policy.zone).date()
    own = read_edits(text, policy.hours)
    first, last = date(today.year - YEARS_BACK, 1, 1), date(today.year + YEARS_AHEAD, 12, 31)
    built = build_days(policy, min([first, *own.days]), max([last, *own.days]), own.days)
    days = [replace(day, announced=True) if day.date.year in own.announced else day for day in built]
    changed = store_days(session, days, own=own.days.keys(), today=today)
    if kept is not None and not changed and kept.edits == text and kept.zone == policy.zone.key:
        return kept
    every = stored_days(session)
    # An impossible calendar is refused here, before anything counts by it.
    WorkingTime(every, policy.zone)
    version = CalendarVersion(adopted_at=now, by=by, why=why, zone=policy.zone.key, days=pack(every), edits=text)
    session.add(version)
    session.flush()
    return version


def needs_days(session: Session, now: datetime) -> bool:
    """Whether the table ends too soon, or was built by another release of the schedule than is installed."""
    last = session.scalar(select(func.max(CalendarDay.day)))
    if last is None or last < (now + ROOM).date():
        return True
    return (
        session.scalar(select(CalendarDay.day).where(CalendarDay.source.not_in((STATUTORY, LOCAL))).limit(1))
        is not None
    )


def present(session: Session) -> CalendarVersion | None:
    """The version that counts, the newest; None in a database without one."""
    return session.get(CalendarVersion, session.scalar(select(func.max(CalendarVersion.id))) or 0)


def working_time(version: CalendarVersion, zone: ZoneInfo) -> WorkingTime:
    """Working time by a version, in the zone that it was kept with (`zone` where that is the same)."""
    return _indexed(version.days, zone if version.zone == zone.key else ZoneInfo(version.zone), version.id)


@lru_cache(maxsize=8)
def _indexed(days: str, zone: ZoneInfo, number: int) -> WorkingTime:
    # A version never changes, and indexing one takes as long as reading a policy.
    return WorkingTime(unpack(days), zone, number)
