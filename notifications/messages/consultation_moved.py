"""Tells who was called to a consultation that it is moved, and moves it in their calendars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from notifications.message import Message, Moment, Words
from notifications.messages.samples import ANSWER_DUE, CASE, LATER, PLANNING, POWER_COMPANY, TITLE, TRANSPORT


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsultationMoved(Message):
    """To all who were called. `was` and `was_at` are the moment and the place before; `moves` how often it was moved by now."""

    name: ClassVar[str] = "consultation_moved"
    single: ClassVar[bool] = True
    free_texts: ClassVar[tuple[str, ...]] = ("reason",)

    case_code: str
    title: str
    at: Moment
    place: str | None
    was: Moment
    was_at: str | None
    participants: tuple[Words, ...]
    reason: str | None
    number: int
    moves: int

    @classmethod
    def example(cls) -> ConsultationMoved:
        return cls(
            case_code=CASE,
            title=TITLE,
            at=LATER,
            place="区行政中心3号楼302会议室",
            was=ANSWER_DUE,
            was_at="区行政中心1号楼201会议室",
            participants=(POWER_COMPANY, TRANSPORT, PLANNING),
            reason="设计单位的路由图纸周三方可提交",
            number=1,
            moves=1,
        )
