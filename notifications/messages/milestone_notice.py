"""Delivers a numbered supervision notice about a node of a project's plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from notifications.message import Message, Words


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestoneNotice(Message):
    """Yellow or red, by calendar days of slip without heat-stop days: `slip` so far, `expected_slip` by the forecast where that is
    more. Days are ISO dates; a copy is for information.
    """

    name: ClassVar[str] = "milestone_notice"

    links: ClassVar[tuple[str, ...]] = ("act", "notice")

    number: str
    colour: Literal["yellow", "red"]
    notice: Words
    project_code: str
    project: Words
    node: Words
    original_plan: str
    plan: str
    slip: int
    excused: int
    forecast: str | None
    owner: Words
    recipient_role: Words
    is_copy: bool
    expected_slip: int | None = None

    @classmethod
    def example(cls) -> MilestoneNotice:
        return cls(
            number="鸳督〔2026〕8号",
            colour="red",
            notice={"zh": "红色督办单", "en": "Red notice"},
            project_code="P04",
            project={"zh": "智能装备产业园项目", "en": "Smart Equipment Park"},
            node={"zh": "施工许可", "en": "Construction permit"},
            original_plan="2026-06-19",
            plan="2026-06-19",
            slip=27,
            excused=0,
            forecast="2026-07-24",
            owner={"zh": "项目专员", "en": "Project commissioner"},
            recipient_role={"zh": "项目专员", "en": "Project commissioner"},
            is_copy=False,
            expected_slip=35,
        )
