"""Mails a person the address of their calendar of due dates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.mail_rules import Urgency
from notifications.message import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarLink(Message):
    """To whoever asked for it on a personal page. `day` is the ISO date of asking."""

    name: ClassVar[str] = "calendar_link"
    urgency: ClassVar[Urgency] = Urgency.PROMPT
    links: ClassVar[tuple[str, ...]] = ("calendar",)

    day: str

    @classmethod
    def example(cls) -> CalendarLink:
        return cls(day="2026-07-16")
