"""Standard Webhooks 1.0.0: `webhook-signature` over id, timestamp and body; a mapped form, or a report in our own form."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from domain.label import Label
from domain.sources import SourceRule
from models.intake import Trust
from services.sources.kind import (
    Answer,
    Inbound,
    Kind,
    SignatureRefused,
    Submission,
    as_text,
    digest,
    encoded,
    identity,
    moment,
    part,
    require_match,
    require_recent,
    required,
)

TOLERANCE = 300.0


def key_of(secret: str) -> bytes:
    """The key of a secret: base64 after `whsec_`; a secret that is no base64 is the key itself."""
    said = secret.removeprefix("whsec_")
    try:
        return base64.b64decode(said, validate=True)
    except ValueError:
        return said.encode()


def verify(inbound: Inbound, keys: Sequence[str], _rule: SourceRule | None = None) -> None:
    """HMAC-SHA256 over `id.timestamp.body`, base64, `v1,` before each of several signatures; every secret is tried."""
    name, stamp, given = (inbound.header(f"webhook-{part}") for part in ("id", "timestamp", "signature"))
    if not name or not stamp or not given:
        raise SignatureRefused("the headers webhook-id, webhook-timestamp and webhook-signature are needed")
    require_recent(stamp, inbound.now, TOLERANCE, "webhook-timestamp")
    signed = f"{name}.{stamp}.".encode() + inbound.body
    expected = [encoded(digest(key_of(key), signed), "base64") for key in keys]
    candidates = [one[3:] for one in given.split(" ") if one.startswith("v1,")]
    require_match(candidates, expected, "check the secret and that the body is signed as sent")


def delivery_id(inbound: Inbound, _rule: SourceRule | None = None) -> str:
    """The `webhook-id`, the same over retries."""
    return inbound.header("webhook-id")


def read(payload: dict[str, Any], rule: SourceRule) -> Submission:
    """`data` as answers; its `id` stays the same over edits."""
    data = required(payload, "data", dict, "the mapping of answers")
    answers = [Answer(str(key), str(key), as_text(value)) for key, value in data.items()]
    return Submission(identity(payload, "data.id"), answers, moment(part(payload, "timestamp"), rule.zone), payload)


KIND = Kind("standard", Label("Standard Webhooks", "Standard Webhooks"), Trust.SIGNED, verify, delivery_id, read)
