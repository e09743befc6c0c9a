"""The API as an application of its own: its routers, its OpenAPI document, and how it answers errors."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from domain.refusals import FieldRefused
from web.api_cases import cases, reports
from web.api_docs import show
from web.api_door import Gate
from web.api_models import ProblemBody
from web.api_office import beside
from web.api_problems import Problem, answer
from web.api_reading import COMMON
from web.errors import HANDLED
from web.site import SiteHolder

VERSION = "1"
SAYS = """\
What the office sees through, for programs: read cases and figures, hand in reports, and take the desk's own steps by the rules that
hold everywhere. A key decides nothing that a person has to decide: approvals are given through personal links alone. Restricted cases
do not exist here, and whoever is not to be named is not named.

Send the key as `Authorization: Bearer KEY`. Errors are `application/problem+json`; their `detail` is Chinese, or English where
`Accept-Language` prefers it. Lists give `next`, which is `after` of the next page. An answer's `ETag`, sent as `If-None-Match`, saves
sending the same again (304). Whatever changes something needs an `Idempotency-Key`, and is done once however often it is sent.
Texts that people wrote are plain text: escape them on a page.
"""
TAGS = [
    {"name": "cases", "description": "Difficulties and factor requests (难题、要素保障)"},
    {"name": "actions", "description": "The desk's own steps (推进办办理)"},
    {"name": "reports", "description": "Intake (问题反映)"},
    {"name": "factors", "description": "Factor requests with their ledger (要素保障)"},
    {"name": "directory", "description": "Projects and units (项目、单位)"},
    {"name": "figures", "description": "Figures of a period (统计)"},
    {"name": "notices", "description": "Supervision notices (提示单、督办单)"},
]


def make_api(holder: SiteHolder) -> ASGIApp:
    """The API around a site, behind its gate."""
    app = FastAPI(
        title="Expedite", version=VERSION, description=SAYS, openapi_tags=TAGS, openapi_url=None, docs_url=None, redoc_url=None,
        redirect_slashes=False, responses=COMMON,
    )  # fmt: skip
    app.state.holder = holder
    for router in (cases, reports, beside):
        app.include_router(router)
    app.add_api_route("/openapi.json", _openapi, include_in_schema=False)
    app.add_api_route("/docs", show, include_in_schema=False, response_model=None)
    for kind in (Problem, RequestValidationError, FieldRefused, HTTPException, *HANDLED):
        app.add_exception_handler(kind, answer)
    return Gate(app)


def _openapi(request: Request) -> Response:
    """The document by which programs are written."""
    return JSONResponse(document(request.app), headers={"cache-control": "public, max-age=300"})


def document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, with the one shape that every error has."""
    if app.openapi_schema is None:
        made = FastAPI.openapi(app)
        made["servers"] = [{"url": "/api"}]
        schemas = made["components"]["schemas"]
        schemas["ProblemBody"] = ProblemBody.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= schemas["ProblemBody"].pop("$defs", {})
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        app.openapi_schema = made
    return app.openapi_schema
