"""One worker process put together: slots, leases, the worker, its standing flows and the search for orphans."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import anyio

from deployments.catalogue import Deployment
from deployments.execution import Runs
from deployments.orphans import Orphans
from deployments.registration import DropDowns, register
from deployments.run_leases import SECONDS, LeaseBook, RunLeases
from deployments.server_client import answers, loop_client
from deployments.slots import Slots
from deployments.standing import StandingFlow, StandingLoop
from deployments.worker import POOL, InProcessWorker

logger = logging.getLogger("expedite.engine")

DRAIN_SECONDS = 25.0
BEAT_EVERY = 30.0
REGISTER_EVERY = 60.0
LOOK_EVERY = 5.0
"""The directory changes every week and the policy at times: the drop-downs follow within seconds. What somebody changed on
the server itself is put right within a minute."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a worker process is to do.

    `drop_downs` is asked again each time, because policy and directory change; `slots` runs go side by side.
    """

    catalogue: Sequence[Deployment]
    standing: Sequence[StandingFlow]
    book: LeaseBook
    drop_downs: Callable[[], DropDowns]
    zone: str
    slots: int = 1
    lease_seconds: float = SECONDS
    pool: str = POOL
    ready: Callable[[], None] = lambda: None
    beat: Callable[[], None] = lambda: None
    registered: Callable[[Mapping[str, str], DropDowns], None] = lambda _ids, _drop_downs: None
    """Told the deployments' ids by name, and their drop-downs, whenever they were registered."""


class Engine:
    """A worker process from its first look at the server to its last run."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._slots = Slots(plan.slots)
        self._leases = RunLeases(plan.book, plan.lease_seconds)
        self._runs = Runs(self._leases)
        self._standing = [
            StandingLoop(flow, slots=self._slots, runs=self._runs, leases=self._leases) for flow in plan.standing
        ]
        name = f"{socket.gethostname()} {os.getpid()}".replace("/", "-").replace("%", "-")
        self._worker = InProcessWorker(slots=self._slots, runs=self._runs, name=name, pool=plan.pool)
        self._stopped = False
        self._offered: DropDowns | None = None
        self._limit: anyio.CancelScope

    async def run(self) -> bool:
        """Work until SIGTERM or SIGINT; True if everything under way came to its end in time."""
        self._limit = anyio.CancelScope()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        async with loop_client():
            if not await self._reach_server():
                return True
            worker = self._worker
            worker.beside(Orphans(lambda: worker.client, self._leases, self._plan.pool, worker.wake).watch)
            worker.beside(self._keep_registered)
            worker.beside(self._keep_beating)
            for standing in self._standing:
                standing.start(self._standing)
            self._plan.ready()
            with self._limit:
                await worker.start(printer=logger.debug)
        for standing in self._standing:
            standing.join(timeout=1.0)
        self._leases.close()
        return self._slots.close(timeout=1.0) and not self._limit.cancelled_caught

    def _stop(self) -> None:
        if self._stopped:
            return
        self._stopped = True
        logger.info("stopping: runs under way come to their end")
        for standing in self._standing:
            standing.stop()
        self._runs.drain()
        self._worker.stop()
        asyncio.get_running_loop().call_later(DRAIN_SECONDS, self._give_up)

    def _give_up(self) -> None:
        logger.error("runs under way did not end within %.0f s; they are found by their leases", DRAIN_SECONDS)
        self._limit.cancel()

    async def _reach_server(self) -> bool:
        """Wait for the Prefect server and register; False if asked to stop meanwhile."""
        said = time.monotonic()
        while not self._stopped:
            if await asyncio.to_thread(answers) and await self._register():
                return True
            if time.monotonic() - said > 10:
                logger.warning("still waiting for the Prefect server")
                said = time.monotonic()
            await asyncio.sleep(0.3)
        return False

    async def _keep_registered(self) -> None:
        registered = time.monotonic()
        while True:
            await asyncio.sleep(LOOK_EVERY)
            if time.monotonic() - registered >= REGISTER_EVERY or await self._offers_others():
                await self._register()
                registered = time.monotonic()

    async def _offers_others(self) -> bool:
        """Whether policy or directory offer something else than what was registered."""
        try:
            return await asyncio.to_thread(self._plan.drop_downs) != self._offered
        except Exception:
            logger.warning("could not look at what the drop-downs offer", exc_info=True)
            return False

    async def _keep_beating(self) -> None:
        while True:
            try:
                await asyncio.to_thread(self._plan.beat)
            except Exception:
                logger.warning("could not say that this worker is alive", exc_info=True)
            await asyncio.sleep(BEAT_EVERY)

    async def _register(self) -> bool:
        plan = self._plan
        ids: dict[str, str] = {}
        try:
            drop_downs = await asyncio.to_thread(plan.drop_downs)
            work = self._slots.submit(
                lambda client: register(client, plan.catalogue, drop_downs, plan.zone, plan.pool, ids)
            )
            await asyncio.wrap_future(work)
            await asyncio.to_thread(plan.registered, ids, drop_downs)
            self._offered = drop_downs
        except Exception:
            logger.exception("could not register the deployments")
            return False
        return True
