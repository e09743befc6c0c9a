"""The sweep: every clock whose moment has come takes its steps, in batches of short transactions."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from sqlalchemy import Integer, bindparam, not_, select
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from domain.ladder import EXPIRE
from domain.policy import Colour, Policy
from domain.refusals import wrong
from models.case import Case
from models.clock import Clock
from models.intake import Delivery
from models.milestone import Milestone
from models.reading import Reading
from models.rows import among
from services import catching_up
from services.calendar_edits import keep_up
from services.casebook import Ticked, open_casebook
from services.leases import beat
from services.milestone_sweep import tick_slips
from services.node_risk import climb_for_nodes
from services.office import FOLLOW_EVERY, Office
from services.people import People, load_people
from services.plan_changes import clock_rulings
from services.plan_overdue import tick_unruled
from services.stuck_clocks import Stuck, look_up, tell_operator
from services.substitutions import follow_directory
from services.sweep_pieces import Due, abreast
from services.waiting_reports import tick_waiting
from services.what_if import WhatIf, never, what_if

BATCH = 500
"""Clocks in one transaction, at most."""

HELD = 0.09
"""Seconds that a batch aims to hold the database for: an intake beside it waits a tenth of a second at most (DESIGN.md, 6)."""

FEWEST = 100
"""Clocks in one transaction, at least and to begin with."""

ABREAST = 2
"""Batches at once on PostgreSQL, where a writer does not wait for the others: the server writes one while the next is worked out."""

MANY = 400
"""Clocks due at once, at least, for which a second connection is worth its while."""

ROUND = 10
"""Batches that are looked up together where several go abreast; elsewhere other writers have their turn while the next is looked up."""

ENOUGH = 200
"""So many clocks whose steps fail are no accident of single cases: the sweep itself has failed."""


@dataclass(frozen=True, slots=True)
class SweepStep:
    """One step taken: the case's code (or a report's receipt), the clock, the step, and the accounts it went to."""

    case: str
    clock: str
    step: str
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SweepReport:
    """What a sweep did, or in a dry run would do. `examined` clocks, `notices` issued, `seconds` of real time.

    `longest` is how many seconds a batch held the database at most; `stuck` are the clocks whose step could not be taken;
    `ahead` is what a dry run would send to whom.
    """

    as_of: datetime
    examined: int
    steps: tuple[SweepStep, ...]
    notices: int
    seconds: float
    dry_run: bool = False
    longest: float = 0.0
    stuck: tuple[Stuck, ...] = ()
    ahead: WhatIf | None = None


_ACTING = (
    select(Clock.id, Clock.case_id, Clock.delivery_id, Clock.milestone_id)
    .where(Clock.next_action_at.is_not(None), Clock.next_action_at <= bindparam("at"))
    .order_by(Clock.next_action_at, Clock.id)
)
_FIRST = Reading(_ACTING.limit(bindparam("size", type_=Integer)))
_FIRST_BUT = Reading(_ACTING.where(not_(among(Clock.id))).limit(bindparam("size", type_=Integer)))
_OF_CASES = Reading(_ACTING.where(among(Clock.case_id)))
_LEFT = Reading(select(Clock.id).where(among(Clock.id), Clock.next_action_at <= bindparam("at")))


@dataclass(slots=True)
class _Tally:
    size: int = field(default_factory=lambda: min(FEWEST, BATCH))
    """Clocks that the next batch takes."""
    examined: int = 0
    steps: list[SweepStep] = field(default_factory=list)
    stuck: dict[int, Exception] = field(default_factory=dict)
    longest: float = 0.0
    people: People | None = None
    read: tuple[float, Policy | None] = (0.0, None)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def directory(self, office: Office, session: Session) -> People:
        """Who is who, looked up as often as what is in force, not for each of a hundred batches."""
        since, policy = self.read
        if self.people is None or policy is not office.policy or time.monotonic() - since >= FOLLOW_EVERY:
            self.people, self.read = load_people(session, office.policy), (time.monotonic(), office.policy)
        return replace(self.people, unfilled=set())

    def add(self, examined: int, ticked: Sequence[Ticked], seconds: float = 0.0) -> None:
        with self.lock:
            self.examined += examined
            self.steps += _steps(ticked)
            self.longest = max(self.longest, seconds)
            if seconds:
                self.size = min(BATCH, max(FEWEST, int(examined * min(2.0, HELD / seconds))))


def _steps(ticked: Iterable[Ticked]) -> list[SweepStep]:
    return [
        SweepStep(one.code, one.clock, name, () if name == EXPIRE else one.to) for one in ticked for name in one.steps
    ]


def _notices(steps: Iterable[SweepStep]) -> int:
    return sum(1 for step in steps if step.step in set(Colour))


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
    if dry_run:
        return _dry(office, at, should_stop, began)
    beside = office.engine.dialect.name == "postgresql"
    tally, batches = _Tally(), ROUND if beside else 1
    with office.looking():
        catches_up = not silent and catching_up.begin(office, at)
        if not silent:
            keep_up(office)
            follow_directory(office)
            clock_rulings(office, at)
        due, more = _next(office, at, tally.size * batches, tally)
    with _seldom_collected():
        take = partial(_apart, partial(_batch, office, at, tally, silent), tally)
        while due and not should_stop():
            abreast(take, due, lambda: tally.size, ABREAST if beside and len(due) >= MANY else 1, should_stop)
            due, more = _next(office, at, tally.size * batches, tally) if more else ((), False)
    if not silent:
        tally.add(0, climb_for_nodes(office, at, should_stop))
    stuck = look_up(office, tally.stuck)
    if not silent:
        tell_operator(office, stuck, tally.stuck)
        if catches_up:
            catching_up.end(office)
        beat(office, "sweep", {"as_of": at.isoformat(), "examined": tally.examined, "stuck": len(stuck)})
    seconds = time.perf_counter() - began
    return SweepReport(
        at, tally.examined, tuple(tally.steps), _notices(tally.steps), seconds, longest=tally.longest, stuck=stuck
    )


def _dry(office: Office, at: datetime, should_stop: Callable[[], bool], began: float) -> SweepReport:
    """What would be done, planned once for the steps and for who would get what."""
    with _seldom_collected():
        ahead = what_if(office, at, should_stop)
    steps = tuple(_steps(ahead.ticked))
    return SweepReport(
        at, ahead.examined, steps, _notices(steps), time.perf_counter() - began, dry_run=True,
        stuck=look_up(office, ahead.problems), ahead=ahead,
    )  # fmt: skip


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """Look for garbage less often: a batch makes tens of thousands of objects that live as long as it does, and looking
    through all of them, and all of the program, again and again took a quarter of a sweep's time.
    """
    before = gc.get_threshold()
    gc.set_threshold(100_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _next(office: Office, at: datetime, size: int, tally: _Tally) -> tuple[Due, bool]:
    """What is due first, so many clocks with all that are due of their cases; and whether there may be more."""
    with office.reading() as session:
        first = _due(session, at, size, tally.stuck)
        return (_whole_cases(session, at, first, tally.stuck) if first else ()), len(first) == size


def _due(session: Session, at: datetime, size: int, stuck: Collection[int]) -> Due:
    if stuck:
        return _FIRST_BUT.rows(session, at=at, size=size, ids=stuck)
    return _FIRST.rows(session, at=at, size=size)


def _whole_cases(session: Session, at: datetime, first: Due, but: Collection[int]) -> Due:
    """With those due first, all that are due of the same cases: what clocks of a case do at one moment they do in turn, and
    where a batch ends must not matter. `but` are those set aside.
    """
    ids = sorted({row[1] for row in first if row[1] is not None})
    known = {row[0] for row in first}
    others = [row for row in _OF_CASES.rows(session, at=at, ids=ids) if row[0] not in known]
    return [row for row in (*first, *others) if row[0] not in but]


def _apart(take: Callable[[Due], None], tally: _Tally, due: Due) -> None:
    """Let clocks take their steps together. Where that fails, halves of them go on apart, down to the one that fails alone:
    it is set aside, and stops no other.

    Raises what the database itself raises, and the last problem when there are too many.
    """
    if not due:
        return
    try:
        take(due)
    except (OperationalError, InterfaceError):
        raise
    except Exception as problem:
        if len(due) > 1:
            middle = len(due) // 2
            _apart(take, tally, due[:middle])
            _apart(take, tally, due[middle:])
            return
        tally.stuck[due[0][0]] = problem
        if len(tally.stuck) >= ENOUGH:
            raise


def _still_due(session: Session, at: datetime, found: Due) -> Due:
    """Those of `found` that are due once their cases, reports and nodes are held (SQLite: the write transaction holds all).

    Always cases in the order of their ids, then reports, then nodes: whoever changes a case holds it before its clocks, so that two who
    want the same wait for each other and never deadlock. Where there are cases only, the casebook holds them and looks itself.
    """
    if all(row[1] is not None for row in found):
        return found
    if session.get_bind().dialect.name == "postgresql":
        held = (
            (Case, {row[1] for row in found}),
            (Delivery, {row[2] for row in found}),
            (Milestone, {row[3] for row in found}),
        )
        for table, ids in held:
            wanted = sorted(i for i in ids if i is not None)
            if wanted:
                session.execute(
                    select(table.id).where(among(table.id, wanted)).order_by(table.id).with_for_update()
                ).all()
    left = {row[0] for row in _LEFT.rows(session, at=at, ids=[row[0] for row in found])}
    return [row for row in found if row[0] in left]


def _batch(office: Office, at: datetime, tally: _Tally, silent: bool, found: Due) -> None:
    with office.writing() as session:
        session.connection()
        began = time.perf_counter()
        due = _still_due(session, at, found)
        book = open_casebook(office, session, now=at, silent=silent, people=tally.directory(office, session))
        nodes = _nodes(due)
        ticked = [
            *book.tick(_by_case(due)),
            *tick_waiting(book, _waiting(due)),
            *tick_slips(book, nodes),
            *tick_unruled(book, nodes),
        ]
    tally.add(len(due), ticked, time.perf_counter() - began)


def _by_case(due: Due) -> dict[int, list[int]]:
    by_case: dict[int, list[int]] = {}
    for clock_id, case_id, *_ in due:
        if case_id is not None:
            by_case.setdefault(case_id, []).append(clock_id)
    return by_case


def _waiting(due: Due) -> list[int]:
    return [clock_id for clock_id, _, delivery, *_ in due if delivery is not None]


def _nodes(due: Due) -> list[int]:
    return [row[0] for row in due if row[3] is not None]
