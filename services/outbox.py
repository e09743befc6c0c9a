"""The outbox: claim what is owed, send it, mark it; no transaction is open while the mail server is spoken to."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from domain.meetings import LASTS
from models.case import Case
from models.office import Outbox, OutboxState
from notifications.envelope import BadAddress, BadMessageId, build
from notifications.invitation import calendar_of
from notifications.message import Message, MissingFact, UnknownMessage, from_facts
from notifications.render import OfficeLine, locale_of, render
from notifications.transport import BadCaFile, BadSmtpUrl, Refused, Transport, Unreachable
from services.links import CALENDAR, UNSUBSCRIBE, mint, mint_several
from services.office import Office

LEASE = timedelta(seconds=60)
SEND_WITHIN = 30.0
"""Seconds after the claim in which a send may begin: it ends well inside the lease, so that no other worker sends it too."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A claimed message with the links minted for it."""

    id: int
    message: str
    case_id: int | None
    address: str
    locale: str
    facts: dict[str, Any]
    links: dict[str, str]
    attempts: int
    message_id: str
    root_id: str | None
    to_reporter: bool
    restricted: bool
    detail: str | None
    """What the case's reporter described, where the policy lets mails repeat it."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a batch came to. `messages` are (name, outbox id, "account" or "reporter") of those sent."""

    sent: int
    deferred: int
    failed: int
    messages: tuple[tuple[str, int, str], ...]


def owed(office: Office) -> bool:
    """Whether a message is to be sent now; one look into an index that holds only what is owed."""
    with office.reading() as session:
        return bool(
            session.scalar(select(exists().where(Outbox.state == OutboxState.OWED, Outbox.not_before <= office.now())))
        )


def deliver(office: Office, limit: int = 50, connect: Callable[[Office], Transport] | None = None) -> Delivered:
    """Send at most `limit` owed messages over one connection."""
    holder = secrets.token_hex(8)
    letters = claim(office, holder, limit)
    sent: list[Letter] = []
    settled: set[int] = set()
    deferred = failed = 0
    began = time.monotonic()
    line = _office_line(office)
    try:
        with (connect or _connect)(office) as transport:
            for letter in letters:
                if time.monotonic() - began > SEND_WITHIN:
                    break
                try:
                    verdict = _send(office, transport, letter, line)
                except (MissingFact, UnknownMessage, BadAddress, BadMessageId) as broken:
                    _mark(office, letter, state=OutboxState.FAILED, problem=str(broken))
                    settled.add(letter.id)
                    failed += 1
                    continue
                settled.add(letter.id)
                if verdict is None:
                    _mark(office, letter, state=OutboxState.SENT)
                    sent.append(letter)
                elif _defer(office, letter, verdict):
                    deferred += 1
                else:
                    failed += 1
    except (Unreachable, BadSmtpUrl, BadCaFile) as gone:
        # Nothing is known to be wrong with these messages: they wait, and are never given up for it.
        for letter in letters:
            if letter.id not in settled:
                deferred += _wait(office, letter, str(gone))
    _give_back(office, holder)
    return Delivered(
        len(sent), deferred, failed, tuple((s.message, s.id, "reporter" if s.to_reporter else "account") for s in sent)
    )


def claim(office: Office, holder: str, limit: int) -> list[Letter]:
    """Take messages for a while and mint their links, in one short transaction."""
    now = office.now()
    with office.writing() as session:
        rows = session.scalars(
            select(Outbox)
            .where(Outbox.state == OutboxState.OWED, Outbox.not_before <= now)
            .order_by(Outbox.not_before, Outbox.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        ).all()
        about = _about(session, rows)
        full = office.policy.mail.body_detail == "full"
        letters = []
        for row in rows:
            row.leased_by, row.not_before = holder, now + LEASE
            restricted, detail = about.get(row.case_id or 0, (False, None))
            told = detail if full and not restricted and row.account_id is not None else None
            letters.append(Letter(
                row.id, row.message, row.case_id, row.address, row.locale, row.facts, _links(session, office, row), row.attempts,
                row.message_id, row.root_id, row.contact_id is not None, restricted, told,
            ))  # fmt: skip
        return letters


def _about(session: Session, rows: Sequence[Outbox]) -> dict[int, tuple[bool, str | None]]:
    """By case, as it is now: whether it is restricted, and its description."""
    ids = {row.case_id for row in rows if row.case_id is not None}
    if not ids:
        return {}
    found = session.execute(select(Case.id, Case.restricted, Case.detail).where(Case.id.in_(ids)))
    return {row.id: (row.restricted, row.detail) for row in found}


def _links(session: Session, office: Office, row: Outbox) -> dict[str, str]:
    if row.grant is None:
        return {}
    token = mint(
        session,
        office,
        row.grant,
        case_id=row.case_id,
        delivery_id=row.delivery_id,
        account=row.account_id,
        contact=row.contact_id,
    )
    base = office.settings.base_url.rstrip("/")
    if row.grant["party"] == UNSUBSCRIBE:
        several = mint_several(session, office, row.account_id, row.grant["several"])
        return {name: f"{base}/act/{one}" for name, one in several.items()} | {"unsubscribe": f"{base}/unsubscribe/{token}"}
    if row.grant["party"] == CALENDAR:
        return {"calendar": f"{base}/calendar/{token}.ics"}
    if row.account_id is not None:
        act = f"{base}/act/{token}"
        if row.message == "supervision_notice" and row.case_id is not None:
            return {"act": act, "notice": f"{act}/notice/{quote(row.facts['number'], safe='')}"}
        return {"act": act}
    name = "confirm" if row.message == "confirm_report" else "track"
    return {name: f"{base}/track/{token}"}


def _office_line(office: Office) -> OfficeLine:
    policy = office.policy
    return OfficeLine(policy.district, policy.office, policy.mail.reply_to, policy.zone, office.demo)


def _connect(office: Office) -> Transport:
    settings = office.settings
    if not settings.smtp_url:
        raise Unreachable("EXPEDITE_SMTP_URL is not set: name the mail server")
    return Transport(settings.smtp_url, timeout=20, ca_file=settings.smtp_ca)


def _send(office: Office, transport: Transport, letter: Letter, line: OfficeLine) -> Refused | None:
    message: Message = from_facts(letter.message, letter.facts)
    said = message.sealed(locale_of(letter.locale)) if letter.restricted else message
    rendered = render(said, letter.locale, letter.links, line, letter.detail)
    sender = office.settings.sender(office.policy.mail.reply_to)
    files = calendar_of(
        message, letter.links, line, locale=letter.locale, recipient=letter.address, organizer=office.policy.mail.reply_to,
        lasts=LASTS, stamp=office.now(),
    )  # fmt: skip
    mail = build(
        rendered, sender=sender, recipient=letter.address, reply_to=office.policy.mail.reply_to, message_id=letter.message_id,
        root_id=letter.root_id, sent_at=office.now().astimezone(office.zone), locale=letter.locale, attachments=files,
        unsubscribe=letter.links.get("unsubscribe"),
    )  # fmt: skip
    verdict = transport.send(mail, sender, letter.address)
    return verdict if isinstance(verdict, Refused) else None


def _mark(office: Office, letter: Letter, **values: Any) -> None:
    if values.get("state") is OutboxState.SENT:
        values |= {"sent_at": office.now(), "problem": None, "attempts": letter.attempts + 1}
    with office.writing() as session:
        session.execute(update(Outbox).where(Outbox.id == letter.id).values(leased_by=None, **values))


def _defer(office: Office, letter: Letter, verdict: Refused) -> bool:
    """Put a refused message off, or give it up when the refusal is permanent or the tries are used; whether it is put off."""
    retries = office.policy.mail.retry_minutes
    problem = f"{verdict.code or ''} {verdict.text}".strip()
    if verdict.permanent or letter.attempts >= len(retries):
        _mark(office, letter, state=OutboxState.FAILED, problem=problem, attempts=letter.attempts + 1)
        return False
    return bool(_wait(office, letter, problem))


def _wait(office: Office, letter: Letter, problem: str) -> int:
    retries = office.policy.mail.retry_minutes
    minutes = retries[min(letter.attempts, len(retries) - 1)]
    _mark(
        office,
        letter,
        not_before=office.now() + timedelta(minutes=minutes),
        attempts=letter.attempts + 1,
        problem=problem,
    )
    return 1


def _give_back(office: Office, holder: str) -> None:
    """What was claimed and not tried is owed at once again."""
    with office.writing() as session:
        session.execute(
            update(Outbox)
            .where(Outbox.leased_by == holder, Outbox.state == OutboxState.OWED)
            .values(leased_by=None, not_before=office.now())
        )


def retry(office: Office, ids: Sequence[int] | None = None) -> int:
    """Owe failed or deferred messages at once again; how many."""
    query = update(Outbox).where(Outbox.state.in_((OutboxState.FAILED, OutboxState.OWED)), Outbox.leased_by.is_(None))
    if ids:
        query = query.where(Outbox.id.in_(ids))
    with office.writing() as session:
        done = session.execute(
            query.values(state=OutboxState.OWED, not_before=office.now(), attempts=0).execution_options(
                synchronize_session=False
            )
        )
        return int(getattr(done, "rowcount", 0))
