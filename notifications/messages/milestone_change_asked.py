"""Asks a person for a ruling on a planned day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from notifications.message import Message, Words


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestoneChangeAsked(Message):
    """To whoever rules on a change of a project's plan. Days are ISO dates."""

    name: ClassVar[str] = "milestone_change_asked"
    free_texts: ClassVar[tuple[str, ...]] = ("reason", "document")

    project_code: str
    project: Words
    node: Words
    original_plan: str
    from_day: str
    to_day: str
    reason: str
    document: str | None
    responsible: Words
    stands_for: Words | None
    passed_from: Words | None = None
    """Who did not rule on it in time, where it was passed up."""

    @classmethod
    def example(cls) -> MilestoneChangeAsked:
        return cls(
            project_code="P02",
            project={"zh": "湖粲钠离子电池及系统项目一期", "en": "Hucan Sodium-ion Battery, Phase I"},
            node={"zh": "主体结构", "en": "Main structure"},
            original_plan="2026-08-10",
            from_day="2026-08-10",
            to_day="2026-09-10",
            reason="桩基检测补测，钢结构到场推迟。",
            document="鸳推办函〔2026〕12号",
            responsible={"zh": "项目专员", "en": "Project commissioner"},
            stands_for=None,
        )
