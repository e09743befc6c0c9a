"""Whose the overdue days of cases are, read from the histories of their clocks, many cases at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.attribution import JUDGING, ClockHistory, OverdueDay, attribute
from domain.clocks import Happening, Moment
from models.case import Assignment, Event
from models.clock import Clock
from services.case_files import chunks, read_all_moments
from services.office import Office

Passed = Mapping[tuple[int, datetime, str], str]
"""Who handed something on: (case, moment, to whom) → from whom."""


def overdue_days(
    session: Session, office: Office, case_ids: Sequence[int], until: datetime | None = None
) -> dict[int, tuple[OverdueDay, ...]]:
    """Each overdue working day of the cases' closing dates up to `until` (None: now), with its one owner."""
    return {
        case_id: attribute(
            histories, office.policy.desk_unit, lambda v: office.in_force.calendar(session, v), until or office.now()
        )
        for case_id, histories in clock_histories(session, case_ids).items()
    }


def clock_histories(session: Session, case_ids: Sequence[int]) -> dict[int, list[ClockHistory]]:
    """Of each case the clocks that say whose an overdue day is, in the order in which they were started."""
    found: dict[int, list[ClockHistory]] = {i: [] for i in case_ids}
    for some in chunks(case_ids):
        rows = session.scalars(
            select(Clock).where(Clock.case_id.in_(some), Clock.kind.in_(JUDGING)).order_by(Clock.id)
        ).all()
        moments = read_all_moments(session, [row.id for row in rows])
        handed_on = any(m.what is Happening.PASSED_ON for history in moments.values() for m in history)
        passed = _passed(session, some) if handed_on else {}
        for row in rows:
            if row.case_id is not None:
                owner = _first_owner(row, moments[row.id], passed)
                found[row.case_id].append(ClockHistory(row.kind, row.subject, owner, tuple(moments[row.id])))
    return found


def _first_owner(row: Clock, moments: Sequence[Moment], passed: Passed) -> str | None:
    """For whom a clock was started: its row holds its present owner, the case's history who had it before."""
    first = next((m for m in moments if m.what is Happening.PASSED_ON), None)
    if first is None or row.case_id is None:
        return row.owner_unit
    return passed.get((row.case_id, first.at, first.reason), row.owner_unit)


def _passed(session: Session, case_ids: Sequence[int]) -> Passed:
    """Leads that were replaced, and units whose work went to a successor."""
    found: dict[tuple[int, datetime, str], str] = {}
    parts: dict[int, list[Assignment]] = defaultdict(list)
    a, e = Assignment, Event
    for part in session.scalars(select(a).where(a.case_id.in_(case_ids), a.part == "lead").order_by(a.case_id, a.id)):
        parts[part.case_id].append(part)
    for case_id, leads in parts.items():
        for old, new in pairwise(leads):
            found[case_id, new.since, new.unit_id] = old.unit_id
    succeeded = select(e.case_id, e.at, e.facts).where(e.case_id.in_(case_ids), e.action == "succeeded").order_by(e.id)
    for case_id, at, facts in session.execute(succeeded):
        found[case_id, at, str(facts["to"])] = str(facts["from"])
    return found
