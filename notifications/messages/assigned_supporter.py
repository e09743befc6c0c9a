"""Asks a supporting unit for its answer to the lead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from notifications.message import Message, Moment, Words
from notifications.messages.samples import ANSWER_DUE, CASE, ENTERPRISE, POWER_COMPANY, TITLE


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignedSupporter(Message):
    """To a supporter, at dispatch or when it is added."""

    name: ClassVar[str] = "assigned_supporter"
    free_texts: ClassVar[tuple[str, ...]] = ("enterprise",)
    takes_detail: ClassVar[bool] = True

    case_code: str
    title: str
    enterprise: str
    lead_unit: Words
    answer_due: Moment
    estimated: bool

    @classmethod
    def example(cls) -> AssignedSupporter:
        return cls(
            case_code=CASE,
            title=TITLE,
            enterprise=ENTERPRISE,
            lead_unit=POWER_COMPANY,
            answer_due=ANSWER_DUE,
            estimated=False,
        )
