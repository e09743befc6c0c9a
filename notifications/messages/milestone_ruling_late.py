"""Delivers a numbered supervision notice about a ruling on a planned day that is not made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from notifications.message import Message, Moment, Words


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestoneRulingLate(Message):
    """Blue before the limit, yellow and red after it, `overdue` working days late. `passed_to` has to rule now. Days are ISO dates."""

    name: ClassVar[str] = "milestone_ruling_late"

    links: ClassVar[tuple[str, ...]] = ("act", "notice")

    number: str
    colour: Literal["blue", "yellow", "red"]
    notice: Words
    project_code: str
    project: Words
    node: Words
    from_day: str
    to_day: str
    asked_at: Moment
    due: Moment
    overdue: int
    decider: Words
    passed_to: Words | None
    recipient_role: Words
    is_copy: bool

    @classmethod
    def example(cls) -> MilestoneRulingLate:
        return cls(
            number="鸳督〔2026〕9号",
            colour="red",
            notice={"zh": "红色督办单", "en": "Red notice"},
            project_code="P02",
            project={"zh": "湖粲钠离子电池及系统项目一期", "en": "Hucan Sodium-ion Battery, Phase I"},
            node={"zh": "主体结构", "en": "Main structure"},
            from_day="2026-08-10",
            to_day="2026-09-10",
            asked_at="2026-07-16T01:30:00+00:00",
            due="2026-07-17T09:30:00+00:00",
            overdue=3,
            decider={"zh": "分管副区长", "en": "Deputy chief"},
            passed_to={"zh": "区长", "en": "District chief"},
            recipient_role={"zh": "分管副区长", "en": "Deputy chief"},
            is_copy=False,
        )
