"""What a policy says of the figures that everybody may see: whether there are any, and the least that a cell may stand for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PublicRules:
    """Whether the on-time figures are published, and of how many cases at least each of them is.

    Off until an office decides otherwise: a district with few cases would show more than it means to.
    """

    enabled: bool = False
    min_cell: int = 5
