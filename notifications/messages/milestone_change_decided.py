"""Tells the ruling on a planned day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from notifications.message import Message, Words


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestoneChangeDecided(Message):
    """To who answers for the node and to the head of the desk. Days are ISO dates; `day` is the one that counts now."""

    name: ClassVar[str] = "milestone_change_decided"
    free_texts: ClassVar[tuple[str, ...]] = ("remark",)

    project_code: str
    project: Words
    node: Words
    decision: Literal["approved", "refused"]
    original_plan: str
    asked_day: str
    day: str
    decided_by: Words
    remark: str | None

    @classmethod
    def example(cls) -> MilestoneChangeDecided:
        return cls(
            project_code="P02",
            project={"zh": "湖粲钠离子电池及系统项目一期", "en": "Hucan Sodium-ion Battery, Phase I"},
            node={"zh": "主体结构", "en": "Main structure"},
            decision="approved",
            original_plan="2026-08-10",
            asked_day="2026-09-10",
            day="2026-09-10",
            decided_by={"zh": "分管副区长", "en": "Deputy chief"},
            remark="须在9月10日前完成。",
        )
