"""The chain of a case's history: each event's hash covers the event and the hash before it.

Personal text stands apart; the chain holds a salted digest of it, so that it can be redacted without breaking the chain.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime

# Made once: `json.dumps` with options makes an encoder at each call.
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)


def canonical(value: object) -> str:
    """JSON with sorted keys and no blanks: the same facts always give the same bytes."""
    return _ENCODER.encode(value)


def text_digest(salt: str, text: Mapping[str, str]) -> str:
    """The digest that the chain holds of a personal text."""
    return hashlib.sha256(f"{salt}\n{canonical(dict(text))}".encode()).hexdigest()


def new_salt() -> str:
    """Sixteen random bytes as hex: without it a short text could be guessed from its digest."""
    return secrets.token_hex(16)


def link(
    previous: str,
    code: str,
    seq: int,
    at: datetime,
    action: str,
    actor: Mapping[str, object],
    facts: Mapping[str, object],
    digest: str | None,
    policy_version: str,
) -> str:
    """The hash of an event, given the hash before it ("" for the first)."""
    line = canonical(
        [previous, code, seq, at.astimezone(UTC).isoformat(), action, actor, facts, digest, policy_version]
    )
    return hashlib.sha256(line.encode()).hexdigest()
