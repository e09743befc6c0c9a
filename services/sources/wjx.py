"""Wenjuanxing 问卷星: its `sign` covers the questionnaire and the number of the answer sheet, never the answers themselves."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from domain.label import Label
from domain.refusals import FieldRefused
from domain.sources import SourceRule
from models.intake import Trust
from services.report import parse_body
from services.sources.kind import (
    Answer,
    Inbound,
    Kind,
    SignatureRefused,
    Submission,
    as_text,
    identity,
    moment,
    no_id,
    part,
    require_match,
    require_path_key,
)


def verify(inbound: Inbound, keys: Sequence[str], _rule: SourceRule) -> None:
    """The secret in the address, or `sign`: SHA-1 of questionnaire, number and key. Neither says anything about the answers."""
    try:
        require_path_key(inbound, keys)
    except SignatureRefused:
        try:
            payload = parse_body(inbound.body)
        except FieldRefused as unreadable:
            raise SignatureRefused(str(unreadable)) from None
        base = identity(payload, "activity") + identity(payload, "index")
        expected = [hashlib.sha1((base + key).encode(), usedforsecurity=False).hexdigest() for key in keys]
        require_match(
            [identity(payload, "sign").lower()], expected,
            "put a secret of the source at the end of the address, or set the questionnaire's key as a secret",
        )  # fmt: skip


def _entry(payload: dict[str, Any]) -> str:
    number = identity(payload, "joinid") or identity(payload, "index")
    return f"{identity(payload, 'activity')}:{number}" if number else ""


def read(payload: dict[str, Any], rule: SourceRule) -> Submission:
    """The answers `q1`, `q2`, … of a sheet, by their number; its times are without a zone."""
    answers = [
        Answer(key, key, as_text(value)) for key, value in payload.items() if key[:1] == "q" and key[1:2].isdigit()
    ]
    return Submission(_entry(payload), answers, moment(part(payload, "submittime"), rule.zone), payload)


KIND = Kind("wjx", Label("问卷星", "Wenjuanxing"), Trust.PUBLIC, verify, no_id, read)
