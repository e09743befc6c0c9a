"""Submissions of form services: what they are called there, and when they were edited.

Revision: 0009, after 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("delivery", sa.Column("entry", sa.String(length=160), nullable=True))
    op.add_column("delivery", sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True))
    named = sa.text("entry is not null")
    op.create_index("ix_delivery_entry", "delivery", ["source", "entry"], sqlite_where=named, postgresql_where=named)
    op.create_index("ix_delivery_body_hash", "delivery", ["source", "body_hash"])


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_delivery_body_hash", table_name="delivery")
    op.drop_index("ix_delivery_entry", table_name="delivery")
    op.drop_column("delivery", "edited_at")
    op.drop_column("delivery", "entry")
