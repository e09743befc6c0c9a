"""Asks whoever's address stands on a public report to confirm it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.mail_rules import Urgency
from notifications.message import Message
from notifications.messages.samples import RECEIPT


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmReport(Message):
    """To an address that nobody has verified: fixed text alone, nothing that a stranger could have written."""

    name: ClassVar[str] = "confirm_report"
    urgency: ClassVar[Urgency] = Urgency.PROMPT
    links: ClassVar[tuple[str, ...]] = ("confirm",)

    receipt: str

    @classmethod
    def example(cls) -> ConfirmReport:
        return cls(
            receipt=RECEIPT,
        )
