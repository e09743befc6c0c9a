"""Lights asked of the database: the days at which a light changes are computed once, the rest is comparing due moments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, and_, case, func, or_

from domain.lifecycle import Status
from domain.lights import Light
from domain.policy import Colour, Policy
from domain.working_time import WorkingTime
from models.case import Case

URGENCY = (Light.RED, Light.YELLOW, Light.BLUE, Light.GREEN, Light.GREY, Light.CLOSED)
"""The lights, the most urgent first."""

_COUNTED = Case.status.in_((Status.NEW, Status.IN_PROGRESS, Status.DISPUTED, Status.CONSULTATION, Status.TRACKING))
"""Where the closing date counts."""


@dataclass(frozen=True, slots=True)
class Edges:
    """Due before `red` is red, else before `yellow` yellow, else before `blue` blue, else green: `domain.lights` at one moment."""

    red: datetime
    yellow: datetime
    blue: datetime


def edges(now: datetime, policy: Policy, calendar: WorkingTime) -> Edges:
    """The moments between the lights at `now`. Raises OutsideCalendarError."""
    today = calendar.local(now).date()

    def overdue(days: int) -> datetime:
        # Overdue by n working days is what was due before the n-th last of them, today among them.
        if days <= 0:
            return now
        first = calendar.working_day_offset(today + timedelta(days=1), -days)
        return min(now, _begins(first, calendar))

    ahead = -policy.notices[Colour.BLUE].days
    blue = _begins(calendar.working_day_offset(today, ahead + 1), calendar) if ahead >= 0 else now
    return Edges(overdue(policy.notices[Colour.RED].days), overdue(policy.notices[Colour.YELLOW].days), max(now, blue))


def _begins(day: date, calendar: WorkingTime) -> datetime:
    return datetime.combine(day, time(), calendar.zone)


def light_is(light: Light, at: Edges) -> ColumnElement[bool]:
    """Whether a case shows that light; statuses are named, so that an index by status and due finds them."""
    due = Case.due
    match light:
        case Light.CLOSED:
            return Case.status == Status.CLOSED
        case Light.GREY:
            return Case.status == Status.SUSPENDED
        case Light.RED:
            return and_(_COUNTED, due < at.red)
        case Light.YELLOW:
            return and_(_COUNTED, due >= at.red, due < at.yellow)
        case Light.BLUE:
            return and_(_COUNTED, due >= max(at.red, at.yellow), due < at.blue)
        case Light.GREEN:
            return or_(Case.status == Status.REPLIED, and_(_COUNTED, or_(due.is_(None), due >= at.blue)))


def lights_of(status: str) -> tuple[Light, ...]:
    """The lights that a case with that status can show, in their order; all of them where it is no status."""
    match status:
        case Status.CLOSED:
            return (Light.CLOSED,)
        case Status.SUSPENDED:
            return (Light.GREY,)
        case Status.REPLIED:
            return (Light.GREEN,)
        case _ if status in set(Status):
            return (Light.RED, Light.YELLOW, Light.BLUE, Light.GREEN)
        case _:
            return URGENCY


def light_column(at: Edges) -> ColumnElement[str]:
    """The light of a case, as its code."""
    urgent = (Light.CLOSED, Light.GREY, Light.RED, Light.YELLOW, Light.BLUE)
    return case(*((light_is(light, at), light.value) for light in urgent), else_=Light.GREEN.value)


def not_restricted() -> ColumnElement[bool]:
    """What boards and lists show: restricted cases are on a list of their own, for the desk alone."""
    return Case.restricted.is_(False)


def open_to_all(case_row: type[Case] = Case) -> ColumnElement[bool]:
    """The same, said so that no index by `restricted` is taken: nearly all cases are in it, and would be sorted for a page of fifty."""
    return func.coalesce(case_row.restricted, False).is_(False)
