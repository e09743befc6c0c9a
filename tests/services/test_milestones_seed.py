"""The plans of the demo district: 192 nodes, as the sample says, and no clock beside the nodes that are still to come."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import func, select

from models.clock import Clock
from models.directory import Project
from models.milestone import Milestone, MilestoneEntry
from services.audit import verify
from services.milestone_view import all_plans
from services.office import Office
from services.seed import DEMO, seed

Set = Callable[[str], datetime]


def test_the_plans_of_twelve_projects_are_taken_over_once(office: Office, at: Set) -> None:
    """Sixteen nodes for each of twelve projects; a node that was reached has no clock, and doing it again changes nothing."""
    at("2026-07-16 09:00")
    assert seed(office, [DEMO / "milestones.yaml"]).milestones == 192
    assert seed(office, [DEMO / "milestones.yaml"]).milestones == 0
    with office.reading() as session:
        assert session.scalar(select(func.count()).select_from(Milestone)) == 192
        waiting = session.scalar(select(func.count()).where(Milestone.actual.is_(None)))
        assert waiting == 97
        assert session.scalar(select(func.count()).where(Clock.milestone_id.is_not(None))) == waiting
        counted = select(MilestoneEntry.what, func.count()).group_by(MilestoneEntry.what)
        entries = dict(session.execute(counted).tuples().all())
    assert entries["plan"] == 192
    assert entries["actual"] == 95


@pytest.mark.sqlite
def test_a_plan_taken_over_stands_up_to_the_audit(office: Office, at: Set) -> None:
    """The clocks of nodes are verified like all others: events and stored dates say the same, years ahead too."""
    at("2026-07-16 09:00")
    seed(office, [DEMO / "milestones.yaml"])
    report = verify(office)
    assert report.clocks == 97
    assert report.findings == ()


@pytest.mark.sqlite
def test_lights_and_slips_are_those_of_the_sample(office: Office, at: Set) -> None:
    """Next node, its slip and the project's light are computed, and equal what the register of projects says of them."""
    at("2026-07-16 09:00")
    seed(office, [DEMO / "milestones.yaml"])
    with office.reading() as session:
        facts = {project.id: project.facts for project in session.scalars(select(Project))}
    found = {plan.code: plan for plan in all_plans(office)}
    assert len(found) == 12
    for code, said in facts.items():
        plan = found[code]
        assert plan.light is not None
        assert plan.light.value == said["light"], code
        assert plan.next_node is not None
        assert plan.next_node.code == said["next_node"], code
        assert plan.next_node.plan.isoformat() == said["next_node_planned"], code
    permit = next(node for node in found["P04"].nodes if node.code == "build_permit")
    assert (permit.standing.slip, permit.standing.expected, permit.light) == (35, True, "red")
    assert next(node.code for node in found["P04"].nodes if node.light == "yellow") == "plan_permit"
