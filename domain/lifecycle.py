"""The table of actions (LIFECYCLE.md): what may happen to a case, from where, by whom, and what it needs.

Buttons, menus, refusals, the documentation's diagram and the tests' enumeration are read from `ACTIONS`; to change the
process, change this table and, for what only factor requests have, `domain.lifecycle_factor`. What an action then does to
clocks and duties stands in `domain.effects_*`.
"""

from __future__ import annotations

from collections.abc import Iterable

from domain.action import Action, ApprovalKind, Field, FieldKind, Kind, Party, Status
from domain.action import field_row as _field
from domain.lifecycle_factor import FACTOR_ROWS
from domain.policy import Label

__all__ = [
    "ACTIONS", "DESK_PARTIES", "DESK_STEPS", "FACTOR_STEPS", "PROXY_STEPS", "Action", "ApprovalKind", "Field", "FieldKind", "Kind",
    "Party", "Status", "fields_of", "from_status",
]  # fmt: skip

OPEN = frozenset(Status) - {Status.CLOSED}
OPEN_BUT_REPLIED = OPEN - {Status.REPLIED}
HANDLED = frozenset({Status.IN_PROGRESS, Status.DISPUTED, Status.CONSULTATION, Status.TRACKING})


def _in(*statuses: Status) -> frozenset[Status]:
    return frozenset(statuses)


def _by(*parties: Party) -> frozenset[Party]:
    return frozenset(parties)


_TEXT = _field("text", FieldKind.TEXT, "内容", "Text")
_REASON = _field("reason", FieldKind.TEXT, "理由", "Reason")
_WHY = _field("reason", FieldKind.TEXT, "原因", "Why")
_LEAD = _field("lead", FieldKind.UNIT, "牵头单位", "Lead unit")
_CLASS = _field("case_class", FieldKind.CASE_CLASS, "办件类型", "Class")
_RATINGS = (
    _field("result", FieldKind.RATING, "对结果的评价", "Rating of the result"),
    _field("attitude", FieldKind.RATING, "对服务态度的评价", "Rating of the attitude"),
)
_S = Status
_P = Party
_K = FieldKind
BOTH = frozenset(Kind)
"""Difficulties and factor requests alike."""

_ROWS: tuple[Action, ...] = (
    Action(
        "dispatch", Label("分办", "Dispatch"), _in(_S.NEW), _by(_P.RULE, _P.CLERK, _P.DESK_HEAD), (_S.IN_PROGRESS,),
        (
            _LEAD,
            _field("supporters", _K.UNITS, "配合单位", "Supporting units", False),
            _CLASS,
            _field("severity", _K.SEVERITY, "紧急程度", "Severity", False),
            _field("rung", _K.RUNG, "直接分办到层级", "Dispatch to rung", False),
        ),
    ),
    Action(
        "settle_on_spot", Label("现场办结", "Settle on the spot"), _in(_S.NEW), _by(_P.COMMISSIONER, _P.CLERK, _P.DESK_HEAD),
        (_S.REPLIED,), (_field("outcome", _K.OUTCOME, "结果", "Outcome"), _TEXT),
    ),
    Action("decline", Label("不予受理", "Decline"), _in(_S.NEW), _by(_P.DESK_HEAD), (_S.CLOSED,), (_REASON,)),
    Action(
        "merge", Label("合并", "Merge"), OPEN_BUT_REPLIED, _by(_P.CLERK, _P.DESK_HEAD), (_S.CLOSED,),
        (_field("target", _K.CODE, "并入的编号", "Merge into (code)"), _field("reason", _K.TEXT, "理由", "Reason", False)),
    ),
    Action(
        "amend", Label("更正", "Amend"), OPEN, _by(_P.CLERK, _P.DESK_HEAD), (),
        (
            _field("case_class", _K.CASE_CLASS, "办件类型", "Class", False),
            _field("severity", _K.SEVERITY, "紧急程度", "Severity", False),
            _field("category", _K.CATEGORY, "类别", "Category", False),
            _field("supporters", _K.UNITS, "配合单位", "Supporting units", False),
            _field("project", _K.PROJECT, "项目", "Project", False),
            _REASON,
        ),
    ),
    Action(
        "instruct", Label("批示", "Instruct"), OPEN, _by(_P.DEPUTY_CHIEF, _P.CHIEF), (),
        (
            _TEXT,
            _field("unit", _K.UNIT, "责任单位", "Unit with the duty", False),
            _field("date", _K.DAY, "完成日期", "To be done by", False),
        ),
        kinds=BOTH,
    ),
    Action("circular", Label("通报", "Issue a circular"), OPEN, _by(_P.DESK_HEAD, _P.DEPUTY_CHIEF), (), (_REASON,), kinds=BOTH),
    Action(
        "fulfil", Label("完成任务", "Report a duty done"), OPEN_BUT_REPLIED, _by(_P.DUTY_UNIT), (),
        (_field("duty", _K.DUTY, "哪一项任务", "Which duty", False), _TEXT), kinds=BOTH,
    ),
    Action("sign_for", Label("签收", "Sign for"), _in(_S.IN_PROGRESS, _S.CONSULTATION), _by(_P.LEAD), (), kinds=BOTH),
    Action(
        "contact", Label("首次联系企业", "Record the contact"), HANDLED, _by(_P.LEAD, _P.SUPPORTER, _P.COMMISSIONER), (),
        (_field("how", _K.LINE, "联系方式", "How (phone, visit, …)"), _field("text", _K.TEXT, "沟通内容", "What was said")),
        kinds=BOTH,
    ),
    Action(
        "send_back", Label("退回", "Send back"), _in(_S.IN_PROGRESS), _by(_P.LEAD), (_S.DISPUTED, _S.IN_PROGRESS),
        (
            _REASON,
            _field("basis", _K.LINE, "职责或法律依据", "Legal or remit basis"),
            _field("suggested", _K.UNIT, "建议单位", "Suggested unit"),
        ),
    ),
    Action(
        "rule", Label("裁定", "Rule"), _in(_S.DISPUTED), _by(_P.DESK_HEAD, _P.CLOCK), (_S.IN_PROGRESS,), (_LEAD, _REASON)
    ),
    Action(
        "reassign", Label("改派", "Reassign"), _in(_S.IN_PROGRESS, _S.CONSULTATION, _S.TRACKING), _by(_P.DESK_HEAD),
        (_S.IN_PROGRESS,), (_LEAD, _REASON),
    ),
    Action("answer", Label("配合答复", "Answer the lead"), HANDLED, _by(_P.SUPPORTER), (), (_TEXT,)),
    Action("report", Label("进展报告", "Report progress or the plan"), HANDLED, _by(_P.LEAD), (), (_TEXT,), kinds=BOTH),
    Action(
        "supplement", Label("补充材料", "Supplement"), OPEN, _by(_P.ENTERPRISE, _P.COMMISSIONER), (_S.IN_PROGRESS,), (_TEXT,), None, _in(_S.SUSPENDED),
        kinds=BOTH,
    ),
    Action(
        "ask_extension", Label("申请延期", "Ask for more time"), _in(_S.IN_PROGRESS), _by(_P.LEAD), (),
        (
            _field("date", _K.DAY, "新的完成日期", "New date"),
            _REASON,
            _field("progress", _K.TEXT, "目前进展", "Progress so far"),
        ),
        ApprovalKind.EXTENSION,
    ),
    Action(
        "ask_suspension", Label("申请挂起", "Ask to suspend"), _in(_S.IN_PROGRESS), _by(_P.LEAD), (_S.SUSPENDED,),
        (
            _field("cause", _K.REASON, "挂起原因", "Listed reason"),
            _field("date", _K.DAY, "预计恢复日期", "Expected resume date"),
            _REASON,
        ),
        ApprovalKind.SUSPENSION,
        kinds=BOTH,
    ),
    Action("review", Label("挂起复核", "Review the suspension"), _in(_S.SUSPENDED), _by(_P.DESK_HEAD), (), (_TEXT,), kinds=BOTH),
    Action(
        "resume", Label("恢复办理", "Resume"), _in(_S.SUSPENDED), _by(_P.CLERK, _P.DESK_HEAD, _P.CLOCK), (_S.IN_PROGRESS,),
        (_field("reason", _K.TEXT, "理由", "Reason", False),),
        kinds=BOTH,
    ),
    Action("no_response", Label("企业未回应", "No response"), _in(_S.SUSPENDED), _by(_P.CLOCK), (_S.REPLIED,)),
    Action(
        "call_consultation", Label("召集会商", "Call a consultation"), _in(_S.IN_PROGRESS, _S.DISPUTED), _by(_P.DESK_HEAD),
        (_S.CONSULTATION,),
        (
            _field("participants", _K.UNITS, "参会单位", "Participants"),
            _field("date", _K.DAY, "会商日期", "Date"),
            _field("time", _K.TIME, "时间（不填为上班时间）", "Time (else the day's opening)", False),
            _field("place", _K.LINE, "地点", "Place", False),
            _field("text", _K.TEXT, "议题", "Agenda", False),
        ),
    ),
    Action(
        "move_consultation", Label("会商改期", "Move the consultation"), _in(_S.CONSULTATION), _by(_P.DESK_HEAD), (),
        (
            _field("date", _K.DAY, "新的会商日期", "New date"),
            _field("time", _K.TIME, "时间（不填为原时间）", "Time (else as before)", False),
            _field("place", _K.LINE, "地点（不填为原地点）", "Place (else as before)", False),
            _REASON,
        ),
    ),
    Action(
        "conclude", Label("会商结论", "Conclude"), _in(_S.CONSULTATION), _by(_P.DESK_HEAD), (_S.IN_PROGRESS,),
        (
            _field("minutes", _K.TEXT, "会议纪要", "Minutes"),
            _field("duties", _K.DUTIES, "任务（单位、事项、日期）", "Duties (unit, what, date)", False),
            _field("no_agreement", _K.FLAG, "未达成一致", "No agreement", False),
            _field("lead", _K.UNIT, "牵头单位", "Lead unit", False),
        ),
    ),
    Action(
        "track", Label("申请转长期跟踪", "Move to tracking"), _in(_S.IN_PROGRESS), _by(_P.DESK_HEAD), (_S.TRACKING,),
        (_REASON, _field("date", _K.DAY, "下次报告日期", "Next report")), ApprovalKind.TRACKING,
    ),
    Action(
        "untrack", Label("结束长期跟踪", "End tracking"), _in(_S.TRACKING), _by(_P.DESK_HEAD), (_S.IN_PROGRESS,), (_CLASS,)
    ),
    Action(
        "reply", Label("答复", "Reply"), _in(_S.IN_PROGRESS, _S.TRACKING), _by(_P.LEAD), (_S.REPLIED,),
        (
            _field("outcome", _K.OUTCOME, "办理结果", "Outcome"),
            _field("text", _K.TEXT, "答复内容", "Reply"),
            _field("document", _K.LINE, "佐证或文号", "Evidence or document number"),
            _field("policy", _K.LINE, "政策依据（解释说明时必填）", "Policy cited (needed when explained)", False),
            _field("date", _K.DAY, "承诺日期（列入计划时必填）", "Promised date (needed when promised)", False),
        ),
        ApprovalKind.SIGN_OFF,
    ),
    Action(
        "record_follow_up", Label("记录回访", "Record the follow-up"), _in(_S.REPLIED),
        _by(_P.CLERK, _P.COMMISSIONER, _P.DESK_HEAD), (_S.CLOSED, _S.IN_PROGRESS, _S.NEW),
        (
            _field("answer", _K.ANSWER, "回访结果", "What came of it"),
            _field("result", _K.RATING, "对结果的评价", "Rating of the result", False),
            _field("attitude", _K.RATING, "对服务态度的评价", "Rating of the attitude", False),
            _field("text", _K.TEXT, "企业意见", "What was said", False),
        ),
    ),
    Action(
        "confirm", Label("确认办结", "Confirm"), _in(_S.REPLIED), _by(_P.ENTERPRISE), (_S.CLOSED, _S.IN_PROGRESS, _S.NEW),
        (*_RATINGS, _field("text", _K.TEXT, "意见", "Remarks", False)),
    ),
    Action(
        "dispute", Label("不满意，申请重办", "Not solved"), _in(_S.REPLIED, _S.CLOSED), _by(_P.ENTERPRISE),
        (_S.IN_PROGRESS, _S.NEW, _S.CLOSED), (_WHY,),
    ),
    Action("lapse", Label("逾期未评价办结", "Close unrated"), _in(_S.REPLIED), _by(_P.CLOCK), (_S.CLOSED,)),
    Action("appeal", Label("请求提级", "Appeal"), OPEN_BUT_REPLIED, _by(_P.ENTERPRISE), (), (_WHY,), kinds=BOTH),
    Action("escalate", Label("提级", "Escalate"), OPEN_BUT_REPLIED, _by(_P.CLOCK, _P.UNIT_HEAD), (), (_REASON,), kinds=BOTH),
    Action(
        "report_to_city", Label("上报市级", "Report to the city"), OPEN_BUT_REPLIED, _by(_P.DESK_HEAD), (),
        (_TEXT, _field("document", _K.LINE, "文号", "Document number")), kinds=BOTH,
    ),
    Action(
        "withdraw", Label("撤回", "Withdraw"), OPEN_BUT_REPLIED, _by(_P.ENTERPRISE), (_S.CLOSED,),
        (_field("reason", _K.TEXT, "原因", "Why", False),),
        kinds=BOTH,
    ),
    Action(
        "deliver", Label("承诺已兑现", "Delivered as promised"), _in(_S.CLOSED), _by(_P.LEAD), (_S.REPLIED,),
        (_TEXT, _field("document", _K.LINE, "佐证或文号", "Evidence or document number")), ApprovalKind.DELIVERY,
    ),
    Action(
        "reopen", Label("重新开启", "Reopen"), _in(_S.CLOSED), _by(_P.CLOCK, _P.DESK_HEAD), (_S.IN_PROGRESS, _S.NEW), (_REASON,)
    ),
    Action(
        "approve", Label("同意", "Approve"), frozenset(Status), _by(_P.APPROVER, _P.CLOCK), (),
        (_field("text", _K.TEXT, "意见", "Remarks", False),),
        kinds=BOTH,
    ),
    Action("refuse", Label("不同意", "Refuse"), frozenset(Status), _by(_P.APPROVER, _P.CLOCK), (), (_REASON,), kinds=BOTH),
    Action(
        "hand_back", Label("退回补正", "Return for supplement"), frozenset(Status), _by(_P.APPROVER), (), (_REASON,), kinds=BOTH
    ),
    Action(
        "resubmit", Label("补正后再报", "Supplemented: ask again"), frozenset(Status), _by(_P.LEAD, _P.DESK_HEAD), (), (_TEXT,),
        kinds=BOTH,
    ),
    *FACTOR_ROWS,
)  # fmt: skip

ACTIONS: dict[str, Action] = {row.name: row for row in _ROWS}
"""The table, by name and in the order of LIFECYCLE.md."""

DESK_PARTIES = frozenset({Party.CLERK, Party.DESK_HEAD})
"""Who may act from the Prefect UI (LIFECYCLE.md, Rules)."""

PROXY_STEPS = frozenset(row.name for row in _ROWS if Party.ENTERPRISE in row.by)
"""What an enterprise may do, a clerk may record for it, with channel and speaker."""


def _desk_steps(kind: Kind) -> tuple[str, ...]:
    return tuple(row.name for row in _ROWS if kind in row.kinds and (row.by & DESK_PARTIES or row.name in PROXY_STEPS))


DESK_STEPS: tuple[str, ...] = _desk_steps(Kind.DIFFICULTY)
"""Steps that `coordinate-difficulty` offers."""

FACTOR_STEPS: tuple[str, ...] = _desk_steps(Kind.FACTOR)
"""Steps that `advance-factor` offers."""


def from_status(status: Status, kind: Kind = Kind.DIFFICULTY) -> Iterable[Action]:
    """The rows of a kind of case that start in `status`, in the table's order."""
    return (row for row in _ROWS if status in row.sources and kind in row.kinds)


def fields_of(action: str) -> tuple[Field, ...]:
    """The fields of an action; KeyError for an unknown one."""
    return ACTIONS[action].fields
