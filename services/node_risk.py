"""Cases that hold up a key node of their project's plan: they climb one rung when the node is at risk (DOMAIN.md 1.8)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from domain import milestones as rules
from domain.case import CLOCK_ACTOR
from domain.draft import Draft
from domain.effects_clock import node_cause
from domain.fields import Fields
from domain.lifecycle import Status
from domain.plan_rules import Node
from domain.policy import Policy
from domain.rules import perform
from models.case import Case
from models.factor import FactorRequest
from models.milestone import HeldUp, Milestone
from services.case_files import Surroundings, load_cases
from services.casebook import Casebook, Request, Ticked, open_casebook
from services.identities import UNNAMED
from services.office import Office

AT_RISK = "at_risk"
"""The step that a sweep reports of a node for a case that climbed."""

AT_ONCE = 100
"""Cases that climb in one transaction."""

WORKED_ON = (Status.IN_PROGRESS, Status.DISPUTED, Status.CONSULTATION, Status.TRACKING)
"""Where a case climbs for a node: not before it was dispatched, nor while it stands still or has been answered."""


@dataclass(frozen=True, slots=True)
class Held:
    """A case and the key node at risk that it holds up."""

    case_id: int
    code: str
    restricted: bool
    project: str
    node: Node
    plan: date
    cycle: int

    @property
    def cause(self) -> str:
        """The cause of the climb: once for each plan of the node."""
        return node_cause(self.project, self.node.code, self.cycle)

    def request(self) -> Request:
        """The climb, asked of the casebook."""
        said = {
            "project": self.project, "node": self.node.code, "plan": self.plan.isoformat(), "plan_cycle": self.cycle,
            "node_zh": self.node.label.zh, "node_en": self.node.label.en,
        }  # fmt: skip
        return Request(self.case_id, "escalate", CLOCK_ACTOR, said)


def holding(session: Session, policy: Policy, nodes: Sequence[Milestone]) -> dict[int, tuple[str, ...]]:
    """By node that was not reached, the codes of the open cases that hold it up, restricted ones left out."""
    open_nodes = [
        (row, node) for row in nodes if row.actual is None and (node := policy.milestones.node(row.node)) is not None
    ]
    said, rows = _candidates(session, open_nodes)
    found: dict[int, tuple[str, ...]] = {}
    for row, node in open_nodes:
        codes = tuple(one.code for one in rows if not one.restricted and _holds(one, row, node, said))
        if codes:
            found[row.id] = codes
    return found


def held_up(session: Session, policy: Policy, today: date) -> list[Held]:
    """The cases that are to climb now, by id: each for the first node of the chain that it holds up, and not twice for its plan."""
    nodes = _at_risk(session, policy, today)
    if not nodes:
        return []
    said, rows = _candidates(session, nodes)
    found = []
    for one in rows:
        first = next(((row, node) for row, node in nodes if _holds(one, row, node, said)), None)
        if first is None:
            continue
        held = Held(one.id, one.code, one.restricted, first[0].project_id, first[1], first[0].plan, first[0].cycle)
        if f"climb:{held.cause}" not in one.marks:
            found.append(held)
    return found


def _candidates(session: Session, nodes: Sequence[tuple[Milestone, Node]]) -> tuple[dict[int, set[int]], Sequence[Any]]:
    """What the desk said (case → nodes), and the open cases of the nodes' projects that may hold one up."""
    said: dict[int, set[int]] = {}
    for case_id, node_id in session.execute(
        select(HeldUp.case_id, HeldUp.milestone_id).where(HeldUp.milestone_id.in_([row.id for row, _ in nodes]))
    ):
        said.setdefault(case_id, set()).add(node_id)
    needs = {need for _, node in nodes for need in node.needs}
    rows = session.execute(
        select(
            Case.id, Case.code, Case.restricted, Case.project_id, Case.category, Case.marks, FactorRequest.type.label("factor"),
            FactorRequest.milestone,
        )
        .outerjoin(FactorRequest, FactorRequest.case_id == Case.id)
        .where(Case.project_id.in_({row.project_id for row, _ in nodes}), Case.status.in_(WORKED_ON))
        .where(or_(Case.category.in_(needs), Case.id.in_(said), FactorRequest.case_id.is_not(None)))
        .order_by(Case.id)
    ).all()  # fmt: skip
    return said, rows


def _holds(one: Any, row: Milestone, node: Node, said: Mapping[int, Collection[int]]) -> bool:
    """Whether a case holds a node of its project up: the desk says so, the request names it, or the policy's categories do."""
    return row.project_id == one.project_id and (
        row.id in said.get(one.id, ())
        or one.milestone == node.code
        or bool({one.category, one.factor} & set(node.needs))
    )


def _at_risk(session: Session, policy: Policy, today: date) -> list[tuple[Milestone, Node]]:
    """The key nodes at risk, in the order of the chain."""
    plan = policy.milestones
    keys = [node for node in plan.nodes if node.key]
    if plan.at_risk_days is None or not keys:
        return []
    near = today + timedelta(days=plan.at_risk_days)
    rows = session.scalars(
        select(Milestone)
        .where(Milestone.actual.is_(None), Milestone.node.in_([node.code for node in keys]))
        .where(or_(Milestone.plan <= near, Milestone.forecast.is_not(None)))
        .order_by(Milestone.id)
    ).all()
    return [
        (row, node)
        for node in keys
        for row in rows
        if row.node == node.code and rules.at_risk(row.plan, row.excused, row.forecast, None, today, plan)
    ]


def climb_for_nodes(office: Office, at: datetime, should_stop: Callable[[], bool]) -> list[Ticked]:
    """Let them climb, some at a time. Asked of what is, not of what happened: a sweep that was late or killed misses none."""
    today, ticked = at.astimezone(office.zone).date(), list[Ticked]()
    with office.reading() as session:
        found = held_up(session, office.policy, today)
    for first in range(0, len(found), AT_ONCE):
        if should_stop():
            break
        with office.writing() as session:
            ticked += _climb(open_casebook(office, session, now=at), found[first : first + AT_ONCE])
    return ticked


def _climb(book: Casebook, held: Sequence[Held]) -> list[Ticked]:
    # Whoever changed a case meanwhile was first: then it is refused here, or climbs with the next sweep.
    results = book.apply([one.request() for one in held])
    return [
        Ticked(UNNAMED if one.restricted else one.code, rules.KIND, (AT_RISK,), ())
        for one, result in zip(held, results, strict=True)
        if result.done
    ]


def plan_climbs(book: Casebook) -> list[Draft]:
    """The cases as they would be after the climb, not written: what a dry run shows."""
    held = held_up(book.session, book.policy, book.now.astimezone(book.time.zone).date())
    cases = load_cases(book.session, [one.case_id for one in held], lock=False)
    place = Surroundings(book.session, book.people, book.in_force)
    drafts = []
    for one in held:
        draft = Draft(cases[one.case_id], book.now, CLOCK_ACTOR, book.policy, book.time, place)
        request = one.request()
        perform(draft, request.action, Fields(request.fields))
        drafts.append(draft)
    return drafts
