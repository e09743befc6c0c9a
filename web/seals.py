"""Seals: what a form or a short note must carry to be believed to come from this installation's own pages."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

FIELD = "seal"
_NOTE = "said"
_NOTE_SECONDS = 300
_SHOWN_BYTES = 9


class ForeignForm(Exception):
    """A form that no page of ours sent: from another site, or without its page's seal."""


def seal(key: bytes, purpose: str, *parts: str) -> str:
    """A keyed digest (SHA-256, 43 characters) of `parts` for one purpose."""
    said = json.dumps([purpose, *parts], ensure_ascii=True).encode()
    return base64.urlsafe_b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode().rstrip("=")


def form_seal(key: bytes, token: str) -> str:
    """What the forms of one showing of the page behind a token carry; another showing carries another one."""
    shown = secrets.token_urlsafe(_SHOWN_BYTES)
    return f"{shown}.{seal(key, 'form', token, shown)}"


def check_seal(key: bytes, token: str, given: str) -> str:
    """Which showing of the page behind `token` a form comes from. ForeignForm unless `given` is a seal of that page."""
    shown, _, signed = given.partition(".")
    if not hmac.compare_digest(seal(key, "form", token, shown).encode(), signed.encode("utf-8", "replace")):
        raise ForeignForm
    return shown


def check_origin(request: Request, base_url: str) -> None:
    """Raise ForeignForm for a form that a browser says was sent from another site.

    Our pages send no referrer, and browsers then give `Origin: null`: that says nothing. Clients that are no browsers send
    neither header.
    """
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise ForeignForm
    origin = request.headers.get("origin", "null").lower()
    if origin == "null":
        return
    ours = {request.headers.get("host", "").lower(), urlsplit(base_url).netloc.lower()}
    if urlsplit(origin).netloc not in ours:
        raise ForeignForm


def leave_note(response: Response, key: bytes, about: str, note: Mapping[str, Any], *, secure: bool) -> None:
    """Keep a note for the page that follows, in a cookie that only this installation can write; `about` is the page's token."""
    said = base64.urlsafe_b64encode(json.dumps({"until": int(time.time()) + _NOTE_SECONDS, **note}).encode()).decode()
    value = f"{said}.{seal(key, 'note', about, said)}"
    response.set_cookie(_NOTE, value, max_age=_NOTE_SECONDS, httponly=True, samesite="lax", secure=secure)


def take_note(request: Request, key: bytes, about: str) -> dict[str, Any]:
    """The note left for this page; {} if there is none, or one that is not ours, not for this page, or too old."""
    said, _, given = request.cookies.get(_NOTE, "").partition(".")
    if not hmac.compare_digest(seal(key, "note", about, said).encode(), given.encode("utf-8", "replace")):
        return {}
    note: dict[str, Any] = json.loads(base64.urlsafe_b64decode(said))
    return note if note["until"] >= time.time() else {}


def drop_note(response: Response) -> None:
    """Forget the note once it was shown."""
    response.delete_cookie(_NOTE)
