"""What a run leaves for its reader in Prefect's UI: a name that says what it did, tags, one table.

Codes, counts and links only. Prefect keeps them outside our redaction, so no name or text of a case may come here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import ArtifactCreate
from prefect.client.schemas.objects import FlowRun
from prefect.context import FlowRunContext
from prefect.logging import get_run_logger

from domain.policy import Label
from services.desk import StepResult
from services.identities import UNNAMED
from tasks.table_words import DONE, REFUSED, both, counted, row_of, title_of

__all__ = ["UNNAMED", "leave_results", "leave_table", "name_results", "name_run", "refusals", "run_id", "say"]

MOST_TAGS = 20
"""A run over hundreds of cases is found by its table, not by tags."""


def name_run(did: Label, about: str, codes: Sequence[str] = ()) -> None:
    """Name the current run by what it did, as pages call it, and tag it with the codes of its cases; nothing happens outside a run."""
    run = _current_run()
    if run is None:
        return
    tags = dict.fromkeys([*run.tags, *codes[:MOST_TAGS]])
    get_client(sync_client=True).update_flow_run(run.id, name=title_of(did, about), tags=list(tags))


def name_results(step: Label, results: Sequence[StepResult]) -> None:
    """Name the current run by a step and the codes of its cases; restricted ones are counted and not named."""
    codes = [row.case for row in results if row.case != UNNAMED]
    name_run(step, codes[0] if len(codes) == len(results) == 1 else counted(len(results), "件", "cases"), codes)


def leave_table(key: str, rows: Sequence[Mapping[str, object]], says: Label) -> None:
    """Leave a table artifact under `key` in both languages, with a sentence above it; nothing happens outside a run."""
    run = _current_run()
    if run is None:
        return
    artifact = ArtifactCreate(
        key=key,
        type="table",
        description=f"{says.zh}\n\n{says.en}",
        data=json.dumps([row_of(row) for row in rows], ensure_ascii=False),
        flow_run_id=run.id,
    )
    get_client(sync_client=True).create_artifact(artifact)


def leave_results(key: str, column: str, step: Label, results: Sequence[StepResult]) -> None:
    """Leave a table of what became of each case or request."""
    done = sum(1 for row in results if row.done)
    leave_table(
        key,
        [{column: row.case, "done": DONE if row.done else REFUSED, "says": row.says} for row in results],
        Label(
            f"{step.zh}：共 {len(results)} 件，完成 {done} 件。",
            f"{step.en}: {done} of {len(results)} done.",
        ),
    )


def refusals(results: Sequence[StepResult]) -> str:
    """Why a run failed of which every case was refused, in both languages; the table has those beyond the fifth."""
    return "; ".join(f"{row.case}: {both(row.says)}" if row.case else both(row.says) for row in results[:5])


def say(text: str, *facts: object) -> None:
    """A line in the run's log; nothing happens outside a run."""
    if _current_run() is not None:
        get_run_logger().info(text, *facts)


def run_id() -> str:
    """The current run's id, which makes what it asks for idempotent; "" outside a run."""
    run = _current_run()
    return str(run.id) if run is not None else ""


def _current_run() -> FlowRun | None:
    context = FlowRunContext.get()
    return context.flow_run if context is not None else None
