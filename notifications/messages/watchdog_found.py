"""Tells the operator of problems that the watchdog found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.mail_rules import Urgency
from notifications.message import Line, Message


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchdogFound(Message):
    """To the operator, once a problem. Each line is a problem with what helps; no case is named."""

    name: ClassVar[str] = "watchdog_found"
    urgency: ClassVar[Urgency] = Urgency.PROMPT
    link_optional: ClassVar[bool] = True

    day: str
    lines: tuple[Line, ...]

    @classmethod
    def example(cls) -> WatchdogFound:
        return cls(
            day="2026-07-16",
            lines=(
                {
                    "label": {"zh": "无人担任“分办员”", "en": "nobody holds the role “Dispatch clerk”"},
                    "kind": "words",
                    "value": {
                        "zh": "请在人员名录中补充（edit-directory）",
                        "en": "name somebody in the directory (edit-directory)",
                    },
                },
            ),
        )
