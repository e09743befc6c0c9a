"""What a case of kind `factor` has beside its case: the request, the stages of its chain, the ledger of grants."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.factor import StageState
from models.base import Base, words
from models.exact import Exact


class FactorRequest(Base):
    """What is asked for, until when. `unit` is the request's unit of measure: every grant is kept in it."""

    __tablename__ = "factor_request"
    __table_args__ = (
        CheckConstraint("requested > 0", name="asks_for_something"),
        CheckConstraint("needed_by >= requested_on", name="needed_after_asked"),
        Index("ix_factor_request_difficulty_id", "difficulty_id"),
    )

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), primary_key=True)
    type: Mapped[str] = mapped_column(String(32))
    item: Mapped[str]
    requested: Mapped[Decimal] = mapped_column(Exact)
    unit: Mapped[str] = mapped_column(String(16))
    requested_on: Mapped[date]
    needed_by: Mapped[date]
    difficulty_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"))
    milestone: Mapped[str | None] = mapped_column(String(64))
    attributes: Mapped[dict[str, Any]]
    documents: Mapped[list[str]]
    note: Mapped[str] = mapped_column(default="")
    blocked_reason: Mapped[str] = mapped_column(default="")
    deferred_until: Mapped[date | None]


class FactorStage(Base):
    """A stage of a request's chain and how it was decided. Stages of one `group_no` stand side by side."""

    __tablename__ = "factor_stage"
    __table_args__ = (
        UniqueConstraint("case_id", "code"),
        UniqueConstraint("case_id", "seq"),
        CheckConstraint("state <> 'open' or opened_at is not null", name="open_has_moment"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    code: Mapped[str] = mapped_column(String(32))
    seq: Mapped[int]
    group_no: Mapped[int]
    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"))
    state: Mapped[StageState] = mapped_column(words(StageState, "state_known"))
    opened_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    document: Mapped[str] = mapped_column(default="")


class FactorGrant(Base):
    """A dated grant in the request's unit; `recorded_seq` is the event that recorded it.

    `document_key` is the number as it is compared: one number serves one grant of a type.
    """

    __tablename__ = "factor_grant"
    __table_args__ = (
        UniqueConstraint("type", "document_key"),
        CheckConstraint("quantity > 0", name="grants_something"),
        CheckConstraint("drawn >= 0 and drawn <= quantity", name="drawn_of_granted"),
        CheckConstraint("expires_on is null or expires_on >= granted_on", name="expires_after_granted"),
        Index("ix_factor_grant_case_id", "case_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    type: Mapped[str] = mapped_column(String(32))
    stage: Mapped[str] = mapped_column(String(32))
    quantity: Mapped[Decimal] = mapped_column(Exact)
    granted_on: Mapped[date]
    document: Mapped[str]
    document_key: Mapped[str] = mapped_column(String(160))
    conditions: Mapped[str] = mapped_column(default="")
    expires_on: Mapped[date | None]
    drawn: Mapped[Decimal] = mapped_column(Exact)
    recorded_seq: Mapped[int]
