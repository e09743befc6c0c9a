"""Factor requests and the desk's steps on them, asked for from Prefect's UI."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from prefect import task

from services import guarantees
from services.desk import StepResult
from services.office import current_office
from tasks.run_record import run_id
from tasks.transient import PAUSES, passes


@task(name="request", retries=len(PAUSES), retry_delay_seconds=list(PAUSES), retry_condition_fn=passes)
def open_request(asked: Mapping[str, object]) -> StepResult:
    """Open a factor request; repeating it under the same run returns the same code."""
    return guarantees.request(current_office(), dict(asked), run_id())


@task(name="advance", retries=len(PAUSES), retry_delay_seconds=list(PAUSES), retry_condition_fn=passes)
def take_factor_step(step: str, codes: Sequence[str], fields: Mapping[str, object]) -> list[StepResult]:
    """Take one step on each request. The run's id is the command's: repeating it returns what was stored."""
    return guarantees.advance(current_office(), step, list(codes), dict(fields), run_id())
