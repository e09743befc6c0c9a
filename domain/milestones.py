"""A project's nodes: their clocks, how far they slip, and the lights of a node and of the whole project (DOMAIN.md 3.2)."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.clocks import HEAT_STOP, Clock, ClockState, Happening, Moment, a_day_later
from domain.ladder import Setting, plan_next
from domain.lights import Light
from domain.plan_rules import PlanRules
from domain.policy import Label, Policy
from domain.working_time import Due, WorkingTime

KIND = "milestone"
TAKEN_BACK = "heat_stop_back:"
"""How the reason of a clock's event begins that takes a heat-stop day back; the day follows."""

PLAN_STEPS: dict[str, Label] = {
    "plan": Label("计划时间", "Planned day"),
    "forecast": Label("预计时间", "Expected day"),
    "actual": Label("实际完成", "Reached"),
    "change": Label("申请调整计划时间", "Ask for another planned day"),
    "heat_stop": Label("高温停工日", "Heat-stop day"),
    "heat_stop_back": Label("撤销高温停工日", "Take a heat-stop day back"),
    "held_up": Label("登记影响节点的事项", "Name a case that holds the node up"),
    "freed": Label("解除影响节点的事项", "The case does not hold the node up any more"),
}
"""What `set-milestone` records."""

_WORSE = (Light.GREEN, Light.YELLOW, Light.RED)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a node stands on a day: calendar days of slip (below zero: early) and the light that they give.

    `expected` says that the forecast gives the slip: the node is not late yet.
    """

    slip: int
    expected: bool
    light: Light


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """The last second of a day on the office's wall clock, in UTC."""
    return datetime.combine(day, time(23, 59, 59), zone).astimezone(UTC)


def begin_of(day: date, zone: ZoneInfo) -> datetime:
    """Midnight before a day, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def light_by_slip(days: int, rules: PlanRules) -> Light:
    """Green up to yellow's limit, yellow up to red's, else red."""
    return Light.RED if days > rules.red.over else Light.YELLOW if days > rules.yellow.over else Light.GREEN


def standing(
    plan: date, excused: int, forecast: date | None, actual: date | None, today: date, rules: PlanRules
) -> Standing:
    """A node's slip and light. `plan` is the day that counts, `excused` the heat-stop days that are taken off."""
    until = plan + timedelta(days=excused)
    if actual is not None:
        # Excused days never turn a node that came in time into an early one.
        slip = (actual - until).days if actual > until else min(0, (actual - plan).days)
        return Standing(slip, False, light_by_slip(slip, rules))
    late = max(0, (today - until).days)
    if forecast is None:
        return Standing(late, False, light_by_slip(late, rules))
    expected = (forecast - until).days if forecast > until else min(0, (forecast - plan).days)
    slip = max(late, expected) if late else expected
    return Standing(slip, slip > late, light_by_slip(slip, rules))


def at_risk(
    plan: date, excused: int, forecast: date | None, actual: date | None, today: date, rules: PlanRules
) -> bool:
    """Whether a node that was not reached is at risk (DOMAIN.md 1.8): its day is near or has passed, or its forecast is red."""
    if actual is not None or rules.at_risk_days is None:
        return False
    until = plan + timedelta(days=excused)
    if (until - today).days <= rules.at_risk_days:
        return True
    return forecast is not None and light_by_slip((forecast - until).days, rules) is Light.RED


def investment_light(gap: float | None, rules: PlanRules) -> Light | None:
    """The light of the year's investment; `gap` in percentage points, below zero behind the plan. None where it is not known."""
    if gap is None:
        return None
    behind = -gap
    if behind > rules.investment.red:
        return Light.RED
    return Light.YELLOW if behind > rules.investment.yellow else Light.GREEN


def start_light(plan: date | None, actual: date | None, today: date, rules: PlanRules) -> Light | None:
    """The light of the start: not started in the planned month, or some months after the planned day. None without a plan."""
    if plan is None:
        return None
    if actual is not None:
        return Light.GREEN
    if today > months_after(plan, rules.start_red_months):
        return Light.RED
    last = plan.replace(day=monthrange(plan.year, plan.month)[1])
    return Light.YELLOW if today > last else Light.GREEN


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def worst(lights: Iterable[Light | None]) -> Light | None:
    """The worst of several lights; None where none is known."""
    known = [light for light in lights if light is not None]
    return max(known, key=_WORSE.index) if known else None


# -- the clock -----------------------------------------------------------------------------------------------------------


def start(
    node: str,
    plan: date,
    cycle: int,
    now: datetime,
    policy: Policy,
    office_time: WorkingTime,
    forecast: date | None = None,
) -> Clock:
    """The clock of a node that is planned for a day; it is due with the end of that day. `forecast` is when it is expected."""
    due = end_of(plan, office_time.zone)
    clock = Clock(
        KIND, None, node, now, None, due, due, False, 1, cycle, policy_version=policy.version, changed=True
    )  # fmt: skip
    clock.moments.append(Moment(now, Happening.STARTED, due=due))
    plan_next(clock, policy, office_time, Setting(forecast=forecast))
    return clock


def excuse(clock: Clock, day: date, policy: Policy, office_time: WorkingTime, forecast: date | None = None) -> None:
    """Take a heat-stop day off a running clock: it is due a calendar day later. Notices that went out stay."""
    if clock.due is None:
        raise ValueError("a milestone's clock without a date")
    zone = office_time.zone
    clock.moments.append(Moment(begin_of(day, zone), Happening.PAUSED, reason=HEAT_STOP))
    clock.moments.append(Moment(begin_of(day + timedelta(days=1), zone), Happening.RESUMED, reason=HEAT_STOP))
    clock.due = a_day_later(Due(clock.due, False), zone).at
    expect(clock, forecast, policy, office_time)


def unexcuse(
    clock: Clock, day: date, now: datetime, policy: Policy, office_time: WorkingTime, forecast: date | None = None
) -> None:
    """Let a heat-stop day count again that was taken off a running clock by mistake: it is due a calendar day earlier."""
    if clock.due is None:
        raise ValueError("a milestone's clock without a date")
    zone = office_time.zone
    clock.due = end_of(clock.due.astimezone(zone).date() - timedelta(days=1), zone)
    clock.moments.append(Moment(now, Happening.EXTENDED, due=clock.due, reason=f"{TAKEN_BACK}{day.isoformat()}"))
    expect(clock, forecast, policy, office_time)


def expect(clock: Clock, forecast: date | None, policy: Policy, office_time: WorkingTime) -> None:
    """Plan a running clock's next step by the day on which its node is expected; None where nobody has said."""
    clock.changed = True
    plan_next(clock, policy, office_time, Setting(forecast=forecast))


def excused_days(moments: Iterable[Moment], zone: ZoneInfo) -> list[date]:
    """The heat-stop days that are taken off a clock, by its history: those that were taken back count again."""
    days: list[date] = []
    for moment in moments:
        if moment.what is Happening.PAUSED:
            days.append(moment.at.astimezone(zone).date())
        elif moment.what is Happening.EXTENDED and moment.reason.startswith(TAKEN_BACK):
            days.remove(date.fromisoformat(moment.reason.removeprefix(TAKEN_BACK)))
    return days


def end(clock: Clock, now: datetime, reason: str) -> None:
    """End a node's clock: it was reached (`actual`), or planned anew by an approved change (`change`)."""
    clock.state, clock.ended_at = ClockState.MET, now
    clock.next_step = clock.next_action_at = None
    clock.changed = True
    clock.moments.append(Moment(now, Happening.ENDED, reason=reason))


def counts_for(clock_started: datetime, day: date, zone: ZoneInfo) -> bool:
    """Whether a heat-stop day is taken off a clock: not one that was over before the plan was made."""
    return end_of(day, zone) >= clock_started
