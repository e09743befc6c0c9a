"""Cases that hold up nodes; heat-stop days that were taken back; rulings on plans that were passed up.

Revision: 0010, after 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

FIVE = "what in ('plan', 'forecast', 'actual', 'change', 'heat_stop')"
NINE = (
    "what in ('plan', 'forecast', 'actual', 'change', 'heat_stop', 'heat_stop_back', 'passed_up', 'held_up', 'freed')"
)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "milestone_held_up",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("milestone_id", sa.Integer(), nullable=False),
        sa.Column("said_at", models.base.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_milestone_held_up_case_id")),
        sa.ForeignKeyConstraint(["milestone_id"], ["milestone.id"], name=op.f("fk_milestone_held_up_milestone_id")),
        sa.PrimaryKeyConstraint("case_id", "milestone_id", name=op.f("pk_milestone_held_up")),
    )
    op.create_index("ix_milestone_held_up_milestone_id", "milestone_held_up", ["milestone_id"], unique=False)
    op.add_column("heat_stop", sa.Column("taken_back_at", models.base.Moment(timezone=True), nullable=True))
    op.add_column("heat_stop", sa.Column("taken_back", sa.String(), nullable=False, server_default=""))
    _what_known(FIVE, NINE)


def downgrade() -> None:
    """Take back. What the present tables cannot say goes."""
    op.execute("DELETE FROM notice WHERE clock_id IN (SELECT id FROM clock WHERE kind = 'plan_change')")
    op.execute("DELETE FROM clock_event WHERE clock_id IN (SELECT id FROM clock WHERE kind = 'plan_change')")
    op.execute("DELETE FROM clock WHERE kind = 'plan_change'")
    op.execute("DELETE FROM milestone_entry WHERE what IN ('heat_stop_back', 'passed_up', 'held_up', 'freed')")
    op.execute("DELETE FROM heat_stop WHERE taken_back_at IS NOT NULL")
    _what_known(NINE, FIVE)
    op.drop_column("heat_stop", "taken_back")
    op.drop_column("heat_stop", "taken_back_at")
    op.drop_index("ix_milestone_held_up_milestone_id", table_name="milestone_held_up")
    op.drop_table("milestone_held_up")


def _what_known(old: str, new: str) -> None:
    bind = op.get_bind()
    if bind.dialect.name != "sqlite":
        op.drop_constraint("what_known", "milestone_entry", type_="check")
        op.create_check_constraint("what_known", "milestone_entry", new)
        return
    # SQLite cannot change a CHECK: the table's text is rewritten, as its manual says for constraints (ALTER TABLE, section 7).
    version = int(bind.exec_driver_sql("PRAGMA schema_version").scalar_one())
    bind.exec_driver_sql("PRAGMA writable_schema = ON")
    bind.execute(
        sa.text(
            "UPDATE sqlite_master SET sql = replace(sql, :old, :new) WHERE type = 'table' AND name = 'milestone_entry'"
        ),
        {"old": old, "new": new},
    )
    bind.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    bind.exec_driver_sql("PRAGMA writable_schema = OFF")
