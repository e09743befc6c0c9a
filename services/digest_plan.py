"""What the morning digest tells of projects' plans: nodes that are late or due today, and changes of days to be ruled on."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import String, cast, select

from domain.clocks import CLOCKS, ClockState
from domain.ladder import overdue_days
from domain.lights import Light
from domain.milestones import KIND, standing
from domain.policy import Label
from models.clock import Clock
from models.directory import Project
from models.milestone import ChangeState, Milestone, MilestoneChange
from services import plan_changes
from services.case_files import read_clock
from services.casebook import Casebook
from services.digest_rows import Entry, Part, end_of_day
from services.links import PLAN
from services.milestone_people import responsible
from services.people import Person

CHANGE = Label("计划调整待裁定", "Rule on a change of the planned day")


def plan_entries(book: Casebook) -> Iterator[tuple[str, Entry]]:
    """By account, the nodes that it answers for and the changes that it is asked to rule on."""
    yield from _nodes(book)
    yield from _changes(book)


def _nodes(book: Casebook) -> Iterator[tuple[str, Entry]]:
    rows = book.session.execute(
        select(Clock, Milestone, Project)
        .join(Milestone, Milestone.id == Clock.milestone_id)
        .join(Project, Project.id == Milestone.project_id)
        .where(Clock.state == ClockState.RUNNING, Clock.kind == KIND, Clock.due < end_of_day(book))
        .order_by(Clock.due, Clock.id)
    ).all()
    today = book.now.astimezone(book.time.zone).date()
    for row, node, project in rows:
        clock = read_clock(row)
        limits = book.in_force.policy_of(book.session, clock.policy_version).milestones
        late = standing(node.plan, node.excused, None, None, today, limits)
        # How late it is already, in the colour that the plan shows.
        now = standing(node.plan, node.excused, node.forecast, None, today, limits)
        part = Part.LATE if clock.due is not None and clock.due < book.now else Part.TODAY
        for found in responsible(book.people, node, project, today):
            principal = found.principal
            yield found.person.id, Entry(
                part, None, None, project.id, _title(book, node, project, found.person), (CLOCKS["milestone"].label,), clock.due,
                clock.estimated, late.slip, None, principal.title if principal else None,
                {"party": PLAN, "milestone": node.id, "principal": principal.id if principal else None},
                "" if now.light is Light.GREEN else now.light.value, calendar_days=True,
            )  # fmt: skip


def _changes(book: Casebook) -> Iterator[tuple[str, Entry]]:
    rows = book.session.execute(
        select(MilestoneChange, Milestone, Project, Clock.due, Clock.estimated)
        .join(Milestone, Milestone.id == MilestoneChange.milestone_id)
        .join(Project, Project.id == Milestone.project_id)
        .outerjoin(
            Clock,
            (Clock.milestone_id == Milestone.id)
            & (Clock.kind == plan_changes.KIND)
            & (Clock.state == ClockState.RUNNING)
            & (Clock.subject == cast(MilestoneChange.id, String)),
        )
        .where(MilestoneChange.state == ChangeState.ASKED)
        .order_by(MilestoneChange.id)
    ).all()
    today = book.now.astimezone(book.time.zone).date()
    for change, node, project, due, estimated in rows:
        acting = book.people.acting(change.decider_id, today)
        if acting is None:
            continue
        person = book.people.persons[acting]
        principal = book.people.persons.get(change.decider_id) if acting != change.decider_id else None
        grant = {
            "party": PLAN, "milestone": node.id, "change": change.id, "principal": principal.id if principal else None,
        }  # fmt: skip
        yield acting, Entry(
            Part.LATE if due is not None and due < book.now else Part.WAITING, None, None, project.id,
            _title(book, node, project, person), (CHANGE,), due, bool(estimated), overdue_days(due, book.now, book.time), None,
            principal.title if principal else None, grant,
        )  # fmt: skip


def _title(book: Casebook, node: Milestone, project: Project, person: Person) -> str:
    planned = book.policy.milestones.node(node.node)
    name = Label(project.name_zh, project.name_en).in_(person.locale)
    return f"{name} · {planned.label.in_(person.locale) if planned is not None else node.node}"
