"""An index of the cases whose report names a project that is not known.

Revision: 0013, after 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

UNKNOWN = sa.text("project_id is null and project_said is not null")


def upgrade() -> None:
    """Apply."""
    op.create_index(
        "ix_case_project_unknown",
        "case",
        ["project_id", "status"],
        unique=False,
        sqlite_where=UNKNOWN,
        postgresql_where=UNKNOWN,
    )


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_case_project_unknown", table_name="case")
