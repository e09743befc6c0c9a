"""Take one step of the desk on a factor request: a stage's decision or a grant from paper, what was drawn, what blocks it."""

from __future__ import annotations

from typing import Literal

from prefect import State, flow
from prefect.states import Failed

from domain.lifecycle import ACTIONS
from domain.policy import Label
from tasks.choices import NOTHING, chosen
from tasks.guarantees import take_factor_step
from tasks.run_record import leave_results, name_results, refusals


@flow(name="advance-factor", persist_result=False)
def advance_factor(
    requests: list[str],
    step: str,
    stage: str = NOTHING,
    quantity: str = "",
    measure: str = NOTHING,
    document: str = "",
    date: str = "",
    conditions: str = "",
    expires: str = "",
    grant: str = "",
    reason: str = "",
    basis: str = "",
    text: str = "",
    spoken_for: str = "",
    channel: Literal["—", "phone", "visit", "meeting", "letter"] = "—",
) -> State[None] | int:
    """Take one step on each request; returns on how many it was taken. If every request refuses, the run fails with the reason.

    Args:
        requests: 要素保障编号,可填多件。Codes of the requests, e.g. FAC-2026-0003.
        step: 要执行的步骤。The step to take.
        stage: 环节;只有一个环节办理中时可不填。The stage; may be left out when only one is open.
        quantity: 批准、提取或到位数量,只写数字。Quantity granted, drawn or delivered, digits only.
        measure: 数量的单位;留空为申请的单位。Unit of the quantity; left out, the request's.
        document: 文号(代录决定必填)。Document number (needed to record a decision from paper).
        date: 批复日期或计划日期。Date of the document, or the day planned for.
        conditions: 附加条件。Conditions of the grant.
        expires: 有效期至。Last day on which the grant holds.
        grant: 提取或续期所依据的批复文号。Document number of the grant that is drawn on or renewed.
        reason: 理由或原因。Reason, or what blocks it.
        basis: 不予通过的法律或政策依据。Legal or policy basis of a rejection.
        text: 意见、说明或补充的材料。Remarks, or what was supplemented.
        spoken_for: 代企业记录时:谁说的。Recording for an enterprise: who spoke.
        channel: 代企业记录时:通过什么渠道。Recording for an enterprise: through which channel.
    """
    taken = chosen(step)
    codes = list(dict.fromkeys(code.strip() for code in requests if code.strip()))
    if not codes:
        return Failed(
            message="请至少填写一件要素保障编号，例如 FAC-2026-0003。 · Name at least one request, e.g. FAC-2026-0003."
        )

    fields: dict[str, object] = {
        "stage": chosen(stage), "quantity": quantity, "measure": chosen(measure), "document": document, "date": date,
        "conditions": conditions, "expires": expires, "grant": grant, "reason": reason, "basis": basis, "text": text,
        "spoken_for": f"{spoken_for} ({channel})" if spoken_for and chosen(channel) else spoken_for,
    }  # fmt: skip
    results = take_factor_step(taken, codes, {name: value for name, value in fields.items() if value})

    step_name = ACTIONS[taken].label if taken in ACTIONS else Label(taken, taken)
    name_results(step_name, results)
    done = [row for row in results if row.done]
    leave_results("advanced-factors", "request", step_name, results)
    if not done:
        return Failed(message=refusals(results))
    return len(done)
