"""Nodes in the database: reading them with their clocks, starting and ending the clocks, and what was recorded of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain import milestones as rules
from domain.clocks import Clock, ClockState
from domain.policy import Policy
from domain.working_time import WorkingTime
from models import clock as clock_tables
from models.milestone import HeatStop, Milestone, MilestoneEntry
from services.case_files import read_clock
from services.casebook_write import update_clocks, write_moments, write_new_clocks

REACHED, REPLANNED = "actual", "change"


@dataclass(frozen=True, slots=True)
class Desk:
    """What recording goes by, within one transaction. `channel` says where it came from."""

    session: Session
    policy: Policy
    time: WorkingTime
    now: datetime
    channel: str

    @property
    def today(self) -> date:
        """Today, by the office's clock."""
        return self.time.local(self.now).date()


def nodes_of(session: Session, project_ids: Sequence[str]) -> list[Milestone]:
    """The nodes of projects, held until the transaction ends; always in the order of their ids."""
    query = select(Milestone).where(Milestone.project_id.in_(project_ids)).order_by(Milestone.id)
    return list(session.scalars(query.with_for_update().execution_options(populate_existing=True)))


def open_clocks(session: Session, node_ids: Sequence[int]) -> dict[int, Clock]:
    """The running clock of each node that has one."""
    c = clock_tables.Clock
    rows = session.scalars(
        select(c)
        .where(c.milestone_id.in_(node_ids), c.state == ClockState.RUNNING, c.kind == rules.KIND)
        .order_by(c.id)
    )
    return {row.milestone_id: read_clock(row) for row in rows if row.milestone_id is not None}


def start_clock(desk: Desk, node: Milestone, at: datetime | None = None) -> None:
    """Start the clock of a node that is planned and not reached; heat-stop days that were told already are taken off."""
    clock = rules.start(node.node, node.plan, node.cycle, at or desk.now, desk.policy, desk.time, node.forecast)
    days = desk.session.scalars(
        select(HeatStop.day)
        .where(HeatStop.project_id == node.project_id, HeatStop.taken_back_at.is_(None))
        .order_by(HeatStop.day)
    ).all()
    node.excused = 0
    for day in days:
        if rules.counts_for(clock.started, day, desk.time.zone):
            rules.excuse(clock, day, desk.policy, desk.time, node.forecast)
            node.excused += 1
    desk.session.flush()
    write_new_clocks(desk.session, [(clock, {"milestone_id": node.id})])
    write_moments(desk.session, [clock], desk.time.version)


def end_clock(desk: Desk, node: Milestone, reason: str) -> None:
    """End the clock of a node that was reached, or planned anew."""
    for clock in open_clocks(desk.session, [node.id]).values():
        rules.end(clock, desk.now, reason)
        keep(desk, [clock])


def keep(desk: Desk, clocks: Sequence[Clock]) -> None:
    """Write what has changed of clocks."""
    update_clocks(desk.session, clocks)
    write_moments(desk.session, clocks, desk.time.version)


def enter(desk: Desk, node: Milestone, what: str, day: date | None, note: str = "") -> None:
    """Add a line to what was recorded of a node."""
    desk.session.add(
        MilestoneEntry(milestone_id=node.id, at=desk.now, what=what, day=day, channel=desk.channel, note=note)
    )
    desk.session.flush()
