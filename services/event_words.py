"""What the lines of a history are called: what was done, in the past tense, where a button says what to do."""

from __future__ import annotations

from domain.files import FILES_ADDED
from domain.policy import Label

_DONE: dict[str, Label] = {
    "dispatch": Label("分办", "Dispatched"),
    "settle_on_spot": Label("现场办结", "Settled on the spot"),
    "decline": Label("不予受理", "Declined"),
    "merge": Label("合并", "Merged"),
    "amend": Label("更正", "Amended"),
    "instruct": Label("批示", "Instruction given"),
    "circular": Label("通报", "Circular issued"),
    "fulfil": Label("完成任务", "Duty reported done"),
    "sign_for": Label("签收", "Signed for"),
    "contact": Label("联系企业", "Enterprise contacted"),
    "send_back": Label("退回", "Sent back"),
    "rule": Label("裁定", "Ruled"),
    "reassign": Label("改派", "Reassigned"),
    "answer": Label("配合答复", "Answered the lead"),
    "report": Label("进展报告", "Progress reported"),
    "supplement": Label("补充材料", "Supplemented"),
    "ask_extension": Label("申请延期", "More time asked for"),
    "ask_suspension": Label("申请挂起", "Suspension asked for"),
    "review": Label("挂起复核", "Suspension reviewed"),
    "resume": Label("恢复办理", "Work resumed"),
    "no_response": Label("企业未回应", "Enterprise did not respond"),
    "call_consultation": Label("召集会商", "Consultation called"),
    "move_consultation": Label("会商改期", "Consultation moved"),
    "conclude": Label("会商结论", "Consultation concluded"),
    "track": Label("申请转长期跟踪", "Tracking asked for"),
    "untrack": Label("结束长期跟踪", "Tracking ended"),
    "reply": Label("提交答复", "Reply submitted"),
    "record_follow_up": Label("记录回访", "Follow-up recorded"),
    # A low rating is a dispute: the line says that it was rated, what came of it stands in the next.
    "confirm": Label("企业评价", "Rated"),
    "dispute": Label("不满意，申请重办", "Disputed as not solved"),
    "lapse": Label("逾期未评价办结", "Closed unrated"),
    "appeal": Label("请求提级", "Appealed"),
    "escalate": Label("提级", "Escalated"),
    "report_to_city": Label("上报市级", "Reported to the city"),
    "withdraw": Label("撤回", "Withdrawn"),
    "deliver": Label("承诺已兑现", "Reported as delivered"),
    "reopen": Label("重新开启", "Reopened"),
    "approve": Label("同意", "Approved"),
    "refuse": Label("不同意", "Refused"),
    "hand_back": Label("退回补正", "Returned for supplement"),
    "resubmit": Label("补正后再报", "Supplemented and asked again"),
    "pass_stage": Label("环节办结", "Stage approved"),
    "grant": Label("批准", "Granted"),
    "return_stage": Label("代录退回补正", "Return for supplement recorded"),
    "reject_stage": Label("不予通过", "Stage rejected"),
    "skip_stage": Label("本环节不适用", "Stage skipped as not needed"),
    "reopen_stage": Label("重新办理环节", "Stage taken up again"),
    "draw": Label("登记提取或到位", "Recorded as drawn or delivered"),
    "renew": Label("续期", "Grant renewed"),
    "block": Label("登记受阻", "Blocked"),
    "unblock": Label("受阻解除", "Unblocked"),
    "defer": Label("列入计划", "Deferred to a date"),
}

_HAPPENED: dict[str, Label] = {
    "reported": Label("收到报告", "Reported"),
    "notice": Label("发出督办提示", "Supervision notice issued"),
    "climbed": Label("提级", "One rung up"),
    "node_at_risk": Label("关键节点存在风险", "A key node of the project is at risk"),
    "cause_recorded": Label("提级事由已记录", "Cause recorded on the top rung"),
    "replied": Label("答复已签发", "Reply signed off"),
    "closed": Label("办结", "Closed"),
    "redo": Label("退回重办", "Taken up again"),
    "suspended": Label("挂起", "Suspended"),
    "tracking_began": Label("转为长期跟踪", "Moved to tracking"),
    "approval_lapsed": Label("审批失效", "Approval lapsed"),
    "approval_passed_up": Label("审批转交上级", "Approval passed up"),
    "right_lapsed": Label("退回期已过", "Return window over"),
    "counts_as_received": Label("逾期未签收，视为已收", "Not signed for: counts as received"),
    "fallback_leads": Label("兜底单位牵头", "The fallback unit leads"),
    "stay_over": Label("层级停留期满", "Time on the rung is over"),
    "same_cause": Label("确认与其他事项同因", "Confirmed: same cause as other cases"),
    "same_cause_undone": Label("撤销同因确认", "No longer the same cause"),
    "merged_in": Label("同类事项并入", "A report of the same matter was merged in"),
    "unanswered": Label("督办单逾期未答复", "A notice was not answered in time"),
    "reminded": Label("提醒企业补充材料", "The enterprise was reminded"),
    FILES_ADDED: Label("添加了文件", "Files added"),
    "redacted": Label("个人信息已删除", "Personal text was removed"),
    "succeeded": Label("机构调整，工作由承接单位继续办理", "Passed on to the unit's successor"),
    "reporter_left": Label("一位反映人撤回", "A reporter left"),
    "requested": Label("登记要素保障申请", "Factor requested"),
    "stage_opened": Label("环节开始", "Stage opened"),
    "stage_closed": Label("环节暂停", "Stage closed again"),
    "stage_taken_over": Label("环节由承接单位接办", "Stage taken over by the successor"),
    "grant_expired": Label("批复过期", "A grant expired"),
    "adjusted": Label("时限因日历或规则调整", "Dates adjusted to the calendar or the rules"),
}
"""Lines that are no actions of the table."""

EVENT_LABELS = _HAPPENED | _DONE


def event_label(action: str) -> Label:
    """The name of a history line."""
    return EVENT_LABELS.get(action) or Label(action, action)
