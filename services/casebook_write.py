"""Writing drafts: one statement per table and kind of change, whatever the number of cases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from domain.case import Actor, Approval, Case
from domain.clocks import Clock
from domain.draft import Draft
from domain.factor import Factor
from domain.policy import Limit
from models import case as tables
from models import clock as clock_tables
from models.base import Base
from models.office import AccessLink
from models.rows import insert_numbered, insert_rows, update_rows
from services.case_files import CLOCK_CHANGES, written
from services.chain import link, new_salt, text_digest
from services.factor_files import write_factors
from services.hooks import owe_hooks
from services.owing import write_notices, write_owed

if TYPE_CHECKING:
    from services.casebook import Casebook

Row = dict[str, Any]

_COLUMN_OF = {
    **dict.fromkeys((
        "status", "rung", "round", "cycle", "case_class", "severity", "category", "outcome", "due", "original_due", "estimated",
        "closed_at", "promised_on", "suspended_for", "extensions", "redos", "attempts", "rating_result", "rating_attitude",
        "marks", "handled_by",
    )),
    "lead": "lead_id", "project": "project_id", "area": "area_id",
}  # fmt: skip
"""What of a case may change, with the name of its column where that is another."""

_facts = attrgetter(*_COLUMN_OF)


@dataclass(frozen=True, slots=True)
class Before:
    """What a case was before a change, as far as it has to be compared with what it becomes."""

    facts: tuple[object, ...]
    lead: str | None
    supporters: tuple[str, ...]
    seq: int
    head_hash: str
    factor: Factor | None


def as_they_are(cases: Mapping[int, Case]) -> dict[int, Before]:
    """What is kept of cases before their drafts change them."""
    return {i: as_it_is(case) for i, case in cases.items()}


def as_it_is(case: Case) -> Before:
    """The same of one case."""
    factor = deepcopy(case.factor) if case.factor is not None else None
    return Before(_facts(case), case.lead, case.supporters, case.seq, case.head_hash, factor)


def write_drafts(book: Casebook, before: Mapping[int, Before], drafts: Sequence[Draft]) -> None:
    """Write what `drafts` hold. Several drafts of one case build on each other; the last one's case is its state."""
    if not drafts:
        return
    cases: dict[int, Case] = {draft.case.id: draft.case for draft in drafts}
    _number_events(book, before, cases, drafts)
    heads = _write_cases(book.session, before, cases)
    _write_assignments(book, before, cases)
    _write_approvals(book.session, cases)
    write_factors(book.session, {i: was.factor for i, was in before.items()}, cases)
    _write_clocks(book, cases)
    _write_merges(book, drafts)
    write_notices(book, drafts)
    if not book.silent:
        write_owed(book, drafts)
        owe_hooks(book, {i: was.seq for i, was in before.items()}, drafts)
    # Last: a row that refers to a case holds it, which takes PostgreSQL three times as long once the case was rewritten.
    update_rows(book.session, tables.Case, heads)


def actor_facts(actor: Actor) -> Row:
    """An actor as the history keeps it, without what is not known."""
    said: Row = {
        "party": actor.party.value, "channel": actor.channel, "account": actor.account, "contact": actor.contact, "unit": actor.unit,
        "principal": actor.principal, "spoken_for": actor.spoken_for,
    }  # fmt: skip
    said = {k: v for k, v in said.items() if v is not None}
    return said | {"asserted": True} if actor.asserted else said


def _number_events(
    book: Casebook, before: Mapping[int, Before], cases: Mapping[int, Case], drafts: Sequence[Draft]
) -> None:
    rows: list[Row] = []
    texts: list[Row] = []
    said: dict[Actor, Row] = {}
    heads = {i: (before[i].seq, before[i].head_hash) for i in cases}
    for draft in drafts:
        seq, head = heads[draft.case.id]
        for event in draft.events:
            seq += 1
            digest = None
            if event.text:
                salt = new_salt()
                digest = text_digest(salt, event.text)
                texts.append({"case_id": draft.case.id, "seq": seq, "salt": salt, "text": dict(event.text)})
            if event.actor not in said:
                said[event.actor] = actor_facts(event.actor)
            actor, facts = said[event.actor], _plain(event.facts)
            head = link(head, draft.case.code, seq, draft.now, event.action, actor, facts, digest, book.policy.version)
            rows.append({
                "case_id": draft.case.id, "seq": seq, "at": draft.now, "action": event.action, "actor": actor, "facts": facts,
                "text_digest": digest, "policy_version": book.policy.version, "hash": head,
            })  # fmt: skip
        heads[draft.case.id] = (seq, head)
    for i, (seq, head) in heads.items():
        cases[i].seq, cases[i].head_hash = seq, head
    insert_rows(book.session, tables.Event, rows)
    insert_rows(book.session, tables.EventText, texts)


def _plain(facts: Mapping[str, object]) -> Row:
    return {k: v.isoformat() if isinstance(v, datetime) else v for k, v in facts.items() if v is not None}


def _write_cases(session: Session, before: Mapping[int, Before], cases: Mapping[int, Case]) -> list[Row]:
    """Write what has changed of cases; returns the rows of those of which only the history has grown, still to be written."""
    changes: list[tuple[int | None, Row]] = []
    heads: list[Row] = []
    for i, case in cases.items():
        old, new, head = before[i].facts, _facts(case), {"seq": case.seq, "head_hash": case.head_hash}
        if old != new:
            row = {_COLUMN_OF[n] or n: _column(v) for n, v, was in zip(_COLUMN_OF, new, old, strict=True) if v != was}
            changes.append((i, row | head))
        elif before[i].seq != case.seq:
            heads.append({"id": i} | head)
    _update_alike(session, tables.Case, changes)
    return heads


def _update_alike(session: Session, entity: type[Base], changes: Iterable[tuple[int | None, Row]]) -> None:
    """Rows of which the same columns have changed are written together."""
    alike: dict[tuple[str, ...], list[Row]] = {}
    for i, row in changes:
        if row:
            alike.setdefault(tuple(row), []).append({"id": i, **row})
    for rows in alike.values():
        update_rows(session, entity, rows)


def _column(value: object) -> object:
    return sorted(value) if isinstance(value, frozenset) else value


def _write_assignments(book: Casebook, before: Mapping[int, Before], cases: Mapping[int, Case]) -> None:
    a = tables.Assignment
    new: list[Row] = []
    for i, case in cases.items():
        old = before[i]
        gone = [("supporter", u) for u in old.supporters if u not in case.supporters]
        come = [("supporter", u) for u in case.supporters if u not in old.supporters]
        if old.lead != case.lead:
            gone += [("lead", old.lead)] if old.lead else []
            come += [("lead", case.lead)] if case.lead else []
        for part, unit in gone:
            book.session.execute(
                update(a)
                .where(a.case_id == i, a.part == part, a.unit_id == unit, a.until.is_(None))
                .values(until=book.now)
            )
            # A link is valid while the assignment lasts.
            book.session.execute(
                update(AccessLink)
                .where(
                    AccessLink.case_id == i,
                    AccessLink.party == part,
                    AccessLink.unit_id == unit,
                    AccessLink.revoked_at.is_(None),
                )
                .values(revoked_at=book.now)
            )
        new += [{"case_id": i, "unit_id": unit, "part": part, "since": book.now, "until": None} for part, unit in come]
    insert_rows(book.session, a, new)


def _write_approvals(session: Session, cases: Mapping[int, Case]) -> None:
    changed = [(case, approval) for case in cases.values() for approval in case.approvals if approval.changed]
    new = [(case, approval) for case, approval in changed if approval.id is None]
    known = [
        {"id": a.id, "state": a.state, "facts": a.facts, "unit_id": a.unit} for _, a in changed if a.id is not None
    ]
    update_rows(session, tables.Approval, known)
    rows = [
        {
            "case_id": case.id, "kind": approval.kind, "unit_id": approval.unit, "asked_by": approval.asked_by,
            "asked_at": approval.asked_at, "facts": approval.facts, "state": approval.state, "subject": approval.subject,
            "needs": {str(group): needed for group, needed in approval.needs.items()},
        }
        for case, approval in new
    ]  # fmt: skip
    for (_, approval), approval_id in zip(new, insert_numbered(session, tables.Approval, rows), strict=True):
        approval.id = approval_id
    _write_steps(session, [approval for _, approval in changed])


def _write_steps(session: Session, approvals: Sequence[Approval]) -> None:
    steps = [(approval, step) for approval in approvals for step in approval.steps]
    rows = [
        {
            "id": step.id, "approval_id": approval.id, "seq": step.seq, "role": step.role, "unit_id": step.unit,
            "account_id": step.account, "state": step.state, "decided_at": step.decided_at, "decided_by": step.decided_by,
            "reason": step.reason, "group_no": step.group,
        }
        for approval, step in steps
    ]  # fmt: skip
    update_rows(session, tables.ApprovalStep, [row for row in rows if row["id"] is not None])
    new = [(step, row) for (_, step), row in zip(steps, rows, strict=True) if row.pop("id") is None]
    ids = insert_numbered(session, tables.ApprovalStep, [row for _, row in new])
    for (step, _), step_id in zip(new, ids, strict=True):
        step.id = step_id
    for approval in approvals:
        approval.changed = False


def _limit_columns(limit: Limit | None) -> Row:
    if limit is None:
        return {"limit_value": None, "limit_unit": None, "limit_rolls": False}
    return {"limit_value": limit.value, "limit_unit": limit.unit, "limit_rolls": limit.roll}


def _clock_values(c: Clock) -> tuple[object, ...]:
    """The values of CLOCK_CHANGES."""
    limit = (c.limit.value, c.limit.unit, c.limit.roll) if c.limit is not None else (None, None, False)
    return (
        c.owner_unit, c.subject, c.due, c.estimated, c.state, c.paused_at, " ".join(sorted(c.done)), c.next_step, c.next_action_at,
        c.ended_at, c.policy_version, *limit,
    )  # fmt: skip


def update_clocks(session: Session, clocks: Sequence[Clock]) -> None:
    """Write what has changed of clocks that have a row."""
    changes = []
    for clock in clocks:
        new = _clock_values(clock)
        old = written(clock.written) if clock.written else None
        given = zip(CLOCK_CHANGES, new, strict=True)
        row = dict(given) if old is None else {n: v for (n, v), was in zip(given, old, strict=True) if v != was}
        changes.append((clock.id, row))
    _update_alike(session, clock_tables.Clock, changes)


def write_new_clocks(session: Session, owned: Sequence[tuple[Clock, Row]]) -> None:
    """Insert clocks, each with the columns that say whose it is (case_id, delivery_id or milestone_id)."""
    if not owned:
        return
    rows = [
        {
            "case_id": None, "delivery_id": None, "milestone_id": None, **owner, "kind": c.kind, "note": c.note, "started": c.started,
            "original_due": c.original_due, "round": c.round, "cycle": c.cycle,
            **dict(zip(CLOCK_CHANGES, _clock_values(c), strict=True)),
        }
        for c, owner in owned
    ]  # fmt: skip
    for (clock, _), new_id in zip(owned, insert_numbered(session, clock_tables.Clock, rows), strict=True):
        clock.id = new_id


def write_moments(session: Session, clocks: Sequence[Clock], calendar: int | None) -> None:
    """Insert the clocks' new events, reckoned by the calendar of that version. A step that happened already violates its unique key: the whole batch is undone."""
    rows = [
        {
            "clock_id": c.id, "at": m.at, "what": m.what, "round": c.round, "cycle": c.cycle, "step": m.step, "due": m.due,
            "reason": m.reason, "calendar_id": m.calendar or calendar, **_limit_columns(m.limit),
        }
        for c in clocks
        for m in c.moments
    ]  # fmt: skip
    insert_rows(session, clock_tables.ClockEvent, rows)
    for clock in clocks:
        clock.moments, clock.changed, clock.written = [], False, ()


def _write_clocks(book: Casebook, cases: Mapping[int, Case]) -> None:
    changed = [(c, i) for i, case in cases.items() for c in case.clocks if c.changed]
    update_clocks(book.session, [c for c, _ in changed if c.id is not None])
    write_new_clocks(book.session, [(c, {"case_id": i}) for c, i in changed if c.id is None])
    write_moments(book.session, [c for c, _ in changed], book.time.version)


def _write_merges(book: Casebook, drafts: Sequence[Draft]) -> None:
    r = tables.Reporter
    for draft in drafts:
        if draft.merge_into is not None:
            target = book.session.scalars(select(tables.Case.id).where(tables.Case.code == draft.merge_into)).one()
            link_row = {"case_id": draft.case.id, "target_id": target, "kind": "merged_into"}
            linked = book.session.scalar(select(tables.CaseLink.id).filter_by(**link_row))
            if linked is None:
                book.session.execute(insert(tables.CaseLink), [link_row])
            _join(book.session, draft.case.id, target)
        if draft.leaving_contact is not None:
            book.session.execute(
                update(r).where(r.case_id == draft.case.id, r.contact_id == draft.leaving_contact).values(kind="left")
            )
            left = book.session.scalars(
                select(r).where(r.case_id == draft.case.id, r.kind != "left").order_by(r.id)
            ).all()
            if left and all(reporter.kind != "principal" for reporter in left):
                left[0].kind = "principal"
            book.session.flush()


def _join(session: Session, merged: int, target: int) -> None:
    """The merged case's reporters stay informed of the target, in their order; one who had left it comes back."""
    r = tables.Reporter
    known = {row.contact_id: row for row in session.scalars(select(r).where(r.case_id == target))}
    joining = session.execute(
        select(r.contact_id, r.withheld)
        .where(r.case_id == merged, r.kind != "left")
        .order_by(r.kind != "principal", r.id)
    )
    rows = []
    for contact, withheld in joining:
        row = known.get(contact)
        if row is None:
            rows.append({"case_id": target, "contact_id": contact, "kind": "informed", "withheld": withheld})
        elif row.kind == "left":
            row.kind, row.withheld = "informed", row.withheld or withheld
    session.flush()
    if rows:
        session.execute(insert(r), rows)
