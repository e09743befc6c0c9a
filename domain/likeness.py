"""What a policy says of likeness: when two difficulties are taken for one, and when many are taken for one matter."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Similarity:
    """When an open difficulty is suggested to the desk as the same as another one, in points of `services.similar`, 0 to 100.

    From `suggest_at` on it is shown beside the case, from `tell_at` on the desk's clerk is written to. `alike` is the
    share of wording in common, in percent, from which two texts count as worded alike. Where the category is all that
    two cases share, those of the last `months` are looked at.
    """

    suggest_at: int = 50
    tell_at: int = 80
    alike: int = 42
    months: int = 6


@dataclass(frozen=True, slots=True)
class Systemic:
    """When difficulties are one systemic matter: of so many `enterprises` within so many `months`, `alike` as above."""

    enterprises: int = 3
    months: int = 12
    alike: int = 35
