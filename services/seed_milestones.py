"""Taking over projects' plans from an older register, as they stand."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from domain.milestones import begin_of
from domain.refusals import wrong
from models.directory import Project
from models.milestone import Milestone
from services.milestone_files import Desk, enter, start_clock
from services.milestone_rows import MilestonesFile
from services.office import Office

CHANNEL = "register"


def seed_milestones(office: Office, file: MilestonesFile) -> int:
    """Write the nodes that are not known yet; how many. A plan counts as made on the day of the project's first node.

    Raises FieldRefused for a project or a node that nobody knows.
    """
    with office.writing() as session:
        known = {tuple(row) for row in session.execute(select(Milestone.project_id, Milestone.node))}
        projects = set(session.scalars(select(Project.id)))
        desk = Desk(session, office.policy, office.time, office.now(), CHANNEL)
        made: dict[str, date] = {}
        for row in file.milestones:
            made[row.project] = min(made.get(row.project, row.plan), row.plan)
        done = 0
        for row in file.milestones:
            if row.project not in projects:
                raise wrong("project", f"{row.project!r} is no project of this district; seed the projects first")
            if office.policy.milestones.node(row.node) is None:
                raise wrong("node", f"{row.node!r} is no node of the policy's chain (milestones.nodes)")
            if (row.project, row.node) in known:
                continue
            node = Milestone(
                project_id=row.project, node=row.node, plan=row.plan, original_plan=row.plan, forecast=row.forecast,
                actual=row.actual, excused=0, cycle=1,
            )  # fmt: skip
            session.add(node)
            session.flush()
            enter(desk, node, "plan", row.plan)
            if row.actual is not None:
                enter(desk, node, "actual", row.actual)
            else:
                if row.forecast is not None:
                    enter(desk, node, "forecast", row.forecast)
                start_clock(desk, node, begin_of(made[row.project], office.zone))
            done += 1
    return done
