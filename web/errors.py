"""What a client is told when something is wrong: a page in its language, or JSON where a machine asked; never a trace."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from services.file_store import FilesUnavailable
from services.page_types import LinkRefused
from web.board_door import SignInFirst
from web.bodies import BodyTooLarge
from web.rates import Rate, TooOften
from web.seals import ForeignForm
from web.site import client_of, page, site_of

RETRY_AFTER = 10
"""Seconds after which a request that the database could not serve may be tried again."""
STORE_FAILS = (OperationalError, InterfaceError, InternalError, PoolTimeout, FilesUnavailable)
HANDLED: tuple[type[Exception], ...] = (
    BodyTooLarge, TooOften, ForeignForm, LinkRefused, SignInFirst, HTTPException, Exception, *STORE_FAILS,
)  # fmt: skip
_MACHINES = ("/webhooks/", "/mail.json", "/healthz")


@dataclass(frozen=True, slots=True)
class Fault:
    """An error as machines read it; `facts` are for the page."""

    status: int
    error: str
    remedy: str
    headers: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)

    def json(self) -> JSONResponse:
        """The answer for a machine."""
        return JSONResponse({"error": self.error, "remedy": self.remedy}, self.status, self.headers)


def answer(request: Request, exc: Exception) -> Response:
    """The answer to an error of any kind."""
    if isinstance(exc, SignInFirst):
        return exc.response()
    if request.url.path.startswith("/api"):
        # Loaded when it is first needed: the form is shown without what the API needs.
        from web.api_problems import answer as problem

        return problem(request, exc)
    if isinstance(exc, LinkRefused):
        try:
            return link_page(request, exc)
        except TooOften as often:
            exc = often
    fault = fault_of(exc)
    if request.url.path.startswith(_MACHINES):
        return fault.json()
    try:
        response: Response = page(request, "error.html", status=fault.status, code=fault.status, **fault.facts)
    except Exception:
        # Even the page could not be made, e.g. because the office could not be opened.
        response = PlainTextResponse(f"{fault.error}; {fault.remedy}\n", fault.status)
    response.headers.update(fault.headers)
    return response


def fault_of(exc: Exception) -> Fault:
    """What is told of an error."""
    match exc:
        case BodyTooLarge():
            return Fault(413, str(exc), f"send at most {exc.limit} bytes", facts={"limit": exc.limit})
        case TooOften():
            seconds = exc.retry_after
            remedy = f"try again in {seconds} seconds"
            return Fault(429, "too many requests", remedy, {"retry-after": str(seconds)}, {"seconds": seconds})
        case ForeignForm():
            return Fault(403, "the form does not come from this site", "open the page again and send it from there")
        case HTTPException():
            return Fault(exc.status_code, exc.detail, "see the documentation", dict(exc.headers or {}))
        case _ if isinstance(exc, STORE_FAILS):
            remedy = f"send the same again in {RETRY_AFTER} seconds"
            return Fault(503, "the database cannot be reached", remedy, {"retry-after": str(RETRY_AFTER)})
        case _:
            return Fault(500, "an error of ours", "try again later; the operator finds the cause in the log")


def link_page(request: Request, refused: LinkRefused) -> Response:
    """Why a link leads nowhere, and how to get a new one if there can be one. Raises TooOften for whoever tries many."""
    status = 410
    if refused.reason == "unknown":
        # 192 random bits are not guessed; whoever tries costs us queries, and a valid link still works beside it.
        site_of(request).rates.count(Rate.UNKNOWN_LINK, client_of(request))
        status = 404
    token = str(request.path_params.get("token", ""))
    return page(request, "link.html", status=status, reason=refused.reason, renewable=refused.renewable, token=token)
