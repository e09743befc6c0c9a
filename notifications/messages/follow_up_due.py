"""Asks a clerk to call the enterprise back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from notifications.message import Message, Moment
from notifications.messages.samples import CASE, LATER, TITLE


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpDue(Message):
    """To staff who did not handle the case."""

    name: ClassVar[str] = "follow_up_due"

    case_code: str
    title: str
    due: Moment | None

    @classmethod
    def example(cls) -> FollowUpDue:
        return cls(
            case_code=CASE,
            title=TITLE,
            due=LATER,
        )
