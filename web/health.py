"""Health for a watchdog: 200 while what is due gets done, 503 otherwise."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from services.health import health
from web.site import site_of


def show(request: Request) -> Response:
    """What the office says of itself."""
    said = health(site_of(request).office)
    return JSONResponse(said, 200 if said["ok"] else 503)
