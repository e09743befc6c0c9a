"""The board's door: signing in and out, and what every page behind it asks first."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from web import sessions
from web.bodies import read_form
from web.personal import ACTION, Sent
from web.rates import Rate
from web.seals import FIELD, check_origin, check_seal, form_seal
from web.sessions import Session
from web.site import client_of, is_loopback, page, site_of
from web.uploads import KEPT, NO_FILES, take_files

FRONT = "/board"
SIGN_IN = "/board/sign-in"
_OURS = re.compile(r"/board(/[A-Za-z0-9_./%-]*)?(\?[A-Za-z0-9_.=&%+~-]*)?")


class SignInFirst(Exception):
    """A page of the board that was asked for by nobody who is signed in; `path` is where they wanted to go."""

    def __init__(self, path: str) -> None:
        super().__init__("sign in first")
        self.path = path

    def response(self) -> Response:
        """To the door, and back from there."""
        return RedirectResponse(f"{SIGN_IN}?to={quote(self.path, safe='')}", 303)


def signed_in(request: Request) -> Session:
    """Who asks. Raises SignInFirst."""
    site = site_of(request)
    found = sessions.current(request, site.office, site.key, site.door)
    if found is None:
        looked = request.method in ("GET", "HEAD")
        raise SignInFirst(request.url.path + (f"?{request.url.query}" if request.url.query and looked else ""))
    return found


def of_the_desk(request: Request) -> Session:
    """Who asks for what is the desk's. For others there is no such page: 404. Raises SignInFirst."""
    found = signed_in(request)
    if not found.user.desk:
        raise HTTPException(404)
    return found


def board_page(request: Request, session: Session, template: str, *, status: int = 200, **facts: Any) -> HTMLResponse:
    """A page behind the door."""
    seal = form_seal(site_of(request).key, session.token)
    return page(request, template, status=status, user=session.user, seal=seal, **facts)


async def read_sent(request: Request, session: Session, *, files: bool = False) -> Sent:
    """A form of the board as it was sent, with its `files` where it takes some. Raises ForeignForm, BodyTooLarge, FilesUnavailable."""
    site = site_of(request)
    check_origin(request, site.settings.base_url)
    form = await read_form(request, site.settings.body_limit, site.office.policy.form.files if files else None)
    try:
        check_seal(site.key, session.token, str(form.get(FIELD, "")))
        values: dict[str, str] = {}
        for name, value in form.multi_items():
            if name not in (FIELD, ACTION, KEPT) and isinstance(value, str):
                values[name] = f"{values[name]},{value}" if name in values else value
        taken = await take_files(request, form, session.token) if files else NO_FILES
        return Sent(str(form.get(ACTION, "")), values, taken)
    finally:
        await form.close()


async def answer_sent(
    request: Request,
    who: Callable[[Request], Session],
    answer: Callable[[Session, Sent], Response],
    *,
    files: bool = False,
) -> Response:
    """Read a form of somebody whom `who` lets in, and answer it in a thread. Raises what `who` and reading raise."""
    session = await run_in_threadpool(who, request)
    sent = await read_sent(request, session, files=files)
    return await run_in_threadpool(answer, session, sent)


def show(request: Request) -> Response:
    """The door; whoever is signed in already is let through."""
    site = site_of(request)
    if sessions.current(request, site.office, site.key, site.door) is not None:
        return RedirectResponse(FRONT, 303)
    return _door(request, request.query_params.get("to", ""))


async def sign_in(request: Request) -> Response:
    """Check name and password. Raises TooOften, ForeignForm."""
    site = site_of(request)
    check_origin(request, site.settings.base_url)
    form = await read_form(request, site.settings.body_limit)
    said = {name: str(form.get(name, "")) for name in ("name", "password", "to")}
    return await run_in_threadpool(_sign_in, request, said)


def _sign_in(request: Request, said: dict[str, str]) -> Response:
    site = site_of(request)
    site.rates.count(Rate.SIGN_IN, client_of(request))
    user = site.door.admit(said["name"].strip(), said["password"], here=is_loopback(request))
    if user is None:
        return _door(request, said["to"], name=said["name"], wrong=True)
    response = RedirectResponse(_way(said["to"]), 303)
    sessions.begin(response, site.key, user, secure=site.https)
    return response


def _door(request: Request, to: str, *, name: str = "", wrong: bool = False) -> Response:
    return page(
        request, "board_sign_in.html", status=403 if wrong else 200, to=_way(to), name=name[:40], wrong=wrong
    )  # fmt: skip


def _way(to: str) -> str:
    """Where to go once inside: a page of the board, never somewhere else."""
    inside = _OURS.fullmatch(to) is not None and "//" not in to and ".." not in to
    return to if inside and not to.startswith((SIGN_IN, "/board/sign-out")) else FRONT


async def sign_out(request: Request) -> Response:
    """End the session. Raises SignInFirst, ForeignForm."""

    def leave(session: Session, _sent: Sent) -> Response:
        response = RedirectResponse(SIGN_IN, 303)
        sessions.end(response, site_of(request).office, session)
        return response

    return await answer_sent(request, signed_in, leave)
