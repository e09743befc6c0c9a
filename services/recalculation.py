"""Reckoning open clocks anew, a few hundred cases at a time, after the calendar or the policy in force has changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from domain.case import RULE_ACTOR
from domain.clocks import ClockState
from domain.draft import Draft
from domain.effects_adjust import adjust, adjust_clock
from domain.ladder import plan_next
from models.case import Case
from models.clock import Clock
from models.office import Setting
from services.case_files import Surroundings, load_cases, read_all_moments, read_clock
from services.casebook import Casebook, open_casebook
from services.casebook_write import as_they_are, update_clocks, write_drafts, write_moments
from services.in_force import ADJUST_POLICY, ADJUSTED_CALENDAR, CALENDAR, put
from services.office import Office

AT_ONCE = 200
_OPEN = Clock.state.in_((ClockState.RUNNING, ClockState.PAUSED))


@dataclass(frozen=True, slots=True)
class Adjusted:
    """How many open cases and waiting reports were looked at, and in how many a date moved."""

    looked_at: int
    moved: int


def adjust_open(office: Office, should_stop: Callable[[], bool] = lambda: False) -> Adjusted:
    """Bring open clocks up to the calendar in force and, if that was asked for, to the policy in force.

    Nothing to do costs one look. Stopped or killed half way, the next call goes on: what was reckoned anew comes out the same.
    """
    looked_at = moved = 0
    with office.reading() as session:
        office.follow(session, at_once=True)
        calendar, policy = _wanted(session)
    for wanted, by_policy in ((calendar, False), (policy, True)):
        if wanted is None:
            continue
        after = -1
        while not should_stop():
            with office.writing() as session:
                book = open_casebook(office, session)
                ids = _next_cases(session, after)
                if not ids:
                    reports = _adjust_reports(book, policy=by_policy)
                    moved += reports
                    put(session, ADJUST_POLICY if by_policy else ADJUSTED_CALENDAR, "" if by_policy else wanted)
                    break
                moved += _adjust_cases(book, ids, policy=by_policy)
                looked_at += len(ids)
                after = ids[-1]
    return Adjusted(looked_at, moved)


def _wanted(session: Session) -> tuple[str | None, str | None]:
    keys = (CALENDAR, ADJUSTED_CALENDAR, ADJUST_POLICY)
    said = {row.key: row.value for row in session.scalars(select(Setting).where(Setting.key.in_(keys)))}
    behind = said.get(CALENDAR) != said.get(ADJUSTED_CALENDAR)
    return (said.get(CALENDAR) if behind else None), said.get(ADJUST_POLICY) or None


def _next_cases(session: Session, after: int) -> list[int]:
    query = select(Case.id).where(Case.id > after, Case.id.in_(select(Clock.case_id).where(_open_of_cases())))
    return list(session.scalars(query.order_by(Case.id).limit(AT_ONCE)))


def _open_of_cases() -> ColumnElement[bool]:
    return _OPEN & Clock.case_id.is_not(None)


def _adjust_cases(book: Casebook, ids: list[int], *, policy: bool) -> int:
    cases = load_cases(book.session, ids)
    before = as_they_are(cases)
    place = Surroundings(book.session, book.people, book.in_force, cases)
    place.events = read_all_moments(
        book.session, [c.id for case in cases.values() for c in case.clocks if c.id is not None]
    )
    drafts = [Draft(case, book.now, RULE_ACTOR, book.policy, book.time, place) for case in cases.values()]
    moved = sum(adjust(draft, policy=policy) for draft in drafts)
    write_drafts(book, before, drafts)
    return moved


def _adjust_reports(book: Casebook, *, policy: bool) -> int:
    """The clocks of reports that wait to be confirmed, which belong to no case yet."""
    rows = book.session.scalars(select(Clock).where(_OPEN, Clock.delivery_id.is_not(None)).order_by(Clock.id)).all()
    events = read_all_moments(book.session, [row.id for row in rows])
    clocks = [read_clock(row) for row in rows]
    moved = 0
    for clock in clocks:
        limit = book.policy.limits.report_waiting if policy else None
        change = adjust_clock(
            clock,
            book.now,
            limit,
            events[clock.id or 0],
            lambda v: book.in_force.calendar(book.session, v),
            policy=policy,
        )
        clock.policy_version = book.policy.version if policy else clock.policy_version
        plan_next(clock, book.in_force.policy_of(book.session, clock.policy_version), book.time)
        moved += change is not None
    update_clocks(book.session, clocks)
    write_moments(book.session, clocks, book.time.version)
    return moved
