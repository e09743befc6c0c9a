"""The office's figures for a period: how much was solved (办成), apart from how much was closed (办结).

Published closing rates of 98 to 99.97 % say little (DOMAIN.md 1.2), so the headline is what was solved. Every case counts
once, by its present state: one that was reopened is open, one that was done again counts with its last reply alone.

Restricted cases are in no row of a unit or a category. They are in a figure over all only where at least `SMALL` of them are
in it: fewer could be told by taking the rows from the total.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median

from sqlalchemy.orm import Session

from domain.policy import Label
from services.figure_rows import NOBODY, CaseRow, Rows, load_rows
from services.office import Office
from services.people import People, load_people

SMALL = 5
"""A cell of fewer restricted cases is not shown."""

NOT_RATED = ("withdrawn", "merged")
"""Outcomes after which nobody is asked for a rating."""


@dataclass(frozen=True, slots=True)
class OutcomeFigure:
    """How many of the closed cases ended so; `solved` is what one of them counts as solved, None for not at all."""

    code: str
    label: Label
    solved: float | None
    cases: int


@dataclass(frozen=True, slots=True)
class PartFigures:
    """A unit's or a category's line of the monthly table (DOMAIN.md 1.8).

    - received: cases that it was given to lead in the period (a category: that were reported in it);
    - signed, signed_on_time: how often it had to sign for a case by a day of the period, and how often it did so in time (DOMAIN 1.5);
    - closed, solved, counted, rated, satisfied: of the cases that it leads, as for the whole;
    - on_time, late: of the closed ones that had a closing date, whether each reply of the cycle was signed in time (DOMAIN 1.4);
    - extended: extensions granted in the period (DOMAIN 1.6); returned: cases that it sent back (DOMAIN 1.5);
    - yellow, red: notices issued in the period on its delay (DOMAIN 1.8);
    - overdue_days: overdue working days of closing dates in the period that belong to it (LIFECYCLE.md, Rules), whoever leads.
    """

    code: str
    label: Label
    received: int
    signed: int
    signed_on_time: int
    closed: int
    solved: float
    counted: int
    on_time: int
    late: int
    rated: int
    satisfied: int
    extended: int
    returned: int
    yellow: int
    red: int
    overdue_days: int


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of the days `first` to `last`, inclusive, as things stand now.

    - received: difficulties reported in the period. open: reported by its last day and open now.
    - closed (办结): closed in the period and closed still, however; `outcomes` counts each outcome apart.
    - solved (办成): the sum of what the policy's `outcomes` count them as (1, 0.5 or 0); `counted` are those that count at
      all, `solved_share` is solved / counted, None where nothing counts (DOMAIN 1.7).
    - on_time, late: of the closed ones with a closing date; every reply of the present cycle signed by its date, or not.
    - rated: closed with the enterprise's rating of the result; satisfied: rated better than the policy's line for a dispute
      (基本满意 and above); unrated: closed without a rating and neither withdrawn nor merged. Unrated is never satisfied.
    - median_days, ninetieth_days: working days from the report (of a reopened case: from the reopening) to the last signed
      reply, of the closed ones that got one; the 90th percentile by nearest rank. None where there is none.
    """

    first: date
    last: date
    received: int
    open: int
    closed: int
    solved: float
    counted: int
    solved_share: float | None
    outcomes: tuple[OutcomeFigure, ...]
    on_time: int
    late: int
    rated: int
    unrated: int
    satisfied: int
    median_days: float | None
    ninetieth_days: int | None
    units: tuple[PartFigures, ...]
    categories: tuple[PartFigures, ...]


def figures(session: Session, office: Office, first: date, last: date) -> Figures:
    """Count the period. Seconds for a hundred thousand cases: for a page of figures, not for every page."""
    rows = load_rows(session, office, first, last)
    policy, people = office.policy, load_people(session, office.policy)
    closed = [case for case in rows.cases if case.closed]
    solved, counted = _solved(office, _told(closed, lambda c: _weight(office, c) is not None))
    days = sorted(
        c.days_to_reply for c in _told(closed, lambda c: c.days_to_reply is not None) if c.days_to_reply is not None
    )
    shown = [case for case in rows.cases if not case.restricted]
    by_unit, by_category = _grouped(shown, lambda c: c.lead), _grouped(shown, lambda c: c.category)
    units = sorted({*rows.units(), *by_unit})
    return Figures(
        first=first, last=last,
        received=len(_told(rows.cases, lambda c: c.received)), open=len(_told(rows.cases, lambda c: c.open)),
        closed=len(_told(closed, lambda c: True)), solved=solved, counted=counted, solved_share=solved / counted if counted else None,
        outcomes=tuple(
            OutcomeFigure(code, rule.label, rule.solved, len(_told(closed, lambda c, code=code: c.outcome == code)))  # type: ignore[misc]  # bound at once
            for code, rule in policy.outcomes.items()
        ),
        on_time=len(_told(closed, lambda c: c.on_time is True)), late=len(_told(closed, lambda c: c.on_time is False)),
        rated=len(_told(closed, lambda c: c.rating is not None)),
        unrated=len(_told(closed, lambda c: c.rating is None and c.outcome not in NOT_RATED)),
        satisfied=len(_told(closed, lambda c: _satisfied(office, c))),
        median_days=median(days) if days else None, ninetieth_days=days[-(-9 * len(days) // 10) - 1] if days else None,
        units=tuple(_part(office, rows, unit, _name(people, unit), by_unit.get(unit, ()), of_unit=True) for unit in units),
        categories=tuple(
            _part(office, rows, category.code, category.label, by_category.get(category.code, ()), of_unit=False) for category in policy.categories.values()
        ),
    )  # fmt: skip


def _grouped(cases: Sequence[CaseRow], place: Callable[[CaseRow], str | None]) -> dict[str, list[CaseRow]]:
    found: dict[str, list[CaseRow]] = {}
    for case in cases:
        if key := place(case):
            found.setdefault(key, []).append(case)
    return found


def _told(cases: Sequence[CaseRow], counts: Callable[[CaseRow], bool]) -> list[CaseRow]:
    """The cases that count in a figure over all; the restricted among them only where they are not few."""
    found = [case for case in cases if counts(case)]
    hidden = sum(case.restricted for case in found)
    return found if hidden >= SMALL else [case for case in found if not case.restricted]


def _weight(office: Office, case: CaseRow) -> float | None:
    rule = office.policy.outcomes.get(case.outcome or "")
    return rule.solved if rule is not None else None


def _solved(office: Office, cases: Sequence[CaseRow]) -> tuple[float, int]:
    weights = [weight for case in cases if (weight := _weight(office, case)) is not None]
    return sum(weights), len(weights)


def _satisfied(office: Office, case: CaseRow) -> bool:
    return case.rating is not None and case.rating > office.policy.follow_up.dispute_at


def _name(people: People, unit: str) -> Label:
    return Label("审批人", "An approver") if unit == NOBODY else people.label(unit)


def _part(
    office: Office, rows: Rows, code: str, label: Label, cases: Sequence[CaseRow], *, of_unit: bool
) -> PartFigures:
    closed = [case for case in cases if case.closed]
    solved, counted = _solved(office, closed)

    def count(what: str) -> int:
        return rows.count(what, code, of_unit=of_unit)

    return PartFigures(
        code=code, label=label, received=count("received") if of_unit else sum(case.received for case in cases),
        signed=count("signed"), signed_on_time=count("signed_on_time"), closed=len(closed), solved=solved, counted=counted,
        on_time=sum(case.on_time is True for case in closed), late=sum(case.on_time is False for case in closed),
        rated=sum(case.rating is not None for case in closed), satisfied=sum(_satisfied(office, case) for case in closed),
        extended=count("extended"), returned=count("returned"), yellow=count("yellow"), red=count("red"),
        overdue_days=count("overdue"),
    )  # fmt: skip
