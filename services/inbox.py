"""Lists for the operator: deliveries and messages, as plain values."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import func, select

from domain.mail_rules import Urgency
from domain.policy import Policy
from domain.sources import STANDARD
from models.case import Case
from models.intake import Delivery, DeliveryState
from models.office import Outbox, OutboxState
from services.case_view import at
from services.intake import count_edits
from services.office import Office
from services.outbox_due import Gate, gate, why_waits
from services.sources import rule_of
from services.sources.kind import storable
from services.sources.mapping import lacking, map_body

S = TypeVar("S", bound=StrEnum)


class UnknownState(ValueError):
    """A state that no row can have."""

    def __init__(self, state: str, kind: type[StrEnum]) -> None:
        super().__init__(f"--state {state!r}: choose one of {', '.join(kind)}")


def _state(kind: type[S], state: str) -> S:
    try:
        return kind(state)
    except ValueError:
        raise UnknownState(state, kind) from None


def deliveries(office: Office, state: str | None = None, limit: int = 100) -> list[dict[str, Any]]:
    """Deliveries, newest first, without their bodies."""
    query = (
        select(Delivery, Case.code)
        .outerjoin(Case, Case.id == Delivery.case_id)
        .order_by(Delivery.id.desc())
        .limit(limit)
    )
    if state:
        query = query.where(Delivery.state == _state(DeliveryState, state))
    with office.reading() as session:
        return [_delivery(office, row, code) for row, code in session.execute(query)]


def _delivery(office: Office, row: Delivery, code: str | None) -> dict[str, Any]:
    return {
        "id": row.id, "receipt": row.receipt, "received_at": at(office, row.received_at), "source": row.source,
        "trust": row.trust.value, "state": row.state.value, "case": code, "problem": row.problem, "flags": row.flags,
        "bytes": len(row.body), "body_hash": row.body_hash,
    }  # fmt: skip


def delivery(office: Office, receipt: str) -> dict[str, Any] | None:
    """One delivery with its body as text; bytes that are no UTF-8 are shown escaped."""
    with office.reading() as session:
        found = session.execute(
            select(Delivery, Case.code)
            .outerjoin(Case, Case.id == Delivery.case_id)
            .where(Delivery.receipt == receipt.strip().upper())
        ).first()
        if found is None:
            return None
        row, code = found
        return _delivery(office, row, code) | {
            "delivery_key": row.delivery_key, "content_type": row.content_type, "body": row.body.decode("utf-8", "backslashreplace"),
        }  # fmt: skip


def messages(office: Office, state: str | None = None, limit: int = 100) -> list[dict[str, Any]]:
    """Messages of the outbox, newest first."""
    query = select(Outbox, Case.code).outerjoin(Case, Case.id == Outbox.case_id).order_by(Outbox.id.desc()).limit(limit)
    if state:
        query = query.where(Outbox.state == _state(OutboxState, state))
    with office.reading() as session:
        holds = gate(session, office)
        return [
            {
                "id": row.id, "message": row.message, "case": code, "to": row.address, "state": row.state.value,
                "owed_at": at(office, row.owed_at), "not_before": at(office, row.not_before), "sent_at": at(office, row.sent_at),
                "attempts": row.attempts, "problem": row.problem, "message_id": row.message_id, "mail_id": row.mail_id,
                "channel": row.channel, "urgency": Urgency(row.urgency).name.lower(), **_waits(office, holds, row),
            }
            for row, code in session.execute(query)
        ]  # fmt: skip


def _waits(office: Office, holds: Gate, row: Outbox) -> dict[str, Any]:
    """Why an owed message waits, and until when, as far as that is known; both None for others."""
    why = why_waits(holds, row) if row.state is OutboxState.OWED else None
    return {"waits_for": why.reason if why else None, "until": at(office, why.until) if why and why.until else None}


def tried(office: Office, receipt: str, policy: Policy | None = None) -> dict[str, Any]:
    """What a delivery's mapping makes of it, by the policy in force or another one: nothing is changed.

    Each field with the question that it names, where that was found, the answer and its meaning; answers that no field takes;
    what is missing. Raises LookupError for an unknown receipt or a source without mapping, FieldRefused, NoSubmission.
    """
    with office.reading() as session:
        row = session.scalars(select(Delivery).where(Delivery.receipt == receipt.strip().upper())).first()
        if row is None:
            raise LookupError(f"{receipt}: there is no such delivery; see `expedite inbox list`")
        source, body = row.source, row.body
    rule = rule_of(policy or office.policy, source)
    if rule is None:
        raise LookupError(f"source {source} has no mapping: what it sends is read as our own form")
    mapped = map_body(rule, body)
    return {
        "source": source, "kind": rule.kind, "entry": mapped.entry or None,
        "edited_at": at(office, mapped.edited_at) if mapped.edited_at else None,
        "fields": [{"field": f.field, "question": f.asked, "found": f.how, "answer": f.answer, "means": f.said} for f in mapped.found],
        "unused": [{"key": storable(a.key), "label": storable(a.label), "answer": a.value} for a in mapped.unused], "missing": list(lacking(mapped)),
    }  # fmt: skip


def sources(office: Office) -> list[dict[str, Any]]:
    """Every source that has delivered or may: how many of its deliveries stand where, how many were edits, and the last one."""
    counted: dict[str, dict[str, Any]] = {
        name: {"source": name, "kind": kind, "last": None} | {state.value: 0 for state in DeliveryState} | {"edits": 0}
        for name, kind in [(STANDARD, STANDARD), *((rule.name, rule.kind) for rule in office.policy.sources)]
    }
    with office.reading() as session:
        for name, state, count, last in session.execute(
            select(Delivery.source, Delivery.state, func.count(), func.max(Delivery.received_at)).group_by(
                Delivery.source, Delivery.state
            )
        ):
            row = counted.setdefault(
                name, {"source": name, "kind": None, "last": None} | {s.value: 0 for s in DeliveryState} | {"edits": 0}
            )
            row[state.value] = count
            row["last"] = max(filter(None, (row["last"], at(office, last))))
        for name, count in count_edits(session).items():
            counted[name]["edits"] = count
    return list(counted.values())
