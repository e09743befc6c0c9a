"""Factor requests with their stages and grants; approvals of stages, with steps side by side and returned ones.

Revision: 0003, after 0002
"""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

import models.base
import models.exact

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KINDS = ("sign_off", "extension", "suspension", "tracking", "dispute", "delivery")
OPEN = sa.text("state = 'open'")


def upgrade() -> None:
    """Apply."""
    op.drop_index("uq_approval_one_open", table_name="approval")
    if op.get_bind().dialect.name == "sqlite":
        _rebuild(
            _make_new,
            "INSERT INTO approval SELECT id, case_id, kind, unit_id, asked_by, asked_at, facts, state, '', '{}' FROM _approval",
            "INSERT INTO approval_step SELECT id, approval_id, seq, role, unit_id, account_id, state, decided_at, decided_by, "
            "reason, 1 FROM _approval_step",
        )
    else:
        op.add_column("approval", sa.Column("subject", sa.String(length=32), server_default="", nullable=False))
        op.add_column("approval", sa.Column("needs", sa.JSON(), server_default="{}", nullable=False))
        op.add_column("approval_step", sa.Column("group_no", sa.Integer(), server_default="1", nullable=False))
        _recheck((*KINDS, "stage"), "'waiting', 'open', 'returned', 'granted', 'refused', 'passed_up', 'void'")
    op.create_index(
        "uq_approval_one_open",
        "approval",
        ["case_id", "kind", "subject"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    op.create_table(
        "factor_grant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("stage", sa.String(length=32), nullable=False),
        sa.Column("quantity", models.exact.Exact(precision=19, scale=6), nullable=False),
        sa.Column("granted_on", sa.Date(), nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("document_key", sa.String(length=160), nullable=False),
        sa.Column("conditions", sa.String(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("drawn", models.exact.Exact(precision=19, scale=6), nullable=False),
        sa.Column("recorded_seq", sa.Integer(), nullable=False),
        sa.CheckConstraint("drawn >= 0 and drawn <= quantity", name=op.f("ck_factor_grant_drawn_of_granted")),
        sa.CheckConstraint(
            "expires_on is null or expires_on >= granted_on", name=op.f("ck_factor_grant_expires_after_granted")
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_factor_grant_grants_something")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_factor_grant_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_factor_grant")),
        sa.UniqueConstraint("type", "document_key", name=op.f("uq_factor_grant_type_document_key")),
    )
    op.create_index("ix_factor_grant_case_id", "factor_grant", ["case_id"], unique=False)
    op.create_table(
        "factor_request",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("requested", models.exact.Exact(precision=19, scale=6), nullable=False),
        sa.Column("unit", sa.String(length=16), nullable=False),
        sa.Column("requested_on", sa.Date(), nullable=False),
        sa.Column("needed_by", sa.Date(), nullable=False),
        sa.Column("difficulty_id", sa.Integer(), nullable=True),
        sa.Column("milestone", sa.String(length=64), nullable=True),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.Column("documents", sa.JSON(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("blocked_reason", sa.String(), nullable=False),
        sa.Column("deferred_until", sa.Date(), nullable=True),
        sa.CheckConstraint("needed_by >= requested_on", name=op.f("ck_factor_request_needed_after_asked")),
        sa.CheckConstraint("requested > 0", name=op.f("ck_factor_request_asks_for_something")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_factor_request_case_id")),
        sa.ForeignKeyConstraint(["difficulty_id"], ["case.id"], name=op.f("fk_factor_request_difficulty_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_factor_request")),
    )
    op.create_index("ix_factor_request_difficulty_id", "factor_request", ["difficulty_id"], unique=False)
    op.create_table(
        "factor_stage",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("group_no", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.String(length=32), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "open",
                "returned",
                "done",
                "skipped",
                "rejected",
                name="state_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("opened_at", models.base.Moment(timezone=True), nullable=True),
        sa.Column("decided_at", models.base.Moment(timezone=True), nullable=True),
        sa.Column("document", sa.String(), nullable=False),
        sa.CheckConstraint("state <> 'open' or opened_at is not null", name=op.f("ck_factor_stage_open_has_moment")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_factor_stage_case_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_factor_stage_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_factor_stage")),
        sa.UniqueConstraint("case_id", "code", name=op.f("uq_factor_stage_case_id_code")),
        sa.UniqueConstraint("case_id", "seq", name=op.f("uq_factor_stage_case_id_seq")),
    )


def downgrade() -> None:
    """Take back: what only factor requests have goes with them."""
    for name in ("factor_stage", "factor_request", "factor_grant"):
        op.drop_table(name)
    op.execute(
        "UPDATE access_link SET step_id = NULL WHERE step_id IN (SELECT s.id FROM approval_step s JOIN approval a ON a.id = s.approval_id WHERE a.kind = 'stage')"
    )
    op.execute("DELETE FROM approval_step WHERE approval_id IN (SELECT id FROM approval WHERE kind = 'stage')")
    op.execute("DELETE FROM approval WHERE kind = 'stage'")
    op.execute("UPDATE approval_step SET state = 'open' WHERE state = 'returned'")
    op.drop_index("uq_approval_one_open", table_name="approval")
    if op.get_bind().dialect.name == "sqlite":
        _rebuild(
            _make_old,
            "INSERT INTO approval SELECT id, case_id, kind, unit_id, asked_by, asked_at, facts, state FROM _approval",
            "INSERT INTO approval_step SELECT id, approval_id, seq, role, unit_id, account_id, state, decided_at, decided_by, "
            "reason FROM _approval_step",
        )
    else:
        _recheck(KINDS, "'waiting', 'open', 'granted', 'refused', 'passed_up', 'void'")
        op.drop_column("approval", "subject")
        op.drop_column("approval", "needs")
        op.drop_column("approval_step", "group_no")
    op.create_index(
        "uq_approval_one_open", "approval", ["case_id", "kind"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN
    )


def _recheck(kinds: tuple[str, ...], states: str) -> None:
    op.drop_constraint("kind_known", "approval", type_="check")
    op.create_check_constraint("kind_known", "approval", sa.column("kind").in_(kinds))
    op.drop_constraint(op.f("ck_approval_step_state_known"), "approval_step", type_="check")
    op.create_check_constraint(op.f("ck_approval_step_state_known"), "approval_step", f"state in ({states})")


def _rebuild(make: Callable[[], None], fill_approval: str, fill_step: str) -> None:
    """SQLite cannot change a CHECK: the two tables are made anew. Emptied first, so that no row refers to what is dropped."""
    op.execute("CREATE TABLE _approval AS SELECT * FROM approval")
    op.execute("CREATE TABLE _approval_step AS SELECT * FROM approval_step")
    op.execute("CREATE TABLE _link AS SELECT id, step_id FROM access_link WHERE step_id IS NOT NULL")
    op.execute("UPDATE access_link SET step_id = NULL")
    op.drop_table("approval_step")
    op.drop_table("approval")
    make()
    op.execute(fill_approval)
    op.execute(fill_step)
    op.execute("UPDATE access_link SET step_id = (SELECT l.step_id FROM _link l WHERE l.id = access_link.id)")
    for name in ("_link", "_approval", "_approval_step"):
        op.drop_table(name)


def _make_new() -> None:
    op.create_table(
        "approval",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "sign_off",
                "extension",
                "suspension",
                "tracking",
                "dispute",
                "delivery",
                "stage",
                name="kind_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("unit_id", sa.String(length=32), nullable=True),
        sa.Column("asked_by", sa.String(length=32), nullable=True),
        sa.Column("asked_at", models.base.Moment(timezone=True), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=32), server_default="", nullable=False),
        sa.Column("needs", sa.JSON(), server_default="{}", nullable=False),
        sa.CheckConstraint("state in ('open', 'granted', 'refused', 'lapsed')", name=op.f("ck_approval_state_known")),
        sa.ForeignKeyConstraint(["asked_by"], ["account.id"], name=op.f("fk_approval_asked_by")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_approval_case_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_approval_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval")),
    )
    op.create_table(
        "approval_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("approval_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "dispatch_clerk",
                "dispatch_head",
                "commissioner",
                "liaison",
                "unit_head",
                "area_officer",
                "deputy_chief",
                "executive_deputy",
                "chief",
                "supervisor",
                "safety_inspector",
                "operator",
                name="role_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("unit_id", sa.String(length=32), nullable=True),
        sa.Column("account_id", sa.String(length=32), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("decided_at", models.base.Moment(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("group_no", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "state in ('waiting', 'open', 'returned', 'granted', 'refused', 'passed_up', 'void')",
            name=op.f("ck_approval_step_state_known"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_approval_step_account_id")),
        sa.ForeignKeyConstraint(["approval_id"], ["approval.id"], name=op.f("fk_approval_step_approval_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_approval_step_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_step")),
        sa.UniqueConstraint("approval_id", "seq", name=op.f("uq_approval_step_approval_id_seq")),
    )


def _make_old() -> None:
    op.create_table(
        "approval",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "sign_off",
                "extension",
                "suspension",
                "tracking",
                "dispute",
                "delivery",
                name="kind_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("unit_id", sa.String(length=32), nullable=True),
        sa.Column("asked_by", sa.String(length=32), nullable=True),
        sa.Column("asked_at", models.base.Moment(timezone=True), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.CheckConstraint("state in ('open', 'granted', 'refused', 'lapsed')", name=op.f("ck_approval_state_known")),
        sa.ForeignKeyConstraint(["asked_by"], ["account.id"], name=op.f("fk_approval_asked_by")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_approval_case_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_approval_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval")),
    )
    op.create_table(
        "approval_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("approval_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "dispatch_clerk",
                "dispatch_head",
                "commissioner",
                "liaison",
                "unit_head",
                "area_officer",
                "deputy_chief",
                "executive_deputy",
                "chief",
                "supervisor",
                "safety_inspector",
                "operator",
                name="role_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("unit_id", sa.String(length=32), nullable=True),
        sa.Column("account_id", sa.String(length=32), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("decided_at", models.base.Moment(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.CheckConstraint(
            "state in ('waiting', 'open', 'granted', 'refused', 'passed_up', 'void')",
            name=op.f("ck_approval_step_state_known"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_approval_step_account_id")),
        sa.ForeignKeyConstraint(["approval_id"], ["approval.id"], name=op.f("fk_approval_step_approval_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_approval_step_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_step")),
        sa.UniqueConstraint("approval_id", "seq", name=op.f("uq_approval_step_approval_id_seq")),
    )
