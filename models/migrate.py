"""Bringing a database to the present tables, with a clear word where that cannot be done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine, inspect, text

from models.engine import WRITING, make_engine


class DatabaseRefused(Exception):
    """A database that this version cannot work with; the message says why and what to do."""


def _quiet(_: str) -> None:
    return None


def head() -> str:
    """The newest revision, read from the files' names without loading Alembic (start-up time)."""
    names = sorted(path.name for path in (Path(__file__).parent / "migrations" / "versions").glob("[0-9]*.py"))
    return names[-1].split("_", 1)[0]


def current(engine: Engine) -> str | None:
    """The database's revision; None for an empty database. Raises DatabaseRefused for tables that are not ours."""
    tables = set(inspect(engine).get_table_names())
    if "alembic_version" not in tables:
        if tables:
            raise DatabaseRefused(
                f"The database {engine.url.render_as_string(hide_password=True)} holds tables that are not Expedite's "
                f"({', '.join(sorted(tables)[:3])}…). Name another with EXPEDITE_DATABASE_URL or --data."
            )
        return None
    with engine.connect() as connection:
        row = connection.execute(text("SELECT version_num FROM alembic_version")).first()
    return None if row is None else str(row[0])


def _make(engine: Engine) -> None:
    """Make the tables of an empty database as the migrations would, a second faster; a test compares the two."""
    from models.tables import metadata

    with engine.execution_options(**{WRITING: True}).begin() as connection:
        metadata.create_all(connection)
        connection.execute(
            text(
                "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
            )
        )
        connection.execute(text("INSERT INTO alembic_version (version_num) VALUES (:head)"), {"head": head()})


def upgrade(url: str, say: Callable[[str], None] = _quiet) -> bool:
    """Apply the migrations that are missing; whether there were any.

    Raises DatabaseRefused for a database of a newer version or of something else.
    """
    engine = make_engine(url)
    try:
        revision = current(engine)
        if revision == head():
            return False
        known = {
            path.name.split("_", 1)[0] for path in (Path(__file__).parent / "migrations" / "versions").glob("[0-9]*.py")
        }
        if revision is not None and revision not in known:
            raise DatabaseRefused(
                f"The database is at revision {revision}, which this version (up to {head()}) does not know: it was written "
                "by a newer Expedite. Start that version, or restore a backup made before the update."
            )
        if revision is None:
            say("making the tables")
            _make(engine)
            return True
        say("bringing the database up to date")
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        config.attributes["engine"] = engine
        command.upgrade(config, "head")
        return True
    finally:
        engine.dispose()
