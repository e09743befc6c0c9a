"""The connection to the Prefect server: one client per thread, patient where the server is busy for a moment.

On SQLite the server answers 503 whenever two of its own writes meet, for example a task's record and the next run.
Prefect's client then waits two seconds and more; asked again after some tens of milliseconds, the server has finished.
"""

from __future__ import annotations

import random
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager

import anyio
import httpx
from prefect.client.orchestration import PrefectClient, SyncPrefectClient, get_client
from prefect.context import AsyncClientContext, SyncClientContext
from prefect.settings import (
    PREFECT_API_URL,
    PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
    temporary_settings,
)

BUSY = 503
PAUSES = (0.02, 0.04, 0.08, 0.16, 0.3, 0.6, 1.0)
"""Seconds between attempts while the server is busy; after the last, Prefect's own slower retries take over."""


def _jittered(seconds: float) -> float:
    return seconds * (0.75 + 0.5 * random.random())  # noqa: S311 -- spreads attempts, guards nothing


class PatientTransport(httpx.HTTPTransport):
    """Repeats a request that was answered 503 without a Retry-After."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        for pause in PAUSES:
            if response.status_code != BUSY or "Retry-After" in response.headers:
                break
            response.close()
            time.sleep(_jittered(pause))
            response = super().handle_request(request)
        return response


class PatientAsyncTransport(httpx.AsyncHTTPTransport):
    """The same for the worker's event loop."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        for pause in PAUSES:
            if response.status_code != BUSY or "Retry-After" in response.headers:
                break
            await response.aclose()
            await anyio.sleep(_jittered(pause))
            response = await super().handle_async_request(request)
        return response


class _SharedContext(SyncClientContext):
    """The context in which Prefect looks for this thread's client.

    Built with our transport by its own means, Prefect would take the client for a special one and open a second (30 ms of
    certificates) wherever its engine asks for any.
    """

    def __init__(self) -> None:
        client = get_client(sync_client=True, httpx_settings={"transport": PatientTransport(retries=3)})
        super(SyncClientContext, self).__init__(client=client)


class _SharedLoopContext(AsyncClientContext):
    """The same for an event loop."""

    def __init__(self) -> None:
        client = get_client(httpx_settings={"transport": PatientAsyncTransport(retries=3)})
        super(AsyncClientContext, self).__init__(client=client)


@contextmanager
def engine_client() -> Iterator[SyncPrefectClient]:
    """A client for this thread that Prefect's flow engine finds and shares while the block lasts.

    Heartbeats are off inside: a `def` flow joins its heartbeat thread at its end, which sleeps in steps of a second.
    Leases in our own database say which runs live.
    """
    with ExitStack() as stack:
        stack.enter_context(temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}))
        yield stack.enter_context(_SharedContext()).client


@asynccontextmanager
async def loop_client() -> AsyncIterator[PrefectClient]:
    """A client for this event loop that the worker and its observers find and share while the block lasts."""
    async with _SharedLoopContext() as context:
        yield context.client


def answers(timeout: float = 2.0) -> bool:
    """Whether the server named by PREFECT_API_URL answers its health check."""
    try:
        return httpx.get(f"{PREFECT_API_URL.value()}/health", timeout=timeout).is_success
    except httpx.HTTPError:
        return False
