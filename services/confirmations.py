"""Asking a reporter to confirm a report that nobody signed: one mail for each, and not more to one address in a day than it can bear."""

from __future__ import annotations

import hashlib

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from models.engine import hold
from models.intake import Delivery
from models.office import Outbox
from services.office import Office
from services.owing import insert_once, outbox_row
from services.report import Report
from services.waiting_reports import start_clock

NOT_ASKED = "not_asked"
"""The flag of a report whose address had its mails of the day: the desk decides on it without a confirmation."""


def ask_to_confirm(
    session: Session, office: Office, delivery_id: int, receipt: str, report: Report, locale: str
) -> None:
    """Let the report wait with its clock, and mail the link by which its reporter confirms.

    Whoever names a stranger's address cannot flood it: from the policy's number of a day on (`mail.confirmations_per_day`) no more
    mail goes there. The report waits all the same, flagged, for a clerk.
    """
    now = office.now()
    start_clock(session, office.policy, office.time, delivery_id, now)
    if report.email is None:
        return  # Only a clerk can accept it.
    key = _free_key(session, office, report.email)
    if key is None:
        session.execute(update(Delivery).where(Delivery.id == delivery_id).values(flags=[NOT_ASKED]))
        return
    insert_once(session, [outbox_row(
        key=key, message="confirm_report", address=report.email, locale=locale, now=now,
        domain=office.mail_domain, facts={"receipt": receipt}, grant={"party": "enterprise"}, delivery_id=delivery_id,
    )])  # fmt: skip


def was_asked(session: Session, row: Delivery) -> bool:
    """Whether a mail that asks to confirm the report is owed or was sent; not where it names no address."""
    asked = exists().where(Outbox.delivery_id == row.id, Outbox.message == "confirm_report")
    return NOT_ASKED not in row.flags and bool(session.scalar(select(asked)))


def _free_key(session: Session, office: Office, address: str) -> str | None:
    """The key of one of the day's mails to an address, in any letter case; None when all went out. Limits go by real time."""
    day = office.real_now().astimezone(office.zone).date()
    whose = hashlib.sha256(address.lower().encode()).hexdigest()[:24]
    keys = [f"confirm_report:{whose}:{day}:{n}" for n in range(office.policy.mail.confirmations_per_day)]
    # Two that come at one moment must not take the same one: the second would be owed to nobody.
    hold(session, "confirmations")
    used = set(session.scalars(select(Outbox.key).where(Outbox.key.in_(keys))))
    return next((key for key in keys if key not in used), None)
