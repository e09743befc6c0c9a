"""Look at every clock; issue notices and climb the ladder."""

from __future__ import annotations

from prefect import State, flow
from prefect.states import Failed

from domain.policy import Label
from tasks.board import keep_counts
from tasks.run_record import UNNAMED, leave_table, name_run
from tasks.supervision import (
    UnreadableMoment,
    clock_and_step,
    digest_heads,
    leave_stuck,
    leave_what_if,
    lies_ahead,
    local_text,
    moment,
    posts_of,
    sweep_clocks,
)
from tasks.table_words import counted


@flow(name="escalate-overdue", persist_result=False)
def escalate_overdue(as_of: str = "", dry_run: bool = False) -> State[None] | int:
    """Take every step that is due by its clock; returns how many there were.

    Args:
        as_of: 按此时刻检查,留空为现在;未来时刻只能试算。Sweep as of this moment; empty means now. A moment in the future
            only as a dry run.
        dry_run: 只试算,不写入、不发文。Only say what would happen; nothing is written or sent.
    """
    try:
        at = moment(as_of)
    except UnreadableMoment as mistake:
        return Failed(message=str(mistake))
    if lies_ahead(at) and not dry_run:
        return Failed(
            message="as_of 晚于当前时间：只有试算可以查看未来。 · as_of lies in the future: only a dry run may look ahead."
        )

    report = sweep_clocks(at, dry_run)
    if not dry_run:
        digest_heads()

    posts = posts_of(report)
    named = [step.case for step in report.steps if step.case != UNNAMED]
    did = Label("督办试算", "Dry run") if dry_run else Label("督办", "Escalate")
    name_run(did, counted(len(report.steps), "步", "steps"), named)
    leave_table(
        "escalation",
        [
            {"case": step.case, **clock_and_step(step), "to": ", ".join(posts[one] for one in step.to)}
            for step in report.steps
        ],
        Label(
            f"{'试算' if dry_run else '检查'}时刻 {local_text(report.as_of)}：检查时限 {report.examined} 个，步骤 {len(report.steps)} 个，"
            f"督办文书 {report.notices} 份，搁置时限 {len(report.stuck)} 个。",
            f"{'Dry run as' if dry_run else 'As'} of {local_text(report.as_of)}: {report.examined} clocks examined, "
            f"{len(report.steps)} steps, {report.notices} notices, {len(report.stuck)} clocks set aside.",
        ),
    )
    leave_stuck(report)
    if report.ahead is not None:
        leave_what_if(report.ahead)
    if not dry_run:
        # The steps are taken, whatever becomes of the board's figures.
        keep_counts(return_state=True)
    return len(report.steps)
