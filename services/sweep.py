"""The sweep: every clock whose moment has come takes its steps, in batches of short transactions."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Row, select, tuple_
from sqlalchemy.orm import Session

from domain.ladder import EXPIRE
from domain.policy import Colour
from domain.refusals import wrong
from models.case import Case
from models.clock import Clock
from models.intake import Delivery
from services.calendar_edits import keep_up
from services.case_files import load_cases
from services.casebook import Ticked, open_casebook
from services.leases import beat
from services.office import Office
from services.substitutions import follow_directory
from services.waiting_reports import plan_waiting, tick_waiting

BATCH = 300


def never() -> bool:
    """A sweep that nobody asks to stop."""
    return False


@dataclass(frozen=True, slots=True)
class SweepStep:
    """One step taken: the case's code (or a report's receipt), the clock, the step, and the accounts it went to."""

    case: str
    clock: str
    step: str
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SweepReport:
    """What a sweep did, or in a dry run would do. `examined` clocks, `notices` issued, `seconds` of real time."""

    as_of: datetime
    examined: int
    steps: tuple[SweepStep, ...]
    notices: int
    seconds: float
    dry_run: bool = False


@dataclass(slots=True)
class _Tally:
    examined: int = 0
    steps: list[SweepStep] = field(default_factory=list)

    def add(self, ticked: Sequence[Ticked]) -> None:
        for one in ticked:
            self.steps += [SweepStep(one.code, one.clock, name, () if name == EXPIRE else one.to) for name in one.steps]


def sweep(
    office: Office,
    as_of: datetime | None = None,
    dry_run: bool = False,
    should_stop: Callable[[], bool] = never,
    *,
    silent: bool = False,
) -> SweepReport:
    """Take every step that is due at `as_of` (the office's now). A moment in the future is for dry runs only (FieldRefused).

    Running it twice, late or beside another one changes nothing but the delay: each step is unique in the database.
    """
    began, now = time.perf_counter(), office.now()
    at = as_of or now
    if at > now and not dry_run:
        raise wrong("as_of", f"{at.astimezone(office.zone):%Y-%m-%d %H:%M} is in the future; ask for a dry run")
    if not dry_run and not silent:
        keep_up(office)
        follow_directory(office)
    tally = _Tally()
    after: tuple[datetime, int] | None = None
    while not should_stop():
        found, after = _preview(office, at, tally, after) if dry_run else _batch(office, at, tally, silent)
        if found < BATCH:
            break
    if not dry_run and not silent:
        beat(office, "sweep", {"as_of": at.isoformat(), "examined": tally.examined})
    notices = sum(1 for s in tally.steps if s.step in set(Colour))
    return SweepReport(at, tally.examined, tuple(tally.steps), notices, time.perf_counter() - began, dry_run)


Due = Sequence[Row[tuple[int, int | None, int | None, datetime | None]]]


def _due(session: Session, at: datetime, after: tuple[datetime, int] | None = None) -> Due:
    query = (
        select(Clock.id, Clock.case_id, Clock.delivery_id, Clock.next_action_at)
        .where(Clock.next_action_at.is_not(None), Clock.next_action_at <= at)
        .order_by(Clock.next_action_at, Clock.id)
        .limit(BATCH)
    )
    if after is not None:
        query = query.where(tuple_(Clock.next_action_at, Clock.id) > after)
    return session.execute(query).all()


def _still_due(session: Session, at: datetime, found: Due) -> Due:
    """Those of `found` that are due once their cases and reports are held (SQLite: the write transaction holds all).

    Always cases in the order of their ids, then reports: whoever changes a case holds it before its clocks, so that two who
    want the same wait for each other and never deadlock.
    """
    if session.get_bind().dialect.name != "postgresql":
        return found
    for table, ids in ((Case, {row[1] for row in found}), (Delivery, {row[2] for row in found})):
        wanted = sorted(i for i in ids if i is not None)
        if wanted:
            session.execute(select(table.id).where(table.id.in_(wanted)).order_by(table.id).with_for_update()).all()
    left = set(
        session.scalars(select(Clock.id).where(Clock.id.in_([row[0] for row in found]), Clock.next_action_at <= at))
    )
    return [row for row in found if row[0] in left]


def _batch(office: Office, at: datetime, tally: _Tally, silent: bool) -> tuple[int, None]:
    with office.writing() as session:
        found = _due(session, at)
        if not found:
            return 0, None
        due = _still_due(session, at, found)
        book = open_casebook(office, session, now=at, silent=silent)
        by_case: dict[int, list[int]] = {}
        for clock_id, case_id, _, _ in due:
            if case_id is not None:
                by_case.setdefault(case_id, []).append(clock_id)
        tally.examined += len(due)
        tally.add(book.tick(by_case))
        tally.add(tick_waiting(book, [clock_id for clock_id, _, delivery, _ in due if delivery is not None]))
        return len(found), None


def _preview(
    office: Office, at: datetime, tally: _Tally, after: tuple[datetime, int] | None
) -> tuple[int, tuple[datetime, int] | None]:
    with office.reading() as session:
        due = _due(session, at, after)
        if not due:
            return 0, after
        book = open_casebook(office, session, now=at)
        by_case: dict[int, list[int]] = {}
        for clock_id, case_id, _, _ in due:
            if case_id is not None:
                by_case.setdefault(case_id, []).append(clock_id)
        tally.examined += len(due)
        tally.add(book.plan(load_cases(session, list(by_case), lock=False), by_case)[1])
        tally.add(plan_waiting(book, [clock_id for clock_id, _, delivery, _ in due if delivery is not None])[1])
        last = due[-1]
        return len(due), (last[3] or at, last[0])
