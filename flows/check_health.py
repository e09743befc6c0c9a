"""The watchdog: what needs the operator is told once, and again when it is over."""

from __future__ import annotations

from prefect import flow

from domain.policy import Label
from tasks.health import watch
from tasks.run_record import leave_table, name_run
from tasks.table_words import counted


@flow(name="check-health", persist_result=False)
def check_health() -> int:
    """Look for what is due and not done, and for what else needs the operator; returns how many problems there are."""
    look = watch()

    about = counted(len(look.problems), "项", "problems") if look.problems else "正常 well"
    name_run(Label("检查", "Health"), about)
    leave_table(
        "health",
        [{"problem": one.says, "remedy": one.remedy} for one in look.problems],
        Label(
            f"发现 {len(look.problems)} 个问题，本次告知 {len(look.told)} 个，已消除 {len(look.over)} 个。",
            f"{len(look.problems)} problems, {len(look.told)} told now, {len(look.over)} over.",
        ),
    )
    return len(look.problems)
