"""Clocks with their own histories, and the numbered notices that they issue."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.clocks import ClockState, Happening
from domain.policy import Colour, Unit
from models.base import Base, words

BELONGS_TO_ONE = (
    "(case when case_id is null then 0 else 1 end) + (case when delivery_id is null then 0 else 1 end) "
    "+ (case when milestone_id is null then 0 else 1 end) = 1"
)


class Clock(Base):
    """A deadline. It belongs to a case, to a delivery that waits to be confirmed, or to a node of a project's plan."""

    __tablename__ = "clock"
    __table_args__ = (
        CheckConstraint(BELONGS_TO_ONE, name="belongs_to_one"),
        CheckConstraint("state = 'running' or next_action_at is null", name="only_running_acts"),
        # The sweep's index: only what will act.
        Index(
            "ix_clock_next_action_at", "next_action_at", "id",
            sqlite_where=text("next_action_at is not null"), postgresql_where=text("next_action_at is not null"),
        ),
        Index("ix_clock_case_id", "case_id"),
        # Most clocks are a case's.
        Index(
            "ix_clock_delivery_id", "delivery_id",
            sqlite_where=text("delivery_id is not null"), postgresql_where=text("delivery_id is not null"),
        ),
        Index(
            "ix_clock_milestone_id", "milestone_id",
            sqlite_where=text("milestone_id is not null"), postgresql_where=text("milestone_id is not null"),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"))
    delivery_id: Mapped[int | None] = mapped_column(ForeignKey("delivery.id"))
    milestone_id: Mapped[int | None] = mapped_column(ForeignKey("milestone.id"))
    kind: Mapped[str] = mapped_column(String(32))
    owner_unit: Mapped[str | None] = mapped_column(ForeignKey("unit.id"))
    subject: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    started: Mapped[datetime]
    limit_value: Mapped[int | None]
    limit_unit: Mapped[Unit | None] = mapped_column(words(Unit, "limit_unit_known"))
    limit_rolls: Mapped[bool] = mapped_column(default=False)
    due: Mapped[datetime | None]
    original_due: Mapped[datetime | None]
    estimated: Mapped[bool] = mapped_column(default=False)
    round: Mapped[int] = mapped_column(default=1)
    cycle: Mapped[int] = mapped_column(default=1)
    state: Mapped[ClockState] = mapped_column(words(ClockState, "state_known"))
    paused_at: Mapped[datetime | None]
    done: Mapped[str] = mapped_column(default="")
    next_step: Mapped[str | None] = mapped_column(String(16))
    next_action_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    policy_version: Mapped[str] = mapped_column(String(64))


class ClockEvent(Base):
    """One event of a clock. A step happens once per clock, round and cycle, whoever asks for it."""

    __tablename__ = "clock_event"
    __table_args__ = (
        # What is no step is not alike: it may happen again. The events of a clock are found by it, too.
        Index("uq_clock_event_step_once", "clock_id", "round", "cycle", "step", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    clock_id: Mapped[int] = mapped_column(ForeignKey("clock.id"))
    at: Mapped[datetime]
    what: Mapped[Happening] = mapped_column(words(Happening, "what_known"))
    round: Mapped[int]
    cycle: Mapped[int]
    step: Mapped[str | None] = mapped_column(String(16))
    limit_value: Mapped[int | None]
    limit_unit: Mapped[Unit | None] = mapped_column(words(Unit, "limit_unit_known"))
    limit_rolls: Mapped[bool] = mapped_column(default=False)
    due: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(default="")
    calendar_id: Mapped[int | None] = mapped_column(ForeignKey("calendar_version.id"))


class Notice(Base):
    """A numbered supervision notice."""

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("number"),
        UniqueConstraint("clock_id", "round", "cycle", "colour"),
        Index("ix_notice_case_id", "case_id"),
        Index(
            "ix_notice_milestone_id", "milestone_id",
            sqlite_where=text("milestone_id is not null"), postgresql_where=text("milestone_id is not null"),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(64))
    colour: Mapped[Colour] = mapped_column(words(Colour, "colour_known"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"))
    delivery_id: Mapped[int | None] = mapped_column(ForeignKey("delivery.id"))
    milestone_id: Mapped[int | None] = mapped_column(ForeignKey("milestone.id"))
    clock_id: Mapped[int] = mapped_column(ForeignKey("clock.id"))
    round: Mapped[int]
    cycle: Mapped[int]
    issued_at: Mapped[datetime]
    owner: Mapped[str] = mapped_column(String(32))
    overdue_days: Mapped[int]
    answer_by: Mapped[datetime | None]
    recipients: Mapped[list[Any]]
