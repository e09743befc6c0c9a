"""Reading and writing what a factor request has beside its case: the request, its stages, its ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from domain.case import Case
from domain.factor import Factor, Grant, Stage, same_document
from models import case as tables
from models.factor import FactorGrant, FactorRequest, FactorStage

Row = dict[str, Any]


def add_factors(session: Session, ids: Sequence[int], found: Mapping[int, Case]) -> None:
    """Give the cases with those ids the requests behind them."""
    if not ids:
        return
    fresh: dict[str, Any] = {"populate_existing": True}
    rows = session.execute(
        select(FactorRequest, tables.Case.code)
        .outerjoin(tables.Case, tables.Case.id == FactorRequest.difficulty_id)
        .where(FactorRequest.case_id.in_(ids))
        .execution_options(**fresh)
    )
    for row, difficulty in rows:
        found[row.case_id].factor = Factor(
            type=row.type, item=row.item, requested=row.requested, unit=row.unit, requested_on=row.requested_on, needed_by=row.needed_by,
            attributes={k: str(v) for k, v in row.attributes.items()}, documents=tuple(row.documents), difficulty=difficulty,
            milestone=row.milestone, note=row.note, blocked_reason=row.blocked_reason, deferred_until=row.deferred_until,
        )  # fmt: skip
    s = FactorStage
    for stage in session.scalars(select(s).where(s.case_id.in_(ids)).order_by(s.seq).execution_options(**fresh)):
        factor = found[stage.case_id].factor
        if factor is not None:
            factor.stages.append(Stage(
                stage.code, stage.seq, stage.group_no, stage.unit_id, stage.state, stage.opened_at, stage.decided_at, stage.document,
                stage.id,
            ))  # fmt: skip
    g = FactorGrant
    for grant in session.scalars(select(g).where(g.case_id.in_(ids)).order_by(g.id).execution_options(**fresh)):
        factor = found[grant.case_id].factor
        if factor is not None:
            factor.grants.append(Grant(
                grant.quantity, grant.granted_on, grant.document, grant.stage, grant.conditions, grant.expires_on, grant.drawn,
                grant.recorded_seq, grant.id,
            ))  # fmt: skip


def request_row(case_id: int, factor: Factor, difficulty_id: int | None) -> Row:
    """A new request's columns."""
    return {
        "case_id": case_id, "type": factor.type, "item": factor.item, "requested": factor.requested, "unit": factor.unit,
        "requested_on": factor.requested_on, "needed_by": factor.needed_by, "difficulty_id": difficulty_id, "milestone": factor.milestone,
        "attributes": factor.attributes, "documents": list(factor.documents), "note": factor.note,
        "blocked_reason": factor.blocked_reason, "deferred_until": factor.deferred_until,
    }  # fmt: skip


def stage_columns(stage: Stage) -> Row:
    """What of a stage changes."""
    return {
        "state": stage.state, "opened_at": stage.opened_at, "decided_at": stage.decided_at, "document": stage.document, "unit_id": stage.unit,
    }  # fmt: skip


def new_stages(case_id: int, stages: Sequence[Stage]) -> list[Row]:
    """New stages' columns."""
    return [
        {"case_id": case_id, "code": s.code, "seq": s.seq, "group_no": s.group, **stage_columns(s)} for s in stages
    ]  # fmt: skip


def write_factors(session: Session, before: Mapping[int, Factor | None], cases: Mapping[int, Case]) -> None:
    """Write what changed of requests, stages and grants."""
    for case_id, case in cases.items():
        factor, old = case.factor, before.get(case_id)
        if factor is None or old is None:
            continue
        if (factor.blocked_reason, factor.deferred_until) != (old.blocked_reason, old.deferred_until):
            session.execute(
                update(FactorRequest)
                .where(FactorRequest.case_id == case_id)
                .values(blocked_reason=factor.blocked_reason, deferred_until=factor.deferred_until)
            )
        known = {stage.id: stage for stage in old.stages}
        for stage in factor.stages:
            if stage != known.get(stage.id):
                session.execute(update(FactorStage).where(FactorStage.id == stage.id).values(stage_columns(stage)))
        _write_grants(session, case_id, factor, old)


def _write_grants(session: Session, case_id: int, factor: Factor, old: Factor) -> None:
    known = {grant.id: grant for grant in old.grants}
    for grant in factor.grants:
        if grant.id is None:
            grant.id = session.scalars(
                insert(FactorGrant).returning(FactorGrant.id), [_grant_row(case_id, factor, grant)]
            ).one()
        elif grant != known.get(grant.id):
            session.execute(
                update(FactorGrant)
                .where(FactorGrant.id == grant.id)
                .values(drawn=grant.drawn, expires_on=grant.expires_on)
            )


def _grant_row(case_id: int, factor: Factor, grant: Grant) -> Row:
    return {
        "case_id": case_id, "type": factor.type, "stage": grant.stage, "quantity": grant.quantity, "granted_on": grant.on,
        "document": grant.document, "document_key": same_document(grant.document), "conditions": grant.conditions,
        "expires_on": grant.expires_on, "drawn": grant.drawn, "recorded_seq": grant.seq,
    }  # fmt: skip
