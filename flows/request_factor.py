"""Open a factor request: land, power, finance or another factor that a project needs guaranteed."""

from __future__ import annotations

from prefect import State, flow
from prefect.states import Failed

from domain.policy import Label
from tasks.choices import NOTHING, chosen
from tasks.guarantees import open_request
from tasks.run_record import leave_table, name_run, refusals
from tasks.table_words import NOT_DONE

NO_DOCUMENTS: list[str] = []

REQUEST = Label("申请要素", "Request")


@flow(name="request-factor", persist_result=False)
def request_factor(
    type: str,  # noqa: A002 - the parameter's name is what the form shows
    item: str,
    quantity: str,
    needed_by: str,
    project: str,
    unit: str = NOTHING,
    difficulty: str = "",
    milestone: str = "",
    lead: str = NOTHING,
    attributes: str = "",
    documents: list[str] = NO_DOCUMENTS,
    note: str = "",
) -> State[None] | str:
    """Open a factor request for a project; returns its code. Nothing is stored when a field is refused.

    Args:
        type: 要素类别。Which factor.
        item: 需求内容,一句话。What is needed, in one line.
        quantity: 数量,只写数字,如 118 或 3.2。The quantity, digits only, e.g. 118 or 3.2.
        needed_by: 最晚需要时间。The day by which it is needed.
        project: 项目编号或名称。Code or name of the project.
        unit: 单位;留空用该要素的常用单位。Unit of measure; left out, the factor's usual one.
        difficulty: 关联的难题编号。Code of the linked difficulty.
        milestone: 关联的节点。Linked milestone.
        lead: 牵头单位;留空按规则确定。Lead unit; left out, the rules name it.
        attributes: 属性,每行一条,如 supply=dual。Attributes, one a line, e.g. supply=dual.
        documents: 已提交的材料。Documents handed in.
        note: 说明;保密事项勿填。Remarks; nothing restricted.
    """
    opened = open_request(
        {
            "type": chosen(type), "item": item, "quantity": quantity, "unit": chosen(unit), "needed_by": needed_by,
            "project": project, "difficulty": difficulty, "milestone": milestone, "lead": chosen(lead),
            "attributes": attributes, "documents": documents, "note": note,
        }
    )  # fmt: skip
    if not opened.done:
        name_run(REQUEST, NOT_DONE)
        return Failed(message=refusals([opened]))

    name_run(REQUEST, opened.case, [opened.case])
    leave_table(
        "requested-factor",
        [{"request": opened.case, "result": opened.says}],
        Label(f"已登记要素保障申请 {opened.case}。", f"Requested {opened.case} ({chosen(type)})."),
    )
    return opened.case
