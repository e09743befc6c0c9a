"""Tells the asker what was decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from notifications.message import Message, Words
from notifications.messages.samples import CASE, DESK_HEAD, TITLE


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalDecided(Message):
    """To whoever asked, and to the unit's head who signed."""

    name: ClassVar[str] = "approval_decided"
    free_texts: ClassVar[tuple[str, ...]] = ("reason",)

    case_code: str
    title: str
    kind: Words
    decision: Words
    reason: str | None
    decided_by: Words

    @classmethod
    def example(cls) -> ApprovalDecided:
        return cls(
            case_code=CASE,
            title=TITLE,
            kind={"zh": "延期申请", "en": "extension"},
            decision={"zh": "不同意", "en": "refused"},
            reason="请按原时限办结，所需衔接由推进办协调。",
            decided_by=DESK_HEAD,
        )
