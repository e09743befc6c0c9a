"""What the local mail catcher caught: a list and each mail for people at this machine, and JSON for their tools."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from notifications.caught import Caught, MailJson, caught, count_caught, one_caught, to_json
from services.settings import Settings
from web.headers import FRAMED_MAIL_POLICY, MAIL_POLICY
from web.site import Site, is_loopback, page, site_of

if TYPE_CHECKING:
    from notifications.catcher import Catcher

PER_PAGE = 50
_MOST = 1000


def start_catcher(settings: Settings) -> Catcher:
    """Start catching mail. Raises CatcherUnavailable when its port is taken."""
    from notifications.catcher import Catcher  # an SMTP server is loaded only where one runs

    catcher = Catcher(settings.caught_mail, port=settings.catcher_port)
    catcher.start()
    return catcher


def listing(request: Request) -> Response:
    """The mails, newest first."""
    site = _allowed(request)
    first = _number(request, "offset", 0)
    total = count_caught(site.settings.caught_mail)
    found = _found(site, request, PER_PAGE + 1, first)
    return page(
        request, "mail.html", mails=[_shown(mail) for mail in found[:PER_PAGE]], first=first, total=total, per_page=PER_PAGE, more=len(found) > PER_PAGE,
        to=request.query_params.get("to", ""), subject=request.query_params.get("subject", ""),
    )  # fmt: skip


def machine(request: Request) -> Response:
    """The same for machines: `?limit` (at most 1000), `?offset`, `?to` and `?subject` (parts of them)."""
    site = _allowed(request)
    return JSONResponse(
        _found(site, request, min(_number(request, "limit", 100), _MOST), _number(request, "offset", 0))
    )


def one(request: Request) -> Response:
    """One mail, its links as buttons beside it."""
    mail = to_json(_one(request))
    response = page(request, "one_mail.html", mail=_shown(mail))
    response.headers["content-security-policy"] = MAIL_POLICY
    return response


def body(request: Request) -> Response:
    """A mail's HTML part alone, for the frame: no origin of ours, no script, no form."""
    mail = to_json(_one(request))
    # Links leave the frame: inside it, the pages that they lead to would refuse to be framed.
    html = mail["html"].replace("<head>", '<head><base target="_blank">', 1)
    return HTMLResponse(html, headers={"content-security-policy": FRAMED_MAIL_POLICY})


def _shown(mail: MailJson) -> dict[str, Any]:
    """A mail as the templates take it: its date as a moment, where it has one that can be read."""
    try:
        when = datetime.fromisoformat(mail["date"] or "")
    except ValueError:
        when = None
    return {**mail, "when": when}


def _found(site: Site, request: Request, limit: int, offset: int) -> list[MailJson]:
    path, asked = site.settings.caught_mail, request.query_params
    to, subject = asked.get("to", "").lower(), asked.get("subject", "").lower()
    if not to and not subject:
        return [to_json(row) for row in caught(path, limit, offset)]
    found: list[MailJson] = []
    read, skipped = 0, 0
    while rows := caught(path, 200, read):
        read += len(rows)
        for row in rows:
            if to and to not in ", ".join(row.recipients).lower():
                continue
            mail = to_json(row)
            if subject not in mail["subject"].lower():
                continue
            skipped += 1
            if skipped > offset:
                found.append(mail)
            if len(found) == limit:
                return found
    return found


def _allowed(request: Request) -> Site:
    site = site_of(request)
    if not site.catching:
        raise HTTPException(404)
    if not is_loopback(request):
        raise HTTPException(403, "the caught mail is shown at this machine only")
    return site


def _one(request: Request) -> Caught:
    found = one_caught(_allowed(request).settings.caught_mail, int(request.path_params["id"]))
    if found is None:
        raise HTTPException(404)
    return found


def _number(request: Request, name: str, default: int) -> int:
    said = request.query_params.get(name, "")
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 10 else default
