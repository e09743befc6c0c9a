"""Files that people added.

Revision: 0006, after 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KINDS = ("pdf", "jpg", "png", "heic", "docx", "xlsx", "mp4")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "attachment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(*KINDS, name="kind_known", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("added_at", models.base.Moment(timezone=True), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("delivery_id", sa.Integer(), nullable=True),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=True),
        sa.Column("account_id", sa.String(length=32), nullable=True),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("removed_at", models.base.Moment(timezone=True), nullable=True),
        sa.CheckConstraint(
            "delivery_id is not null or case_id is not null", name=op.f("ck_attachment_belongs_somewhere")
        ),
        sa.CheckConstraint("(case_id is null) = (seq is null)", name=op.f("ck_attachment_case_has_event")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_attachment_account_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_attachment_case_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_attachment_contact_id")),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name=op.f("fk_attachment_delivery_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
    )
    op.create_index("ix_attachment_case_id", "attachment", ["case_id", "seq"], unique=False)
    op.create_index("ix_attachment_delivery_id", "attachment", ["delivery_id"], unique=False)
    op.create_index("ix_attachment_sha256", "attachment", ["sha256"], unique=False)


def downgrade() -> None:
    """Take back."""
    op.drop_table("attachment")
