"""Cases that hold up a node of a plan, as the desk says: beside those that the policy's categories name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import delete, select

from domain.fields import Fields
from domain.lifecycle import Status
from domain.policy import Label
from domain.refusals import need, wrong
from models.case import Case
from models.directory import Project
from models.milestone import HeldUp, Milestone
from services.desk import StepResult
from services.milestone_fields import recorded
from services.milestone_files import Desk, enter, nodes_of


def hold_up(desk: Desk, project: Project, code: str, given: Fields) -> StepResult:
    """Say that an open case of the project holds a node up. Raises FieldRefused."""
    node, case = _node(desk, project, code), _case(desk, project, given)
    if node.actual is not None:
        raise wrong("node", f"{code} of {project.id} was reached on {node.actual}; nothing holds it up")
    if case.status is Status.CLOSED:
        raise wrong("case", f"{case.code} is closed; name an open case")
    if desk.session.get(HeldUp, (case.id, node.id)) is not None:
        raise wrong("case", f"{case.code} is recorded for {code} of {project.id} already")
    desk.session.add(HeldUp(case_id=case.id, milestone_id=node.id, said_at=desk.now))
    enter(desk, node, "held_up", None, case.code)
    known = desk.policy.milestones.node(code)
    risk = (
        []
        if known is not None and known.key
        else [
            Label(
                f"{code} 不是规则中的关键节点，不会因此提级",
                f"{code} is no key node of the policy: no case climbs for it",
            )
        ]
    )
    return recorded(project, code, Label(f"已登记受 {case.code} 影响", f"held up by {case.code}"), risk)


def free(desk: Desk, project: Project, code: str, given: Fields) -> StepResult:
    """Say that a case does not hold a node up any more; a climb that it made stays. Raises FieldRefused."""
    node, case = _node(desk, project, code), _case(desk, project, given)
    gone = desk.session.execute(
        delete(HeldUp).where(HeldUp.case_id == case.id, HeldUp.milestone_id == node.id).returning(HeldUp.case_id)
    ).all()
    if not gone:
        raise wrong("case", f"{case.code} is not recorded for {code} of {project.id}")
    enter(desk, node, "freed", None, case.code)
    return recorded(project, code, Label(f"不再受 {case.code} 影响", f"not held up by {case.code} any more"))


def _node(desk: Desk, project: Project, code: str) -> Milestone:
    found = next((node for node in nodes_of(desk.session, [project.id]) if node.node == code), None)
    if found is None:
        raise wrong("node", f"{code} of {project.id} has no planned day yet; set it first, with what = plan")
    return found


def _case(desk: Desk, project: Project, given: Fields) -> Case:
    said = given.get("case").upper()
    if not said:
        raise need("case", "name the case by its code, e.g. DIF-2026-0042")
    case = desk.session.scalar(select(Case).where(Case.code == said))
    # A restricted case is no more to be found here than one that there is not: what runs say is kept beyond its holders.
    if case is None or case.restricted:
        raise wrong("case", f"{said} is no case that can be named here; check the code")
    if case.project_id != project.id:
        raise wrong("case", f"{said} is no case of {project.id}; amend its project first")
    return case


HOLDING: Mapping[str, Callable[[Desk, Project, str, Fields], StepResult]] = {"held_up": hold_up, "freed": free}
"""By what `set-milestone` records: what says whether a case holds a node up."""
