"""Drop-downs of the Prefect UI: a value is shown as "D08 · 供电公司 / Power company" and read back as "D08"."""

from __future__ import annotations

from collections.abc import Iterable

NOTHING = "—"
"""What an optional drop-down shows until something is chosen."""
BETWEEN = " · "


def shown(code: str, label: str = "") -> str:
    """The entry of a drop-down."""
    return f"{code}{BETWEEN}{label}" if label else code


def chosen(entry: str) -> str:
    """The code of an entry; "" when nothing was chosen. A bare code is its own entry."""
    code = entry.split(BETWEEN, 1)[0].strip()
    return "" if code == NOTHING else code


def chosen_each(entries: Iterable[str]) -> list[str]:
    """The codes of several entries, without the empty ones."""
    return [code for entry in entries if (code := chosen(entry))]
