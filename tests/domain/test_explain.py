"""Tests of the explanation: by hand for the rules' examples, and held against the product's own reckoning for random clocks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.clocks import Happening, Moment, always, due_at_pause
from domain.explain import Account, account
from domain.explain_walk import Why
from domain.policy import Limit, Session, Unit
from domain.working_time import Day, OutsideCalendarError, WorkingTime

SHANGHAI = ZoneInfo("Asia/Shanghai")
WINTER = (Session(time(8, 30), time(12)), Session(time(13, 30), time(17)))
SUMMER = (Session(time(8, 30), time(12)), Session(time(14), time(17, 30)))
FREE = {(9, 25), (9, 26), (9, 27), *((10, day) for day in range(1, 8))}
MAKE_UP = {(9, 20), (10, 10)}


def second_half_of_2026() -> WorkingTime:
    """July 2026 to March 2027 as announced, with National Day, its make-up days and an estimated new year."""
    days = []
    day = date(2026, 7, 1)
    while day <= date(2027, 3, 31):
        key = (day.month, day.day)
        holiday = (day.year == 2026 and key in FREE) or day == date(2027, 1, 1)
        works = (day.year == 2026 and key in MAKE_UP) or (day.weekday() < 5 and not holiday)
        days.append(
            Day(
                day,
                (SUMMER if day.month in (7, 8, 9) and day.year == 2026 else WINTER) if works else (),
                day.year == 2026,
            )
        )
        day += timedelta(days=1)
    return WorkingTime(days, SHANGHAI)


OFFICE = second_half_of_2026()
CALENDAR = always(OFFICE)


def at(said: str) -> datetime:
    """A moment of the office's wall clock."""
    return datetime.fromisoformat(said).replace(tzinfo=SHANGHAI).astimezone(UTC)


def told(said: str, what: Happening, **more: object) -> Moment:
    """An event of a clock."""
    return Moment(at(said), what, **more)  # type: ignore[arg-type]  # a test's short way


def started(said: str, limit: Limit | None, due: str = "") -> Moment:
    """A clock's first event."""
    return Moment(at(said), Happening.STARTED, limit, at(due) if due else None)


def lines(found: Account) -> list[tuple[str, str, str, int]]:
    """The intervals as (from, to, why, amount), in the office's zone."""
    return [
        (f"{OFFICE.local(i.begin):%m-%d %H:%M}", f"{OFFICE.local(i.end):%m-%d %H:%M}", i.why.value, i.amount)
        for i in found.intervals
    ]


def explained(moments: Iterable[Moment], until: str = "2026-07-16 10:00") -> Account:
    """The account of a clock."""
    return account(list(moments), CALENDAR, at(until))


# -- by hand -------------------------------------------------------------------------------------------------------------


def test_working_days_say_which_day_counted_and_why_the_others_did_not() -> None:
    """Five working days over National Day: the start day, the holidays and the make-up Saturday, a line each."""
    found = explained([started("2026-09-30 10:00", Limit(5, Unit.WORKING_DAYS))], "2026-09-30 10:00")
    assert lines(found) == [
        ("09-30 10:00", "10-01 00:00", "start", 0),
        ("10-01 00:00", "10-03 00:00", "day_off", 0),
        ("10-03 00:00", "10-05 00:00", "weekend", 0),
        ("10-05 00:00", "10-08 00:00", "day_off", 0),
        ("10-08 00:00", "10-09 00:00", "office_time", 1),
        ("10-09 00:00", "10-10 00:00", "office_time", 1),
        ("10-10 00:00", "10-11 00:00", "make_up_day", 1),
        ("10-11 00:00", "10-12 00:00", "weekend", 0),
        ("10-12 00:00", "10-13 00:00", "office_time", 1),
        ("10-13 00:00", "10-13 17:00", "office_time", 1),
    ]
    assert (found.owed, found.counted, found.reached) == (5, 5, at("2026-10-13 17:00"))


def test_a_start_after_closing_counts_as_the_next_working_day() -> None:
    """Friday evening and the weekend are Monday's; Monday is the start day."""
    found = explained([started("2026-07-17 18:00", Limit(1, Unit.WORKING_DAYS))])
    assert [(why, n) for _, _, why, n in lines(found)] == [("as_next_working_day", 0), ("start", 0), ("office_time", 1)]
    assert lines(found)[0][:2] == ("07-17 18:00", "07-20 00:00")


def test_working_hours_are_counted_to_the_minute_around_lunch_and_night() -> None:
    """Eight hours from ten o'clock: the rest of the day, then until eleven."""
    assert lines(explained([started("2026-07-16 10:00", Limit(8, Unit.WORKING_HOURS))])) == [
        ("07-16 10:00", "07-16 12:00", "office_time", 120),
        ("07-16 12:00", "07-16 14:00", "lunch", 0),
        ("07-16 14:00", "07-16 17:30", "office_time", 210),
        ("07-16 17:30", "07-17 08:30", "closed", 0),
        ("07-17 08:30", "07-17 11:00", "office_time", 150),
    ]


def test_a_half_day_is_the_session_after_the_one_of_the_start() -> None:
    """Thursday 15:00: the afternoon does not count, Friday's morning does."""
    assert lines(explained([started("2026-07-16 15:00", Limit(1, Unit.HALF_DAY))])) == [
        ("07-16 15:00", "07-16 17:30", "start", 0),
        ("07-16 17:30", "07-17 08:30", "closed", 0),
        ("07-17 08:30", "07-17 12:00", "office_time", 1),
    ]


def test_calendar_days_run_through_the_weekend_and_roll_to_a_closing() -> None:
    """Two days from Thursday end on Saturday; rolled, on Monday at closing."""
    assert lines(explained([started("2026-07-16 10:00", Limit(2, Unit.DAYS, roll=True))])) == [
        ("07-16 10:00", "07-17 00:00", "start", 0),
        ("07-17 00:00", "07-19 00:00", "calendar_day", 2),
        ("07-19 00:00", "07-20 17:30", "rolled", 0),
    ]


def test_a_pause_names_its_reason_and_the_day_that_it_cost() -> None:
    """The day on whose closing minute the clock stood still does not count, though half of it was worked."""
    found = explained([
        started("2026-07-16 10:00", Limit(2, Unit.WORKING_DAYS)),
        told("2026-07-17 15:00", Happening.PAUSED, reason="enterprise_papers"),
        told("2026-07-20 09:00", Happening.RESUMED),
    ])  # fmt: skip
    assert lines(found) == [
        ("07-16 10:00", "07-17 00:00", "start", 0),
        ("07-17 00:00", "07-17 15:00", "paused_at_closing", 0),
        ("07-17 15:00", "07-20 09:00", "paused", 0),
        ("07-20 09:00", "07-21 00:00", "office_time", 1),
        ("07-21 00:00", "07-21 17:30", "office_time", 1),
    ]
    assert [i.reason for i in found.intervals if i.why is Why.PAUSED] == ["enterprise_papers"]


def test_a_clock_that_stands_still_says_what_is_counted_so_far() -> None:
    """One of two days is used; nobody can say yet when it is due."""
    found = explained([
        started("2026-07-16 10:00", Limit(2, Unit.WORKING_DAYS)), told("2026-07-20 09:00", Happening.PAUSED, reason="returned"),
    ], "2026-07-22 12:00")  # fmt: skip
    assert (found.paused, found.counted, found.owed, found.reached) == (True, 1, 2, None)
    assert lines(found)[-1] == ("07-20 09:00", "07-22 12:00", "paused", 0)


def test_an_extension_stands_behind_the_limits_own_end() -> None:
    """The original end stays visible, with the reason of what was added to it."""
    found = explained([
        started("2026-07-16 10:00", Limit(1, Unit.WORKING_DAYS)),
        told("2026-07-17 09:00", Happening.EXTENDED, due=at("2026-07-21 17:30"), reason="路由未定"),
    ])  # fmt: skip
    assert lines(found)[-1] == ("07-17 17:30", "07-21 17:30", "extended", 0)
    assert found.intervals[-1].reason == "路由未定"
    assert found.reached == at("2026-07-17 17:30")
    [change] = found.changes
    assert (change.before, change.after) == (at("2026-07-17 17:30"), at("2026-07-21 17:30"))


def test_a_date_that_was_told_is_kept_though_the_calendar_would_bring_it_forward() -> None:
    """An adjusted clock is never due earlier; the stretch that this adds says so."""
    shorter = Moment(at("2026-07-17 09:00"), Happening.ADJUSTED, Limit(1, Unit.WORKING_DAYS))
    found = explained([started("2026-07-16 10:00", Limit(3, Unit.WORKING_DAYS)), shorter])
    assert lines(found)[-1] == ("07-17 17:30", "07-21 17:30", "kept", 0)


def test_what_is_overdue_is_shown_up_to_now_in_working_days() -> None:
    """Due on Friday, looked at on Tuesday: two working days."""
    found = explained([started("2026-07-16 10:00", Limit(1, Unit.WORKING_DAYS))], "2026-07-21 10:00")
    assert lines(found)[-1] == ("07-17 17:30", "07-21 10:00", "overdue", 2)


def test_a_clock_with_a_date_has_one_stretch_to_it() -> None:
    """A promised date has no limit to count."""
    found = explained([started("2026-07-16 10:00", None, "2026-07-31 17:30")])
    assert lines(found) == [("07-16 10:00", "07-31 17:30", "given", 0)]
    assert (found.owed, found.counted) == (0, 0)


def test_days_of_a_year_not_announced_are_marked() -> None:
    """Only these; the last days of the announced year are certain."""
    found = explained([started("2026-12-30 10:00", Limit(3, Unit.WORKING_DAYS))], "2026-12-30 10:00")
    assert [i.estimated for i in found.intervals] == [OFFICE.local(i.begin).year == 2027 for i in found.intervals]
    assert any(i.estimated for i in found.intervals)


def test_long_limits_are_shown_in_runs() -> None:
    """Ninety days and sixty working days would fill pages."""
    assert len(explained([started("2026-07-16 10:00", Limit(3, Unit.MONTHS))]).intervals) == 2
    assert len(explained([started("2026-07-16 10:00", Limit(60, Unit.WORKING_DAYS))]).intervals) < 40


def test_events_that_cannot_have_happened_are_refused() -> None:
    """A clock that resumes without a pause, or never started."""
    with pytest.raises(ValueError, match="not paused"):
        explained(
            [started("2026-07-16 10:00", Limit(1, Unit.WORKING_DAYS)), told("2026-07-17 09:00", Happening.RESUMED)]
        )
    with pytest.raises(ValueError, match="start"):
        explained([told("2026-07-17 09:00", Happening.PAUSED)])


# -- random clocks: the plain count and the product's bisection come to the same ----------------------------------------

SESSIONS: list[tuple[Session, ...]] = [
    (),
    WINTER,
    SUMMER,
    (Session(time(8, 30), time(12)),),
    (
        Session(time(0), time(3)),
        Session(time(7), time(10)),
        Session(time(10), time(15, 15)),
        Session(time(20), time(23, 59)),
    ),
]
ZONES = [ZoneInfo(name) for name in ("Asia/Shanghai", "Europe/Berlin", "America/New_York")]
FIRST = date(2026, 2, 10)
UNITS = list(Unit)


@st.composite
def offices(draw: st.DrawFn) -> WorkingTime:
    """Two hundred days around a change to summer time, with odd sessions and odd free days."""
    week = draw(st.lists(st.sampled_from(SESSIONS), min_size=7, max_size=7).filter(any))
    odd = draw(st.dictionaries(st.integers(0, 199), st.sampled_from(SESSIONS), max_size=8))
    announced = draw(st.integers(1, 220))
    days = [Day(FIRST + timedelta(days=n), odd.get(n, week[n % 7]), n < announced) for n in range(200)]
    assume(any(day.sessions for day in days))
    return WorkingTime(days, draw(st.sampled_from(ZONES)))


limits = st.builds(Limit, st.integers(1, 6), st.sampled_from(UNITS), st.booleans()).map(
    lambda limit: Limit(1, limit.unit, limit.roll) if limit.unit is Unit.MONTHS else limit
)
# Seconds too, and often the very minutes on which sessions open and close.
gaps = st.one_of(
    st.integers(0, 6 * 24 * 3600),
    st.integers(0, 6 * 24 * 4).map(lambda n: n * 900),
    st.integers(0, 6 * 24 * 60).map(lambda n: n * 60),
)


def life(office: WorkingTime, limit: Limit, steps: list[int]) -> list[Moment]:
    """A clock that starts, and then pauses and resumes after each of the gaps (in seconds)."""
    moment = datetime.combine(FIRST + timedelta(days=1), time(), office.zone).astimezone(UTC) + timedelta(
        seconds=steps[0]
    )
    found = [Moment(moment, Happening.STARTED, limit)]
    for number, gap in enumerate(steps[1:]):
        moment += timedelta(seconds=gap)
        paused = number % 2 == 0
        found.append(
            Moment(moment, Happening.PAUSED if paused else Happening.RESUMED, reason="returned" if paused else "")
        )
    return found


@given(offices(), limits, st.lists(gaps, min_size=1, max_size=6))
def test_the_counted_stretches_alone_give_the_due_moment(office: WorkingTime, limit: Limit, steps: list[int]) -> None:
    """The plain count arrives where bisection and shifts do, by any calendar, limit and pauses; and counts the limit whole."""
    moments = life(office, limit, steps)
    try:
        due = due_at_pause(moments, always(office))
        found = account(moments, always(office), moments[-1].at)
    except OutsideCalendarError:
        assume(False)
        raise
    assert due is not None
    if found.reached is None:
        # It stands still, with something left.
        assert found.paused
        assert found.counted < found.owed or limit.roll
        return
    assert found.reached == due.at
    assert found.counted == found.owed
    counted = [i for i in found.intervals if i.counted]
    assert sum(i.amount for i in counted) == found.owed
    if limit.unit is Unit.WORKING_HOURS:
        assert sum((i.end - i.begin) // timedelta(minutes=1) for i in counted) == limit.value * 60


@given(offices(), limits, st.lists(gaps, min_size=1, max_size=5), st.integers(0, 20 * 24 * 60))
def test_every_minute_is_accounted_for_once(office: WorkingTime, limit: Limit, steps: list[int], later: int) -> None:
    """No gap and no overlap, from the start to the due moment and on to now; nothing that is paused counts."""
    moments = life(office, limit, steps)
    until = moments[-1].at + timedelta(minutes=later)
    try:
        found = account(moments, always(office), until)
    except OutsideCalendarError:
        assume(False)
        raise
    # Hours are counted in whole minutes.
    first = {found.start, found.start.replace(second=0)} if limit.unit is Unit.WORKING_HOURS else {found.start}
    if not found.intervals:
        assert until == moments[-1].at
        return
    assert found.intervals[0].begin in first
    assert all(one.end == next_.begin for one, next_ in zip(found.intervals, found.intervals[1:], strict=False))
    assert found.due is not None
    standing = found.paused and moments[-1].at < found.due.at
    assert found.intervals[-1].end == (max(until, moments[-1].at) if standing else max(found.due.at, until))
    stood = [
        (a.at.replace(second=0), b.at.replace(second=0)) for a, b in zip(moments[1::2], moments[2::2], strict=False)
    ]
    for one in found.intervals:
        if one.counted and limit.unit is Unit.WORKING_HOURS:
            assert not any(max(a, one.begin) < min(b, one.end) for a, b in stood)
        if one.why is Why.PAUSED:
            assert not one.counted


@given(offices(), limits, st.lists(gaps, min_size=3, max_size=5), st.integers(1, 30))
def test_extensions_and_kept_dates_end_where_the_events_say(
    office: WorkingTime, limit: Limit, steps: list[int], more: int
) -> None:
    """Whatever changed a clock, its account ends at the due moment that its events give."""
    moments = life(office, limit, steps)
    try:
        day = office.local(moments[0].at).date() + timedelta(days=more)
        moments.insert(1, Moment(moments[0].at, Happening.EXTENDED, due=office.closing(day)))
        moments.append(Moment(moments[-1].at, Happening.ADJUSTED, Limit(limit.value + 1, limit.unit, limit.roll)))
        found = account(moments, always(office), moments[0].at)
    except OutsideCalendarError:
        assume(False)
        raise
    assert found.due is not None
    if found.paused:
        return
    assert found.intervals[-1].end == found.due.at
