"""Tells the desk that a case which the rules dispatched may be the same as one that is already open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from notifications.message import Line, Message
from notifications.messages.samples import ALIKE, CASE, TITLE


@dataclass(frozen=True, slots=True, kw_only=True)
class LikelyDuplicate(Message):
    """To a clerk: `alike` are the codes of open cases, each with its title and the reasons, likeliest first."""

    name: ClassVar[str] = "likely_duplicate"

    case_code: str
    title: str
    alike: tuple[Line, ...]

    @classmethod
    def example(cls) -> LikelyDuplicate:
        return cls(case_code=CASE, title=TITLE, alike=ALIKE)
