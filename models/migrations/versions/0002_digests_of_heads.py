"""Daily digests of heads.

Revision: 0002, after 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "head_digest",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("made_at", models.base.Moment(timezone=True), nullable=False),
        sa.Column("cases", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_head_digest")),
    )
    op.create_table(
        "head_line",
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("head", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["day"], ["head_digest.day"], name=op.f("fk_head_line_day")),
        sa.PrimaryKeyConstraint("code", "day", name=op.f("pk_head_line")),
    )
    with op.batch_alter_table("head_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_head_line_day"), ["day"], unique=False)


def downgrade() -> None:
    """Take back."""
    op.drop_table("head_line")
    op.drop_table("head_digest")
