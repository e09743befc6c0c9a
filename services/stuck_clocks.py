"""Clocks whose step could not be taken: named for the record, and to the operator once."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from domain.clocks import CLOCKS
from domain.labels import STEP_LABELS
from domain.policy import Label
from models.case import Case
from models.clock import Clock
from models.intake import Delivery
from notifications.message import words
from services.identities import UNNAMED
from services.office import Office
from services.owing import insert_once, outbox_row
from services.people import reads_in

logger = logging.getLogger("expedite.sweep")


@dataclass(frozen=True, slots=True)
class Stuck:
    """A clock that stays due: its id, whose it is, the case's code (or a report's receipt; a restricted case is not named),
    its kind, the step, since when that is due, and the kind of problem. What the problem says may be a person's words: only
    the log has it.
    """

    clock: int
    owner: str
    case: str
    kind: str
    step: str
    since: datetime | None
    problem: str


def look_up(office: Office, problems: Mapping[int, Exception]) -> tuple[Stuck, ...]:
    """What is known of the clocks that failed, the longest due first."""
    if not problems:
        return ()
    with office.reading() as session:
        rows = session.execute(
            select(Clock, Case.code, Case.restricted, Delivery.receipt)
            .outerjoin(Case, Case.id == Clock.case_id)
            .outerjoin(Delivery, Delivery.id == Clock.delivery_id)
            .where(Clock.id.in_(problems))
            .order_by(Clock.next_action_at, Clock.id)
        ).all()
    return tuple(
        Stuck(
            clock.id, _owner(clock), UNNAMED if restricted else code or receipt or _owner(clock),
            clock.kind, clock.next_step or "", clock.next_action_at, type(problems[clock.id]).__name__,
        )
        for clock, code, restricted, receipt in rows
    )  # fmt: skip


def _owner(clock: Clock) -> str:
    if clock.case_id is not None:
        return f"case {clock.case_id}"
    return f"report {clock.delivery_id}" if clock.delivery_id is not None else f"milestone {clock.milestone_id}"


def tell_operator(office: Office, stuck: Sequence[Stuck], problems: Mapping[int, Exception]) -> None:
    """Log each problem, and owe the operator a mail of each case: once, however many of its clocks fail in however many sweeps."""
    for one in stuck:
        problem = problems[one.clock]
        logger.error("clock %s (%s): step %s could not be taken", one.clock, one.kind, one.step, exc_info=problem)
    now = office.now()
    first: dict[str, Stuck] = {}
    for one in stuck:
        first.setdefault(one.owner, one)
    if not first:
        return
    with office.writing() as session:
        locale = reads_in(session, office.policy.mail.operator)
        insert_once(session, [_mail(office, one, now, locale) for one in first.values()])


def _mail(office: Office, one: Stuck, now: datetime, locale: str) -> dict[str, object]:
    since = (one.since or now).isoformat()
    label = CLOCKS[one.kind].label if one.kind in CLOCKS else Label(one.kind, one.kind)
    return outbox_row(
        key=f"step_failed:{one.owner}:{since}", message="step_failed", address=office.policy.mail.operator, locale=locale, now=now,
        domain=office.mail_domain,
        facts={
            "case_code": one.case, "clock": words(label), "step": one.step, "since": since, "problem": one.problem,
            "step_name": words(STEP_LABELS.get(one.step, Label(one.step, one.step))),
        },
    )  # fmt: skip
