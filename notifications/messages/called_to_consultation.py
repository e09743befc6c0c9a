"""Calls a unit to a consultation, with an entry for its calendar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from notifications.message import Message, Moment, Words
from notifications.messages.samples import ANSWER_DUE, CASE, PLANNING, POWER_COMPANY, TITLE, TRANSPORT


@dataclass(frozen=True, slots=True, kw_only=True)
class CalledToConsultation(Message):
    """To the lead, the supporters and every participant. `number` counts the case's consultations and `moves` how often this one
    was moved, for the calendar.
    """

    name: ClassVar[str] = "called_to_consultation"
    single: ClassVar[bool] = True
    free_texts: ClassVar[tuple[str, ...]] = ("agenda",)

    case_code: str
    title: str
    at: Moment
    place: str | None
    participants: tuple[Words, ...]
    agenda: str | None
    number: int
    moves: int = 0

    @classmethod
    def example(cls) -> CalledToConsultation:
        return cls(
            case_code=CASE,
            title=TITLE,
            at=ANSWER_DUE,
            place="区行政中心3号楼302会议室",
            participants=(POWER_COMPANY, TRANSPORT, PLANNING),
            agenda="确定电缆廊道路由",
            number=1,
        )
