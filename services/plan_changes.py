"""Asking for another planned day: the change, the clock of its ruling, and the mail to who rules."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Select, String, cast, exists, select

from domain.clocks import Clock, ClockState, Happening, Moment
from domain.fields import Fields
from domain.ladder import plan_next
from domain.policy import Label
from domain.refusals import need, wrong
from models import clock as tables
from models.directory import Project
from models.milestone import ChangeState, Milestone, MilestoneChange
from notifications.message import Words, words
from services.case_files import read_clock
from services.casebook_write import write_moments, write_new_clocks
from services.desk import StepResult
from services.links import PLAN
from services.milestone_fields import recorded, text_of
from services.milestone_files import Desk, keep
from services.milestone_people import answers_for, decider
from services.office import Office
from services.owing import insert_once, outbox_row
from services.people import Found, People, load_people

KIND = "plan_change"
"""The clock of a ruling; its subject is the change."""


def ask(office: Office, desk: Desk, project: Project, node: Milestone, day: date, given: Fields) -> StepResult:
    """Ask for another planned day; the lead official, or who is named, rules on it. Raises FieldRefused."""
    if node.actual is not None:
        raise wrong(
            "node", f"{node.node} of {project.id} was reached on {node.actual}; its plan cannot change any more"
        )
    if day == node.plan:
        raise wrong("date", f"{node.node} of {project.id} is planned for {day} already; name another day")
    if day < desk.today:
        raise wrong("date", f"{day} has passed; name a day from {desk.today} on")
    reason = text_of(given, "reason")
    if not reason:
        raise need("reason", "say why the planned day should change")
    if asked(desk, node):
        raise wrong("node", f"a change of {node.node} of {project.id} is being decided already; wait for the ruling")
    people = load_people(desk.session, desk.policy)
    who = decider(people, given.get("decider"), node, project, desk.today)
    change = MilestoneChange(
        milestone_id=node.id, from_day=node.plan, to_day=day, reason=reason, document=text_of(given, "document"), asked_at=desk.now,
        channel=desk.channel, decider_id=ruler(who), state=ChangeState.ASKED, remark="",
    )  # fmt: skip
    desk.session.add(change)
    desk.session.flush()
    start_ruling(desk, change, unit_of(who), 1)
    insert_once(desk.session, [asking_mail(desk, office.mail_domain, people, project, node, change, who)])
    told = Label(
        f"已申请由 {node.plan} 调整为 {day}，由{who.person.title.zh}裁定；裁定前计划时间 {node.plan} 不变",
        f"asked to move from {node.plan} to {day}; {who.person.id} decides, until then {node.plan} stands",
    )
    return recorded(project, node.node, told)


def asked(desk: Desk, node: Milestone) -> Sequence[MilestoneChange]:
    """The changes of a node that nobody has decided yet."""
    c = MilestoneChange
    return desk.session.scalars(select(c).where(c.milestone_id == node.id, c.state == ChangeState.ASKED)).all()


def ruler(who: Found) -> str:
    """Whose decision it is, also when a substitute takes it."""
    return who.principal.id if who.principal else who.person.id


def unit_of(who: Found) -> str | None:
    """The unit of the person whose decision it is."""
    return (who.principal or who.person).unit


def start_ruling(
    desk: Desk, change: MilestoneChange, unit: str | None, round_: int, since: datetime | None = None
) -> None:
    """Start the clock of a ruling, which a person of `unit` owes: as long as an approver has for a step, from `since` or now on."""
    limit, start = desk.policy.limits.approval_step, since or desk.now
    due = desk.time.due(start, limit)
    clock = Clock(
        KIND, unit, str(change.id), start, limit, due.at, due.at, due.estimated, round_, 1, policy_version=desk.policy.version,
        changed=True,
    )  # fmt: skip
    clock.moments.append(Moment(start, Happening.STARTED, limit))
    plan_next(clock, desk.policy, desk.time)
    write_new_clocks(desk.session, [(clock, {"milestone_id": change.milestone_id})])
    write_moments(desk.session, [clock], desk.time.version)


def clock_rulings(office: Office, at: datetime) -> None:
    """Give the changes that wait for a ruling without a clock theirs, from the moment they were asked for.

    Changes asked for before rulings had clocks came without one; the limit and the calendar are not the migration's to know.
    """
    with office.reading() as session:
        if not session.scalars(_unclocked().limit(1)).first():
            return
    with office.writing() as session:
        desk, people = Desk(session, office.policy, office.time, at, "clock"), load_people(session, office.policy)
        nodes = sorted({change.milestone_id for change in session.scalars(_unclocked())})
        # Who rules, and another sweep, hold the node first.
        session.scalars(
            select(Milestone.id).where(Milestone.id.in_(nodes)).order_by(Milestone.id).with_for_update()
        ).all()
        for change in session.scalars(_unclocked().where(MilestoneChange.milestone_id.in_(nodes))).all():
            decides = people.persons.get(change.decider_id)
            start_ruling(desk, change, decides.unit if decides else None, 1, change.asked_at)


def _unclocked() -> Select[tuple[MilestoneChange]]:
    c, change = tables.Clock, MilestoneChange
    running = exists().where(
        c.milestone_id == change.milestone_id,
        c.kind == KIND,
        c.subject == cast(change.id, String),
        c.state == ClockState.RUNNING,
    )
    return select(change).where(change.state == ChangeState.ASKED, ~running).order_by(change.milestone_id)


def end_ruling(desk: Desk, change: MilestoneChange, state: ClockState) -> None:
    """End the clock of a ruling that was made, or that is not needed any more."""
    c = tables.Clock
    mine = (c.milestone_id == change.milestone_id, c.kind == KIND, c.subject == str(change.id))
    for row in desk.session.scalars(select(c).where(*mine, c.state == ClockState.RUNNING)):
        clock = read_clock(row)
        clock.state, clock.ended_at, clock.changed = state, desk.now, True
        clock.next_step = clock.next_action_at = None
        clock.moments.append(Moment(desk.now, Happening.ENDED, reason=state.value))
        keep(desk, [clock])


def asking_mail(
    desk: Desk,
    mail_domain: str,
    people: People,
    project: Project,
    node: Milestone,
    change: MilestoneChange,
    who: Found,
    passed_from: Label | None = None,
) -> dict[str, object]:
    """The mail that asks for a ruling, with a link of its own. `passed_from` did not make it in time."""
    return outbox_row(
        key=f"milestone_change:{change.id}" + (f":{ruler(who)}" if passed_from is not None else ""),
        message="milestone_change_asked", address=who.person.email, locale=who.person.locale, now=desk.now, domain=mail_domain,
        account=who.person.id,
        grant={
            "party": PLAN, "milestone": node.id, "change": change.id, "principal": who.principal.id if who.principal else None,
        },
        facts={
            "project_code": project.id, "project": {"zh": project.name_zh, "en": project.name_en}, "node": node_words(desk, node),
            "from_day": change.from_day.isoformat(), "original_plan": node.original_plan.isoformat(), "to_day": change.to_day.isoformat(),
            "reason": change.reason, "document": change.document or None,
            "responsible": words(people.label(answers_for(node, project) or "")),
            "stands_for": words(who.principal.title) if who.principal else None,
            "passed_from": words(passed_from) if passed_from is not None else None,
        },
    )  # fmt: skip


def node_words(desk: Desk, node: Milestone) -> Words:
    """The node's name in the policy's chain."""
    planned = desk.policy.milestones.node(node.node)
    return words(planned.label if planned else Label(node.node, node.node))
