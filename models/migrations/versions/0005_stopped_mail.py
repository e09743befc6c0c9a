"""Mails that somebody stopped, and sessions of the board that were signed out.

Revision: 0005, after 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "mail_stop",
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("message", sa.String(length=32), nullable=False),
        sa.Column("since", models.base.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_mail_stop_account_id")),
        sa.PrimaryKeyConstraint("account_id", "message", name=op.f("pk_mail_stop")),
    )
    op.create_table(
        "ended_session",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("until", models.base.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ended_session")),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("ended_session")
    op.drop_table("mail_stop")
