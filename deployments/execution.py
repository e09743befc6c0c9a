"""One run, executed by Prefect's flow engine in a slot of this process."""

from __future__ import annotations

import logging
from functools import cache
from threading import Lock
from typing import Any
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import FlowRun, State
from prefect.exceptions import Abort, ObjectNotFound, Pause
from prefect.flow_engine import run_flow
from prefect.flows import Flow, load_flow_from_entrypoint
from prefect.settings import PREFECT_LOCAL_STORAGE_PATH
from prefect.states import Cancelled, Crashed, Pending
from prefect.utilities.engine import propose_state_sync

from deployments.run_leases import RunLeases, run_lease
from tasks.stopping import StopSign, watching

logger = logging.getLogger("expedite.runs")


@cache
def load(entrypoint: str) -> Flow[..., Any]:
    """The flow at a dotted path such as `flows.receive_submissions.receive_submissions`; what its import raises."""
    flow: Flow[..., Any] = load_flow_from_entrypoint(entrypoint, use_placeholder_flow=False)
    # No result is kept; a flow that names no storage asks the server for one whenever it runs.
    return flow.with_options(result_storage=PREFECT_LOCAL_STORAGE_PATH.value(), persist_result=False)


class Runs:
    """The runs that this process executes now, and the way to ask each to stop."""

    def __init__(self, leases: RunLeases) -> None:
        self._leases = leases
        self._signs: dict[UUID, StopSign] = {}
        self._draining = False
        self._lock = Lock()

    def here(self) -> list[UUID]:
        """The runs that execute in this process now."""
        with self._lock:
            return list(self._signs)

    def cancel(self, flow_run_id: UUID) -> bool:
        """Ask a run of this process to stop; False if it is not here."""
        with self._lock:
            sign = self._signs.get(flow_run_id)
        if sign is None:
            return False
        sign.cancel()
        return True

    def drain(self) -> None:
        """Ask every run, and every later one, to stop at its next safe place."""
        with self._lock:
            self._draining = True
            for sign in self._signs.values():
                sign.drain()

    def execute(self, client: SyncPrefectClient, flow_run: FlowRun, entrypoint: str) -> State[Any] | None:
        """Run `flow_run` to its end and return its last state; None if it was not ours to run.

        The lease comes first: a run that the server shows as Pending or Running without one lost its worker.
        """
        with self._leases.holding(run_lease(flow_run.id)) as held:
            if not held:
                return None
            sign = StopSign()
            with self._lock:
                self._signs[flow_run.id] = sign
                if self._draining:
                    sign.drain()
            try:
                return self._execute(client, flow_run, entrypoint, sign)
            finally:
                with self._lock:
                    del self._signs[flow_run.id]

    def _execute(
        self, client: SyncPrefectClient, flow_run: FlowRun, entrypoint: str, sign: StopSign
    ) -> State[Any] | None:
        try:
            if flow_run.state is None or not flow_run.state.is_pending():
                state = propose_state_sync(client, Pending(), flow_run_id=flow_run.id)
                if not state.is_pending():
                    # Another worker has it, it waits for a concurrency slot, or somebody cancelled it.
                    return state
            flow = load(entrypoint)
            # With a deployment the engine opens one more websocket for each run, to hear of suspensions: 150 ms that
            # our runs, which are never suspended, need not pay. It reads the whole run again before it starts.
            bare = flow_run.model_copy(update={"deployment_id": None})
            with watching(sign):
                ended = run_flow(flow, flow_run=bare, return_type="state")
        except (Abort, Pause, ObjectNotFound) as ending:
            logger.info("run %s was not executed: %s", flow_run.id, ending)
            return None
        except Exception as error:
            logger.exception("run %s could not be executed", flow_run.id)
            return propose_state_sync(
                client, Crashed(message=f"The run could not be executed: {error!r}"), flow_run_id=flow_run.id
            )
        if not isinstance(ended, State):
            raise TypeError(f"{entrypoint} is no plain flow: its run ended as {type(ended).__name__}")
        if sign.cancelled and not ended.is_cancelled():
            message = "Cancelled: stopped at the next safe place; what was done stands."
            return propose_state_sync(client, Cancelled(message=message), flow_run_id=flow_run.id, force=True)
        return ended
