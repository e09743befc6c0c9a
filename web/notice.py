"""Supervision notices as pages that print on one sheet: behind an officer's link, and on the board."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from services.milestone_rulings import leads_to_plan
from services.notices import NoticeSheet, notice_behind, notice_on_board
from services.plan_notices import plan_notice_behind, plan_notice_on_board
from web.board_door import signed_in
from web.personal import token_of
from web.site import page, site_of


def show(request: Request) -> Response:
    """A notice of the case that the link is for. Raises LinkRefused, and HTTPException 404."""
    token, office = token_of(request), site_of(request).office
    of = plan_notice_behind if leads_to_plan(office, token) else notice_behind
    return _page(request, of(office, token, _number(request)), f"/act/{token}")


def on_board(request: Request) -> Response:
    """A notice of a case that the reader may see on the board. Raises SignInFirst, and HTTPException 404."""
    session, code = signed_in(request), str(request.path_params["code"]).strip().upper()
    found = notice_on_board(site_of(request).office, session.user, code, _number(request))
    return _page(request, found, f"/board/case/{code}")


def of_project(request: Request) -> Response:
    """A notice of a project's plan on the board. Raises SignInFirst, and HTTPException 404."""
    signed_in(request)
    code = str(request.path_params["code"]).strip().upper()
    found = plan_notice_on_board(site_of(request).office, code, _number(request))
    return _page(request, found, f"/board/project/{code}")


def _page(request: Request, found: NoticeSheet | None, back: str) -> Response:
    if found is None:
        raise HTTPException(404)
    return page(request, "notice.html", reader=found.locale, found=found, back=back)


def _number(request: Request) -> str:
    return str(request.path_params["number"]).strip()
