"""What the figures are counted from: cases with what became of them, and what units did and owed within a period."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, or_, select
from sqlalchemy.orm import Session

from domain.clocks import ClockState
from domain.lifecycle import ApprovalKind, Kind, Party, Status
from domain.policy import Colour
from models.case import Approval, ApprovalStep, Assignment, Case
from models.clock import Clock, Notice
from services.attribution import overdue_days
from services.case_files import chunks
from services.office import Office

NOBODY = Party.APPROVER.value
"""Whose an overdue day is that belongs to an approver of no unit."""

REPLIES = frozenset({"resolved", "partial", "promised", "explained", "reasonable_explanation"})
"""Outcomes that a signed reply gave."""


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A difficulty as the figures of a period see it.

    `on_time` is None without a closing date in its present cycle, `days_to_reply` (working days) without a signed reply,
    `contacted` (first contact in time) without a first contact that was owed. `closed_on` is the day of the office's zone.
    """

    received: bool
    open: bool
    closed: bool
    outcome: str | None
    category: str | None
    lead: str | None
    restricted: bool
    rating: int | None
    on_time: bool | None
    days_to_reply: int | None
    contacted: bool | None = None
    closed_on: date | None = None


@dataclass(slots=True)
class Rows:
    """The cases of a period, and how often something happened, by unit and by category; restricted cases in the first only."""

    cases: list[CaseRow]
    happened: Counter[tuple[str, bool, str]] = field(default_factory=Counter)

    def add(self, what: str, unit: str | None, category: str | None, times: int = 1) -> None:
        """Count something that happened in a unit, in a case of a category."""
        if unit is not None:
            self.happened[what, True, unit] += times
        if category is not None:
            self.happened[what, False, category] += times

    def count(self, what: str, code: str, *, of_unit: bool) -> int:
        """How often it happened in the unit, or in the category, of that code."""
        return self.happened[what, of_unit, code]

    def units(self) -> set[str]:
        """The units in which something happened."""
        return {code for _, of_unit, code in self.happened if of_unit}


@dataclass(frozen=True, slots=True)
class _Period:
    """The days from `first` to `last` as moments: from `begins` on, before `ends`."""

    first: date
    last: date
    begins: datetime
    ends: datetime

    def has(self, at: datetime | None) -> bool:
        return at is not None and self.begins <= at < self.ends


@dataclass(slots=True)
class _Times:
    """When a case's replies of its present cycle were due and signed, and when its rounds were replied to."""

    closes: list[tuple[datetime, datetime | None, datetime]] = field(default_factory=list)
    replies: dict[int, datetime] = field(default_factory=dict)
    contacted: bool | None = None


def load_rows(session: Session, office: Office, first: date, last: date) -> Rows:
    """Read what counts in the days `first` to `last`, inclusive."""
    period = _period(office, first, last)
    rows = Rows(_load(session, office, period, _counts_in(period)))
    _count_assignments(session, period, rows)
    _count_signing(session, period, office.now(), rows)
    _count_returns(session, period, rows)
    _count_extensions(session, period, rows)
    _count_notices(session, period, rows)
    _count_overdue(session, office, period, rows)
    return rows


def load_closed(session: Session, office: Office, first: date, last: date) -> list[CaseRow]:
    """The difficulties that were closed in the days `first` to `last`, inclusive, and are closed still; restricted ones never."""
    period = _period(office, first, last)
    return _load(session, office, period, and_(_closed_in(period), Case.restricted.is_(False)))


def _period(office: Office, first: date, last: date) -> _Period:
    zone = office.zone
    return _Period(
        first, last, datetime(first.year, first.month, first.day, tzinfo=zone),
        datetime(last.year, last.month, last.day, tzinfo=zone) + timedelta(days=1),
    )  # fmt: skip


def _closed_in(period: _Period) -> ColumnElement[bool]:
    return and_(Case.status == Status.CLOSED, Case.closed_at >= period.begins, Case.closed_at < period.ends)


def _counts_in(period: _Period) -> ColumnElement[bool]:
    return and_(
        Case.opened_at < period.ends,
        or_(Case.status != Status.CLOSED, Case.opened_at >= period.begins, _closed_in(period)),
    )


def _load(session: Session, office: Office, period: _Period, which: ColumnElement[bool]) -> list[CaseRow]:
    times = _times(session, _closed_in(period))
    # Columns, not whole cases: of a year there are tens of thousands.
    query = select(
        Case.id, Case.status, Case.opened_at, Case.closed_at, Case.outcome, Case.cycle, Case.category, Case.lead_id, Case.restricted,
        Case.rating_result,
    ).where(Case.kind == Kind.DIFFICULTY, which)  # fmt: skip
    return [_row(case, office, period, times.get(case.id)) for case in session.execute(query)]


def _row(case: Row[Any], office: Office, period: _Period, times: _Times | None) -> CaseRow:
    on_time = days = None
    if times is not None:
        if times.closes:
            on_time = all(due is None or ended <= due for _, due, ended in times.closes)
        if times.replies and case.outcome in REPLIES:
            began = (
                min((start for start, _, _ in times.closes), default=case.opened_at)
                if case.cycle > 1
                else case.opened_at
            )
            days = office.time.working_days_between(began, times.replies[max(times.replies)])
    closed = case.status is Status.CLOSED and period.has(case.closed_at)
    return CaseRow(
        received=period.has(case.opened_at), open=case.status is not Status.CLOSED, closed=closed, outcome=case.outcome,
        category=case.category, lead=case.lead_id, restricted=case.restricted, rating=case.rating_result, on_time=on_time,
        days_to_reply=days, contacted=times.contacted if times is not None else None,
        closed_on=case.closed_at.astimezone(office.zone).date() if closed else None,
    )  # fmt: skip


def _times(session: Session, which: ColumnElement[bool]) -> dict[int, _Times]:
    """Of the cases: the clocks of their present cycle that say when replies were due and signed, and whether contact was in time."""
    found: dict[int, _Times] = defaultdict(_Times)
    query = (
        select(Clock.case_id, Clock.kind, Clock.round, Clock.started, Clock.due, Clock.ended_at, Clock.state)
        .join(Case, Case.id == Clock.case_id)
        .where(Case.kind == Kind.DIFFICULTY, which, Clock.cycle == Case.cycle, Clock.kind.in_(("close", "follow_up", "contact")))
    )  # fmt: skip
    for case_id, kind, round_, started, due, ended, state in session.execute(query):
        times = found[case_id]
        if kind == "follow_up":
            # A follow-up starts with the reply, and again after each call that reached nobody.
            times.replies[round_] = min(started, times.replies.get(round_, started))
        elif kind == "contact":
            late = due is not None and ended is not None and ended > due
            # What was taken back in time was not owed; one that was missed is not mended by a later one.
            if state is ClockState.MET or late:
                times.contacted = not late and times.contacted is not False
        elif state is ClockState.MET and ended is not None:
            times.closes.append((started, due, ended))
    return found


# -- what happened -----------------------------------------------------------------------------------------------------


def _count_assignments(session: Session, period: _Period, rows: Rows) -> None:
    query = (
        select(Assignment.unit_id, Assignment.case_id)
        .join(Case, Case.id == Assignment.case_id)
        .where(
            Case.kind == Kind.DIFFICULTY, Case.restricted.is_(False), Assignment.part == "lead",
            Assignment.since >= period.begins, Assignment.since < period.ends,
        )
        .distinct()
    )  # fmt: skip
    for unit, _ in session.execute(query):
        rows.add("received", unit, None)


def _count_signing(session: Session, period: _Period, now: datetime, rows: Rows) -> None:
    """Signed for, by the day on which it was due; what nobody signed for counts as received then, and not as signed in time."""
    met = Clock.state == ClockState.MET
    missed = and_(Clock.due <= now, or_(Clock.ended_at.is_(None), Clock.ended_at > Clock.due))
    query = (
        select(Clock.owner_unit, Case.category, Clock.state, Clock.due, Clock.ended_at)
        .join(Case, Case.id == Clock.case_id)
        .where(
            Case.kind == Kind.DIFFICULTY, Case.restricted.is_(False), Clock.kind == "sign_for", or_(met, missed),
            Clock.due >= period.begins, Clock.due < period.ends,
        )
    )  # fmt: skip
    for unit, category, state, due, ended in session.execute(query):
        in_time = state is ClockState.MET and due is not None and ended is not None and ended <= due
        rows.add("signed", unit, category)
        rows.add("signed_on_time", unit, category, int(in_time))


def _count_returns(session: Session, period: _Period, rows: Rows) -> None:
    """Sent back: the one thing that meets the return window."""
    query = (
        select(Clock.owner_unit, Case.category)
        .join(Case, Case.id == Clock.case_id)
        .where(
            Case.kind == Kind.DIFFICULTY, Case.restricted.is_(False), Clock.kind == "return_window",
            Clock.state == ClockState.MET, Clock.ended_at >= period.begins, Clock.ended_at < period.ends,
        )
    )  # fmt: skip
    for unit, category in session.execute(query):
        rows.add("returned", unit, category)


def _count_extensions(session: Session, period: _Period, rows: Rows) -> None:
    decided: dict[int, datetime] = {}
    whose: dict[int, tuple[str | None, str | None]] = {}
    query = (
        select(Approval.id, Approval.unit_id, Case.category, ApprovalStep.decided_at)
        .join(ApprovalStep, ApprovalStep.approval_id == Approval.id)
        .join(Case, Case.id == Approval.case_id)
        .where(
            Case.kind == Kind.DIFFICULTY, Case.restricted.is_(False), Approval.kind == ApprovalKind.EXTENSION,
            Approval.state == "granted", ApprovalStep.decided_at.is_not(None),
        )
    )  # fmt: skip
    for i, unit, category, at in session.execute(query):
        decided[i], whose[i] = max(at, decided.get(i, at)), (unit, category)
    for i, at in decided.items():
        if period.has(at):
            rows.add("extended", *whose[i])


def _count_notices(session: Session, period: _Period, rows: Rows) -> None:
    query = (
        select(Notice.owner, Case.category, Notice.colour)
        .join(Case, Case.id == Notice.case_id)
        .where(
            Case.kind == Kind.DIFFICULTY, Case.restricted.is_(False), Notice.colour.in_((Colour.YELLOW, Colour.RED)),
            Notice.issued_at >= period.begins, Notice.issued_at < period.ends,
        )
    )  # fmt: skip
    for owner, category, colour in session.execute(query):
        rows.add(colour.value, owner, category)


def _count_overdue(session: Session, office: Office, period: _Period, rows: Rows) -> None:
    """The overdue days of the period, each for the unit that it belongs to by the histories of the case's clocks."""
    until = min(office.now(), period.ends)
    late = (
        select(Case.id, Case.category)
        .join(Clock, Clock.case_id == Case.id)
        .where(
            Case.kind == Kind.DIFFICULTY, Case.restricted.is_(False), Clock.kind == "close", Clock.due < until,
            or_(Clock.ended_at.is_(None), and_(Clock.ended_at > Clock.due, Clock.ended_at >= period.begins)),
        )
    )  # fmt: skip
    categories = {row.id: row.category for row in session.execute(late)}
    for some in chunks(sorted(categories)):
        for case_id, days in overdue_days(session, office, some, until).items():
            for one in days:
                if period.first <= one.day <= period.last:
                    rows.add("overdue", one.owner, categories[case_id])
