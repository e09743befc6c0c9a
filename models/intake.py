"""What came in: raw deliveries, kept as they arrived, with the verdict on each."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, words


class DeliveryState(StrEnum):
    """Where a delivery stands. Only `waiting` ones are taken up by the receiver."""

    UNCONFIRMED = "unconfirmed"
    WAITING = "waiting"
    DONE = "done"
    QUARANTINED = "quarantined"
    DISMISSED = "dismissed"


class Trust(StrEnum):
    """How far a source is to be believed."""

    SIGNED = "signed"
    DESK = "desk"
    PUBLIC = "public"


class Delivery(Base):
    """One delivery. `source` and `delivery_key` are unique together: the same one again is the same receipt."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("source", "delivery_key"),
        # The receiver asks "does anything wait?" ten times a second: the index holds only what does.
        Index(
            "ix_delivery_waiting",
            "id",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
        Index("ix_delivery_state", "state"),
        # Submissions of form services: an edit finds what it edits, the same bytes again are known.
        Index(
            "ix_delivery_entry",
            "source",
            "entry",
            sqlite_where=text("entry is not null"),
            postgresql_where=text("entry is not null"),
        ),
        Index("ix_delivery_body_hash", "source", "body_hash"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    receipt: Mapped[str] = mapped_column(String(32), unique=True)
    source: Mapped[str] = mapped_column(String(32))
    delivery_key: Mapped[str]
    trust: Mapped[Trust] = mapped_column(words(Trust, "trust_known"))
    state: Mapped[DeliveryState] = mapped_column(words(DeliveryState, "state_known"))
    received_at: Mapped[datetime]
    content_type: Mapped[str | None]
    body: Mapped[bytes]
    body_hash: Mapped[str] = mapped_column(String(64))
    locale: Mapped[str] = mapped_column(String(8), default="zh")
    track_hash: Mapped[str | None] = mapped_column(String(64), index=True)
    problem: Mapped[str | None]
    flags: Mapped[list[str]]
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"), index=True)
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[str | None]
    handled_at: Mapped[datetime | None]
    extra: Mapped[dict[str, Any]]
    entry: Mapped[str | None] = mapped_column(String(160))
    """What a form service calls the submission, the same when it is edited."""
    edited_at: Mapped[datetime | None]
