"""A sheet on which a chart is drawn as SVG: axes, areas, bars and words, without scripts, fonts or anything to be fetched.

What a colour says is said by a pattern and a word too. The sheet is as wide as a page's column, follows the reader's dark mode, and
prints; the same figures give the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from math import floor, log10

WIDE, NARROW = 900, 420
"""A page's column, and a phone's."""
FONT = "-apple-system,'Segoe UI','PingFang SC','Microsoft YaHei','Noto Sans CJK SC','Noto Sans SC',Roboto,sans-serif"
STYLE = (
    f"text{{font:15px/1.4 {FONT};font-variant-numeric:tabular-nums;fill:#16202c}}.soft{{fill:#4a5767}}.bold{{font-weight:650}}"
    ".end{text-anchor:end}.mid{text-anchor:middle}.grid{stroke:#d3dae3}.axis{stroke:#7b8898}.line{fill:none;stroke:#1f4e8c;stroke-width:2.5}"
    ".dot{fill:#1f4e8c}.edge{stroke:#fff;stroke-width:1}.mark{stroke:#16202c;stroke-width:1.5;stroke-dasharray:5 4}"
    ".c-brand{color:#1f4e8c}.c-good{color:#1c6b3c}.c-green{color:#4f9a6c}.c-blue{color:#2b67b8}.c-yellow{color:#b98900}"
    ".c-red{color:#b02020}.c-grey{color:#7b8898}"
    "@media(prefers-color-scheme:dark){text{fill:#eef2f7}.soft{fill:#b6c2d0}.grid{stroke:#344050}.axis{stroke:#7f8fa3}.edge{stroke:#1a222c}"
    ".mark{stroke:#eef2f7}.line{stroke:#8fbcff}.dot{fill:#8fbcff}.c-brand{color:#8fbcff}.c-good{color:#8edbac}.c-green{color:#8edbac}"
    ".c-blue{color:#8fbcff}.c-yellow{color:#ffe08a}.c-red{color:#e87a7a}.c-grey{color:#a8b4c2}}"
    "@media print{text{fill:#000}.soft{fill:#333}}"
)
_STROKE = "stroke='currentColor' fill='none'"
FILLS = {
    "solid": "",
    "tint": "",
    "stripes": f"<path d='M-2 2L2-2M0 8L8 0M6 10L10 6' {_STROKE} stroke-width='2.4'/>",
    "dots": "<circle cx='2' cy='2' r='1.5' fill='currentColor'/><circle cx='6' cy='6' r='1.5' fill='currentColor'/>",
    "lines": f"<path d='M0 2H8M0 6H8' {_STROKE} stroke-width='1.6'/>",
    "cross": f"<path d='M0 0L8 8M8 0L0 8' {_STROKE} stroke-width='1.1'/>",
}
"""Patterns by name; what is solid or a mere tint has none."""
_TINT = 0.28
"""How strong the ground of a pattern is."""


@dataclass(slots=True)
class Canvas:
    """A sheet with room for a plot between the margins. `top` is the largest value that is drawn."""

    width: int
    height: int
    title: str
    left: int = 56
    right: int = 24
    above: int = 18
    below: int = 34
    top: float = 1
    parts: list[str] = field(default_factory=list)

    @property
    def wide(self) -> int:
        """The plot's width."""
        return self.width - self.left - self.right

    def y(self, value: float) -> float:
        """Where a value stands."""
        return self.height - self.below - (self.height - self.above - self.below) * value / self.top

    def text(self, x: float, y: float, said: str, kind: str = "") -> None:
        """Words, with their baseline at y."""
        self.parts.append(f"<text x='{_n(x)}' y='{_n(y)}' class='{kind}'>{escape(said)}</text>")

    def scale(self, most: float) -> None:
        """Choose the largest value, and draw a line with its number at each round step up to it."""
        step = _step(most)
        self.top = step * max(1, -int(-most // step))
        value = 0.0
        while value <= self.top:
            y = self.y(value)
            kind = "grid" if value else "axis"
            self.parts.append(f"<path d='M{self.left} {_n(y)}h{self.wide}' class='{kind}'/>")
            self.text(self.left - 8, y + 5, f"{value:,.0f}", "soft end")
            value += step

    def bar(self, x: float, width: float, low: float, high: float, colour: str, fill: str = "solid") -> None:
        """A bar from one value to another."""
        if high > low:
            y = self.y(high)
            self._fill(
                f"rect x='{_n(x)}' y='{_n(y)}' width='{_n(width)}' height='{_n(self.y(low) - y)}'", colour, fill, "edge"
            )

    def area(
        self, xs: Sequence[float], lows: Sequence[float], highs: Sequence[float], colour: str, fill: str = "solid"
    ) -> None:
        """What lies between two lines."""
        up = [f"{_n(x)} {_n(self.y(v))}" for x, v in zip(xs, highs, strict=True)]
        down = [f"{_n(x)} {_n(self.y(v))}" for x, v in zip(xs, lows, strict=True)]
        self._fill(f"path d='M{'L'.join(up)}L{'L'.join(reversed(down))}z'", colour, fill, "edge")

    def line(self, xs: Sequence[float], values: Sequence[float]) -> None:
        """A line through values, with a dot at its end."""
        points = [f"{_n(x)} {_n(self.y(v))}" for x, v in zip(xs, values, strict=True)]
        self.parts.append(f"<path d='M{'L'.join(points)}' class='line'/>")
        self.parts.append(f"<circle cx='{_n(xs[-1])}' cy='{_n(self.y(values[-1]))}' r='4.5' class='dot'/>")

    def mark(self, x: float, said: str, row: int) -> None:
        """A dashed line from the bottom to its words, which stand in the row'th line of the head."""
        y = 16 + 22 * row
        self.parts.append(f"<path d='M{_n(x)} {y + 6}V{self.height - self.below}' class='mark'/>")
        right = x + 8 + breadth(said) > self.width
        self.text(x - 6 if right else x + 6, y, said, "bold end" if right else "bold")

    def key(self, x: float, y: float, colour: str, fill: str, said: str) -> None:
        """A patch with its words beside it."""
        self._fill(f"rect x='{_n(x)}' y='{_n(y - 12)}' width='16' height='14'", colour, fill, "edge")
        self.text(x + 23, y, said)

    def _fill(self, shape: str, colour: str, fill: str, kind: str) -> None:
        if fill == "solid":
            self.parts.append(f"<{shape} class='{kind} c-{colour}' fill='currentColor'/>")
            return
        self.parts.append(f"<{shape} class='c-{colour}' fill='currentColor' opacity='{_TINT}'/>")
        if fill != "tint":
            self.parts.append(f"<{shape} class='{kind} c-{colour}' fill='url(#{fill}-{colour})'/>")

    def svg(self) -> bytes:
        """The sheet."""
        drawn = "".join(self.parts)
        patterns = "".join(
            f"<pattern id='{name}-{colour}' class='c-{colour}' width='8' height='8' patternUnits='userSpaceOnUse'>{lines}</pattern>"
            for name, lines in FILLS.items()
            for colour in ("brand", "good", "green", "blue", "yellow", "red", "grey")
            if f"url(#{name}-{colour})" in drawn
        )
        return (
            f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {self.width} {self.height}' width='{self.width}' height='{self.height}' role='img'>"
            f"<title>{escape(self.title)}</title><style>{STYLE}</style><defs>{patterns}</defs>{drawn}</svg>"
        ).encode()


def breadth(said: str) -> float:
    """About how wide words are: a Chinese character is as wide as it is high."""
    return sum(15.0 if ord(character) > 0x2E7F else 8.2 for character in said)


def _step(most: float) -> float:
    """A round step of which about four reach to `most`."""
    raw = max(1.0, most / 4)
    size = float(10 ** floor(log10(raw)))
    return next(size * n for n in (1, 2, 5, 10) if size * n >= raw)


def _n(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")
