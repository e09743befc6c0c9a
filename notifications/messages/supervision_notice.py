"""Delivers a numbered supervision notice."""

from __future__ import annotations

from dataclasses import dataclass, replace
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

    @classmethod
    def variants(cls) -> dict[str, SupervisionNotice]:
        yellow = cls.example()
        return {
            "blue": replace(
                yellow, number="鸳督〔2026〕6号", colour="blue", notice={"zh": "蓝色提示单", "en": "Blue reminder"}, overdue_working_days=0,
                answer_by=None, recipient_role={"zh": "主办单位联络员", "en": "Liaison of the lead unit"},
            ),
            "red": replace(
                yellow, number="鸳督〔2026〕9号", colour="red", notice={"zh": "红色督办单", "en": "Red notice"}, overdue_working_days=3,
                recipient_role={"zh": "主办单位主要负责人", "en": "Head of the lead unit"},
            ),
            "circular": replace(
                yellow, number="鸳督〔2026〕12号", colour="circular", notice={"zh": "通报", "en": "Circular"}, overdue_working_days=6,
                recipient_role={"zh": "主办单位主要负责人", "en": "Head of the lead unit"},
            ),
            "copy": replace(yellow, is_copy=True, answer_by=None, recipient_role={"zh": "推进办主任", "en": "Desk head"}),
        }  # fmt: skip
