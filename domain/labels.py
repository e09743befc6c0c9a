"""What statuses, parties, approvals and deadlines are called, in both languages of the office."""

from __future__ import annotations

from domain.clocks import CLOCKS
from domain.lifecycle import ApprovalKind, Party, Status
from domain.policy import Label

STATUS_LABELS: dict[Status, Label] = {
    Status.NEW: Label("待分办", "New"),
    Status.IN_PROGRESS: Label("办理中", "In progress"),
    Status.DISPUTED: Label("责任待裁", "Disputed"),
    Status.CONSULTATION: Label("会商中", "In consultation"),
    Status.SUSPENDED: Label("挂起", "Suspended"),
    Status.TRACKING: Label("长期跟踪", "Tracking"),
    Status.REPLIED: Label("已答复待确认", "Replied"),
    Status.CLOSED: Label("办结", "Closed"),
}

PARTY_LABELS: dict[Party, Label] = {
    Party.RULE: Label("系统规则", "The rules"),
    Party.CLOCK: Label("时限", "Clock"),
    Party.CLERK: Label("分办员", "Clerk"),
    Party.DESK_HEAD: Label("推进办主任", "Desk head"),
    Party.COMMISSIONER: Label("项目专员", "Commissioner"),
    Party.LEAD: Label("牵头单位", "Lead unit"),
    Party.SUPPORTER: Label("配合单位", "Supporting unit"),
    Party.UNIT_HEAD: Label("单位分管负责人", "Unit head"),
    Party.DUTY_UNIT: Label("任务单位", "Unit with a duty"),
    Party.ENTERPRISE: Label("企业", "Enterprise"),
    Party.DEPUTY_CHIEF: Label("分管副区长", "Deputy chief"),
    Party.CHIEF: Label("区长", "District chief"),
    Party.APPROVER: Label("审批人", "Approver"),
    Party.OBSERVER: Label("知悉人", "Observer"),
}

STEP_LABELS: dict[str, Label] = {
    "blue": Label("蓝色提示", "blue notice"),
    "yellow": Label("黄色督办", "yellow notice"),
    "red": Label("红色督办", "red notice"),
    "circular": Label("通报", "circular"),
    "reminder_1": Label("第一次提醒", "first reminder"),
    "reminder_2": Label("第二次提醒", "second reminder"),
    "expire": Label("到期处理", "expiry"),
    "climb": Label("提级", "climb"),
}
"""What a clock does at a moment (`domain.ladder.Step`), and the colours of notices."""

APPROVAL_LABELS: dict[ApprovalKind, Label] = {
    ApprovalKind.SIGN_OFF: Label("答复签发", "Sign-off of the reply"),
    ApprovalKind.EXTENSION: Label("延期申请", "Extension"),
    ApprovalKind.SUSPENSION: Label("挂起申请", "Suspension"),
    ApprovalKind.TRACKING: Label("转长期跟踪", "Move to tracking"),
    ApprovalKind.DISPUTE: Label("不满意事项裁定", "Decision on a repeated dispute"),
    ApprovalKind.DELIVERY: Label("承诺兑现签发", "Sign-off of the delivery"),
    ApprovalKind.STAGE: Label("要素保障环节", "Stage of a factor request"),
}


def clock_name(kind: str, subject: str) -> Label:
    """What a deadline is called; of an approver's, which starts its subject with the approval's kind, with what is asked."""
    label, asked = CLOCKS[kind].label, subject.partition("#")[0]
    if kind != "approval_step" or asked not in set(ApprovalKind):
        return label
    about = APPROVAL_LABELS[ApprovalKind(asked)]
    return Label(f"{label.zh}：{about.zh}", f"{label.en}: {about.en[0].lower()}{about.en[1:]}")
