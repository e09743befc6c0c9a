"""Waiting submissions, batch by batch."""

from __future__ import annotations

from collections.abc import Sequence

from prefect import task

from services import desk, intake, receiver
from services.desk import StepResult
from services.office import current_office
from services.receiver import Received
from tasks.run_record import run_id
from tasks.transient import PAUSES, passes, patiently


@patiently
def receive_batch(limit: int = 200) -> Received:
    """Turn at most `limit` waiting submissions into cases, in one short transaction."""
    return receiver.receive_waiting(current_office(), limit)


@patiently
def anything_waits() -> bool:
    """Whether submissions wait."""
    return intake.waiting(current_office())


@task(name="accept reports", retries=len(PAUSES), retry_delay_seconds=list(PAUSES), retry_condition_fn=passes)
def accept_reports(receipts: Sequence[str]) -> list[StepResult]:
    """Accept reports that nobody has confirmed, by receipt; repeating it under the same run changes nothing."""
    return desk.accept_reports(current_office(), list(receipts), run_id())
