"""What the morning digest tells whom: each person's late, due and waiting matters, and what is red in a leader's scope."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from domain.approvals import clock_of
from domain.case import CLOCK_ACTOR, Audience, Case
from domain.clocks import CLOCKS, Clock, ClockState
from domain.draft import Draft
from domain.effects_clock import owner_of
from domain.effects_duty import duty_label
from domain.labels import APPROVAL_LABELS
from domain.ladder import overdue_days
from domain.lifecycle import Party
from domain.lights import Light
from domain.obligations import Obligation, obligations
from domain.policy import Label, Role
from models import case as tables
from models import clock as clock_tables
from models.intake import Delivery
from services.board_lights import edges, light_is, not_restricted
from services.case_files import Surroundings, chunks, load_cases
from services.casebook import Casebook
from services.people import Found
from services.waiting_reports import KIND as REPORT_WAITING
from services.waiting_reports import clerk_grant

Row = dict[str, Any]


class Part(StrEnum):
    """The parts of a digest, in the order in which they are read."""

    LATE = "late"
    TODAY = "today"
    WAITING = "waiting"
    RED = "red"


NOBODY_S = frozenset({"rung_stay", "return_window", "resume", "awaiting_enterprise"})
"""Clocks that ask nothing of an officer: they limit a right, move the case by themselves, or are the enterprise's."""

OF_THE_DESK = frozenset({"triage", "ruling", "follow_up"})
DECISIONS = OF_THE_DESK | {"approval_step", "factor_stage"}
"""What others wait for: whoever is asked reads of it every morning until it is done, however far off its limit is."""

OF_UNITS = frozenset({Party.LEAD, Party.SUPPORTER, Party.DUTY_UNIT})

LEADERS: tuple[tuple[Role, Party], ...] = (
    (Role.UNIT_HEAD, Party.UNIT_HEAD), (Role.DESK_HEAD, Party.DESK_HEAD), (Role.DEPUTY_CHIEF, Party.DEPUTY_CHIEF),
    (Role.CHIEF, Party.CHIEF),
)  # fmt: skip
"""Who is told what is red: of their own unit, of their own cases, or of all."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One matter in a person's digest, with what its link grants.

    `case_id` or `delivery_id` says what it is about. Of a restricted case `title` is None and nothing else is said.
    """

    part: Part
    case_id: int | None
    delivery_id: int | None
    code: str
    title: str | None
    steps: tuple[Label, ...]
    due: datetime | None
    estimated: bool
    days: int
    owner: Label | None
    stands_for: Label | None
    grant: Row
    colour: str | None = None
    """The light, where it does not follow from the working days late."""
    calendar_days: bool = False
    """Whether `days` are calendar days, as a plan's slip and its light are, and not working days."""


def end_of_day(book: Casebook) -> datetime:
    """The end of the book's day."""
    day = book.now.astimezone(book.time.zone).date()
    return datetime.combine(day + timedelta(days=1), time(), book.time.zone)


# -- what somebody owes ----------------------------------------------------------------------------------------------------


def owed_entries(book: Casebook) -> Iterator[tuple[str, Entry]]:
    """By account, what open cases ask of it: late, due today, or a decision that others wait for."""
    c = clock_tables.Clock
    ids = book.session.scalars(
        select(c.case_id)
        .where(
            c.case_id.is_not(None), c.state == ClockState.RUNNING, c.kind.not_in(NOBODY_S),
            or_(c.due < end_of_day(book), c.kind.in_(DECISIONS)),
        )
        .distinct()
    )  # fmt: skip
    for some in chunks(sorted(i for i in ids if i is not None)):
        titles = _titles(book.session, some)
        for case in load_cases(book.session, some, lock=False).values():
            for owed in obligations(case):
                yield from _of(book, case, titles[case.id], owed)


def _titles(session: Session, ids: Sequence[int]) -> dict[int, str]:
    rows = session.execute(select(tables.Case.id, tables.Case.title).where(tables.Case.id.in_(ids)))
    return dict(rows.tuples().all())


def _of(book: Casebook, case: Case, title: str, owed: Obligation) -> Iterator[tuple[str, Entry]]:
    """What an obligation's clocks say today, as one entry for each part and person."""
    by_part: dict[Part, list[tuple[Clock, Label]]] = defaultdict(list)
    for clock, label in _clocks(book, case, owed):
        part = _part(book, clock, decision=owed.step is not None or clock.kind in OF_THE_DESK)
        if part is not None:
            by_part[part].append((clock, label))
    for part, clocks in by_part.items():
        dues = [clock.due for clock, _ in clocks if clock.due is not None]
        first = min(dues, default=None)
        steps = tuple(dict.fromkeys(label for _, label in clocks))
        for found in book.find(owed.to, case):
            yield (
                found.person.id,
                _entry(book, part, case, title, steps, first, found, owed.part, unit=owed.unit, step=owed.step),
            )


def _clocks(book: Casebook, case: Case, owed: Obligation) -> Iterator[tuple[Clock, Label]]:
    """The running clocks of an obligation, each with what it asks for."""
    if owed.step is not None:
        for approval in case.approvals:
            for step in approval.steps:
                clock = clock_of(case, approval, step) if step.id == owed.step else None
                if clock is not None:
                    kind = APPROVAL_LABELS[approval.kind]
                    yield clock, Label(f"审批：{kind.zh}", f"Decide: {kind.en}")
        return
    for clock in case.clocks:
        if not clock.open or clock.kind in NOBODY_S:
            continue
        mine = (
            clock.row.owner in OF_UNITS and clock.owner_unit == owed.unit if owed.unit else clock.row.owner is owed.part
        )
        if mine:
            yield clock, duty_label(clock, book.policy) if clock.kind == "duty" else clock.row.label


def _part(book: Casebook, clock: Clock, *, decision: bool) -> Part | None:
    if clock.state is not ClockState.RUNNING or clock.due is None:
        return None
    if clock.due < book.now:
        return Part.LATE
    if clock.due < end_of_day(book):
        return Part.TODAY
    return Part.WAITING if decision else None


def _entry(
    book: Casebook,
    part: Part,
    case: Case,
    title: str,
    steps: tuple[Label, ...],
    due: datetime | None,
    found: Found,
    party: Party,
    *,
    unit: str | None,
    step: int | None = None,
    owner: Label | None = None,
) -> Entry:
    principal = found.principal
    grant = {"party": party.value, "unit": unit, "step": step, "principal": principal.id if principal else None}
    if case.restricted:
        return Entry(part, case.id, None, case.code, None, (), None, False, 0, None, None, grant)
    estimated = due is not None and book.time.estimated(due)
    stands_for = principal.title if principal is not None else None
    late = overdue_days(due, book.now, book.time)
    return Entry(part, case.id, None, case.code, title, steps, due, estimated, late, owner, stands_for, grant)


# -- reports that wait for a clerk -----------------------------------------------------------------------------------------


def report_entries(book: Casebook) -> Iterator[tuple[str, Entry]]:
    """Reports that nobody has confirmed, for each clerk."""
    c = clock_tables.Clock
    rows = book.session.execute(
        select(Delivery.id, Delivery.receipt, c.due, c.estimated)
        .join(c, c.delivery_id == Delivery.id)
        .where(c.kind == REPORT_WAITING, c.state == ClockState.RUNNING)
        .order_by(c.due, c.id)
    ).all()
    today = book.now.astimezone(book.time.zone).date()
    clerks = book.people.find(Role.CLERK, None, None, today) if rows else ()
    label = CLOCKS[REPORT_WAITING].label
    for delivery, receipt, due, estimated in rows:
        part = Part.LATE if due < book.now else Part.TODAY if due < end_of_day(book) else Part.WAITING
        days = overdue_days(due, book.now, book.time)
        for one in clerks:
            stands_for = one.principal.title if one.principal else None
            # What a stranger typed as its title is not repeated in a mail.
            yield one.person.id, Entry(
                part, None, delivery, receipt, label.in_(one.person.locale), (), due, estimated, days, None, stands_for, clerk_grant(one)
            )  # fmt: skip


# -- what is red -----------------------------------------------------------------------------------------------------------


def red_entries(book: Casebook) -> Iterator[tuple[str, Entry]]:
    """The red cases, each for the leaders in whose scope it is, with whose delay it is; never a restricted one."""
    red = light_is(Light.RED, edges(book.now, book.policy, book.time))
    ids = book.session.scalars(select(tables.Case.id).where(red, not_restricted()).order_by(tables.Case.due)).all()
    for some in chunks(ids):
        titles = _titles(book.session, some)
        place = Surroundings(book.session, book.people, book.in_force)
        for case in load_cases(book.session, some, lock=False).values():
            clock = case.open_clock("close") or case.open_clock("needed_by") or case.open_clock("interim")
            draft = Draft(case, book.now, CLOCK_ACTOR, book.policy, book.time, place)
            owner = owner_of(draft, clock) if clock is not None else case.lead or book.policy.desk_unit
            steps = ((clock.row if clock is not None else CLOCKS["close"]).label,)
            for party, found in _leaders(book, case):
                yield found.person.id, _entry(
                    book, Part.RED, case, titles[case.id], steps, case.due, found, party,
                    unit=case.lead if party is Party.UNIT_HEAD else None, owner=book.people.label(owner),
                )  # fmt: skip


def _leaders(book: Casebook, case: Case) -> Iterable[tuple[Party, Found]]:
    for role, party in LEADERS:
        for found in book.find(Audience(role, case.lead if role is Role.UNIT_HEAD else None), case):
            # Whoever stands in for a role that nobody holds hears of it another way.
            if found.fell_back_from is None:
                yield party, found
