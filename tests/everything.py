"""All rows of all tables, for tests of what must not change, or must not be stored."""

from __future__ import annotations

from sqlalchemy import inspect, select, text
from sqlalchemy.orm import Session

from models.tables import metadata


def everything(session: Session) -> dict[str, list[tuple[object, ...]]]:
    """Each table's rows by its key, whatever the database."""
    assert set(inspect(session.connection()).get_table_names()) == {*metadata.tables, "alembic_version"}
    found = {
        name: [tuple(row) for row in session.execute(select(table).order_by(*table.primary_key))]
        for name, table in metadata.tables.items()
    }
    found["alembic_version"] = [tuple(row) for row in session.execute(text("SELECT version_num FROM alembic_version"))]
    return found
