"""Reading a factor request for people and machines: its figures, stages and grants beside what every case shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.case import Case
from domain.clocks import Clock
from domain.factor import FACTOR_STATUS_LABELS, STAGE_LABELS, Factor, FactorStatus, Stage, status
from domain.ladder import overdue_days
from domain.lifecycle import Kind, Status
from domain.policy import FactorType, Label, Limit
from domain.quantity import show
from models import case as tables
from services.case_files import load_cases
from services.case_view import at, case_head, case_json
from services.office import Office
from services.page_types import CaseHead, FactorSheet, GrantLine, StageLine
from services.people import People


def status_of(case: Case, factor: Factor, day: date) -> FactorStatus:
    """The request's status on a day. A lead that owes no signature any more has signed for it, or has begun to work."""
    return status(factor, case.status, case.outcome, case.open_clock("sign_for") is None, day)


def factor_json(office: Office, code: str) -> dict[str, Any] | None:
    """A request for machines: `expedite factor CODE --json`. Quantities are numbers in `unit`. None if there is none."""
    with office.reading() as session:
        case_id = session.scalar(
            select(tables.Case.id).where(tables.Case.code == code.strip().upper(), tables.Case.kind == Kind.FACTOR)
        )
        case = load_cases(session, [case_id], lock=False)[case_id] if case_id is not None else None
    whole = case_json(office, code)
    if case is None or case.factor is None or whole is None:
        return None
    factor, day = case.factor, office.today()
    figures = factor.figures(day)
    kind = office.policy.factor_types.get(factor.type)
    return {
        "code": case.code, "type": factor.type, "item": factor.item, "project": case.project,
        "requested": _number(figures.requested), "unit": factor.unit, "granted": _number(figures.granted),
        "drawn": _number(figures.drawn), "gap": _number(figures.gap), "needed_by": factor.needed_by.isoformat(),
        "requested_on": factor.requested_on.isoformat(), "status": status_of(case, factor, day).value,
        "stage": _reached(factor),
        "stages": [_stage_json(office, kind, factor, s, case.open_clock("factor_stage", s.code)) for s in factor.stages],
        "grants": [
            {
                "quantity": _number(g.quantity), "unit": factor.unit, "on": g.on.isoformat(), "document": g.document, "stage": g.stage,
                "conditions": g.conditions, "expires_on": g.expires_on and g.expires_on.isoformat(), "expired": not g.counts(day),
                "drawn": _number(g.drawn), "seq": g.seq,
            }
            for g in factor.grants
        ],
        "light": whole["light"], "lead": case.lead, "supporters": list(case.supporters), "difficulty": factor.difficulty,
        "milestone": factor.milestone, "attributes": factor.attributes, "documents": list(factor.documents), "note": factor.note,
        "blocked_reason": factor.blocked_reason, "deferred_until": factor.deferred_until and factor.deferred_until.isoformat(),
        "case_status": case.status.value, "outcome": case.outcome, "rung": case.rung, "due": whole["due"],
        "events": whole["events"], "clocks": whole["clocks"], "notices": whole["notices"],
    }  # fmt: skip


def _reached(factor: Factor) -> str | None:
    """The stage that the request has reached: the first open one, else the last that is decided."""
    decided = [stage for stage in factor.stages if stage.decided_at is not None]
    found = factor.at_work[:1] or tuple(decided[-1:])
    return found[0].code if found else None


def _stage_json(
    office: Office, kind: FactorType | None, factor: Factor, stage: Stage, clock: Clock | None
) -> dict[str, Any]:
    rule = kind.stage(stage.code) if kind is not None else None
    limit = rule.limit_for(factor.attributes) if rule is not None else None
    return {
        "seq": stage.seq, "code": stage.code, "label": {"zh": rule.label.zh, "en": rule.label.en} if rule else None,
        "group": stage.group, "unit": stage.unit, "state": stage.state.value, "limit": _limit_text(limit),
        "basis": rule.basis if rule is not None else None, "opened_at": at(office, stage.opened_at),
        "decided_at": at(office, stage.decided_at), "document": stage.document, "due": at(office, clock.due if clock else None),
        "paused": clock is not None and clock.paused_at is not None,
        "overdue_days": overdue_days(clock.due, office.now(), office.time) if clock is not None and clock.paused_at is None else 0,
    }  # fmt: skip


def _limit_text(limit: Limit | None) -> str | None:
    return f"{limit.value} {limit.unit.value}" if limit is not None else None


def _number(amount: Decimal) -> int | float:
    """An exact decimal as JSON's number: a whole one without a point; up to six places and twelve digits a float is exact in print."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def stage_names(office: Office, case: Case) -> dict[str, Label]:
    """What the stages of a request are called, by their codes."""
    kind = office.policy.factor_types.get(case.factor.type) if case.factor is not None else None
    return {stage.code: stage.label for stage in kind.stages} if kind is not None else {}


def cover(
    session: Session, office: Office, row: tables.Case, case: Case, people: People, *, reveal: bool = False
) -> CaseHead:
    """The cover of a case; of a request with the status that follows from its facts, and the units of its open stages.

    `reveal` shows a withheld reporter.
    """
    head = case_head(session, office, row, people, reveal=reveal)
    if case.factor is None:
        return head
    # A request's code is its document number too: it is shown once.
    head = replace(head, document="" if head.document == head.code else head.document)
    named = FACTOR_STATUS_LABELS[status_of(case, case.factor, office.today())]
    units = [people.label(unit) for unit in dict.fromkeys(stage.unit for stage in case.factor.at_work)]
    if not units or case.status is not Status.IN_PROGRESS:
        return replace(head, status=named)
    holder = Label("、".join(unit.zh for unit in units), ", ".join(unit.en for unit in units))
    return replace(head, status=named, holder=holder)


def factor_sheet(office: Office, session: Session, case: Case, people: People) -> FactorSheet | None:
    """What a page shows of a request beside the case's cover; None for a difficulty."""
    factor = case.factor
    if factor is None:
        return None
    day = office.today()
    figures, found = factor.figures(day), status_of(case, factor, day)
    kind = office.policy.factor_types.get(factor.type)
    percent = int(figures.granted * 100 / figures.requested)
    return FactorSheet(
        type=kind.label if kind is not None else Label(factor.type, factor.type), status=FACTOR_STATUS_LABELS[found],
        status_code=found.value, unit=factor.unit, requested=show(figures.requested), granted=show(figures.granted),
        drawn=show(figures.drawn), gap=show(figures.gap), percent=percent, needed_by=factor.needed_by,
        deferred_until=factor.deferred_until, blocked=factor.blocked_reason, difficulty=_nameable(session, factor.difficulty),
        stages=tuple(_stage_line(office, kind, stage, case.open_clock("factor_stage", stage.code), people) for stage in factor.stages),
        grants=tuple(
            GrantLine(show(g.quantity), g.on, g.document, g.conditions, g.expires_on, not g.counts(day), show(g.drawn))
            for g in factor.grants
        ),
    )  # fmt: skip


def _nameable(session: Session, code: str | None) -> str | None:
    """The linked difficulty's code, unless it is restricted: a request is seen beyond its holders."""
    if code is None:
        return None
    return session.scalar(select(tables.Case.code).where(tables.Case.code == code, tables.Case.restricted.is_(False)))


def _stage_line(
    office: Office, kind: FactorType | None, stage: Stage, clock: Clock | None, people: People
) -> StageLine:
    rule = kind.stage(stage.code) if kind is not None else None
    paused = clock is not None and clock.paused_at is not None
    late = overdue_days(clock.due, office.now(), office.time) if clock is not None and not paused else 0
    return StageLine(
        rule.label if rule is not None else Label(stage.code, stage.code), people.label(stage.unit), stage.state.value,
        STAGE_LABELS[stage.state], clock.due if clock is not None else None, late, stage.decided_at, stage.document,
    )  # fmt: skip
