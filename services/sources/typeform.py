"""Typeform: `Typeform-Signature: sha256=` and base64 over the body; answers by the question's reference, with its title."""

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
    """The answers of a `form_response`; a choice by its label, several joined."""
    if part(payload, "event_type") != "form_response":
        raise NoSubmission(f"event {str(part(payload, 'event_type'))[:40]!r} is no response")
    titles = {
        identity(asked, "id"): identity(asked, "title").rstrip(":\uff1a")
        for asked in part(payload, "form_response.definition.fields") or []
        if isinstance(asked, dict)
    }
    answers = []
    for given in required(payload, "form_response.answers", list, "the list of answers"):
        if isinstance(given, dict):
            name = identity(given, "field.id")
            value = given.get(str(given.get("type")))
            if isinstance(value, dict):
                value = value.get("label") or value.get("labels") or value.get("other")
            answers.append(Answer(identity(given, "field.ref") or name, titles.get(name, ""), as_text(value)))
    at = moment(part(payload, "form_response.submitted_at"), rule.zone)
    return Submission(identity(payload, "form_response.token"), answers, at, payload)


KIND = Kind(
    "typeform", Label("Typeform", "Typeform"), Trust.SIGNED, signed_body("Typeform-Signature", "base64", "Typeform", "sha256="), known_id(lambda body: identity(body, "event_id")), read
)  # fmt: skip
