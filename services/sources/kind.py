"""What every form service has in common: a delivery as it came in, what is read of it, and the checks of signatures."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from domain.label import Label
from domain.refusals import FieldRefused, wrong
from domain.sources import SourceRule
from models.intake import Trust
from services.report import parse_body

DEEPEST = 12
"""Levels of lists and mappings that one answer may have."""


class SignatureRefused(Exception):
    """A delivery whose signature is wrong, missing or too old: answered 401 and stored nowhere but in a counter."""


class NoSubmission(Exception):
    """A delivery that tells of something else, e.g. of a form that is half filled in: kept, and no report."""


@dataclass(frozen=True, slots=True)
class Inbound:
    """A delivery as it arrived: header names in small letters, `path_key` what stands behind the source's name in the address."""

    headers: Mapping[str, str]
    body: bytes
    path_key: str
    now: datetime

    def header(self, name: str) -> str:
        """A header's value; "" when it was not sent."""
        return self.headers.get(name.lower(), "")


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered to a question: its key (stable), its label (as people read it) and the answer as text."""

    key: str
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Submission:
    """A form that somebody filled in. `entry` stays the same when it is edited, `edited_at` is when it was, aware or None."""

    entry: str
    answers: Sequence[Answer]
    edited_at: datetime | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kind:
    """A form service; what it sends is SIGNED, or PUBLIC when nothing vouches for the answers. `verify` raises SignatureRefused;
    `delivery_id` is "" when a delivery has none; `read` raises FieldRefused or NoSubmission. `challenge` is what the service wants
    back when it tries the address.
    """

    name: str
    label: Label
    trust: Trust
    verify: Callable[[Inbound, Sequence[str], SourceRule], None]
    delivery_id: Callable[[Inbound, SourceRule], str]
    read: Callable[[dict[str, Any], SourceRule], Submission]
    challenge: Callable[[Inbound], dict[str, Any] | None] = lambda _inbound: None


# -- signatures ------------------------------------------------------------------------------------------------------------


def digest(secret: bytes, signed: bytes, algorithm: str = "sha256") -> bytes:
    """The HMAC of `signed`."""
    return hmac.new(secret, signed, getattr(hashlib, algorithm)).digest()


def encoded(raw: bytes, encoding: Literal["hex", "base64"]) -> str:
    """A digest as it stands in a header."""
    return raw.hex() if encoding == "hex" else base64.b64encode(raw).decode()


def require_match(given: Sequence[str], expected: Sequence[str], remedy: str) -> None:
    """Refuse unless one of those given is one of those expected. Every pair is compared in full, so that the time taken says
    nothing about which came close.
    """
    pairs = [hmac.compare_digest(a.encode("utf-8", "replace"), b.encode()) for a in given for b in expected]
    if not any(pairs):
        raise SignatureRefused(f"no signature matches; {remedy}")


def require_header(inbound: Inbound, name: str) -> str:
    """A header's value; SignatureRefused without it."""
    value = inbound.header(name).strip()
    if not value:
        raise SignatureRefused(f"the header {name} is needed")
    return value


def require_recent(stamp: str, now: datetime, tolerance: float, header: str) -> None:
    """Refuse a moment in seconds (or milliseconds) that is further than `tolerance` seconds from now."""
    if not stamp.isascii() or not stamp.isdecimal() or len(stamp) > 13:
        raise SignatureRefused(f"{header} is not a number of seconds")
    seconds = int(stamp) / (1000 if len(stamp) == 13 else 1)
    if abs(now.timestamp() - seconds) > tolerance:
        raise SignatureRefused(
            f"{header} is more than {tolerance / 60:g} minutes away from now; check the sender's clock"
        )


def signed_body(
    header: str, encoding: Literal["hex", "base64"], service: str, prefix: str = ""
) -> Callable[[Inbound, Sequence[str], SourceRule], None]:
    """The check of a service that signs the body as it is: HMAC-SHA256 in a header, after a prefix, by one of the secrets."""

    def verify(inbound: Inbound, keys: Sequence[str], _rule: SourceRule) -> None:
        given = require_header(inbound, header)
        expected = [prefix + encoded(digest(key.encode(), inbound.body), encoding) for key in keys]
        require_match([given], expected, f"check the webhook's secret at {service}")

    return verify


def require_path_key(inbound: Inbound, keys: Sequence[str], _rule: SourceRule | None = None) -> None:
    """For services that do not sign: the address itself holds a secret."""
    require_match(
        [inbound.path_key], keys, "put a secret of the source at the end of the address: /webhooks/<source>/<secret>"
    )


# -- reading ---------------------------------------------------------------------------------------------------------------


def part(value: object, path: str) -> Any:
    """What stands at `a.b.0.c` in nested mappings and lists; None where nothing does."""
    for name in path.removeprefix("$.").split("."):
        if isinstance(value, Mapping):
            value = value.get(name)
        elif (
            isinstance(value, list) and name.isascii() and name.isdecimal() and len(name) < 6 and int(name) < len(value)
        ):
            value = value[int(name)]
        else:
            return None
    return value


def required(payload: Mapping[str, Any], path: str, kind: type, what: str) -> Any:
    """The same, of that kind; FieldRefused where it is missing or another."""
    value = part(payload, path)
    if not isinstance(value, kind):
        raise wrong(path, f"is not {what}")
    return value


def identity(payload: Mapping[str, Any], path: str) -> str:
    """A text or number that names something; "" where there is none."""
    value = part(payload, path)
    return storable(str(value)[:120]) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""


def storable(said: str) -> str:
    """Text that a database and a terminal take: JSON can hold halves of characters and zero bytes, which neither does."""
    return "".join("\ufffd" if c == "\0" or "\ud800" <= c <= "\udfff" else c for c in said)


def as_text(value: object, deep: int = 0) -> str:
    """An answer as text: several ones joined, a mapping by what it calls its label, nothing as "". Nobody's answer is nested
    deeper than DEEPEST: what is there is left out.
    """
    match value:
        case None | "":
            return ""
        case _ if deep > DEEPEST:
            return ""
        case bool():
            return "是" if value else "否"
        case str():
            return storable(value)
        case int() | float():
            return str(value)
        case list():
            return "、".join(said for one in value if (said := as_text(one, deep + 1)))
        case dict():
            for name in ("label", "text", "name", "statement", "value", "url", "email"):
                if value.get(name) not in (None, ""):
                    return as_text(value[name], deep + 1)
            return "、".join(f"{storable(str(k))}: {said}" for k, v in value.items() if (said := as_text(v, deep + 1)))
        case _:
            return ""


def moment(value: object, zone: ZoneInfo) -> datetime | None:
    """A time as form services write it: ISO 8601, or without a zone in the form's own; in UTC. None for anything else."""
    if not isinstance(value, str) or not re.match(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d", value):
        return None
    try:
        at = datetime.fromisoformat(value.replace("Z", "+00:00"))
        return (at if at.tzinfo is not None else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def no_id(_inbound: Inbound, _rule: SourceRule) -> str:
    """For services that name the submission and not the delivery: an edit would pass for the same one. The bytes tell them apart."""
    return ""


def known_id(read: Callable[[dict[str, Any]], str]) -> Callable[[Inbound, SourceRule], str]:
    """A delivery's id out of its body; "" for a body that cannot be read."""

    def delivery_id(inbound: Inbound, _rule: SourceRule) -> str:
        try:
            return read(parse_body(inbound.body))
        except FieldRefused:
            return ""

    return delivery_id
