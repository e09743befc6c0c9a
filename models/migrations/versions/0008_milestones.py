"""Projects' plans: nodes, what was recorded of them, changes of their dates, heat-stop days; clocks and notices of nodes.

Revision: 0008, after 0007
"""

from __future__ import annotations

import re
from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ASKED = sa.text("state = 'asked'")
TWO = "(case_id is null) <> (delivery_id is null)"
THREE = (
    "(case when case_id is null then 0 else 1 end) + (case when delivery_id is null then 0 else 1 end) "
    "+ (case when milestone_id is null then 0 else 1 end) = 1"
)
REFERRING = (
    ("clock", "milestone_id", "milestone"),
    ("notice", "milestone_id", "milestone"),
    ("access_link", "milestone_id", "milestone"),
    ("access_link", "change_id", "milestone_change"),
)


def upgrade() -> None:
    """Apply."""
    _make()
    sqlite = op.get_bind().dialect.name == "sqlite"
    for table, column, target in REFERRING:
        op.add_column(table, sa.Column(column, sa.Integer(), nullable=True))
        if not sqlite:
            op.create_foreign_key(op.f(f"fk_{table}_{column}"), table, target, [column], ["id"])
    if sqlite:
        _rewrite(lambda table, said: _with_keys(table, said).replace(TWO, THREE))
    else:
        op.drop_constraint("belongs_to_one", "clock", type_="check")
        op.create_check_constraint("belongs_to_one", "clock", THREE)
    for table in ("clock", "notice"):
        op.create_index(f"ix_{table}_milestone_id", table, ["milestone_id"], unique=False)


def downgrade() -> None:
    """Take back. Clocks, notices and links of nodes go with them."""
    op.execute("DELETE FROM notice WHERE milestone_id IS NOT NULL")
    op.execute("DELETE FROM clock_event WHERE clock_id IN (SELECT id FROM clock WHERE milestone_id IS NOT NULL)")
    op.execute("DELETE FROM clock WHERE milestone_id IS NOT NULL")
    op.execute("DELETE FROM access_link WHERE milestone_id IS NOT NULL")
    for table in ("notice", "clock"):
        op.drop_index(f"ix_{table}_milestone_id", table_name=table)
    if op.get_bind().dialect.name == "sqlite":
        _rewrite(lambda table, said: _without_keys(table, said).replace(THREE, TWO))
    else:
        op.drop_constraint("belongs_to_one", "clock", type_="check")
        op.create_check_constraint("belongs_to_one", "clock", TWO)
        for table, column, _ in REFERRING:
            op.drop_constraint(op.f(f"fk_{table}_{column}"), table, type_="foreignkey")
    for table, column, _ in REFERRING:
        op.drop_column(table, column)
    for table in ("heat_stop", "milestone_change", "milestone_entry", "milestone"):
        op.drop_table(table)


def _rewrite(change: Callable[[str, str], str]) -> None:
    """SQLite cannot change a CHECK or add a key: the tables' texts are rewritten, as its manual says for constraints
    (ALTER TABLE, section 7). A register's clocks are many, and three tables refer to each other.
    """
    bind = op.get_bind()
    found = {}
    for table in dict.fromkeys(table for table, _, _ in REFERRING):
        query = sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :name")
        found[table] = change(table, str(bind.execute(query, {"name": table}).scalar_one()))
    version = int(bind.exec_driver_sql("PRAGMA schema_version").scalar_one())
    bind.exec_driver_sql("PRAGMA writable_schema = ON")
    for table, said in found.items():
        bind.execute(
            sa.text("UPDATE sqlite_master SET sql = :sql WHERE type = 'table' AND name = :name"),
            {"sql": said, "name": table},
        )
    bind.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    bind.exec_driver_sql("PRAGMA writable_schema = OFF")


def _keys(table: str) -> list[str]:
    return [
        f"CONSTRAINT fk_{table}_{column} FOREIGN KEY({column}) REFERENCES {target} (id)"
        for owner, column, target in REFERRING
        if owner == table
    ]


def _with_keys(table: str, said: str) -> str:
    return re.sub(r"\)\s*$", "".join(f", {key}" for key in _keys(table)) + ")", said)


def _without_keys(table: str, said: str) -> str:
    # A table made at once has them among the others, on lines of their own.
    for key in _keys(table):
        said = re.sub(r",\s*" + re.escape(key), "", said)
    return said


def _make() -> None:
    op.create_table(
        "milestone",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.String(length=32), nullable=False),
        sa.Column("node", sa.String(length=32), nullable=False),
        sa.Column("plan", sa.Date(), nullable=False),
        sa.Column("original_plan", sa.Date(), nullable=False),
        sa.Column("forecast", sa.Date(), nullable=True),
        sa.Column("actual", sa.Date(), nullable=True),
        sa.Column("excused", sa.Integer(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("responsible_id", sa.String(length=32), nullable=True),
        sa.CheckConstraint("excused >= 0", name=op.f("ck_milestone_excused_counts_days")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_milestone_project_id")),
        sa.ForeignKeyConstraint(["responsible_id"], ["account.id"], name=op.f("fk_milestone_responsible_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_milestone")),
        sa.UniqueConstraint("project_id", "node", name=op.f("uq_milestone_project_id_node")),
    )
    op.create_table(
        "milestone_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("milestone_id", sa.Integer(), nullable=False),
        sa.Column("at", models.base.Moment(timezone=True), nullable=False),
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.CheckConstraint(
            "what in ('plan', 'forecast', 'actual', 'change', 'heat_stop')", name=op.f("ck_milestone_entry_what_known")
        ),
        sa.ForeignKeyConstraint(["milestone_id"], ["milestone.id"], name=op.f("fk_milestone_entry_milestone_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_milestone_entry")),
    )
    op.create_index("ix_milestone_entry_milestone_id", "milestone_entry", ["milestone_id"], unique=False)
    op.create_table(
        "milestone_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("milestone_id", sa.Integer(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("to_day", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("asked_at", models.base.Moment(timezone=True), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("decider_id", sa.String(length=32), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "asked",
                "approved",
                "refused",
                "lapsed",
                name="state_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("decided_at", models.base.Moment(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=32), nullable=True),
        sa.Column("principal_id", sa.String(length=32), nullable=True),
        sa.Column("remark", sa.String(), nullable=False),
        sa.CheckConstraint(
            "(state = 'asked') = (decided_at is null)", name=op.f("ck_milestone_change_decided_has_moment")
        ),
        sa.CheckConstraint("from_day <> to_day", name=op.f("ck_milestone_change_changes_something")),
        sa.ForeignKeyConstraint(["decided_by"], ["account.id"], name=op.f("fk_milestone_change_decided_by")),
        sa.ForeignKeyConstraint(["decider_id"], ["account.id"], name=op.f("fk_milestone_change_decider_id")),
        sa.ForeignKeyConstraint(["milestone_id"], ["milestone.id"], name=op.f("fk_milestone_change_milestone_id")),
        sa.ForeignKeyConstraint(["principal_id"], ["account.id"], name=op.f("fk_milestone_change_principal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_milestone_change")),
    )
    op.create_index("ix_milestone_change_milestone_id", "milestone_change", ["milestone_id"], unique=False)
    op.create_index(
        "uq_milestone_change_one_asked",
        "milestone_change",
        ["milestone_id"],
        unique=True,
        sqlite_where=ASKED,
        postgresql_where=ASKED,
    )
    op.create_table(
        "heat_stop",
        sa.Column("project_id", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("told_at", models.base.Moment(timezone=True), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_heat_stop_project_id")),
        sa.PrimaryKeyConstraint("project_id", "day", name=op.f("pk_heat_stop")),
    )
