"""The desk's own steps, asked for from Prefect's UI."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from prefect import task

from services import desk
from services.desk import StepResult
from services.office import current_office
from tasks.run_record import run_id
from tasks.transient import PAUSES, passes


@task(name="coordinate", retries=len(PAUSES), retry_delay_seconds=list(PAUSES), retry_condition_fn=passes)
def take_step(step: str, cases: Sequence[str], fields: Mapping[str, object]) -> list[StepResult]:
    """Take one step on each case. The run's id is the command's: repeating it returns what was stored."""
    return desk.coordinate(current_office(), step, list(cases), dict(fields), run_id())


@task(name="register", retries=len(PAUSES), retry_delay_seconds=list(PAUSES), retry_condition_fn=passes)
def register_report(report: Mapping[str, object]) -> StepResult:
    """Register a report for an enterprise; repeating it under the same run returns the same case."""
    return desk.register(current_office(), dict(report), run_id())
