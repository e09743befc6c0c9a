"""OpnForm: `X-Webhook-Signature: sha256=` and hexadecimal over the body."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from domain.label import Label
from domain.sources import SourceRule
from models.intake import Trust
from services.sources.kind import (
    Answer,
    Inbound,
    Kind,
    Submission,
    as_text,
    digest,
    encoded,
    identity,
    no_id,
    require_header,
    require_match,
    required,
)


def verify(inbound: Inbound, keys: Sequence[str], _rule: SourceRule) -> None:
    """The header's signature under one of the secrets."""
    given = require_header(inbound, "X-Webhook-Signature")
    expected = [f"sha256={encoded(digest(key.encode(), inbound.body), 'hex')}" for key in keys]
    require_match([given], expected, "check the webhook's secret at OpnForm")


def read(payload: dict[str, Any], _rule: SourceRule) -> Submission:
    """`data` by the question's id, each with its name and value."""
    given = required(payload, "data", dict, "the mapping of answers")
    answers = [
        Answer(str(key), identity(one, "name") if isinstance(one, dict) else str(key), as_text(one.get("value") if isinstance(one, dict) else one))
        for key, one in given.items()
    ]  # fmt: skip
    return Submission(identity(payload, "submission_id"), answers, None, payload)


KIND = Kind("opnform", Label("OpnForm", "OpnForm"), Trust.SIGNED, verify, no_id, read)
