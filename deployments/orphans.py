"""Runs that a dead worker left behind: asked for again where only the run knows of the work, closed where rows do.

Prefect shows them as Running for ever. A run of ours that lives holds a lease in our database (`run_leases`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    WorkPoolFilter,
    WorkPoolFilterName,
)
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.exceptions import ObjectNotFound
from prefect.states import Cancelled, Crashed, Scheduled

from deployments.run_leases import RunLeases, run_lease

logger = logging.getLogger("expedite.orphans")

STANDING_TAG = "standing"
LOOK_EVERY = 15.0
FIRST_LOOKS = (0.0, 0.5, 0.3, 0.3)
"""Pauses before the first looks, in lengths of a lease: what a worker held that was killed just now lapses meanwhile."""
MOST_ATTEMPTS = 3

UNDER_WAY = [StateType.PENDING, StateType.RUNNING, StateType.CANCELLING]


def ending_of(flow_run: FlowRun) -> State[None]:
    """What becomes of an orphan.

    A cancelled one ends as its user wished. Standing and scheduled runs find their work in rows: the next one does it.
    What a person asked for exists only as this run's parameters, so it is asked for again under the same id, which makes
    repeating it harmless; a run that took its worker down three times is not.
    """
    state = flow_run.state
    if state is not None and state.is_cancelling():
        return Cancelled(message="Cancelled; its worker had stopped.")
    if flow_run.auto_scheduled or STANDING_TAG in flow_run.tags:
        return Crashed(message="Its worker stopped. Nothing is lost: the next run finds what was left.")
    if (flow_run.run_count or 0) >= MOST_ATTEMPTS:
        return Crashed(
            message=f"Its worker stopped {flow_run.run_count} times while it ran. Look into the worker's log."
        )
    return Scheduled(message="Its worker stopped; asked for again under the same id.")


class Orphans:
    """Looks for orphans of one pool."""

    def __init__(self, client: Callable[[], PrefectClient], leases: RunLeases, pool: str, found: Callable[[], None]):
        self._client = client
        self._leases = leases
        self._pool = pool
        self._found = found

    async def watch(self) -> None:
        """Look now, again while leases of a worker killed just now lapse, and then every `LOOK_EVERY` seconds."""
        for pause in FIRST_LOOKS:
            await asyncio.sleep(pause * self._leases.seconds)
            await self._look_quietly()
        while True:
            await asyncio.sleep(LOOK_EVERY)
            await self._look_quietly()

    async def look(self) -> int:
        """Deal with every orphan there is now; returns how many there were."""
        dealt = 0
        for flow_run in await self._under_way():
            if await asyncio.to_thread(self._leases.alive, run_lease(flow_run.id)):
                continue
            # It may have ended between the listing and the look at its lease; what ends frees its lease last.
            try:
                now = await self._client().read_flow_run(flow_run.id)
            except ObjectNotFound:
                continue
            if now.state is None or flow_run.state is None or now.state.id != flow_run.state.id:
                continue
            ending = ending_of(now)
            await self._client().set_flow_run_state(now.id, ending, force=True)
            logger.warning("run %s (%s) lost its worker: %s", now.name, now.id, ending.message)
            dealt += 1
        if dealt:
            self._found()
        return dealt

    async def _look_quietly(self) -> None:
        try:
            await self.look()
        except httpx.HTTPError as unreachable:
            logger.info("looked for no orphans, the Prefect server does not answer: %r", unreachable)
        except Exception:
            logger.exception("looking for orphans failed")

    async def _under_way(self) -> list[FlowRun]:
        # A standing run exists for a moment before it holds its lease.
        settled = datetime.now(UTC) - timedelta(seconds=self._leases.seconds / 2)
        runs = await self._client().read_flow_runs(
            flow_run_filter=FlowRunFilter(
                state=FlowRunFilterState(type=FlowRunFilterStateType(any_=UNDER_WAY)),
            ),
            work_pool_filter=WorkPoolFilter(name=WorkPoolFilterName(any_=[self._pool])),
            limit=200,
        )
        return [run for run in runs if run.state is not None and run.state.timestamp < settled]
