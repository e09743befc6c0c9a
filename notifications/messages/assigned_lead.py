"""Assigns a case to the unit that leads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from notifications.message import Message, Moment, Words
from notifications.messages.samples import (
    CASE,
    DEPARTMENT,
    DUE,
    ENTERPRISE,
    PLANNING,
    POWER,
    PROJECT,
    TITLE,
    TODAY,
    TOMORROW,
    TRANSPORT,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignedLead(Message):
    """To the lead unit, at dispatch, ruling, reassignment and redo."""

    name: ClassVar[str] = "assigned_lead"
    free_texts: ClassVar[tuple[str, ...]] = (
        "enterprise",
        "project",
    )
    takes_detail: ClassVar[bool] = True

    case_code: str
    title: str
    enterprise: str
    project: str | None
    category: Words
    case_class: Words
    severity: Words
    sign_for_due: Moment | None
    first_contact_due: Moment | None
    due: Moment | None
    estimated: bool
    supporters: tuple[Words, ...]
    round: int
    rung: Words

    @classmethod
    def example(cls) -> AssignedLead:
        return cls(
            case_code=CASE,
            title=TITLE,
            enterprise=ENTERPRISE,
            project=PROJECT,
            category=POWER,
            case_class={"zh": "复杂件", "en": "Complex"},
            severity={"zh": "较急", "en": "Urgent"},
            sign_for_due=TODAY,
            first_contact_due=TOMORROW,
            due=DUE,
            estimated=False,
            supporters=(TRANSPORT, PLANNING),
            round=1,
            rung=DEPARTMENT,
        )
