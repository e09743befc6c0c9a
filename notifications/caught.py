"""The mails that the catcher keeps: their file, and each of them as people and machines read it."""

from __future__ import annotations

import json
import re
import sqlite3
from dataclasses import dataclass
from datetime import UTC
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import TypedDict

_SCHEMA = """
CREATE TABLE IF NOT EXISTS mail (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    sender TEXT NOT NULL,
    recipients TEXT NOT NULL,
    raw BLOB NOT NULL
)
"""
_SELECT = "SELECT id, at, sender, recipients, raw FROM mail"
# An address in prose ends before a blank, a bracket, a quotation mark or Chinese punctuation.
_ADDRESS = re.compile(r"""https?://[^\s<>"'()\[\]{}、。，；：！？“”‘’（）《》【】]+""")


@dataclass(frozen=True, slots=True)
class Caught:
    """One mail as it came: `at` is ISO 8601, sender and recipients are those of the SMTP envelope."""

    id: int
    at: str
    sender: str
    recipients: tuple[str, ...]
    raw: bytes


class MailJson(TypedDict("Names", {"from": str})):
    """A caught mail for machines (`GET /mail.json`); `date` is ISO 8601 in UTC, headers are None where missing."""

    id: int
    to: str
    subject: str
    date: str | None
    message_id: str | None
    references: str | None
    in_reply_to: str | None
    auto_submitted: str | None
    text: str
    html: str
    links: list[str]


def open_store(path: Path) -> sqlite3.Connection:
    """The catcher's file, created when missing; every commit waits for the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    store = sqlite3.connect(path, timeout=10, check_same_thread=False)
    store.execute("PRAGMA journal_mode=WAL")
    store.execute("PRAGMA synchronous=FULL")
    store.execute(_SCHEMA)
    store.commit()
    return store


def caught(path: Path, limit: int = 100, offset: int = 0) -> tuple[Caught, ...]:
    """The mails of that file, newest first; none if there is no file yet."""
    return _read(
        path, "SELECT id, at, sender, recipients, raw FROM mail ORDER BY id DESC LIMIT ? OFFSET ?", (limit, offset)
    )


def one_caught(path: Path, mail_id: int) -> Caught | None:
    """The mail with that id."""
    found = _read(path, f"{_SELECT} WHERE id = ?", (mail_id,))
    return found[0] if found else None


def count_caught(path: Path) -> int:
    """How many mails that file holds."""
    if not path.exists():
        return 0
    store = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=10)
    try:
        return int(store.execute("SELECT count(*) FROM mail").fetchone()[0])
    finally:
        store.close()


def parsed(row: Caught) -> EmailMessage:
    """The mail as the standard library reads it."""
    return message_from_bytes(row.raw, policy=default)


def to_json(row: Caught) -> MailJson:
    """The mail for machines: `to` are the envelope's recipients, `links` its http addresses in order, each once."""
    mail = parsed(row)
    text = _body(mail, "plain")
    html = _body(mail, "html")
    return {
        "id": row.id,
        "from": str(mail.get("From", row.sender)),
        "to": ", ".join(row.recipients),
        "subject": str(mail.get("Subject", "")),
        "date": _date(mail),
        "message_id": _header(mail, "Message-ID"),
        "references": _header(mail, "References"),
        "in_reply_to": _header(mail, "In-Reply-To"),
        "auto_submitted": _header(mail, "Auto-Submitted"),
        "text": text,
        "html": html,
        "links": list(dict.fromkeys(_links(text, html))),
    }


def _read(path: Path, query: str, parameters: tuple[int, ...]) -> tuple[Caught, ...]:
    if not path.exists():
        return ()
    store = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=10)
    try:
        rows = store.execute(query, parameters).fetchall()
    finally:
        store.close()
    return tuple(Caught(id_, at, sender, tuple(json.loads(to)), raw) for id_, at, sender, to, raw in rows)


def _header(mail: EmailMessage, name: str) -> str | None:
    value = mail.get(name)
    return None if value is None else " ".join(str(value).split())


def _date(mail: EmailMessage) -> str | None:
    value = _header(mail, "Date")
    if value is None:
        return None
    try:
        return parsedate_to_datetime(value).astimezone(UTC).isoformat()
    except ValueError:
        return value


def _body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    if part is None:
        return ""
    try:
        return str(part.get_content()).replace("\r\n", "\n")
    except (LookupError, ValueError):
        payload = part.get_payload(decode=True)
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def _links(text: str, html: str) -> list[str]:
    found = [address.rstrip(".,;:!?") for address in _ADDRESS.findall(text)]
    collector = _Hrefs()
    collector.feed(html)
    return found + collector.addresses


class _Hrefs(HTMLParser):
    """Collects the http addresses of links."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [value for name, value in attrs if name == "href" and value and value.startswith("http")]
