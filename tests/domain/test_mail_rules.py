"""What a mail may wait for, what goes in one mail, and how much may go: tables of moments and of rows."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

import notifications.messages  # noqa: F401 - importing them fills the registry
from domain.day_table import Day
from domain.mail_rules import LATE, MailRules, QuietHours, Rates, Urgency, Waiting, left, together
from domain.policy import Session
from domain.working_time import WorkingTime
from notifications.message import Message

ZONE = ZoneInfo("Asia/Shanghai")
SESSIONS = (Session(time(9), time(12)), Session(time(13, 30), time(17)))
HOLIDAYS = {date(2026, 10, day) for day in range(1, 8)}
MADE_UP = {date(2026, 10, 10)}
RULES = MailRules((1, 5), "desk@example.org", "operator@example.org", 180)


def works(day: date) -> bool:
    """Mondays to Fridays but for the October holiday, and its make-up Saturday."""
    return day in MADE_UP or (day.weekday() < 5 and day not in HOLIDAYS)


FIRST = date(2026, 7, 1)
DAYS = [FIRST + timedelta(days=n) for n in range(150)]
CALENDAR = WorkingTime([Day(day, SESSIONS if works(day) else (), True) for day in DAYS], ZONE)


def local(said: str) -> datetime:
    """A moment of the office."""
    return datetime.fromisoformat(said).replace(tzinfo=ZONE).astimezone(UTC)


@pytest.mark.parametrize(
    ("owed", "goes"),
    [
        ("2026-07-16 09:00", "2026-07-16 09:00"),
        ("2026-07-16 19:59", "2026-07-16 19:59"),
        ("2026-07-16 20:00", "2026-07-17 07:30"),
        ("2026-07-17 00:00", "2026-07-17 07:30"),
        ("2026-07-17 07:29", "2026-07-17 07:30"),
        ("2026-07-17 07:30", "2026-07-17 07:30"),
        ("2026-07-17 20:00", "2026-07-20 07:30"),
        ("2026-07-18 12:00", "2026-07-20 07:30"),
        ("2026-07-20 03:00", "2026-07-20 07:30"),
        ("2026-09-30 21:00", "2026-10-08 07:30"),
        ("2026-10-10 10:00", "2026-10-10 10:00"),
        ("2026-10-10 20:00", "2026-10-12 07:30"),
    ],
)
def test_an_ordinary_mail_goes_when_its_reader_works(owed: str, goes: str) -> None:
    """Nights, week-ends and holidays wait for the next morning of a working day; a make-up Saturday is one."""
    assert QuietHours().opening(local(owed), CALENDAR) == local(goes)


def test_hours_may_lie_within_a_day_and_free_days_may_count() -> None:
    """A lunch hour; and an office that reads mail on Sundays."""
    lunch = QuietHours(time(12), time(13, 30), free_days=False)
    assert lunch.opening(local("2026-07-19 12:15"), CALENDAR) == local("2026-07-19 13:30")
    assert not lunch.covers(local("2026-07-19 23:00"), CALENDAR)


def test_beyond_the_calendar_only_the_hours_count() -> None:
    """A day that the table does not know holds nothing up; nor does a calendar without an end of free days, for ever."""
    at = local("2027-05-01 12:00")
    assert QuietHours().opening(at, CALENDAR) == at
    nobody = WorkingTime([Day(day, SESSIONS if day == FIRST else (), True) for day in DAYS], ZONE)
    assert (
        local("2026-07-03 12:00") < QuietHours().opening(local("2026-07-03 12:00"), nobody) <= local("2026-09-02 12:00")
    )


@given(some.integers(0, 120 * 24 * 60))
def test_what_waits_goes_at_an_open_moment_and_no_later_than_need_be(minutes: int) -> None:
    """Never before it is owed, never within quiet time; and it is open since then."""
    at = local("2026-07-02 00:00") + timedelta(minutes=minutes)
    goes = QuietHours().opening(at, CALENDAR)
    assert goes >= at
    assert not QuietHours().covers(goes, CALENDAR)
    if goes > at:
        assert QuietHours().covers(goes - timedelta(minutes=1), CALENDAR)
        assert QuietHours().opened(goes, CALENDAR) == goes
    assert at - timedelta(days=12) < QuietHours().opened(goes, CALENDAR) <= goes


URGENT, PROMPT, ORDINARY = Urgency.URGENT, Urgency.PROMPT, Urgency.ORDINARY


@pytest.mark.parametrize(
    ("waiting", "mails"),
    [
        ([], ()),
        ([(1, ORDINARY)], ((1,),)),
        ([(1, ORDINARY), (2, ORDINARY), (3, ORDINARY)], ((1, 2, 3),)),
        ([(1, ORDINARY), (2, URGENT), (3, ORDINARY)], ((2,), (1, 3))),
        ([(1, URGENT), (2, URGENT), (3, URGENT)], ((1,), (2,), (3,))),
        ([(1, ORDINARY), (2, URGENT), (3, URGENT), (4, URGENT), (5, URGENT)], ((2, 3, 4, 5, 1),)),
        ([(1, PROMPT), (2, PROMPT), (3, ORDINARY), (4, ORDINARY)], ((1,), (2,), (3, 4))),
    ],
)
def test_what_goes_in_one_mail(waiting: list[tuple[int, Urgency]], mails: tuple[tuple[int, ...], ...]) -> None:
    """Ordinary ones together, up to three urgent ones each alone, more than three all in one with the urgent ones first;
    what somebody has just asked for always alone.
    """
    assert together([Waiting(i, urgency) for i, urgency in waiting], RULES) == mails


def test_late_urgent_mails_and_invitations() -> None:
    """What a sweep after an outage wrote goes together though it is red; an invitation goes by itself; None bundles nothing."""
    waiting = [
        Waiting(1, URGENT, late=True),
        Waiting(2, ORDINARY),
        Waiting(3, ORDINARY, single=True),
        Waiting(4, URGENT),
    ]
    assert together(waiting, RULES) == ((1, 2), (4,), (3,))
    alone = MailRules((1,), "a@example.org", "b@example.org", 1, bundle_minutes=None)
    assert together(waiting, alone) == ((1,), (4,), (2,), (3,))


@given(
    some.lists(
        some.builds(Waiting, some.integers(1, 10**6), some.sampled_from(Urgency), some.booleans(), some.booleans()),
        unique_by=lambda one: one.id,
        max_size=30,
    ),
    some.integers(0, 5),
)
def test_everything_goes_once(waiting: list[Waiting], alone: int) -> None:
    """Whatever waits: each row is in exactly one mail, and of shared mails there is one at most."""
    rules = MailRules((1,), "a@example.org", "b@example.org", 1, urgent_alone=alone)
    mails = together(waiting, rules)
    assert sorted(i for mail in mails for i in mail) == sorted(one.id for one in waiting)
    assert sum(len(mail) > 1 for mail in mails) <= 1


NOW = local("2026-07-16 10:00")


def ago(*seconds: float) -> list[datetime]:
    """Moments so long before now."""
    return [NOW - timedelta(seconds=s) for s in seconds]


@pytest.mark.parametrize(
    ("rates", "sent", "free", "again"),
    [
        (Rates(None, None, None), [1.0] * 5000, None, None),
        (Rates(2, 10, 100), [], 2, None),
        (Rates(2, 10, 100), [10, 59], 0, 1),
        (Rates(2, 10, 100), [10, 60], 1, None),
        (Rates(2, 3, 100), [10, 1800, 3000], 0, 600),
        (Rates(2, 3, 100), [10, 20, 3000], 0, 600),
        (Rates(None, None, 2), [10, 80_000], 0, 6_400),
        (Rates(2, 10, 100), [-7200, -3600], 0, 60),
    ],
)
def test_rates_hold_over_any_minute_hour_and_day(
    rates: Rates, sent: list[float], free: int | None, again: float | None
) -> None:
    """So many may go still; when none may, the moment from which on one may. A clock that was set back opens nothing."""
    assert left(ago(*sent), rates, NOW) == (free, None if again is None else NOW + timedelta(seconds=again))


def test_what_each_message_may_wait_for() -> None:
    """By hand: what passes at any hour is a receipt, an answer to what somebody has just asked for, or has its own hour; a new
    message waits for office hours unless it stands here.
    """
    assert timedelta(minutes=10) < LATE < timedelta(days=1)
    prompt = {name for name, kind in Message.registry.items() if kind.urgency is not Urgency.ORDINARY}
    assert prompt == {
        "report_received", "confirm_report", "case_opened", "new_link", "calendar_link", "morning_digest", "head_digest",
        "watchdog_found", "watchdog_over", "step_failed", "bundle", "mail_refused",
    }  # fmt: skip
    single = {name for name, kind in Message.registry.items() if kind.single}
    assert single == {
        "called_to_consultation",
        "consultation_cancelled",
        "consultation_concluded",
        "consultation_moved",
    }
