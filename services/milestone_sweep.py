"""What the clocks of nodes do when their moment has come: a numbered notice, and its mails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from domain import milestones as rules
from domain.clocks import Clock, Happening, Moment
from domain.ladder import Setting, due_steps, plan_next
from domain.policy import Colour, Label, Policy
from models import clock as tables
from models.directory import Project
from models.milestone import Milestone
from models.rows import insert_rows
from notifications.message import words
from services.case_files import read_clock
from services.casebook import Casebook, Ticked
from services.casebook_write import update_clocks, write_moments
from services.links import PLAN
from services.milestone_people import answers_for, copies, responsible
from services.numbers import draw
from services.owing import insert_once, outbox_row
from services.people import Found


@dataclass(frozen=True, slots=True)
class Slipped:
    """A node whose clock takes steps: the colours to issue, and to whom."""

    clock: Clock
    node: Milestone
    project: Project
    policy: Policy
    take: tuple[str, ...]
    to: tuple[Found, ...]
    copies: tuple[Found, ...]


def plan_slips(book: Casebook, clock_ids: Sequence[int]) -> tuple[list[Slipped], list[Ticked]]:
    """The steps that the clocks of nodes take now."""
    planned: list[Slipped] = []
    if not clock_ids:
        return planned, []
    c = tables.Clock
    rows = book.session.execute(
        select(c, Milestone, Project)
        .join(Milestone, Milestone.id == c.milestone_id)
        .join(Project, Project.id == Milestone.project_id)
        .where(c.id.in_(clock_ids), c.kind == rules.KIND)
        .order_by(c.id)
    ).all()
    today = book.now.astimezone(book.time.zone).date()
    for row, node, project in rows:
        clock = read_clock(row)
        policy = book.in_force.policy_of(book.session, clock.policy_version)
        expected = Setting(forecast=node.forecast)
        take, skipped = due_steps(clock, book.now, policy, book.time, expected)
        for name in (*skipped, *take):
            clock.done |= {name}
            what = Happening.STEP if name in take else Happening.SKIPPED
            clock.moments.append(Moment(book.now, what, step=name))
        plan_next(clock, policy, book.time, expected)
        to = responsible(book.people, node, project, today)
        also: tuple[Found, ...] = ()
        for name in take:
            rule = policy.milestones.red if name == Colour.RED else policy.milestones.yellow
            also = tuple(
                f for f in copies(book.people, rule, project, today) if f.person.id not in {t.person.id for t in to}
            )
        planned.append(Slipped(clock, node, project, policy, tuple(take), to, also))
    ticked = [
        Ticked(one.project.id, one.clock.kind, one.take, tuple(f.person.id for f in (*one.to, *one.copies)))
        for one in planned
        if one.take
    ]
    return planned, ticked


def tick_slips(book: Casebook, clock_ids: Sequence[int]) -> list[Ticked]:
    """Issue what is due for nodes that are late: numbers drawn in the order of issue, each step once."""
    planned, ticked = plan_slips(book, clock_ids)
    if not planned:
        return ticked
    year = book.now.astimezone(book.time.zone).year
    issued = [(one, Colour(name)) for one in planned for name in one.take]
    numbers = [
        book.policy.numbering.notice.format(year=year, n=n) for n in draw(book.session, "notice", year, len(issued))
    ]
    clocks = [one.clock for one in planned]
    update_clocks(book.session, clocks)
    write_moments(book.session, clocks, book.time.version)
    notices: list[dict[str, Any]] = []
    mails: list[dict[str, Any]] = []
    for (one, colour), number in zip(issued, numbers, strict=True):
        notices.append(_notice(book, one, colour, number))
        if not book.silent:
            mails += _mails(book, one, colour, number)
    insert_rows(book.session, tables.Notice, notices)
    insert_once(book.session, mails)
    return ticked


def _slip(book: Casebook, one: Slipped) -> tuple[int, int]:
    """Days late today, and of slip: more where more are expected."""
    today, node = book.now.astimezone(book.time.zone).date(), one.node
    late, slip = (
        rules.standing(node.plan, node.excused, forecast, None, today, one.policy.milestones).slip
        for forecast in (None, node.forecast)
    )
    return late, slip


def _notice(book: Casebook, one: Slipped, colour: Colour, number: str) -> dict[str, Any]:
    recipients = [
        {"account": f.person.id, "role": f.role.value, "copy": copy, "for": f.principal.id if f.principal else None}
        for group, copy in ((one.to, False), (one.copies, True))
        for f in group
    ]
    return {
        "number": number, "colour": colour, "milestone_id": one.node.id, "clock_id": one.clock.id, "round": one.clock.round,
        "cycle": one.clock.cycle, "issued_at": book.now, "owner": answers_for(one.node, one.project) or book.policy.desk_unit,
        "overdue_days": _slip(book, one)[1], "recipients": recipients,
    }  # fmt: skip


def _mails(book: Casebook, one: Slipped, colour: Colour, number: str) -> list[dict[str, Any]]:
    node = one.policy.milestones.node(one.node.node)
    owner = answers_for(one.node, one.project) or book.policy.desk_unit
    late, slip = _slip(book, one)
    said = {
        "number": number, "colour": colour.value, "notice": words(one.policy.notices[colour].label), "project_code": one.project.id,
        "project": {"zh": one.project.name_zh, "en": one.project.name_en},
        "node": words(node.label if node is not None else Label(one.node.node, one.node.node)),
        "original_plan": one.node.original_plan.isoformat(), "plan": one.node.plan.isoformat(), "slip": late, "expected_slip": slip if slip > late else None,
        "excused": one.node.excused, "forecast": one.node.forecast.isoformat() if one.node.forecast else None,
        "owner": words(book.people.label(owner)),
    }  # fmt: skip
    return [
        outbox_row(
            key=f"milestone:{one.clock.id}:{one.clock.cycle}:{colour.value}:{f.person.id}", message="milestone_notice",
            address=f.person.email, locale=f.person.locale, now=book.now, domain=book.mail_domain, account=f.person.id,
            grant={"party": PLAN, "milestone": one.node.id},
            facts=said | {"recipient_role": words(book.policy.roles[f.role]), "is_copy": copy},
        )
        for group, copy in ((one.to, False), (one.copies, True))
        for f in group
    ]  # fmt: skip
