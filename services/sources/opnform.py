"""OpnForm: `X-Webhook-Signature: sha256=` and hexadecimal over the body."""

from __future__ import annotations

from typing import Any

from domain.label import Label
from domain.sources import SourceRule
from models.intake import Trust
from services.sources.kind import (
    Answer,
    Kind,
    Submission,
    as_text,
    identity,
    no_id,
    required,
    signed_body,
)


def read(payload: dict[str, Any], _rule: SourceRule) -> Submission:
    """`data` by the question's id, each with its name and value."""
    given = required(payload, "data", dict, "the mapping of answers")
    answers = [
        Answer(str(key), identity(one, "name") if isinstance(one, dict) else str(key), as_text(one.get("value") if isinstance(one, dict) else one))
        for key, one in given.items()
    ]  # fmt: skip
    return Submission(identity(payload, "submission_id"), answers, None, payload)


KIND = Kind(
    "opnform",
    Label("OpnForm", "OpnForm"),
    Trust.SIGNED,
    signed_body("X-Webhook-Signature", "hex", "OpnForm", "sha256="),
    no_id,
    read,
)
