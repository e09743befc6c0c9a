"""Redaction: the text of an event is blanked, its files are removed; the chain keeps the digests, an event says who did it and why."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sqlalchemy import null, select, update

from domain.case import Actor
from domain.draft import Draft
from domain.refusals import Refused, need
from models.case import Event, EventText
from models.engine import hold
from models.office import Command
from services.attachments import blank, remove_bytes
from services.case_files import Surroundings, load_cases
from services.casebook import case_id_of, open_casebook
from services.casebook_write import as_they_are, write_drafts
from services.office import Office
from services.redaction_reach import blank_elsewhere


@dataclass(frozen=True, slots=True)
class Redacted:
    """What was blanked: the case, the event, and the event that says so.

    `elsewhere` counts mails owed, approvals and clocks that held the same words; `mails` and `copies` had gone out with them and
    cannot be called back.
    """

    case: str
    seq: int
    recorded_as: int
    elsewhere: int = 0
    mails: int = 0
    copies: int = 0


def redact(office: Office, code: str, seq: int, reason: str, actor: Actor, command_id: str) -> Redacted:
    """Blank the text of event `seq` of a case, and remove its files, for ever. Raises Refused: no such case, event or text, or no reason.

    The same words in mails, approvals and clocks of the case go too; what was sent is counted in the history.

    The salt goes with the text: without it the digest, which stays in the chain, says nothing about what stood there.
    """
    if not reason.strip():
        raise need("reason", "say on whose request and on what ground the text is removed")
    hashes: list[str] = []
    result = _redact(office, code, seq, reason, actor, command_id, hashes)
    remove_bytes(office, hashes)
    return result


def _redact(
    office: Office, code: str, seq: int, reason: str, actor: Actor, command_id: str, hashes: list[str]
) -> Redacted:
    with office.writing() as session:
        hold(session, f"command {command_id}")
        done = session.get(Command, command_id)
        if done is not None:
            return Redacted(**done.result["redacted"])
        case_id = case_id_of(session, code)
        if case_id is None:
            raise Refused("no_case", "{code}: there is no such case.", {"code": code})
        cases = load_cases(session, [case_id])
        before = as_they_are(cases)
        digest = session.scalar(select(Event.text_digest).where(Event.case_id == case_id, Event.seq == seq))
        text = session.get(EventText, (case_id, seq))
        facts = {"code": cases[case_id].code, "seq": seq}
        if digest is None or text is None:
            raise Refused("no_text", "{code} has no event {seq} with a text.", facts)
        if text.text is None:
            raise Refused("redacted", "The text of event {seq} of {code} was removed already.", facts)
        book = open_casebook(office, session)
        place = Surroundings(session, book.people, book.in_force, cases)
        draft = Draft(cases[case_id], book.now, actor, office.policy, office.time, place)
        reach = blank_elsewhere(session, case_id, text.text)
        counted = {"elsewhere": reach.blanked, "mails": reach.mails, "copies": reach.copies}
        draft.record("redacted", {"seq": seq, "digest": digest, **counted}, reason=reason.strip())
        write_drafts(book, before, [draft])
        session.execute(
            update(EventText).where(EventText.case_id == case_id, EventText.seq == seq).values(text=null(), salt="")
        )
        hashes += blank(session, case_id, seq, office.now())
        result = Redacted(cases[case_id].code, seq, cases[case_id].seq, reach.blanked, reach.mails, reach.copies)
        session.add(Command(id=command_id, at=office.now(), result={"redacted": asdict(result)}))
        return result
