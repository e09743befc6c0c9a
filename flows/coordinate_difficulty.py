"""Take one step of the desk on a case or a list of cases."""

from __future__ import annotations

from typing import Annotated, Literal

from prefect import State, flow
from prefect.states import Failed
from pydantic import Field

from domain.lifecycle import ACTIONS
from domain.policy import Label
from tasks.choices import NOTHING, chosen, chosen_each
from tasks.desk import take_step
from tasks.run_record import leave_results, name_results, refusals

NO_UNITS: list[str] = []
Rating = Annotated[int, Field(ge=0, le=5)]
Rung = Annotated[int, Field(ge=0, le=7)]


@flow(name="coordinate-difficulty", persist_result=False)
def coordinate_difficulty(
    cases: list[str],
    step: str,
    lead: str = NOTHING,
    supporters: list[str] = NO_UNITS,
    case_class: str = NOTHING,
    category: str = NOTHING,
    severity: str = NOTHING,
    reason: str = "",
    text: str = "",
    date: str = "",
    time: str = "",
    place: str = "",
    participants: list[str] = NO_UNITS,
    minutes: str = "",
    duties: str = "",
    no_agreement: bool = False,
    outcome: str = NOTHING,
    document: str = "",
    answer: Literal["—", "answered", "not_solved", "not_reached"] = "—",
    result: Rating = 0,
    attitude: Rating = 0,
    target: str = "",
    project: str = "",
    rung: Rung = 0,
    spoken_for: str = "",
    channel: Literal["—", "phone", "visit", "meeting", "letter"] = "—",
) -> State[None] | int:
    """Take one step on each case; returns on how many it was taken. If every case refuses, the run fails with the reason.

    Args:
        cases: 难题编号,可填多件。Codes of the cases, e.g. DIF-2026-0042.
        step: 要执行的步骤。The step to take.
        lead: 牵头单位(分办、裁定、改派、会商结论)。Lead unit (dispatch, rule, reassign, conclude).
        supporters: 配合单位(分办、更正)。Supporting units (dispatch, amend).
        case_class: 办件类型(分办、更正、结束跟踪)。Class (dispatch, amend, untrack).
        category: 类别(更正)。Category (amend).
        severity: 紧急程度(分办、更正)。Severity (dispatch, amend).
        reason: 理由或原因。Reason, or why.
        text: 内容、议题、意见或材料说明。Text: what was settled, the agenda, what was said, the supplement.
        date: 会商日期或下次报告日期。Day of the consultation or of the next report.
        time: 会商时间 HH:MM,不填为当天上班时间。Time of the consultation, HH:MM; left out, the day's opening.
        place: 会商地点。Place of the consultation.
        participants: 参会单位。Participants of the consultation.
        minutes: 会议纪要。Minutes.
        duties: 任务,每行一条:单位;事项;YYYY-MM-DD。Duties, one a line: unit; what; YYYY-MM-DD.
        no_agreement: 会商未达成一致,提一级。No agreement: the case climbs one rung.
        outcome: 结果(现场办结)。Outcome (settle on the spot).
        document: 文号(上报市级)。Document number (report to the city).
        answer: 回访结果。What came of the follow-up.
        result: 企业对结果的评价,1 到 5,0 为未评。Rating of the result, 1 to 5; 0 means none.
        attitude: 企业对服务态度的评价,1 到 5,0 为未评。Rating of the attitude, 1 to 5; 0 means none.
        target: 并入的编号(合并)。Code of the case to merge into.
        project: 项目编号(更正)。Code of the project (amend).
        rung: 直接分办到的层级,0 为按规则。Rung to dispatch to; 0 leaves it to the rules.
        spoken_for: 代企业记录时:谁说的。Recording for an enterprise: who spoke.
        channel: 代企业记录时:通过什么渠道。Recording for an enterprise: through which channel.
    """
    taken = chosen(step)
    codes = list(dict.fromkeys(code.strip() for code in cases if code.strip()))
    if not codes:
        return Failed(
            message="请至少填写一件难题编号，例如 DIF-2026-0042。 · Name at least one case, e.g. DIF-2026-0042."
        )

    fields: dict[str, object] = {
        "lead": chosen(lead), "supporters": chosen_each(supporters), "case_class": chosen(case_class),
        "category": chosen(category), "severity": chosen(severity), "reason": reason, "text": text, "date": date,
        "time": time, "place": place, "document": document,
        "participants": chosen_each(participants), "minutes": minutes, "duties": duties, "no_agreement": no_agreement,
        "outcome": chosen(outcome), "answer": chosen(answer), "result": result, "attitude": attitude,
        "target": target, "project": project, "rung": rung,
        "spoken_for": f"{spoken_for} ({channel})" if spoken_for and chosen(channel) else spoken_for,
    }  # fmt: skip
    results = take_step(taken, codes, {name: value for name, value in fields.items() if value})

    step_name = ACTIONS[taken].label if taken in ACTIONS else Label(taken, taken)
    name_results(step_name, results)
    done = [row for row in results if row.done]
    leave_results("coordinated-difficulties", "case", step_name, results)
    if not done:
        return Failed(message=refusals(results))
    return len(done)
