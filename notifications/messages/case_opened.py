"""Tells the reporter who handles the case, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.mail_rules import Urgency
from notifications.message import Message, Moment, Words
from notifications.messages.samples import CASE, DUE, POWER_COMPANY, TITLE, TOMORROW


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseOpened(Message):
    """To the enterprise, once the case is dispatched."""

    name: ClassVar[str] = "case_opened"
    urgency: ClassVar[Urgency] = Urgency.PROMPT
    links: ClassVar[tuple[str, ...]] = ("track",)

    case_code: str
    title: str
    lead_unit: Words
    first_contact_due: Moment | None
    due: Moment | None
    estimated: bool

    @classmethod
    def example(cls) -> CaseOpened:
        return cls(
            case_code=CASE,
            title=TITLE,
            lead_unit=POWER_COMPANY,
            first_contact_due=TOMORROW,
            due=DUE,
            estimated=False,
        )
