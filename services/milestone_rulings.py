"""The ruling on a change of a planned day, by the person who was asked, through a personal link."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.clocks import ClockState
from domain.policy import Label, Role
from models.directory import Project
from models.milestone import ChangeState, Milestone, MilestoneChange
from models.office import AccessLink
from notifications.message import words
from services.done_already import already
from services.event_words import event_label
from services.links import PLAN, is_plan, own_link
from services.milestone_files import REPLANNED, Desk, end_clock, enter, start_clock
from services.milestone_people import responsible
from services.milestone_view import ChangeLine, Plan, plans
from services.office import Office
from services.owing import insert_once, outbox_row
from services.page_types import Done, LinkRefused, TimelineLine
from services.people import Found, load_people
from services.plan_changes import end_ruling
from services.report import clean

APPROVE, REFUSE = "approve", "refuse"
LINK = "link"
"""The channel of what was done through a personal link."""


@dataclass(frozen=True, slots=True)
class PlanPage:
    """A project's plan for the holder of a link. `change` is the one they are asked to rule on, None when there is none."""

    plan: Plan
    locale: str
    reader: Label
    change: ChangeLine | None


def leads_to_plan(office: Office, token: str) -> bool:
    """Whether a link is one to a project's plan and not to a case."""
    with office.reading() as session:
        return is_plan(session, token)


def plan_page(office: Office, token: str) -> PlanPage:
    """The page behind a link. Raises LinkRefused."""
    with office.reading() as session:
        link = own_link(session, token, office.real_now(), PLAN)
        people = load_people(session, office.policy)
        node = session.get_one(Milestone, link.milestone_id)
        person = people.persons.get(link.account_id or "")
        if person is None:
            raise LinkRefused("revoked", False)
        [plan] = plans(session, office, [node.project_id])
        change = next((one for one in plan.changes if one.id == link.change_id), None)
        if change is not None and change.decider_id != (link.principal_id or link.account_id):
            change = None  # It was passed up: what became of it stands in the list of changes.
        return PlanPage(plan, person.locale, person.title, change)


def rule_on_change(office: Office, token: str, action: str, values: Mapping[str, str]) -> Done:
    """Approve or refuse what the link asks for; it is decided once. Raises LinkRefused."""
    remark = clean(values.get("remark"), "remark", 500, lines=True)
    with office.writing() as session:
        link = own_link(session, token, office.real_now(), PLAN)
        change = _change(session, link)
        if change is None:
            return Done(False, Label("此链接没有需要裁定的事项。", "There is nothing to decide behind this link."))
        if change.state is not ChangeState.ASKED:
            return _decided(office, session, change)
        if action not in (APPROVE, REFUSE):
            return Done(False, Label("请选择同意或不同意。", "Choose approve or refuse."))
        if action == REFUSE and not remark:
            return Done(False, Label("不同意时请写明理由。", "Say why you refuse."), "remark")
        desk = Desk(session, office.policy, office.time, office.now(), LINK)
        # Every other rule that holds nodes holds them before their changes.
        node = session.get_one(Milestone, change.milestone_id, with_for_update=True, populate_existing=True)
        session.refresh(change, with_for_update=True)
        if change.state is not ChangeState.ASKED:
            return _decided(office, session, change)
        if change.decider_id != (link.principal_id or link.account_id):
            return Done(
                False,
                Label(
                    "未在时限内裁定，此申请已转上一级。", "It was not decided in time and is with the next in rank now."
                ),
                already=True,
            )
        change.state = ChangeState.APPROVED if action == APPROVE else ChangeState.REFUSED
        change.decided_at, change.decided_by, change.remark = desk.now, link.account_id, remark
        change.principal_id = link.principal_id
        end_ruling(desk, change, ClockState.MET)
        if action == APPROVE:
            _move(desk, node, change)
        _tell(office, desk, node, change)
    if action == APPROVE:
        return Done(True, Label("已同意，计划时间已调整。", "Approved: the planned day has changed."))
    return Done(True, Label("已记录不同意，计划时间不变。", "Refused: the planned day stays."))


def _decided(office: Office, session: Session, change: MilestoneChange) -> Done:
    if change.decided_by is None or change.decided_at is None:
        return Done(
            False, Label("此申请已失效，无需裁定。", "It has lapsed: there is nothing left to decide."), already=True
        )
    who, what = (
        load_people(session, office.policy).label(change.decided_by),
        "approve" if change.state is ChangeState.APPROVED else "refuse",
    )
    return Done(False, already(office, TimelineLine(change.decided_at, event_label(what), who)), already=True)


def _change(session: Session, link: AccessLink) -> MilestoneChange | None:
    return session.get(MilestoneChange, link.change_id) if link.change_id is not None else None


def _move(desk: Desk, node: Milestone, change: MilestoneChange) -> None:
    end_clock(desk, node, REPLANNED)
    node.plan, node.cycle = change.to_day, node.cycle + 1
    enter(desk, node, "change", change.to_day, change.reason)
    start_clock(desk, node)


def _tell(office: Office, desk: Desk, node: Milestone, change: MilestoneChange) -> None:
    """The person who answers for the node, and the head of the desk, get the ruling once each."""
    people = load_people(desk.session, desk.policy)
    project = desk.session.scalars(select(Project).where(Project.id == node.project_id)).one()
    known = desk.policy.milestones.node(node.node)
    to: dict[str, Found] = {}
    for one in (*responsible(people, node, project, desk.today), *people.find(Role.DESK_HEAD, None, None, desk.today)):
        to.setdefault(one.person.id, one)
    said = {
        "project_code": project.id, "project": {"zh": project.name_zh, "en": project.name_en},
        "node": words(known.label if known else Label(node.node, node.node)), "decision": change.state.value,
        "original_plan": node.original_plan.isoformat(), "asked_day": change.to_day.isoformat(), "day": node.plan.isoformat(),
        "decided_by": words(people.label(change.decided_by or change.decider_id)), "remark": change.remark or None,
    }  # fmt: skip
    insert_once(desk.session, [
        outbox_row(
            key=f"milestone_ruling:{change.id}:{one.person.id}", message="milestone_change_decided", address=one.person.email,
            locale=one.person.locale, now=desk.now, domain=office.mail_domain, account=one.person.id,
            grant={"party": PLAN, "milestone": node.id}, facts=dict(said),
        )
        for one in to.values()
    ])  # fmt: skip
