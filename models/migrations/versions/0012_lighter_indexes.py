"""Lighter indexes of what a sweep writes: none of columns that are empty, one where two said the same; room to rewrite a case in place.

Revision: 0012, after 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

SELDOM = (("clock", "delivery_id"), ("clock", "milestone_id"), ("notice", "milestone_id"))
STEP = sa.text("step is not null")


def upgrade() -> None:
    """Apply."""
    for table, column in SELDOM:
        op.drop_index(f"ix_{table}_{column}", table_name=table)
        there = sa.text(f"{column} is not null")
        op.create_index(
            f"ix_{table}_{column}", table, [column], unique=False, sqlite_where=there, postgresql_where=there
        )
    op.drop_index("ix_clock_event_clock_id", table_name="clock_event")
    op.drop_index("uq_clock_event_step_once", table_name="clock_event")
    op.create_index("uq_clock_event_step_once", "clock_event", ["clock_id", "round", "cycle", "step"], unique=True)
    if op.get_bind().dialect.name == "postgresql":
        op.execute('ALTER TABLE "case" SET (fillfactor = 80)')


def downgrade() -> None:
    """Take back."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute('ALTER TABLE "case" RESET (fillfactor)')
    op.drop_index("uq_clock_event_step_once", table_name="clock_event")
    op.create_index(
        "uq_clock_event_step_once", "clock_event", ["clock_id", "round", "cycle", "step"], unique=True, sqlite_where=STEP,
        postgresql_where=STEP,
    )  # fmt: skip
    op.create_index("ix_clock_event_clock_id", "clock_event", ["clock_id"], unique=False)
    for table, column in reversed(SELDOM):
        op.drop_index(f"ix_{table}_{column}", table_name=table)
        op.create_index(f"ix_{table}_{column}", table, [column], unique=False)
