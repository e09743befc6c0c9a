"""The office's charts as pictures: each from its counted values, worded in one language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from domain.lights import LIGHT_LABELS, Light
from domain.policy import Label
from services.chart_canvas import WIDTH, Canvas, breadth
from services.chart_words import MEDIAN, NINETIETH, OPEN_NOW, SOLVED_SHARE, WORKING_DAYS, closing_groups
from services.charts import WIDEST, Distribution, LightHistory, Month

SHAPES = {Light.GREEN: "✓", Light.BLUE: "●", Light.YELLOW: "▲", Light.RED: "■", Light.GREY: "‖"}
FILLS = {
    Light.GREEN: ("green", "lines"), Light.BLUE: ("blue", "dots"), Light.YELLOW: ("yellow", "stripes"), Light.RED: ("red", "solid"),
    Light.GREY: ("grey", "cross"),
}  # fmt: skip
"""Of each light its colour and its pattern: on paper without colours they differ still."""


@dataclass(frozen=True, slots=True)
class _Key:
    colour: str
    fill: str
    said: str
    at: float
    """The value beside which it would stand best."""


def backlog(found: LightHistory, title: str, locale: str) -> bytes:
    """How many difficulties were open, day by day."""
    values = found.open
    canvas = Canvas(300, title, right=150)
    canvas.scale(max(values, default=0))
    xs = _days(canvas, found.days, locale)
    canvas.area(xs, [0] * len(xs), values, "brand", "lines")
    canvas.line(xs, values)
    y = canvas.y(values[-1])
    canvas.text(xs[-1] + 12, y + 2, f"{values[-1]:,}", "bold")
    canvas.text(xs[-1] + 12, y + 22, OPEN_NOW.in_(locale), "soft")
    return canvas.svg()


def lights(found: LightHistory, title: str, locale: str) -> bytes:
    """Open difficulties by light, stacked, the urgent ones below where the eye compares best."""
    order = [Light.RED, Light.YELLOW, Light.BLUE, Light.GREEN, Light.GREY]
    canvas = Canvas(360, title, right=190)
    canvas.scale(max(found.open, default=0))
    xs = _days(canvas, found.days, locale)
    below: Sequence[int] = [0] * len(found.days)
    keys = []
    for light in order:
        above = tuple(a + b for a, b in zip(below, found.counts[light], strict=True))
        colour, fill = FILLS[light]
        if above != tuple(below):
            canvas.area(xs, below, above, colour, fill)
        words = f"{SHAPES[light]} {LIGHT_LABELS[light].in_(locale)} {found.counts[light][-1]:,}"
        keys.append(_Key(colour, fill, words, (below[-1] + above[-1]) / 2))
        below = above
    _keys(canvas, keys)
    return canvas.svg()


def resolving(found: Distribution, title: str, locale: str) -> bytes:
    """How many working days the replies took; where half and nine tenths of them were answered."""
    canvas = Canvas(320, title, above=62, below=52)
    canvas.scale(max(found.cases, default=0))
    pitch = canvas.wide / len(found.cases)
    for n, cases in enumerate(found.cases):
        canvas.bar(canvas.left + n * pitch + pitch * 0.12, pitch * 0.76, 0, cases, "brand")
        if n % 5 == 0:
            said = f"{n}+" if n == WIDEST else str(n)
            canvas.text(canvas.left + (n + 0.5) * pitch, canvas.height - canvas.below + 20, said, "soft mid")
    canvas.text(canvas.left + canvas.wide / 2, canvas.height - 8, WORKING_DAYS.in_(locale), "soft mid")
    for row, (value, label) in enumerate(((found.median, MEDIAN), (found.ninetieth, NINETIETH))):
        if value is not None:
            x = canvas.left + (min(value, WIDEST) + 0.5) * pitch
            shown = f"{value:g}"
            canvas.mark(x, label.in_(locale).format(shown), row)
    return canvas.svg()


def closing(found: Sequence[Month], outcomes: dict[str, Label], title: str, locale: str) -> bytes:
    """Each month's closed difficulties by outcome, what was solved at the bottom, and the share that was solved above."""
    canvas = Canvas(360, title, right=200, above=34)
    canvas.scale(max((month.closed for month in found), default=0))
    pitch = canvas.wide / max(1, len(found))
    keys: dict[str, _Key] = {}
    for n, month in enumerate(found):
        x, low = canvas.left + n * pitch + pitch * 0.18, 0
        for group in closing_groups(outcomes):
            cases = month.outcomes_of(group.codes)
            canvas.bar(x, pitch * 0.64, low, low + cases, group.colour, group.fill)
            if cases:
                keys[group.name] = _Key(group.colour, group.fill, group.label.in_(locale), low + cases / 2)
            low += cases
        middle = x + pitch * 0.32
        if month.closed:
            canvas.text(middle, canvas.y(low) - 7, f"{100 * month.solved / month.closed:.0f}%", "bold mid")
        said = f"{month.first.month}月" if locale == "zh" else f"{month.first:%b}"
        canvas.text(middle, canvas.height - canvas.below + 20, said, "soft mid")
    canvas.text(0, 16, SOLVED_SHARE.in_(locale), "soft")
    order = [group.name for group in closing_groups(outcomes) if group.name in keys]
    _keys(canvas, [keys[name] for name in order])
    return canvas.svg()


def _days(canvas: Canvas, days: Sequence[date], locale: str) -> list[float]:
    """Where each day stands; months, or in a short stretch weeks, are written below."""
    pitch = canvas.wide / max(1, len(days) - 1)
    xs = [canvas.left + n * pitch for n in range(len(days))] if len(days) > 1 else [canvas.left + canvas.wide / 2]
    last = float("-inf")
    for x, day in zip(xs, days, strict=True):
        if (day.day != 1 if len(days) > 45 else day.weekday() != 0 and len(days) > 10) or (
            len(days) > 400 and day.month % 3 != 1
        ):
            continue
        if len(days) > 45:
            said = f"{day.month}月" if locale == "zh" else f"{day:%b}"
        else:
            said = f"{day.month}月{day.day}日" if locale == "zh" else f"{day.day} {day:%b}"
        if x - last > breadth(said) + 14:
            y = canvas.height - canvas.below
            canvas.parts.append(f"<path d='M{x:.1f} {y}v5' class='axis'/>")
            canvas.text(x, y + 21, said, "soft mid")
            last = x
    return xs


def _keys(canvas: Canvas, keys: Sequence[_Key]) -> None:
    """The words beside what they name, from below upwards, none over another."""
    line, lowest = 24.0, canvas.height - canvas.below + 4
    wanted = [min(lowest, canvas.y(key.at) + 5) for key in keys]
    for n in range(len(wanted)):
        wanted[n] = min(wanted[n], lowest - line * n)
        if n:
            wanted[n] = min(wanted[n], wanted[n - 1] - line)
    # What was pushed over the head comes down again.
    for n in reversed(range(len(wanted))):
        floor = 18 + line * (len(wanted) - 1 - n)
        wanted[n] = max(wanted[n], floor)
    for key, y in zip(keys, wanted, strict=True):
        canvas.key(WIDTH - canvas.right + 22, y, key.colour, key.fill, key.said)
