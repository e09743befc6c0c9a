"""The morning digest."""

from __future__ import annotations

from prefect import task

from services import digest
from services.digest import DigestReport
from services.office import current_office
from tasks.transient import PAUSES, passes


@task(name="morning-digest", retries=len(PAUSES), retry_delay_seconds=list(PAUSES), retry_condition_fn=passes)
def send_digests(dry_run: bool) -> DigestReport:
    """Owe today's digests; a repeated call owes none a second time."""
    return digest.send_digests(current_office(), dry_run=dry_run)
