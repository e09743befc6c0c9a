"""On-time figures for everybody: by month, category and unit, of closed difficulties; small cells hidden so that no sum gives them away.

They name no project, no enterprise and no case, and restricted cases are in none of them. They are published by blocks of whole quarters,
each once and by itself: what is published later changes none of it, and no sum reaches over two, so that nothing can be told from
the difference of two publications (ADR 0023). Every table of a block stands for the same cases, and no two things are crossed. Only rates, medians and numbers of cases are given; a rate stands for as many cases as the policy's
`min_cell` asks for, and so does each answer that it could be reckoned back to, or it is hidden like the cells of `domain.publication`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

from sqlalchemy.orm import Session

from domain.policy import Label, Policy
from domain.publication import floor_of, hidden_cells, hidden_rates, joined, safe
from services.figure_rows import CaseRow, load_closed
from services.office import Office
from services.people import load_people

MEASURES = ("contact", "on_time", "solved", "satisfied", "days")
"""First contact in time, closed in time, solved (办成), satisfied: whole percent. Days: the median of working days to the reply."""

QUARTER = 3
ENOUGH = 4
"""A block has at least so many times the cases that a figure needs, or its tables would be all stars."""

NOBODY = Label("未定牵头单位", "No lead unit")
NO_CATEGORY = Label("未分类", "Not categorised")


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure. `value` is None where there is nothing to count, or where it is `hidden`; `above` is what may be said then."""

    value: float | None = None
    hidden: bool = False
    above: int | None = None


@dataclass(frozen=True, slots=True)
class PublicRow:
    """A line: of months (`first` and `last` of them), a category or a unit. `cells` are in the order of MEASURES."""

    label: Label | None
    cases: Cell
    cells: tuple[Cell, ...]
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class PublicFigures:
    """The figures of a block of months. `total` is None where there are too few cases, a table where none may be shown."""

    year: int
    first: date | None
    last: date | None
    least: int
    total: PublicRow | None
    months: tuple[PublicRow, ...] | None
    categories: tuple[PublicRow, ...] | None
    units: tuple[PublicRow, ...] | None


@dataclass(frozen=True, slots=True)
class PublicYear:
    """What is published of a year so far, block by block."""

    year: int
    least: int
    blocks: tuple[PublicFigures, ...]


def years(today: date) -> tuple[int, ...]:
    """The years that are published: that of the last complete quarter, and the one before."""
    latest = today.year - (today.month <= QUARTER)
    return (latest, latest - 1)


def public_figures(session: Session, office: Office, year: int) -> PublicYear:
    """Count the complete quarters of a year, as things stand now. Seconds for a hundred thousand cases: to be kept."""
    policy, least = office.policy, office.policy.public.min_cell
    months = _complete_months(year, office.today())
    cases: list[CaseRow] = []
    if months:
        begins = max(months[0], office.time.first + timedelta(days=1))
        ends = min(_end(months[-1]), office.time.last - timedelta(days=1))
        cases = load_closed(session, office, begins, ends) if begins <= ends else []
    return publish(
        policy, year, months, cases, {u.id: u.label for u in load_people(session, policy).units.values()}, least
    )


def publish(
    policy: Policy, year: int, months: Sequence[date], cases: Sequence[CaseRow], units: dict[str, Label], least: int
) -> PublicYear:
    """The blocks of a year's complete `months`: whole quarters, joined until there are enough cases.

    A quarter that comes later never takes apart what was published before. At the year's end what is left is a block of its own, if
    there are `least` cases in it.
    """
    quarters = [months[n : n + QUARTER] for n in range(0, len(months) - QUARTER + 1, QUARTER)]
    counts = [sum(_month(case) in quarter for case in cases) for quarter in quarters]
    lengths = joined(counts, ENOUGH * least)
    rest = len(quarters) - sum(lengths)
    if rest and len(months) == len(range(1, 13)) and sum(counts[-rest:]) >= least:
        lengths.append(rest)
    found: list[PublicFigures] = []
    place = 0
    for length in lengths:
        block = [month for quarter in quarters[place : place + length] for month in quarter]
        found.append(arrange(policy, year, block, [case for case in cases if _month(case) in block], units, least))
        place += length
    return PublicYear(year, least, tuple(found))


def _month(case: CaseRow) -> date | None:
    return case.closed_on.replace(day=1) if case.closed_on is not None else None


def arrange(
    policy: Policy, year: int, months: Sequence[date], cases: Sequence[CaseRow], units: dict[str, Label], least: int
) -> PublicFigures:
    """The tables of a block's cases, with everything hidden that has to be. Months of few are joined, the last ones with those before."""
    by_month = {month: [case for case in cases if _month(case) == month] for month in months}
    spans = _spans(months, joined((len(by_month[month]) for month in months), least))
    shown = [case for span in spans for month in span for case in by_month[month]]
    if not spans:
        return PublicFigures(year, None, None, least, None, None, None, None)
    categories = {code: category.label for code, category in policy.categories.items()}
    return PublicFigures(
        year, spans[0][0], _end(spans[-1][-1]), least,
        PublicRow(None, Cell(len(shown)), tuple(_figure(policy, name, shown, least) for name in MEASURES)),
        _table(policy, [
            (None, [case for month in span for case in by_month[month]], span[0], span[-1]) for span in spans
        ], least),
        _groups(policy, shown, lambda case: case.category, categories, NO_CATEGORY, least),
        _groups(policy, shown, lambda case: case.lead, units, NOBODY, least),
    )  # fmt: skip


def _complete_months(year: int, today: date) -> list[date]:
    return [month for n in range(1, 13) if _end(month := date(year, n, 1)) < today]


def _end(month: date) -> date:
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def _spans(months: Sequence[date], lengths: Sequence[int]) -> list[Sequence[date]]:
    spans: list[Sequence[date]] = []
    place = 0
    for length in lengths:
        spans.append(months[place : place + length])
        place += length
    if spans:
        spans[-1] = [*spans[-1], *months[place:]]
    return spans


_Line = tuple[Label | None, Sequence[CaseRow], date | None, date | None]


def _groups(
    policy: Policy, cases: Sequence[CaseRow], place: Callable[[CaseRow], str | None], names: dict[str, Label], otherwise: Label, least: int
) -> tuple[PublicRow, ...] | None:  # fmt: skip
    found: dict[str, list[CaseRow]] = {code: [] for code in names}
    for case in cases:
        key = place(case)
        found.setdefault(key if key in names else "", []).append(case)
    lines: list[_Line] = [(names.get(code, otherwise), mine, None, None) for code, mine in found.items() if mine]
    return _table(policy, lines, least)


def _table(policy: Policy, lines: Sequence[_Line], least: int) -> tuple[PublicRow, ...] | None:
    """The lines with their small cells hidden, column by column; None where no line may be shown, or none is left."""
    sizes = [len(cases) for _, cases, _, _ in lines]
    hidden = hidden_cells(sizes, least)
    if hidden is None or len(hidden) == len([size for size in sizes if size]):
        return None
    columns = [_column(policy, name, lines, hidden, least) for name in MEASURES]
    return tuple(
        PublicRow(
            label, Cell(hidden=True) if place in hidden else Cell(sizes[place]), tuple(column[place] for column in columns), first, last
        )
        for place, (label, _, first, last) in enumerate(lines)
    )  # fmt: skip


def _column(policy: Policy, name: str, lines: Sequence[_Line], rows: frozenset[int], least: int) -> list[Cell]:
    """One measure, line by line. The numbers that its rates stand for are not shown, and are hidden as if they were."""
    bases = [_base(policy, name, cases) for _, cases, _, _ in lines]
    small = hidden_rates(_answers(bases, name), least, rows)
    if small is None:
        few = _few([value for base in bases for value in base], name, least)
        return [
            Cell(hidden=True, above=floor_of(len(base), least) if few and place not in rows else None)
            for place, base in enumerate(bases)
        ]
    return [
        Cell(hidden=True) if place in small or place in rows else _figure(policy, name, cases, least)
        for place, (_, cases, _, _) in enumerate(lines)
    ]


def _answers(found: Sequence[Sequence[float]], name: str) -> list[list[int]]:
    """How many cases of each line gave each answer. A median tells of none of them: there, how many there are at all."""
    if name == "days":
        return [[len(line)] for line in found]
    kinds = sorted({value for line in found for value in line})
    return [[sum(value == kind for value in line) for kind in kinds] for line in found]


def _figure(policy: Policy, name: str, cases: Sequence[CaseRow], least: int) -> Cell:
    found = _base(policy, name, cases)
    if not found:
        return Cell()
    [answers] = _answers([found], name)
    if not all(safe(count, least) for count in answers):
        return Cell(hidden=True, above=floor_of(len(found), least) if _few(found, name, least) else None)
    return Cell(float(median(found)) if name == "days" else float(round(100 * sum(found) / len(found))))


def _few(found: Sequence[float], name: str, least: int) -> bool:
    """Whether of all together only a few have another answer than the best: then a figure may be said to lie above something."""
    return name != "days" and 0 < sum(value < 1 for value in found) < least


def _base(policy: Policy, name: str, cases: Sequence[CaseRow]) -> list[float]:
    """What a measure counts of each case that it counts at all: 1 or 0, a weight, or days."""
    return [value for case in cases if (value := _counts(policy, name, case)) is not None]


def _counts(policy: Policy, name: str, case: CaseRow) -> float | None:
    match name:
        case "contact":
            return _one(case.contacted)
        case "on_time":
            return _one(case.on_time)
        case "solved":
            rule = policy.outcomes.get(case.outcome or "")
            return rule.solved if rule is not None else None
        case "satisfied":
            return None if case.rating is None else float(case.rating > policy.follow_up.dispute_at)
        case _:
            return case.days_to_reply


def _one(said: bool | None) -> float | None:
    return None if said is None else float(said)
