"""Figures for Prometheus: what the office holds, and how many requests each route answered."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from hmac import compare_digest
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.metrics import Metrics, read_metrics
from web.api import COUNTED_AS
from web.site import is_loopback, site_of

if TYPE_CHECKING:
    from prometheus_client.core import Metric

UNKNOWN = "unknown"
"""The route of a request that no route takes: its path is a stranger's, and would make a label of its own each time."""


class Requests:
    """How many requests each route (or form service) was answered with which status (or outcome), in this process."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, int | str]] = Counter()
        self._lock = threading.Lock()

    def count(self, route: str, status: int | str) -> None:
        """Count one."""
        with self._lock:
            self._counts[route, status] += 1

    def so_far(self) -> dict[tuple[str, int | str], int]:
        """The counts by (route, status)."""
        with self._lock:
            return dict(self._counts)


class CountRequests:
    """Counts each request by the route that took it, never by its path: that may hold a token."""

    def __init__(self, app: ASGIApp, *, requests: Requests, routes: Sequence[Route]) -> None:
        self.app = app
        self.requests = requests
        self.paths: dict[Callable[..., Any], str] = {route.endpoint: route.path for route in routes}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status = 500

        async def send_counted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, send_counted)
        finally:
            endpoint = scope.get("endpoint")
            route = self.paths.get(endpoint, UNKNOWN) if endpoint is not None else UNKNOWN
            self.requests.count(scope.get(COUNTED_AS, route), status)


def show(request: Request) -> Response:
    """The figures as Prometheus reads them, for this machine or for who knows EXPEDITE_METRICS_TOKEN."""
    site = site_of(request)
    if not _may_read(request, site.settings.metrics_token):
        return PlainTextResponse(
            "ask from this machine, or with the bearer token EXPEDITE_METRICS_TOKEN\n", 401,
            {"www-authenticate": "Bearer"},
        )  # fmt: skip
    # Loaded when it is first asked for: the form is shown without it.
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.exposition import CONTENT_TYPE_LATEST
    from prometheus_client.registry import Collector

    state = request.app.state
    families = list(_families(read_metrics(site.office), state.requests.so_far(), state.webhooks.so_far()))

    class Said(Collector):
        def collect(self) -> Iterable[Metric]:
            return families

    registry = CollectorRegistry(auto_describe=False)
    registry.register(Said())
    return Response(generate_latest(registry), headers={"content-type": CONTENT_TYPE_LATEST})


def _may_read(request: Request, token: str) -> bool:
    if is_loopback(request):
        return True
    scheme, _, said = request.headers.get("authorization", "").partition(" ")
    return bool(token) and scheme.lower() == "bearer" and compare_digest(said.strip().encode(), token.encode())


def _families(
    metrics: Metrics, requests: Mapping[tuple[str, int | str], int], webhooks: Mapping[tuple[str, int | str], int]
) -> Iterable[Metric]:
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    def gauge(name: str, says: str, labels: Sequence[str], values: Mapping[Any, float]) -> Metric:
        family = GaugeMetricFamily(f"expedite_{name}", says, labels=labels)
        for key, value in values.items():
            family.add_metric([key] if isinstance(key, str) else list(key), value)
        return family

    yield gauge("cases", "Cases by status and light.", ("status", "light"), metrics.cases)
    yield gauge("clocks_due", "Clocks whose next step is due.", (), {(): metrics.clocks_due})
    yield gauge("lag_seconds", "How late the oldest that is due is.", ("what",), metrics.lags)
    if metrics.swept is not None:
        yield gauge("sweep_age_seconds", "Seconds since the last sweep ended.", (), {(): metrics.swept})
    yield gauge("outbox_messages", "Messages of the outbox by state.", ("state",), metrics.outbox)
    yield gauge("deliveries", "Deliveries by state and source.", ("state", "source"), metrics.deliveries)
    yield gauge("delivery_edits", "Deliveries that edited an earlier one, by source.", ("source",), metrics.edits)
    yield gauge("notices", "Supervision notices issued, by colour.", ("colour",), metrics.notices)
    answered = CounterMetricFamily(
        "expedite_http_requests", "Requests answered by this process.", labels=("route", "status")
    )
    for (route, status), count in requests.items():
        answered.add_metric([route, str(status)], count)
    yield answered
    came = CounterMetricFamily(
        "expedite_webhook_deliveries", "Deliveries of form services to this process: received, duplicate, refused, too_large.",
        labels=("source", "outcome"),
    )  # fmt: skip
    for (source, outcome), count in webhooks.items():
        came.add_metric([source, str(outcome)], count)
    yield came
