"""Clocks whose step could not be taken: named for the record, and to the operator once."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from domain.clocks import CLOCKS
from models.case import Case
from models.clock import Clock
from models.intake import Delivery
from notifications.message import words
from services.identities import UNNAMED
from services.office import Office
from services.owing import insert_once, outbox_row

logger = logging.getLogger("expedite.sweep")


@dataclass(frozen=True, slots=True)
class Stuck:
    """A clock that stays due: its id, the case's code (or a report's receipt; a restricted case is not named), its kind,
    the step, since when that is due, and the kind of problem. What the problem says may be a person's words: the log has it.
    """

    clock: int
    case: str
    kind: str
    step: str
    since: datetime | None
    problem: str


def look_up(office: Office, problems: Mapping[int, Exception]) -> tuple[Stuck, ...]:
    """What is known of the clocks that failed, by the order of their ids."""
    if not problems:
        return ()
    with office.reading() as session:
        rows = session.execute(
            select(
                Clock.id,
                Clock.kind,
                Clock.next_step,
                Clock.next_action_at,
                Case.code,
                Case.restricted,
                Delivery.receipt,
            )
            .outerjoin(Case, Case.id == Clock.case_id)
            .outerjoin(Delivery, Delivery.id == Clock.delivery_id)
            .where(Clock.id.in_(problems))
            .order_by(Clock.id)
        ).all()
    return tuple(
        Stuck(row.id, UNNAMED if row.restricted else row.code or row.receipt, row.kind, row.next_step or "", row.next_action_at, type(problems[row.id]).__name__)
        for row in rows
    )  # fmt: skip


def tell_operator(office: Office, stuck: Sequence[Stuck], problems: Mapping[int, Exception]) -> None:
    """Log each problem, and owe the operator a mail of each clock and step: once, however many sweeps it fails in."""
    if not stuck:
        return
    for one in stuck:
        logger.error(
            "clock %s (%s): step %s could not be taken", one.clock, one.kind, one.step, exc_info=problems[one.clock]
        )
    now = office.now()
    rows = [
        outbox_row(
            key=f"step_failed:{one.clock}:{one.step}:{one.since.isoformat() if one.since else ''}", message="step_failed",
            address=office.policy.mail.operator, locale="zh", now=now, domain=office.mail_domain,
            facts={
                "case_code": one.case, "clock": words(CLOCKS[one.kind].label), "step": one.step,
                "since": (one.since or now).isoformat(), "problem": one.problem,
            },
        )
        for one in stuck
    ]  # fmt: skip
    with office.writing() as session:
        insert_once(session, rows)
