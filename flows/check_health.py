"""The watchdog: what needs the operator is told once, and again when it is over."""

from __future__ import annotations

from collections import Counter

from prefect import flow

from tasks.health import watch
from tasks.run_record import leave_table, name_run


@flow(name="check-health", persist_result=False)
def check_health() -> int:
    """Look for what is due and not done, and for what else needs the operator; returns how many problems there are."""
    look = watch()

    name_run(f"health · {len(look.problems)} problems" if look.problems else "health · well")
    leave_table(
        "health",
        [{"problem": kind, "count": count} for kind, count in Counter(one.kind.value for one in look.problems).items()],
        f"{len(look.problems)} problems, {len(look.told)} told now, {len(look.over)} over",
    )
    return len(look.problems)
