"""Any other service: header, algorithm, encoding, prefix, timestamp and paths are the policy's. Without a signature the address
holds a secret, and nothing that it sends is believed before somebody confirms it.
"""

from __future__ import annotations

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
    Submission,
    as_text,
    digest,
    encoded,
    identity,
    moment,
    part,
    require_header,
    require_match,
    require_path_key,
    require_recent,
)


def verify(inbound: Inbound, keys: Sequence[str], rule: SourceRule) -> None:
    """The signature that the policy describes, or the secret in the address."""
    how = rule.signature
    if how is None:
        require_path_key(inbound, keys)
        return
    given = require_header(inbound, how.header)
    stamp = require_header(inbound, how.timestamp) if how.timestamp else ""
    if how.timestamp:
        require_recent(stamp, inbound.now, how.tolerance, how.timestamp)
    before, _, after = how.signs.partition("{body}")
    facts = {"{timestamp}": stamp, "{id}": delivery_id(inbound, rule)}
    for name, value in facts.items():
        before, after = before.replace(name, value), after.replace(name, value)
    signed = before.encode() + inbound.body + after.encode()
    expected = [how.prefix + encoded(digest(key.encode(), signed, how.algorithm), how.encoding) for key in keys]
    shown = given if how.encoding == "base64" else how.prefix + given.removeprefix(how.prefix).lower()
    require_match([shown], expected, "compare the policy's `signature` with what the service documents")


def delivery_id(inbound: Inbound, rule: SourceRule) -> str:
    """The header or the path that the policy names; "" without."""
    if not rule.delivery_id.startswith("$."):
        return inbound.header(rule.delivery_id)[:120] if rule.delivery_id else ""
    try:
        return identity(parse_body(inbound.body), rule.delivery_id)
    except FieldRefused:
        return ""


def read(payload: dict[str, Any], rule: SourceRule) -> Submission:
    """The answers at the policy's path: a mapping of keys, or a list of mappings with key, label and value."""
    given = part(payload, rule.answers) if rule.answers else payload
    answers = []
    if isinstance(given, dict):
        answers = [Answer(str(key), str(key), as_text(value)) for key, value in given.items()]
    elif isinstance(given, list):
        for one in given:
            if isinstance(one, dict):
                key = identity(one, "key") or identity(one, "id") or identity(one, "name")
                label = identity(one, "label") or identity(one, "title") or identity(one, "question") or key
                answers.append(Answer(key, label, as_text(one.get("value", one.get("answer")))))
    edited = moment(part(payload, rule.edited_at), rule.zone) if rule.edited_at else None
    return Submission(identity(payload, rule.submission_id) if rule.submission_id else "", answers, edited, payload)


def challenge(inbound: Inbound) -> dict[str, Any] | None:
    """What a service wants back that tries the address before it uses it (Feishu and its like)."""
    try:
        asked = parse_body(inbound.body)
    except FieldRefused:
        return None
    word = asked.get("challenge")
    return {"challenge": word[:200]} if asked.get("type") == "url_verification" and isinstance(word, str) else None


def kind_of(rule: SourceRule) -> Kind:
    """This kind for one source: believed when it signs."""
    trust = Trust.SIGNED if rule.signature is not None else Trust.PUBLIC
    return Kind("generic", Label("其他表单服务", "Another form service"), trust, verify, delivery_id, read, challenge)
