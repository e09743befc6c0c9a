"""Reports that wait for a clerk follow whoever is clerk now, as open cases do (`services.handover`)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import exists, select

from domain.clocks import ClockState
from domain.policy import Role
from models.clock import Clock
from models.intake import Delivery, DeliveryState
from models.office import AccessLink, Outbox
from services.casebook import Casebook
from services.owing import outbox_row
from services.people import Found
from services.waiting_reports import KIND, clerk_grant

Row = dict[str, Any]


def reports_passed_on(book: Casebook, before: Collection[Found], key: str) -> list[Row]:
    """Mails that give those who are clerks now, and were not `before`, links to the waiting reports of which clerks were
    written to; of the others they hear as anybody does. `key` makes each owed once.
    """
    today = book.now.astimezone(book.time.zone).date()
    then = {_who(found) for found in before}
    came = [found for found in book.people.find(Role.CLERK, None, None, today) if _who(found) not in then]
    if not came:
        return []
    told = exists().where(Outbox.delivery_id == Delivery.id, Outbox.message == "report_waiting")
    waiting = book.session.execute(
        select(Delivery.id, Delivery.receipt, Delivery.received_at, Clock.due)
        .join(Clock, Clock.delivery_id == Delivery.id)
        .where(Delivery.state == DeliveryState.UNCONFIRMED, Clock.kind == KIND, Clock.state == ClockState.RUNNING, told)
        .order_by(Delivery.id)
    ).all()
    return [
        outbox_row(
            key=f"report_waiting:{delivery}:{one.person.id}:{one.principal.id if one.principal else ''}:{key}",
            message="report_waiting", address=one.person.email, locale=one.person.locale, now=book.now, domain=book.mail_domain,
            grant=clerk_grant(one), delivery_id=delivery, account=one.person.id,
            facts={"receipt": receipt, "since": received.isoformat(), "due": due.isoformat()},
        )
        for delivery, receipt, received, due in waiting for one in came if not _has_link(book, delivery, one)
    ]  # fmt: skip


def _who(found: Found) -> tuple[str, str | None]:
    return found.person.id, found.principal.id if found.principal is not None else None


def _has_link(book: Casebook, delivery: int, one: Found) -> bool:
    account, principal = _who(one)
    found = select(AccessLink.id).where(
        AccessLink.delivery_id == delivery, AccessLink.account_id == account, AccessLink.revoked_at.is_(None),
        AccessLink.principal_id.is_not_distinct_from(principal),
    )  # fmt: skip
    return book.session.scalar(found.limit(1)) is not None
