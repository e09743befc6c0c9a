"""Reading cases as the rules see them, many at a time, and locking them for a change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from operator import attrgetter, itemgetter
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from domain.case import Approval, ApprovalStep, Case, ProjectFacts, UnitFacts
from domain.clocks import Clock, ClockState, Moment
from domain.factor import same_document
from domain.lifecycle import Kind, Status
from domain.policy import Limit, Policy
from domain.working_time import WorkingTime
from models import case as tables
from models import clock as clock_tables
from models.directory import Project
from models.engine import hold
from models.factor import FactorGrant
from models.reading import Reading
from models.rows import among, table_of
from services.calendar_versions import FIRST
from services.factor_files import add_factors
from services.in_force import InForce
from services.people import People

IN_ONE_QUERY = 500


def chunks(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    """`ids` in pieces that a statement can name."""
    for first in range(0, len(ids), IN_ONE_QUERY):
        yield ids[first : first + IN_ONE_QUERY]


def load_cases(session: Session, ids: Sequence[int], *, lock: bool = True) -> dict[int, Case]:
    """The cases with those ids with their clocks that are open and their open approvals, in the order of `ids`.

    `lock` holds the rows until the transaction ends (SQLite: the write transaction does that by itself).
    """
    found: dict[int, Case] = {}
    # Locked in the order of their ids, whoever asks: two who want the same cases never wait for each other in a circle.
    for some in chunks(sorted(set(ids))):
        for row in (_HELD_CASES if lock else _CASES).rows(session, ids=some):
            found[row[0]] = _case(row)
        _add_parts(session, some, found)
        add_factors(session, [i for i in some if i in found and found[i].kind is Kind.FACTOR], found)
    return {i: found[i] for i in ids if i in found}


# Columns, not entities: what another transaction wrote while this one waited counts, not what the session read before.
_CASE_COLUMNS = [
    table_of(tables.Case).c[name]
    for name in (
        "id", "code", "kind", "status", "category", "case_class", "severity", "project_id", "area_id", "lead_id", "restricted", "rung",
        "round", "cycle", "outcome", "opened_at", "due", "original_due", "estimated", "closed_at", "promised_on", "suspended_for",
        "extensions", "redos", "attempts", "rating_result", "rating_attitude", "marks", "handled_by", "policy_version", "seq", "head_hash",
    )
]  # fmt: skip
_CASES = Reading(select(*_CASE_COLUMNS).where(among(tables.Case.id)).order_by(tables.Case.id))
_HELD_CASES = Reading(_CASES.query.with_for_update())
_CLOCK_COLUMNS = [
    table_of(clock_tables.Clock).c[name]
    for name in (
        "id", "kind", "owner_unit", "subject", "note", "started", "limit_value", "limit_unit", "limit_rolls", "due", "original_due",
        "estimated", "round", "cycle", "state", "paused_at", "done", "next_step", "next_action_at", "ended_at", "policy_version", "case_id",
    )
]  # fmt: skip
_CLOCK_NAMES = [column.name for column in _CLOCK_COLUMNS]
_clock_values = attrgetter(*_CLOCK_NAMES)
CLOCK_CHANGES = (
    "owner_unit", "subject", "due", "estimated", "state", "paused_at", "done", "next_step", "next_action_at", "ended_at",
    "policy_version", "limit_value", "limit_unit", "limit_rolls",
)  # fmt: skip
"""The columns of a clock that may change: not its id, nor whose it is."""
written = itemgetter(*(_CLOCK_NAMES.index(name) for name in CLOCK_CHANGES))
"""The values of these columns as a clock that was read had them, of its `written`."""


def _case(row: Sequence[Any]) -> Case:
    (
        id_, code, kind, status, category, case_class, severity, project, area, lead, restricted, rung, round_, cycle, outcome, opened_at,
        due, original_due, estimated, closed_at, promised_on, suspended_for, extensions, redos, attempts, rating_result, rating_attitude,
        marks, handled_by, policy_version, seq, head_hash,
    ) = row  # fmt: skip
    return Case(
        id_, code, kind, status, rung, round_, cycle, case_class, severity, category, lead, (), area, project, outcome, due, original_due,
        estimated, opened_at, closed_at, promised_on, suspended_for, extensions, redos, attempts, rating_result, rating_attitude,
        frozenset(marks), frozenset(handled_by), seq, head_hash, policy_version, restricted, (),
    )  # fmt: skip


_A, _R, _C, _P = tables.Assignment, tables.Reporter, table_of(clock_tables.Clock), tables.Approval
_SUPPORTERS = Reading(
    select(_A.case_id, _A.unit_id).where(among(_A.case_id), _A.part == "supporter", _A.until.is_(None)).order_by(_A.id)
)
_REPORTERS = Reading(
    select(_R.case_id, _R.contact_id)
    .where(among(_R.case_id), _R.kind != "left")
    .order_by(_R.case_id, _R.kind != "principal", _R.id)
)
_OPEN_CLOCKS = Reading(
    select(*_CLOCK_COLUMNS).where(
        among(_C.c.case_id), or_(_C.c.state == ClockState.RUNNING, _C.c.state == ClockState.PAUSED)
    )
)
_APPROVALS = Reading(
    select(_P.id, _P.case_id, _P.kind, _P.asked_by, _P.asked_at, _P.facts, _P.unit_id, _P.state, _P.subject, _P.needs)
    .where(among(_P.case_id), _P.state == "open")
    .order_by(_P.id)
)


def _add_parts(session: Session, ids: Sequence[int], found: dict[int, Case]) -> None:
    for case_id, unit in _SUPPORTERS.rows(session, ids=ids):
        found[case_id].supporters += (unit,)
    for case_id, contact in _REPORTERS.rows(session, ids=ids):
        found[case_id].reporters += (contact,)
    # Sorted here: a database would copy the rows whole to sort them.
    for values in sorted(_OPEN_CLOCKS.rows(session, ids=ids), key=itemgetter(0)):
        found[values[-1]].clocks.append(_clock(values))
    approvals: dict[int, Approval] = {}
    for i, case_id, kind, asked_by, asked_at, facts, unit, state, subject, needs in _APPROVALS.rows(session, ids=ids):
        groups = {int(group): int(needed) for group, needed in needs.items()}
        approval = Approval(kind, asked_by, asked_at, facts, [], unit, state, i, False, subject, groups)
        approvals[i] = approval
        found[case_id].approvals.append(approval)
    if approvals:
        s = tables.ApprovalStep
        for step in session.scalars(
            select(s)
            .where(s.approval_id.in_(approvals))
            .order_by(s.approval_id, s.seq)
            .execution_options(populate_existing=True)
        ):
            approvals[step.approval_id].steps.append(
                ApprovalStep(
                    step.seq, step.role, step.unit_id, step.state, step.account_id, step.decided_at, step.decided_by, step.reason,
                    step.id, step.group_no,
                )
            )  # fmt: skip


def read_clock(row: clock_tables.Clock) -> Clock:
    """A clock's row as the rules see it."""
    return _clock(_clock_values(row))


def _clock(values: Sequence[Any]) -> Clock:
    (
        id_, kind, owner_unit, subject, note, started, limit_value, limit_unit, limit_rolls, due, original_due, estimated, round_, cycle,
        state, paused_at, done, next_step, next_action_at, ended_at, policy_version, _,
    ) = values  # fmt: skip
    limit = Limit(limit_value, limit_unit, limit_rolls) if limit_value and limit_unit else None
    return Clock(
        kind, owner_unit, subject, started, limit, due, original_due, estimated, round_, cycle, state, paused_at, _steps_done(done),
        next_step, next_action_at, ended_at, id_, note, policy_version, written=values,
    )  # fmt: skip


@lru_cache(maxsize=1_000)
def _steps_done(said: str) -> frozenset[str]:
    return frozenset(said.split())


def read_moments(session: Session, clock_id: int) -> list[Moment]:
    """A clock's events in order."""
    e = clock_tables.ClockEvent
    return [read_moment(row) for row in session.scalars(select(e).where(e.clock_id == clock_id).order_by(e.id))]


def read_all_moments(session: Session, clock_ids: Sequence[int]) -> dict[int, list[Moment]]:
    """The events of many clocks, each clock's in order."""
    e = clock_tables.ClockEvent
    found: dict[int, list[Moment]] = {i: [] for i in clock_ids}
    for some in chunks(clock_ids):
        for row in session.scalars(select(e).where(e.clock_id.in_(some)).order_by(e.clock_id, e.id)):
            found[row.clock_id].append(read_moment(row))
    return found


def read_moment(row: clock_tables.ClockEvent) -> Moment:
    """A clock's event as the rules see it."""
    limit = Limit(row.limit_value, row.limit_unit, row.limit_rolls) if row.limit_value and row.limit_unit else None
    return Moment(row.at, row.what, limit, row.due, row.reason, row.step, row.calendar_id or FIRST)


@dataclass(slots=True)
class Surroundings:
    """What the rules ask of the world around a case, answered from the database of one transaction."""

    session: Session
    people: People
    in_force: InForce
    batch: dict[int, Case] = field(default_factory=dict)
    """The cases that the transaction works on: what it changed counts before it is written."""
    events: dict[int, list[Moment]] = field(default_factory=dict)
    """Events of clocks that were read together."""

    def unit(self, unit_id: str) -> UnitFacts | None:
        """The unit with that id, or None."""
        return self.people.units.get(unit_id)

    def project(self, project_id: str) -> ProjectFacts | None:
        """The project with that id, or None."""
        row = self.session.get(Project, project_id)
        return None if row is None else ProjectFacts(row.id, row.area_id)

    def target(self, code: str) -> Case | None:
        """The case with that code if it is open and was not merged itself, or None."""
        found = next((case for case in self.batch.values() if case.code == code), None)
        if found is None:
            case_id = self.session.scalar(select(tables.Case.id).where(tables.Case.code == code))
            found = load_cases(self.session, [case_id])[case_id] if case_id is not None else None
        return found if found is not None and found.status is not Status.CLOSED else None

    def fresh_staff(self, case: Case, today: date) -> bool:
        """Whether a clerk or the case's commissioner is there who did not handle it."""
        return bool(self.people.fresh(case, today))

    def document_used(self, type_: str, document: str) -> bool:
        """Whether another request of that type has a grant with that number; two that ask at once are let in one by one."""
        hold(self.session, f"grants:{type_}")
        wanted = same_document(document)
        mine = (case.factor for case in self.batch.values() if case.factor is not None and case.factor.type == type_)
        if any(factor.grant(document) is not None for factor in mine):
            return True
        g = FactorGrant
        return self.session.scalar(select(g.id).where(g.type == type_, g.document_key == wanted)) is not None

    def moments(self, clock: Clock) -> list[Moment]:
        """The events of a clock that are written already."""
        if clock.id is None:
            return []
        return self.events[clock.id] if clock.id in self.events else read_moments(self.session, clock.id)

    def calendar(self, version: int | None) -> WorkingTime:
        """The calendar of a version; of None the present one."""
        return self.in_force.calendar(self.session, version)

    def policy(self, version: str) -> Policy:
        """The policy of a version; the present one where that cannot be read any more."""
        return self.in_force.policy_of(self.session, version)
