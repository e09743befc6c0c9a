"""The API's door: who asks, how often they may, and how much they may send; before anything of the request is read."""

from __future__ import annotations

import logging
from time import monotonic
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPBearer
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request as Asked
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.policy import Label
from services.api_keys import ApiKey, find_key
from web.api_problems import Problem, answer
from web.bodies import read_body
from web.rates import Rate
from web.site import Site, client_of, site_of

OPEN_TO_ALL = ("/api/openapi.json", "/api/docs")
KEY = "expedite.api_key"
logger = logging.getLogger(__name__)
bearer = HTTPBearer(
    scheme_name="key", auto_error=False, description="A key of EXPEDITE_API_KEYS, made by `expedite api-key NAME --role ROLE`."
)  # fmt: skip


SAID_EVERY = 600.0
"""Seconds in which one look of a key stands in the log; whatever changes something stands there each time."""


class Gate:
    """Lets a request through with the key that it carries; says in the log whose key did what, never the key."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._said: dict[str, float] = {}
        logger.setLevel(logging.INFO)
        if not logger.hasHandlers():
            # The server logs warnings alone; when a key was used last has to be found all the same.
            handler = logging.StreamHandler()
            handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
            logger.addHandler(handler)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"] in OPEN_TO_ALL:
            await self.app(scope, receive, send)
            return
        request = Asked(scope, receive)
        try:
            site = await run_in_threadpool(site_of, request)
            key = _key(request, site)
            body = await read_body(request, site.settings.body_limit)
        except Exception as refused:
            await answer(request, refused)(scope, receive, send)
            return
        scope[KEY] = key

        async def again() -> Message:
            nonlocal body
            kept, body = body, b""
            return {"type": "http.request", "body": kept, "more_body": False}

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._say(key, scope, message["status"])
            await send(message)

        await self.app(scope, again, told)

    def _say(self, key: ApiKey, scope: Scope, status: int) -> None:
        now = monotonic()
        if scope["method"] in ("GET", "HEAD") and now - self._said.get(key.name, -SAID_EVERY) < SAID_EVERY:
            return
        self._said[key.name] = now
        # A path may hold line breaks: a log line is one line.
        logger.info("api key %s (%s): %s %r %s", key.name, key.role.value, scope["method"], scope["path"], status)


def _key(request: Asked, site: Site) -> ApiKey:
    scheme, _, said = request.headers.get("authorization", "").partition(" ")
    said = said.strip()
    given = scheme.lower() == "bearer" and bool(said)
    key = find_key(site.keys, said, site.office.real_now().date()) if given else None
    if key is None:
        # A key is not guessed; who tries many costs us nothing but lines in a log.
        site.rates.count(Rate.WRONG_KEY, client_of(request))
        error = ', error="invalid_token"' if given else ""
        raise Problem(
            401, "no_key", Label("请在 Authorization 请求头中提供有效的密钥。", "Send a valid key as Authorization: Bearer KEY."),
            headers={"www-authenticate": f'Bearer realm="Expedite"{error}'},
        )  # fmt: skip
    site.rates.count(Rate.API, key.name)
    return key


def known(request: Request, _said: Annotated[object, Security(bearer)]) -> ApiKey:
    """Whose key the request carries. Raises Problem for a parameter that nobody knows: a slip of the pen would narrow nothing."""
    taken = {parameter.alias for parameter in request.scope["route"].dependant.query_params}
    strange = next((name for name in request.query_params if name not in taken), None)
    if strange is not None:
        named = strange[:80] or "?"
        options = ", ".join(sorted(taken))
        raise Problem(
            422,
            "field_unknown",
            Label(
                f"没有“{named}”这一参数；可用：{options or '无'}。",
                f"There is no parameter {named!r}; known: {options or 'none'}.",
            ),
            named,
        )
    key: ApiKey = request.scope[KEY]
    return key


def reading(key: Annotated[ApiKey, Depends(known)]) -> ApiKey:
    """A key that may look at cases. Raises Problem."""
    if not key.reads:
        raise _not_for(key)
    return key


def acting(key: Annotated[ApiKey, Depends(known)]) -> ApiKey:
    """A key that may take the desk's steps. Raises Problem."""
    if not key.desk:
        raise _not_for(key)
    return key


def handing_in(key: Annotated[ApiKey, Depends(known)]) -> ApiKey:
    """A key that may hand in reports. Raises Problem."""
    if key.reads:
        raise _not_for(key)
    return key


def _not_for(key: ApiKey) -> Problem:
    role = key.role.value
    return Problem(
        403,
        "not_for_this_key",
        Label(f"角色为 {role} 的密钥无此权限。", f"This is not for a key with the role {role}."),
    )


Reads = Annotated[ApiKey, Depends(reading)]
Acts = Annotated[ApiKey, Depends(acting)]
HandsIn = Annotated[ApiKey, Depends(handing_in)]
