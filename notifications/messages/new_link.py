"""Sends the new link that somebody asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.mail_rules import Urgency
from notifications.message import Message
from notifications.messages.samples import CASE, TITLE


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLink(Message):
    """To the person whose link it is."""

    name: ClassVar[str] = "new_link"
    urgency: ClassVar[Urgency] = Urgency.PROMPT
    links: ClassVar[tuple[str, ...]] = ("act", "track")

    case_code: str
    title: str

    @classmethod
    def example(cls) -> NewLink:
        return cls(
            case_code=CASE,
            title=TITLE,
        )
