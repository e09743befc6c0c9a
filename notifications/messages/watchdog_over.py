"""Tells the operator that problems which the watchdog had found are gone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.mail_rules import Urgency
from notifications.message import Line, Message
from notifications.messages.samples import NOW


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchdogOver(Message):
    """To the operator, once a problem that was told is gone. Each line is a problem with when it was first seen."""

    name: ClassVar[str] = "watchdog_over"
    urgency: ClassVar[Urgency] = Urgency.PROMPT
    link_optional: ClassVar[bool] = True

    day: str
    lines: tuple[Line, ...]

    @classmethod
    def example(cls) -> WatchdogOver:
        return cls(
            day="2026-07-16",
            lines=(
                {
                    "label": {"zh": "无人担任“分办员”", "en": "nobody holds the role “Dispatch clerk”"},
                    "kind": "moment",
                    "value": NOW,
                },
            ),
        )
