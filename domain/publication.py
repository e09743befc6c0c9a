"""Figures that everybody may see: what a policy says of them, and which of a table's cells must be hidden.

A cell of few cases is hidden, and with it as many others as it takes that no total gives it away (complementary suppression).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PublicRules:
    """Whether the on-time figures are published, and of how many cases at least each of them is.

    Off until an office decides otherwise: a district with few cases would show more than it means to.
    """

    enabled: bool = False
    min_cell: int = 5


def hidden_cells(counts: Sequence[int], least: int) -> frozenset[int] | None:
    """The places of the cells that are hidden, where all others and the sum of all are shown; None: none of them may be shown.

    From what is shown, each hidden cell could be anything from 1 to at least `least`: two or more are hidden, and their sum is so
    large. Cells of no case are shown: of nobody nothing is told. Hidden are the small ones, then the next smallest.
    """
    hidden = {place for place, count in enumerate(counts) if 0 < count < least}
    if not hidden:
        return frozenset()
    others = sorted(
        (place for place, count in enumerate(counts) if count >= least), key=lambda place: (counts[place], place)
    )
    for place in (None, *others):
        if place is not None:
            hidden.add(place)
        if _protected([counts[i] for i in hidden], least):
            return frozenset(hidden)
    return None


def _protected(hidden: Sequence[int], least: int) -> bool:
    """Whether each of the cells could be as large as `least`, the others being at least 1, by their sum."""
    return len(hidden) >= 2 and sum(hidden) - (len(hidden) - 1) >= least


def hidden_rates(lines: Sequence[Sequence[int]], least: int, rows: Iterable[int] = ()) -> frozenset[int] | None:
    """The places of the lines whose rate is hidden, where all others and that of all together are shown; None: show none.

    A line says how many cases gave each answer, e.g. in time and late, in the same order: a rate of few tells both numbers. Shown is
    a rate only where each answer is nobody's or that of `least` cases; hidden are as many as it takes that of each answer those
    hidden together gave none, or `least`. Lines without a case have no rate; `rows` are hidden whatever they count.
    """
    counted = [place for place, line in enumerate(lines) if sum(line)]
    forced = set(rows)
    hidden = {place for place in counted if place in forced or not all(safe(n, least) for n in lines[place])}
    if not hidden:
        return frozenset()
    others = sorted((place for place in counted if place not in hidden), key=lambda place: (sum(lines[place]), place))
    for one in (None, *others):
        if one is not None:
            hidden.add(one)
        together = [sum(answer) for answer in zip(*(lines[place] for place in hidden), strict=True)]
        enough = _protected([sum(lines[place]) for place in hidden], least)
        if enough and all(safe(n, least) for n in together):
            return frozenset(hidden)
    return None


def safe(count: int, least: int) -> bool:
    """Whether a number may be known: of nobody nothing is told."""
    return count == 0 or count >= least


FLOORS = (95, 90, 80)
"""What a figure that is hidden may be said to lie above, in whole percent."""


def floor_of(count: int, least: int) -> int | None:
    """Above how many percent a rate of `count` cases lies of which fewer than `least` answered otherwise; None: nothing is said.

    It follows from `count` alone, and `least` other answers would still be possible: it tells no number of few.
    """
    return next((percent for percent in FLOORS if least * 100 <= count * (100 - percent)), None)


def joined(counts: Iterable[int], least: int) -> list[int]:
    """How many neighbours, from the first on, make one row of at least `least` cases; what is too few at the end is in none.

    What a later month adds never takes apart what was published before.
    """
    found: list[int] = []
    length = sum_ = 0
    for count in counts:
        length, sum_ = length + 1, sum_ + count
        if sum_ >= least:
            found.append(length)
            length = sum_ = 0
    return found
