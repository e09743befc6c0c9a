"""Who waits for whom: of the open difficulties, what each lead unit waits for, how often and how long."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.clocks import ClockState
from domain.lifecycle import Kind, Status
from domain.policy import Label
from models.case import Approval, ApprovalStep, Case
from models.clock import Clock
from services.board_lights import not_restricted
from services.office import Office
from services.people import load_people

APPROVERS, ENTERPRISE, DESK, OTHERS = "approvers", "enterprise", "desk", "others"
"""For whom a lead may wait beside units: who decides what it asked, the enterprise, the dispatch desk, and what no party can hasten."""

LABELS = {
    APPROVERS: Label("审批人", "Approvers"),
    ENTERPRISE: Label("企业", "Enterprise"),
    DESK: Label("推进办", "Desk"),
    OTHERS: Label("法定程序等", "Statutory procedure"),
}
_RUNS = (ClockState.RUNNING, ClockState.PAUSED)


@dataclass(frozen=True, slots=True)
class Wait:
    """How many cases wait so, how many working days the longest has, and how many all together."""

    cases: int
    longest: int
    days: int


@dataclass(frozen=True, slots=True)
class Waits:
    """Who waits (rows: lead units, those that wait most first) for whom (columns), and what stands where they cross."""

    rows: tuple[tuple[str, Label], ...]
    columns: tuple[tuple[str, Label], ...]
    cells: dict[tuple[str, str], Wait]


def waits(session: Session, office: Office) -> Waits:
    """Count what is waited for now. A supporter's, an approver's and an enterprise's delay each run beside one another."""
    people, now = load_people(session, office.policy), office.now()
    spent: dict[tuple[str, str], list[int]] = defaultdict(list)
    known: dict[object, int] = {}
    for lead, whom, since in _waiting(session):
        day = office.time.local(since).date()
        if day not in known:
            known[day] = office.time.working_days_between(since, now)
        spent[lead, whom].append(known[day])
    cells = {key: Wait(len(days), max(days), sum(days)) for key, days in spent.items()}
    by_row: dict[str, int] = defaultdict(int)
    by_column: dict[str, int] = defaultdict(int)
    for (lead, whom), cell in cells.items():
        by_row[lead] += cell.days
        by_column[whom] += cell.days
    rows = sorted(by_row, key=lambda unit: (-by_row[unit], unit))
    columns = sorted(by_column, key=lambda whom: (whom in LABELS, -by_column[whom], whom))
    return Waits(
        tuple((unit, people.label(unit)) for unit in rows),
        tuple((whom, LABELS.get(whom) or people.label(whom)) for whom in columns), cells,
    )  # fmt: skip


def _waiting(session: Session) -> Iterator[tuple[str, str, datetime]]:
    """(lead, for whom, since when) of everything that is waited for."""
    mine = (Case.kind == Kind.DIFFICULTY, not_restricted(), Case.status != Status.CLOSED, Case.lead_id.is_not(None))
    answers = select(Case.lead_id, Clock.owner_unit, Clock.started).join(Clock, Clock.case_id == Case.id)
    for lead, supporter, since in session.execute(answers.where(*mine, Clock.kind == "answer", Clock.state.in_(_RUNS))):
        if lead is not None and supporter is not None and supporter != lead:
            yield lead, supporter, since
    asked = (
        select(Case.lead_id, Approval.asked_at)
        .join(Approval, Approval.case_id == Case.id)
        .join(ApprovalStep, ApprovalStep.approval_id == Approval.id)
        .where(*mine, Approval.state == "open", ApprovalStep.state == "open")
        .group_by(Case.lead_id, Approval.id, Approval.asked_at)
    )
    for lead, since in session.execute(asked):
        if lead is not None:
            yield lead, APPROVERS, since
    stands = {
        "awaiting_enterprise": ENTERPRISE, "resume": OTHERS, "ruling": DESK, "consultation": DESK, "follow_up": ENTERPRISE,
    }  # fmt: skip
    query = select(Case.lead_id, Clock.kind, Clock.started).join(Clock, Clock.case_id == Case.id)
    for lead, kind, since in session.execute(query.where(*mine, Clock.kind.in_(stands), Clock.state.in_(_RUNS))):
        if lead is not None:
            yield lead, stands[kind], since
