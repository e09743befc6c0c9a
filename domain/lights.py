"""The light of a case: computed, never typed (DOMAIN.md 1.8 and 1.9)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from domain.lifecycle import Status
from domain.policy import Colour, Label, Policy
from domain.working_time import WorkingTime


class Light(StrEnum):
    """What the board shows; always with a word and a shape beside the colour."""

    GREEN = "green"
    BLUE = "blue"
    YELLOW = "yellow"
    RED = "red"
    GREY = "grey"
    CLOSED = "closed"


LIGHT_LABELS: dict[Light, Label] = {
    Light.GREEN: Label("绿灯", "Green"),
    Light.BLUE: Label("蓝灯·临期", "Blue · due soon"),
    Light.YELLOW: Label("黄灯·逾期", "Yellow · overdue"),
    Light.RED: Label("红灯·严重逾期", "Red · long overdue"),
    Light.GREY: Label("灰灯·挂起", "Grey · suspended"),
    Light.CLOSED: Label("已办结", "Closed"),
}


def light_of(status: Status, due: datetime | None, now: datetime, policy: Policy, time: WorkingTime) -> Light:
    """The light by the closing date: days left and overdue are counted by date, as on the office's paper lists."""
    if status is Status.CLOSED:
        return Light.CLOSED
    if status is Status.SUSPENDED:
        return Light.GREY
    if due is None or status is Status.REPLIED:
        return Light.GREEN
    late = time.working_days_between(due, now)
    if now > due:
        if late >= policy.notices[Colour.RED].days:
            return Light.RED
        return Light.YELLOW if late >= policy.notices[Colour.YELLOW].days else Light.BLUE
    return Light.BLUE if -late <= -policy.notices[Colour.BLUE].days else Light.GREEN
