"""The rows of a seed file of projects' plans: what an older register says of each node."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from services.marked_yaml import Report


@dataclass(frozen=True, slots=True)
class MilestoneRow:
    """A node of a project's plan. `node` is a code of the policy's chain."""

    project: str
    node: str
    plan: date
    actual: date | None = None
    forecast: date | None = None


@dataclass(frozen=True, slots=True)
class MilestonesFile:
    """Projects' plans as they stand on the day `as_of`."""

    as_of: date
    milestones: tuple[MilestoneRow, ...]


def check_milestones_file(file: MilestonesFile, report: Report) -> None:
    """A node is given once for each project, and what was reached was reached by then."""
    seen: set[tuple[str, str]] = set()
    for position, row in enumerate(file.milestones):
        key = report.item("milestones", position)
        if (row.project, row.node) in seen:
            report.add(f"{key}.node", f"{row.node} of {row.project} is given twice", "give each node of a project once")
        seen.add((row.project, row.node))
        if row.actual is not None and row.actual > file.as_of:
            report.add(f"{key}.actual", f"{row.actual} lies after as_of", f"write a day up to {file.as_of}")
        if row.actual is not None and row.forecast is not None:
            report.add(f"{key}.forecast", "is given for a node that was reached", "leave it out")
