"""Rulings on plans that nobody makes in time: numbered notices, and with the red one the ruling goes to the chief."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from domain.clocks import Clock, ClockState, Happening, Moment
from domain.ladder import due_steps, overdue_days, plan_next
from domain.policy import Colour, Label, Policy, Role
from models import clock as tables
from models.directory import Project
from models.milestone import Milestone, MilestoneChange
from models.rows import insert_rows
from notifications.message import words
from services.case_files import read_clock
from services.casebook import Casebook, Ticked
from services.casebook_write import update_clocks, write_moments
from services.links import PLAN
from services.milestone_files import Desk, enter
from services.milestone_people import answers_for, of_account
from services.numbers import draw
from services.owing import insert_once, outbox_row
from services.people import Found, People
from services.plan_changes import KIND, asking_mail, node_words, ruler, start_ruling, unit_of


@dataclass(frozen=True, slots=True)
class Unruled:
    """A change that is not ruled on in time: the steps of its clock, who gets the notices, and to whom the ruling goes."""

    clock: Clock
    change: MilestoneChange
    node: Milestone
    project: Project
    policy: Policy
    take: tuple[str, ...]
    to: tuple[Found, ...]
    copies: tuple[Found, ...]
    up: Found | None


def plan_unruled(book: Casebook, clock_ids: Sequence[int]) -> tuple[list[Unruled], list[Ticked]]:
    """The steps that the clocks of rulings take now."""
    if not clock_ids:
        return [], []
    c = tables.Clock
    rows = book.session.execute(
        select(c, Milestone, Project)
        .join(Milestone, Milestone.id == c.milestone_id)
        .join(Project, Project.id == Milestone.project_id)
        .where(c.id.in_(clock_ids), c.kind == KIND)
        .order_by(c.id)
    ).all()
    planned = [_unruled(book, read_clock(row), node, project) for row, node, project in rows]
    ticked = [
        Ticked(one.project.id, KIND, one.take, tuple(f.person.id for f in (*one.to, *one.copies)))
        for one in planned
        if one.take
    ]
    return planned, ticked


def _unruled(book: Casebook, clock: Clock, node: Milestone, project: Project) -> Unruled:
    today = book.now.astimezone(book.time.zone).date()
    policy = book.in_force.policy_of(book.session, clock.policy_version)
    take, skipped = due_steps(clock, book.now, policy, book.time)
    for name in (*skipped, *take):
        clock.done |= {name}
        what = Happening.STEP if name in take else Happening.SKIPPED
        clock.moments.append(Moment(book.now, what, step=name))
    plan_next(clock, policy, book.time)
    change = book.session.get_one(MilestoneChange, int(clock.subject))
    to = of_account(book.people, change.decider_id, Role.DEPUTY_CHIEF, today)
    up = _next_in_rank(book.people, change, node, project, book) if Colour.RED.value in take else None
    named = {f.person.id for f in to}
    head = [f for f in book.people.find(Role.DESK_HEAD, None, None, today) if f.person.id not in named]
    # A blue one is a reminder to who rules, and to nobody else.
    copies = () if take == [Colour.BLUE.value] else tuple(head)
    return Unruled(clock, change, node, project, policy, tuple(take), to, copies, up)


def _next_in_rank(
    people: People, change: MilestoneChange, node: Milestone, project: Project, book: Casebook
) -> Found | None:
    """The chief, unless it is with the chief already; nobody rules on a node that they answer for."""
    if change.decider_id in people.holders.get((Role.CHIEF, None), ()):
        return None
    today = book.now.astimezone(book.time.zone).date()
    but = [one for one in (answers_for(node, project), change.decider_id) if one]
    found = people.find(Role.CHIEF, None, None, today, but)
    return found[0] if found else None


def tick_unruled(book: Casebook, clock_ids: Sequence[int]) -> list[Ticked]:
    """Issue what is due for rulings not made in time; with red the ruling passes up and its clock begins anew."""
    planned, ticked = plan_unruled(book, clock_ids)
    if not planned:
        return ticked
    year = book.now.astimezone(book.time.zone).year
    issued = [(one, Colour(name)) for one in planned for name in one.take]
    numbers = [
        book.policy.numbering.notice.format(year=year, n=n) for n in draw(book.session, "notice", year, len(issued))
    ]
    desk = Desk(book.session, book.policy, book.time, book.now, "clock")
    notices: list[dict[str, Any]] = []
    mails: list[dict[str, Any]] = []
    for (one, colour), number in zip(issued, numbers, strict=True):
        notices.append(_notice(book, one, colour, number))
        if not book.silent:
            mails += _mails(book, desk, one, colour, number)
    for one in planned:
        if one.up is not None:
            mails += _pass_up(book, desk, one, one.up)
    clocks = [one.clock for one in planned]
    update_clocks(book.session, clocks)
    write_moments(book.session, clocks, book.time.version)
    insert_rows(book.session, tables.Notice, notices)
    insert_once(book.session, mails)
    return ticked


def _pass_up(book: Casebook, desk: Desk, one: Unruled, up: Found) -> list[dict[str, Any]]:
    before, clock = one.change.decider_id, one.clock
    clock.state, clock.ended_at, clock.changed = ClockState.EXPIRED, book.now, True
    clock.next_step = clock.next_action_at = None
    clock.moments.append(Moment(book.now, Happening.ENDED, reason=ClockState.EXPIRED.value))
    enter(desk, one.node, "passed_up", one.change.to_day, before)
    one.change.decider_id = ruler(up)
    book.session.flush()
    start_ruling(desk, one.change, unit_of(up), clock.round + 1)
    late = book.people.label(before)
    mail = asking_mail(desk, book.mail_domain, book.people, one.project, one.node, one.change, up, late)
    return [] if book.silent else [mail]


def _notice(book: Casebook, one: Unruled, colour: Colour, number: str) -> dict[str, Any]:
    recipients = [
        {"account": f.person.id, "role": f.role.value, "copy": copy, "for": f.principal.id if f.principal else None}
        for group, copy in ((one.to, False), (one.copies, True))
        for f in group
    ]
    return {
        "number": number, "colour": colour, "milestone_id": one.node.id, "clock_id": one.clock.id, "round": one.clock.round,
        "cycle": one.clock.cycle, "issued_at": book.now, "owner": one.change.decider_id,
        "overdue_days": overdue_days(one.clock.due, book.now, book.time), "recipients": recipients,
    }  # fmt: skip


def _mails(book: Casebook, desk: Desk, one: Unruled, colour: Colour, number: str) -> list[dict[str, Any]]:
    label: Label = one.policy.notices[colour].label
    due = one.clock.due or book.now
    said = {
        "number": number, "colour": colour.value, "notice": words(label), "project_code": one.project.id,
        "project": {"zh": one.project.name_zh, "en": one.project.name_en}, "node": node_words(desk, one.node),
        "from_day": one.change.from_day.isoformat(), "to_day": one.change.to_day.isoformat(),
        "asked_at": one.change.asked_at.isoformat(), "due": due.isoformat(),
        "overdue": overdue_days(one.clock.due, book.now, book.time), "decider": words(book.people.label(one.change.decider_id)),
        "passed_to": words(one.up.person.title) if one.up is not None else None,
    }  # fmt: skip
    return [
        outbox_row(
            key=f"plan_ruling:{one.clock.id}:{colour.value}:{f.person.id}", message="milestone_ruling_late",
            address=f.person.email, locale=f.person.locale, now=book.now, domain=book.mail_domain, account=f.person.id,
            grant=_grant(one, f, copy),
            facts=said | {"recipient_role": words(book.policy.roles[f.role]), "is_copy": copy},
        )
        for group, copy in ((one.to, False), (one.copies, True))
        for f in group
    ]  # fmt: skip


def _grant(one: Unruled, to: Found, copy: bool) -> dict[str, Any]:
    grant = {"party": PLAN, "milestone": one.node.id, "principal": to.principal.id if to.principal else None}
    # Who was passed over reads what became of it; the ruling is another's now.
    return grant if copy or one.up is not None else grant | {"change": one.change.id}
