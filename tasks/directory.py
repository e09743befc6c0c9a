"""Changes of the directory, the policy and the calendar, asked for from Prefect's UI."""

from __future__ import annotations

from collections.abc import Mapping

from prefect import task

from services import desk_edits
from services.desk import StepResult
from services.desk_edits import Asked
from services.directory_change import Difference
from services.office import current_office
from tasks.run_record import run_id
from tasks.transient import PAUSES, passes

BY = "desk (prefect)"
"""Who changed it, as the record says: in Prefect's UI nobody is known by name."""


@task(name="show", retries=len(PAUSES), retry_delay_seconds=list(PAUSES), retry_condition_fn=passes)
def show_change(asked: Mapping[str, object]) -> Difference:
    """What would change, or every mistake; nothing is written. `asked` has the fields of `desk_edits.Asked`."""
    return desk_edits.show(current_office(), Asked(**asked))  # type: ignore[arg-type]  # a run's parameters, checked by Prefect


@task(name="apply", retries=len(PAUSES), retry_delay_seconds=list(PAUSES), retry_condition_fn=passes)
def apply_change(asked: Mapping[str, object], shown: str) -> StepResult:
    """Apply what was shown under that digest. The run's id is the command's: repeating it returns what was stored."""
    return desk_edits.carry_out(current_office(), Asked(**asked), run_id(), BY, shown)  # type: ignore[arg-type]  # as above
