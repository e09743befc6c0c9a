"""Verifying the history: every chain, text, file, digest and clock recomputed from what is stored; nothing is written.

Cases are taken a few hundred at a time, so that memory does not grow with the register.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from domain.clocks import ClockState, due_at_pause, replay
from domain.working_time import WorkingTime
from models.audit import HeadDigest, HeadLine
from models.case import Case, Event, EventText
from models.clock import Clock, ClockEvent
from services.audit_files import verify_files
from services.audit_findings import Finding, Findings
from services.case_files import read_moment
from services.chain import link, text_digest
from services.heads import digest_of
from services.milestone_audit import verify_plans
from services.office import Office

AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What was looked at, and what is wrong. `last` is the newest digest, to be held against the supervisor's mail."""

    cases: int
    events: int
    clocks: int
    digests: int
    last: tuple[date, str] | None
    findings: tuple[Finding, ...]
    seconds: float
    files: int = 0


@dataclass(slots=True)
class _Audit:
    office: Office
    session: Session
    found: Findings = field(default_factory=Findings)
    cases: int = 0
    events: int = 0
    clocks: int = 0
    digests: int = 0
    files: int = 0
    last: tuple[date, str] | None = None


@dataclass(frozen=True, slots=True)
class _Head:
    id: int
    code: str
    seq: int
    head: str


@dataclass(frozen=True, slots=True)
class _Event:
    case_id: int
    seq: int
    at: datetime
    action: str
    actor: dict[str, Any]
    facts: dict[str, Any]
    text_digest: str | None
    policy_version: str
    hash: str


def verify(office: Office) -> AuditReport:
    """Recompute everything, at one moment of the database, while others work."""
    began = time.perf_counter()
    with office.reading() as session:
        audit = _Audit(office, session)
        for heads in _heads(session):
            _verify_chains(audit, heads)
            _verify_clocks(audit, Clock.case_id.in_([h.id for h in heads]), {h.id: h.code for h in heads})
        _verify_clocks(audit, Clock.case_id.is_(None), {})
        verify_plans(session, audit.found)
        _verify_strays(audit)
        _verify_digests(audit)
        audit.files = verify_files(session, office.settings, audit.found)
    return AuditReport(
        audit.cases, audit.events, audit.clocks, audit.digests, audit.last, tuple(audit.found.all), time.perf_counter() - began, audit.files
    )  # fmt: skip


def _heads(session: Session) -> Iterator[list[_Head]]:
    after = 0
    while True:
        query = select(Case.id, Case.code, Case.seq, Case.head_hash).where(Case.id > after).order_by(Case.id)
        heads = [_Head(*row) for row in session.execute(query.limit(AT_ONCE))]
        if not heads:
            return
        yield heads
        after = heads[-1].id


# -- chains ------------------------------------------------------------------------------------------------------------


def _verify_chains(audit: _Audit, heads: Sequence[_Head]) -> None:
    session, ids = audit.session, [h.id for h in heads]
    audit.cases += len(heads)
    events: dict[int, list[_Event]] = defaultdict(list)
    columns = (
        Event.case_id, Event.seq, Event.at, Event.action, Event.actor, Event.facts, Event.text_digest, Event.policy_version,
        Event.hash,
    )  # fmt: skip
    for row in session.execute(select(*columns).where(Event.case_id.in_(ids)).order_by(Event.case_id, Event.seq)):
        events[row.case_id].append(_Event(*row))
    texts: dict[int, dict[int, EventText]] = defaultdict(dict)
    for text in session.scalars(select(EventText).where(EventText.case_id.in_(ids))):
        texts[text.case_id][text.seq] = text
    lines: dict[str, list[HeadLine]] = defaultdict(list)
    for line in session.scalars(
        select(HeadLine).where(HeadLine.code.in_([h.code for h in heads])).order_by(HeadLine.day)
    ):
        lines[line.code].append(line)
    for head in heads:
        audit.events += len(events[head.id])
        _verify_chain(audit.found, head, events[head.id])
        _verify_texts(audit.found, head, events[head.id], texts[head.id])
        _verify_lines(audit.found, head, events[head.id], lines[head.code])
    session.expunge_all()


def _verify_chain(found: Findings, head: _Head, events: Sequence[_Event]) -> None:
    previous, expected = "", 1
    for event in events:
        gap = event.seq != expected
        if event.seq > expected:
            found.missing(head.code, expected, event.seq - 1)
        elif gap:
            found.edited(head.code, event.seq, "stands twice, or its number is none")
        said = link(
            previous, head.code, event.seq, event.at, event.action, event.actor, event.facts, event.text_digest,
            event.policy_version,
        )  # fmt: skip
        # After a gap the hash before it is not known: the gap itself is the finding.
        if not gap and said != event.hash:
            found.edited(
                head.code, event.seq, "does not give its hash: it, the one before it or their order was changed"
            )
        if event.seq > head.seq:
            found.inserted(head.code, event.seq, head.seq)
        previous, expected = event.hash, event.seq + 1
    if expected - 1 < head.seq:
        found.missing(head.code, expected, head.seq)
    elif expected - 1 == head.seq and previous != head.head:
        found.head(head.code, head.seq)


def _verify_texts(found: Findings, head: _Head, events: Sequence[_Event], texts: dict[int, EventText]) -> None:
    redacted = {e.facts.get("seq"): e.facts.get("digest") for e in events if e.action == "redacted"}
    for event in events:
        text = texts.pop(event.seq, None)
        if event.text_digest is None:
            if text is not None:
                found.text(head.code, event.seq, "was added: its event says that there is none")
        elif text is None:
            found.text(head.code, event.seq, "is gone")
        elif text.text is None:
            if redacted.get(event.seq) != event.text_digest:
                found.text(head.code, event.seq, "was blanked, and no redaction says so")
        elif text_digest(text.salt, text.text) != event.text_digest:
            found.text(head.code, event.seq, "was changed: it does not give its digest")
    for seq in sorted(texts):
        found.text(head.code, seq, "belongs to no event")


def _verify_lines(found: Findings, head: _Head, events: Sequence[_Event], lines: Sequence[HeadLine]) -> None:
    hashes = {event.seq: event.hash for event in events}
    last = max(hashes, default=0)
    for line in lines:
        if line.seq > last:
            found.cut(head.code, line.day, line.seq, last)
        elif hashes.get(line.seq) != line.head:
            found.rewritten(head.code, line.day, line.seq)


# -- what belongs to nothing, and the digests --------------------------------------------------------------------------


def _verify_strays(audit: _Audit) -> None:
    session = audit.session
    known = select(Case.id)
    for case_id, seq in session.execute(
        select(Event.case_id, Event.seq).where(Event.case_id.not_in(known)).order_by(Event.case_id, Event.seq)
    ):
        audit.found.stray(f"case {case_id}", seq)
    gone = select(HeadLine.code, HeadLine.day, HeadLine.seq).where(HeadLine.code.not_in(select(Case.code)))
    for code, day, seq in session.execute(gone.order_by(HeadLine.code, HeadLine.day)):
        audit.found.case_gone(code, day, seq)


def _verify_digests(audit: _Audit) -> None:
    session, previous = audit.session, ""
    seen: set[str] = set()
    for row in session.scalars(select(HeadDigest).order_by(HeadDigest.day)):
        lines = [
            (code, seq, head)
            for code, seq, head in session.execute(
                select(HeadLine.code, HeadLine.seq, HeadLine.head).where(HeadLine.day == row.day)
            )
        ]
        seen.update(code for code, _, _ in lines)
        if row.previous != previous:
            audit.found.digest(row.day, "does not follow the one before it: one is missing, or was changed")
        elif row.cases != len(seen) or digest_of(row.day, row.cases, row.previous, lines) != row.digest:
            audit.found.digest(row.day, "does not cover the heads that stand under it")
        previous = row.digest
        audit.digests += 1
        audit.last = (row.day, row.digest)


def _waits_as(clock: Clock) -> str:
    """What a clock of no case belongs to."""
    return f"delivery {clock.delivery_id}" if clock.milestone_id is None else f"milestone {clock.milestone_id}"


# -- clocks ------------------------------------------------------------------------------------------------------------


def _verify_clocks(audit: _Audit, of: ColumnElement[bool], codes: dict[int, str]) -> None:
    """The due moment stored with each clock, open or ended, against the fold over its events."""
    session, after = audit.session, 0

    def calendar(version: int | None) -> WorkingTime:
        return audit.office.in_force.calendar(session, version)

    while True:
        query = select(Clock).where(of, Clock.id > after).order_by(Clock.id).limit(AT_ONCE)
        clocks = list(session.scalars(query))
        if not clocks:
            return
        moments = defaultdict(list)
        events = select(ClockEvent).where(ClockEvent.clock_id.in_([c.id for c in clocks]))
        for row in session.scalars(events.order_by(ClockEvent.clock_id, ClockEvent.id)):
            moments[row.clock_id].append(read_moment(row))
        for clock in clocks:
            audit.clocks += 1
            code = codes.get(clock.case_id or 0, _waits_as(clock))
            try:
                due = due_at_pause(moments[clock.id], calendar)
                paused = due is not None and replay(moments[clock.id], calendar) is None
            except (LookupError, ValueError) as impossible:
                audit.found.clock(code, clock.kind, f"has events that cannot have happened: {impossible}")
                continue
            stands = clock.state is ClockState.PAUSED
            if stands != paused and clock.state in (ClockState.RUNNING, ClockState.PAUSED):
                audit.found.clock(code, clock.kind, f"is {clock.state.value}, and its events say otherwise")
            elif (due.at if due is not None else None) != clock.due:
                given = due.at.isoformat() if due is not None else "none"
                stored = clock.due.isoformat() if clock.due is not None else "none"
                audit.found.clock(code, clock.kind, f"is stored as due {stored}; its events give {given}")
        after = clocks[-1].id
        session.expunge_all()
