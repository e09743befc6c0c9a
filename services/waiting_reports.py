"""Reports that nobody has confirmed yet: they are no cases, they wait on the desk's list with a clock of one working day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.clocks import Clock, ClockState, Happening, Moment
from domain.ladder import due_steps, overdue_days, plan_next
from domain.policy import Colour, Policy, Role
from domain.working_time import WorkingTime
from models import clock as clock_tables
from models.intake import Delivery, DeliveryState
from models.rows import insert_rows
from services.case_files import read_clock
from services.casebook import Casebook, Ticked
from services.casebook_write import update_clocks, write_moments, write_new_clocks
from services.edits import EDITS
from services.numbers import draw
from services.office import Office
from services.owing import insert_once, outbox_row
from services.people import Found

KIND = "report_waiting"
REPORTER = "reporter"
"""By whom a report was accepted that its own reporter confirmed; an edit of another's case is a clerk's to accept."""


def start_clock(session: Session, policy: Policy, time: WorkingTime, delivery_id: int, now: datetime) -> Clock:
    """Start the clock of a report that waits."""
    due = time.due(now, policy.limits.report_waiting)
    clock = Clock(
        KIND, policy.desk_unit, "", now, policy.limits.report_waiting, due.at, due.at, due.estimated, 1, 1,
        policy_version=policy.version, changed=True,
    )  # fmt: skip
    clock.moments.append(Moment(now, Happening.STARTED, clock.limit))
    plan_next(clock, policy, time)
    write_new_clocks(session, [(clock, {"delivery_id": delivery_id})])
    write_moments(session, [clock], time.version)
    return clock


def end_clock(session: Session, delivery_id: int, state: ClockState, now: datetime, calendar: int | None) -> None:
    """End the clock of a report that was confirmed, accepted or dismissed."""
    table = clock_tables.Clock
    for row in session.scalars(
        select(table).where(table.delivery_id == delivery_id, table.state == ClockState.RUNNING)
    ):
        clock = read_clock(row)
        clock.state, clock.ended_at = state, now
        clock.next_step = clock.next_action_at = None
        clock.moments.append(Moment(now, Happening.ENDED, reason=state.value))
        update_clocks(session, [clock])
        write_moments(session, [clock], calendar)


def plan_waiting(
    book: Casebook, clock_ids: Sequence[int]
) -> tuple[list[tuple[Clock, Delivery, list[str]]], list[Ticked]]:
    """The steps that waiting reports' clocks take now."""
    planned: list[tuple[Clock, Delivery, list[str]]] = []
    ticked: list[Ticked] = []
    if not clock_ids:
        return planned, ticked
    table = clock_tables.Clock
    rows = book.session.execute(
        select(table, Delivery)
        .join(Delivery, Delivery.id == table.delivery_id)
        .where(table.id.in_(clock_ids))
        .order_by(table.id)
    )
    today = book.now.astimezone(book.time.zone).date()
    to = tuple(f.person.id for f in book.people.find(Role.CLERK, None, None, today))
    for row, delivery in rows:
        clock = read_clock(row)
        policy = book.in_force.policy_of(book.session, clock.policy_version)
        take, skipped = due_steps(clock, book.now, policy, book.time)
        for name in (*skipped, *take):
            clock.done |= {name}
            what = Happening.STEP if name in take else Happening.SKIPPED
            clock.moments.append(Moment(book.now, what, step=name))
        plan_next(clock, policy, book.time)
        planned.append((clock, delivery, take))
        if take:
            ticked.append(Ticked(delivery.receipt, clock.kind, tuple(take), to))
    return planned, ticked


def tick_waiting(book: Casebook, clock_ids: Sequence[int]) -> list[Ticked]:
    """Issue what is due for waiting reports: a numbered notice, and a mail to the clerk with a link to accept or dismiss."""
    planned, ticked = plan_waiting(book, clock_ids)
    year = book.now.astimezone(book.time.zone).year
    issued = [(clock, delivery, name) for clock, delivery, take in planned for name in take]
    numbers = [
        book.policy.numbering.notice.format(year=year, n=n) for n in draw(book.session, "notice", year, len(issued))
    ]
    clocks = [clock for clock, _, _ in planned]
    update_clocks(book.session, clocks)
    write_moments(book.session, clocks, book.time.version)
    found = book.people.find(Role.CLERK, None, None, book.now.astimezone(book.time.zone).date())
    notices, mails = [], []
    for (clock, delivery, name), number in zip(issued, numbers, strict=True):
        notices.append(_notice(book, clock, delivery, Colour(name), number, found))
        if not book.silent and delivery.state is DeliveryState.UNCONFIRMED:
            mails += [_mail(book, clock, delivery, name, one) for one in found]
    insert_rows(book.session, clock_tables.Notice, notices)
    insert_once(book.session, mails)
    return ticked


def _notice(
    book: Casebook, clock: Clock, delivery: Delivery, colour: Colour, number: str, found: Sequence[Found]
) -> dict[str, Any]:
    return {
        "number": number, "colour": colour, "delivery_id": delivery.id, "clock_id": clock.id, "round": 1, "cycle": 1,
        "issued_at": book.now, "owner": book.policy.desk_unit, "overdue_days": overdue_days(clock.due, book.now, book.time),
        "recipients": [
            {"account": f.person.id, "role": f.role.value, "copy": False, "for": f.principal.id if f.principal else None}
            for f in found
        ],
    }  # fmt: skip


def clerk_grant(one: Found) -> dict[str, Any]:
    """What a clerk's link to a waiting report grants; a substitute has it in the absent clerk's place."""
    return {"party": "clerk", "principal": one.principal.id if one.principal is not None else None}


def _mail(book: Casebook, clock: Clock, delivery: Delivery, step: str, one: Found) -> dict[str, Any]:
    due = clock.due or book.now
    return outbox_row(
        key=f"report_waiting:{clock.id}:{step}:{one.person.id}", message="report_waiting", address=one.person.email,
        locale=one.person.locale, now=book.now, domain=book.mail_domain, grant=clerk_grant(one), delivery_id=delivery.id,
        account=one.person.id,
        facts={"receipt": delivery.receipt, "since": delivery.received_at.isoformat(), "due": due.isoformat()},
    )  # fmt: skip


def accept(session: Session, office: Office, delivery: Delivery, by: str) -> bool:
    """Let a waiting report become a case, by its reporter's confirmation or a clerk's word; False when it no longer waits."""
    session.refresh(delivery, with_for_update=True)
    if delivery.state is not DeliveryState.UNCONFIRMED or (by == REPORTER and EDITS in delivery.extra):
        return False
    delivery.state, delivery.confirmed_by = DeliveryState.WAITING, by
    if by == REPORTER:
        delivery.confirmed_at = office.now()
    end_clock(session, delivery.id, ClockState.MET, office.now(), office.time.version)
    session.flush()
    return True


def dismiss(session: Session, office: Office, delivery: Delivery, by: str) -> bool:
    """Let a waiting report go, e.g. an advertisement; it stays in the list of deliveries. False when it no longer waits."""
    session.refresh(delivery, with_for_update=True)
    if delivery.state is not DeliveryState.UNCONFIRMED:
        return False
    delivery.state, delivery.confirmed_by, delivery.handled_at = DeliveryState.DISMISSED, by, office.now()
    end_clock(session, delivery.id, ClockState.SUPERSEDED, office.now(), office.time.version)
    session.flush()
    return True
