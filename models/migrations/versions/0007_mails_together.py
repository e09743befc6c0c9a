"""Which channel a message goes by, what it may wait for, and in which mail it goes.

Revision: 0007, after 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

OWED = sa.text("state = 'owed'")
SENT = sa.text("sent_at is not null")


def upgrade() -> None:
    """Apply. What may have gone out already keeps its own Message-ID."""
    op.add_column("outbox", sa.Column("channel", sa.String(length=64), nullable=False, server_default="mail"))
    op.add_column("outbox", sa.Column("urgency", sa.Integer(), nullable=False, server_default="2"))
    op.add_column("outbox", sa.Column("mail_id", sa.String(), nullable=True))
    op.execute("UPDATE outbox SET mail_id = message_id WHERE state = 'sent' OR leased_by IS NOT NULL OR attempts > 0")
    op.create_index("ix_outbox_reader", "outbox", ["address"], unique=False, sqlite_where=OWED, postgresql_where=OWED)
    op.create_index("ix_outbox_sent_at", "outbox", ["sent_at"], unique=False, sqlite_where=SENT, postgresql_where=SENT)


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_outbox_sent_at", table_name="outbox")
    op.drop_index("ix_outbox_reader", table_name="outbox")
    for column in ("mail_id", "urgency", "channel"):
        op.drop_column("outbox", column)
