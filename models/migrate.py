"""Bringing a database to the present tables, with a clear word where that cannot be done."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError

from models.engine import WRITING, make_engine


class DatabaseRefused(Exception):
    """A database that this version cannot work with; the message says why and what to do."""


def _quiet(_: str) -> None:
    return None


def head() -> str:
    """The newest revision, read from the files' names without loading Alembic (start-up time)."""
    names = sorted(path.name for path in (Path(__file__).parent / "migrations" / "versions").glob("[0-9]*.py"))
    return names[-1].split("_", 1)[0]


def current(connection: Connection) -> str | None:
    """The database's revision; None for an empty database. Raises DatabaseRefused for tables that are not ours."""
    tables = set(inspect(connection).get_table_names())
    if "alembic_version" not in tables:
        if tables:
            raise DatabaseRefused(
                f"The database {_name(connection.engine)} holds tables that are not Expedite's "
                f"({', '.join(sorted(tables)[:3])}…). Name another with EXPEDITE_DATABASE_URL or --data."
            )
        return None
    row = connection.execute(text("SELECT version_num FROM alembic_version")).first()
    return None if row is None else str(row[0])


def _name(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=True)


def _why(engine: Engine, problem: OperationalError) -> str:
    """What is wrong with a database that cannot be opened, and what to do; the server's own words at the end."""
    said = " ".join(str(problem.orig).split())
    state = getattr(problem.orig, "sqlstate", None)
    low, name = said.lower(), _name(engine)
    # A server that refuses while connecting leaves the driver only its words, so the code alone does not do.
    if engine.dialect.name == "sqlite":
        remedy = "name a data folder that can be written with --data or EXPEDITE_DATA"
        return f"The database {name} cannot be opened: {remedy}. It says: {said}"
    if state == "3D000" or re.search(r'database ".*" does not exist', low):
        return (
            f"There is no database {engine.url.database!r} on the server of {name}: make it (createdb). It says: {said}"
        )
    if state in ("28P01", "28000") or "password" in low or "authentication" in low or "role" in low:
        return (
            f"The server of {name} refuses user {engine.url.username!r}: check user and password in EXPEDITE_DATABASE_URL. "
            f"It says: {said}"
        )
    if state in ("53300", "57P03"):
        return f"The server of {name} takes no connection at present: try again shortly. It says: {said}"
    return (
        f"The server of {name} cannot be reached: check that it runs, and host and port in EXPEDITE_DATABASE_URL. "
        f"It says: {said}"
    )


def _make(connection: Connection) -> None:
    """Make the tables of an empty database as the migrations would, a second faster; a test compares the two."""
    from models.tables import metadata

    metadata.create_all(connection, checkfirst=False)
    connection.execute(
        text(
            "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
        )
    )
    connection.execute(text("INSERT INTO alembic_version (version_num) VALUES (:head)"), {"head": head()})


def upgrade(url: str, say: Callable[[str], None] = _quiet) -> bool:
    """Apply the migrations that are missing; whether there were any. Of several processes at once one does it.

    Raises DatabaseRefused for a database of a newer version or of something else, or one that cannot be opened.
    """
    with opened_engine(url) as engine:
        return _upgrade(engine, say)


@contextmanager
def opened_engine(url: str) -> Iterator[Engine]:
    """The engine of a database; a URL that cannot be read, or a database that cannot be opened, is a DatabaseRefused."""
    try:
        engine = make_engine(url)
    except (ArgumentError, NoSuchModuleError, ImportError, ValueError) as problem:
        raise DatabaseRefused(
            f"EXPEDITE_DATABASE_URL cannot be read ({problem}); write it as postgresql://user:password@host/database, or "
            "leave it out for SQLite in the data folder."
        ) from problem
    try:
        yield engine
    except OperationalError as problem:
        raise DatabaseRefused(_why(engine, problem)) from problem
    finally:
        engine.dispose()


def _upgrade(engine: Engine, say: Callable[[str], None]) -> bool:
    with engine.connect() as connection:
        if current(connection) == head():
            return False
    with engine.execution_options(**{WRITING: True}).begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('expedite:migrate', 0))"))
        revision = current(connection)
        if revision == head():
            return False
        if revision is not None and revision not in _known():
            raise DatabaseRefused(
                f"The database is at revision {revision}, which this version (up to {head()}) does not know: it was written "
                "by a newer Expedite. Start that version, or restore a backup made before the update."
            )
        if revision is None:
            say("making the tables")
            _make(connection)
            return True
        say("bringing the database up to date")
        _apply(connection, "head")
        return True


def make_at(connection: Connection, revision: str) -> None:
    """Make the tables of `revision` in an empty database. Raises DatabaseRefused for one that this version does not know."""
    if revision == head():
        _make(connection)
    elif revision in _known():
        _apply(connection, revision)
    else:
        raise DatabaseRefused(
            f"Revision {revision} is not known to this version (up to {head()}): use a newer Expedite."
        )


def _apply(connection: Connection, revision: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _known() -> set[str]:
    return {
        path.name.split("_", 1)[0] for path in (Path(__file__).parent / "migrations" / "versions").glob("[0-9]*.py")
    }
