"""What a sweep that catches up after an outage has owed: it goes out together, and not before the sweep is through."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from services.leases import beat, last_beat
from services.office import Office

AFTER = timedelta(hours=1)
"""A sweep that comes so long after the one before finds what is no news any more."""

HOLDS = timedelta(minutes=15)
"""Real time after which what such a sweep owed goes out though it never said that it was through: it was killed."""

KEPT = 20
"""Of so many such sweeps the moments are remembered, enough for one that is killed again and again."""

_NAME = "catching up"


@dataclass(frozen=True, slots=True)
class CatchingUp:
    """The moments (office clock) as of which sweeps caught up, and whether one does now."""

    moments: frozenset[datetime]
    running: bool


def begin(office: Office, at: datetime) -> bool:
    """Say that a sweep as of `at` begins; whether it catches up."""
    with office.reading() as session:
        last = last_beat(session, "sweep")
        if last is None or at - datetime.fromisoformat(last.detail["as_of"]) <= AFTER:
            return False
        said = last_beat(session, _NAME)
    moments = [*(said.detail["moments"] if said is not None else ()), at.isoformat()]
    beat(office, _NAME, {"moments": moments[-KEPT:], "running": True})
    return True


def end(office: Office) -> None:
    """Say that the sweep which caught up is through."""
    with office.reading() as session:
        said = last_beat(session, _NAME)
    if said is not None:
        beat(office, _NAME, said.detail | {"running": False})


def caught_up(session: Session, office: Office) -> CatchingUp:
    """What is known of such sweeps."""
    said = last_beat(session, _NAME)
    if said is None:
        return CatchingUp(frozenset(), False)
    running = bool(said.detail["running"]) and office.real_now() - said.at < HOLDS
    return CatchingUp(frozenset(map(datetime.fromisoformat, said.detail["moments"])), running)
