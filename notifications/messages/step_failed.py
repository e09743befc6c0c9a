"""Reports that a clock's step could not be taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.mail_rules import Urgency
from notifications.message import Message, Moment, Words
from notifications.messages.samples import CASE


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFailed(Message):
    """To the operator, once a clock and step. `problem` is its kind alone: what it says stands in the log."""

    name: ClassVar[str] = "step_failed"
    urgency: ClassVar[Urgency] = Urgency.PROMPT
    link_optional: ClassVar[bool] = True

    case_code: str
    clock: Words
    step: str
    since: Moment
    problem: str
    step_name: Words | None = None

    @classmethod
    def example(cls) -> StepFailed:
        return cls(
            case_code=CASE,
            clock={"zh": "办结", "en": "Closing"},
            step="yellow",
            since="2026-07-31T00:30:00+00:00",
            problem="OutsideCalendarError",
            step_name={"zh": "黄色督办", "en": "yellow notice"},
        )
