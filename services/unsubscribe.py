"""Whether a person wants the morning digest: ended and begun again by the link in each; notices that are duties stay."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete
from sqlalchemy.orm import Session

from domain.policy import Label
from models.engine import hold
from models.office import MailStop
from services.digest import MESSAGE
from services.links import UNSUBSCRIBE, resolve_own
from services.office import Office
from services.people import load_people


@dataclass(frozen=True, slots=True)
class DigestChoice:
    """Whose digest a link is about, their language, and whether they stopped it."""

    person: Label
    locale: str
    stopped: bool


def digest_choice(office: Office, token: str) -> DigestChoice:
    """What the link in a digest shows; looking changes nothing. Raises LinkRefused."""
    with office.reading() as session:
        account = _account(office, session, token)
        people = load_people(session, office.policy)
        person = people.persons.get(account)
        stopped = session.get(MailStop, (account, MESSAGE)) is not None
        return DigestChoice(people.label(account), person.locale if person is not None else "zh", stopped)


def stop_digest(office: Office, token: str) -> None:
    """Send the link's holder no digest any more; stopping it twice changes nothing. Raises LinkRefused."""
    with office.writing() as session:
        account = _account(office, session, token)
        hold(session, MESSAGE)
        if session.get(MailStop, (account, MESSAGE)) is None:
            session.add(MailStop(account_id=account, message=MESSAGE, since=office.real_now()))


def send_again(office: Office, token: str) -> None:
    """Send the digest again, from the next morning on. Raises LinkRefused."""
    with office.writing() as session:
        account = _account(office, session, token)
        session.execute(delete(MailStop).where(MailStop.account_id == account, MailStop.message == MESSAGE))


def _account(office: Office, session: Session, token: str) -> str:
    return resolve_own(session, token, office.real_now(), UNSUBSCRIBE)
