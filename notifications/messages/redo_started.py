"""Tells those who handle a case that it is to be done again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from notifications.message import Message, Moment, Words
from notifications.messages.samples import CASE, LATER, TASK_FORCE, TITLE


@dataclass(frozen=True, slots=True, kw_only=True)
class RedoStarted(Message):
    """To the lead and its head, after a dispute."""

    name: ClassVar[str] = "redo_started"

    case_code: str
    title: str
    round: int
    rung: Words
    due: Moment | None
    estimated: bool
    why: Words | None

    @classmethod
    def example(cls) -> RedoStarted:
        return cls(
            case_code=CASE,
            title=TITLE,
            round=2,
            rung=TASK_FORCE,
            due=LATER,
            estimated=False,
            why={"zh": "企业评价“不满意”", "en": "the enterprise rated the result unsatisfied"},
        )
