"""The API at /api, made when it is first asked for: the form is shown without what it needs."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

if TYPE_CHECKING:
    from web.site import SiteHolder

COUNTED_AS = "expedite.counted_as"
"""Where in the scope stands under which route a request is counted: never its path, which a stranger chose."""


class Api:
    """The API as a part of the app."""

    def __init__(self, holder: SiteHolder) -> None:
        self.holder = holder
        self._made: ASGIApp | None = None
        self._lock = threading.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        scope[COUNTED_AS] = "/api"
        made = self._made
        if made is None:
            made = await run_in_threadpool(self.make)
        await made(scope, receive, send)
        route: Any = scope.get("route")
        if getattr(route, "path", "").startswith("/v1/"):
            scope[COUNTED_AS] = f"/api{route.path}"

    def make(self) -> ASGIApp:
        """The application, made once."""
        from web.api_app import make_api

        with self._lock:
            if self._made is None:
                self._made = make_api(self.holder)
            return self._made
