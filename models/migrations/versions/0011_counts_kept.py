"""What the board reads of many cases: indexes that hold all of it, and counts that the sweep keeps for it.

Revision: 0011, after 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

BOARD = ["restricted", "status", "due", "lead_id", "rung"]
SUPPORTS = sa.text("part = 'supporter' and until is null")


def upgrade() -> None:
    """Apply."""
    op.drop_index("ix_case_board", table_name="case")
    more = ["category", "area_id", "case_class", "opened_at", "project_id", "kind"]
    op.create_index("ix_case_board", "case", BOARD + more, unique=False)
    words = ["id", "restricted", "code", "title", "project_said", "enterprise_id", "project_id"]
    op.create_index("ix_case_search", "case", words, unique=False, postgresql_where=sa.text("id < 0"))
    op.create_index(
        "ix_assignment_supports", "assignment", ["unit_id", "case_id"], unique=False, sqlite_where=SUPPORTS, postgresql_where=SUPPORTS
    )  # fmt: skip
    op.create_table(
        "kept_count",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("policy_version", sa.String(length=64), nullable=False),
        sa.Column("counted_at", models.base.Moment(timezone=True), nullable=False),
        sa.Column("took", sa.Float(), nullable=False),
        sa.Column("value", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_kept_count")),
    )


def downgrade() -> None:
    """Take back. What was kept is counted anew."""
    op.drop_table("kept_count")
    op.drop_index("ix_assignment_supports", table_name="assignment")
    op.drop_index("ix_case_search", table_name="case")
    op.drop_index("ix_case_board", table_name="case")
    op.create_index("ix_case_board", "case", BOARD, unique=False)
