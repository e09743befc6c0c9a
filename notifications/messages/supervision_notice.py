"""Delivers a numbered supervision notice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from notifications.message import Message, Moment, Words
from notifications.messages.samples import CASE, DUE, LATER, POWER_COMPANY, TITLE


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisionNotice(Message):
    """Blue before the due day, yellow and red after it, or a circular; a copy is for information."""

    name: ClassVar[str] = "supervision_notice"

    links: ClassVar[tuple[str, ...]] = ("act", "notice")

    number: str
    colour: Literal["blue", "yellow", "red", "circular"]
    notice: Words
    case_code: str
    title: str
    clock: Words
    due: Moment
    overdue_working_days: int
    owner: Words
    answer_by: Moment | None
    recipient_role: Words
    is_copy: bool

    @classmethod
    def example(cls) -> SupervisionNotice:
        return cls(
            number="鸳督〔2026〕7号",
            colour="yellow",
            notice={"zh": "黄色督办单", "en": "Yellow notice"},
            case_code=CASE,
            title=TITLE,
            clock={"zh": "办结", "en": "closing"},
            due=DUE,
            overdue_working_days=1,
            owner=POWER_COMPANY,
            answer_by=LATER,
            recipient_role={"zh": "部门分管负责人", "en": "Department deputy head"},
            is_copy=False,
        )
