"""Minutes of consultations as pages that print as the office's paper: behind an officer's link, and on the board."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from services.minutes import MinutesSheet, minutes_behind, minutes_on_board
from web.board_door import signed_in
from web.personal import token_of
from web.site import page, site_of


def show(request: Request) -> Response:
    """Minutes of the case that the link is for. Raises LinkRefused, and HTTPException 404."""
    token = token_of(request)
    return _page(request, minutes_behind(site_of(request).office, token, _line(request)), f"/act/{token}")


def on_board(request: Request) -> Response:
    """Minutes of a case, for the desk. Raises SignInFirst, and HTTPException 404."""
    session, code = signed_in(request), str(request.path_params["code"]).strip().upper()
    found = minutes_on_board(site_of(request).office, session.user, code, _line(request))
    return _page(request, found, f"/board/case/{code}")


def _page(request: Request, found: MinutesSheet | None, back: str) -> Response:
    if found is None:
        raise HTTPException(404)
    return page(request, "minutes.html", reader=found.locale, found=found, back=back)


def _line(request: Request) -> int:
    return int(request.path_params["number"])
