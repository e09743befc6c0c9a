"""Tells the enterprise or the lead that a case is closed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from notifications.message import Message, Words
from notifications.messages.samples import CASE, SOLVED, TITLE


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseClosed(Message):
    """`for_enterprise` chooses whom it speaks to."""

    name: ClassVar[str] = "case_closed"
    links: ClassVar[tuple[str, ...]] = ("track", "act")

    case_code: str
    title: str
    outcome: Words
    rounds: int
    for_enterprise: bool

    @classmethod
    def example(cls) -> CaseClosed:
        return cls(
            case_code=CASE,
            title=TITLE,
            outcome=SOLVED,
            rounds=2,
            for_enterprise=True,
        )
