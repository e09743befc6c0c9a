"""The standing flows: where rows wait, a real flow run is made for them at once, one at a time for each flow.

Level-triggered: a cheap query says whether anything waits. A lost look, a lost run or a stopped server costs only time.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import FlowRun, State
from prefect.exceptions import ObjectNotFound, PrefectException
from prefect.states import Pending

from deployments.execution import Runs
from deployments.orphans import STANDING_TAG
from deployments.run_leases import RunLeases, run_lease
from deployments.server_client import engine_client
from deployments.slots import Slots

logger = logging.getLogger("expedite.standing")

LOOK_EVERY = 0.1
HELD_ELSEWHERE = 1.0
LONGEST_PAUSE = 60.0
UNREACHABLE_PAUSE = 3.0
BURST = 20
PER_SECOND = 1.0
"""Runs of one flow: a few right after one another, and one per second in the long run, whatever comes in."""


@dataclass(frozen=True, slots=True)
class StandingFlow:
    """A deployment whose runs are made when `wanted()` says that rows wait for it; its flow returns how many it handled."""

    deployment: str
    entrypoint: str
    wanted: Callable[[], bool]

    @property
    def lease(self) -> str:
        return f"standing:{self.deployment}"


class Pace:
    """A bucket of runs: holds `BURST`, refills by `PER_SECOND`."""

    def __init__(self) -> None:
        self._tokens = float(BURST)
        self._at = time.monotonic()

    def pause(self) -> float:
        """Take one run out; returns the seconds to wait before it may start."""
        now = time.monotonic()
        self._tokens = min(BURST, self._tokens + (now - self._at) * PER_SECOND)
        self._at = now
        self._tokens -= 1
        return max(0.0, -self._tokens / PER_SECOND)


class StandingLoop:
    """The thread that keeps one standing flow going."""

    def __init__(self, flow: StandingFlow, *, slots: Slots, runs: Runs, leases: RunLeases) -> None:
        self.flow = flow
        self._slots = slots
        self._runs = runs
        self._leases = leases
        self._deployment: Any = None
        self._siblings: list[StandingLoop] = []
        self._looks = threading.Event()
        self._closing = threading.Event()
        self._pace = Pace()
        self._thread = threading.Thread(target=self._keep, name=flow.deployment, daemon=True)

    def start(self, siblings: list[StandingLoop]) -> None:
        """Begin; after each run the siblings look at once, because one flow's work is often the next one's cause."""
        self._siblings = [loop for loop in siblings if loop is not self]
        self._thread.start()

    def look(self) -> None:
        """Look now rather than at the next tick."""
        self._looks.set()

    def stop(self) -> None:
        """Start no more runs."""
        self._closing.set()
        self._looks.set()

    def join(self, timeout: float) -> None:
        self._thread.join(timeout)

    def _keep(self) -> None:
        with engine_client() as client:
            self._look_again_and_again(client)

    def _look_again_and_again(self, client: SyncPrefectClient) -> None:
        failures = 0
        while not self._closing.is_set():
            self._looks.clear()
            try:
                pause = self._tend(client)
                failures = 0
            except (httpx.HTTPError, PrefectException) as unreachable:
                failures += 1
                pause = min(UNREACHABLE_PAUSE, self._after(failures))
                logger.warning("%s waits %.0f s for the Prefect server: %r", self.flow.deployment, pause, unreachable)
            except Exception:
                failures += 1
                pause = self._after(failures)
                logger.exception("%s failed, next attempt in %.0f s", self.flow.deployment, pause)
            if failures or pause > LOOK_EVERY:
                self._closing.wait(pause)
            else:
                self._looks.wait(pause)

    @staticmethod
    def _after(failures: int) -> float:
        return min(LONGEST_PAUSE, 0.5 * 2.0 ** min(failures, 10))

    def _tend(self, client: SyncPrefectClient) -> float:
        """Run the flow if rows wait; returns the seconds until the next look. Raises what went wrong."""
        if not self.flow.wanted():
            return LOOK_EVERY
        if self._closing.wait(self._pace.pause()):
            return 0.0
        with self._leases.holding(self.flow.lease) as held:
            if not held:
                return HELD_ELSEWHERE
            ended = self._run(client)
        for sibling in self._siblings:
            sibling.look()
        if ended is None:
            return LOOK_EVERY
        if not (ended.is_completed() or ended.is_cancelled()):
            raise RuntimeError(f"its run ended {ended.name}: {ended.message}")
        if ended.is_completed() and ended.result(raise_on_failure=False) == 0 and self.flow.wanted():
            # Rows that no run can handle would otherwise keep runs coming for ever.
            raise RuntimeError("its run handled nothing, and rows still wait")
        return 0.0

    def _run(self, client: SyncPrefectClient) -> State[Any] | None:
        # Made before a slot is free: the mail's run is ready when the one that owed the mail has ended.
        flow_run = self._create(client)
        with self._leases.holding(run_lease(flow_run.id)) as held:
            if not held:
                return None
            work = self._slots.submit(lambda slot: self._runs.execute(slot, flow_run, self.flow.entrypoint))
            return work.result()

    def _create(self, client: SyncPrefectClient) -> FlowRun:
        """Make the run in Pending, so that no worker's poll takes it as well."""
        if self._deployment is None:
            name = self.flow.deployment
            self._deployment = client.read_deployment_by_name(f"{name}/{name}").id
        try:
            return client.create_flow_run_from_deployment(
                self._deployment, state=Pending(), tags=[STANDING_TAG], name=self.flow.deployment
            )
        except ObjectNotFound:
            self._deployment = None
            raise
