"""How Alembic runs our migrations: online, on the connection that `models.migrate` hands it."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from models.tables import metadata


def run(connection: Connection) -> None:
    """Apply the migrations on a connection, in its transaction: whoever began it commits all of them or none."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])
