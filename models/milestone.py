"""A project's plan: its nodes, what was recorded of them, changes of their dates, and the days on which sites stood still."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, words


class ChangeState(StrEnum):
    """Where a change of a planned day stands; decided once, and never edited."""

    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    LAPSED = "lapsed"


class Milestone(Base):
    """A node of a project's plan. `plan` is the day that counts, `original_plan` the first one, which is never overwritten.

    `excused` are the heat-stop days taken off the present plan; `cycle` is 1 + approved changes.
    """

    __tablename__ = "milestone"
    __table_args__ = (
        UniqueConstraint("project_id", "node"),
        CheckConstraint("excused >= 0", name="excused_counts_days"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("project.id"))
    node: Mapped[str] = mapped_column(String(32))
    plan: Mapped[date]
    original_plan: Mapped[date]
    forecast: Mapped[date | None]
    actual: Mapped[date | None]
    excused: Mapped[int] = mapped_column(default=0)
    cycle: Mapped[int] = mapped_column(default=1)
    responsible_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    """Who answers for it; None: the project's commissioner."""


class MilestoneEntry(Base):
    """What was recorded of a node, with its day and where it came from; only added to.

    `passed_up` is a ruling not made in time that went to the next in rank, `note` who had it; `held_up` and `freed` name a case in `note`.
    """

    __tablename__ = "milestone_entry"
    __table_args__ = (
        CheckConstraint(
            "what in ('plan', 'forecast', 'actual', 'change', 'heat_stop', 'heat_stop_back', 'passed_up', 'held_up', 'freed')",
            name="what_known",
        ),
        Index("ix_milestone_entry_milestone_id", "milestone_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    milestone_id: Mapped[int] = mapped_column(ForeignKey("milestone.id"))
    at: Mapped[datetime]
    what: Mapped[str] = mapped_column(String(16))
    day: Mapped[date | None]
    channel: Mapped[str] = mapped_column(String(16))
    note: Mapped[str] = mapped_column(default="")


class MilestoneChange(Base):
    """A change of a planned day that was asked for, and its ruling by a named person."""

    __tablename__ = "milestone_change"
    __table_args__ = (
        CheckConstraint("from_day <> to_day", name="changes_something"),
        CheckConstraint("(state = 'asked') = (decided_at is null)", name="decided_has_moment"),
        Index(
            "uq_milestone_change_one_asked", "milestone_id", unique=True,
            sqlite_where=text("state = 'asked'"), postgresql_where=text("state = 'asked'"),
        ),
        Index("ix_milestone_change_milestone_id", "milestone_id"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    milestone_id: Mapped[int] = mapped_column(ForeignKey("milestone.id"))
    from_day: Mapped[date]
    to_day: Mapped[date]
    reason: Mapped[str]
    document: Mapped[str] = mapped_column(default="")
    asked_at: Mapped[datetime]
    channel: Mapped[str] = mapped_column(String(16))
    decider_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    state: Mapped[ChangeState] = mapped_column(words(ChangeState, "state_known"))
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    principal_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    """Whom the person who decided stood in for."""
    remark: Mapped[str] = mapped_column(default="")


class HeldUp(Base):
    """A case that holds up a node of its project's plan, as the desk said."""

    __tablename__ = "milestone_held_up"
    __table_args__ = (Index("ix_milestone_held_up_milestone_id", "milestone_id"),)

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), primary_key=True)
    milestone_id: Mapped[int] = mapped_column(ForeignKey("milestone.id"), primary_key=True)
    said_at: Mapped[datetime]


class HeatStop(Base):
    """A day on which a project's site stood still because of the heat; each is told once, and may be taken back."""

    __tablename__ = "heat_stop"

    project_id: Mapped[str] = mapped_column(ForeignKey("project.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    told_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(default="")
    taken_back_at: Mapped[datetime | None]
    """When the desk took it back, a slip of the hand; it counts again when it is told again."""
    taken_back: Mapped[str] = mapped_column(default="", server_default="")
    """Why."""
