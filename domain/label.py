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


def named(zh: str, en: str | None) -> Label:
    """A name that has an English form only where somebody gave it one, e.g. an enterprise's."""
    return Label(zh, en or zh)
