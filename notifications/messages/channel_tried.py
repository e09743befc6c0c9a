"""Tells whoever reads a channel that the operator tries it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from notifications.message import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelTried(Message):
    """To a channel by hand, never by mail: `expedite hooks test NAME`. `day` is an ISO date."""

    name: ClassVar[str] = "channel_tried"

    day: str

    @classmethod
    def example(cls) -> ChannelTried:
        return cls(day="2026-07-16")
