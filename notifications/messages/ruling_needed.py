"""Asks the desk's head to rule on a returned case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from notifications.message import Message, Moment, Words
from notifications.messages.samples import CASE, PLANNING, POWER_COMPANY, TITLE, TOMORROW


@dataclass(frozen=True, slots=True, kw_only=True)
class RulingNeeded(Message):
    """To the head of the desk; `suggested` is the unit that the returning one names."""

    name: ClassVar[str] = "ruling_needed"
    free_texts: ClassVar[tuple[str, ...]] = ("reason",)
    takes_detail: ClassVar[bool] = True

    case_code: str
    title: str
    returned_by: Words
    reason: str
    suggested: Words | None
    rule_by: Moment | None

    @classmethod
    def example(cls) -> RulingNeeded:
        return cls(
            case_code=CASE,
            title=TITLE,
            returned_by=POWER_COMPANY,
            reason="廊道选线属规划职责，不在供电范围。",
            suggested=PLANNING,
            rule_by=TOMORROW,
        )
