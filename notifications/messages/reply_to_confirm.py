"""Asks the enterprise whether the result solves its difficulty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from notifications.message import Message, Words
from notifications.messages.samples import CASE, POWER_COMPANY, SOLVED, TITLE


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyToConfirm(Message):
    """To the enterprise, once a reply is signed; the reply itself is behind the link."""

    name: ClassVar[str] = "reply_to_confirm"
    links: ClassVar[tuple[str, ...]] = ("track",)

    case_code: str
    title: str
    lead_unit: Words
    outcome: Words

    @classmethod
    def example(cls) -> ReplyToConfirm:
        return cls(
            case_code=CASE,
            title=TITLE,
            lead_unit=POWER_COMPANY,
            outcome=SOLVED,
        )
