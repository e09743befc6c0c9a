"""Intake: every delivery is stored as it arrived and answered; what is trusted becomes a case, the rest waits to be confirmed.

Storing never depends on the engine, the worker or the mail server.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, exists, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models.intake import Delivery, DeliveryState, Trust
from services.intake_writer import ONCE_BY_BYTES, writer_of
from services.links import hash_token, mint, new_token
from services.office import Office

SIGNED_TYPE = "difficulty.reported"
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to a delivery. `track` is the path of its tracking page."""

    receipt: str
    duplicate: bool
    track: str


def new_receipt() -> str:
    """A number that can be read out over the phone, e.g. R-7KQ4-M2XD-9TPA (60 random bits)."""
    # The alphabet has 32 characters: five bits of each byte.
    said = "".join(_ALPHABET[byte & 31] for byte in secrets.token_bytes(12))
    return f"R-{said[:4]}-{said[4:8]}-{said[8:]}"


def store(
    office: Office,
    source: str,
    key: str,
    trust: Trust,
    state: DeliveryState,
    body: bytes,
    content_type: str | None,
    locale: str = "zh",
    then: Callable[[Session, int, str], None] | None = None,
) -> Receipt:
    """Store a delivery's bytes; the same source and key again give the same receipt.

    `then` writes what belongs to it (session, delivery id, receipt) in the same transaction.
    """
    token, row = new_row(office, source, key, trust, state, body, content_type, locale)
    receipt = row["receipt"]
    if then is None:
        return store_row(office, token, row)
    try:
        with office.writing() as session:
            known = _known(session, source, key)
            if known is not None:
                return _again(session, office, known)
            new_id = session.scalars(insert(Delivery).returning(Delivery.id), [row]).one()
            then(session, new_id, receipt)
    except IntegrityError as error:
        # Two of the same at once: the other one came first.
        return _repeated(office, row, error)
    return Receipt(receipt, False, f"/track/{token}")


def new_row(
    office: Office,
    source: str,
    key: str,
    trust: Trust,
    state: DeliveryState,
    body: bytes,
    content_type: str | None,
    locale: str = "zh",
) -> tuple[str, dict[str, Any]]:
    """The token of a delivery's tracking link, and the row to be stored."""
    token = new_token()
    return token, {
        "receipt": new_receipt(), "source": source, "delivery_key": key, "trust": trust, "state": state, "received_at": office.now(),
        "content_type": content_type, "body": body, "body_hash": hashlib.sha256(body).hexdigest(), "locale": locale,
        "track_hash": hash_token(token), "flags": [], "extra": {},
    }  # fmt: skip


def store_row(office: Office, token: str, row: Mapping[str, Any]) -> Receipt:
    """Store it; durable on return."""
    new = writer_of(office).put(office, row)
    return _first(token, row) if new else _repeated(office, row)


async def store_row_soon(office: Office, token: str, row: Mapping[str, Any]) -> Receipt:
    """The same for a coroutine, whose event loop goes on meanwhile."""
    if await writer_of(office).put_soon(office, row):
        return _first(token, row)
    return await asyncio.to_thread(_repeated, office, row)


def _first(token: str, row: Mapping[str, Any]) -> Receipt:
    return Receipt(row["receipt"], False, f"/track/{token}")


def _repeated(office: Office, row: Mapping[str, Any], error: IntegrityError | None = None) -> Receipt:
    source, key = row["source"], row["delivery_key"]
    with office.writing() as session:
        known = _known(session, source, key)
        if known is None and source in ONCE_BY_BYTES:
            known = _first_of(session, source, Delivery.body_hash == row["body_hash"])
        if known is None:
            raise error or LookupError(f"delivery {key!r} of {source!r} was there and is not")
        return _again(session, office, known)


def _known(session: Session, source: str, key: str) -> tuple[int, str] | None:
    return _first_of(session, source, Delivery.delivery_key == key)


def _first_of(session: Session, source: str, same: ColumnElement[bool]) -> tuple[int, str] | None:
    query = select(Delivery.id, Delivery.receipt).where(Delivery.source == source, same).order_by(Delivery.id).limit(1)
    row = session.execute(query).first()
    return None if row is None else (row[0], row[1])


def _again(session: Session, office: Office, known: tuple[int, str]) -> Receipt:
    """The same receipt once more, with a link of its own: the first answer may have been lost on its way."""
    case_id, contact, trust = session.execute(
        select(Delivery.case_id, Delivery.contact_id, Delivery.trust).where(Delivery.id == known[0])
    ).one()
    # Whoever can repeat a public form's submission may look, but acts only through the link in the mail.
    party = "observer" if trust is Trust.PUBLIC else "enterprise"
    token = mint(
        session, office, {"party": party}, case_id=case_id, delivery_id=known[0], account=None, contact=contact
    )
    return Receipt(known[1], True, f"/track/{token}")


def count_edits(session: Session) -> dict[str, int]:
    """How many deliveries of each source that edits at all came after the first one of the same submission."""
    edits = func.count() - func.count(Delivery.entry.distinct())
    query = select(Delivery.source, edits).where(Delivery.entry.is_not(None)).group_by(Delivery.source)
    return {source: int(count) for source, count in session.execute(query)}


def waiting(office: Office) -> bool:
    """Whether a delivery waits for the receiver; one look into an index that holds only those."""
    with office.reading() as session:
        return bool(session.scalar(select(exists().where(Delivery.state == DeliveryState.WAITING))))
