"""Whether what is due gets done: the watchdog's look, outside what it watches."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from models.clock import Clock
from models.intake import Delivery, DeliveryState
from models.office import Outbox, OutboxState
from services.case_view import at
from services.leases import last_beat
from services.office import Office

SWEEP_EVERY = timedelta(minutes=10)


def health(office: Office) -> dict[str, Any]:
    """`ok` is false when a clock's step is older than twice its sweep, or mail or a report waits as long.

    `lag_seconds` of the oldest step that is due, of the oldest message owed and of the oldest delivery waiting; figures for
    machines, no case is named.
    """
    now = office.now()
    with office.reading() as session:
        step = session.scalar(select(func.min(Clock.next_action_at)).where(Clock.next_action_at.is_not(None)))
        owed = session.scalar(select(func.min(Outbox.not_before)).where(Outbox.state == OutboxState.OWED))
        waits = session.scalar(select(func.min(Delivery.received_at)).where(Delivery.state == DeliveryState.WAITING))
        failed = session.scalar(select(func.count()).where(Outbox.state == OutboxState.FAILED)) or 0
        quarantined = session.scalar(select(func.count()).where(Delivery.state == DeliveryState.QUARANTINED)) or 0
        beat = last_beat(session, "sweep")
    lags = {
        name: max(0.0, (now - moment).total_seconds()) if moment is not None else 0.0
        for name, moment in (("clocks", step), ("mail", owed), ("deliveries", waits))
    }
    limit = 2 * SWEEP_EVERY.total_seconds()
    return {
        "ok": all(lag <= limit for lag in lags.values()), "lag_seconds": {k: round(v, 1) for k, v in lags.items()},
        "limit_seconds": limit, "failed_messages": failed, "quarantined": quarantined,
        "last_sweep": at(office, beat.at) if beat else None, "now": at(office, now), "demo": office.demo,
    }  # fmt: skip
