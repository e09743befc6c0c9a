"""The in-process worker: takes runs from its pool and executes them in slots, never on its event loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any
from uuid import UUID

import anyio
import anyio.abc
import httpx
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterId,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.events.clients import get_events_subscriber
from prefect.events.filters import EventAnyResourceFilter, EventFilter, EventNameFilter
from prefect.exceptions import ObjectNotFound, PrefectException
from prefect.workers.base import BaseJobConfiguration, BaseVariables, BaseWorker, BaseWorkerResult

from deployments.execution import Runs
from deployments.slots import Slots

logger = logging.getLogger("expedite.worker")

POOL = "expedite"
POLL_SECONDS = 3.0
"""The scheduler inserts its runs in bulk, without an event for each: what no event announces is found by polling."""
SYNC_SECONDS = 20
RUN_RESOURCE = "prefect.flow-run."
SCHEDULED, CANCELLING = f"{RUN_RESOURCE}Scheduled", f"{RUN_RESOURCE}Cancelling"

Chore = Callable[[], Coroutine[Any, Any, None]]


class InProcessWorker(BaseWorker[BaseJobConfiguration, BaseVariables, BaseWorkerResult]):
    """A Prefect worker whose infrastructure is this process: a run costs no start of an interpreter.

    It proposes Pending and executes, and leaves out what the base class does for remote infrastructure (templates,
    labels, a Submitting state: five requests to the server for each run).
    """

    type = "expedite"
    job_configuration = BaseJobConfiguration
    _description = "Runs Expedite's flows inside the worker's own process."

    def __init__(self, *, slots: Slots, runs: Runs, name: str, pool: str = POOL) -> None:
        super().__init__(
            work_pool_name=pool,
            name=name,
            limit=slots.count,
            # Prefetched runs would wait for their time in a slot that another run could use.
            prefetch_seconds=0,
            heartbeat_interval_seconds=SYNC_SECONDS,
        )
        self._slots = slots
        self._runs = runs
        self._entrypoints: dict[UUID, str] = {}
        self._wake = asyncio.Event()
        self._stopping = asyncio.Event()
        self._chores: list[Chore] = []

    def beside(self, chore: Chore) -> None:
        """Have `chore` run beside the polling, from start to stop."""
        self._chores.append(chore)

    def stop(self) -> None:
        """Take no new runs, let those under way end at their next safe place, then return from `start`."""
        self._stopping.set()

    def wake(self) -> None:
        """Look for runs now rather than at the next poll."""
        self._wake.set()

    async def start(
        self, run_once: bool = False, with_healthcheck: bool = False, printer: Callable[..., None] = print
    ) -> None:
        """Work until `stop()` is called; the deployments' schedules are left as they are."""
        async with self:
            self._started_event = await self._emit_worker_started_event()
            async with anyio.create_task_group() as loops:
                for loop in (self._poll, self._keep_synced, self._listen, *self._chores):
                    loops.start_soon(loop)
                await self._stopping.wait()
                loops.cancel_scope.cancel()
            self._runs.drain()
            # Leaving the context waits for the runs under way.

    async def run(
        self,
        flow_run: FlowRun,
        configuration: BaseJobConfiguration,
        task_status: anyio.abc.TaskStatus[int] | None = None,
    ) -> BaseWorkerResult:
        """Execute one run to its end; the engine reports its state itself, so the result is always a success."""
        if task_status is not None:
            task_status.started(0)
        await self._execute(flow_run)
        return BaseWorkerResult(identifier=str(flow_run.id), status_code=0)

    async def entrypoint(self, flow_run: FlowRun) -> str:
        """The dotted path of the run's flow; LookupError if its deployment is gone or names none."""
        if flow_run.deployment_id is None:
            raise LookupError(f"run {flow_run.id} has no deployment")
        known = self._entrypoints.get(flow_run.deployment_id)
        if known is None:
            try:
                deployment = await self.client.read_deployment(flow_run.deployment_id)
            except ObjectNotFound as gone:
                raise LookupError(f"deployment {flow_run.deployment_id} is gone") from gone
            if not deployment.entrypoint:
                raise LookupError(f"deployment {deployment.name} names no flow")
            known = self._entrypoints[flow_run.deployment_id] = deployment.entrypoint
        return known

    async def _submit_run(self, flow_run: FlowRun) -> None:
        try:
            await self._execute(flow_run)
        except LookupError as gone:
            await self._mark_flow_run_as_cancelled(flow_run, state_updates={"message": str(gone)})
        except Exception:
            # The run's lease is released by now: the search for orphans decides what becomes of it.
            logger.exception("run %s was lost on its way", flow_run.id)
        finally:
            self._release_limit_slot(flow_run.id)
            self._submitting_flow_run_ids.discard(flow_run.id)
            # The limit may have kept the next run waiting.
            self.wake()

    async def _execute(self, flow_run: FlowRun) -> State[Any] | None:
        entrypoint = await self.entrypoint(flow_run)
        work = self._slots.submit(lambda client: self._runs.execute(client, flow_run, entrypoint))
        return await asyncio.wrap_future(work)

    def _cancel(self, flow_run_id: UUID) -> None:
        if self._runs.cancel(flow_run_id):
            logger.info("run %s is asked to stop", flow_run_id)

    async def _poll(self) -> None:
        while True:
            self._wake.clear()
            try:
                await self.get_and_submit_flow_runs()
                await self._look_for_cancelled()
            except (httpx.HTTPError, PrefectException) as unreachable:
                logger.warning("the Prefect server does not answer: %r", unreachable)
            with anyio.move_on_after(POLL_SECONDS):
                await self._wake.wait()

    async def _look_for_cancelled(self) -> None:
        """Find what the event stream did not tell; an idle worker asks nothing."""
        if not (here := self._runs.here()):
            return
        cancelling = await self.client.read_flow_runs(
            flow_run_filter=FlowRunFilter(
                id=FlowRunFilterId(any_=here),
                state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.CANCELLING])),
            )
        )
        for flow_run in cancelling:
            self._cancel(flow_run.id)

    async def _keep_synced(self) -> None:
        pause = 1.0
        while True:
            try:
                await self._sync_and_initialize()
                pause = float(SYNC_SECONDS)
            except (httpx.HTTPError, PrefectException) as unreachable:
                pause = min(pause * 2, SYNC_SECONDS)
                logger.warning("the Prefect server does not answer: %r", unreachable)
            await anyio.sleep(pause)

    async def _listen(self) -> None:
        """Hear of each run that somebody asks for or cancels, at once instead of at the next poll."""
        while True:
            try:
                async with get_events_subscriber(filter=self._events_here()) as events:
                    # What came between the last poll and this subscription.
                    self.wake()
                    async for event in events:
                        if event.event == CANCELLING:
                            self._cancel(UUID(event.resource.id.removeprefix(RUN_RESOURCE)))
                        else:
                            self.wake()
            except Exception as lost:
                logger.info("the event stream is lost, polling goes on: %r", lost)
            await anyio.sleep(POLL_SECONDS)

    def _events_here(self) -> EventFilter:
        here = EventAnyResourceFilter(id=[f"prefect.work-pool.{self._work_pool.id}"]) if self._work_pool else None
        wanted = EventFilter(event=EventNameFilter(name=[SCHEDULED, CANCELLING]))
        return wanted if here is None else wanted.model_copy(update={"any_resource": here})
