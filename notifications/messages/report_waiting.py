"""Tells the desk that a public report waits unconfirmed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from notifications.message import Message, Moment
from notifications.messages.samples import NOW, RECEIPT, TOMORROW


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportWaiting(Message):
    """To a clerk, who may accept the report in the reporter's stead."""

    name: ClassVar[str] = "report_waiting"
    link_optional: ClassVar[bool] = True

    receipt: str
    since: Moment
    due: Moment

    @classmethod
    def example(cls) -> ReportWaiting:
        return cls(
            receipt=RECEIPT,
            since=NOW,
            due=TOMORROW,
        )
