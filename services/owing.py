"""Owing mail: notices get their numbers, recipients are found, and each message is written to the outbox once."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.case import Audience, Case, NoticeDue, Owed
from domain.draft import Draft
from domain.label import named as called
from domain.lifecycle import Party
from domain.mail_rules import Urgency
from domain.policy import Colour, Label, Role
from models import case as tables
from models.clock import Notice
from models.directory import Contact, Enterprise, Project
from models.office import Outbox, OutboxState
from models.reading import Reading
from models.rows import among, insert_rows
from notifications.message import Message, check_facts, words
from services.copies import owe_copies
from services.identities import names_reporter, withheld_among
from services.letters import Sheet, Writer
from services.numbers import draw
from services.people import Found, reads_in

if TYPE_CHECKING:
    from services.casebook import Casebook

Row = dict[str, Any]

CRITICAL = 3
"""The severity whose mails wait for nothing."""

_PARTY_OF: dict[Role, Party] = {
    Role.CLERK: Party.CLERK, Role.DESK_HEAD: Party.DESK_HEAD, Role.COMMISSIONER: Party.COMMISSIONER,
    Role.UNIT_HEAD: Party.UNIT_HEAD, Role.DEPUTY_CHIEF: Party.DEPUTY_CHIEF, Role.EXECUTIVE_DEPUTY: Party.DEPUTY_CHIEF,
    Role.CHIEF: Party.CHIEF,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reader:
    """A reporter who reads mail."""

    contact: int
    email: str
    locale: str


def insert_once(session: Session, rows: Sequence[Row]) -> None:
    """Add messages to the outbox; one that is owed already (by its key) is left as it is."""
    insert_rows(session, Outbox, rows, once_by="key")


def outbox_row(
    *,
    key: str,
    message: str,
    address: str,
    locale: str,
    facts: Row,
    now: datetime,
    domain: str,
    grant: Row | None = None,
    case_id: int | None = None,
    delivery_id: int | None = None,
    account: str | None = None,
    contact: int | None = None,
    root: str | None = None,
    critical: bool = False,
) -> Row:
    """A row of the outbox. The facts are checked here, in the transaction that owes the message.

    `critical` says that it concerns a case of the highest severity.
    """
    check_facts(message, facts)
    return {
        "key": key, "message": message, "case_id": case_id, "delivery_id": delivery_id, "account_id": account, "contact_id": contact,
        "address": address, "locale": locale, "facts": facts, "grant": grant, "state": OutboxState.OWED, "owed_at": now,
        "not_before": now, "attempts": 0, "message_id": f"<{secrets.token_hex(16)}@{domain}>", "root_id": root,
        "channel": "mail", "urgency": _urgency(message, facts, critical),
    }  # fmt: skip


def _urgency(message: str, facts: Row, critical: bool) -> Urgency:
    if critical or facts.get("colour") in (Colour.RED, Colour.CIRCULAR):
        return Urgency.URGENT
    return Message.registry[message].urgency


def root_id(code: str, domain: str) -> str:
    """The id that all mails of a case refer to, so that they stand in one thread."""
    return f"<{code.lower()}@{domain}>"


def write_notices(book: Casebook, drafts: Sequence[Draft]) -> None:
    """Number and store the supervision notices of a batch: numbers are drawn once, in the order of issue."""
    due = [(draft, notice) for draft in drafts for notice in draft.notices]
    if not due:
        return
    year = book.now.astimezone(book.time.zone).year
    numbers = [
        book.policy.numbering.notice.format(year=year, n=n) for n in draw(book.session, "notice", year, len(due))
    ]
    sheets = _sheets(book.session, [draft.case.id for draft, _ in due])
    rows: list[Row] = []
    mails: list[Row] = []
    writer = Writer(book.policy, book.people, book.time)
    told: dict[tuple[int, ...], Told] = {}
    for (draft, notice), number in zip(due, numbers, strict=True):
        whom = [book.find(a, draft.case) for a in notice.to]
        # The same people, found once for all cases: what is said of them is made once, too, and kept with them.
        these = (id(notice.to), *map(id, whom))
        if these not in told:
            told[these] = _told(notice.to, whom, writer)
        rows.append(_notice_row(book, draft, notice, number, told[these]))
        if not book.silent:
            mails += _notice_mails(book, draft, notice, number, told[these], writer, sheets[draft.case.id])
    insert_rows(book.session, Notice, rows)
    insert_once(book.session, mails)
    owe_copies(book, mails, {draft.case.id: draft.case for draft in drafts})


@dataclass(frozen=True, slots=True)
class Told:
    """Who gets a notice: each with what it says of them, and all as the notice's row names them.

    `kept` holds on to those by whose identity it is found again.
    """

    to: tuple[tuple[Audience, Found, Row], ...]
    row: list[Row]
    kept: object


def _told(audiences: tuple[Audience, ...], whom: Sequence[tuple[Found, ...]], writer: Writer) -> Told:
    found = [(a, f) for a, them in zip(audiences, whom, strict=True) for f in them]
    return Told(
        tuple((a, f, writer.as_recipient(f, a.copy)) for a, f in found),
        [
            {"account": f.person.id, "role": f.role.value, "copy": a.copy, "for": f.principal.id if f.principal else None}
            for a, f in found
        ],
        (audiences, whom),
    )  # fmt: skip


def _notice_row(book: Casebook, draft: Draft, notice: NoticeDue, number: str, told: Told) -> Row:
    return {
        "number": number, "colour": notice.colour, "case_id": draft.case.id, "clock_id": notice.clock.id, "round": notice.clock.round,
        "cycle": notice.clock.cycle, "issued_at": book.now, "owner": notice.owner,
        "overdue_days": notice.overdue, "answer_by": notice.answer_by, "recipients": told.row,
    }  # fmt: skip


def _notice_mails(
    book: Casebook,
    draft: Draft,
    notice: NoticeDue,
    number: str,
    told: Told,
    writer: Writer,
    sheet: Sheet,
) -> list[Row]:
    clock, case = notice.clock, draft.case
    said, root = writer.notice(notice, number, case, sheet, book.now), root_id(case.code, book.mail_domain)
    rows: dict[str, Row] = {}
    event = f"notice:{clock.id}:{clock.round}.{clock.cycle}:{notice.colour.value}"
    for audience, one, of_them in told.to:
        key = f"{event}:{one.person.id}"
        if key not in rows:
            rows[key] = outbox_row(
                key=key, message="supervision_notice", address=one.person.email, locale=one.person.locale,
                facts=said | of_them, now=book.now, domain=book.mail_domain,
                grant=_grant(audience, one, case), case_id=case.id, account=one.person.id, root=root, critical=case.severity == CRITICAL,
            )  # fmt: skip
    return list(rows.values())


def write_owed(book: Casebook, drafts: Sequence[Draft]) -> None:
    """Find the recipients of every message the drafts owe and write each to the outbox."""
    owing = [(draft, owed) for draft in drafts for owed in draft.owed]
    if not owing:
        return
    ids = [draft.case.id for draft, _ in owing]
    sheets, readers = _sheets(book.session, ids), _readers(book.session, ids)
    writer = Writer(book.policy, book.people, book.time)
    # Several changes of one case: what a link grants goes by the last one, whose approvals are written.
    written = {draft.case.id: draft.case for draft in drafts}
    rows: dict[str, Row] = {}
    for draft, owed in owing:
        case = draft.case
        common: Row = {
            "message": owed.message, "now": book.now, "domain": book.mail_domain, "case_id": case.id,
            "root": root_id(case.code, book.mail_domain), "critical": case.severity == CRITICAL,
        }  # fmt: skip
        if owed.to.reporters:
            for reader in readers.get(case.id, ()):
                key = f"{owed.key}:c{reader.contact}"
                rows.setdefault(key, outbox_row(
                    key=key, address=reader.email, locale=reader.locale, contact=reader.contact,
                    facts=writer.facts(owed, case, sheets[case.id], None, book.now), grant={"party": Party.ENTERPRISE.value}, **common,
                ))  # fmt: skip
            continue
        for one in book.find(owed.to, case):
            key = f"{owed.key}:{one.person.id}"
            rows.setdefault(key, outbox_row(
                key=key, address=one.person.email, locale=one.person.locale, account=one.person.id,
                facts=writer.facts(owed, case, sheets[case.id], one, book.now), grant=_grant(owed.to, one, written[case.id], owed), **common,
            ))  # fmt: skip
    insert_once(book.session, [*rows.values(), *_unfilled(book)])
    owe_copies(book, list(rows.values()), written)


def _grant(audience: Audience, found: Found, case: Case, owed: Owed | None = None) -> Row:
    """What the recipient's link lets them do: the capacity in which they were asked, a substitute in the principal's."""
    role, unit = audience.role, found.unit or audience.unit
    if audience.fresh:
        role = found.role
    party = _PARTY_OF.get(role or Role.OPERATOR, Party.OBSERVER)
    said: Row = {"unit": unit, "principal": found.principal.id if found.principal else None}
    if audience.approval is not None:
        approval = case.open_approval(audience.approval, audience.subject)
        step = approval.step(audience.step) if approval is not None else None
        if step is None:
            return said | {"party": Party.OBSERVER.value}
        return said | {"party": Party.APPROVER.value, "step": step.id}
    if role in (Role.LIAISON, Role.AREA_OFFICER):
        duty = owed is not None and owed.facts.get("duty") == unit
        party = Party.OBSERVER
        if owed is not None and owed.facts.get("part"):
            # The message names the part that it passes on.
            party = Party(str(owed.facts["part"]))
        elif audience.unit == case.lead:
            party = Party.LEAD
        elif audience.unit in case.supporters:
            # A part in the case fulfils duties too; a duty alone is no part.
            party = Party.SUPPORTER
        elif duty or any(c.kind == "duty" and c.open and c.owner_unit == audience.unit for c in case.clocks):
            party = Party.DUTY_UNIT
        said["unit"] = audience.unit
    return said | {"party": party.value}


_COVERS = Reading(
    select(
        tables.Case.id,
        tables.Case.title,
        tables.Case.enterprise_id,
        Enterprise.name,
        Enterprise.name_en,
        Project.enterprise_id,
        func.coalesce(Project.name_zh, tables.Case.project_said),
        func.coalesce(Project.name_en, tables.Case.project_said),
    )
    .outerjoin(Enterprise, Enterprise.id == tables.Case.enterprise_id)
    .outerjoin(Project, Project.id == tables.Case.project_id)
    .where(among(tables.Case.id))
)


def _sheets(session: Session, ids: Sequence[int]) -> dict[int, Sheet]:
    hidden = withheld_among(session, ids)
    sheets = {}
    for i, title, enterprise, firm, firm_en, owner, zh, en in _COVERS.rows(session, ids=set(ids)):
        secret = i in hidden
        shown = None if not zh or (secret and names_reporter(enterprise, owner)) else Label(zh, en)
        sheets[i] = Sheet(title, None if secret else called(firm or "—", firm_en), shown)
    return sheets


def _readers(session: Session, ids: Sequence[int]) -> dict[int, list[Reader]]:
    r = tables.Reporter
    found: dict[int, list[Reader]] = {}
    for case_id, contact, email, locale in session.execute(
        select(r.case_id, Contact.id, Contact.email, Contact.locale)
        .join(Contact, Contact.id == r.contact_id)
        .where(among(r.case_id, set(ids)), r.kind != "left", Contact.email.is_not(None))
        .order_by(r.id)
    ):
        found.setdefault(case_id, []).append(Reader(contact, email, locale))
    return found


def _unfilled(book: Casebook) -> list[Row]:
    """A role that nobody holds is reported to the operator once a day."""
    rows = []
    for role, unit, taken_by in sorted(book.people.unfilled, key=str):
        rows.append(outbox_row(
            key=f"role_unfilled:{role.value}:{unit}:{book.now.astimezone(book.time.zone).date()}", message="role_unfilled",
            address=book.policy.mail.operator, locale=reads_in(book.session, book.policy.mail.operator), now=book.now, domain=book.mail_domain,
            facts={
                "role": words(book.policy.roles[role]), "unit": words(book.people.label(unit)) if unit else None, "case_code": None,
                "taken_by": words(book.policy.roles.get(taken_by, Label("—", "—"))),
            },
        ))  # fmt: skip
    return rows
