"""Hands somebody a part in a case that was another's: a unit's successor, the next holder of a role, a substitute."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from notifications.message import Message, Moment, Words
from notifications.messages.samples import CASE, DUE, POWER_COMPANY, TITLE, TRANSPORT


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkPassedOn(Message):
    """To the new holder. `before` had it until now, `stands_for` is whom a substitute stands in for."""

    name: ClassVar[str] = "work_passed_on"
    takes_detail: ClassVar[bool] = True

    case_code: str
    title: str
    part: Words
    unit: Words | None
    before: Words | None
    stands_for: Words | None
    why: Words
    due: Moment | None
    estimated: bool

    @classmethod
    def example(cls) -> WorkPassedOn:
        return cls(
            case_code=CASE,
            title=TITLE,
            part={"zh": "牵头单位", "en": "Lead unit"},
            unit=POWER_COMPANY,
            before=TRANSPORT,
            stands_for={"zh": "供电公司联络员", "en": "Liaison, Power company"},
            why={"zh": "原承办单位已合并或撤销", "en": "The former unit was merged or closed"},
            due=DUE,
            estimated=False,
        )
