"""Projects' plans, recorded from Prefect's UI."""

from __future__ import annotations

from collections.abc import Mapping

from prefect import task

from services import milestones
from services.desk import StepResult
from services.office import current_office
from tasks.run_record import run_id
from tasks.transient import PAUSES, passes


@task(name="set", retries=len(PAUSES), retry_delay_seconds=list(PAUSES), retry_condition_fn=passes)
def record(asked: Mapping[str, object]) -> StepResult:
    """Record one thing of a plan; repeating it under the same run returns what it said."""
    return milestones.set_milestone(current_office(), dict(asked), run_id())


def node_name(code: str) -> str:
    """What the policy calls a node of the chain, in both languages; its code where it has none such, "" for none."""
    known = current_office().policy.milestones.node(code)
    return f"{known.label.zh} {known.label.en}" if known is not None else code
