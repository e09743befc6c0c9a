"""The files that pages load: served from memory, kept by browsers for ever under an address that changes with the content."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from web.site import site_of

_FOR_EVER = "public, max-age=31536000, immutable"
_AN_HOUR = "public, max-age=3600"


def show(request: Request) -> Response:
    """One file; an address without its version is kept for an hour only."""
    return _file(request, str(request.path_params["name"]))


def icon(request: Request) -> Response:
    """The mark, for programs that ask without reading the page."""
    return _file(request, "mark.svg")


def robots(_request: Request) -> Response:
    """No robots: the pages are for those who were given their addresses."""
    return PlainTextResponse("User-agent: *\nDisallow: /\n", headers={"cache-control": _AN_HOUR})


def _file(request: Request, name: str) -> Response:
    asset = site_of(request).assets.get(name)
    if asset is None:
        raise HTTPException(404)
    current = asset.address == f"{request.url.path}?{request.url.query}"
    return Response(
        asset.content, media_type=asset.media_type, headers={"cache-control": _FOR_EVER if current else _AN_HOUR}
    )
