"""A name or text for people in the office's two languages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Label:
    """A name for people, in both languages of the office."""

    zh: str
    en: str

    def in_(self, locale: str) -> str:
        """The name in `locale` ("zh" or "en"; anything else reads English)."""
        return self.zh if locale == "zh" else self.en
