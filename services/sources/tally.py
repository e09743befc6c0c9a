"""Tally: `Tally-Signature` in base64 over the body; choices come as ids of options and are told by the options' texts."""

from __future__ import annotations

from typing import Any

from domain.label import Label
from domain.sources import SourceRule
from models.intake import Trust
from services.sources.kind import (
    Answer,
    Kind,
    NoSubmission,
    Submission,
    as_text,
    identity,
    known_id,
    moment,
    part,
    required,
    signed_body,
)


def read(payload: dict[str, Any], rule: SourceRule) -> Submission:
    """The fields of a FORM_RESPONSE."""
    if part(payload, "eventType") != "FORM_RESPONSE":
        raise NoSubmission(f"event {str(part(payload, 'eventType'))[:40]!r} is no response")
    asked = [one for one in required(payload, "data.fields", list, "the list of fields") if isinstance(one, dict)]
    answers = [Answer(identity(one, "key"), identity(one, "label"), _value(one)) for one in asked]
    at = moment(part(payload, "createdAt"), rule.zone)
    return Submission(
        identity(payload, "data.responseId") or identity(payload, "data.submissionId"), answers, at, payload
    )


def _value(field: dict[str, Any]) -> str:
    given, options = field.get("value"), field.get("options")
    if isinstance(options, list) and isinstance(given, list):
        texts = {identity(one, "id"): as_text(one.get("text")) for one in options if isinstance(one, dict)}
        given = [texts.get(str(one), as_text(one)) for one in given]
    return as_text(given)


KIND = Kind(
    "tally", Label("Tally", "Tally"), Trust.SIGNED, signed_body("Tally-Signature", "base64", "Tally"),
    known_id(lambda body: identity(body, "eventId")), read,
)  # fmt: skip
