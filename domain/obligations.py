"""Who owes what on a case now: each part in it that asks somebody to act, for whom it is and until when.

A link is owed to whoever answers for one of these. When people, roles or substitutes change, comparing the answers before
and after says whose links end and who gets new ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.approvals import clock_of
from domain.case import Audience, Case
from domain.clocks import Clock, ClockState
from domain.effects_approval import approver_of
from domain.lifecycle import Party, Status
from domain.policy import Role

AT_WORK = frozenset({Status.IN_PROGRESS, Status.DISPUTED, Status.CONSULTATION, Status.SUSPENDED, Status.TRACKING})
"""Where the lead has the case in hand."""


@dataclass(frozen=True, slots=True)
class Obligation:
    """One part in a case: in which capacity, asked of whom, until when (None: no clock says so).

    `step` is the approval step's id where a decision is asked.
    """

    part: Party
    to: Audience
    unit: str | None
    due: datetime | None = None
    step: int | None = None


def obligations(case: Case) -> tuple[Obligation, ...]:
    """Everything that the case asks of somebody of the office or of a unit now, the lead first."""
    found = []
    running = [clock for clock in case.clocks if clock.open]
    if case.lead and (case.status in AT_WORK or case.open_clock("promised") is not None):
        due = _first([c for c in running if c.kind in ("close", "promised")]) or case.due
        found.append(_of_unit(Party.LEAD, case.lead, due))
    for unit in dict.fromkeys(
        (*case.supporters, *(c.owner_unit for c in running if c.kind == "duty" and c.owner_unit))
    ):
        owed = [c for c in running if c.kind in ("answer", "duty") and c.owner_unit == unit]
        # A part in the case is the capacity in which its duties are done too.
        if owed and unit != case.lead:
            found.append(_of_unit(Party.SUPPORTER if unit in case.supporters else Party.DUTY_UNIT, unit, _first(owed)))
    found += _decisions(case)
    return (*found, *_of_the_desk(case, running))


def _of_unit(part: Party, unit: str, due: datetime | None) -> Obligation:
    return Obligation(part, Audience(Role.LIAISON, unit), unit, due)


def _decisions(case: Case) -> list[Obligation]:
    found = []
    for approval in case.approvals:
        for step in approval.steps:
            if approval.state == "open" and step.state == "open":
                clock = clock_of(case, approval, step)
                due = clock.due if clock is not None and clock.state is ClockState.RUNNING else None
                found.append(Obligation(Party.APPROVER, approver_of(approval, step), step.unit, due, step.id))
    return found


def _of_the_desk(case: Case, running: list[Clock]) -> list[Obligation]:
    found = []
    for part, role in ((Party.CLERK, Role.CLERK), (Party.DESK_HEAD, Role.DESK_HEAD)):
        owed = [c for c in running if c.row.owner is part]
        if owed:
            # The follow-up is for somebody who did not handle the case.
            fresh = all(c.kind == "follow_up" for c in owed)
            found.append(Obligation(part, Audience(role, fresh=fresh), None, _first(owed)))
    return found


def _first(clocks: list[Clock]) -> datetime | None:
    return min((c.due for c in clocks if c.due is not None and c.state is ClockState.RUNNING), default=None)
