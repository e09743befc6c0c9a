"""The fictional case that the examples of all messages speak of."""

from notifications.message import Line, Words

CASE = "DIF-2026-0042"
TITLE = "二期厂房第二路电源无廊道"
RECEIPT = "R-7KQ4-M2XD"
ENTERPRISE = "禾城喆镕新能源有限公司"
PROJECT = "动力电池二期"

POWER_COMPANY: Words = {"zh": "供电公司", "en": "Power company"}
TRANSPORT: Words = {"zh": "交通分局", "en": "Transport branch"}
PLANNING: Words = {"zh": "自然资源和规划分局", "en": "Natural resources and planning branch"}
DESK_HEAD: Words = {"zh": "区推进办主任", "en": "Head of dispatch desk"}
DEPARTMENT: Words = {"zh": "部门办理", "en": "Department level"}
TASK_FORCE: Words = {"zh": "专班会商", "en": "Task-force consultation"}
POWER: Words = {"zh": "用电", "en": "Power"}
ALIKE: tuple[Line, ...] = (
    {
        "label": {"zh": "DIF-2026-0007", "en": "DIF-2026-0007"},
        "kind": "words",
        "value": {
            "zh": "10千伏双电源第二路通道与在建道路管廊交叉（同一项目、同一类别，尚未办结；表述相近（55%））",
            "en": "10千伏双电源第二路通道与在建道路管廊交叉 (same project and category, still open; worded alike (55%))",
        },
    },
)
"""An open case that may be the same."""
SOLVED: Words = {"zh": "办成", "en": "Solved"}

NOW = "2026-07-16T02:00:00+00:00"
TODAY = "2026-07-16T09:30:00+00:00"
TOMORROW = "2026-07-17T09:30:00+00:00"
ANSWER_DUE = "2026-07-21T09:30:00+00:00"
DUE = "2026-07-30T09:30:00+00:00"
LATER = "2026-08-06T09:30:00+00:00"
