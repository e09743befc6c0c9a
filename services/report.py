"""A reported difficulty, read from what a form, a webhook or a clerk sent: each mistake names its field and remedy."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.refusals import FieldRefused, need, wrong
from domain.uscc import validate_uscc
from models.intake import Delivery

LONGEST_TITLE = 200
LONGEST_DETAIL = 4000
LONGEST_NAME = 120
_EMAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]{1,190}\.[^@\s,;<>\".]{2,63}")
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn"}


@dataclass(frozen=True, slots=True)
class Report:
    """A difficulty as reported. `flags` tell the desk what to look at; a report is kept however odd its project is."""

    enterprise: str
    title: str
    detail: str
    contact: str
    email: str | None
    phone: str | None
    uscc: str | None
    locale: str
    project: str | None
    category: str | None
    severity: int
    flags: tuple[str, ...] = field(default=())
    restricted: bool = False
    withheld: bool = False
    by: str | None = None
    """The account that registered it; with the two before it read from what the desk sent alone."""


def clean(value: object, name: str, longest: int, *, lines: bool = False) -> str:
    """Text without control and invisible characters; FieldRefused when it is longer than `longest` characters."""
    if value is None:
        return ""
    if not isinstance(value, (str, int, float)) or isinstance(value, bool):
        raise wrong(name, "takes text")
    keep = "\n\t" if lines else ""
    said = unicodedata.normalize("NFC", str(value).replace("\r\n", "\n").replace("\r", "\n"))
    # What Python calls printable has none of the invisible ones; most words are.
    if not said.isprintable():
        said = "".join(c if c in keep or unicodedata.category(c) not in _INVISIBLE else " " for c in said)
    said = said.strip()
    if not lines:
        said = " ".join(said.split())
    if len(said) > longest:
        raise wrong(
            name, f"has {len(said)} characters; at most {longest} are taken, put the rest into the detail or a file"
        )
    return said


def read_report(data: Mapping[str, Any], prefix: str = "") -> Report:
    """A report from `{"enterprise": {...}, "project", "category", "severity", "title", "detail"}`.

    Raises FieldRefused naming the field. An odd phone number or severity is kept as a flag, not refused.
    """
    firm = data.get("enterprise")
    if not isinstance(firm, Mapping):
        raise need(f"{prefix}enterprise", "send an object with name and email")
    flags: list[str] = []
    name = clean(firm.get("name"), f"{prefix}enterprise.name", LONGEST_NAME)
    title = clean(data.get("title"), f"{prefix}title", LONGEST_TITLE)
    if not name:
        raise need(f"{prefix}enterprise.name", "give the enterprise's name")
    if not title:
        raise need(f"{prefix}title", "say in one line what the difficulty is")
    email = clean(firm.get("email"), f"{prefix}enterprise.email", 254).lower() or None
    if email is not None and not _EMAIL.fullmatch(email):
        raise wrong(f"{prefix}enterprise.email", f"{email!r} is not a mail address such as name@example.com")
    uscc = clean(firm.get("uscc"), f"{prefix}enterprise.uscc", 40).upper().replace(" ", "") or None
    if uscc is not None and not validate_uscc(uscc):
        flags.append("uscc_invalid")
        uscc = None
    severity, odd = _severity(data.get("severity"))
    if odd:
        flags.append("severity_unclear")
    locale = clean(firm.get("locale"), f"{prefix}enterprise.locale", 16) or "zh"
    return Report(
        enterprise=name, title=title, detail=clean(data.get("detail"), f"{prefix}detail", LONGEST_DETAIL, lines=True),
        contact=clean(firm.get("contact"), f"{prefix}enterprise.contact", LONGEST_NAME) or name, email=email,
        phone=clean(firm.get("phone"), f"{prefix}enterprise.phone", 40) or None, uscc=uscc,
        locale="zh" if locale.lower().startswith("zh") else "en", project=clean(data.get("project"), f"{prefix}project", 120) or None,
        category=clean(data.get("category"), f"{prefix}category", 64) or None, severity=severity, flags=tuple(flags),
    )  # fmt: skip


def _severity(value: object) -> tuple[int, bool]:
    if value in (None, ""):
        return 1, False
    said = str(value).strip()
    return (int(said), False) if said in {"1", "2", "3"} else (1, True)


def parse_body(body: bytes) -> dict[str, Any]:
    """The JSON object of a body. Raises FieldRefused for bytes that are not UTF-8 or not a JSON object."""
    try:
        said = json.loads(body.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise wrong("body", f"is not UTF-8 (byte {error.start})") from None
    except (ValueError, RecursionError):
        raise wrong("body", "is not JSON") from None
    if not isinstance(said, dict):
        raise wrong("body", "is not a JSON object")
    return said


def said_of(row: Delivery) -> dict[str, Any]:
    """What a delivery says in our own form: as it was mapped, or as it came. Raises FieldRefused."""
    said = row.extra.get("said")
    return said if isinstance(said, dict) else parse_body(row.body)


__all__ = ["FieldRefused", "Report", "clean", "parse_body", "read_report", "said_of"]
