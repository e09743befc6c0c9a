"""Whatever is done in whatever order: no sequence of allowed actions and due clocks breaks what a case must always be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.case import Actor, Case
from domain.clocks import ClockState, always, replay
from domain.lifecycle import ACTIONS, Field, FieldKind, Party, Status, from_status
from domain.policy import Label
from models import case as tables
from models.directory import Contact, Project
from services.case_files import load_cases, read_moments
from services.casebook import Casebook, NewCase, Request, Route, open_casebook
from services.chain import link, text_digest
from services.office import Office
from tests.builders import ACCOUNTS, LEAD, PLANNING, ROADS
from tests.conftest import THURSDAY

MOVES = {
    "new": "in_progress replied closed",
    "in_progress": "disputed consultation suspended tracking replied closed",
    "disputed": "in_progress consultation closed",
    "consultation": "in_progress closed",
    "suspended": "in_progress replied closed",
    "tracking": "in_progress replied closed",
    "replied": "in_progress new closed",
    "closed": "in_progress new replied",
}
"""The moves that the specification has; written by hand."""

ALWAYS = {"approval_step", "city_report"}
WORK = {"close", "plan", "interim", "contact", "answer", "rung_stay", "duty"}
RUN_IN = {
    "new": {"triage", "duty"}, "in_progress": WORK | {"sign_for", "return_window"}, "disputed": WORK | {"ruling"},
    "consultation": WORK | {"sign_for", "consultation"}, "suspended": {"suspension_review", "awaiting_enterprise", "resume", "duty"},
    "tracking": {"interim", "tracking_end", "contact", "answer", "duty"}, "replied": {"follow_up"}, "closed": {"promised"},
}  # fmt: skip

RARE = {"merge": 0.1, "withdraw": 0.1, "decline": 0.2, "reopen": 5, "send_back": 4}
"""How much less (or more) often than others an action is tried, so that a walk stays on its way."""

UNITS = [LEAD, ROADS, PLANNING, "D10", "D02", "A01", "A02", "O01"]


@dataclass(slots=True)
class Walk:
    """A case on its way through chance."""

    book: Casebook
    chance: Random
    case_id: int
    other: str
    done: list[str] = field(default_factory=list)
    state: Case | None = None

    def case(self) -> Case:
        """Its present state."""
        self.book.session.expire_all()
        return load_cases(self.book.session, [self.case_id])[self.case_id]

    def step(self) -> None:
        """One thing that happens: an action, a clock, or an hour or a day that passes."""
        before = self.state or self.case()
        match self.chance.choices(["act", "clock", "time"], [7, 2, 2])[0]:
            case "act":
                self._act(before)
            case "clock":
                self._clocks(before)
            case _:
                self.book.now += timedelta(minutes=self.chance.choice([5, 90, 1500, 4000]))
                self._clocks(before, only_due=True)
        self.state = self.case()
        check(self, before, self.state)

    def _act(self, case: Case) -> None:
        rows = [(row, party) for row in from_status(case.status) for party in sorted(row.by)]
        rows = [(r, p) for r, p in rows if p not in (Party.CLOCK, Party.RULE)]
        asked = case.open_approval() is not None
        weights = [RARE.get(r.name, 12 if r.name == "approve" and asked else 1) for r, _ in rows]
        row, party = self.chance.choices(rows, weights)[0]
        fields = {f.name: self._value(f) for f in row.fields if f.required or self.chance.random() < 0.4}
        [result] = self.book.apply([Request(case.id, row.name, self._actor(case, party), fields)])
        self.done.append(f"{row.name} by {party}: {result.refusal.code if result.refusal else 'done'}")
        if result.refusal is not None:
            assert self.case() == case, "a refused action changed something"

    def _clocks(self, case: Case, *, only_due: bool = False) -> None:
        moments = [c.next_action_at for c in case.clocks if c.next_action_at is not None]
        if not moments:
            return
        if not only_due:
            self.book.now = max(self.book.now, min(moments))
        due = [c for c in case.clocks if c.next_action_at is not None and c.next_action_at <= self.book.now]
        due.sort(key=lambda c: c.next_action_at or self.book.now)
        ticked = self.book.tick({case.id: [c.id or 0 for c in due]}) if due else []
        self.done += [f"{t.clock}: {' '.join(t.steps)}" for t in ticked]

    def _actor(self, case: Case, party: Party) -> Actor:
        unit = {Party.LEAD: case.lead, Party.UNIT_HEAD: case.lead}.get(party)
        if party is Party.SUPPORTER:
            unit = self.chance.choice(case.supporters) if case.supporters else None
        if party is Party.DUTY_UNIT:
            unit = next((c.owner_unit for c in case.clocks if c.kind == "duty"), None)
        step = None
        if party is Party.APPROVER:
            steps = [a.current for a in case.approvals if a.current is not None]
            step = self.chance.choice(steps).id if steps else 0
        contact = case.reporters[0] if party is Party.ENTERPRISE and case.reporters else None
        return Actor(party, "link", account=ACCOUNTS.get(party), contact=contact, unit=unit, step=step)

    def _value(self, wanted: Field) -> object:
        chance, policy = self.chance, self.book.policy
        day = (self.book.now + timedelta(days=chance.randint(1, 9))).date().isoformat()
        match wanted.kind:
            case FieldKind.DAY:
                return day
            case FieldKind.TIME:
                return chance.choice(["09:30", "15:00"])
            case FieldKind.UNIT:
                return chance.choice(UNITS)
            case FieldKind.UNITS:
                return chance.sample(UNITS, 2)
            case FieldKind.CASE_CLASS:
                return chance.choice(sorted(policy.classes))
            case FieldKind.SEVERITY:
                return chance.choice("123")
            case FieldKind.CATEGORY:
                return chance.choice(sorted(policy.categories))
            case FieldKind.PROJECT:
                return chance.choice(["P01", "P02", "P99"])
            case FieldKind.OUTCOME:
                return chance.choice(["resolved", "partial", "promised", "explained"])
            case FieldKind.REASON:
                return chance.choice(sorted(policy.suspension_reasons))
            case FieldKind.RATING:
                return chance.choice("12345")
            case FieldKind.CODE:
                return self.other
            case FieldKind.ANSWER:
                return chance.choice(["answered", "not_solved", "not_reached", "not_reached"])
            case FieldKind.FLAG:
                return chance.choice(["yes", ""])
            case FieldKind.DUTIES:
                return f"{chance.choice(UNITS)};办理;{day}"
            case FieldKind.RUNG:
                return chance.choice("12345")
            case _:
                return "说明"


def check(walk: Walk, before: Case, after: Case) -> None:
    """What holds after every step."""
    told = " → ".join(walk.done[-12:])
    if after.status is not before.status:
        # One sweep may take two steps, e.g. a resumption whose case is replied to by nobody: each move is a specified one.
        reached = set(MOVES[before.status.value].split())
        assert after.status.value in reached | {m for r in reached for m in MOVES[r].split()}, told
    if before.original_due is not None:
        assert after.original_due == before.original_due, told
    assert before.rung <= after.rung <= 7, told
    assert (after.cycle, after.round) >= (before.cycle, before.round), told
    kinds = {c.kind for c in after.clocks if c.state is ClockState.RUNNING}
    assert kinds <= RUN_IN[after.status.value] | ALWAYS, (kinds, told)
    # Outside a suspension only the clock of what was returned to its asker stands still.
    waits = {a.kind.value for a in after.approvals if a.state == "open" and any(s.state == "returned" for s in a.steps)}
    paused = [c for c in after.clocks if c.state is ClockState.PAUSED]
    assert after.status is Status.SUSPENDED or {c.subject for c in paused} <= waits, told
    if after.status is Status.CLOSED:
        assert after.outcome, told
    else:
        assert any(c.open for c in after.clocks), told
        assert after.status in (Status.NEW, Status.DISPUTED, Status.CONSULTATION, Status.REPLIED) or after.lead, told
    open_steps = [c for c in after.clocks if c.kind == "approval_step" and c.open]
    assert len(open_steps) == len([a for a in after.approvals if a.state == "open"]), told


def check_folds(walk: Walk) -> None:
    """Each running clock is due when its own history says."""
    for clock in walk.case().clocks:
        if clock.state is ClockState.RUNNING:
            due = replay(read_moments(walk.book.session, clock.id or 0), always(walk.book.time))
            assert due is not None, walk.done
            assert due.at == clock.due, (clock.kind, walk.done)


def check_chain(session: Session, case_id: int) -> int:
    """Seq without gap, each hash over the line before; returns the number of lines."""
    row = session.get_one(tables.Case, case_id)
    session.refresh(row)
    texts = {t.seq: t for t in session.scalars(select(tables.EventText).where(tables.EventText.case_id == case_id))}
    events = list(
        session.scalars(select(tables.Event).where(tables.Event.case_id == case_id).order_by(tables.Event.seq))
    )
    head = ""
    for number, e in enumerate(events, 1):
        assert e.seq == number
        text = texts.get(number)
        digest = text_digest(text.salt, text.text or {}) if text is not None else None
        assert e.text_digest == digest
        head = link(head, row.code, e.seq, e.at, e.action, e.actor, e.facts, digest, e.policy_version)
        assert e.hash == head
    assert (row.seq, row.head_hash) == (len(events), head)
    return len(events)


@contextmanager
def undone(office: Office) -> Iterator[Session]:
    """A transaction that leaves nothing behind."""
    with Session(office.engine) as session, session.begin() as transaction:
        yield session
        transaction.rollback()


def begin(book: Casebook, chance: Random) -> Walk:
    """A difficulty of P02, dispatched by the rules or left to the desk, and another to merge with."""
    project = book.session.get_one(Project, "P02")
    contact = book.session.scalars(select(Contact).where(Contact.enterprise_id == project.enterprise_id)).first()
    assert contact is not None
    lead = chance.choice([LEAD, LEAD, None])
    route = Route(
        lead, (ROADS, PLANNING) if lead else (), chance.choice(["ordinary", "complex", "hard"]), 2, Label("—", "—")
    )
    new = NewCase(
        title="第二路电源无廊道", detail="", source="standard", category="power", severity=2, enterprise_id=project.enterprise_id,
        contact_id=contact.id, project_id="P02", project_said="P02", area=project.area_id,
        actor=Actor(Party.ENTERPRISE, "webhook", contact=contact.id), route=route,
    )  # fmt: skip
    [(case_id, _), (_, other)] = book.open([new, new])
    return Walk(book, chance, case_id, other)


@given(chance=st.randoms(use_true_random=False), steps=st.integers(5, 45))
@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
def test_no_sequence_breaks_what_a_case_must_always_be(shared: Office, chance: Random, steps: int) -> None:
    """A holder and a clock while it is open; specified moves; the original date; the ladder upwards; the chain."""
    with undone(shared) as session:
        walk = begin(open_casebook(shared, session, now=THURSDAY.astimezone(UTC)), chance)
        first = check_chain(session, walk.case_id)
        for number in range(steps):
            walk.step()
            if number % 8 == 7:
                check_folds(walk)
        assert check_chain(session, walk.case_id) >= first


def test_the_walks_go_everywhere(shared: Office) -> None:
    """What is tested above is worth it: over some walks every status is reached and most actions are taken."""
    seen: set[str] = set()
    done: set[str] = set()
    for seed in range(1, 7):
        with undone(shared) as session:
            walk = begin(open_casebook(shared, session, now=datetime(2026, 7, 16, 2, tzinfo=UTC)), Random(seed))
            for _ in range(60):
                walk.step()
                assert walk.state is not None
                seen.add(walk.state.status.value)
            done |= {line.split(" by ")[0] for line in walk.done if line.endswith(": done")}
    assert seen == set(MOVES)
    assert len(done & set(ACTIONS)) >= 25
