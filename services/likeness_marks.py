"""The wording of many reports as numbers, for comparing each with every other one: the same likeness as `services.likeness` tells."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from services.likeness import FEWEST, WITHIN


@dataclass(frozen=True, slots=True)
class Marked:
    """A report's title, and its title and detail together, with a bit for each token; of equal tokens each has its own."""

    title: int
    whole: int

    def alike(self, other: Marked) -> float:
        """How alike two reports are worded, 0 to 1."""
        total, shared_ = self.whole.bit_count() + other.whole.bit_count(), (self.whole & other.whole).bit_count()
        if not shared_:
            return 0.0
        found = max(_found_in(self.title, other.whole), _found_in(other.title, self.whole))
        return max(1.0 - (total - 2 * shared_) / total, WITHIN * found)

    def needs(self, line: float) -> float:
        """So many tokens another report has in common with it at least, where this one makes them alike to `line`."""
        whole, title = self.whole.bit_count(), self.title.bit_count()
        least = line * whole / (2 - line)
        return min(least, line / WITHIN * title) if title >= FEWEST else least


def _found_in(title: int, whole: int) -> float:
    length = title.bit_count()
    return (title & whole).bit_count() / length if length >= FEWEST else 0.0


def marked(bags: tuple[Iterable[str], Iterable[str]], places: dict[tuple[str, int], int]) -> Marked:
    """A report's bags as numbers; `places` are the bits of one comparison's tokens, and grow."""
    return Marked(_bits(bags[0], places), _bits(bags[1], places))


def _bits(bag: Iterable[str], places: dict[tuple[str, int], int]) -> int:
    found, times = 0, dict[str, int]()
    for token in bag:
        again = times[token] = times.get(token, 0) + 1
        found |= 1 << places.setdefault((token, again), len(places))
    return found
