"""The charts: counted from the clocks' histories as the domain tells the lights, and drawn without anything to be fetched."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from domain.lifecycle import Party, Status
from domain.lights import Light
from domain.policy import Label
from models.case import Case
from services import chart_drawing
from services.board_lists import board_list
from services.board_types import Filters
from services.board_users import BoardRole, BoardUser
from services.chart_canvas import NARROW, WIDE, Canvas
from services.chart_words import backlog_says, closing_says, lights_say, resolving_says, waits_say
from services.charts import OPEN_LIGHTS, WIDEST, Distribution, LightHistory, light_history, monthly, resolving
from services.charts_waits import APPROVERS, DESK, ENTERPRISE, Waits, waits
from services.figure_rows import CaseRow, load_closed
from services.office import Office
from tests.builders import LEAD, PLANNING, ROADS, Difficulty, report, standing

At = Callable[[str], datetime]
USER = BoardUser("desk", BoardRole.DESK, None, "")


def history(office: Office, first: str, last: str) -> LightHistory:
    """The lights between two days."""
    with office.reading() as session:
        return light_history(session, office, date.fromisoformat(first), date.fromisoformat(last))


def on(found: LightHistory, day: str) -> dict[str, int]:
    """The lights that were shown on a day."""
    place = found.days.index(date.fromisoformat(day))
    return {light.value: line[place] for light, line in found.counts.items() if line[place]}


def waiting(office: Office) -> Waits:
    """Who waits for whom now."""
    with office.reading() as session:
        return waits(session, office)


def restrict(office: Office, difficulty: Difficulty) -> None:
    """Make a case a restricted one."""
    with office.writing() as session:
        session.execute(update(Case).where(Case.id == difficulty.id).values(restricted=True))


# -- lights over time --------------------------------------------------------------------------------------------------


def test_a_day_shows_the_light_that_its_end_showed(office: Office, at: At) -> None:
    """Ten working days from Thursday the 16th to Thursday the 30th: blue two days ahead, then yellow, red; then answered."""
    difficulty = report(office)
    difficulty.at("2026-08-10 10:00").replied().at("2026-08-11 10:00").by_firm("confirm")
    at("2026-08-12 09:00")
    found = history(office, "2026-07-15", "2026-08-12")
    assert on(found, "2026-07-15") == {}
    assert on(found, "2026-07-16") == on(found, "2026-07-27") == {"green": 1}
    assert on(found, "2026-07-28") == on(found, "2026-07-29") == {"blue": 1}
    assert on(found, "2026-07-30") == {"blue": 1}
    assert on(found, "2026-07-31") == on(found, "2026-08-03") == {"yellow": 1}
    assert on(found, "2026-08-04") == on(found, "2026-08-09") == {"red": 1}
    assert on(found, "2026-08-10") == {"green": 1}
    assert on(found, "2026-08-11") == {}


def test_an_extension_changes_no_day_before_it(office: Office, at: At) -> None:
    """Blue on the 29th, asked for and granted on the 30th: the 29th stays blue, the 30th is green."""
    difficulty = report(office)
    difficulty.at("2026-07-29 10:00").by_lead("ask_extension").decide()
    difficulty.at("2026-07-30 10:00").decide()
    at("2026-07-31 09:00")
    found = history(office, "2026-07-16", "2026-07-31")
    assert on(found, "2026-07-28") == on(found, "2026-07-29") == {"blue": 1}
    assert on(found, "2026-07-30") == {"green": 1}


def test_a_suspended_case_is_grey_while_it_is_suspended(office: Office, at: At) -> None:
    """And shows its colour again afterwards."""
    difficulty = report(office)
    difficulty.at("2026-07-20 10:00").by_lead("ask_suspension").decide()
    difficulty.at("2026-07-23 10:00").by_clerk("resume")
    at("2026-07-24 09:00")
    found = history(office, "2026-07-16", "2026-07-24")
    assert on(found, "2026-07-19") == {"green": 1}
    assert on(found, "2026-07-20") == on(found, "2026-07-22") == {"grey": 1}
    assert on(found, "2026-07-23") == {"green": 1}


def test_a_reopened_case_was_closed_in_between(office: Office, at: At) -> None:
    """The days on which it stood closed are no days of an open case."""
    difficulty = report(office)
    difficulty.at("2026-07-17 10:00").replied().by_firm("confirm")
    difficulty.at("2026-07-22 10:00").by_head("reopen")
    at("2026-07-23 09:00")
    found = history(office, "2026-07-16", "2026-07-23")
    assert [on(found, f"2026-07-{day}") for day in (16, 17, 21, 22)] == [{"green": 1}, {}, {}, {"green": 1}]


@pytest.mark.parametrize("moment", ["2026-07-17 09:00", "2026-07-28 23:00", "2026-08-03 10:00", "2026-08-10 17:31"])
def test_today_s_lights_are_those_of_the_board(office: Office, at: At, moment: str) -> None:
    """Cases in every status: the chart's last day and the board's counters agree."""
    for status in (
        Status.NEW,
        Status.IN_PROGRESS,
        Status.DISPUTED,
        Status.CONSULTATION,
        Status.SUSPENDED,
        Status.REPLIED,
    ):
        standing(office, status)
    restrict(office, report(office))
    at(moment)
    found = history(office, "2026-07-01", moment[:10])
    counters = {one.light.value: one.count for one in board_list(office, USER, Filters()).counters}
    assert {light.value: line[-1] for light, line in found.counts.items()} == {
        light.value: counters[light.value] for light in OPEN_LIGHTS
    }
    assert found.open[-1] == 6


def test_no_day_lies_ahead(office: Office, at: At) -> None:
    """What is asked for beyond today ends today; a day before everything shows nothing."""
    report(office)
    at("2026-07-20 09:00")
    assert history(office, "2026-07-10", "2026-12-31").days[-1] == date(2026, 7, 20)
    empty = history(office, "2026-01-01", "2026-01-05")
    assert empty.open == (0,) * len(empty.days)


# -- what was closed ---------------------------------------------------------------------------------------------------


def row(days: int | None, outcome: str = "resolved", closed: date = date(2026, 7, 1)) -> CaseRow:
    """A closed case."""
    return CaseRow(True, False, True, outcome, "power", LEAD, False, None, None, days, None, closed)


def test_the_distribution_names_median_and_ninetieth() -> None:
    """Nearest rank for the ninetieth; what took longer than the scale is in its last place; no reply, no time."""
    found = resolving([row(n) for n in range(1, 11)] + [row(None)])
    assert (found.median, found.ninetieth, found.total) == (5.5, 9, 10)
    assert resolving([row(400)]).cases[WIDEST] == 1
    assert resolving([]).median is None


@given(st.lists(st.integers(0, 60), min_size=1, max_size=50))
def test_every_answered_case_is_in_the_distribution(days: list[int]) -> None:
    """None is lost, whatever it took; nine tenths took no longer than the ninetieth says."""
    found = resolving([row(n) for n in days])
    assert found.total == len(days)
    assert found.ninetieth is not None
    assert sum(n <= found.ninetieth for n in days) >= 0.9 * len(days)


def test_solved_is_not_closed_month_by_month(office: Office) -> None:
    """A part counts as half, an explanation not at all; a month without anything in between stays on the axis."""
    cases = [row(1), row(1, "partial"), row(1, "withdrawn"), row(1, "explained", date(2026, 5, 31))]
    cases += [row(1, "resolved", date(2026, 9, 1))]
    found = monthly(office, cases, date(2026, 1, 1), date(2026, 7, 31))
    assert [(m.first.month, m.closed, m.counted, m.solved) for m in found] == [
        (5, 1, 1, 0),
        (6, 0, 0, 0),
        (7, 3, 2, 1.5),
    ]
    assert "75%" not in closing_says(found).zh
    assert "50%" in closing_says(found).zh


def test_closed_cases_are_counted_without_restricted_ones(office: Office, at: At) -> None:
    """And without what was reopened or is still open."""
    for _ in range(3):
        report(office).replied().by_firm("confirm")
    restrict(office, report(office).replied().by_firm("confirm"))
    report(office)
    at("2026-07-20 09:00")
    with office.reading() as session:
        found = load_closed(session, office, date(2026, 7, 1), date(2026, 7, 31))
        assert load_closed(session, office, date(2026, 6, 1), date(2026, 6, 30)) == []
    assert [case.closed_on for case in found] == [date(2026, 7, 16)] * 3


# -- who waits for whom ------------------------------------------------------------------------------------------------


def test_leads_wait_for_supporters_approvers_enterprises_and_the_desk(office: Office, at: At) -> None:
    """Two supporters of one case are two waits; what was answered is waited for no more."""
    difficulty = report(office)
    difficulty.by_clerk("amend", supporters=[ROADS, PLANNING])
    difficulty.by_lead("ask_extension")
    standing(office, Status.CONSULTATION)
    standing(office, Status.REPLIED)
    restrict(office, report(office))
    at("2026-07-20 10:00")
    found = waiting(office)
    assert {LEAD} == {unit for unit, _ in found.rows}
    assert {ROADS, PLANNING, APPROVERS, DESK, ENTERPRISE} <= {whom for whom, _ in found.columns}
    before = found.cells[LEAD, ROADS]
    difficulty.act("answer", Party.SUPPORTER, ROADS)
    after = waiting(office).cells.get((LEAD, ROADS))
    assert before.cases - (after.cases if after else 0) == 1
    assert before.longest == 2
    assert found.cells[LEAD, APPROVERS].cases == 1


def test_nobody_waits_in_an_empty_office(office: Office) -> None:
    """And the sentence says so."""
    assert waiting(office) == Waits((), (), {})
    assert "没有" in waits_say(waiting(office)).zh


# -- the pictures ------------------------------------------------------------------------------------------------------

HISTORY = LightHistory(
    tuple(date(2026, 4, 1) + timedelta(days=n) for n in range(100)),
    {light: tuple((n * (k + 2)) % 17 for n in range(100)) for k, light in enumerate(OPEN_LIGHTS)},
)
OUTCOMES = {code: Label(code, code) for code in ("resolved", "partial", "promised", "explained", "withdrawn")}


def pictures(office: Office, locale: str, width: int = WIDE) -> dict[str, bytes]:
    """Every chart."""
    days = resolving([row(n % 30) for n in range(90)])
    months = monthly(
        office,
        [row(1, code, date(2026, m, 3)) for m in range(1, 8) for code in OUTCOMES],
        date(2026, 1, 1),
        date(2026, 7, 31),
    )
    return {
        "backlog": chart_drawing.backlog(HISTORY, backlog_says(HISTORY).in_(locale), locale, width),
        "lights": chart_drawing.lights(HISTORY, lights_say(HISTORY).in_(locale), locale, width),
        "resolving": chart_drawing.resolving(days, resolving_says(days).in_(locale), locale, width),
        "closing": chart_drawing.closing(months, OUTCOMES, closing_says(months).in_(locale), locale, width),
    }


@pytest.mark.sqlite
@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("locale", ["zh", "en"])
def test_pictures_are_whole_and_fetch_nothing(office: Office, locale: str, width: int) -> None:
    """Well-formed, small, titled; no script, no link to anywhere, the same bytes for the same figures, nothing outside the sheet."""
    for name, drawn in pictures(office, locale, width).items():
        root = ET.fromstring(drawn)  # noqa: S314 - our own
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert root.find("{http://www.w3.org/2000/svg}title") is not None
        said = drawn.decode()
        assert not re.search(r"script|@import|href|https?:(?!//www\.w3\.org/2000/svg)", said), name
        assert len(drawn) < 60_000
        assert drawn == pictures(office, locale, width)[name]
        assert all(-1 <= float(y) <= 500 for y in re.findall(r" y='(-?[\d.]+)'", said)), name
        assert all(0 <= float(x) <= width for x in re.findall(r"<(?:text|rect) x='(-?[\d.]+)'", said)), name


@pytest.mark.sqlite
def test_lights_differ_without_colour(office: Office) -> None:
    """Each light has a pattern of its own, and its word stands beside it."""
    drawn = pictures(office, "zh")["lights"].decode()
    assert len({fill for _, fill in chart_drawing.FILLS.values()}) == len(OPEN_LIGHTS)
    assert all(shape in drawn for shape in ("✓", "●", "▲", "■", "‖"))


def test_words_of_others_are_text_in_a_picture() -> None:
    """An outcome's name comes from a file that people write."""
    canvas = Canvas(900, 100, "<script>&'\"")
    canvas.text(1, 1, "<b>&")
    assert b"<script>" not in canvas.svg()
    assert b"<b>" not in canvas.svg()
    ET.fromstring(canvas.svg())  # noqa: S314 - our own


@given(st.floats(0, 1e7, allow_nan=False))
def test_the_scale_reaches_the_largest_value_in_few_steps(most: float) -> None:
    """At most six lines, the topmost at or above the value."""
    canvas = Canvas(900, 300, "")
    canvas.scale(most)
    assert canvas.top >= most
    assert 2 <= sum("class='grid'" in part or "class='axis'" in part for part in canvas.parts) <= 6


@pytest.mark.parametrize(
    "found", [LightHistory((date(2026, 7, 16),), {light: (0,) for light in Light if light in OPEN_LIGHTS}), HISTORY]
)
def test_sentences_are_said_of_any_history(found: LightHistory) -> None:
    """Also of a single day without cases, which is drawn too."""
    assert backlog_says(found).zh.endswith("。")
    assert lights_say(found).en.endswith(".")
    for locale in ("zh", "en"):
        for width in (WIDE, NARROW):
            assert chart_drawing.backlog(found, "t", locale, width)
            assert chart_drawing.lights(found, "t", locale, width)
    assert chart_drawing.resolving(Distribution((0,) * (WIDEST + 1), None, None), "t", "zh")
    assert chart_drawing.closing((), OUTCOMES, "t", "en")


def test_a_moment_is_of_the_office_s_zone(office: Office, at: At) -> None:
    """Closed at 00:30 in the office is closed on that day, though it was the day before in UTC."""
    report(office).at("2026-08-01 00:30").replied().by_firm("confirm")
    at("2026-08-03 09:00")
    with office.reading() as session:
        [found] = load_closed(session, office, date(2026, 8, 1), date(2026, 8, 1))
    assert found.closed_on == date(2026, 8, 1)
    assert office.now().tzinfo is UTC
