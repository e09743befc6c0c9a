"""The calendar is honest: estimated years say so, a year that arrives moves open dates, and never to an earlier one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest
from sqlalchemy import func, select

from domain.clocks import Happening
from models.calendar import CalendarVersion
from models.case import Event
from models.clock import Clock, ClockEvent
from models.office import Setting
from services.audit import verify
from services.calendar_edits import apply, days_of, difference, keep_up, missing_year, own_days, refresh
from services.calendar_versions import renew
from services.casebook import open_casebook
from services.desk import coordinate
from services.in_force import ADJUSTED_CALENDAR, CALENDAR, put
from services.office import Office, open_office
from services.own_days import EditMistakes, read_edits, write_edits
from services.sweep import sweep
from tests.builders import Difficulty, unrouted
from tests.mailroom import deliver_all

At = Callable[[str], datetime]

YEAR_2027 = """day,hours,note
2027,announced,
2027-01-01,off,New Year
2027-01-04,off,New Year moved
2027-01-05,off,New Year moved
2027-01-09,work,make-up day
"""


@pytest.fixture
def late_december(office: Office, at: At) -> Difficulty:
    """A case that was dispatched on Wednesday 30 December 2026, with a closing date in a year not announced."""
    at("2026-12-30 10:00")
    return unrouted(office).by_head("dispatch", case_class="ordinary", supporters=[])


def closing(it: Difficulty) -> Clock:
    """The row of the closing clock."""
    with it.office.reading() as session:
        return session.scalars(select(Clock).where(Clock.case_id == it.id, Clock.kind == "close")).one()


def told(clock: Clock, office: Office) -> str:
    """A due moment as it was told."""
    assert clock.due is not None
    return f"{clock.due.astimezone(office.zone):%Y-%m-%d %H:%M}"


def test_a_date_in_a_year_not_announced_says_that_it_is_estimated(late_december: Difficulty, office: Office) -> None:
    """Five working days from Wednesday 30 December: 31, then 4, 5, 6 and 7 January by the law alone."""
    assert told(closing(late_december), office) == "2027-01-07 17:00"
    assert closing(late_december).estimated


def test_the_announced_year_moves_open_dates_and_is_told(late_december: Difficulty, office: Office) -> None:
    """4 and 5 January off, Saturday the 9th worked: 31, 6, 7, 8 and 9 January. Lead and enterprise hear of it, the history says why."""
    deliver_all(office)
    done = apply(office, YEAR_2027, by="operator")
    clock = closing(late_december)
    assert (done.recalculated, told(clock, office), clock.estimated) == (1, "2027-01-09 17:00", False)
    assert clock.original_due is not None
    assert f"{clock.original_due.astimezone(office.zone):%Y-%m-%d}" == "2027-01-07"
    messages = {mail.message for mail in deliver_all(office)}
    assert {"case_update", "enterprise_update"} <= messages
    with office.reading() as session:
        line = session.scalars(select(Event).where(Event.action == "adjusted")).one()
    moved = {one["clock"] for one in line.facts["moved"]}
    assert line.facts["why"] == "calendar"
    assert "close" in moved
    assert verify(office).findings == ()


def test_a_date_that_was_told_is_never_brought_forward(late_december: Difficulty, office: Office) -> None:
    """An official year with fewer days off than the estimate leaves the promise where it is, announced now."""
    apply(office, "day,hours,note\n2027,announced,\n2027-01-02,work,\n2027-01-03,work,\n", by="operator")
    assert told(closing(late_december), office) == "2027-01-07 17:00"
    assert not closing(late_december).estimated
    assert verify(office).findings == ()


def test_a_paused_clock_keeps_its_pause_when_the_year_arrives(
    late_december: Difficulty, office: Office, at: At
) -> None:
    """Reckoned anew from the old start, with every day that it stood still."""
    late_december.by_lead("ask_suspension", date="2027-01-29").decide()
    apply(office, YEAR_2027, by="operator")
    at("2027-01-06 10:00")
    [result] = coordinate(office, "resume", [late_december.code], {"reason": "papers are here"}, "resume-1")
    assert result.done, result.message
    # The 31st was waited; back on Wednesday 6 January: 6, 7, 8, 9 and 11 January.
    assert told(closing(late_december), office) == "2027-01-11 17:00"
    assert verify(office).findings == ()


def test_what_has_ended_stays_as_it_was_reckoned(office: Office, at: At) -> None:
    """The history of last year replays by last year's calendar, whatever is decided later about those days."""
    it = unrouted(office).by_head("dispatch", case_class="ordinary", supporters=[]).replied()
    apply(office, "day,hours,note\n2026-07-17,off,typhoon\n2026-07-20,off,typhoon\n", by="operator")
    assert told(closing(it), office) == "2026-07-23 17:30"
    assert verify(office).findings == ()
    at("2026-07-21 10:00")
    assert verify(office).findings == ()


def test_the_same_days_again_change_nothing(late_december: Difficulty, office: Office) -> None:
    """No new version, no line in any history, no mail."""
    first = apply(office, YEAR_2027, by="operator")
    deliver_all(office)
    again = apply(office, YEAR_2027, by="operator")
    assert (again.version, again.recalculated) == (first.version, 0)
    assert refresh(office).version == first.version
    assert deliver_all(office) == []


def test_a_difference_is_shown_and_nothing_is_kept(late_december: Difficulty, office: Office) -> None:
    """Looking changes neither the calendar nor a date."""
    found = difference(office, YEAR_2027)
    assert "2027: estimated -> announced" in found.lines
    assert "2027-01-04: 08:30-12:00 13:30-17:00 -> off" in found.lines
    assert "2027-01-09: off -> 08:30-12:00 13:30-17:00" in found.lines
    with office.reading() as session:
        assert session.scalar(select(func.count()).select_from(CalendarVersion)) == 1
        assert own_days(session) == "day,hours,note\n"
    assert closing(late_december).estimated


@pytest.mark.parametrize(
    ("csv", "says"),
    [
        ("day,hours,note\n2027-02-30,off,\n", "line 2: '2027-02-30' is no day; write YYYY-MM-DD"),
        ("2026-07-20,closed,\n", "line 1: hours takes"),
        ("2026-07-20,12:00-08:30,\n", "each closing after it opens"),
        ("2026-07-20,08:30-12:00 11:00-17:00,\n", "each closing after it opens"),
        ("2026-07-20,off,\n2026-07-20,work,\n", "line 2: 2026-07-20 stands here twice"),
        ("2027,official,\n", "line 1: a year takes the word announced"),
    ],
)
@pytest.mark.sqlite
def test_a_mistake_names_its_line_and_the_remedy(office: Office, csv: str, says: str) -> None:
    """Nothing of the file is applied."""
    assert says in " ".join(difference(office, csv).mistakes)
    with pytest.raises(EditMistakes, match="line"):
        apply(office, csv, by="operator")


@pytest.mark.sqlite
def test_a_calendar_without_a_working_day_is_refused(office: Office) -> None:
    """An impossible calendar is an error, never an endless loop (frappe helpdesk)."""
    every = "".join(
        f"{date.fromordinal(n)},off,\n" for n in range(date(2025, 1, 1).toordinal(), date(2030, 1, 1).toordinal())
    )
    assert "no working day" in " ".join(difference(office, every).mistakes)


@pytest.mark.sqlite
def test_the_csv_comes_back_as_it_was_said(office: Office) -> None:
    """What the office keeps, and what the product writes out, mean the same."""
    own = read_edits(YEAR_2027, office.policy.hours)
    assert read_edits(write_edits(own), office.policy.hours) == own


def test_a_run_that_was_killed_half_way_goes_on_at_the_next_sweep(late_december: Difficulty, office: Office) -> None:
    """The days count at once; which open dates still wait for it is written down."""
    stopped = open_office(office.settings)
    stopped.fixed = office.fixed
    with stopped.writing() as session:
        put(session, CALENDAR, str(renew(session, stopped.policy, stopped.now(), by="o", why="w", edits=YEAR_2027).id))
    stopped.close()
    assert told(closing(late_december), office) == "2027-01-07 17:00"
    sweep(office)
    assert told(closing(late_december), office) == "2027-01-09 17:00"
    with office.reading() as session:
        assert session.get_one(Setting, ADJUSTED_CALENDAR).value == "2"
    assert verify(office).findings == ()


def test_another_process_goes_by_the_new_days_within_a_second(office: Office) -> None:
    """No restart: what is in force is looked up."""
    other = open_office(office.settings)
    other.fixed = office.fixed
    apply(office, "2026-07-17,off,typhoon\n", by="operator")
    with other.writing() as session:
        other.follow(session, at_once=True)
        assert not open_casebook(other, session).time.is_working_day(date(2026, 7, 17))
    other.close()


def test_events_carry_the_calendar_that_they_were_reckoned_by(late_december: Difficulty, office: Office) -> None:
    """What was started by the first version and adjusted by the second says so."""
    apply(office, YEAR_2027, by="operator")
    clock = closing(late_december)
    with office.reading() as session:
        found = session.execute(
            select(ClockEvent.what, ClockEvent.calendar_id)
            .where(ClockEvent.clock_id == clock.id)
            .order_by(ClockEvent.id)
        )
        assert [tuple(row) for row in found] == [(Happening.STARTED, 1), (Happening.ADJUSTED, 2)]


@pytest.mark.sqlite
def test_a_year_that_is_not_announced_in_november_is_missed(office: Office, at: At) -> None:
    """The notice comes between 25 October and 10 December: from 1 November the operator is told."""
    at("2026-10-31 10:00")
    assert missing_year(office) is None
    at("2026-11-02 10:00")
    assert missing_year(office) == date(2027, 1, 1)
    apply(office, YEAR_2027, by="operator")
    assert missing_year(office) is None


@pytest.mark.sqlite
def test_a_sweep_adds_the_years_ahead(office: Office, at: At) -> None:
    """An office that runs for years without a restart never reaches the end of its calendar."""
    last = office.time.last
    at("2028-02-01 10:00")
    keep_up(office)
    assert office.time.last.year > last.year
    assert verify(office).findings == ()


@pytest.mark.sqlite
def test_the_days_of_a_month_say_what_they_are(office: Office) -> None:
    """Holidays, make-up days, weekends and the office's own days are told apart."""
    apply(office, "2026-10-12,off,typhoon\n", by="operator")
    kinds = {day.day.day: day.kind for day in days_of(office, "2026-10")}
    assert (kinds[1], kinds[10], kinds[11], kinds[12], kinds[13]) == (
        "holiday",
        "make-up day",
        "weekend",
        "own day",
        "",
    )
