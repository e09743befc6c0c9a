"""When a clock issues which colour, and when the ladder is climbed (LIFECYCLE.md, Clocks; DOMAIN.md 1.8)."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as midnight
from functools import lru_cache

from domain.clocks import Clock, Expiry
from domain.lifecycle import Status
from domain.policy import Colour, Limit, Policy, Unit
from domain.working_time import WorkingTime

EXPIRE = "expire"
"""The step at which a clock acts by itself."""

REMINDERS = ("reminder_1", "reminder_2")
"""The steps at which a clock reminds its owner: half way, and shortly before it is due."""

TOP_RUNG = 7


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that a clock does at a moment: a colour, a reminder, or `EXPIRE`."""

    name: str
    at: datetime


_LASTS = frozenset({None, Expiry.FOLLOW_UP, Expiry.COUNT_AS_RECEIVED, Expiry.APPROVAL, Expiry.CLIMB})
"""Expiries after which the clock still asks for something."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a clock's steps depend on beside the clock itself.

    `status` is the case's, None for a clock without a case. `falls_due` lets a clock without an expiry act at its due moment.
    `forecast` is the day on which a node of a plan is expected.
    """

    status: Status | None = None
    falls_due: bool = False
    forecast: date | None = None


ALONE = Setting()


_NONE: frozenset[str] = frozenset()

_RANK = {Colour.BLUE.value: 0, Colour.YELLOW.value: 1, Colour.RED.value: 2}

# Of what comes at one moment, colours and reminders come first, the clock's own acting last.
_TURN = {**_RANK, REMINDERS[0]: 0, REMINDERS[1]: 1, EXPIRE: 3}


def steps(
    clock: Clock, policy: Policy, time: WorkingTime, setting: Setting = ALONE, past: Set[str] = _NONE
) -> list[Step]:
    """The steps of a clock in the order of their moments, but those in `past`; none while it has no due moment.

    A clock whose expiry ends it issues its late colours with the expiry, since afterwards there is nothing to be late.
    """
    due = clock.due
    if due is None:
        return []
    found: list[Step] = []
    row = clock.row
    for colour in row.colours:
        if colour in past:
            continue
        rule = policy.notices[colour]
        if rule.by_hand or (colour is Colour.RED and row.red_in is not None and setting.status not in row.red_in):
            continue
        at = (
            slip_moment(due, colour, policy, time, setting.forecast)
            if row.by_slip
            else _notice_moment(clock, due, rule.days, time)
        )
        if at is None:
            continue
        if rule.days > 0 and row.expiry not in _LASTS:
            at = due
        # A blue that lies before the start would be late before it is due: it is due at once.
        found.append(Step(colour.value, max(at, clock.started)))
    if row.reminds:
        found += [s for s in _reminders(clock, due, policy, time) if s.name not in past]
    if (row.expiry is not None or setting.falls_due) and EXPIRE not in past:
        found.append(Step(EXPIRE, max(due, clock.started)))
    return sorted(found, key=lambda step: (step.at, _TURN[step.name]))


@lru_cache(maxsize=4_000)
def _steps_alike(
    kind: str,
    started: datetime,
    limit: Limit | None,
    due: datetime,
    done: frozenset[str],
    policy: Policy,
    time: WorkingTime,
    setting: Setting,
) -> tuple[Step, ...]:
    """What `outstanding` says of every clock that is alike: what starts and ends with a day's office hours shares the answer."""
    clock = Clock(kind, None, "", started, limit, due, due, False, 1, 1)
    highest = max((_RANK[name] for name in done if name in _RANK), default=-1)
    past = done | {name for name, rank in _RANK.items() if rank <= highest}
    return tuple(steps(clock, policy, time, setting, past))


def slip_moment(
    due: datetime, colour: Colour, policy: Policy, time: WorkingTime, forecast: date | None = None
) -> datetime:
    """The midnight at which a node is more calendar days late than the colour's rule allows.

    A node that is late enough for yellow has the colour of its light: red at once where its forecast is red.
    """
    rules, until = policy.milestones, due.astimezone(time.zone).date()
    foreseen = forecast is not None and (forecast - until).days > rules.red.over
    rule = rules.red if colour is Colour.RED and not foreseen else rules.yellow
    late = until + timedelta(days=rule.over + 1)
    return datetime.combine(late, midnight(), time.zone).astimezone(UTC)


def _reminders(clock: Clock, due: datetime, policy: Policy, time: WorkingTime) -> list[Step]:
    half = time.add_minutes(clock.started, time.working_minutes(clock.started, due) // 2)
    moments = (half, max(half, _notice_moment(clock, due, policy.notices[Colour.BLUE].days, time) or half))
    return [Step(name, max(at, clock.started)) for name, at in zip(REMINDERS, moments, strict=True)]


def _notice_moment(clock: Clock, due: datetime, days: int, time: WorkingTime) -> datetime | None:
    if days > 0:
        # After the due day neither the start nor the length counts: all that falls due on a day shares the answer.
        return _reckoned(time, due, due, _ANY_LENGTH, days)
    # A clock that was given a date is as long as the working days up to it.
    limit = clock.limit or Limit(max(1, time.working_days_between(clock.started, due)), Unit.WORKING_DAYS)
    return _reckoned(time, clock.started, due, limit, days)


_ANY_LENGTH = Limit(1, Unit.WORKING_DAYS)


@lru_cache(maxsize=10_000)
def _reckoned(time: WorkingTime, start: datetime, due: datetime, limit: Limit, days: int) -> datetime | None:
    return time.notice_moment(start, due, limit, days)


def outstanding(clock: Clock, policy: Policy, time: WorkingTime, setting: Setting = ALONE) -> Sequence[Step]:
    """The steps that a clock may still take: none twice, and no colour below one that was issued."""
    if clock.due is None:
        return ()
    return _steps_alike(clock.kind, clock.started, clock.limit, clock.due, clock.done, policy, time, setting)


def plan_next(clock: Clock, policy: Policy, time: WorkingTime, setting: Setting = ALONE) -> None:
    """Set `next_step` and `next_action_at` to the first step still to take; None when nothing is left."""
    clock.next_step, clock.next_action_at = None, None
    if not clock.open or clock.paused_at is not None:
        return
    for step in outstanding(clock, policy, time, setting):
        clock.next_step, clock.next_action_at = step.name, step.at
        return


def due_steps(
    clock: Clock, now: datetime, policy: Policy, time: WorkingTime, setting: Setting = ALONE
) -> tuple[list[str], list[str]]:
    """(steps to take now, steps to record as skipped): of several colours due, only the highest is issued.

    After an outage only the highest colour due is issued (LIFECYCLE.md); an expiry is taken beside it.
    """
    ready = [s.name for s in outstanding(clock, policy, time, setting) if s.at <= now]
    colours = [name for name in ready if name != EXPIRE]
    take = colours[-1:] + [name for name in ready if name == EXPIRE]
    return take, colours[:-1]


def overdue_days(due: datetime | None, now: datetime, time: WorkingTime) -> int:
    """Working days by which `due` has passed, by date; 0 when it has not."""
    if due is None or now <= due:
        return 0
    return _days_late(due, now, time)


@lru_cache(maxsize=4_000)
def _days_late(due: datetime, now: datetime, time: WorkingTime) -> int:
    return max(0, time.working_days_between(due, now))
