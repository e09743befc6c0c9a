"""What the office keeps beside its cases: policy versions, number series, settings, mail owed, links, commands, leases."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, words


class PolicyVersion(Base):
    """The text of a policy, by its SHA-256."""

    __tablename__ = "policy_version"

    version: Mapped[str] = mapped_column(String(64), primary_key=True)
    adopted_at: Mapped[datetime]
    text: Mapped[str]


class NumberSeries(Base):
    """The last number drawn of a series in a year; drawn in the transaction that uses it, so that a rollback returns it."""

    __tablename__ = "number_series"

    series: Mapped[str] = mapped_column(String(32), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int]


class Setting(Base):
    """A fact about this installation, e.g. the demo's office clock."""

    __tablename__ = "setting"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str]


class OutboxState(StrEnum):
    """Where a message stands."""

    OWED = "owed"
    SENT = "sent"
    FAILED = "failed"
    VOID = "void"


class Outbox(Base):
    """A message owed, written in the transaction that made it due. `key` makes it owed once."""

    __tablename__ = "outbox"
    __table_args__ = (
        CheckConstraint("(state = 'sent') = (sent_at is not null)", name="sent_has_moment"),
        Index(
            "ix_outbox_owed", "not_before", "id",
            sqlite_where=text("state = 'owed'"), postgresql_where=text("state = 'owed'"),
        ),
        Index("ix_outbox_case_id", "case_id"),
        # What waits for one reader goes together.
        Index(
            "ix_outbox_reader", "address",
            sqlite_where=text("state = 'owed'"), postgresql_where=text("state = 'owed'"),
        ),
        # How many went within the last minute, hour and day.
        Index(
            "ix_outbox_sent_at", "sent_at",
            sqlite_where=text("sent_at is not null"), postgresql_where=text("sent_at is not null"),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(160), unique=True)
    message: Mapped[str] = mapped_column(String(32))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"))
    delivery_id: Mapped[int | None] = mapped_column(ForeignKey("delivery.id"))
    account_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))
    address: Mapped[str]
    locale: Mapped[str] = mapped_column(String(8))
    facts: Mapped[dict[str, Any]]
    grant: Mapped[dict[str, Any] | None]
    state: Mapped[OutboxState] = mapped_column(words(OutboxState, "state_known"))
    owed_at: Mapped[datetime]
    not_before: Mapped[datetime]
    leased_by: Mapped[str | None] = mapped_column(String(64))
    attempts: Mapped[int] = mapped_column(default=0)
    message_id: Mapped[str]
    root_id: Mapped[str | None]
    sent_at: Mapped[datetime | None]
    problem: Mapped[str | None]
    channel: Mapped[str] = mapped_column(String(64), default="mail", server_default="mail")
    urgency: Mapped[int] = mapped_column(default=2, server_default="2")
    """As `domain.mail_rules.Urgency`; what is claimed first, and what waits for nothing."""
    mail_id: Mapped[str | None]
    """The Message-ID it goes out with, fixed when it is first claimed: its own, or that of the bundle that it is part of."""


class AccessLink(Base):
    """A personal link: a token's hash, for one person, one case (or waiting report, or node of a plan) and one capacity."""

    __tablename__ = "access_link"
    __table_args__ = (Index("ix_access_link_case_id", "case_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"))
    delivery_id: Mapped[int | None] = mapped_column(ForeignKey("delivery.id"))
    account_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))
    party: Mapped[str] = mapped_column(String(16))
    unit_id: Mapped[str | None] = mapped_column(ForeignKey("unit.id"))
    step_id: Mapped[int | None] = mapped_column(ForeignKey("approval_step.id"))
    milestone_id: Mapped[int | None] = mapped_column(ForeignKey("milestone.id"))
    change_id: Mapped[int | None] = mapped_column(ForeignKey("milestone_change.id"))
    principal_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class Command(Base):
    """A command done, by its id, with its result: repeating it returns the result."""

    __tablename__ = "command"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime]
    result: Mapped[dict[str, Any]]


class Lease(Base):
    """Work taken until a moment of real time."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(String(96), primary_key=True)
    holder: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[datetime]


class Heartbeat(Base):
    """When something last said that it is alive."""

    __tablename__ = "heartbeat"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime]
    detail: Mapped[dict[str, Any]]


class MailStop(Base):
    """A kind of mail that an account does not want any more; only those that are no duty can be stopped."""

    __tablename__ = "mail_stop"

    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), primary_key=True)
    message: Mapped[str] = mapped_column(String(32), primary_key=True)
    since: Mapped[datetime]


class EndedSession(Base):
    """A session of the board that was signed out before its hour; kept until that (`until`, real time)."""

    __tablename__ = "ended_session"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    until: Mapped[datetime]
