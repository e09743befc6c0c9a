"""Tells a substitute, and the one who is away, who stands in for whom and from when until when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from notifications.message import Message, Words


@dataclass(frozen=True, slots=True, kw_only=True)
class SubstitutionTold(Message):
    """To both. The days are ISO dates, both inclusive; `ended` says that it does not, or no longer, hold."""

    name: ClassVar[str] = "substitution_told"
    link_optional: ClassVar[bool] = True

    absent: Words
    substitute: Words
    day: str
    last_day: str
    to_substitute: bool
    ended: bool

    @classmethod
    def example(cls) -> SubstitutionTold:
        return cls(
            absent={"zh": "供电公司联络员", "en": "Liaison, Power company"},
            substitute={"zh": "供电公司分管负责人", "en": "Head, Power company"},
            day="2026-07-20",
            last_day="2026-07-31",
            to_substitute=True,
            ended=False,
        )
