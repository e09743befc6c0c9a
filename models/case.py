"""A case and what belongs to it: reporters, assignments, links to other cases, approvals, its chained history."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Connection, ForeignKey, Index, String, Table, UniqueConstraint, event, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.lifecycle import ApprovalKind, Kind, Status
from domain.policy import Role
from models.base import Base, words


class Case(Base):
    """What the office must see through. Only the casebook writes here; nothing is deleted."""

    __tablename__ = "case"
    __table_args__ = (
        CheckConstraint("rung between 1 and 7", name="rung_on_ladder"),
        CheckConstraint("(status = 'closed') = (closed_at is not null)", name="closed_has_moment"),
        CheckConstraint("status <> 'closed' or outcome is not null", name="closed_has_outcome"),
        CheckConstraint(
            "status not in ('in_progress', 'tracking', 'suspended') or lead_id is not null", name="work_has_lead"
        ),
        Index("ix_case_status_due", "status", "due"),
        Index("ix_case_lead_id_status", "lead_id", "status"),
        # The board's counters and lists are answered from it alone, whatever they are narrowed to.
        Index(
            "ix_case_board",
            "restricted",
            "status",
            "due",
            "lead_id",
            "rung",
            "category",
            "area_id",
            "case_class",
            "opened_at",
            "project_id",
            "kind",
        ),
        # What a search reads, the newest first, without the rest of each row. PostgreSQL reads whole rows as fast, and refuses
        # an index of long titles: there it is empty.
        Index(
            "ix_case_search",
            "id",
            "restricted",
            "code",
            "title",
            "project_said",
            "enterprise_id",
            "project_id",
            postgresql_where=text("id < 0"),
        ),
        # Reports that name a project which nobody knows; few, and for the desk to set right.
        Index(
            "ix_case_project_unknown", "project_id", "status",
            sqlite_where=text("project_id is null and project_said is not null"),
            postgresql_where=text("project_id is null and project_said is not null"),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    document_number: Mapped[str]
    kind: Mapped[Kind] = mapped_column(words(Kind, "kind_known"))
    status: Mapped[Status] = mapped_column(words(Status, "status_known"))
    title: Mapped[str]
    detail: Mapped[str]
    source: Mapped[str] = mapped_column(String(32))
    category: Mapped[str | None] = mapped_column(String(64))
    case_class: Mapped[str | None] = mapped_column(String(32))
    severity: Mapped[int]
    enterprise_id: Mapped[int | None] = mapped_column(ForeignKey("enterprise.id"), index=True)
    project_id: Mapped[str | None] = mapped_column(ForeignKey("project.id"), index=True)
    project_said: Mapped[str | None]
    area_id: Mapped[str | None] = mapped_column(ForeignKey("unit.id"))
    lead_id: Mapped[str | None] = mapped_column(ForeignKey("unit.id"))
    restricted: Mapped[bool] = mapped_column(default=False)
    rung: Mapped[int] = mapped_column(default=1)
    round: Mapped[int] = mapped_column(default=1)
    cycle: Mapped[int] = mapped_column(default=1)
    outcome: Mapped[str | None] = mapped_column(String(32))
    opened_at: Mapped[datetime]
    due: Mapped[datetime | None]
    original_due: Mapped[datetime | None]
    estimated: Mapped[bool] = mapped_column(default=False)
    closed_at: Mapped[datetime | None]
    promised_on: Mapped[date | None]
    suspended_for: Mapped[str | None] = mapped_column(String(32))
    extensions: Mapped[int] = mapped_column(default=0)
    redos: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    rating_result: Mapped[int | None]
    rating_attitude: Mapped[int | None]
    marks: Mapped[list[str]]
    handled_by: Mapped[list[str]]
    flags: Mapped[list[str]]
    policy_version: Mapped[str] = mapped_column(String(64))
    seq: Mapped[int] = mapped_column(default=0)
    head_hash: Mapped[str] = mapped_column(String(64), default="")


@event.listens_for(Case.__table__, "after_create")
def _leave_room(_table: Table, connection: Connection, **_said: object) -> None:
    """Let a page keep room for what every event changes of a case, its place in the history: rewritten on its page, the case needs
    no new entry in any of its indexes.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql('ALTER TABLE "case" SET (fillfactor = 80)')


class Reporter(Base):
    """Who reported a case: the principal, who rates, and the informed."""

    __tablename__ = "reporter"
    __table_args__ = (
        UniqueConstraint("case_id", "contact_id"),
        CheckConstraint("kind in ('principal', 'informed', 'left')", name="kind_known"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"))
    kind: Mapped[str] = mapped_column(String(16), default="principal")
    withheld: Mapped[bool] = mapped_column(default=False)


class Assignment(Base):
    """A unit's part in a case, from when until when."""

    __tablename__ = "assignment"
    __table_args__ = (
        CheckConstraint("part in ('lead', 'supporter')", name="part_known"),
        # One lead at a time (LIFECYCLE.md, Words).
        Index(
            "uq_assignment_one_lead", "case_id", unique=True,
            sqlite_where=text("part = 'lead' and until is null"), postgresql_where=text("part = 'lead' and until is null"),
        ),
        Index("ix_assignment_case_id", "case_id"),
        # Whom a unit supports now.
        Index(
            "ix_assignment_supports", "unit_id", "case_id",
            sqlite_where=text("part = 'supporter' and until is null"), postgresql_where=text("part = 'supporter' and until is null"),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"))
    part: Mapped[str] = mapped_column(String(16))
    since: Mapped[datetime]
    until: Mapped[datetime | None]


class CaseLink(Base):
    """A relation between two cases: merged_into, blocks, same_cause."""

    __tablename__ = "case_link"
    __table_args__ = (UniqueConstraint("case_id", "target_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    target_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    kind: Mapped[str] = mapped_column(String(16))


class Approval(Base):
    """A decision asked of named persons. One of a kind, for a stage one of each stage, may be open on a case.

    `needs` says how many steps of a group have to agree, where that is not all of them.
    """

    __tablename__ = "approval"
    __table_args__ = (
        CheckConstraint("state in ('open', 'granted', 'refused', 'lapsed')", name="state_known"),
        Index(
            "uq_approval_one_open", "case_id", "kind", "subject", unique=True,
            sqlite_where=text("state = 'open'"), postgresql_where=text("state = 'open'"),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    kind: Mapped[ApprovalKind] = mapped_column(words(ApprovalKind, "kind_known"))
    unit_id: Mapped[str | None] = mapped_column(ForeignKey("unit.id"))
    asked_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    asked_at: Mapped[datetime]
    facts: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(16))
    subject: Mapped[str] = mapped_column(String(32), default="", server_default="")
    needs: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")


class ApprovalStep(Base):
    """One person's part of an approval. Steps of one `group_no` are asked side by side."""

    __tablename__ = "approval_step"
    __table_args__ = (
        UniqueConstraint("approval_id", "seq"),
        CheckConstraint(
            "state in ('waiting', 'open', 'returned', 'granted', 'refused', 'passed_up', 'void')", name="state_known"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    approval_id: Mapped[int] = mapped_column(ForeignKey("approval.id"))
    seq: Mapped[int]
    role: Mapped[Role] = mapped_column(words(Role, "role_known"))
    unit_id: Mapped[str | None] = mapped_column(ForeignKey("unit.id"))
    account_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    state: Mapped[str] = mapped_column(String(16))
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    reason: Mapped[str] = mapped_column(default="")
    group_no: Mapped[int] = mapped_column(default=1, server_default="1")


class Event(Base):
    """One line of a case's history, chained: `hash` covers the line and the hash before it."""

    __tablename__ = "event"
    __table_args__ = (UniqueConstraint("case_id", "seq"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    seq: Mapped[int]
    at: Mapped[datetime]
    action: Mapped[str] = mapped_column(String(32))
    actor: Mapped[dict[str, Any]]
    facts: Mapped[dict[str, Any]]
    text_digest: Mapped[str | None] = mapped_column(String(64))
    policy_version: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class EventText(Base):
    """The personal or free text of an event, apart: the chain holds only its salted digest."""

    __tablename__ = "event_text"

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    salt: Mapped[str] = mapped_column(String(32))
    text: Mapped[dict[str, Any] | None]
