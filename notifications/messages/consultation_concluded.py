"""Sends a unit the minutes of a consultation, with the duties that it was given."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, TypedDict

from notifications.message import Message, Moment
from notifications.messages.samples import CASE, LATER, TITLE


class Duty(TypedDict):
    """What the unit has to do, and by when."""

    what: str
    due: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsultationConcluded(Message):
    """To everybody who was called, the lead, and whoever got a duty. `duties` are the reader's own.

    `planned` is the moment for which it was called, where it was held before.
    """

    name: ClassVar[str] = "consultation_concluded"
    single: ClassVar[bool] = True
    free_texts: ClassVar[tuple[str, ...]] = (
        "minutes",
        "duties",
    )

    case_code: str
    title: str
    agreed: bool
    minutes: str
    duties: tuple[Duty, ...]
    planned: Moment | None = None

    @classmethod
    def example(cls) -> ConsultationConcluded:
        return cls(
            case_code=CASE,
            title=TITLE,
            agreed=True,
            minutes="电缆沿规划道路东侧敷设，由交通分局出具路由意见。",
            duties=({"what": "出具廊道路由意见", "due": LATER},),
        )

    @classmethod
    def variants(cls) -> dict[str, ConsultationConcluded]:
        return {"early": replace(cls.example(), planned=LATER)}
