"""The rows of the table of actions that only factor requests have: stages, grants, what holds a request up.

"By approver" is the stage's own body through its link; the desk records the same from paper with its document number.
"""

from __future__ import annotations

from domain.action import Action, FieldKind, Kind, Party, Status, field_row
from domain.policy import Label

FACTOR = frozenset({Kind.FACTOR})
_WORK = frozenset({Status.IN_PROGRESS})
_LEDGER = frozenset({Status.IN_PROGRESS, Status.SUSPENDED, Status.CLOSED})
_BODY = frozenset({Party.APPROVER, Party.CLERK, Party.DESK_HEAD})
_DESK = frozenset({Party.CLERK, Party.DESK_HEAD})
_LEAD = frozenset({Party.LEAD, Party.CLERK, Party.DESK_HEAD})
_HEAD = frozenset({Party.DESK_HEAD})
_K = FieldKind

_STAGE = field_row("stage", _K.STAGE, "环节（并行时必填）", "Stage (when several are open)", False)
_REASON = field_row("reason", _K.TEXT, "理由", "Reason")
_MEASURE = field_row("measure", _K.MEASURE, "单位（不填为申请单位）", "Unit (the request's when left out)", False)
_GRANTED = (
    field_row("date", _K.DAY, "批复日期（不填为今日）", "Date of the document (today when left out)", False),
    field_row("conditions", _K.TEXT, "附加条件", "Conditions", False),
    field_row("expires", _K.DAY, "有效期至", "Valid until", False),
)
_GRANT = field_row("grant", _K.GRANT, "批复文号", "Grant (its document number)")

FACTOR_ROWS: tuple[Action, ...] = (
    Action(
        "pass_stage", Label("同意（本环节办结）", "Approve the stage"), _WORK, _BODY, (Status.CLOSED,),
        (
            field_row("document", _K.LINE, "文号（批准数量或代录时必填）", "Document number (with a quantity, or from paper)", False),
            field_row("quantity", _K.QUANTITY, "批准数量", "Quantity granted", False), _MEASURE, *_GRANTED,
            field_row("text", _K.TEXT, "意见", "Remarks", False), _STAGE,
        ),
        kinds=FACTOR,
    ),
    Action(
        "grant", Label("部分批准（本环节继续）", "Grant in part, the stage goes on"), _WORK, _BODY, (),
        (
            field_row("quantity", _K.QUANTITY, "批准数量", "Quantity granted"), _MEASURE,
            field_row("document", _K.LINE, "文号", "Document number"), *_GRANTED, _STAGE,
        ),
        kinds=FACTOR,
    ),
    Action(
        "return_stage", Label("代录退回补正", "Record a return for supplement"), _WORK, _DESK, (), (_REASON, _STAGE), kinds=FACTOR
    ),
    Action(
        "reject_stage", Label("不予通过", "Reject the stage"), _WORK, _BODY, (),
        (
            _REASON, field_row("basis", _K.LINE, "法律或政策依据", "Legal or policy basis"),
            field_row("document", _K.LINE, "文号（代录时必填）", "Document number (from paper)", False), _STAGE,
        ),
        kinds=FACTOR,
    ),
    Action(
        "skip_stage", Label("本环节不适用", "The stage is not needed"), _WORK, _DESK, (Status.CLOSED,), (_REASON, _STAGE), kinds=FACTOR
    ),
    Action(
        "reopen_stage", Label("重新办理环节", "Take a stage up again"), _WORK, _HEAD, (), (_REASON, _STAGE), kinds=FACTOR
    ),
    Action(
        "draw", Label("登记提取或到位", "Record what was drawn or delivered"), _LEDGER, _LEAD, (),
        (_GRANT, field_row("quantity", _K.QUANTITY, "本次提取或到位数量", "Quantity drawn or delivered now"), _MEASURE),
        kinds=FACTOR,
    ),
    Action(
        "renew", Label("续期", "Renew a grant"), _LEDGER, _DESK, (),
        (
            _GRANT, field_row("expires", _K.DAY, "新的有效期至", "Valid until (new)"),
            field_row("document", _K.LINE, "续期文号", "Document number of the renewal"),
        ),
        kinds=FACTOR,
    ),
    Action("block", Label("登记受阻", "Blocked"), _WORK, _LEAD, (), (_REASON,), kinds=FACTOR),
    Action(
        "unblock", Label("受阻解除", "No longer blocked"), _WORK, _LEAD, (), (field_row("text", _K.TEXT, "说明", "Remarks", False),),
        kinds=FACTOR,
    ),
    Action(
        "defer", Label("列入计划", "Defer to a date"), _WORK, _HEAD, (),
        (field_row("date", _K.DAY, "计划日期", "Planned for"), _REASON), kinds=FACTOR,
    ),
)  # fmt: skip
