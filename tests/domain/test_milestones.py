"""Slips and lights of nodes, and properties of their clocks: what a heat-stop day takes off, and what it never does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import milestones as rules
from domain.clocks import Clock, ClockState, Moment, always, due_at_pause, replay
from domain.ladder import slip_moment
from domain.lights import Light
from domain.plan_rules import PlanRules
from domain.policy import Colour, Policy, Session
from domain.working_time import Day, WorkingTime
from services.policy_file import load_policy
from services.seed import DEMO

POLICY = replace(load_policy(DEMO / "policy.yaml"), milestones=PlanRules())
ZONES = [ZoneInfo(name) for name in ("Asia/Shanghai", "Europe/Berlin", "America/St_Johns", "UTC")]
PLAN = date(2026, 7, 20)


@pytest.mark.parametrize(
    ("excused", "forecast", "actual", "today", "slip", "expected", "light"),
    [
        (0, None, None, date(2026, 7, 20), 0, False, Light.GREEN),
        (0, None, None, date(2026, 7, 27), 7, False, Light.GREEN),
        (0, None, None, date(2026, 7, 28), 8, False, Light.YELLOW),
        (0, None, None, date(2026, 8, 19), 30, False, Light.YELLOW),
        (0, None, None, date(2026, 8, 20), 31, False, Light.RED),
        (1, None, None, date(2026, 7, 28), 7, False, Light.GREEN),
        (1, None, None, date(2026, 8, 20), 30, False, Light.YELLOW),
        # The forecast says it before it comes.
        (0, date(2026, 7, 28), None, date(2026, 7, 1), 8, True, Light.YELLOW),
        (0, date(2026, 8, 20), None, date(2026, 7, 1), 31, True, Light.RED),
        (1, date(2026, 7, 28), None, date(2026, 7, 1), 7, True, Light.GREEN),
        (0, date(2026, 7, 15), None, date(2026, 7, 1), -5, False, Light.GREEN),
        # A forecast that has passed says less than the day it is.
        (0, date(2026, 7, 22), None, date(2026, 7, 30), 10, False, Light.YELLOW),
        # What was reached stands by its day.
        (0, None, date(2026, 7, 28), date(2027, 1, 1), 8, False, Light.YELLOW),
        (2, None, date(2026, 7, 28), date(2027, 1, 1), 6, False, Light.GREEN),
        (3, None, date(2026, 7, 22), date(2027, 1, 1), 0, False, Light.GREEN),
        (3, None, date(2026, 7, 18), date(2027, 1, 1), -2, False, Light.GREEN),
    ],
)
def test_a_node_stands_by_its_days(
    excused: int, forecast: date | None, actual: date | None, today: date, slip: int, expected: bool, light: Light
) -> None:
    """Up to seven calendar days late is green, up to thirty yellow, more red; heat-stop days are taken off."""
    found = rules.standing(PLAN, excused, forecast, actual, today, POLICY.milestones)
    assert found == rules.Standing(slip, expected, light)


@pytest.mark.parametrize(
    ("gap", "light"),
    [(None, None), (5.0, "green"), (-10.0, "green"), (-10.1, "yellow"), (-30.0, "yellow"), (-30.1, "red")],
)
def test_investment_is_measured_in_points_behind_the_years_plan(gap: float | None, light: str | None) -> None:
    """More than ten points behind are yellow, more than thirty red."""
    assert rules.investment_light(gap, POLICY.milestones) == (Light(light) if light else None)


@pytest.mark.parametrize(
    ("plan", "actual", "today", "light"),
    [
        (None, None, "2026-07-16", None),
        ("2026-06-30", None, "2026-06-30", "green"),
        ("2026-06-03", None, "2026-06-30", "green"),
        ("2026-06-30", None, "2026-07-01", "yellow"),
        ("2026-06-30", None, "2026-09-30", "yellow"),
        ("2026-06-30", None, "2026-10-01", "red"),
        ("2026-11-30", None, "2027-02-28", "yellow"),
        ("2026-11-30", None, "2027-03-01", "red"),
        ("2026-06-30", "2026-12-31", "2027-03-01", "green"),
    ],
)
def test_a_start_is_late_after_its_month_and_red_after_three(
    plan: str | None, actual: str | None, today: str, light: str | None
) -> None:
    """Not started in the planned month is yellow, three months after the planned day red."""
    said = [date.fromisoformat(day) if day else None for day in (plan, actual)]
    found = rules.start_light(said[0], said[1], date.fromisoformat(today), POLICY.milestones)
    assert found == (Light(light) if light else None)


def test_the_worst_light_is_the_projects() -> None:
    """What is not known makes nothing better or worse."""
    assert rules.worst((Light.GREEN, None, Light.YELLOW)) is Light.YELLOW
    assert rules.worst((Light.RED, Light.YELLOW, Light.GREEN)) is Light.RED
    assert rules.worst((None, None)) is None


def _time(zone: ZoneInfo) -> WorkingTime:
    first = date(2026, 1, 1)
    return WorkingTime(
        [Day(first + timedelta(days=n), (Session(time(9), time(17)),), announced=True) for n in range(365)], zone
    )


TIMES = {zone: _time(zone) for zone in ZONES}


@st.composite
def histories(draw: st.DrawFn) -> tuple[Clock, list[Moment], list[date], WorkingTime, Policy]:
    """A node's clock, planned for a day within or beyond the calendar, with heat-stop days told in any order."""
    office_time = TIMES[draw(st.sampled_from(ZONES))]
    plan = date(2026, 2, 1) + timedelta(days=draw(st.integers(0, 900)))
    made = datetime.combine(date(2026, 2, 1), time(9), office_time.zone).astimezone(UTC)
    clock = rules.start("structure", plan, 1, made, POLICY, office_time)
    days = draw(st.lists(st.dates(date(2026, 2, 1), date(2026, 12, 30)), unique=True, max_size=12))
    for day in days:
        rules.excuse(clock, day, POLICY, office_time)
    return clock, list(clock.moments), days, office_time, POLICY


@given(histories())
def test_a_heat_stop_never_makes_a_notice_come_sooner(
    told: tuple[Clock, list[Moment], list[date], WorkingTime, Policy],
) -> None:
    """Each day that is told moves yellow and red by one calendar day, in whatever order and whenever it is told."""
    clock, _, days, office_time, policy = told
    assert clock.due is not None
    assert clock.original_due is not None
    for colour, over in ((Colour.YELLOW, 7), (Colour.RED, 30)):
        before = slip_moment(clock.original_due, colour, policy, office_time)
        after = slip_moment(clock.due, colour, policy, office_time)
        local = [at.astimezone(office_time.zone) for at in (before, after)]
        assert (local[1].date() - local[0].date()).days == len(days)
        assert after >= before
        planned = clock.original_due.astimezone(office_time.zone).date()
        assert local[0].date() == planned + timedelta(days=over + 1)
        assert (local[0].hour, local[0].minute) == (0, 0)


@given(histories())
def test_the_events_of_a_node_give_what_is_stored(
    told: tuple[Clock, list[Moment], list[date], WorkingTime, Policy],
) -> None:
    """Replaying a node's events gives its due day, at the last second of a day, also beyond the calendar."""
    clock, moments, days, office_time, _ = told
    due = replay(moments, always(office_time))
    assert due is not None
    assert due.at == clock.due
    assert due_at_pause(moments, always(office_time)) == due
    assert clock.original_due is not None
    ends = [at.astimezone(office_time.zone) for at in (clock.original_due, due.at)]
    assert (ends[1].date() - ends[0].date()).days == len(days)
    assert ends[1].time() == time(23, 59, 59)


def test_a_node_that_ended_plans_nothing() -> None:
    """Reached or planned anew, its clock is met and acts no more."""
    office_time = TIMES[ZONES[0]]
    clock = rules.start("structure", PLAN, 1, datetime(2026, 7, 1, tzinfo=UTC), POLICY, office_time)
    assert (clock.state, clock.next_step) == (ClockState.RUNNING, "yellow")
    rules.end(clock, datetime(2026, 7, 2, tzinfo=UTC), "actual")
    assert not clock.open
    assert clock.next_action_at is None
