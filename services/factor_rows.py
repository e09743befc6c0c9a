"""The rows of a seed file of factor requests: what an older register says of each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from services.marked_yaml import Report


@dataclass(frozen=True, slots=True)
class GrantRow:
    """A grant of the register; `drawn` is what of it was drawn or delivered by then. Quantities are written as text."""

    on: date
    quantity: str
    document: str
    drawn: str | None = None
    expires_on: date | None = None


@dataclass(frozen=True, slots=True)
class FactorSuspension:
    """Why a request is suspended (a code of the policy's suspension_reasons), and until when."""

    reason: str
    until: date


@dataclass(frozen=True, slots=True)
class FactorSample:
    """Where the source of the data says that the request stands; for comparison only."""

    status: str
    granted: str
    gap: str


@dataclass(frozen=True, slots=True)
class FactorRow:
    """A factor request and what was granted on it. `stage` is the one that it has reached."""

    code: str
    project: str
    type: str
    item_zh: str
    item_en: str
    quantity: str
    unit: str
    requested_on: date
    needed_by: date
    lead: str
    stage: str
    grants: tuple[GrantRow, ...]
    sample: FactorSample
    difficulty: str | None = None
    note_zh: str | None = None
    blocked_zh: str | None = None
    suspension: FactorSuspension | None = None


@dataclass(frozen=True, slots=True)
class FactorsFile:
    """Factor requests as they stand on the day `as_of`."""

    as_of: date
    factors: tuple[FactorRow, ...]


def check_unique(report: Report, key: str, names: Iterable[str], field: str) -> None:
    """Each name of a list is given once."""
    seen: set[str] = set()
    for position, name in enumerate(names):
        if name in seen:
            report.add(f"{report.item(key, position)}.{field}", f"{name} is given twice", "give each a name of its own")
        seen.add(name)


def check_factors_file(file: FactorsFile, report: Report) -> None:
    """Codes are given once, and grants come after their request, in the order of their days."""
    check_unique(report, "factors", (row.code for row in file.factors), "code")
    for position, row in enumerate(file.factors):
        key = report.item("factors", position)
        last = row.requested_on
        for place, grant in enumerate(row.grants):
            where = f"{report.item(f'{key}.grants', place)}.on"
            if grant.on < last:
                report.add(where, f"{grant.on} comes after {last}", "keep the grants in order, after the request")
            elif grant.on > file.as_of:
                report.add(where, f"{grant.on} lies after as_of", f"write a day up to {file.as_of}")
            last = grant.on
