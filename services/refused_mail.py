"""Telling the operator of messages that were finally refused: one mail for all of them, at most one an hour."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from sqlalchemy import func, select

from domain.policy import Label
from models.case import Case
from models.engine import hold
from models.office import Outbox, OutboxState
from notifications.message import line
from notifications.names import name_of
from services.leases import last_beat, write_beat
from services.office import Office
from services.owing import insert_once, outbox_row

EVERY = timedelta(hours=1)
FIRST = 20
"""So many are listed."""

MESSAGE = "mail_refused"
_TOLD = "told of refused mail"


def tell_operator(office: Office) -> int:
    """Owe the operator a mail of what was refused since the last one; of how many. Refused again after a retry is new.

    What could not reach the operator is never told to the operator: that would be refused as well, for ever.
    """
    now, operator = office.now(), office.policy.mail.operator
    with office.writing() as session:
        hold(session, _TOLD)
        last = session.scalar(select(func.max(Outbox.owed_at)).where(Outbox.message == MESSAGE))
        if last is not None and now - last < EVERY:
            return 0
        said = last_beat(session, _TOLD)
        told = {tuple(one) for one in said.detail["messages"]} if said is not None else set()
        rows = session.execute(
            select(Outbox.id, Outbox.attempts, Outbox.message, Outbox.address, Outbox.problem, Case.code)
            .outerjoin(Case, Case.id == Outbox.case_id)
            .where(Outbox.state == OutboxState.FAILED, Outbox.address != operator)
            .order_by(Outbox.id)
        ).all()
        fresh = [row for row in rows if (row.id, row.attempts) not in told]
        if not fresh:
            return 0
        write_beat(session, office, _TOLD, {"messages": [(row.id, row.attempts) for row in rows]})
        lines = []
        for row in fresh[:FIRST]:
            code, name = f"{row.code} " if row.code else "", name_of(row.message)
            lines.append(line(Label(f"{code}{name.zh}", f"{code}{name.en}"), f"{row.address}: {row.problem or ''}"))
        insert_once(session, [outbox_row(
            key=f"{MESSAGE}:{uuid4().hex}", message=MESSAGE, address=operator, locale="zh", now=now, domain=office.mail_domain,
            facts={"day": office.today().isoformat(), "count": len(fresh), "lines": lines},
        )])  # fmt: skip
    return len(fresh)
