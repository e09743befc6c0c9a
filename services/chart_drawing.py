"""The office's charts as pictures: each from its counted values, worded in one language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from domain.lights import LIGHT_LABELS, Light
from domain.policy import Label
from services.chart_canvas import NARROW, WIDE, Canvas, breadth
from services.chart_words import MEDIAN, NINETIETH, OPEN_NOW, SOLVED_SHARE, WORKING_DAYS, closing_groups
from services.charts import WIDEST, Distribution, LightHistory, Month

SHAPES = {Light.GREEN: "✓", Light.BLUE: "●", Light.YELLOW: "▲", Light.RED: "■", Light.GREY: "‖"}
FILLS = {
    Light.GREEN: ("green", "lines"), Light.BLUE: ("blue", "dots"), Light.YELLOW: ("yellow", "stripes"), Light.RED: ("red", "solid"),
    Light.GREY: ("grey", "cross"),
}  # fmt: skip
"""Of each light its colour and its pattern: on paper without colours they differ still."""


LINE = 24
"""From one key to the next."""
BY_MONTH = 130
"""Days from which on months are written and not weeks."""
THICKEST, NARROWEST = 72, 40
"""Of bars: so thick at most; over a narrower pitch no share is written."""


@dataclass(frozen=True, slots=True)
class _Key:
    colour: str
    fill: str
    said: str
    at: float
    """The value beside which it would stand best."""


def backlog(found: LightHistory, title: str, locale: str, width: int = WIDE) -> bytes:
    """How many difficulties were open, day by day."""
    values = found.open
    canvas = Canvas(width, 300, title, right=150 if width > NARROW else 80)
    canvas.scale(max(values, default=0))
    xs = _days(canvas, found.days, locale)
    canvas.area(xs, [0] * len(xs), values, "brand", "tint")
    canvas.line(xs, values)
    y = canvas.y(values[-1])
    canvas.text(xs[-1] + 12, y + 2, f"{values[-1]:,}", "bold")
    canvas.text(xs[-1] + 12, y + 22, OPEN_NOW.in_(locale), "soft")
    return canvas.svg()


def lights(found: LightHistory, title: str, locale: str, width: int = WIDE) -> bytes:
    """Open difficulties by light, stacked, the urgent ones below where the eye compares best."""
    order = [Light.RED, Light.YELLOW, Light.BLUE, Light.GREEN, Light.GREY]
    keys, below = [], [0] * len(found.days)
    for light in order:
        above = [a + b for a, b in zip(below, found.counts[light], strict=True)]
        words = f"{SHAPES[light]} {LIGHT_LABELS[light].in_(locale)} {found.counts[light][-1]:,}"
        keys.append(_Key(*FILLS[light], words, (below[-1] + above[-1]) / 2))
        below = above
    canvas = _with_keys(width, 360, title, keys)
    canvas.scale(max(found.open, default=0))
    xs = _days(canvas, found.days, locale)
    below = [0] * len(found.days)
    for light in order:
        above = [a + b for a, b in zip(below, found.counts[light], strict=True)]
        if above != below:
            canvas.area(xs, below, above, *FILLS[light])
        below = above
    _keys(canvas, keys)
    return canvas.svg()


def resolving(found: Distribution, title: str, locale: str, width: int = WIDE) -> bytes:
    """How many working days the replies took; where half and nine tenths of them were answered."""
    canvas = Canvas(width, 320, title, above=62, below=52)
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


def closing(found: Sequence[Month], outcomes: dict[str, Label], title: str, locale: str, width: int = WIDE) -> bytes:
    """Each month's closed difficulties by outcome, what was solved at the bottom, and the share that was solved above."""
    groups = closing_groups(outcomes)
    keys = {}
    for month in found:
        low = 0
        for group in groups:
            cases = month.outcomes_of(group.codes)
            if cases:
                keys[group.name] = _Key(group.colour, group.fill, group.label.in_(locale), low + cases / 2)
            low += cases
    ordered = [keys[group.name] for group in groups if group.name in keys]
    canvas = _with_keys(width, 360, title, ordered, above=34)
    canvas.scale(max((month.closed for month in found), default=0))
    pitch = canvas.wide / max(1, len(found))
    thick = min(pitch * 0.64, THICKEST)
    for n, month in enumerate(found):
        middle, low = canvas.left + (n + 0.5) * pitch, 0
        for group in groups:
            cases = month.outcomes_of(group.codes)
            canvas.bar(middle - thick / 2, thick, low, low + cases, group.colour, group.fill)
            low += cases
        if month.counted and pitch > NARROWEST:
            canvas.text(middle, canvas.y(low) - 7, f"{100 * month.solved / month.counted:.0f}%", "bold mid")
        said = f"{month.first.month}月" if locale == "zh" else f"{month.first:%b}"
        if pitch > NARROWEST or n % 3 == 0:
            canvas.text(middle, canvas.height - canvas.below + 20, said, "soft mid")
    canvas.text(0, 16, SOLVED_SHARE.in_(locale), "soft")
    _keys(canvas, ordered)
    return canvas.svg()


def _days(canvas: Canvas, days: Sequence[date], locale: str) -> list[float]:
    """Where each day stands; below, Mondays are written, in a long stretch the first days of months."""
    pitch = canvas.wide / max(1, len(days) - 1)
    xs = [canvas.left + n * pitch for n in range(len(days))] if len(days) > 1 else [canvas.left + canvas.wide / 2]
    by_month, last = len(days) > BY_MONTH, float("-inf")
    for x, day in zip(xs, days, strict=True):
        if day.day != 1 if by_month else day.weekday() != 0:
            continue
        if locale == "zh":
            said = f"{day.month}月" if by_month else f"{day.month}月{day.day}日"
        else:
            said = f"{day:%b}" if by_month else f"{day.day} {day:%b}"
        if x - last > breadth(said) + 16:
            y = canvas.height - canvas.below
            canvas.parts.append(f"<path d='M{x:.1f} {y}v5' class='axis'/>")
            canvas.text(x, y + 21, said, "soft mid")
            last = x
    return xs


def _with_keys(width: int, height: int, title: str, keys: Sequence[_Key], above: int = 18) -> Canvas:
    """A sheet with room for its keys: beside the plot, on a narrow one below it."""
    if width > NARROW:
        right = 50 + max((breadth(key.said) for key in keys), default=0)
        return Canvas(width, height, title, right=round(right), above=above)
    return Canvas(width, height + LINE * len(keys), title, left=44, right=12, above=above, below=34 + LINE * len(keys))


def _keys(canvas: Canvas, keys: Sequence[_Key]) -> None:
    """The words beside what they name, from below upwards, none over another; on a narrow sheet below, the topmost first."""
    if canvas.width <= NARROW:
        for n, key in enumerate(reversed(keys)):
            canvas.key(canvas.left, canvas.height - canvas.below + 52 + LINE * n, key.colour, key.fill, key.said)
        return
    lowest = canvas.height - canvas.below + 4
    wanted = [min(lowest, canvas.y(key.at) + 5) for key in keys]
    for n in range(len(wanted)):
        wanted[n] = min(wanted[n], lowest - LINE * n, wanted[n - 1] - LINE if n else lowest)
    # What was pushed over the head comes down again.
    for n in reversed(range(len(wanted))):
        wanted[n] = max(wanted[n], 18 + LINE * (len(wanted) - 1 - n))
    for key, y in zip(keys, wanted, strict=True):
        canvas.key(canvas.width - canvas.right + 22, y, key.colour, key.fill, key.said)
