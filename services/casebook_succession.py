"""The casebook's entry for changes of the directory: open cases follow a unit's successor, decisions follow who decides them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from domain.approvals import UNDECIDED
from domain.case import RULE_ACTOR, Case
from domain.draft import Draft
from domain.effects_succession import follow_successors
from domain.factor import FINISHED
from domain.lifecycle import Status
from domain.meetings import read_meeting
from models import case as tables
from models.clock import Clock
from models.directory import Unit
from models.factor import FactorStage
from services.case_files import Surroundings, chunks, load_cases
from services.casebook import Casebook
from services.casebook_write import as_they_are, write_drafts

OPEN_STATES = ("running", "paused")


def cases_of_units(session: Session, units: Iterable[str]) -> list[int]:
    """Cases in which one of the units still has a part: work that is open, a clock, a decision, a stage to come."""
    named = sorted(units)
    if not named:
        return []
    c, a, s = tables.Case, tables.Approval, tables.ApprovalStep
    part = tables.Assignment
    found: set[int] = set()
    found.update(
        session.scalars(select(c.id).where(c.status != Status.CLOSED, or_(c.lead_id.in_(named), c.area_id.in_(named))))
    )
    found.update(
        session.scalars(
            select(part.case_id)
            .join(c, c.id == part.case_id)
            .where(c.status != Status.CLOSED, part.until.is_(None), part.unit_id.in_(named))
        )
    )
    found.update(
        i
        for i in session.scalars(select(Clock.case_id).where(Clock.owner_unit.in_(named), Clock.state.in_(OPEN_STATES)))
        if i is not None
    )
    found.update(
        session.scalars(
            select(a.case_id)
            .outerjoin(s, s.approval_id == a.id)
            .where(a.state == "open", or_(a.unit_id.in_(named), s.unit_id.in_(named) & s.state.in_(tuple(UNDECIDED))))
        )
    )
    found.update(
        session.scalars(
            select(FactorStage.case_id)
            .join(c, c.id == FactorStage.case_id)
            .where(c.status != Status.CLOSED, FactorStage.unit_id.in_(named), FactorStage.state.not_in(tuple(FINISHED)))
        )
    )
    meeting = select(c.id, c.marks).where(c.status == Status.CONSULTATION)
    for case_id, marks in session.execute(meeting):
        invited = read_meeting(marks)
        if invited is not None and not set(invited.units).isdisjoint(named):
            found.add(case_id)
    return sorted(found)


def left_behind(session: Session) -> list[int]:
    """Cases in which a unit that is no longer active, and has a successor, still has a part."""
    gone = session.scalars(select(Unit.id).where(Unit.active.is_(False), Unit.successor_id.is_not(None)))
    return cases_of_units(session, gone)


def follow(book: Casebook, ids: Sequence[int], by: str = "") -> dict[int, tuple[str, ...]]:
    """Let open cases follow the successors of units that are no longer active; the units that took over, by case.

    Restricted cases follow like any other.
    """
    taken: dict[int, tuple[str, ...]] = {}
    for some in chunks(sorted(ids)):
        cases = load_cases(book.session, some)
        before = as_they_are(cases)
        drafts = []
        for draft in _drafts(book, cases.values()):
            units = follow_successors(draft, by)
            if units:
                book.settle(draft)
                taken[draft.case.id] = units
                drafts.append(draft)
        write_drafts(book, before, drafts)
    return taken


def ask_again_who_decides(book: Casebook, cases: Sequence[Case]) -> None:
    """Open steps of approvals name who is asked now, where whoever was asked does not answer for the role any more."""
    before = as_they_are({case.id: case for case in cases})
    changed = []
    for draft in _drafts(book, cases):
        asked = _asked(draft.case)
        for approval in draft.case.approvals:
            for step in approval.steps:
                if approval.state == "open" and step.state == "open":
                    step.account = None
        book.settle(draft)
        if _asked(draft.case) != asked:
            changed.append(draft)
    write_drafts(book, before, changed)


def _asked(case: Case) -> list[str | None]:
    return [step.account for approval in case.approvals for step in approval.steps]


def _drafts(book: Casebook, cases: Iterable[Case]) -> Iterable[Draft]:
    place = Surroundings(book.session, book.people, book.in_force)
    return (Draft(case, book.now, RULE_ACTOR, book.policy, book.time, place) for case in cases)
