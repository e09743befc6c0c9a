"""Claiming what is owed: which messages go together in which mail is fixed in the database before anything is sent."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import orjson
from sqlalchemy import Row, and_, or_, select
from sqlalchemy.orm import Session

import notifications.messages  # noqa: F401 - importing them fills the registry
from domain.mail_rules import LATE, Urgency, Waiting, together
from models.case import Case
from models.engine import hold
from models.office import Outbox
from models.rows import among, update_rows
from notifications.message import Message
from services.links import CALENDAR, UNSUBSCRIBE, Mint
from services.office import Office
from services.outbox_due import MAIL, OWED, Gate, gate

LEASE = timedelta(seconds=60)

MOST_TOGETHER = 5_000
"""Messages in one mail: some megabytes, which every server takes."""

MOST_AT_ONCE = 500
"""Messages in the mails of one claim, once there is one mail: the links of them all are written in its transaction."""


@dataclass(frozen=True, slots=True)
class Part:
    """A claimed message with the links minted for it."""

    id: int
    message: str
    case_id: int | None
    case_code: str | None
    facts: dict[str, Any]
    links: dict[str, str]
    attempts: int
    urgency: int
    root_id: str | None
    restricted: bool
    detail: str | None
    """What the case's reporter described, where the policy lets mails repeat it."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What goes out in one piece to one reader: a message, or several that wait for the same reader."""

    parts: tuple[Part, ...]
    message_id: str
    address: str
    locale: str
    channel: str
    to_reporter: bool
    fresh: bool
    """Whether this claim put it together: nobody can have got it before."""

    @property
    def id(self) -> int:
        """Of its first message."""
        return self.parts[0].id

    @property
    def ids(self) -> tuple[int, ...]:
        """Of its messages."""
        return tuple(part.id for part in self.parts)

    @property
    def attempts(self) -> int:
        """How often it was tried."""
        return max(part.attempts for part in self.parts)


@dataclass(frozen=True, slots=True)
class _Mail:
    ids: tuple[int, ...]
    order: tuple[int, datetime, int]
    mail_id: str | None
    by_mail: bool


Found = Row[tuple[int, str, int, datetime, str, str, str | None, int | None, str, str | None]]

TAKEN = (
    Outbox.id, Outbox.message, Outbox.case_id, Outbox.delivery_id, Outbox.account_id, Outbox.contact_id, Outbox.address, Outbox.locale,
    Outbox.facts, Outbox.grant, Outbox.attempts, Outbox.message_id, Outbox.root_id, Outbox.channel, Outbox.urgency,
)  # fmt: skip
"""What a letter is made of; objects that know of their changes would take longer than the changes."""

Taken = Row[Any]


def claim(office: Office, holder: str, limit: int) -> list[Letter]:
    """Take at most `limit` mails for a while, fix what goes in which, and mint their links, in one short transaction."""
    with office.writing() as session:
        # One after the other: two workers must not use the same rest of a rate, nor tear apart what goes together.
        hold(session, "outbox claim")
        holds = gate(session, office)
        mails = _chosen(_mails(office, holds, _candidates(session, holds, limit)), limit, holds.free)
        if not mails:
            return []
        ids = [i for mail in mails for i in mail.ids]
        taking = select(*TAKEN).where(among(Outbox.id, ids), OWED).with_for_update(skip_locked=True)
        rows = {row.id: row for row in session.execute(taking)}
        about = _about(session, rows.values())
        letters: list[Letter] = []
        minted = Mint(office)
        for mail in mails:
            taken = [rows[i] for i in mail.ids if i in rows]
            # One that may have gone out goes whole or not at all: somebody changes a part of it just now.
            if taken and (mail.mail_id is None or len(taken) == len(mail.ids)):
                letters.append(_take(minted, office, mail.mail_id, taken, about))
        minted.write(session)
        lease = {"leased_by": holder, "not_before": holds.now + LEASE}
        update_rows(
            session, Outbox, [{"id": i, **lease, "mail_id": one.message_id} for one in letters for i in one.ids]
        )
        return letters


def _candidates(session: Session, holds: Gate, limit: int) -> Sequence[Found]:
    """What is due first, with all that may go along to the same readers."""
    columns = (
        Outbox.id, Outbox.message, Outbox.urgency, Outbox.owed_at, Outbox.address, Outbox.locale, Outbox.account_id,
        Outbox.contact_id, Outbox.channel, Outbox.mail_id,
    )  # fmt: skip
    first = session.execute(
        select(*columns).where(holds.due()).order_by(Outbox.urgency, Outbox.owed_at, Outbox.id).limit(limit)
    ).all()
    readers = {row.address for row in first if row.channel == MAIL}
    if not readers:
        return first
    # What only waits for a mail server that was away, and was never handed to it, waits no longer than the others.
    put_off = and_(Outbox.mail_id.is_(None), Outbox.attempts > 0, Outbox.leased_by.is_(None))
    along = session.execute(
        select(*columns).where(
            holds.goes_along(),
            Outbox.address.in_(readers),
            Outbox.channel == MAIL,
            or_(Outbox.not_before <= holds.now, put_off),
        )
    ).all()
    # What was put together once stays together, whatever holds a part of it now.
    fixed = {row.mail_id for row in along if row.mail_id is not None}
    whole = session.execute(select(*columns).where(OWED, Outbox.address.in_(readers), Outbox.mail_id.in_(fixed))).all()
    return [*(row for row in first if row.channel != MAIL), *(row for row in along if row.mail_id is None), *whole]


def _mails(office: Office, holds: Gate, found: Iterable[Found]) -> Iterator[_Mail]:
    """The messages as the mails in which they go: as fixed before, else by the rules."""
    fixed: dict[str, list[Found]] = {}
    waiting: dict[tuple[object, ...], list[Found]] = {}
    for row in found:
        if row.mail_id is not None:
            fixed.setdefault(row.mail_id, []).append(row)
        elif row.channel != MAIL:
            yield _mail([row])
        else:
            waiting.setdefault((row.address, row.locale, row.account_id, row.contact_id), []).append(row)
    for rows in fixed.values():
        yield _mail(rows)
    for rows in waiting.values():
        by_id = {row.id: row for row in rows}
        late = holds.catching_up.moments
        said = [
            Waiting(row.id, Urgency(row.urgency), row.owed_at in late or row.owed_at <= holds.now - LATE, _single(row.message))
            for row in rows
        ]  # fmt: skip
        for ids in together(said, office.policy.mail):
            for start in range(0, len(ids), MOST_TOGETHER):
                yield _mail([by_id[i] for i in ids[start : start + MOST_TOGETHER]])


def _mail(rows: Sequence[Found]) -> _Mail:
    ordered = sorted(rows, key=lambda row: (row.urgency, row.owed_at, row.id))
    first = ordered[0]
    return _Mail(
        tuple(row.id for row in ordered), (first.urgency, first.owed_at, first.id), first.mail_id, first.channel == MAIL
    )


def _single(message: str) -> bool:
    kind = Message.registry.get(message)
    return kind is None or kind.single


def _chosen(mails: Iterable[_Mail], limit: int, free: int | None) -> list[_Mail]:
    """Those that go now, in order: as many as a batch takes and the rates let through."""
    chosen: list[_Mail] = []
    rows = 0
    for mail in sorted(mails, key=lambda one: one.order):
        if mail.by_mail and free is not None:
            if not free:
                continue
            free -= 1
        rows += len(mail.ids)
        if (chosen and rows > MOST_AT_ONCE) or len(chosen) == limit:
            break
        chosen.append(mail)
    return chosen


def _take(
    minted: Mint,
    office: Office,
    mail_id: str | None,
    rows: Sequence[Taken],
    about: dict[int, tuple[str, bool, str | None]],
) -> Letter:
    first = rows[0]
    fresh = mail_id is None
    if mail_id is None:
        mail_id = first.message_id if len(rows) == 1 else f"<{secrets.token_hex(16)}@{office.mail_domain}>"
    full = office.policy.mail.body_detail == "full"
    links: dict[bytes, dict[str, str]] = {}
    parts = []
    for row in rows:
        code, restricted, detail = about.get(row.case_id or 0, (None, False, None))
        told = detail if full and not restricted and row.account_id is not None else None
        parts.append(Part(
            row.id, row.message, row.case_id, code, row.facts, _links_once(minted, office, row, links), row.attempts, row.urgency,
            row.root_id, restricted, told,
        ))  # fmt: skip
    return Letter(
        tuple(parts), mail_id, first.address, first.locale, first.channel, first.contact_id is not None, fresh
    )


def _about(session: Session, rows: Iterable[Taken]) -> dict[int, tuple[str, bool, str | None]]:
    """By case, as it is now: its code, whether it is restricted, and its description."""
    ids = {row.case_id for row in rows if row.case_id is not None}
    if not ids:
        return {}
    found = session.execute(select(Case.id, Case.code, Case.restricted, Case.detail).where(Case.id.in_(ids)))
    return {row.id: (row.code, row.restricted, row.detail) for row in found}


def _links_once(minted: Mint, office: Office, row: Taken, known: dict[bytes, dict[str, str]]) -> dict[str, str]:
    """The message's links; messages of one mail that grant the same of the same case share them."""
    if row.grant is None:
        return {}
    key = orjson.dumps([row.case_id, row.delivery_id, row.grant], option=orjson.OPT_SORT_KEYS)
    if key not in known:
        known[key] = _links(minted, office, row, row.grant)
    found = known[key]
    kind = Message.registry.get(row.message)
    if kind is not None and "notice" in kind.links and "act" in found:
        return found | {"notice": f"{found['act']}/notice/{quote(row.facts['number'], safe='')}"}
    return found


def _links(minted: Mint, office: Office, row: Taken, grant: dict[str, Any]) -> dict[str, str]:
    token = minted.link(
        grant, case_id=row.case_id, delivery_id=row.delivery_id, account=row.account_id, contact=row.contact_id
    )
    base = office.settings.base_url.rstrip("/")
    if grant["party"] == UNSUBSCRIBE:
        several = minted.several(row.account_id, grant["several"])
        return {name: f"{base}/act/{one}" for name, one in several.items()} | {
            "unsubscribe": f"{base}/unsubscribe/{token}"
        }
    if grant["party"] == CALENDAR:
        return {"calendar": f"{base}/calendar/{token}.ics"}
    if row.account_id is not None:
        return {"act": f"{base}/act/{token}"}
    name = "confirm" if row.message == "confirm_report" else "track"
    return {name: f"{base}/track/{token}"}
