"""Who is signed in to the board: a sealed cookie that names the user until an hour of real time; the server keeps who left."""

from __future__ import annotations

import base64
import hmac
import json
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response

from services.board_sessions import end_session, has_ended
from services.board_users import BoardUser, Doorkeeper
from services.office import Office
from web.seals import seal

COOKIE = "board"
HOURS = 12
"""How long a session lasts, in real time."""
PATH = "/board"


@dataclass(frozen=True, slots=True)
class Session:
    """A user who is signed in; `token` is the session's own, by which its forms are sealed, `until` when it ends (real time)."""

    user: BoardUser
    token: str
    until: datetime


def begin(response: Response, key: bytes, user: BoardUser, *, secure: bool) -> None:
    """Sign `user` in."""
    facts = {"name": user.name, "mark": user.mark, "until": int(time.time()) + HOURS * 3600, "id": secrets.token_hex(8)}
    said = base64.urlsafe_b64encode(json.dumps(facts).encode()).decode()
    value = f"{said}.{seal(key, 'session', said)}"
    response.set_cookie(
        COOKIE, value, max_age=HOURS * 3600, path=PATH, httponly=True, samesite="lax", secure=secure
    )  # fmt: skip


def current(request: Request, office: Office, key: bytes, door: Doorkeeper) -> Session | None:
    """Who is signed in: None without a cookie of ours, after its hour, once it was signed out, and once the user's password or
    role has changed.
    """
    said, _, given = request.cookies.get(COOKIE, "").partition(".")
    if not hmac.compare_digest(seal(key, "session", said).encode(), given.encode("utf-8", "replace")):
        return None
    facts = json.loads(base64.urlsafe_b64decode(said))
    user = door.user(str(facts["name"]))
    if user is None or facts["mark"] != user.mark or facts["until"] < time.time():
        return None
    if has_ended(office, str(facts["id"])):
        return None
    return Session(user, str(facts["id"]), datetime.fromtimestamp(int(facts["until"]), UTC))


def end(response: Response, office: Office, session: Session) -> None:
    """Sign out: whoever has a copy of the cookie too."""
    end_session(office, session.token, session.until)
    response.delete_cookie(COOKIE, path=PATH)
