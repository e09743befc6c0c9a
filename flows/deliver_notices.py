"""Send what the outbox owes."""

from __future__ import annotations

from collections import Counter

from prefect import flow

from domain.policy import Label
from notifications.names import name_of
from tasks.mail import anything_owed, deliver_batch
from tasks.run_record import leave_table, name_run
from tasks.stopping import batches
from tasks.table_words import counted

SECONDS = 2.0
"""How long one run sends before new reports have their turn."""


@flow(name="deliver-notices", persist_result=False)
def deliver_notices() -> int:
    """Send every message that is owed now, until none is or the run's time is over; returns how many it handled."""
    delivered = []
    for _ in batches(SECONDS):
        delivered.append(deliver_batch())
        if not anything_owed():
            break

    sent = sum(batch.sent for batch in delivered)
    deferred = sum(batch.deferred for batch in delivered)
    failed = sum(batch.failed for batch in delivered)
    rows = Counter((name, to) for batch in delivered for name, _, to in batch.messages)
    parts = ((sent, "封", "sent"), (deferred, "推迟", "deferred"), (failed, "被拒收", "refused"))
    name_run(Label("发送", "Deliver"), ", ".join(counted(*part) for part in parts if part[0]) or "0")
    leave_table(
        "delivered-notices",
        [{"message": name_of(name), "to": to, "mails": number} for (name, to), number in rows.items()],
        Label(
            f"已发出 {sent} 封，推迟 {deferred} 封，最终被拒收 {failed} 封。",
            f"{sent} sent, {deferred} deferred, {failed} finally refused.",
        ),
    )
    return sent + deferred + failed
