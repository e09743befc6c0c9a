"""The figures for everybody, by hand-made cases: what counts, what is hidden, and that nothing hidden can be reckoned."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from domain.policy import Label
from models.case import Case
from services.figure_rows import CaseRow, load_closed
from services.office import Office
from services.public_figures import MEASURES, Cell, PublicFigures, PublicRow, arrange, public_figures, publish, years
from tests.builders import report

At = Callable[[str], datetime]
MONTHS = [date(2026, n, 1) for n in range(1, 7)]
UNITS = {"D03": Label("资规分局", "Planning"), "D08": Label("供电公司", "Power"), "D14": Label("交通分局", "Roads")}


def case(
    month: int = 3, category: str | None = "power", lead: str | None = "D08", *, contacted: bool | None = True, on_time: bool | None = True,
    outcome: str = "resolved", rating: int | None = 5, days: int | None = 4,
) -> CaseRow:  # fmt: skip
    """A closed case."""
    return CaseRow(
        True, False, True, outcome, category, lead, False, rating, on_time, days, contacted, date(2026, month, 9)
    )


def of(office: Office, cases: Sequence[CaseRow], least: int = 5) -> PublicFigures:
    """The tables of these cases."""
    return arrange(office.policy, 2026, MONTHS, cases, UNITS, least)


def row(found: Sequence[PublicRow] | None, name: str) -> PublicRow:
    """The line of that name."""
    assert found is not None
    return next(one for one in found if one.label is not None and one.label.en == name)


def figures(one: PublicRow) -> dict[str, Cell]:
    """The line's figures by name."""
    return dict(zip(MEASURES, one.cells, strict=True))


@pytest.mark.sqlite
def test_each_figure_is_of_the_cases_that_it_counts(office: Office) -> None:
    """A case without a contact owed is none that was late; a part counts as half; unrated is neither satisfied nor not."""
    cases = [case() for _ in range(6)]
    cases += [case(contacted=False, on_time=False, outcome="partial", rating=1, days=9) for _ in range(2)]
    cases += [case(contacted=None, on_time=None, outcome="withdrawn", rating=None, days=None)]
    total = of(office, cases, 2).total
    assert total is not None
    assert total.cases == Cell(9)
    assert figures(total) == {
        "contact": Cell(75), "on_time": Cell(75), "solved": Cell(round(100 * 7 / 8)), "satisfied": Cell(75), "days": Cell(4),
    }  # fmt: skip


@pytest.mark.sqlite
def test_a_small_unit_is_hidden_with_the_next_one(office: Office) -> None:
    """Three of roads: they, and the six of planning, from which the three could be reckoned; the twenty of power are shown."""
    cases = [case() for _ in range(20)] + [case(lead="D03") for _ in range(6)] + [case(lead="D14") for _ in range(3)]
    found = of(office, cases)
    assert row(found.units, "Power").cases == Cell(20)
    for name in ("Planning", "Roads"):
        assert row(found.units, name).cases == Cell(hidden=True)
        assert set(row(found.units, name).cells) == {Cell(hidden=True)}


@pytest.mark.sqlite
def test_a_rate_of_few_is_hidden_where_the_row_is_not(office: Office) -> None:
    """Eight cases, two of them rated: the row is shown, its satisfaction is not, nor the one by which it could be reckoned."""
    cases = [case(lead="D03", rating=None) for _ in range(6)] + [case(lead="D03", rating=5) for _ in range(2)]
    cases += [case() for _ in range(9)] + [case(lead="D14") for _ in range(30)]
    found = of(office, cases)
    assert row(found.units, "Planning").cases == Cell(8)
    assert figures(row(found.units, "Planning"))["satisfied"] == Cell(hidden=True)
    assert figures(row(found.units, "Planning"))["on_time"] == Cell(100)
    assert figures(row(found.units, "Power"))["satisfied"] == Cell(hidden=True)
    assert figures(row(found.units, "Roads"))["satisfied"] == Cell(100)


@pytest.mark.sqlite
def test_a_rate_that_tells_of_few_is_hidden(office: Office) -> None:
    """Planning's 67 % of six would tell two late ones; power's is hidden with it, or the total would tell. 100 % tells of nobody."""
    cases = [case(lead="D03", on_time=n > 1) for n in range(6)] + [case(on_time=n > 7) for n in range(20)]
    cases += [case(lead="D14") for _ in range(30)]
    found = of(office, cases)
    assert figures(row(found.units, "Planning"))["on_time"] == Cell(hidden=True)
    assert figures(row(found.units, "Power"))["on_time"] == Cell(hidden=True)
    assert figures(row(found.units, "Roads"))["on_time"] == Cell(100)
    assert found.total is not None
    assert figures(found.total)["on_time"] == Cell(round(100 * 46 / 56))


@pytest.mark.sqlite
def test_no_rate_of_the_total_tells_of_few(office: Office) -> None:
    """Three late ones among sixty are told by no rate of the page."""
    found = of(office, [case(on_time=n > 2, lead=("D03", "D08", "D14")[n % 3]) for n in range(60)])
    assert found.total is not None
    assert figures(found.total)["on_time"] == Cell(hidden=True, above=90)
    assert figures(found.total)["contact"] == Cell(100)
    assert {figures(one)["on_time"] for one in found.units or ()} == {Cell(hidden=True)}


@pytest.mark.sqlite
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(late=st.integers(1, 4), n=st.integers(5, 140), first=st.integers(0, 3))
def test_what_lies_above_something_says_so_and_tells_no_number(office: Office, late: int, n: int, first: int) -> None:
    """With one to four late ones in all, each figure of enough cases says above what it lies: true, and the same for one as for four."""

    def seen(number: int) -> list[Cell]:
        mine = [case(lead=("D03", "D08")[k % 2], on_time=not first <= k < first + number) for k in range(n)]
        found = of(office, mine)
        assert found.total is not None
        return [figures(one)["on_time"] for one in (found.total, *(found.units or ()))]

    told = seen(late)
    assert told == seen(1 + late % 4)
    assert all(cell.hidden and cell.value is None for cell in told)
    rates = [100 * (n - late) / n] + [0.0] * (len(told) - 1)
    assert told[0].above is None or rates[0] > told[0].above
    for cell, size in zip(told[1:], (n - n // 2, n // 2), strict=False):
        assert cell.above is None or 100 * (size - late) / size > cell.above
        # Five late ones, which would be shown, are as possible by what is said.
        assert cell.above is None or 100 * (size - 5) / size >= cell.above


@pytest.mark.sqlite
def test_where_few_were_in_time_nothing_is_said(office: Office) -> None:
    """Above nothing lies a figure whose few are those in time; nor one of few cases."""
    bad = of(office, [case(on_time=n < 3, lead=("D03", "D08")[n % 2]) for n in range(120)])
    assert bad.total is not None
    assert figures(bad.total)["on_time"] == Cell(hidden=True)
    small = of(office, [case(on_time=n > 0) for n in range(12)])
    assert small.total is not None
    assert figures(small.total)["on_time"] == Cell(hidden=True)


@pytest.mark.sqlite
def test_months_of_few_are_joined_and_the_last_ones_with_those_before(office: Office) -> None:
    """January's three with February's four; April's two stand with March's."""
    cases = [case(1) for _ in range(3)] + [case(2) for _ in range(4)] + [case(3) for _ in range(7)] + [case(4), case(4)]
    found = of(office, cases)
    assert found.months is not None
    assert [(one.first, one.last, one.cases) for one in found.months] == [
        (date(2026, 1, 1), date(2026, 2, 1), Cell(7)), (date(2026, 3, 1), date(2026, 6, 1), Cell(9)),
    ]  # fmt: skip
    assert found.total is not None
    assert found.total.cases == Cell(16)
    assert found.last == date(2026, 6, 30)


@pytest.mark.sqlite
def test_too_few_cases_are_no_figures(office: Office) -> None:
    """Four cases in all are nobody's business; five of one each are no table."""
    assert of(office, [case() for _ in range(4)]).total is None
    found = of(office, [case(category=code) for code in ("power", "land", "finance", "labour", "safety")])
    assert found.total is not None
    assert found.categories is None
    assert found.units is not None


CASES = st.lists(
    st.builds(
        case, month=st.integers(1, 6), category=st.sampled_from(["power", "land", "finance", None]),
        lead=st.sampled_from(["D03", "D08", "D14", None]), contacted=st.sampled_from([True, False, None]),
        on_time=st.sampled_from([True, False, None]), outcome=st.sampled_from(["resolved", "partial", "withdrawn", "explained"]),
        rating=st.sampled_from([None, None, 1, 3, 5]), days=st.sampled_from([None, 1, 5, 30]),
    ),
    max_size=60,
)  # fmt: skip


@pytest.mark.sqlite
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(cases=CASES)
def test_nothing_hidden_can_be_reckoned_from_what_is_shown(office: Office, cases: list[CaseRow]) -> None:
    """In every table: the total less what is shown leaves two or more rows that could each be of five; shown are five at least."""
    found = of(office, cases)
    if found.total is None:
        return
    total = found.total.cases.value
    assert total is not None
    assert total >= 5
    for table in (found.months, found.categories, found.units):
        if table is None:
            continue
        known = [one.cases.value for one in table if not one.cases.hidden]
        assert all(value is not None and value >= 5 for value in known)
        hidden = [one for one in table if one.cases.hidden]
        left = total - sum(value for value in known if value is not None)
        if hidden:
            assert len(hidden) >= 2
            assert left - (len(hidden) - 1) >= 5
            assert all(cell.hidden or cell.value is None for one in hidden for cell in one.cells)
        else:
            assert left == 0


YEAR = [date(2026, n, 1) for n in range(1, 13)]
YEARS_CASES = st.lists(
    st.builds(
        case, month=st.integers(1, 12), category=st.sampled_from(["power", "land", "finance"]), lead=st.sampled_from(["D03", "D08", "D14"]),
        on_time=st.sampled_from([True, True, False]), rating=st.sampled_from([None, 1, 5]),
    ),
    max_size=120,
)  # fmt: skip


@pytest.mark.sqlite
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(cases=YEARS_CASES, first=st.integers(1, 12), later=st.integers(1, 12))
def test_two_publications_tell_no_more_than_the_later_one(
    office: Office, cases: list[CaseRow], first: int, later: int
) -> None:
    """Whoever kept last month's page finds all of it in today's, unchanged; what is new is of other cases, and hides its own."""
    before, after = sorted((first, later))
    old, new = (
        publish(office.policy, 2026, YEAR[:months], [one for one in cases if one.closed_on and one.closed_on.month <= months], UNITS, 5)
        for months in (before, after)
    )  # fmt: skip
    assert new.blocks[: len(old.blocks)] == old.blocks
    spans = [(block.first, block.last) for block in new.blocks]
    assert all(ended < began for (_, ended), (began, _) in pairwise(spans) if ended and began)
    for block in new.blocks:
        assert block.first is not None
        assert block.last is not None
        mine = [one for one in cases if one.closed_on and block.first <= one.closed_on <= block.last]
        assert block.total is not None
        assert block.total.cases.value == len(mine) >= 5
        assert block == arrange(office.policy, 2026, _months(block), mine, UNITS, 5)


def _months(block: PublicFigures) -> list[date]:
    assert block.first is not None
    assert block.last is not None
    return [month for month in YEAR if block.first <= month <= block.last]


@pytest.mark.sqlite
def test_quarters_of_few_are_joined_and_a_running_one_is_not_published(office: Office) -> None:
    """Twelve in the first quarter and twelve in the second are one block of June; the third's ten come alone when the year is over."""
    cases = [case(1 + n % 6) for n in range(24)] + [case(7) for _ in range(10)]

    def published(months: int) -> list[tuple[int, int]]:
        found = publish(office.policy, 2026, YEAR[:months], cases, UNITS, 5).blocks
        return [(block.first.month, block.last.month) for block in found if block.first and block.last]

    assert [published(n) for n in (3, 5, 6, 9, 12)] == [[], [], [(1, 6)], [(1, 6)], [(1, 6), (7, 12)]]


@pytest.mark.sqlite
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(cases=CASES)
def test_every_rate_stands_for_five_cases(office: Office, cases: list[CaseRow]) -> None:
    """Whoever knew how many cases each rate stands for, and all of them together, could not reckon a hidden one's either."""
    found = of(office, cases)
    months = {
        month
        for one in found.months or ()
        if one.first and one.last
        for month in range(one.first.month, one.last.month + 1)
    }
    published = [one for one in cases if one.closed_on is not None and one.closed_on.month in months]

    def base(measure: str, lead: str) -> int:
        mine = [one for one in published if one.lead == lead]
        field = {"contact": "contacted", "on_time": "on_time", "satisfied": "rating", "days": "days_to_reply"}[measure]
        return sum(getattr(one, field) is not None for one in mine)

    for one in found.units or ():
        lead = next((code for code, label in UNITS.items() if label == one.label), None)
        if lead is None:
            continue
        for name, cell in figures(one).items():
            if name != "solved" and cell.value is not None:
                assert base(name, lead) >= 5


@pytest.mark.sqlite
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(cases=CASES)
def test_no_hidden_rate_can_be_reckoned(office: Office, cases: list[CaseRow]) -> None:
    """Whoever knew both numbers behind each rate shown, and behind the total's, finds no answer of one to four cases."""
    found = of(office, cases)
    if found.total is None:
        return
    months = {
        m for one in found.months or () if one.first and one.last for m in range(one.first.month, one.last.month + 1)
    }
    for name, field in (("contact", "contacted"), ("on_time", "on_time")):
        answers = {
            code: [
                sum(getattr(one, field) is said for one in cases if one.lead == code and one.closed_on and one.closed_on.month in months)
                for said in (True, False)
            ]
            for code in (*UNITS, None)
        }  # fmt: skip
        total = figures(found.total)[name].value is not None
        sums = [sum(both) for both in zip(*answers.values(), strict=True)]
        if months and total:
            assert all(n == 0 or n >= 5 for n in sums)
        left = sums
        hidden = []
        for one in found.units or ():
            code = next((code for code, label in UNITS.items() if label == one.label), None)
            cell = figures(one)[name]
            if cell.value is not None:
                assert all(n == 0 or n >= 5 for n in answers[code])
                left = [mine - n for mine, n in zip(left, answers[code], strict=True)]
            elif cell.hidden:
                hidden.append(code)
        if months and total and found.units is not None:
            assert all(n == 0 or n >= 5 for n in left)
            assert len(hidden) != 1


# -- from the database -------------------------------------------------------------------------------------------------


def test_restricted_cases_are_counted_nowhere(office: Office, at: At) -> None:
    """Not even where they are many: the totals of this page are everybody's."""
    codes = [report(office).replied().by_firm("confirm").code for _ in range(26)]
    with office.writing() as session:
        session.execute(update(Case).where(Case.code.in_(codes[:6])).values(restricted=True))
    at("2026-10-08 09:00")
    with office.reading() as session:
        [found] = public_figures(session, office, 2026).blocks
    assert found.total is not None
    assert found.total.cases == Cell(20)
    assert figures(found.total)["solved"] == Cell(100)


def test_a_quarter_that_runs_is_not_published(office: Office, at: At) -> None:
    """July's cases come in October, and not on September's last day."""
    for _ in range(20):
        report(office).replied().by_firm("confirm")
    for moment, cases in (("2026-09-30 23:00", []), ("2026-10-01 00:30", [20])):
        at(moment)
        with office.reading() as session:
            blocks = public_figures(session, office, 2026).blocks
        assert [block.total.cases.value for block in blocks if block.total is not None] == cases


def test_first_contact_is_in_time_or_late(office: Office, at: At) -> None:
    """Made within its limit, made after it, or never made though it was due; settled before it was due, it was not owed."""
    report(office).by_lead("contact").replied().by_firm("confirm")
    report(office).at("2026-07-20 10:00").by_lead("contact").replied().by_firm("confirm")
    office.fixed = at("2026-07-16 10:00")
    report(office).at("2026-07-20 10:00").replied().by_firm("confirm")
    office.fixed = at("2026-07-16 10:00")
    report(office).at("2026-07-16 10:05").replied().by_firm("confirm")
    at("2026-07-22 09:00")
    with office.reading() as session:
        found = load_closed(session, office, date(2026, 7, 1), date(2026, 7, 31))
    assert sorted(str(one.contacted) for one in found) == ["False", "False", "None", "True"]


def test_the_years_are_those_of_complete_quarters() -> None:
    """Until April the last complete quarter is of the year before."""
    assert years(date(2026, 7, 16)) == (2026, 2025)
    assert years(date(2026, 4, 1)) == (2026, 2025)
    assert years(date(2026, 3, 31)) == (2025, 2024)
