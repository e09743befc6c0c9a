"""Refusals in the office's two languages: what is not possible, why, and what is allowed instead, until when."""

from __future__ import annotations

from domain.labels import PARTY_LABELS, STATUS_LABELS
from domain.lifecycle import ACTIONS, Party, Status
from domain.policy import Label
from domain.refusals import Refused
from services.page_types import AllowedNow
from services.problem_words import problem_zh

_ZH = {
    "not_from_here": "{code} 目前为“{status_zh}”，不能“{action_zh}”。",
    "not_by_you": "“{action_zh}”不属于您的权限。",
    "speaker_missing": "请注明企业方由谁、通过何种渠道提出。",
    "not_lead": "{unit} 已不是本事项的牵头单位。",
    "not_supporter": "{unit} 已不是本事项的配合单位。",
    "signed_for": "本事项已签收。",
    "window_over": "退回（或提出异议）的期限已过；如需调整请联系推进办改派。",
    "returned_once": "本单位已退回过一次，每个单位只能退回一次。",
    "ruled": "推进办已裁定由本单位办理，裁定为最终决定。",
    "approval_open": "同类申请正在审批中。",
    "nothing_to_decide": "没有待决定的事项：已有决定，或已失效。",
    "self_approval": "不能审批本人提出的申请。",
    "nothing_promised": "只有承诺日期之前的“列入计划”事项才能提交兑现。",
    "no_duty": "{unit} 在本事项没有未完成的任务。",
    "no_due": "没有可以延长的办结时限。",
    "after_due": "办结时限为 {due}，须在到期前申请延期。",
    "extensions_used": "该类办件最多延期 {most} 次，已用完。",
    "final": "本事项已办结，结果为最终结果。",
    "appealed": "本层级已请求过提级，升级后可再次提出。",
    "escalated": "本层级已由单位负责人提请过提级。",
    "handled_it": "回访须由未经办本事项的人员进行。",
    "with_deputy": "本事项正由分管副区长裁定。",
    "class_by_head": "办件类型由推进办主任更正。",
    "field_missing": "请填写“{field}”。",
    "field_wrong": "“{field}”填写有误：{problem}",
    "no_part": "{unit} 已不参与本事项的办理。",
    "not_reporter": "仅限本事项的反映人操作。",
    "not_principal": "该操作由首位反映人决定；您可以补充材料或撤回。",
    "dispute_over": "办结后可在 {until} 之前提出异议，期限已过。",
    "left_to_staff": "回访由未经办本事项的分办员或项目专员进行。",
    "attempts": "目前仅记录了 {n} 次回访，满 {most} 次后方可办结。",
    "decided_once": "您已就此作出决定，另一决定须由他人作出。",
    "not_returned": "企业已说明未解决之处，请直接裁定。",
    "nothing_returned": "没有需要您补正的事项。",
    "not_for_kind": "“{action_zh}”不适用于本类事项。",
    "no_stage": "目前没有可办理的环节。",
    "others_first": "部分批准由本环节最后一位审批人作出。",
    "not_blocked": "本申请没有登记受阻。",
    "no_factor": "{code} 不是要素保障申请。",
    "circular_early": "通报仅限已发红色督办单且超期 {days} 个工作日的时限；“{clock_zh}”自 {day} 起方可通报。",
    "circular_issued": "本事项的超期已经通报过。",
    "nothing_red": "目前没有可通报的超期时限。",
    "too_late": "审批已超过办结时限，不能再同意延期。",
    "unknown_action": "没有“{action}”这一步骤。",
    "not_with_city": "本事项不在市级层级，无须上报。",
    "climbed_for_node": "本事项已因节点“{node}”提级一次。",
    "too_few": "请至少填写 {n} 件事项。",
    "no_such_case": "{code} 不是可以关联的难题，请核对编号。",
    "no_case": "没有编号为 {code} 的事项，请核对编号。",
    "no_text": "{code} 的第 {seq} 条记录没有文字内容。",
    "redacted": "{code} 第 {seq} 条记录的文字此前已删除。",
}

FIELD_NAMES: dict[str, str] = {
    "attributes": "属性", "body": "来件正文", "case": "事项编号", "category": "类别", "data": "来件内容", "date": "日期", "decider": "裁定人",
    "detail": "具体情况", "difficulty": "关联的难题", "document": "文号", "documents": "已提交的材料", "email": "邮箱",
    "enterprise": "企业", "enterprise.contact": "联系人", "enterprise.email": "企业邮箱", "enterprise.locale": "企业使用的语言",
    "enterprise.name": "企业名称", "enterprise.phone": "电话", "enterprise.uscc": "统一社会信用代码", "entry": "表单记录", "files": "附件",
    "item": "需求内容", "lead": "牵头单位", "milestone": "关联的节点", "needed_by": "最晚需要时间", "node": "节点", "note": "说明",
    "project": "项目", "quantity": "数量", "reason": "理由", "severity": "紧急程度", "spoken_for": "由谁提出", "stage": "环节",
    "title": "难题标题", "type": "类别", "unit": "单位", "what": "登记内容",
}  # fmt: skip
"""What fields are called that belong to no action: those of a report, a factor request, a plan."""


def in_words(refusal: Refused) -> Label:
    """Why a refusal was made, as a sentence in zh and en; what is allowed instead stands in `allowed_now`."""
    zh, en = dict(refusal.facts), dict(refusal.facts)
    if "action" in zh and str(zh["action"]) in ACTIONS:
        action = ACTIONS[str(zh["action"])].label
        zh["action_zh"], en["action"] = action.zh, f"“{action.en}”"
    if "status" in zh and str(zh["status"]) in set(Status):
        status = STATUS_LABELS[Status(str(zh["status"]))]
        zh["status_zh"], en["status"] = status.zh, f"“{status.en}”"
    if "party" in zh and str(zh["party"]) in set(Party):
        en["party"] = PARTY_LABELS[Party(str(zh["party"]))].en
    if "problem" in zh:
        zh["problem"] = problem_zh(str(zh["problem"]))
    said = refusal.text.format(**en)
    template = _ZH.get(refusal.code)
    try:
        return Label(template.format(**zh) if template else said, said)
    except (KeyError, IndexError):
        return Label(said, said)


def allowed_now(refusal: Refused) -> tuple[AllowedNow, ...]:
    """What may be done instead, by whom and until when, in the words of the office."""
    return tuple(
        AllowedNow(ACTIONS[one.action].label, tuple(PARTY_LABELS[Party(p)] for p in one.by), one.until)
        for one in refusal.allowed
        if one.action in ACTIONS
    )


def told(refusal: Refused, action: str = "") -> Label:
    """All that a refusal says: why, and what may be done instead, by whom and until when; fields are called as people know them.

    The English is the refusal's own text, by which machines and the record know it.
    """
    zh = in_words(refusal).zh
    named = str(refusal.facts.get("field", ""))
    if named:
        zh = zh.replace(f"“{named}”", f"“{field_name(named, action)}”", 1)
    options = "；".join(
        f"{one.what.zh}（{'、'.join(by.zh for by in one.by)}{f'，{one.until} 前' if one.until else ''}）"
        for one in allowed_now(refusal)
    )
    return Label(f"{zh}目前可以：{options}。" if options else zh, str(refusal))


def field_name(field: str, action: str = "") -> str:
    """What a field is called in Chinese: as the action's own form does, without the help in brackets; itself where nothing names it."""
    own = ACTIONS[action].fields if action in ACTIONS else ()
    label = next((one.label.zh for one in own if one.name == field), None)
    if label is not None:
        return label.partition("（")[0]
    return FIELD_NAMES.get(field.removeprefix("data.").removeprefix("fields."), field)
