"""Tests of working time: the specification's examples, the rules one by one, and properties over random calendars."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.policy import Limit, Session, Unit
from domain.working_time import CalendarError, Day, LimitError, OutsideCalendarError, WorkingTime

SHANGHAI = ZoneInfo("Asia/Shanghai")
MINUTE = timedelta(minutes=1)
MORNING = Session(time(8, 30), time(12))
WINTER = (MORNING, Session(time(13, 30), time(17)))
SUMMER = (MORNING, Session(time(14), time(17, 30)))
CALENDAR_UNITS = (Unit.DAYS, Unit.MONTHS)


def days_of(spans: Iterable[tuple[str, str]]) -> set[date]:
    """All days of the inclusive spans."""
    found = set()
    for first, last in spans:
        day = date.fromisoformat(first)
        while day <= date.fromisoformat(last):
            found.add(day)
            day += timedelta(days=1)
    return found


FREE = days_of(
    [
        ("2026-01-01", "2026-01-03"),
        ("2026-02-15", "2026-02-23"),
        ("2026-04-04", "2026-04-06"),
        ("2026-05-01", "2026-05-05"),
        ("2026-06-19", "2026-06-21"),
        ("2026-09-25", "2026-09-27"),
        ("2026-10-01", "2026-10-07"),
        ("2027-01-01", "2027-01-01"),
        ("2027-02-05", "2027-02-10"),
    ]
)
MAKE_UP = days_of(
    (day, day) for day in ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"]
)


def china_2026() -> list[Day]:
    """The official 2026 and the beginning of an estimated 2027, with summer hours from July to September."""
    table = []
    for day in sorted(days_of([("2026-01-01", "2027-03-31")])):
        works = day in MAKE_UP or (day.weekday() < 5 and day not in FREE)
        hours = SUMMER if 7 <= day.month <= 9 else WINTER
        table.append(Day(day, hours if works else (), announced=day.year == 2026))
    return table


OFFICE = WorkingTime(china_2026(), SHANGHAI)


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    """A moment from the office's wall clock."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def working_days(n: int) -> Limit:
    """A limit of `n` working days."""
    return Limit(n, Unit.WORKING_DAYS)


@pytest.mark.parametrize(
    ("start", "limit", "due", "estimated"),
    [
        ("2026-07-16 10:00", Limit(5, Unit.WORKING_DAYS), "2026-07-23 17:30", False),
        ("2026-07-16 18:00", Limit(1, Unit.WORKING_DAYS), "2026-07-20 17:30", False),
        ("2026-07-16 16:30", Limit(2, Unit.WORKING_HOURS), "2026-07-17 09:30", False),
        ("2026-07-16 10:00", Limit(8, Unit.WORKING_HOURS), "2026-07-17 11:00", False),
        ("2026-09-18 10:00", Limit(2, Unit.WORKING_DAYS), "2026-09-21 17:30", False),
        ("2026-09-30 10:00", Limit(5, Unit.WORKING_DAYS), "2026-10-13 17:00", False),
        ("2026-02-13 10:00", Limit(3, Unit.WORKING_DAYS), "2026-02-25 17:00", False),
        ("2026-12-30 10:00", Limit(3, Unit.WORKING_DAYS), "2027-01-05 17:00", True),
    ],
)
def test_the_examples_of_the_specification_hold(start: str, limit: Limit, due: str, estimated: bool) -> None:
    """The eight rows of LIFECYCLE.md, Time."""
    found = OFFICE.due(at(start), limit)
    assert (found.at, found.estimated) == (at(due), estimated)


@pytest.mark.parametrize(
    ("start", "due"),
    [
        ("2026-07-17 00:00", "2026-07-20 17:30"),
        ("2026-07-17 17:30", "2026-07-20 17:30"),
        ("2026-07-17 17:31", "2026-07-21 17:30"),
        ("2026-07-18 10:00", "2026-07-21 17:30"),
        ("2026-07-19 23:59", "2026-07-21 17:30"),
    ],
)
def test_a_start_after_closing_or_on_a_free_day_counts_as_the_next_working_day(start: str, due: str) -> None:
    """Before opening and up to the closing minute it is still that day."""
    assert OFFICE.due(at(start), working_days(1)).at == at(due)


@pytest.mark.parametrize(
    ("start", "n", "due"),
    [
        ("2026-07-16 10:00", 1, "2026-07-16 17:30"),
        ("2026-07-16 15:00", 1, "2026-07-17 12:00"),
        ("2026-07-16 08:00", 1, "2026-07-16 12:00"),
        ("2026-07-16 08:30", 1, "2026-07-16 17:30"),
        ("2026-07-16 13:00", 1, "2026-07-16 17:30"),
        ("2026-07-17 18:00", 1, "2026-07-20 12:00"),
        ("2026-07-17 15:00", 2, "2026-07-20 17:30"),
    ],
)
def test_a_half_day_ends_with_the_session_after_the_one_of_the_start(start: str, n: int, due: str) -> None:
    """Outside sessions it ends with the next one."""
    assert OFFICE.due(at(start), Limit(n, Unit.HALF_DAY)).at == at(due)


@pytest.mark.parametrize(
    ("start", "limit", "due"),
    [
        ("2026-07-16 10:00", Limit(2, Unit.DAYS), "2026-07-18 23:59:59"),
        ("2026-07-16 10:00", Limit(2, Unit.DAYS, roll=True), "2026-07-20 17:30"),
        ("2026-07-16 10:00", Limit(1, Unit.DAYS, roll=True), "2026-07-17 17:30"),
        ("2026-07-16 23:59", Limit(1, Unit.DAYS), "2026-07-17 23:59:59"),
        ("2026-01-31 10:00", Limit(1, Unit.MONTHS), "2026-02-28 23:59:59"),
        ("2026-12-15 10:00", Limit(2, Unit.MONTHS, roll=True), "2027-02-15 17:00"),
        ("2026-09-04 10:00", Limit(1, Unit.MONTHS, roll=True), "2026-10-08 17:00"),
    ],
)
def test_calendar_limits_end_with_their_last_day_or_roll_to_a_closing(start: str, limit: Limit, due: str) -> None:
    """Days and months run through free days; a month that is too short ends on its last day."""
    assert OFFICE.due(at(start), limit).at == at(due)


def test_what_reaches_into_a_year_not_announced_is_estimated_whatever_its_unit() -> None:
    """The same limits a month earlier are certain."""
    for limit in (working_days(3), Limit(30, Unit.WORKING_HOURS), Limit(6, Unit.HALF_DAY), Limit(3, Unit.DAYS)):
        assert OFFICE.due(at("2026-12-30 10:00"), limit).estimated
        assert not OFFICE.due(at("2026-11-30 10:00"), limit).estimated


@pytest.mark.parametrize("value", [0, -1])
@pytest.mark.parametrize("unit", list(Unit))
def test_a_limit_that_is_not_positive_is_refused(value: int, unit: Unit) -> None:
    """No due moment lies at or before its start."""
    with pytest.raises(LimitError, match=f"not {value} {unit}"):
        OFFICE.due(at("2026-07-16 10:00"), Limit(value, unit))


@pytest.mark.parametrize("unit", list(Unit))
def test_a_deadline_beyond_the_table_names_its_last_day(unit: Unit) -> None:
    """However far, the answer is an error at once."""
    for value in (2_000, 10**12):
        with pytest.raises(OutsideCalendarError, match="last day 2027-03-31"):
            OFFICE.due(at("2026-07-16 10:00"), Limit(value, unit))


@pytest.mark.parametrize("unit", list(Unit))
def test_a_start_outside_the_table_is_refused(unit: Unit) -> None:
    """Neither side of the table is guessed."""
    for start in ("2025-12-31 23:59", "2027-04-01 00:00"):
        with pytest.raises(OutsideCalendarError):
            OFFICE.due(at(start), Limit(1, unit))


def test_a_moment_without_zone_is_refused() -> None:
    """Every moment knows its zone."""
    naive = at("2026-07-16 10:00").replace(tzinfo=None)
    with pytest.raises(ValueError, match="time zone"):
        OFFICE.due(naive, working_days(1))


MONDAY, TUESDAY, WEDNESDAY = (date(2026, 7, day) for day in (13, 14, 15))


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ([], "no days"),
        ([Day(MONDAY, WINTER, True), Day(WEDNESDAY, WINTER, True)], "2026-07-15 follows 2026-07-13"),
        ([Day(TUESDAY, WINTER, True), Day(MONDAY, WINTER, True)], "2026-07-13 follows 2026-07-14"),
        ([Day(MONDAY, (), True), Day(TUESDAY, (), True)], "no working day"),
        ([Day(MONDAY, WINTER[::-1], True)], "overlaps"),
        ([Day(MONDAY, (MORNING, Session(time(11, 59), time(17))), True)], "11:59–17:00 overlaps"),
        ([Day(MONDAY, (Session(time(9), time(9)),), True)], "closes before it opens"),
        ([Day(MONDAY, (Session(time(17), time(9)),), True)], "closes before it opens"),
        ([Day(MONDAY, (Session(time(9), time(17, 0, 30)),), True)], "whole minutes"),
    ],
)
def test_an_empty_or_impossible_calendar_is_an_error(table: list[Day], complaint: str) -> None:
    """It is named when the table is handed in, not when the first deadline is asked."""
    with pytest.raises(CalendarError, match=complaint):
        WorkingTime(table, SHANGHAI)


@pytest.mark.parametrize(
    ("paused_from", "paused_to", "unit", "due", "shifted"),
    [
        # Wednesday's closing minute lies in the pause; the working day itself was begun.
        ("2026-07-15 16:00", "2026-07-16 09:00", Unit.WORKING_DAYS, "2026-07-23 17:30", "2026-07-24 17:30"),
        ("2026-07-16 09:00", "2026-07-16 17:30", Unit.WORKING_DAYS, "2026-07-23 17:30", "2026-07-23 17:30"),
        ("2026-07-17 18:00", "2026-07-20 08:00", Unit.WORKING_DAYS, "2026-07-23 17:30", "2026-07-23 17:30"),
        # Two closings were left when it paused (22nd, 23rd): they are the first two after it.
        ("2026-07-22 10:00", "2026-08-03 09:00", Unit.WORKING_DAYS, "2026-07-23 17:30", "2026-08-04 17:30"),
        ("2026-07-16 09:00", "2026-07-16 13:00", Unit.HALF_DAY, "2026-07-16 17:30", "2026-07-17 12:00"),
        ("2026-07-16 11:15", "2026-07-16 14:20", Unit.WORKING_HOURS, "2026-07-16 17:00", "2026-07-17 09:05"),
        ("2026-07-16 23:00", "2026-07-18 01:00", Unit.DAYS, "2026-07-24 23:59:59", "2026-07-26 23:59:59"),
        ("2026-07-16 10:00", "2026-07-16 20:00", Unit.MONTHS, "2026-07-24 23:59:59", "2026-07-24 23:59:59"),
        # Rolled: two calendar days on from Friday is Sunday, so Monday's closing.
        ("2026-07-16 23:00", "2026-07-18 01:00", Unit.DAYS, "2026-07-24 17:30", "2026-07-27 17:30"),
        ("2026-07-24 10:00", "2026-07-24 20:00", Unit.DAYS, "2026-07-24 17:30", "2026-07-27 17:30"),
    ],
)
def test_units_on_whose_closing_minute_the_clock_was_paused_do_not_count(
    paused_from: str, paused_to: str, unit: Unit, due: str, shifted: str
) -> None:
    """Hours are paused to the minute instead; what was left at the pause is left after it."""
    assert OFFICE.shift(at(due), at(paused_from), at(paused_to), unit).at == at(shifted)


@pytest.mark.parametrize("unit", list(Unit))
def test_a_pause_that_began_when_the_clock_was_late_changes_nothing(unit: Unit) -> None:
    """Lateness is never paused away, not even from the due moment itself."""
    due = at("2026-07-23 17:30")
    for paused_from in ("2026-07-23 17:30", "2026-07-27 10:00"):
        assert OFFICE.shift(due, at(paused_from), at("2026-08-20 10:00"), unit).at == due


def test_a_pause_into_a_year_not_announced_makes_the_due_moment_estimated() -> None:
    """The shifted moment says so itself."""
    due, since = at("2026-12-24 17:00"), at("2026-12-21 10:00")
    assert not OFFICE.shift(due, since, at("2026-12-22 10:00"), Unit.WORKING_DAYS).estimated
    assert OFFICE.shift(due, since, at("2026-12-31 10:00"), Unit.WORKING_DAYS).estimated


@pytest.mark.parametrize("unit", list(Unit))
def test_a_pause_over_no_closing_minute_leaves_even_a_date_set_by_hand(unit: Unit) -> None:
    """A due moment in the middle of a session is not rounded up by a pause of one lunch."""
    due = at("2026-07-21 10:17")
    assert OFFICE.shift(due, at("2026-07-16 12:05"), at("2026-07-16 13:55"), unit).at == due


def test_a_pause_that_runs_backwards_is_refused() -> None:
    """An end before the beginning is a mistake of the caller."""
    with pytest.raises(ValueError, match="before it begins"):
        OFFICE.shift(at("2026-07-23 17:30"), at("2026-07-17 10:00"), at("2026-07-16 10:00"), Unit.WORKING_DAYS)


@pytest.mark.parametrize(
    ("start", "limit", "days", "moment"),
    [
        ("2026-07-16 10:00", working_days(10), -2, "2026-07-28 08:30"),
        ("2026-07-16 10:00", working_days(10), 1, "2026-07-31 08:30"),
        ("2026-07-16 10:00", working_days(10), 3, "2026-08-04 08:30"),
        ("2026-07-16 10:00", working_days(4), -2, "2026-07-20 08:30"),
        # Half of 1,590 office minutes: Thursday's 330, Friday's 420 and 45 of Monday's.
        ("2026-07-16 10:00", working_days(3), -2, "2026-07-20 09:15"),
        ("2026-07-16 10:00", working_days(1), -2, None),
        ("2026-07-16 10:00", Limit(8, Unit.WORKING_HOURS), -2, "2026-07-16 16:00"),
        ("2026-07-16 10:00", Limit(7, Unit.WORKING_HOURS), -2, None),
        ("2026-07-16 10:00", Limit(28, Unit.WORKING_HOURS), -2, "2026-07-20 08:30"),
        ("2026-07-16 10:00", Limit(2, Unit.HALF_DAY), -2, None),
        ("2026-07-16 10:00", Limit(3, Unit.HALF_DAY), -2, "2026-07-17 09:15"),
        # Due on Saturday the 25th, which counts as Friday.
        ("2026-07-16 10:00", Limit(9, Unit.DAYS), -2, "2026-07-22 08:30"),
        ("2026-07-16 10:00", Limit(9, Unit.DAYS), 1, "2026-07-27 08:30"),
        ("2026-09-30 10:00", Limit(5, Unit.DAYS), -2, None),
        # Four days ahead of a limit of four would be the start's own morning.
        ("2026-07-16 10:00", working_days(4), -4, "2026-07-20 14:45"),
        ("2026-07-16 10:00", working_days(4), 0, None),
    ],
)
def test_notices_go_out_by_the_rule_of_colours(start: str, limit: Limit, days: int, moment: str | None) -> None:
    """Blue ahead for long limits, at half for shorter ones, never for a day; yellow and red at openings after."""
    due = OFFICE.due(at(start), limit).at
    assert OFFICE.notice_moment(at(start), due, limit, days) == (moment and at(moment))


def test_opening_and_closing_of_a_free_day_are_those_of_the_next_working_day() -> None:
    """On a working day they are its own."""
    assert OFFICE.opening(date(2026, 10, 3)) == at("2026-10-08 08:30")
    assert OFFICE.closing(date(2026, 10, 3)) == at("2026-10-08 17:00")
    assert OFFICE.opening(date(2026, 9, 20)) == at("2026-09-20 08:30")
    assert OFFICE.closing(date(2026, 9, 20)) == at("2026-09-20 17:30")


def test_office_time_runs_from_opening_to_before_closing() -> None:
    """Lunch, evening, free days are outside; a make-up Saturday is inside."""
    inside = ["2026-07-16 08:30", "2026-07-16 11:59", "2026-10-10 14:00"]
    outside = ["2026-07-16 08:29", "2026-07-16 12:00", "2026-07-16 13:45", "2026-07-18 10:00", "2026-10-02 10:00"]
    assert [moment for moment in inside + outside if OFFICE.is_office_time(at(moment))] == inside


def test_added_minutes_end_at_the_nearest_moment_that_qualifies() -> None:
    """A closing rather than the next opening; backwards an opening rather than the closing before."""
    assert OFFICE.add_minutes(at("2026-07-16 17:00"), 30) == at("2026-07-16 17:30")
    assert OFFICE.add_minutes(at("2026-07-17 09:00"), -30) == at("2026-07-17 08:30")
    assert OFFICE.add_minutes(at("2026-07-16 20:00"), 0) == at("2026-07-16 20:00")


def test_working_days_are_counted_and_walked_both_ways() -> None:
    """After the first day up to and with the second; walking never lands on a free day."""
    thursday, saturday, monday = date(2026, 7, 16), date(2026, 7, 18), date(2026, 7, 20)
    assert OFFICE.working_days_between(thursday, monday) == 2
    assert OFFICE.working_days_between(monday, thursday) == -2
    assert OFFICE.working_days_between(at("2026-07-16 23:30"), saturday) == 1
    assert OFFICE.working_day_offset(saturday, 1) == monday
    assert OFFICE.working_day_offset(saturday, 0) == monday
    assert OFFICE.working_day_offset(saturday, -1) == date(2026, 7, 17)
    assert OFFICE.working_day_offset(monday, -2) == thursday
    assert OFFICE.is_working_day(monday)
    assert not OFFICE.is_working_day(saturday)


def test_a_days_sessions_and_its_years_standing_can_be_asked() -> None:
    """What an explanation prints: the sessions as moments, none on a free day; whether the year is official."""
    thursday, saturday = date(2026, 7, 16), date(2026, 7, 18)
    assert OFFICE.sessions(thursday) == (
        (at("2026-07-16 08:30"), at("2026-07-16 12:00")), (at("2026-07-16 14:00"), at("2026-07-16 17:30")),
    )  # fmt: skip
    assert OFFICE.sessions(saturday) == ()
    assert (OFFICE.announced(date(2026, 12, 31)), OFFICE.announced(date(2027, 1, 1))) == (True, False)
    for outside in (date(2025, 12, 31), date(2027, 4, 1)):
        with pytest.raises(OutsideCalendarError):
            OFFICE.sessions(outside)


def test_walking_out_of_the_table_is_refused_at_both_ends() -> None:
    """There is no day to name there."""
    for n in (10_000, -10_000):
        with pytest.raises(OutsideCalendarError):
            OFFICE.working_day_offset(date(2026, 7, 16), n)
    with pytest.raises(OutsideCalendarError):
        OFFICE.is_working_day(date(2027, 4, 1))
    with pytest.raises(OutsideCalendarError):
        OFFICE.add_minutes(at("2026-07-16 10:00"), 10**9)


def test_office_hours_keep_the_wall_clock_when_the_zone_changes_its_offset() -> None:
    """Friday and Monday around the change to summer time have fourteen office hours, though Monday came early."""
    berlin = ZoneInfo("Europe/Berlin")
    week = [date(2026, 3, 27) + timedelta(days=n) for n in range(5)]
    office = WorkingTime([Day(day, WINTER if day.weekday() < 5 else (), True) for day in week], berlin)
    start = at("2026-03-27 08:30", berlin)
    assert office.due(start, working_days(1)).at == at("2026-03-30 17:00", berlin)
    assert office.due(start, Limit(14, Unit.WORKING_HOURS)).at == at("2026-03-30 17:00", berlin)
    assert office.due(start, Limit(2, Unit.DAYS)).at == at("2026-03-29 23:59:59", berlin)
    assert office.local(office.opening(date(2026, 3, 30))).hour == 8


# Properties, over offices of a hundred days: zones with and without changes of offset, odd sessions, odd free days.

TABLE_DAYS = 100
SESSIONS: list[tuple[Session, ...]] = [
    (),
    (MORNING,),
    WINTER,
    SUMMER,
    (Session(time(7), time(10)), Session(time(10), time(15, 15)), Session(time(20), time(23, 59))),
]
ZONES = [ZoneInfo(name) for name in ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "UTC")]


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[Day], ZoneInfo]:
    """A hundred days around a change to summer time, at least one of a week with office hours."""
    first = date(2026, 2, 1) + timedelta(days=draw(st.integers(0, 30)))
    week = draw(st.lists(st.sampled_from(SESSIONS), min_size=7, max_size=7).filter(any))
    odd = draw(st.dictionaries(st.integers(0, TABLE_DAYS - 1), st.sampled_from(SESSIONS), max_size=6))
    announced = draw(st.integers(1, TABLE_DAYS + 20))
    days = [Day(first + timedelta(days=n), odd.get(n, week[n % 7]), announced=n < announced) for n in range(TABLE_DAYS)]
    assume(any(day.sessions for day in days))
    return days, draw(st.sampled_from(ZONES))


def moment_in(days: list[Day], zone: ZoneInfo, minutes: int) -> datetime:
    """`minutes` after the first midnight of the table."""
    return datetime.combine(days[0].date, time(), zone).astimezone(UTC) + minutes * MINUTE


# Starts in the first third and limits of up to a week leave room for a pause before the table ends.
starts = st.integers(0, 30 * 24 * 60)
limits = st.builds(
    Limit, st.integers(1, 4), st.sampled_from(Unit).filter(lambda unit: unit is not Unit.MONTHS), st.booleans()
)
pauses = st.integers(0, 10 * 24 * 60)


def naive_moments(days: list[Day], zone: ZoneInfo) -> list[tuple[datetime, datetime, date]]:
    """Every session as its opening, its closing and its day, by the plain reading of the table."""
    return [
        (
            datetime.combine(day.date, session.opens, zone).astimezone(UTC),
            datetime.combine(day.date, session.closes, zone).astimezone(UTC),
            day.date,
        )
        for day in days
        for session in day.sessions
    ]


def naive_due(days: list[Day], zone: ZoneInfo, start: datetime, limit: Limit) -> datetime | None:
    """The rule read day by day and minute by minute; None beyond the table."""
    sessions = naive_moments(days, zone)
    left = limit.value
    if limit.unit is Unit.WORKING_DAYS:
        closings = [max(c for _, c, of in sessions if of == day.date) for day in days if day.sessions]
        ahead = [closing for closing in closings if closing >= start]
        return ahead[left] if left < len(ahead) else None
    if limit.unit is Unit.HALF_DAY:
        ahead_of = [(opens, closes) for opens, closes, _ in sessions if closes >= start]
        index = left if ahead_of and ahead_of[0][0] <= start else left - 1
        return ahead_of[index][1] if index < len(ahead_of) else None
    if limit.unit is Unit.WORKING_HOURS:
        left *= 60
        for opens, closes, _ in sessions:
            moment = max(opens, start)
            while moment < closes:
                moment += MINUTE
                left -= 1
                if not left:
                    return moment
        return None
    end = start.astimezone(zone).date() + timedelta(days=left)
    if not limit.roll:
        return datetime.combine(end + timedelta(days=1), time(), zone).astimezone(UTC) - timedelta(seconds=1)
    for day in days:
        if day.date >= end and day.sessions:
            return max(closes for _, closes, of in sessions if of == day.date)
    return None


@given(tables(), starts, limits)
def test_due_equals_the_plain_loop_over_days(table: tuple[list[Day], ZoneInfo], minutes: int, limit: Limit) -> None:
    """Prefix sums and bisection change the speed, not the answer; estimated is "any day of the way not announced"."""
    days, zone = table
    start = moment_in(days, zone, minutes)
    expected = naive_due(days, zone, start, limit)
    office = WorkingTime(days, zone)
    if expected is None:
        with pytest.raises(OutsideCalendarError):
            office.due(start, limit)
        return
    found = office.due(start, limit)
    way = [day for day in days if start.astimezone(zone).date() <= day.date <= expected.astimezone(zone).date()]
    assert found.at == expected
    assert found.estimated == any(not day.announced for day in way)


def due_or_end(office: WorkingTime, start: datetime, limit: Limit) -> datetime:
    """The due moment, or the end of time where the table ends first."""
    try:
        return office.due(start, limit).at
    except OutsideCalendarError:
        return datetime.max.replace(tzinfo=UTC)


@given(tables(), starts, starts, limits)
def test_a_later_start_is_never_due_earlier(
    table: tuple[list[Day], ZoneInfo], one: int, other: int, limit: Limit
) -> None:
    """Due is monotonic in its start."""
    office = WorkingTime(*table)
    early, late = (moment_in(*table, minutes) for minutes in sorted((one, other)))
    assert due_or_end(office, early, limit) <= due_or_end(office, late, limit)


@given(tables(), starts, limits)
def test_a_longer_limit_is_never_due_earlier(table: tuple[list[Day], ZoneInfo], minutes: int, limit: Limit) -> None:
    """Due is monotonic in its limit, and strictly so unless it rolls."""
    office, start = WorkingTime(*table), moment_in(*table, minutes)
    shorter = due_or_end(office, start, limit)
    longer = due_or_end(office, start, Limit(limit.value + 1, limit.unit, limit.roll))
    assert start <= shorter <= longer
    if longer < datetime.max.replace(tzinfo=UTC) and not limit.roll:
        assert shorter < longer


@given(tables(), starts, limits)
def test_working_limits_never_fall_due_on_a_free_day(
    table: tuple[list[Day], ZoneInfo], minutes: int, limit: Limit
) -> None:
    """Working days end on a closing minute, half days on a session's, hours in or at the end of one."""
    assume(limit.unit not in CALENDAR_UNITS)
    office = WorkingTime(*table)
    due = due_or_end(office, moment_in(*table, minutes), limit)
    assume(due.year < 9999)
    day = office.local(due).date()
    assert office.is_working_day(day)
    if limit.unit is Unit.WORKING_DAYS:
        assert due == office.closing(day)
    if limit.unit is Unit.HALF_DAY:
        assert due in [closes for _, closes, _ in naive_moments(*table)]
    assert office.is_office_time(due - MINUTE)


@given(tables(), starts, st.integers(-2_000, 2_000))
def test_adding_minutes_and_counting_them_are_inverse(
    table: tuple[list[Day], ZoneInfo], minutes: int, added: int
) -> None:
    """What was added is what lies between, forwards and backwards."""
    office, start = WorkingTime(*table), moment_in(*table, minutes)
    try:
        end = office.add_minutes(start, added)
    except OutsideCalendarError:
        total = office.working_minutes(moment_in(*table, 0), office.closing(last_working_day(table[0])))
        before = office.working_minutes(moment_in(*table, 0), start)
        assert not 0 <= before + added <= total
        return
    assert office.working_minutes(start, end) == added
    assert office.working_minutes(end, start) == -added


def last_working_day(days: list[Day]) -> date:
    """Last day of the table with office time."""
    return max(day.date for day in days if day.sessions)


@given(tables(), starts, starts)
def test_counted_minutes_equal_the_plain_count(table: tuple[list[Day], ZoneInfo], one: int, other: int) -> None:
    """Each session's overlap with the stretch, added up."""
    office = WorkingTime(*table)
    a, b = (moment_in(*table, minutes) for minutes in sorted((one, other)))
    overlaps = (min(b, closes) - max(a, opens) for opens, closes, _ in naive_moments(*table))
    assert office.working_minutes(a, b) == sum(max(overlap // MINUTE, 0) for overlap in overlaps)


@given(tables(), st.integers(0, TABLE_DAYS - 1), st.integers(-30, 30))
def test_walking_working_days_and_counting_them_are_inverse(
    table: tuple[list[Day], ZoneInfo], position: int, n: int
) -> None:
    """The n-th working day after a day is a working day, n of them on; backwards the day itself counts if it works."""
    office, day = WorkingTime(*table), table[0][position].date
    working = [row.date for row in table[0] if row.sessions]
    later = [other for other in working if other > day]
    earlier = [other for other in working if other < day][::-1]
    expected = (later[n - 1 : n] if n > 0 else earlier[-n - 1 : -n]) if n else working[bisect_left(working, day) :][:1]
    if not expected:
        with pytest.raises(OutsideCalendarError):
            office.working_day_offset(day, n)
        return
    assert office.working_day_offset(day, n) == expected[0]
    if n > 0:
        assert office.working_days_between(day, expected[0]) == n


def shifted_or_end(office: WorkingTime, due: datetime, since: datetime, until: datetime, unit: Unit) -> datetime:
    """The shifted moment, or the end of time where the table ends first."""
    try:
        return office.shift(due, since, until, unit).at
    except OutsideCalendarError:
        return datetime.max.replace(tzinfo=UTC)


@given(tables(), starts, limits, pauses)
def test_an_empty_pause_changes_nothing(
    table: tuple[list[Day], ZoneInfo], minutes: int, limit: Limit, after: int
) -> None:
    """Pausing and resuming at once is no pause."""
    office, start = WorkingTime(*table), moment_in(*table, minutes)
    due = due_or_end(office, start, limit)
    assume(due.year < 9999)
    since = start + after * MINUTE
    assert office.shift(due, since, since, limit.unit).at == due


@given(tables(), starts, limits, pauses, pauses, pauses)
def test_a_longer_pause_never_brings_the_due_moment_forward(
    table: tuple[list[Day], ZoneInfo], minutes: int, limit: Limit, after: int, one: int, other: int
) -> None:
    """Shift is monotonic in the pause's length, never earlier than before, and what is resumed is not late."""
    office, start = WorkingTime(*table), moment_in(*table, minutes)
    due = due_or_end(office, start, limit)
    since = start + after * MINUTE
    assume(since < due < datetime.max.replace(tzinfo=UTC))
    short, long = (since + length * MINUTE for length in sorted((one, other)))
    shifted = shifted_or_end(office, due, since, short, limit.unit)
    assert due <= shifted <= shifted_or_end(office, due, since, long, limit.unit)
    assert shifted >= short


@given(tables(), starts, limits, pauses, pauses, pauses)
def test_two_pauses_end_to_end_are_one(
    table: tuple[list[Day], ZoneInfo], minutes: int, limit: Limit, after: int, one: int, other: int
) -> None:
    """A due moment is a fold over its pauses: where a pause is cut in two makes no difference."""
    assume(limit.unit not in CALENDAR_UNITS or not limit.roll)
    office, start = WorkingTime(*table), moment_in(*table, minutes)
    due = due_or_end(office, start, limit)
    since = start + after * MINUTE
    cut = since + one * MINUTE
    until = cut + other * MINUTE
    whole = shifted_or_end(office, due, since, until, limit.unit)
    assume(since < due and whole.year < 9999)
    assert office.shift(office.shift(due, since, cut, limit.unit).at, cut, until, limit.unit).at == whole


@given(tables(), starts, limits, st.integers(-3, 3))
def test_a_notice_lies_between_start_and_due_or_after_the_due_day(
    table: tuple[list[Day], ZoneInfo], minutes: int, limit: Limit, days: int
) -> None:
    """Blue comes after the start and not after the due moment, yellow and red after the due moment."""
    office, start = WorkingTime(*table), moment_in(*table, minutes)
    try:
        due = office.due(start, limit).at
        moment = office.notice_moment(start, due, limit, days)
    except OutsideCalendarError:
        assume(False)
        raise
    if days > 0:
        assert moment is not None
        assert moment > due
    elif moment is not None:
        assert start <= moment <= due
