"""Asks a person for a decision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from notifications.message import Line, Message, Moment, Words
from notifications.messages.samples import CASE, DUE, LATER, POWER_COMPANY, TITLE, TOMORROW


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalAsked(Message):
    """To the approver of a step; `lines` sum up what is asked."""

    name: ClassVar[str] = "approval_asked"
    free_texts: ClassVar[tuple[str, ...]] = ("lines",)

    case_code: str
    title: str
    kind: Words
    asked_by: Words
    lines: tuple[Line, ...]
    decide_by: Moment | None

    @classmethod
    def example(cls) -> ApprovalAsked:
        return cls(
            case_code=CASE,
            title=TITLE,
            kind={"zh": "延期申请", "en": "extension"},
            asked_by=POWER_COMPANY,
            lines=(
                {"label": {"zh": "原办结时限", "en": "Due now"}, "kind": "moment", "value": DUE},
                {"label": {"zh": "申请延至", "en": "Asked until"}, "kind": "moment", "value": LATER},
                {"label": {"zh": "理由", "en": "Reason"}, "kind": "text", "value": "廊道方案尚需与道路、规划衔接。"},
            ),
            decide_by=TOMORROW,
        )
