"""Projects' plans: behind a personal link, where a change of a planned day is ruled on, and on the board."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from services.milestone_rulings import plan_page
from services.milestone_view import all_plans, plan_of
from web.board_door import board_page, signed_in
from web.personal import Outcome, shared, token_of
from web.site import page, site_of


def behind_link(request: Request, outcome: Outcome | None, status: int = 200) -> Response:
    """A project's plan for the holder of a link. Raises LinkRefused."""
    found = plan_page(site_of(request).office, token_of(request))
    return page(request, "plan.html", status=status, reader=found.locale, found=found, **shared(request, outcome))


def listing(request: Request) -> Response:
    """Every project with its light and next node. Raises SignInFirst."""
    session = signed_in(request)
    return board_page(request, session, "board_projects.html", found=all_plans(site_of(request).office))


def one(request: Request) -> Response:
    """A project's plan on the board. Raises SignInFirst, and HTTPException 404."""
    session = signed_in(request)
    plan = plan_of(site_of(request).office, str(request.path_params["code"]))
    if plan is None:
        raise HTTPException(404)
    return board_page(request, session, "board_project.html", plan=plan)
