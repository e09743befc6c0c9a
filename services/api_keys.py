"""Which programs may use the API: names, roles and hashes of their keys, from a setting.

A key is 256 random bits: it cannot be guessed, so a plain SHA-256 of it is enough, and comparing it costs a request nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path

NOBODY = "-"
PREFIX = "exp_"
"""What every key begins with, so that a search for leaked secrets finds one."""
LONGEST = 200

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,24}")
_UNIT = re.compile(r"[A-Za-z0-9_-]{1,32}")
_HASH = re.compile(r"[0-9a-f]{64}")


class ApiRole(StrEnum):
    """What a key is for: reading, reading and acting as the desk, or handing in reports."""

    READER = "reader"
    DESK = "desk"
    INTAKE = "intake"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A program that may use the API. A reader may be narrowed to the cases of one `unit`; `until` is its last day."""

    name: str
    role: ApiRole
    unit: str | None
    until: date | None
    hash: str

    @property
    def reads(self) -> bool:
        """Whether it may look at cases."""
        return self.role is not ApiRole.INTAKE

    @property
    def desk(self) -> bool:
        """Whether it may take the desk's steps."""
        return self.role is ApiRole.DESK


class BadApiKey(ValueError):
    """An entry of EXPEDITE_API_KEYS that cannot be right; the message names it, without its hash."""

    def __init__(self, number: int, shown: str, problem: str) -> None:
        self.shown, self.problem = shown, problem
        super().__init__(
            f"EXPEDITE_API_KEYS: entry {number} ({shown}) {problem}. An entry is name:role:unit:until:hash with the role reader, "
            "desk or intake, - where there is no unit or no last day; `expedite api-key NAME --role ROLE` prints one."
        )


def read_api_keys(said: str) -> tuple[ApiKey, ...]:
    """The keys of the setting's text: entries between spaces or line breaks, or the path of a file of them, # for remarks.

    One name may have several keys while it is rotated, all of one role and unit. Raises BadApiKey, or OSError for a file that
    cannot be read.
    """
    text = said.strip()
    if text and ":" not in text.split()[0]:
        lines = Path(text).read_text(encoding="utf-8").splitlines()
        text = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
    keys: list[ApiKey] = []
    for number, entry in enumerate(text.split(), 1):
        key = _read(number, entry)
        if any(k.name == key.name and (k.role, k.unit) != (key.role, key.unit) for k in keys):
            raise BadApiKey(number, key.name, "repeats a name with another role or unit")
        keys.append(key)
    return tuple(keys)


def _read(number: int, entry: str) -> ApiKey:
    parts = entry.split(":")
    if len(parts) != 5:
        # What stands there may be a key in the wrong place.
        raise BadApiKey(number, parts[0] if len(parts) > 1 else "without a name", "has not five parts")
    name, role, unit, until, key_hash = parts
    shown = f"{name}:{role}:{unit}:{until}"
    if not _NAME.fullmatch(name):
        raise BadApiKey(
            number, shown, "has a name that is empty, too long or has other characters than letters, digits, . _ -"
        )
    if role not in set(ApiRole):
        raise BadApiKey(number, shown, f"has the role {role!r}")
    if not _UNIT.fullmatch(unit):
        raise BadApiKey(number, shown, f"has the unit {unit!r}")
    if unit != NOBODY and role != ApiRole.READER:
        raise BadApiKey(number, shown, "has a unit: only a reader is narrowed to one")
    if not _HASH.fullmatch(key_hash):
        raise BadApiKey(number, shown, "has a hash that is no SHA-256")
    return ApiKey(name, ApiRole(role), None if unit == NOBODY else unit, _day(number, shown, until), key_hash)


def _day(number: int, shown: str, said: str) -> date | None:
    if said == NOBODY:
        return None
    try:
        return date.fromisoformat(said)
    except ValueError:
        raise BadApiKey(number, shown, f"has the last day {said!r}, which is no YYYY-MM-DD") from None


def entry_of(key: ApiKey) -> str:
    """A key as the setting writes it."""
    until = key.until.isoformat() if key.until else NOBODY
    return f"{key.name}:{key.role.value}:{key.unit or NOBODY}:{until}:{key.hash}"


def new_key(name: str, role: str, unit: str = NOBODY, until: str = NOBODY) -> tuple[str, ApiKey]:
    """A new key, to be told once, and its entry. Raises BadApiKey."""
    told = PREFIX + secrets.token_urlsafe(32)
    return told, _read(1, f"{name}:{role}:{unit}:{until}:{hash_of(told)}")


def hash_of(told: str) -> str:
    """What is kept of a key."""
    return hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()


def find_key(keys: Sequence[ApiKey], told: str, today: date) -> ApiKey | None:
    """Whose key this is; None for nobody's and for one whose last day is over."""
    given = hash_of(told[:LONGEST])
    # Every entry is compared in full, so that the time taken says nothing about which came close.
    fits = [key for key in keys if hmac.compare_digest(key.hash, given)]
    return next((key for key in fits if key.until is None or today <= key.until), None)
