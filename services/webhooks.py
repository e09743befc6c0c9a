"""Deliveries of form services: the signature is checked, the raw bytes are stored, and nothing else happens before the answer."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from domain.sources import STANDARD, SourceRule
from models.intake import Delivery, DeliveryState
from services.intake import Receipt, new_row, store_row, store_row_soon
from services.office import Office
from services.sources import kind_of, rule_of, standard
from services.sources.kind import Inbound, Kind, SignatureRefused

_OURS = SourceRule(STANDARD, STANDARD, {})
"""Reports in our own form: `data` needs no mapping."""


class AddressTried(Exception):
    """A service tries the address before it uses it: it gets back `answer`, and nothing is stored."""

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__("the address was tried")
        self.answer = answer


def known_sources(office: Office) -> tuple[str, ...]:
    """The sources that may deliver here."""
    return (STANDARD, *(rule.name for rule in office.policy.sources))


def accept_webhook(office: Office, source: str, headers: Mapping[str, str], body: bytes, path_key: str = "") -> Receipt:
    """Verify and store a delivery; committed before the answer.

    `headers` are named in small letters. The same delivery, by its id or by its bytes, is the same receipt.
    Raises SignatureRefused, AddressTried.
    """
    return store_row(office, *_verified(office, source, headers, body, path_key))


async def accept_webhook_soon(
    office: Office, source: str, headers: Mapping[str, str], body: bytes, path_key: str = ""
) -> Receipt:
    """The same for a coroutine, whose event loop goes on meanwhile."""
    if source == STANDARD and rule_of(office.policy, source) is None:
        # A signature alone to reckon, and nothing to look up: a thread would cost more than that.
        verified = _verified(office, source, headers, body, path_key)
    else:
        verified = await asyncio.to_thread(_verified, office, source, headers, body, path_key)
    return await store_row_soon(office, *verified)


def _verified(
    office: Office, source: str, headers: Mapping[str, str], body: bytes, path_key: str
) -> tuple[str, dict[str, Any]]:
    """The token of a delivery's tracking link, and the row to be stored."""
    rule = rule_of(office.policy, source)
    if rule is None and source != STANDARD:
        raise SignatureRefused(f"source {source[:32]!r} is not known")
    keys = office.settings.webhook_secrets(source)
    if not keys:
        raise SignatureRefused(f"no secret is set for source {source!r}")
    kind = standard.KIND if rule is None else kind_of(rule)
    rule = rule or _OURS
    inbound = Inbound(headers, body, path_key, office.real_now())
    kind.verify(inbound, keys, rule)
    asked = kind.challenge(inbound)
    if asked is not None:
        raise AddressTried(asked)
    key = _key(office, rule, kind, inbound)
    kept_as = headers.get("content-type")
    return new_row(office, source, key, kind.trust, DeliveryState.WAITING, body, kept_as, rule.locale)


def _key(office: Office, rule: SourceRule, kind: Kind, inbound: Inbound) -> str:
    """What makes a delivery the same one: its id; the key of one with the same bytes; its bytes."""
    given = kind.delivery_id(inbound, rule)
    if kind is standard.KIND and rule is _OURS:
        return given
    hashed = hashlib.sha256(inbound.body).hexdigest()
    with office.reading() as session:
        known = session.scalar(
            select(Delivery.delivery_key).where(Delivery.source == rule.name, Delivery.body_hash == hashed).limit(1)
        )
    return known or given or f"sha256:{hashed}"
