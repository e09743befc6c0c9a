"""How the API answers: only what its models name, with a tag by which an unchanged answer is not sent again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from web.api_models import ProblemBody
from web.api_problems import KIND, not_there

Limit = Annotated[int, Query(ge=1, le=200, description="How many a page has.")]
Cursor = Annotated[int, Query(ge=0, le=10**15, description="`next` of the page before.")]


def _problem(description: str) -> dict[str, Any]:
    return {"description": description, "content": {KIND: {"schema": {"$ref": "#/components/schemas/ProblemBody"}}}}


COMMON: dict[int | str, dict[str, Any]] = {
    401: _problem("No key, or one that is not known or no longer works."),
    403: _problem("The key's role does not allow it."),
    413: _problem("The body is too large."),
    422: _problem("Something cannot be right; `field` names it."),
    429: _problem("Too many requests; Retry-After says how many seconds to wait.")
    | {"headers": {"Retry-After": {"schema": {"type": "integer"}}}},
    500: _problem("An error of ours."),
    503: _problem("The database cannot be reached; send the same again."),
}
PROBLEMS: dict[int, dict[int | str, dict[str, Any]]] = {
    404: {404: _problem("There is none, or none for this key.")},
    409: {409: _problem("Not possible now; `allowed` says what is, by whom and until when.")},
}
AGAIN: dict[int | str, dict[str, Any]] = {
    304: {"description": "Unchanged since the answer whose ETag If-None-Match names."}
}


def told(request: Request, model: type[BaseModel], found: Mapping[str, Any] | None) -> Response:
    """What was found, or 304 where the client has it already. Raises Problem where there is nothing."""
    if found is None:
        raise not_there()
    body = _json(model, found)
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    # What one key may see is not for another's cache.
    headers = {"etag": tag, "cache-control": "private, no-cache", "vary": "authorization"}
    known = {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}
    if tag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/json")


def written(model: type[BaseModel], done: Mapping[str, Any], status: int = 200) -> Response:
    """What came of a request that changes something."""
    return Response(_json(model, done), status, media_type="application/json")


def _json(model: type[BaseModel], found: Mapping[str, Any]) -> bytes:
    return model.model_validate(found).model_dump_json(by_alias=True).encode()


__all__ = ["AGAIN", "COMMON", "PROBLEMS", "Cursor", "Limit", "ProblemBody", "told", "written"]
