"""Owed mail, batch by batch."""

from __future__ import annotations

from services import outbox
from services.office import current_office
from services.outbox import Delivered
from tasks.transient import patiently


@patiently
def deliver_batch(limit: int = 50) -> Delivered:
    """Send at most `limit` messages that are owed now. What the mail server refuses for now is owed later."""
    return outbox.deliver(current_office(), limit)


@patiently
def anything_owed() -> bool:
    """Whether a message is owed now."""
    return outbox.owed(current_office())
