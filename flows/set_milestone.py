"""Record a node of a project's plan: the day it is planned, expected or was reached, a change of plan, a heat-stop day."""

from __future__ import annotations

from prefect import State, flow
from prefect.states import Failed

from domain.milestones import PLAN_STEPS
from domain.policy import Label
from tasks.choices import NOTHING, chosen
from tasks.milestones import node_name, record
from tasks.run_record import leave_table, name_run, refusals
from tasks.table_words import NOT_DONE


@flow(name="set-milestone", persist_result=False)
def set_milestone(
    what: str,
    date: str = "",
    project: str = NOTHING,
    node: str = NOTHING,
    case: str = "",
    reason: str = "",
    document: str = "",
    decider: str = NOTHING,
) -> State[None] | str:
    """Record one thing of a project's plan; returns what was recorded. Nothing is stored when a field is refused.

    Args:
        what: 登记内容。调整计划时间须经裁定，裁定前原计划不变。What to record. A change of plan needs a ruling; until then the plan stands.
        date: 日期；登记、解除影响节点的事项时不填。The day; left out with a case that holds a node up.
        project: 项目；登记、撤销高温停工日时留空，即全部室外施工项目。The project; left out with a heat stop, all projects that work outdoors.
        node: 节点；高温停工日不填。The node; left out with a heat stop.
        case: 影响节点的事项编号，如 DIF-2026-0042。关键节点临近或预计严重滞后时，该事项提级一次。The code of the case that holds the node up; \
it climbs one rung once a key node is at risk.
        reason: 理由；调整计划、更正已登记的完成时间、撤销高温停工日时必填。The reason; needed for a change of plan, to correct an actual \
day, to take a heat-stop day back.
        document: 文号。Document number.
        decider: 裁定人；留空为项目领衔区领导。Who rules on the change; left out, the project's lead official.
    """
    step = chosen(what)
    result = record(
        {
            "what": step, "project": chosen(project), "node": chosen(node), "case": case, "date": date, "reason": reason, "document": document,
            "decider": chosen(decider),
        }
    )  # fmt: skip
    did = PLAN_STEPS.get(step, Label(step, step))
    if not result.done:
        name_run(did, NOT_DONE)
        return Failed(message=refusals([result]))

    name_run(did, f"{result.case} {node_name(chosen(node))}".rstrip(), [result.case])
    leave_table("milestone", [{"project": result.case, "result": result.says}], did)
    return result.message
