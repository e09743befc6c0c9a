"""Tells the operator of messages that were finally refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.mail_rules import Urgency
from notifications.message import Line, Message
from notifications.messages.samples import CASE


@dataclass(frozen=True, slots=True, kw_only=True)
class MailRefused(Message):
    """To the operator, at most once an hour. Each line is a message and its recipient, with the server's words; `count` of all."""

    name: ClassVar[str] = "mail_refused"
    urgency: ClassVar[Urgency] = Urgency.PROMPT
    link_optional: ClassVar[bool] = True

    day: str
    count: int
    lines: tuple[Line, ...]

    @classmethod
    def example(cls) -> MailRefused:
        return cls(
            day="2026-07-16",
            count=3,
            lines=(
                {
                    "label": {"zh": f"{CASE} 主办交办通知", "en": f"{CASE} Assignment to the lead unit"},
                    "kind": "text",
                    "value": "gongdian-lly@example.org: 550 no such user",
                },
            ),
        )
