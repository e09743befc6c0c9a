"""Hands the supervisor the day's digest of all histories, to be kept apart from the database that it proves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.mail_rules import Urgency
from notifications.message import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadDigest(Message):
    """To the supervisor. `day` is an ISO date, the digests are SHA-256 in hex; `previous` is None for the first."""

    name: ClassVar[str] = "head_digest"
    urgency: ClassVar[Urgency] = Urgency.PROMPT
    link_optional: ClassVar[bool] = True

    day: str
    cases: int
    moved: int
    digest: str
    previous: str | None

    @classmethod
    def example(cls) -> HeadDigest:
        return cls(
            day="2026-07-16",
            cases=51,
            moved=4,
            digest="9f2c4e0b7a6d1835c0e4f7a2b8d96135f0c7e3a1d5b24986ce07f1a3b5d82c64",
            previous="1b7d93e5a04c62f8d9b3071ea6c548f2307dbe91c4a65f08e2d37b19fa06c5d8",
        )
