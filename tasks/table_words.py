"""What the tables of runs are called in both languages of the office: their columns, and what stands in them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from domain.clocks import CLOCKS
from domain.labels import STEP_LABELS
from domain.policy import Label

HEADINGS: dict[str, Label] = {
    "accepted": Label("受理结果", "Accepted"),
    "case": Label("事项", "Case"),
    "cases": Label("事项", "Cases"),
    "change": Label("变更与后果", "Change and what follows"),
    "clock": Label("时限", "Clock"),
    "colour": Label("颜色或层级", "Colour or rungs"),
    "count": Label("数量", "Count"),
    "done": Label("是否完成", "Done"),
    "late": Label("已逾期", "Late"),
    "mail": Label("通知", "Mail"),
    "mails": Label("封数", "Mails"),
    "message": Label("通知", "Message"),
    "post": Label("岗位", "Post"),
    "problem": Label("问题", "Problem"),
    "project": Label("项目", "Project"),
    "receipt": Label("回执号", "Receipt"),
    "red": Label("红灯", "Red"),
    "remedy": Label("办法", "Remedy"),
    "request": Label("要素保障申请", "Request"),
    "restricted": Label("保密事项件数", "Restricted cases"),
    "result": Label("结果", "Result"),
    "says": Label("说明", "What was said"),
    "since": Label("自", "Since"),
    "step": Label("步骤", "Step"),
    "stopped": Label("已停收", "Stopped"),
    "to": Label("收件人", "To"),
    "today": Label("今日到期", "Due today"),
    "waiting": Label("待办", "Waiting"),
    "where": Label("位置", "Where"),
}
"""Every column that a run's table has; an unknown one is an error."""

DONE, REFUSED = Label("已完成", "done"), Label("未通过", "refused")
NOT_DONE = "未通过 refused"
"""In the name of a run that was refused."""

YES, NO = Label("是", "yes"), Label("否", "no")


def heading(column: str) -> str:
    """A column's heading in both languages."""
    return f"{HEADINGS[column].zh} {HEADINGS[column].en}"


def both(label: Label) -> str:
    """A name in both languages, once where they agree."""
    return label.zh if label.zh == label.en else f"{label.zh} · {label.en}"


def title_of(did: Label, about: str) -> str:
    """What a run is called: what it did, in both languages, and on what."""
    return f"{did.zh} {did.en} · {about}"


def counted(number: int, zh: str, en: str) -> str:
    """A number of things, in both languages."""
    return f"{number} {zh} {en}"


def row_of(said: Mapping[str, object]) -> dict[str, object]:
    """A row with its headings, its labels in both languages."""
    return {heading(name): _cell(value) for name, value in said.items()}


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return both(YES if value else NO)
    return both(value) if isinstance(value, Label) else value


def clock_label(kind: str) -> Label:
    """What a kind of clock is called; its own name where an older row names one that there is no more."""
    return CLOCKS[kind].label if kind in CLOCKS else Label(kind, kind)


def step_label(step: str) -> Label:
    """What a clock does at a moment, or a notice's colour, is called."""
    return STEP_LABELS.get(step, Label(step, step))


def moment_text(at: datetime, zone: ZoneInfo) -> str:
    """A moment in the office's zone, to the minute."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"
