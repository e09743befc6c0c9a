"""Formbricks: Standard Webhooks with its own events; a response is told when it is finished, and again when it is changed."""

from __future__ import annotations

from typing import Any

from domain.label import Label
from domain.sources import SourceRule
from models.intake import Trust
from services.sources import standard
from services.sources.kind import (
    Answer,
    Inbound,
    Kind,
    NoSubmission,
    Submission,
    as_text,
    identity,
    moment,
    part,
    required,
)

_TOLD = ("responseFinished", "responseUpdated")


def delivery_id(inbound: Inbound, _rule: SourceRule) -> str:
    """The `webhook-id`: made of event, job and webhook, so that another event of the same response is another delivery."""
    return standard.delivery_id(inbound)


def read(payload: dict[str, Any], rule: SourceRule) -> Submission:
    """The answers of a finished response. One that is being filled in, or a deleted or test one, is no report."""
    event = part(payload, "event")
    if event not in _TOLD or part(payload, "data.finished") is not True:
        raise NoSubmission(f"event {str(event)[:40]!r} of a response that is not finished")
    given = required(payload, "data.data", dict, "the mapping of answers")
    answers = [Answer(str(key), str(key), as_text(value)) for key, value in given.items()]
    edited = moment(part(payload, "data.updatedAt"), rule.zone) or moment(part(payload, "data.createdAt"), rule.zone)
    return Submission(identity(payload, "data.id"), answers, edited, payload)


KIND = Kind("formbricks", Label("Formbricks", "Formbricks"), Trust.SIGNED, standard.verify, delivery_id, read)
