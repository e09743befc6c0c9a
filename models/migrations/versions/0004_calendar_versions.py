"""Calendars by version, what was changed in the directory, the board's index.

Revision: 0004, after 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BEFORE = ("started", "paused", "resumed", "extended", "recalculated", "passed_on", "step", "skipped", "ended")
AFTER = (
    "started",
    "paused",
    "resumed",
    "extended",
    "recalculated",
    "adjusted",
    "passed_on",
    "step",
    "skipped",
    "ended",
)
UNITS = ("working_hours", "working_days", "half_day", "days", "months")
COLUMNS = "id, clock_id, at, what, round, cycle, step, limit_value, limit_unit, limit_rolls, due, reason"
STEP = sa.text("step is not null")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "calendar_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("adopted_at", models.base.Moment(timezone=True), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("days", sa.String(), nullable=False),
        sa.Column("edits", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_version")),
    )
    op.create_table(
        "directory_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", models.base.Moment(timezone=True), nullable=False),
        sa.Column("command_id", sa.String(length=64), nullable=True),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directory_change")),
        sa.UniqueConstraint("command_id", name=op.f("uq_directory_change_command_id")),
    )
    op.create_index("ix_case_board", "case", ["restricted", "status", "due", "lead_id", "rung"], unique=False)
    if op.get_bind().dialect.name == "sqlite":
        _rebuild(AFTER, versioned=True)
        return
    op.add_column("clock_event", sa.Column("calendar_id", sa.Integer(), nullable=True))
    op.create_foreign_key(
        op.f("fk_clock_event_calendar_id"), "clock_event", "calendar_version", ["calendar_id"], ["id"]
    )
    _recheck(AFTER)


def downgrade() -> None:
    """Take back. What was adjusted stays as what it was, a recalculation."""
    op.execute("UPDATE clock_event SET what = 'recalculated' WHERE what = 'adjusted'")
    if op.get_bind().dialect.name == "sqlite":
        _rebuild(BEFORE, versioned=False)
    else:
        op.drop_column("clock_event", "calendar_id")
        _recheck(BEFORE)
    op.execute("DELETE FROM setting WHERE key IN ('calendar in force', 'calendar open clocks go by')")
    op.drop_index("ix_case_board", table_name="case")
    op.drop_table("directory_change")
    op.drop_table("calendar_version")


def _recheck(words: tuple[str, ...]) -> None:
    op.drop_constraint("what_known", "clock_event", type_="check")
    op.create_check_constraint("what_known", "clock_event", sa.column("what").in_(words))


def _rebuild(words: tuple[str, ...], *, versioned: bool) -> None:
    """SQLite cannot change a CHECK: the table is made anew. Nothing refers to it."""
    op.execute("CREATE TABLE _clock_event AS SELECT * FROM clock_event")
    op.drop_table("clock_event")
    calendar: list[sa.schema.SchemaItem] = []
    if versioned:
        calendar = [
            sa.Column("calendar_id", sa.Integer(), nullable=True),
            sa.ForeignKeyConstraint(["calendar_id"], ["calendar_version.id"], name=op.f("fk_clock_event_calendar_id")),
        ]
    op.create_table(
        "clock_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("clock_id", sa.Integer(), nullable=False),
        sa.Column("at", models.base.Moment(timezone=True), nullable=False),
        sa.Column("what", _enum(words, "what_known"), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=16), nullable=True),
        sa.Column("limit_value", sa.Integer(), nullable=True),
        sa.Column("limit_unit", _enum(UNITS, "limit_unit_known"), nullable=True),
        sa.Column("limit_rolls", sa.Boolean(), nullable=False),
        sa.Column("due", models.base.Moment(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        *calendar,
        sa.ForeignKeyConstraint(["clock_id"], ["clock.id"], name=op.f("fk_clock_event_clock_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock_event")),
    )
    op.create_index("ix_clock_event_clock_id", "clock_event", ["clock_id"], unique=False)
    op.create_index(
        "uq_clock_event_step_once",
        "clock_event",
        ["clock_id", "round", "cycle", "step"],
        unique=True,
        sqlite_where=STEP,
    )
    # Names of columns, all of them from this file.
    op.execute(f"INSERT INTO clock_event ({COLUMNS}) SELECT {COLUMNS} FROM _clock_event")  # noqa: S608
    op.drop_table("_clock_event")


def _enum(words: tuple[str, ...], name: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=32)
