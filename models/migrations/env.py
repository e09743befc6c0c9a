"""How Alembic runs our migrations: online, on the engine that `models.migrate` hands it."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, Engine

from models.engine import WRITING
from models.tables import metadata


def run(engine: Engine) -> None:
    """Apply the migrations on one connection, in one transaction."""
    with engine.execution_options(**{WRITING: True}).connect() as connection:
        _configure(connection)
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


def _configure(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
    )


run(context.config.attributes["engine"])
