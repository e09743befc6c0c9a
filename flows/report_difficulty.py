"""Register a difficulty on an enterprise's behalf."""

from __future__ import annotations

from typing import Literal

from prefect import State, flow
from prefect.states import Failed

from domain.policy import Label
from tasks.choices import NOTHING, chosen
from tasks.desk import register_report
from tasks.run_record import leave_table, name_run, refusals
from tasks.table_words import NOT_DONE

REGISTER = Label("登记", "Register")


@flow(name="report-difficulty", persist_result=False)
def report_difficulty(
    enterprise: str,
    title: str,
    detail: str = "",
    uscc: str = "",
    contact: str = "",
    phone: str = "",
    email: str = "",
    locale: Literal["zh", "en"] = "zh",
    project: str = "",
    category: str = NOTHING,
    severity: str = NOTHING,
    channel: Literal["phone", "meeting", "hotline", "visit"] = "phone",
) -> State[None] | str:
    """Register a difficulty for an enterprise; returns its code. Restricted matters belong on our own page.

    Args:
        enterprise: 企业名称。Name of the enterprise.
        title: 难题标题,一句话。The difficulty in one line.
        detail: 具体情况;保密事项勿填。Details; nothing restricted.
        uscc: 统一社会信用代码。Unified social credit code.
        contact: 联系人。Who to ask for.
        phone: 电话。Telephone.
        email: 邮箱,用于发送办理进展链接。Mailbox for the tracking link.
        locale: 企业使用的语言。The enterprise's language.
        project: 项目编号。Code of the project.
        category: 类别;不确定就留空,由分办员确定。Category; leave it to the desk when unsure.
        severity: 紧急程度;留空按规则确定。Severity; left open, the rules decide.
        channel: 来源渠道。How the enterprise reported it.
    """
    registered = register_report(
        {
            "enterprise": {
                "name": enterprise, "uscc": uscc, "contact": contact, "phone": phone, "email": email, "locale": locale
            },
            "title": title, "detail": detail, "project": project, "category": chosen(category),
            "severity": chosen(severity), "channel": channel,
        }
    )  # fmt: skip
    if not registered.done:
        name_run(REGISTER, NOT_DONE)
        return Failed(message=refusals([registered]))

    name_run(REGISTER, registered.case, [registered.case])
    leave_table(
        "registered-difficulty",
        [{"case": registered.case, "result": registered.says}],
        Label(f"已登记 {registered.case}。", f"Registered {registered.case} ({channel})."),
    )
    return registered.case
