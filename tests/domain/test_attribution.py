"""Tests of whose an overdue closing day is: the order of the rule, a day at a time, from histories written by hand."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from domain.attribution import ClockHistory, OverdueDay, attribute
from domain.clocks import Happening, Moment, always, due_at_pause
from domain.ladder import overdue_days
from domain.policy import Limit, Session, Unit
from domain.working_time import Day, WorkingTime

SHANGHAI = ZoneInfo("Asia/Shanghai")
HOURS = (Session(time(8, 30), time(12)), Session(time(14), time(17, 30)))
FIRST = date(2026, 7, 1)
OFFICE = WorkingTime(
    [
        Day(day, HOURS if day.weekday() < 5 else (), True)
        for day in (FIRST + timedelta(days=n) for n in range(120))
    ],
    SHANGHAI,
)  # fmt: skip
CALENDAR = always(OFFICE)
LEAD, ROADS, PLANNING, DESK = "lead", "roads", "planning", "desk"
DAYS = Limit(1, Unit.WORKING_DAYS)


def at(said: str) -> datetime:
    """A moment of July 2026 on the office's wall clock, as `16 10:00`."""
    day, clock = said.split()
    return datetime.fromisoformat(f"2026-07-{day} {clock}").replace(tzinfo=SHANGHAI).astimezone(UTC)


def event(said: str, what: Happening, reason: str = "", step: str | None = None) -> Moment:
    """An event of a clock."""
    return Moment(at(said), what, reason=reason, step=step)


def clock(kind: str, owner: str | None, started: str, *later: Moment, days: int = 1, subject: str = "") -> ClockHistory:
    """A clock of so many working days."""
    first = Moment(at(started), Happening.STARTED, Limit(days, Unit.WORKING_DAYS))
    return ClockHistory(kind, subject, owner, (first, *later))


def ended(said: str, how: str = "met") -> Moment:
    """The end of a clock."""
    return event(said, Happening.ENDED, how)


def owners(*histories: ClockHistory, until: str = "24 18:00") -> list[tuple[int, str]]:
    """(day of July, owner) of each overdue day."""
    return [(found.day.day, found.owner) for found in attribute(histories, DESK, CALENDAR, at(until))]


CLOSE = clock("close", LEAD, "16 10:00")
"""Due on Friday the 17th at 17:30."""


def test_an_overdue_day_is_the_leads_when_nobody_else_is_late() -> None:
    """From the working day after the closing date; the weekend is nobody's."""
    assert owners(CLOSE) == [(20, LEAD), (21, LEAD), (22, LEAD), (23, LEAD), (24, LEAD)]
    assert owners(CLOSE, until="17 17:30") == []
    assert owners(CLOSE, until="19 12:00") == []


def test_a_day_that_is_not_over_is_judged_now() -> None:
    """Monday morning is an overdue day already, as the notices count."""
    assert owners(CLOSE, until="20 00:01") == [(20, LEAD)]


def test_a_supporter_overdue_longest_comes_before_the_lead() -> None:
    """Until it has answered; then the next supporter; then the lead."""
    roads = clock("answer", ROADS, "16 09:00", ended("22 09:00"), subject=ROADS)
    planning = clock("answer", PLANNING, "17 09:00", ended("23 18:00"), subject=PLANNING)
    assert owners(CLOSE, roads, planning) == [(20, ROADS), (21, ROADS), (22, PLANNING), (23, PLANNING), (24, LEAD)]


def test_an_answer_that_is_not_due_yet_excuses_nobody() -> None:
    """It falls due on the 22nd at closing: the first day it is late is the 23rd."""
    roads = clock("answer", ROADS, "21 09:00", subject=ROADS)
    assert owners(CLOSE, roads) == [(20, LEAD), (21, LEAD), (22, LEAD), (23, ROADS), (24, ROADS)]


def test_the_desk_comes_before_the_supporters_in_a_dispute_and_a_consultation() -> None:
    """As long as the ruling or the conclusion is owed, on time or not."""
    roads = clock("answer", ROADS, "16 09:00", subject=ROADS)
    ruling = clock("ruling", None, "20 11:00", ended("21 09:00"))
    meeting = clock("consultation", None, "21 09:00", ended("23 09:00"), days=3)
    assert owners(CLOSE, roads, ruling, meeting) == [(20, DESK), (21, DESK), (22, DESK), (23, ROADS), (24, ROADS)]


def test_an_approver_beyond_the_limit_comes_first() -> None:
    """Not before the step is due, not while it waits for its asker, not after the decision."""
    ruling = clock("ruling", None, "20 11:00", ended("24 09:00"))
    step = clock(
        "approval_step", None, "17 09:00", event("22 09:00", Happening.PAUSED, "returned"), event("23 09:00", Happening.RESUMED),
        ended("24 09:00"), subject="sign_off",
    )  # fmt: skip
    assert owners(CLOSE, ruling, step) == [
        (20, DESK), (21, "approver"), (22, DESK), (23, "approver"), (24, LEAD),
    ]  # fmt: skip


def test_an_approver_of_a_unit_is_that_unit() -> None:
    """A unit's head answers for the unit."""
    assert owners(CLOSE, clock("approval_step", LEAD, "16 09:00", subject="sign_off"), until="20 18:00") == [(20, LEAD)]


def test_a_decision_that_went_up_undecided_is_late_from_its_first_day() -> None:
    """The higher approver has a limit anew, the case has none."""
    below = clock(
        "approval_step", LEAD, "16 09:00", event("20 08:30", Happening.STEP, step="expire"), ended("20 08:30", "superseded"),
        subject="sign_off",
    )  # fmt: skip
    above = clock("approval_step", None, "20 08:30", days=3, subject="sign_off")
    other = clock("approval_step", None, "20 08:30", days=3, subject="suspension")
    assert owners(CLOSE, below, above, until="20 18:00") == [(20, "approver")]
    assert owners(CLOSE, below, other, until="20 18:00") == [(20, LEAD)]


def test_days_on_which_the_clock_stood_still_are_nobodys() -> None:
    """By the closing minute: the day of the pause is, the day of the resumption is not."""
    close = clock("close", LEAD, "16 10:00", event("21 11:00", Happening.PAUSED), event("23 11:00", Happening.RESUMED))
    assert owners(close) == [(20, LEAD), (23, LEAD), (24, LEAD)]


def test_whoever_led_that_day_has_it() -> None:
    """A reassigned case leaves the former lead's days with it."""
    close = clock("close", LEAD, "16 10:00", event("21 11:00", Happening.PASSED_ON, ROADS))
    assert owners(close) == [(20, LEAD), (21, ROADS), (22, ROADS), (23, ROADS), (24, ROADS)]


def test_the_last_day_is_judged_before_what_ended_it() -> None:
    """Signing the reply ends the supporter's clock too: the day was the supporter's all the same."""
    close = clock("close", LEAD, "16 10:00", ended("22 10:00"))
    roads = clock("answer", ROADS, "16 09:00", ended("22 10:00", "superseded"), subject=ROADS)
    assert owners(close, roads) == [(20, ROADS), (21, ROADS), (22, ROADS)]


def test_each_round_has_its_own_closing_clock() -> None:
    """A redo's days follow those of the first round; in between nothing is overdue."""
    first = clock("close", LEAD, "16 10:00", ended("20 10:00"))
    redo = clock("close", LEAD, "21 10:00")
    assert owners(first, redo) == [(20, LEAD), (23, LEAD), (24, LEAD)]


def test_why_says_the_reason_in_both_languages() -> None:
    """A figure that blames somebody says for what."""
    [day] = attribute([CLOSE, clock("answer", ROADS, "16 09:00", subject=ROADS)], DESK, CALENDAR, at("20 18:00"))
    assert (day.why.zh, day.why.en) == ("配合单位逾期未答复", "a supporter's answer is overdue")


# -- any histories ---------------------------------------------------------------------------------------------------------

KINDS = ("answer", "approval_step", "ruling", "consultation", "answer")


@st.composite
def histories(draw: st.DrawFn) -> list[ClockHistory]:
    """A closing clock with a pause or none, and others that come and go."""
    base = at("16 10:00")

    def moment(last: int = 60 * 24) -> datetime:
        return base + timedelta(hours=draw(st.integers(0, last)))

    begun, length = moment(200), draw(st.integers(0, 300))
    pause = (
        Moment(begun, Happening.PAUSED),
        Moment(begun + timedelta(hours=length), Happening.RESUMED),
    )
    found = [
        ClockHistory(
            "close", "", LEAD, (Moment(base, Happening.STARTED, DAYS), *(pause if draw(st.booleans()) else ()))
        )
    ]
    for number in range(draw(st.integers(0, 5))):
        start = moment(400)
        end = Moment(start + timedelta(hours=draw(st.integers(0, 300))), Happening.ENDED, reason="met")
        first = Moment(start, Happening.STARTED, DAYS)
        owner = draw(st.sampled_from([ROADS, PLANNING, LEAD]))
        found.append(ClockHistory(draw(st.sampled_from(KINDS)), f"{number}", owner, (first, end)))
    return found


@given(histories(), st.integers(0, 60 * 24))
def test_every_overdue_day_has_one_owner(given_: list[ClockHistory], hours: int) -> None:
    """As many days as the notices count, less those that stood still at closing; each working day once."""
    until = at("16 10:00") + timedelta(hours=hours)
    found: tuple[OverdueDay, ...] = attribute(given_, DESK, CALENDAR, until)
    close = given_[0].moments
    stood = [(a.at, b.at) for a, b in zip(close[1::2], close[2::2], strict=False)]
    told = due_at_pause([moment for moment in close if moment.at <= until], CALENDAR)
    assert told is not None
    due = told.at
    late = [
        day
        for n in range(1, overdue_days(due, until, OFFICE) + 1)
        for day in [OFFICE.working_day_offset(OFFICE.local(due).date(), n)]
        if not any(a <= min(OFFICE.closing(day), until) < b for a, b in stood)
    ]
    assert [one.day for one in found] == late
    assert max(Counter(one.day for one in found).values(), default=1) == 1
    assert {one.owner for one in found} <= {LEAD, ROADS, PLANNING, DESK}
