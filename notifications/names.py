"""What each mail is called by people: on the board, in tables of runs, to the operator."""

from __future__ import annotations

from domain.label import Label

NAMES: dict[str, Label] = {
    "approval_asked": Label("审批提请", "Approval asked for"),
    "approval_decided": Label("审批结果", "Approval decided"),
    "assigned_lead": Label("主办交办通知", "Assignment to the lead unit"),
    "assigned_supporter": Label("协办交办通知", "Assignment to a supporting unit"),
    "bundle": Label("合并通知", "Several messages in one mail"),
    "calendar_link": Label("日历订阅地址", "Address of a personal calendar"),
    "called_to_consultation": Label("会商通知", "Call to a consultation"),
    "case_closed": Label("办结通知", "Case closed"),
    "case_opened": Label("立案告知（企业）", "Case opened, to the enterprise"),
    "case_update": Label("办理动态", "Case update"),
    "channel_tried": Label("渠道测试", "Test of a channel"),
    "climbed": Label("提级通知", "Case climbed a rung"),
    "confirm_report": Label("请确认报告", "Please confirm the report"),
    "consultation_cancelled": Label("会商取消通知", "Consultation cancelled"),
    "consultation_concluded": Label("会商纪要", "Minutes of a consultation"),
    "consultation_moved": Label("会商改期通知", "Consultation moved"),
    "enterprise_update": Label("进展告知（企业）", "Update to the enterprise"),
    "follow_up_due": Label("回访提醒", "Follow-up due"),
    "head_digest": Label("每日存证摘要", "Day's digest of all histories"),
    "likely_duplicate": Label("疑似重复", "Likely duplicate"),
    "mail_refused": Label("通知被拒收", "Mail refused"),
    "milestone_change_asked": Label("节点调整待裁定", "Change of a node to be ruled on"),
    "milestone_change_decided": Label("节点调整结果", "Change of a node ruled on"),
    "milestone_notice": Label("节点督办", "Notice about a node"),
    "milestone_ruling_late": Label("节点调整裁定催办", "Ruling on a node is late"),
    "morning_digest": Label("每日工作提要", "Morning digest"),
    "new_link": Label("新的专属链接", "New personal link"),
    "redo_started": Label("退回重办通知", "Case taken up again"),
    "reply_to_confirm": Label("答复请确认（企业）", "Reply for the enterprise to confirm"),
    "report_received": Label("报告已收到（企业）", "Report received, to the enterprise"),
    "report_waiting": Label("报告待受理", "Report waits for a clerk"),
    "role_unfilled": Label("岗位空缺", "Nobody holds a role"),
    "ruling_needed": Label("退回待裁定", "Return to be ruled on"),
    "several_notices": Label("多件通知（群机器人）", "Several notices, to a group"),
    "step_failed": Label("步骤执行出错", "Step could not be taken"),
    "substitution_told": Label("代理安排通知", "Substitution"),
    "supervision_notice": Label("督办文书", "Supervision notice"),
    "triage_needed": Label("待人工分办", "Waits for triage"),
    "watchdog_found": Label("运行异常", "Watchdog found a problem"),
    "watchdog_over": Label("异常已消除", "Problem is over"),
    "work_passed_on": Label("经办移交通知", "Work passed on"),
}


def name_of(message: str) -> Label:
    """What a message is called; its own name where an older version's row names one that there is no more."""
    return NAMES.get(message, Label(message, message))
