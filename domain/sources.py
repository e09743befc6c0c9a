"""What a policy says of the forms that report to the office: one mapping for each source (DESIGN.md 7, WEBHOOKS.md)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from zoneinfo import ZoneInfo

FIELDS = (
    "enterprise.name", "enterprise.uscc", "enterprise.contact", "enterprise.phone", "enterprise.email", "project", "category",
    "severity", "title", "detail",
)  # fmt: skip
"""What a report consists of: the names that a mapping fills."""

REQUIRED = ("enterprise.name", "title")

STANDARD = "standard"
"""The source of reports in our own form, signed as Standard Webhooks says; it needs no mapping."""


@dataclass(frozen=True, slots=True)
class SignatureRule:
    """How a form service of kind `generic` signs: HMAC of `signs` in hexadecimal or base64, in a header, after a prefix.

    `signs` holds {body} and may hold {timestamp} and {id}; a `timestamp` header of seconds may be at most `tolerance` seconds old.
    """

    header: str
    algorithm: Literal["sha256", "sha1", "sha512"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = ""
    signs: str = "{body}"
    timestamp: str = ""
    tolerance: int = 300


@dataclass(frozen=True, slots=True)
class SourceRule:
    """A form of the office: of which kind its service is, and where the answers stand.

    `fields` says for each of FIELDS by which question it is answered: the question's key or label, or `$.a.b` for a path in what is
    sent. `words` says what the form's options mean here, by field: {"category": {"用电": "power"}}. `constants` are answers that the
    form does not ask. Naive times are of `zone`. Paths for kind `generic`: of the delivery's id, of the submission's own id that stays
    the same when it is edited, of when it was last edited, and of the mapping or list of answers.
    """

    name: str
    kind: str
    fields: dict[str, str]
    words: dict[str, dict[str, str]] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    locale: Literal["zh", "en"] = "zh"
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    signature: SignatureRule | None = None
    delivery_id: str = ""
    submission_id: str = ""
    edited_at: str = ""
    answers: str = ""
