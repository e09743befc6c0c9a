"""Jinshuju 金数据: it signs nothing, so the address holds a secret; an edit comes with the same serial number and a later moment."""

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
    known_id,
    moment,
    part,
    require_path_key,
    required,
)


def _entry(payload: dict[str, Any]) -> str:
    number = identity(payload, "entry.serial_number") or identity(payload, "entry.token")
    return f"{identity(payload, 'form')}:{number}" if number else ""


def _delivery(payload: dict[str, Any]) -> str:
    entry, edited = _entry(payload), identity(payload, "entry.updated_at")
    return f"{entry}@{edited}" if entry and edited else ""


def read(payload: dict[str, Any], rule: SourceRule) -> Submission:
    """The entry's `field_…` answers, by the field's code."""
    entry = required(payload, "entry", dict, "the entry")
    answers = [Answer(key, key, as_text(value)) for key, value in entry.items() if key.startswith("field_")]
    edited = moment(part(entry, "updated_at"), rule.zone) or moment(part(entry, "created_at"), rule.zone)
    return Submission(_entry(payload), answers, edited, payload)


KIND = Kind("jinshuju", Label("金数据", "Jinshuju"), Trust.PUBLIC, require_path_key, known_id(_delivery), read)
