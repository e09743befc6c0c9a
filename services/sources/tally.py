"""Tally: `Tally-Signature` in base64 over the body; choices come as ids of options and are told by the options' texts."""

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
    NoSubmission,
    Submission,
    as_text,
    digest,
    encoded,
    identity,
    known_id,
    moment,
    part,
    require_header,
    require_match,
    required,
)


def verify(inbound: Inbound, keys: Sequence[str], _rule: SourceRule) -> None:
    """The header's signature under one of the secrets."""
    given = require_header(inbound, "Tally-Signature")
    expected = [encoded(digest(key.encode(), inbound.body), "base64") for key in keys]
    require_match([given], expected, "check the webhook's signing secret at Tally")


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
    "tally", Label("Tally", "Tally"), Trust.SIGNED, verify,
    known_id(lambda body: identity(body, "eventId")), read,
)  # fmt: skip
