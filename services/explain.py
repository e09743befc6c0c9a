"""Why each date of a case is what it is: its clocks accounted for minute by minute, and its overdue days by unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.attribution import OverdueDay
from domain.clocks import CLOCKS, ClockState, Happening, Moment
from domain.effects_duty import answered_colour
from domain.explain import Account, account
from domain.labels import PARTY_LABELS, clock_name
from domain.lifecycle import Party
from domain.policy import Label
from models import case as tables
from models import clock as clock_tables
from models.calendar import CalendarVersion
from models.factor import FactorRequest
from models.office import PolicyVersion
from services.attribution import overdue_days
from services.case_files import read_all_moments, read_clock
from services.day_names import DayNames, day_names
from services.explain_words import (
    amount_words,
    change_words,
    limit_words,
    moment_words,
    pause_words,
    result_words,
    span_words,
    why_words,
)
from services.limit_rules import Setting, rule_key
from services.office import Office
from services.people import People, load_people

OPEN = (ClockState.RUNNING, ClockState.PAUSED)


@dataclass(frozen=True, slots=True)
class Rule:
    """Where a clock's limit stands: the policy's key (None: a date was set), and the versions that it was counted by."""

    key: str | None
    policy: str
    policy_adopted: datetime | None
    calendar: int | None
    calendar_adopted: datetime | None


@dataclass(frozen=True, slots=True)
class ExplainedClock:
    """One clock of a case. `stored` is what the register holds; `agrees` whether the events and the count give the same."""

    id: int
    kind: str
    label: Label
    subject: str
    owner: str | None
    owner_label: Label
    round: int
    cycle: int
    state: ClockState
    ended_at: datetime | None
    stored: datetime | None
    agrees: bool
    rule: Rule
    account: Account
    lines: tuple[ExplainedLine, ...]
    changes: tuple[Label, ...]
    result: Label

    @property
    def open(self) -> bool:
        """Whether it still asks for something."""
        return self.state in OPEN

    @property
    def rule_words(self) -> Label:
        """The limit with where it stands in the policy, e.g. 10 working days (classes.complex.close)."""
        said = self._limit
        return Label(f"{said.zh}（{self.rule.key}）", f"{said.en} ({self.rule.key})") if self.rule.key else said

    @property
    def reader_words(self) -> Label:
        """The limit for people who do not read policies, with what has moved the date since, e.g. 10 working days; extended …"""
        said = [self._limit, *self.changes]
        return Label("；".join(one.zh for one in said), "; ".join(one.en for one in said))

    @property
    def _limit(self) -> Label:
        limit = self.account.limit
        return limit_words(limit) if limit is not None else Label("指定日期", "a date that was set")


@dataclass(frozen=True, slots=True)
class ExplainedLine:
    """A stretch in words: from when to when, what it counted for (empty: nothing), and why."""

    span: Label
    counted: bool
    amount: Label
    why: Label


@dataclass(frozen=True, slots=True)
class Explanation:
    """A case's clocks, newest first, and each overdue working day of its closing dates with whose it is."""

    code: str
    clocks: tuple[ExplainedClock, ...]
    overdue: tuple[OverdueDay, ...]
    units: Mapping[str, Label]
    """Names of the units to whom overdue days belong."""

    def by_unit(self) -> dict[str, int]:
        """Overdue working days by owner, most first."""
        owners = [day.owner for day in self.overdue]
        return {owner: owners.count(owner) for owner in sorted(set(owners), key=lambda o: (-owners.count(o), o))}


def explain(office: Office, code: str) -> Explanation | None:
    """All clocks of the case with that code, ended ones too; None if there is none."""
    with office.reading() as session:
        row = session.scalars(select(tables.Case).where(tables.Case.code == code.strip().upper())).first()
        return None if row is None else _explain(session, office, row)


def explain_lines(session: Session, office: Office, case_id: int) -> tuple[ExplainedClock, ...]:
    """The open clocks of a case, the first due first, for its page on the board: every text in both languages."""
    c = clock_tables.Clock
    rows = session.scalars(select(c).where(c.case_id == case_id, c.state.in_(OPEN)).order_by(c.due, c.id)).all()
    moments = read_all_moments(session, [row.id for row in rows])
    desk = _Desk(session, office, load_people(session, office.policy), session.get_one(tables.Case, case_id))
    return tuple(desk.explained(row, moments[row.id]) for row in rows)


def _explain(session: Session, office: Office, case: tables.Case) -> Explanation:
    c = clock_tables.Clock
    rows = session.scalars(select(c).where(c.case_id == case.id).order_by(c.id.desc())).all()
    moments = read_all_moments(session, [row.id for row in rows])
    desk = _Desk(session, office, load_people(session, office.policy), case)
    overdue = overdue_days(session, office, [case.id])[case.id]
    units = {day.owner: desk.name(day.owner) for day in overdue}
    return Explanation(case.code, tuple(desk.explained(row, moments[row.id]) for row in rows), overdue, units)


class _Desk:
    """Explains the clocks of one case; calendars and policies are read once."""

    def __init__(self, session: Session, office: Office, people: People, case: tables.Case) -> None:
        self._session, self._office, self._people, self._case = session, office, people, case
        self._names: dict[tuple[int | None, str], DayNames] = {}
        request = session.scalar(select(FactorRequest.type).where(FactorRequest.case_id == case.id))
        self._factor_type = str(request) if request is not None else None

    def name(self, owner: str) -> Label:
        """A unit's or an account's name; the approver's for whoever is of no unit."""
        return PARTY_LABELS[Party.APPROVER] if owner == Party.APPROVER else self._people.label(owner)

    def explained(self, row: clock_tables.Clock, moments: Sequence[Moment]) -> ExplainedClock:
        office, zone, now = self._office, self._office.zone, self._office.now()
        policy = office.in_force.policy_of(self._session, row.policy_version)
        clock = read_clock(row)
        # The calendar by which it was counted last names the days.
        counted_by = next(
            (m.calendar for m in reversed(moments) if m.what is not Happening.EXTENDED and m.calendar is not None), None
        )
        version = self._session.get(CalendarVersion, counted_by) if counted_by is not None else None
        names = self._names.setdefault((counted_by, policy.version), day_names(policy, version))
        found = account(moments, lambda v: office.in_force.calendar(self._session, v), now, names.notes)
        adopted = self._session.get(PolicyVersion, row.policy_version)
        setting = Setting(
            self._case.case_class, self._case.severity, self._case.rung, row.round > 1, self._factor_type, answered_colour(clock)
        )  # fmt: skip
        key = rule_key(row.kind, found.limit, row.subject, policy, setting) if found.limit is not None else None
        rule = Rule(
            key, row.policy_version, adopted.adopted_at if adopted is not None else None, found.calendar,
            version.adopted_at if version is not None else None,
        )  # fmt: skip
        pauses = pause_words(found, policy, zone, now)
        kind = CLOCKS[row.kind]
        return ExplainedClock(
            id=row.id, kind=row.kind, label=clock_name(row.kind, row.subject), subject=row.subject, owner=row.owner_unit,
            owner_label=self._people.label(row.owner_unit) if row.owner_unit else PARTY_LABELS[kind.owner], round=row.round,
            cycle=row.cycle, state=clock.state, ended_at=clock.ended_at, stored=clock.due, agrees=_agrees(found, clock.due),
            rule=rule, account=found,
            lines=tuple(
                ExplainedLine(
                    span_words(one, zone), one.counted,
                    amount_words(one.amount, found.unit) if one.counted and one.amount and found.unit else Label("", ""),
                    why_words(one, found.unit, pauses(one)),
                )
                for one in found.intervals
            ),
            changes=tuple(
                Label(f"{moment_words(one.at, zone).zh} {said.zh}", f"{moment_words(one.at, zone).en} {said.en}")
                for one in found.changes
                for said in [change_words(one, zone, self.name)]
            ),
            result=result_words(found, clock.due, zone),
        )  # fmt: skip


def _agrees(found: Account, stored: datetime | None) -> bool:
    """The events give what is stored, and the plain count arrives there too, or before an extension or a kept date."""
    if found.due is None or found.due.at != stored:
        return False
    ends = found.reached
    changed = any(change.what is not Happening.PASSED_ON for change in found.changes)
    return ends is None or ends == found.due.at or changed
