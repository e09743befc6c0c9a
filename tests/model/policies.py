"""Policies that the random office changes between: the demo policy, and a brisker one; as text and as plain numbers."""

from __future__ import annotations

from services.settings import Settings
from tests.model.plain_days import Limit
from tests.model.plain_rules import LIMITS, NOTICE_DAYS, days

BRISK: dict[str, tuple[str, str, str, Limit]] = {
    "close.complex": ("complex:", "close: 10 working days", "close: 8 working days", days(8)),
    "interim.complex": ("complex:", "interim: 3 working days", "interim: 2 working days", days(2)),
    "close.ordinary": ("ordinary:", "close: 5 working days", "close: 7 working days", days(7)),
    "answer": ("limits:", "answer: 3 working days", "answer: 2 working days", days(2)),
    "redo": ("limits:", "redo: 5 working days", "redo: 6 working days", days(6)),
    "follow_up": ("limits:", "follow_up: 2 working days", "follow_up: 1 working day", days(1)),
    "rung.3": ("code: department", "limit: 5 working days", "limit: 6 working days", days(6)),
}
"""What differs: under which key, the line as it is and as it becomes, and the limit for the model."""


def policies() -> dict[str, tuple[str, dict[str, Limit], dict[str, int]]]:
    """By name: the text for the product, limits and days of notices for the model."""
    text = Settings(_env_file=None).policy.read_text(encoding="utf-8")
    return {"demo": (text, LIMITS, NOTICE_DAYS), "brisk": _brisk(text)}


def _brisk(text: str) -> tuple[str, dict[str, Limit], dict[str, int]]:
    limits = dict(LIMITS)
    for name, (under, old, new, limit) in BRISK.items():
        text, limits[name] = _changed(text, under, old, new), limit
    text = _changed(text, "  red:\n", "days: 3\n", "days: 2\n")
    return text, limits, NOTICE_DAYS | {"red": 2}


def _changed(text: str, under: str, old: str, new: str) -> str:
    place = text.index(old, text.index(under, text.index("notices:") if under.startswith("  red") else 0))
    return text[:place] + new + text[place + len(old) :]
