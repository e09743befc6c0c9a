"""Tests of the office's calendar: the official year 2026, a year not announced, other countries, and local edits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from domain.mail_rules import MailRules
from domain.policy import (
    Extensions,
    FollowUp,
    Label,
    Limit,
    Limits,
    Numbering,
    OfficeHours,
    Policy,
    Role,
    Session,
    TriageRules,
    Unit,
)
from domain.working_time import CalendarError, Day, WorkingTime
from models.calendar import CalendarDay
from models.engine import make_engine, reading, writing
from models.tables import metadata
from services.calendar import LOCAL, build_days, hours_of, store_days, stored_days

WINTER = (Session(time(8, 30), time(12)), Session(time(13, 30), time(17)))
SUMMER = (Session(time(8, 30), time(12)), Session(time(14), time(17, 30)))
CHINESE_HOURS = OfficeHours(WINTER, SUMMER, summer_from=(7, 1), summer_to=(9, 30))

# The State Council's notice of 2025-11-04 on the holidays of 2026: inclusive spans off, and weekend days worked.
OFF_2026 = [
    ((1, 1), (1, 3)),
    ((2, 15), (2, 23)),
    ((4, 4), (4, 6)),
    ((5, 1), (5, 5)),
    ((6, 19), (6, 21)),
    ((9, 25), (9, 27)),
    ((10, 1), (10, 7)),
]
WORKED_2026 = [(1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10)]


def policy_of(country: str, zone: str, hours: OfficeHours = CHINESE_HOURS) -> Policy:
    """A policy of which only country, zone and hours matter here."""
    name, day = Label("", ""), Limit(1, Unit.WORKING_DAYS)
    return Policy(
        version="",
        district=name,
        office=name,
        zone=ZoneInfo(zone),
        country=country,
        hours=hours,
        desk_unit="desk",
        fallback_role=Role.EXECUTIVE_DEPUTY,
        rungs=(),
        classes={},
        severities={},
        categories={},
        triage=TriageRules("", {}, {}, ""),
        limits=Limits(**{field.name: day for field in fields(Limits)}),
        notices={},
        suspension_reasons={},
        outcomes={},
        extensions=Extensions(()),
        follow_up=FollowUp(3, 2, 2, ()),
        numbering=Numbering("", "", "", ""),
        mail=MailRules((), "", "", 30),
        roles={},
    )


CHINA = policy_of("CN", "Asia/Shanghai")


def days_of(policy: Policy, year: int) -> dict[date, Day]:
    """One calendar year by date."""
    return {day.date: day for day in build_days(policy, date(year, 1, 1), date(year, 12, 31))}


def test_the_official_year_2026_is_met_day_by_day() -> None:
    """Holidays, weekends and make-up days as the State Council's notice has them: 248 working days."""
    off = [(date(2026, *first), date(2026, *last)) for first, last in OFF_2026]
    worked = {date(2026, *day) for day in WORKED_2026}
    days = days_of(CHINA, 2026)
    for day, row in days.items():
        is_off = any(first <= day <= last for first, last in off)
        assert bool(row.sessions) == (day in worked or (day.weekday() < 5 and not is_off)), day
    assert sum(bool(row.sessions) for row in days.values()) == 248
    assert len(days) == 365


def test_an_announced_year_is_certain_and_the_one_after_it_estimated() -> None:
    """The notice for 2026 is out; a calendar for 2040, which no notice has reached, is built from the law alone."""
    assert all(row.announced for row in days_of(CHINA, 2026).values())
    estimated = days_of(CHINA, 2040)
    assert not any(row.announced for row in estimated.values())
    assert not estimated[date(2040, 10, 1)].sessions
    assert not any(row.sessions for day, row in estimated.items() if day.weekday() >= 5)


def test_the_year_2027_is_estimated_without_make_up_days() -> None:
    """The pinned package knows no notice for 2027, and says nothing about it on its days."""
    days = days_of(CHINA, 2027)
    assert not any(row.announced for row in days.values())
    free = [day for day, row in days.items() if not row.sessions and day.weekday() < 5]
    assert [day for day in free if day.month == 2] == [date(2027, 2, day) for day in (5, 8, 9, 10)]
    assert not any(row.sessions for day, row in days.items() if day.weekday() >= 5)


def test_a_make_up_day_in_december_of_the_year_before_is_worked() -> None:
    """Saturday 29 December 2018 was worked for New Year 2019, and Monday the 31st was off."""
    days = {day.date: day for day in build_days(CHINA, date(2018, 12, 29), date(2018, 12, 31))}
    assert days[date(2018, 12, 29)].sessions == WINTER
    assert not days[date(2018, 12, 31)].sessions


def test_summer_hours_begin_and_end_with_their_days() -> None:
    """Both ends of the summer belong to it."""
    days = days_of(CHINA, 2026)
    at_the_ends = [(6, 30), (7, 1), (9, 30), (10, 8)]
    assert [days[date(2026, *day)].sessions for day in at_the_ends] == [WINTER, SUMMER, SUMMER, WINTER]
    assert days[date(2026, 9, 20)].sessions == SUMMER


def test_a_southern_summer_goes_over_new_year() -> None:
    """From December to February, both inclusive."""
    southern = OfficeHours(WINTER, SUMMER, summer_from=(12, 1), summer_to=(2, 28))
    dates = [date(2026, 11, 30), date(2026, 12, 1), date(2027, 1, 15), date(2027, 2, 28), date(2027, 3, 1)]
    assert [hours_of(southern, day) for day in dates] == [WINTER, SUMMER, SUMMER, SUMMER, WINTER]


def test_an_office_without_summer_hours_keeps_its_own() -> None:
    """Summer hours are optional."""
    assert hours_of(OfficeHours(WINTER), date(2026, 8, 1)) == WINTER


def test_another_country_is_always_announced_and_has_its_own_holidays() -> None:
    """New Year's Day 2022 was a Saturday, observed in the United States on the last day of 2021."""
    hours = OfficeHours((Session(time(9), time(17)),))
    days = days_of(policy_of("US", "America/New_York", hours), 2021)
    assert all(row.announced for row in days.values())
    assert not days[date(2021, 12, 31)].sessions
    assert not days[date(2021, 11, 25)].sessions
    assert days[date(2021, 12, 30)].sessions


def test_another_countrys_weekend_is_its_own() -> None:
    """In Israel Friday and Saturday are free, Sunday is worked."""
    hours = OfficeHours((Session(time(9), time(17)),))
    days = days_of(policy_of("IL", "Asia/Jerusalem", hours), 2026)
    friday = date(2026, 7, 17)
    assert [bool(days[friday + timedelta(days=n)].sessions) for n in range(3)] == [False, False, True]


def test_a_local_edit_decides_its_day_and_no_other() -> None:
    """A day off, a half day, and a Sunday on duty; the year stays as announced as it was."""
    half, duty = (WINTER[0],), SUMMER
    monday, tuesday, sunday = date(2027, 7, 12), date(2027, 7, 13), date(2027, 7, 18)
    edited = build_days(CHINA, monday, sunday, {monday: None, tuesday: half, sunday: duty})
    plain = build_days(CHINA, monday, sunday)
    assert [edited[0].sessions, edited[1].sessions, edited[6].sessions] == [(), half, duty]
    assert edited[2:6] == plain[2:6]
    assert not edited[6].announced


def test_an_unknown_country_is_named() -> None:
    """There is no schedule to guess."""
    with pytest.raises(CalendarError, match="'XX'"):
        build_days(policy_of("XX", "UTC"), date(2026, 1, 1), date(2026, 1, 31))


def test_a_span_that_ends_before_it_begins_is_refused() -> None:
    """An empty calendar is never built silently."""
    with pytest.raises(CalendarError, match="cannot end"):
        build_days(CHINA, date(2026, 1, 2), date(2026, 1, 1))


def test_a_deadline_over_the_new_year_reads_the_built_table() -> None:
    """Two days of 2026 are left on the 30th, so the third working day is estimated."""
    office = WorkingTime(build_days(CHINA, date(2026, 1, 1), date(2027, 12, 31)), CHINA.zone)
    due = office.due(datetime(2026, 12, 30, 2, tzinfo=UTC), Limit(3, Unit.WORKING_DAYS))
    assert (due.at, due.estimated) == (datetime(2027, 1, 5, 9, tzinfo=UTC), True)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """An empty database in a file."""
    made = make_engine(f"sqlite:///{tmp_path / 'office.sqlite'}")
    metadata.create_all(made)
    yield made
    made.dispose()


FIRST, LAST = date(2026, 1, 1), date(2027, 12, 31)
ON_DUTY, DAY_OFF = date(2027, 7, 18), date(2027, 7, 19)


def test_working_time_is_the_same_after_it_was_stored(engine: Engine) -> None:
    """The table keeps sessions, free days and the mark of the estimated year."""
    days = build_days(CHINA, FIRST, LAST)
    with writing(engine) as session:
        assert store_days(session, days) == len(days)
    with reading(engine) as session:
        stored = WorkingTime(stored_days(session), CHINA.zone)
    built = WorkingTime(days, CHINA.zone)
    for start in (datetime(2026, 9, 30, 2, tzinfo=UTC), datetime(2026, 12, 30, 2, tzinfo=UTC)):
        for limit in (Limit(5, Unit.WORKING_DAYS), Limit(9, Unit.WORKING_HOURS), Limit(1, Unit.HALF_DAY)):
            assert stored.due(start, limit) == built.due(start, limit)


def test_storing_the_same_days_again_changes_nothing(engine: Engine) -> None:
    """What did not change is not counted as changed, so that nothing is recalculated for it."""
    days = build_days(CHINA, FIRST, LAST)
    for expected in (len(days), 0):
        with writing(engine) as session:
            assert store_days(session, days) == expected


def test_a_local_decision_outlives_the_arrival_of_the_official_year(engine: Engine) -> None:
    """Its sessions stay, its year becomes announced like every other day of it."""
    edits = {ON_DUTY: SUMMER, DAY_OFF: None}
    days = build_days(CHINA, FIRST, LAST, edits)
    with writing(engine) as session:
        store_days(session, build_days(CHINA, FIRST, LAST))
        assert store_days(session, days, own=edits.keys()) == 2
    with writing(engine) as session:
        assert store_days(session, [replace(day, announced=True) for day in days], own=edits.keys()) == 365
    with reading(engine) as session:
        office = WorkingTime(stored_days(session), CHINA.zone)
    assert office.is_working_day(ON_DUTY)
    assert not office.is_working_day(DAY_OFF)
    assert not office.due(datetime(2027, 7, 16, 2, tzinfo=UTC), Limit(3, Unit.WORKING_DAYS)).estimated


def test_a_decision_taken_back_follows_the_schedule_again(engine: Engine) -> None:
    """The office's own days are said as a whole: one that is not among them any more is a day like others."""
    days = build_days(CHINA, FIRST, LAST)
    with writing(engine) as session:
        store_days(session, build_days(CHINA, FIRST, LAST, {DAY_OFF: None}), own={DAY_OFF})
        assert store_days(session, days, today=LAST) == 1
        assert stored_days(session) == list(days)


def test_new_hours_leave_the_days_that_are_over_as_they_were(engine: Engine) -> None:
    """What was worked cannot be changed by what is decided later."""
    today = date(2026, 3, 12)
    with writing(engine) as session:
        store_days(session, build_days(CHINA, FIRST, LAST))
        store_days(
            session, build_days(CHINA, FIRST, LAST, dict.fromkeys((date(2026, 3, 11), today), SUMMER)), today=today
        )
        kept = {day.date: day.sessions for day in stored_days(session)}
    assert kept[today] == SUMMER
    assert kept[date(2026, 3, 11)] != SUMMER


@pytest.mark.parametrize("broken", ["", "[[]]", '[["08:30"]]', "[[8, 12]]", '[["08:30", "25:00"]]', "7"])
def test_a_row_that_cannot_be_read_is_named(engine: Engine, broken: str) -> None:
    """An edit by hand may go wrong; the day says where."""
    with writing(engine) as session:
        session.add(CalendarDay(day=FIRST, sessions=broken, announced=True, source=LOCAL))
    with reading(engine) as session, pytest.raises(CalendarError, match="2026-01-01"):
        stored_days(session)
