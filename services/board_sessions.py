"""Sessions of the board that were signed out: kept until their hour, so that a copy of the cookie opens nothing."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete

from models.engine import hold
from models.office import EndedSession
from services.office import Office


def end_session(office: Office, session_id: str, until: datetime) -> None:
    """Remember that a session is over, until the hour (real time) at which its cookie ends by itself."""
    with office.writing() as session:
        hold(session, "board sessions")
        session.execute(delete(EndedSession).where(EndedSession.until < office.real_now()))
        if session.get(EndedSession, session_id) is None:
            session.add(EndedSession(id=session_id, until=until))


def has_ended(office: Office, session_id: str) -> bool:
    """Whether a session was signed out."""
    with office.reading() as session:
        return session.get(EndedSession, session_id) is not None
