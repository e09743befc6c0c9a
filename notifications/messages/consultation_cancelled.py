"""Tells who was called to a consultation that it is not held, and takes it out of their calendars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from notifications.message import Message, Moment
from notifications.messages.samples import ANSWER_DUE, CASE, TITLE


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsultationCancelled(Message):
    """To all who were called. `at`, `place`, `number` and `moves` are those of the last invitation."""

    name: ClassVar[str] = "consultation_cancelled"
    single: ClassVar[bool] = True

    case_code: str
    title: str
    at: Moment
    place: str | None
    number: int
    moves: int = 0

    @classmethod
    def example(cls) -> ConsultationCancelled:
        return cls(case_code=CASE, title=TITLE, at=ANSWER_DUE, place="区行政中心3号楼302会议室", number=1)
