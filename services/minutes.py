"""The minutes of a consultation as a document: when and where it was held, who was called, what was agreed, who does what by when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from domain.policy import Label
from models import case as tables
from models.clock import Clock
from services.board_users import BoardUser
from services.case_view import events_of, people_of
from services.notices import held_case, issuer
from services.office import Office
from services.people import People


@dataclass(frozen=True, slots=True)
class MinutesDuty:
    """What a unit has to do, and by when."""

    unit: Label
    what: str
    due: datetime | None


@dataclass(frozen=True, slots=True)
class MinutesSheet:
    """The minutes as their document shows them; `text` and `agenda` are people's own words, `text` empty once removed."""

    issuer: Label
    document: str
    case_code: str
    title: str
    held: datetime
    place: str
    units: tuple[Label, ...]
    agenda: str
    text: str
    agreed: bool
    lead: Label | None
    duties: tuple[MinutesDuty, ...]
    issued_at: datetime
    locale: str | None = None


def minutes_behind(office: Office, token: str, seq: int) -> MinutesSheet | None:
    """The minutes on line `seq` of the history of the case that an officer's link is for; None where there are none there.

    Raises LinkRefused.
    """
    with office.reading() as session:
        case_id, account = held_case(session, office, token)
        people = people_of(session, office)
        reader = people.persons.get(account)
        return _sheet(office, session, people, case_id, seq, reader.locale if reader else "zh")


def minutes_on_board(office: Office, user: BoardUser, code: str, seq: int) -> MinutesSheet | None:
    """The minutes of a case for the desk; readers see no texts of cases, and None."""
    with office.reading() as session:
        case_id = session.scalar(select(tables.Case.id).where(tables.Case.code == code))
        if case_id is None or not user.desk:
            return None
        return _sheet(office, session, people_of(session, office), case_id, seq, None)


def _sheet(
    office: Office, session: Session, people: People, case_id: int, seq: int, locale: str | None
) -> MinutesSheet | None:
    before = [(event, text) for event, text in events_of(session, case_id) if event.seq <= seq]
    if not before or before[-1][0].seq != seq or before[-1][0].action != "conclude":
        return None
    concluded, said = before[-1]
    called = next((one for one in reversed(before) if one[0].action == "call_consultation"), None)
    if called is None:
        return None
    call, agenda = called
    last = next(event for event, _ in reversed(before) if event.action in ("call_consultation", "move_consultation"))
    row, facts = session.get_one(tables.Case, case_id), concluded.facts
    planned = _start(office, last)
    policy = office.in_force.policy_of(session, concluded.policy_version)
    units = dict.fromkeys((*_parties(session, case_id, call.at), *call.facts["participants"]))
    return MinutesSheet(
        issuer(policy), row.document_number, row.code, row.title, min(planned, concluded.at), str(last.facts.get("place") or ""),
        tuple(people.label(unit) for unit in units), str(agenda.get("text") or ""), str(said.get("minutes") or ""),
        not facts.get("no_agreement"), people.label(facts["lead"]) if facts.get("lead") else None,
        _duties(session, people, case_id, concluded), concluded.at, locale,
    )  # fmt: skip


def _start(office: Office, event: tables.Event) -> datetime:
    """When it was to begin; a call that names no time means the opening of its day."""
    day = datetime.fromisoformat(str(event.facts["date"])).date()
    at = event.facts.get("time")
    if not at:
        return office.time.opening(day)
    return datetime.combine(day, datetime.strptime(str(at), "%H:%M").time(), office.zone)  # noqa: DTZ007


def _parties(session: Session, case_id: int, at: datetime) -> list[str]:
    """Lead and supporters as they were at a moment; they are called without being named."""
    a = tables.Assignment
    held = (a.case_id == case_id, a.since <= at, or_(a.until.is_(None), a.until > at))
    return list(session.scalars(select(a.unit_id).where(*held).order_by(a.part, a.id)))


def _duties(session: Session, people: People, case_id: int, concluded: tables.Event) -> tuple[MinutesDuty, ...]:
    mine = (Clock.case_id == case_id, Clock.kind == "duty", Clock.started == concluded.at)
    dues = list(session.scalars(select(Clock.original_due).where(*mine).order_by(Clock.id)))
    given = concluded.facts.get("duties") or ()
    dues += [None] * (len(given) - len(dues))
    return tuple(
        MinutesDuty(people.label(unit), str(what), due) for (unit, what), due in zip(given, dues, strict=False)
    )
