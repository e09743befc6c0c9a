"""The API beside cases: factor requests, projects, units, figures and supervision notices."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from domain.policy import Colour as NoticeColour
from domain.policy import Label
from services.api_office import (
    list_factors,
    list_notices,
    list_projects,
    list_units,
    one_factor,
    one_project,
    period_figures,
)
from web.api_cases import Code, Word
from web.api_door import Reads
from web.api_models import Colour
from web.api_office_models import FactorList, FactorWhole, FiguresWhole, NoticeList, ProjectList, ProjectWhole, UnitList
from web.api_problems import Problem
from web.api_reading import AGAIN, PROBLEMS, Cursor, Limit, told
from web.site import site_of

beside = APIRouter(prefix="/v1")
_DAY = {"format": "date"}


def _day(said: str | None, name: str) -> date | None:
    """A calendar day. Raises Problem."""
    try:
        return date.fromisoformat(said) if said is not None else None
    except ValueError:
        said_so = Label(f"“{name}”须为日期，如 2026-07-16。", f"Field {name} takes a day as YYYY-MM-DD.")
        raise Problem(422, "field_wrong", said_so, name) from None


@beside.get("/factors", response_model=FactorList, responses=AGAIN, tags=["factors"], summary="Factor requests")
def get_factors(
    request: Request, key: Reads,
    type: Annotated[Word, Query(description="A factor type of the policy, e.g. land or power.")] = "",  # noqa: A002 - as the resource names it
    project: Annotated[Word, Query(description="A project's code.")] = "",
    after: Cursor = 0, limit: Limit = 50,
) -> Response:  # fmt: skip
    """In the order in which they were opened, with what was asked for, granted, drawn and is missing."""
    return told(request, FactorList, list_factors(site_of(request).office, key, type, project, after, limit))


@beside.get(
    "/factors/{code}",
    response_model=FactorWhole,
    responses=PROBLEMS[404] | AGAIN,
    tags=["factors"],
    summary="A factor request",
)
def get_factor(request: Request, key: Reads, code: Code) -> Response:
    """With its stages and grants. It is a case too: /cases/{code} has its deadlines and steps."""
    return told(request, FactorWhole, one_factor(site_of(request).office, key, code))


@beside.get("/projects", response_model=ProjectList, responses=AGAIN, tags=["directory"], summary="Key projects")
def get_projects(request: Request, _key: Reads) -> Response:
    """All of them, by code."""
    return told(request, ProjectList, list_projects(site_of(request).office))


@beside.get(
    "/projects/{id}",
    response_model=ProjectWhole,
    responses=PROBLEMS[404] | AGAIN,
    tags=["directory"],
    summary="A project",
)
def get_project(
    request: Request, key: Reads,
    id: Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,32}$", description="Its code.", examples=["P02"])],  # noqa: A002 - as the resource names it
) -> Response:  # fmt: skip
    """With its open cases."""
    return told(request, ProjectWhole, one_project(site_of(request).office, key, id))


@beside.get("/units", response_model=UnitList, responses=AGAIN, tags=["directory"], summary="Units")
def get_units(request: Request, _key: Reads) -> Response:
    """All of them, by id; one that is no longer active names its successor."""
    return told(request, UnitList, list_units(site_of(request).office))


@beside.get(
    "/figures", response_model=FiguresWhole, responses=AGAIN, tags=["figures"], summary="The figures of a period"
)
def get_figures(
    request: Request, key: Reads,
    first: Annotated[str | None, Query(alias="from", pattern=r"^\d{4}-\d{2}-\d{2}$", json_schema_extra=_DAY, description="This year's first day if absent.")] = None,
    last: Annotated[str | None, Query(alias="to", pattern=r"^\d{4}-\d{2}-\d{2}$", json_schema_extra=_DAY, description="Today if absent.")] = None,
) -> Response:  # fmt: skip
    """What was solved apart from what was closed; restricted cases are in no row, and in a sum only where they are not few."""
    if key.unit is not None:
        raise Problem(
            403,
            "not_for_this_key",
            Label("仅限一个单位的密钥不能查看全部统计。", "The whole office's figures are not for a key of one unit."),
        )
    return told(request, FiguresWhole, period_figures(site_of(request).office, _day(first, "from"), _day(last, "to")))


@beside.get("/notices", response_model=NoticeList, responses=AGAIN, tags=["notices"], summary="Supervision notices")
def get_notices(
    request: Request, key: Reads,
    colour: Annotated[Colour | None, Query(description="Blue before the date, yellow and red after it.")] = None,
    case: Annotated[str, Query(pattern=r"^[A-Za-z0-9-]{0,32}$", description="Those on one case.")] = "",
    after: Cursor = 0, limit: Limit = 50,
) -> Response:  # fmt: skip
    """In the order in which they were issued."""
    wanted = NoticeColour(colour) if colour is not None else None
    return told(request, NoticeList, list_notices(site_of(request).office, key, wanted, case, after, limit))
