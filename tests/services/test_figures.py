"""The figures: what was solved, apart from what was closed; each reckoned by hand or from the register's own dates."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date, datetime, timedelta
from fractions import Fraction

import pytest
from sqlalchemy import update

from domain.lifecycle import Party
from models.case import Case
from services.directory_file import DifficultiesFile, DifficultyRow, load_seed
from services.figures import Figures, PartFigures, figures
from services.office import Office
from services.seed import DEMO, seed
from tests.builders import LEAD, PLANNING, ROADS, Difficulty, report, unrouted

JULY = (date(2026, 7, 1), date(2026, 7, 31))
SINCE, TODAY = date(2026, 6, 1), date(2026, 7, 16)
WORTH = {"resolved": Fraction(1), "partial": Fraction(1, 2), "promised": Fraction(0), "explained": Fraction(0)}
DRAGON_BOAT = date(2026, 6, 19)
"""The one public holiday of 2026 between the end of May and the middle of July; no make-up day stands there."""


def of(office: Office, first: date = JULY[0], last: date = JULY[1]) -> Figures:
    """The figures of a period."""
    with office.reading() as session:
        return figures(session, office, first, last)


def unit(found: Figures, code: str) -> PartFigures:
    """A unit's line."""
    return next(part for part in found.units if part.code == code)


def outcomes(found: Figures) -> dict[str, int]:
    """How many ended how, without those that nobody ended so."""
    return {one.code: one.cases for one in found.outcomes if one.cases}


def workdays(start: date, end: date) -> int:
    """Working days after `start` up to `end`, counted one by one."""
    days = (start + timedelta(days=n + 1) for n in range((end - start).days))
    return sum(1 for day in days if day.weekday() < 5 and day != DRAGON_BOAT)


# -- the register ------------------------------------------------------------------------------------------------------


def register() -> tuple[DifficultyRow, ...]:
    """The rows of the demo's register."""
    file = load_seed(DEMO / "difficulties.yaml")
    assert isinstance(file, DifficultiesFile)
    return file.difficulties


def follow_up(row: DifficultyRow) -> date | None:
    """The day of a row's last follow-up: with us the enterprise has the last word, so that is the day it closed."""
    days = [line.on for line in row.log if line.action == "follow_up"]
    return days[-1] if days and row.sample.status == "closed" else None


@pytest.mark.sqlite
def test_the_registers_figures_are_those_that_its_rows_give(office: Office, at: Callable[[str], datetime]) -> None:
    """Received, open, closed, solved, ratings and overdue days, reckoned from the register's rows without any of our rules."""
    at("2026-07-16 09:00")
    seed(office, [DEMO / "difficulties.yaml"])
    found, rows = of(office, SINCE, TODAY), register()
    closed = [row for row in rows if (day := follow_up(row)) is not None and SINCE <= day <= TODAY]
    assert found.received == sum(SINCE <= row.reported_on <= TODAY for row in rows) == 47
    assert found.open == sum(row.sample.status != "closed" for row in rows) == 31
    assert found.closed == found.counted == found.rated == len(closed) == 20
    assert outcomes(found) == Counter(row.sample.outcome for row in closed)
    assert found.solved == sum(WORTH[row.sample.outcome or ""] for row in closed) == 15
    assert found.solved_share == 0.75
    assert found.satisfied == sum((row.sample.rating or 0) >= 3 for row in closed)
    assert found.unrated == 0

    # The two that were tracked had no closing date any more when they were answered.
    dated = [row for row in closed if row.class_ != "tracking"]
    late = {
        row.code for row in dated if row.sample.closed_on and row.sample.due and row.sample.closed_on > row.sample.due
    }
    assert (found.on_time, found.late) == (len(dated) - len(late), len(late)) == (17, 1)
    days = sorted(workdays(row.reported_on, row.sample.closed_on) for row in closed if row.sample.closed_on)
    assert found.median_days == (days[9] + days[10]) / 2
    assert found.ninetieth_days == days[17]

    by_unit: dict[str, list[DifficultyRow]] = defaultdict(list)
    for row in closed:
        by_unit[row.lead or ""].append(row)
    assert {p.code: (p.closed, p.solved) for p in found.units if p.closed} == {
        code: (len(mine), float(sum(WORTH[row.sample.outcome or ""] for row in mine))) for code, mine in by_unit.items()
    }
    assert {p.code: p.received for p in found.categories if p.received} == Counter(
        row.category for row in rows if row.reported_on >= SINCE
    )
    overdue = Counter[str]()
    for row in rows:
        # Two days of this one wait for the decision on more time, asked for and not decided within its limit.
        overdue["O01" if row.code == "DIF-2026-0057" else row.lead or ""] += row.sample.overdue_working_days
    assert {p.code: p.overdue_days for p in found.units if p.overdue_days} == +overdue
    assert sum(p.overdue_days for p in found.categories) == overdue.total() == 46


# -- one case after the other ------------------------------------------------------------------------------------------


def test_solved_is_not_closed(office: Office) -> None:
    """Three closed, of which one is solved, one half, one explained: three closed, one and a half solved."""
    report(office).replied().by_firm("confirm")
    report(office).replied(outcome="partial").by_firm("confirm", result="3")
    report(office).replied(outcome="explained", policy="条例第八条").by_firm("confirm", result="3")
    report(office)
    found = of(office)
    assert (found.received, found.open, found.closed, found.solved, found.counted) == (4, 1, 3, 1.5, 3)
    assert found.solved_share == 0.5
    assert outcomes(found) == {"resolved": 1, "partial": 1, "explained": 1}
    assert (found.rated, found.satisfied, found.unrated) == (3, 3, 0)


def test_what_nobody_had_to_solve_counts_apart(office: Office) -> None:
    """Withdrawn and merged are neither solved nor unrated; declined counts as not solved, and unrated."""
    report(office).by_firm("withdraw", reason="已自行解决")
    target = report(office)
    report(office).by_clerk("merge", target=target.code)
    unrouted(office).by_head("decline")
    found = of(office)
    assert outcomes(found) == {"withdrawn": 1, "merged": 1, "declined": 1}
    assert (found.closed, found.counted, found.solved, found.solved_share) == (3, 1, 0, 0)
    assert (found.rated, found.unrated, found.on_time, found.late) == (0, 1, 0, 0)
    assert (found.median_days, found.ninetieth_days) == (None, None)


def test_an_empty_period_says_nothing(office: Office) -> None:
    """No share of nothing: none is shown, not zero."""
    found = of(office, date(2026, 1, 1), date(2026, 1, 31))
    assert (found.received, found.closed, found.solved_share, found.median_days) == (0, 0, None, None)
    assert found.units == ()


def test_a_case_done_again_counts_once_with_its_last_reply(office: Office) -> None:
    """Dispute and redo: one closed case, its days up to the reply that held, late if any reply of the cycle was."""
    it = report(office).at("2026-07-20 09:00").replied().at("2026-07-21 09:00").by_firm("dispute")
    assert (of(office).closed, of(office).open) == (0, 1)
    it.at("2026-07-22 09:00").replied().by_firm("confirm")
    found = of(office)
    assert (found.received, found.open, found.closed, found.solved) == (1, 0, 1, 1)
    assert (found.on_time, found.late, found.median_days, found.ninetieth_days) == (1, 0, 4, 4)


def test_a_reopened_case_is_open_and_no_longer_closed(office: Office) -> None:
    """By its present state: it leaves the month in which it was closed, and counts when it is closed again."""
    it = report(office).replied().by_firm("confirm")
    assert of(office).closed == 1
    it.at("2026-07-20 09:00").by_head("reopen")
    assert (of(office).closed, of(office).open, of(office).rated) == (0, 1, 0)
    it.at("2026-08-03 09:00").replied().by_firm("confirm")
    assert of(office).closed == 0
    august = of(office, date(2026, 8, 1), date(2026, 8, 31))
    # From the reopening on Monday the 20th to the 3rd of August.
    assert (august.closed, august.received, august.median_days) == (1, 0, 10)


def test_a_late_reply_is_late_and_its_days_belong_to_one_unit(office: Office) -> None:
    """Due Thursday the 30th, signed Tuesday: three overdue days, Friday, Monday and Tuesday; the roads answered late."""
    it = report(office)
    it.act("answer", Party.SUPPORTER, PLANNING)
    it.at("2026-08-03 16:00").act("answer", Party.SUPPORTER, ROADS)
    it.at("2026-08-04 09:00").replied().by_firm("confirm")
    found = of(office, date(2026, 7, 1), date(2026, 8, 31))
    assert (found.on_time, found.late) == (0, 1)
    assert unit(found, ROADS).overdue_days == 1
    assert unit(found, LEAD).overdue_days == 2
    assert unit(found, LEAD).late == 1
    # A period has its own days only.
    july = of(office)
    assert (unit(july, ROADS).overdue_days, unit(july, LEAD).overdue_days) == (1, 0)


def test_a_units_line_of_the_monthly_table(office: Office, at: Callable[[str], datetime]) -> None:
    """DOMAIN 1.8: signed for in time or not, sent back, more time, notices: for the unit that did or owed it."""
    signed = report(office).by_lead("sign_for")
    signed.by_lead("ask_extension").decide().decide()
    returned = report(office).by_lead("send_back").by_head("rule")
    late = report(office)
    late.sweep_at("2026-07-17 17:00")
    late.sweep_at("2026-08-05 09:00")
    line = unit(of(office), LEAD)
    # Given to it three times, signed for or sent back twice in time; the third counted as received at its limit.
    assert (line.received, line.signed, line.signed_on_time) == (3, 3, 2)
    assert (line.extended, line.returned) == (1, 1)
    assert unit(of(office), ROADS).received == 1
    august = of(office, date(2026, 8, 1), date(2026, 8, 31))
    # Two first contacts and one signature in July; in August two interim reports, and three notices that it left unanswered.
    # The closing days that passed are planning's, whose answer was overdue longest.
    assert (line.yellow, line.red) == (3, 0)
    assert (unit(august, LEAD).yellow, unit(august, LEAD).red) == (2, 3)
    assert unit(august, LEAD).overdue_days == 0
    assert returned.case.lead == ROADS


def test_settled_on_the_spot_is_solved_within_the_day(office: Office) -> None:
    """Without a closing date it is neither in time nor late, and takes no working day."""
    unrouted(office).by_clerk("settle_on_spot").by_firm("confirm")
    found = of(office)
    assert (found.solved, found.on_time, found.late, found.median_days) == (1, 0, 0, 0)


# -- restricted cases --------------------------------------------------------------------------------------------------


def restrict(*cases: Difficulty) -> None:
    """Make cases restricted."""
    for case in cases:
        with case.office.writing() as session:
            session.execute(update(Case).where(Case.id == case.id).values(restricted=True))


@pytest.mark.sqlite
def test_a_few_restricted_cases_are_in_no_figure(office: Office) -> None:
    """Four of them: neither the rows nor the totals change, so that nothing is left when one is taken from the other."""
    report(office).replied().by_firm("confirm")
    before = of(office)
    restrict(*(report(office).replied().by_firm("confirm") for _ in range(4)))
    assert of(office) == before


@pytest.mark.sqlite
def test_enough_restricted_cases_are_in_the_totals_alone(office: Office) -> None:
    """Five of them count over all; no unit and no category shows any, and of three outcomes a cell of two stays out."""
    report(office).replied().by_firm("confirm")
    alone = of(office)
    hidden = [report(office).replied().by_firm("confirm") for _ in range(5)]
    hidden += [report(office).replied(outcome="partial").by_firm("confirm") for _ in range(2)]
    restrict(*hidden)
    found = of(office)
    assert (found.received, found.closed) == (8, 8)
    assert outcomes(found) == {"resolved": 6}
    assert (found.units, found.categories) == (alone.units, alone.categories)
