"""The watchdog's look, with what only the engine knows: runs that began and never ended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from prefect import task
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import StateType
from prefect.client.schemas.sorting import FlowRunSort

from services import health, watchdog
from services.office import current_office
from services.watchdog import Look
from tasks.run_record import run_id
from tasks.transient import PAUSES, passes

STALE = timedelta(hours=1)
"""No run of ours takes as long; one that is pending or running for more has lost its worker."""

MOST = 200


def stale_runs() -> int:
    """How many runs began long ago and have not ended, at most 200; 0 outside a run."""
    if not run_id():
        return 0
    unended = FlowRunFilter(
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.PENDING, StateType.RUNNING]))
    )
    oldest = get_client(sync_client=True).read_flow_runs(
        flow_run_filter=unended, sort=FlowRunSort.EXPECTED_START_TIME_ASC, limit=MOST
    )
    before = datetime.now(UTC) - STALE
    return sum(1 for run in oldest if run.expected_start_time is not None and run.expected_start_time < before)


@task(name="watch", retries=len(PAUSES), retry_delay_seconds=list(PAUSES), retry_condition_fn=passes)
def watch() -> Look:
    """Tell the operator what is new and what is over; a repeated look tells nothing twice."""
    office = current_office()
    look = watchdog.watch(office, health.stale_runs(stale_runs()), unseen=())
    watchdog.signal(office, look)
    return look
