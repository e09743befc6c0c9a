"""Turn waiting submissions into cases."""

from __future__ import annotations

from prefect import flow

from domain.policy import Label
from tasks.intake import accept_reports, anything_waits, receive_batch
from tasks.run_record import leave_table, name_run
from tasks.stopping import batches
from tasks.table_words import counted

NO_RECEIPTS: list[str] = []
ZH = {
    "cases": "新立事项", "dispatched": "已分办", "to the desk": "待人工分办", "quarantined": "无法读取，已留存",
    "still waiting for a confirmation": "仍待确认",
}  # fmt: skip
SECONDS = 1.0
"""How long one run takes in new reports before the mail has its turn."""


@flow(name="receive-submissions", persist_result=False)
def receive_submissions(accept: list[str] = NO_RECEIPTS) -> int:
    """Turn waiting submissions into cases, until none waits or the run's time is over; returns how many it handled.

    Args:
        accept: 分办员受理的未确认来件的回执号。Receipts of unconfirmed reports that the clerk accepts.
    """
    accepted = accept_reports(accept) if accept else []

    received = []
    for _ in batches(SECONDS):
        received.append(receive_batch())
        if not anything_waits():
            break

    codes = [code for batch in received for code in batch.cases]
    opened = len(codes) + sum(batch.restricted for batch in received)
    counts = {
        "cases": opened,
        "dispatched": sum(batch.dispatched for batch in received),
        "to the desk": sum(batch.to_desk for batch in received),
        "quarantined": sum(batch.quarantined for batch in received),
        "still waiting for a confirmation": received[-1].waiting_confirmation,
    }
    about = codes[0] if len(codes) == opened == 1 else counted(opened, "件", "cases")
    name_run(Label("接收", "Receive"), about, codes)
    leave_table(
        "received-submissions",
        [{"case": code} for code in codes] + [{"receipt": row.case, "accepted": row.says} for row in accepted],
        Label(
            "，".join(f"{ZH[what]} {number} 件" for what, number in counts.items()) + "。",
            ", ".join(f"{number} {what}" for what, number in counts.items()) + ".",
        ),
    )
    return len(accepted) + sum(batch.taken for batch in received)
