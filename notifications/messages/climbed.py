"""Tells the old and the new holder that a case went up the ladder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from notifications.message import Message, Words
from notifications.messages.samples import (
    CASE,
    DEPARTMENT,
    DESK_HEAD,
    PLANNING,
    POWER_COMPANY,
    TASK_FORCE,
    TITLE,
    TRANSPORT,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Climbed(Message):
    """`you_hold`: whether the reader is the one who must act now.

    `participants` are the units of the joint meeting that the reader is to call, empty where the level asks for none.
    """

    name: ClassVar[str] = "climbed"

    case_code: str
    title: str
    from_rung: Words
    to_rung: Words
    cause: Words
    holder: Words
    you_hold: bool
    participants: tuple[Words, ...] = ()

    @classmethod
    def example(cls) -> Climbed:
        return cls(
            case_code=CASE,
            title=TITLE,
            from_rung=DEPARTMENT,
            to_rung=TASK_FORCE,
            cause={"zh": "超期3个工作日", "en": "three working days overdue"},
            holder=DESK_HEAD,
            you_hold=True,
            participants=(POWER_COMPANY, TRANSPORT, PLANNING),
        )
