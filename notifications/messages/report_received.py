"""Tells a reporter that a report has arrived."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.mail_rules import Urgency
from notifications.message import Message
from notifications.messages.samples import RECEIPT


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportReceived(Message):
    """The report is stored and waits to be dispatched."""

    name: ClassVar[str] = "report_received"
    urgency: ClassVar[Urgency] = Urgency.PROMPT
    links: ClassVar[tuple[str, ...]] = ("track",)

    receipt: str

    @classmethod
    def example(cls) -> ReportReceived:
        return cls(
            receipt=RECEIPT,
        )
