"""Tells a group that many cases have news at once, in place of a message for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from notifications.message import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class SeveralNotices(Message):
    """To a group's robot, never by mail. `codes` are the first few of `count` cases, `day` an ISO date."""

    name: ClassVar[str] = "several_notices"

    day: str
    count: int
    codes: tuple[str, ...]

    @classmethod
    def example(cls) -> SeveralNotices:
        return cls(day="2026-07-16", count=47, codes=("DIF-2026-0042", "DIF-2026-0057", "DIF-2026-0061"))
