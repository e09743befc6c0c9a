"""Verifying plans: planned days against the changes that were approved, heat-stop days against the clocks."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.clocks import ClockState
from domain.milestones import KIND
from models.clock import Clock
from models.milestone import ChangeState, Milestone, MilestoneChange
from services.audit_findings import Findings


def verify_plans(session: Session, found: Findings) -> None:
    """Each node's planned day is its original one, moved by approved changes alone; a running clock stands for it."""
    changes: dict[int, list[MilestoneChange]] = defaultdict(list)
    c = MilestoneChange
    for change in session.scalars(
        select(c).where(c.state == ChangeState.APPROVED).order_by(c.milestone_id, c.decided_at)
    ):
        changes[change.milestone_id].append(change)
    running = dict(
        session.execute(
            select(Clock.milestone_id, func.count())
            .where(Clock.milestone_id.is_not(None), Clock.kind == KIND, Clock.state == ClockState.RUNNING)
            .group_by(Clock.milestone_id)
        )
        .tuples()
        .all()
    )
    for node in session.scalars(select(Milestone).order_by(Milestone.id)):
        code, day = f"{node.project_id} {node.node}", node.original_plan
        for change in changes[node.id]:
            if change.from_day != day:
                found.clock(code, "milestone", f"was moved from {change.from_day}, and stood at {day}")
            day = change.to_day
        if day != node.plan:
            found.clock(code, "milestone", f"is planned for {node.plan}; its approved changes give {day}")
        if running.get(node.id, 0) != (node.actual is None):
            found.clock(code, "milestone", f"has {running.get(node.id, 0)} running clocks")
    session.expunge_all()
