"""Supervision notices about nodes of projects' plans as documents, for who holds a link to the plan or signs in to the board."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.clocks import CLOCKS
from domain.milestones import KIND
from domain.plan_rules import SlipRule
from domain.policy import Colour, Label
from models.clock import Clock, Notice
from models.directory import Project
from models.milestone import Milestone
from services.case_view import people_of
from services.milestone_rulings import plan_page
from services.notices import NoticeSheet, basis, due_then, issuer, names, plain
from services.office import Office


def plan_notice_behind(office: Office, token: str, number: str) -> NoticeSheet | None:
    """A notice of the plan that a link leads to; None where that has no such notice. Raises LinkRefused."""
    found = plan_page(office, token)
    with office.reading() as session:
        return _sheet(office, session, found.plan.code, number, found.locale)


def plan_notice_on_board(office: Office, code: str, number: str) -> NoticeSheet | None:
    """A notice of a project's plan; None where there is none."""
    with office.reading() as session:
        return _sheet(office, session, code, number, None)


def _sheet(office: Office, session: Session, code: str, number: str, locale: str | None) -> NoticeSheet | None:
    found = session.execute(
        select(Notice, Clock, Milestone, Project)
        .join(Clock, Clock.id == Notice.clock_id)
        .join(Milestone, Milestone.id == Notice.milestone_id)
        .join(Project, Project.id == Milestone.project_id)
        .where(Project.id == code, Notice.number == number)
    ).first()
    if found is None:
        return None
    notice, clock, milestone, project = found
    policy = office.in_force.policy_of(session, clock.policy_version)
    people, node = people_of(session, office), policy.milestones.node(milestone.node)
    label = node.label if node is not None else Label(milestone.node, milestone.node)
    slip = policy.milestones.red if notice.colour is Colour.RED else policy.milestones.yellow
    name, by_slip, due = (
        plain(policy.notices[notice.colour].label),
        clock.kind == KIND,
        due_then(office, session, clock, notice),
    )
    until, planned = (at.astimezone(office.zone).date() if at else None for at in (due, clock.original_due))
    late = notice.overdue_days
    if by_slip and until is not None:
        late = min(late, max(0, (notice.issued_at.astimezone(office.zone).date() - until).days))
    return NoticeSheet(
        notice.number, notice.colour.value, name, issuer(policy), notice.issued_at,
        names(office, people, notice, copy=False), names(office, people, notice, copy=True), project.id,
        f"{project.name_zh} · {label.zh}" if locale != "en" else f"{project.name_en} · {label.en}", CLOCKS[clock.kind].label,
        people.label(notice.owner), due, late,
        _basis(slip, name) if by_slip else basis(policy.notices[notice.colour]),
        clock.policy_version[:12], None, locale, of_plan=True, calendar_days=by_slip,
        project=Label(project.name_zh, project.name_en), node=label, planned=planned if by_slip else None,
        excused=(until - planned).days if by_slip and until is not None and planned is not None else 0,
        expected=notice.overdue_days if notice.overdue_days > late else None,
    )  # fmt: skip


def _basis(rule: SlipRule, notice: Label) -> Label:
    """The policy's rule in words."""
    return Label(
        f"节点督办规则：滞后或预计滞后超过{rule.over}天发出{notice.zh}，高温停工日不计",
        f"Rules of plans: {notice.en} when a node is, or is expected to be, more than {rule.over} days behind; heat-stop days do not count",
    )
