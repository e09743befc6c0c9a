"""What the charts say in words: their names, the sentence that each shows, and how outcomes are grouped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from domain.lights import Light
from domain.policy import Label
from services.charts import Distribution, LightHistory, Month
from services.charts_waits import Waits

OPEN_NOW = Label("件在办", "open")
WORKING_DAYS = Label("从反映到答复签发的工作日", "Working days from the report to the signed reply")
MEDIAN = Label("半数在 {} 天内", "half within {} days")
NINETIETH = Label("九成在 {} 天内", "nine tenths within {} days")
SOLVED_SHARE = Label(
    "办成率（不含撤回、合并等不计入的事项）", "Share solved, without what counts for nothing (withdrawn, merged …)"
)

NAMES = {
    "backlog": Label("在办难题数量", "Open difficulties"),
    "lights": Label("亮灯变化", "Lights over time"),
    "resolving": Label("办理用时", "Time to resolve"),
    "closing": Label("办结与办成", "Closed, and solved"),
    "waits": Label("谁在等谁", "Who waits for whom"),
}


@dataclass(frozen=True, slots=True)
class ClosingGroup:
    """Outcomes that are drawn as one, and how."""

    name: str
    label: Label
    codes: tuple[str, ...]
    colour: str
    fill: str


def closing_groups(outcomes: Mapping[str, Label]) -> tuple[ClosingGroup, ...]:
    """The outcomes from solved to not counted, in the order in which they are stacked."""
    own = {"resolved": ("good", "solid"), "partial": ("green", "stripes"), "promised": ("blue", "dots")}
    explained = ("explained", "reasonable_explanation")
    rest = tuple(code for code in outcomes if code not in own and code not in explained)
    return (
        *(ClosingGroup(code, outcomes[code], (code,), *own[code]) for code in own if code in outcomes),
        ClosingGroup("explained", Label("解释说明", "Explained"), explained, "yellow", "lines"),
        ClosingGroup("rest", Label("其他（未办成）", "Others, not solved"), rest, "grey", "cross"),
    )


def backlog_says(found: LightHistory) -> Label:
    """How many are open, and how many more or fewer than at the beginning."""
    now, then = found.open[-1], found.open[0]
    first, last = found.days[0], found.days[-1]
    zh = "与{}持平" if now == then else f"比{{}}{'多' if now > then else '少'} {abs(now - then):,} 件"
    en = "as many as on {}" if now == then else f"{abs(now - then):,} {'more' if now > then else 'fewer'} than on {{}}"
    return Label(
        f"{_zh(last)}在办 {now:,} 件，{zh.format(_zh(first))}。",
        f"{now:,} open on {_en(last)}, {en.format(_en(first))}.",
    )


def lights_say(found: LightHistory) -> Label:
    """How many of the open ones are red and yellow today, and how many were red at the most."""
    red, yellow = found.counts[Light.RED], found.counts[Light.YELLOW]
    most = max(red)
    day = found.days[red.index(most)]
    return Label(
        f"{_zh(found.days[-1])}红灯 {red[-1]:,} 件、黄灯 {yellow[-1]:,} 件；红灯最多时（{_zh(day)}）{most:,} 件。",
        f"{red[-1]:,} red and {yellow[-1]:,} yellow on {_en(found.days[-1])}; most were red on {_en(day)}: {most:,}.",
    )


def resolving_says(found: Distribution) -> Label:
    """Within how many working days half of them and nine tenths of them were answered."""
    if found.median is None:
        return Label("此期间没有办结的难题。", "Nothing was closed with a reply in this period.")
    return Label(
        f"{found.total:,} 件中，半数在 {found.median:g} 个工作日内答复，九成在 {found.ninetieth} 个工作日内答复。",
        f"Of {found.total:,}, half were answered within {found.median:g} working days and nine tenths within {found.ninetieth}.",
    )


def closing_says(found: Sequence[Month]) -> Label:
    """How much of what was closed was solved."""
    closed, solved = sum(month.closed for month in found), sum(month.solved for month in found)
    if not closed:
        return Label("此期间没有办结的难题。", "Nothing was closed in this period.")
    counted = sum(month.counted for month in found)
    share = f"{100 * solved / counted:.0f}%" if counted else "—"
    return Label(
        f"办结 {closed:,} 件，其中办成 {solved:,g} 件，办成率 {share}。",
        f"{closed:,} closed, {solved:,g} of them solved: {share}.",
    )


def waits_say(found: Waits) -> Label:
    """Whom the leads wait for the longest."""
    days = {
        whom: sum(cell.days for (_, other), cell in found.cells.items() if other == whom) for whom, _ in found.columns
    }
    if not days:
        return Label("目前没有等待他人的事项。", "Nobody waits for anybody at the moment.")
    whom = max(days, key=lambda one: days[one])
    cases = sum(cell.cases for (_, other), cell in found.cells.items() if other == whom)
    name = dict(found.columns)[whom]
    return Label(
        f"等待最久的对象是{name.zh}：{cases:,} 件，累计 {days[whom]:,} 个工作日。",
        f"The longest wait is for: {name.en} ({cases:,} cases, {days[whom]:,} working days together).",
    )


def _zh(day: date) -> str:
    return f"{day.month}月{day.day}日"


def _en(day: date) -> str:
    return f"{day.day} {day:%b}"
