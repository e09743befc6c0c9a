"""The migrations, the models and the fast path for an empty database say the same, on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, make_url, text

import models
from models.engine import WRITING, make_engine
from models.migrate import DatabaseRefused, head, upgrade
from models.tables import metadata

pytestmark = [pytest.mark.migrations, pytest.mark.each_database]


def _migrate(engine: Engine, to: str = "head") -> None:
    with engine.execution_options(**{WRITING: True}).begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(models.__file__).parent / "migrations"))
        config.attributes["connection"] = connection
        (command.downgrade if to == "base" else command.upgrade)(config, to)


def _schema(engine: Engine) -> dict[str, Any]:
    """Everything in the database by name, without the order in which it was made."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            rows = connection.execute(
                text("SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")
            )
            return {
                f"{kind} {name} {table}": sorted(
                    (sql or "").replace(",", " ").replace("(", " ( ").replace(")", " ) ").split()
                )
                for kind, name, table, sql in rows
            }
        columns = connection.execute(text(
            "SELECT 'column ' || table_name || '.' || column_name, data_type || coalesce(character_maximum_length, 0) || is_nullable "
            "|| coalesce(column_default, '') FROM information_schema.columns WHERE table_schema = 'public'"
        ))  # fmt: skip
        constraints = connection.execute(text(
            "SELECT 'constraint ' || conrelid::regclass || ' ' || conname, pg_get_constraintdef(oid) FROM pg_constraint "
            "WHERE connamespace = 'public'::regnamespace"
        ))  # fmt: skip
        indexes = connection.execute(
            text("SELECT 'index ' || indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'")
        )
        return {name: said for rows in (columns, constraints, indexes) for name, said in rows}


def test_the_migrations_make_what_the_models_say(empty_database: str) -> None:
    """After all migrations nothing is left to migrate."""
    engine = make_engine(empty_database)
    _migrate(engine)
    with engine.connect() as connection:
        difference = compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)
    engine.dispose()
    assert difference == []


def test_an_empty_database_gets_the_same_tables_without_alembic(empty_database: str) -> None:
    """The fast path for a new database makes what the migrations make, and is stamped with their head."""
    engine = make_engine(empty_database)
    _migrate(engine)
    migrated = _schema(engine)
    _migrate(engine, "base")
    with engine.execution_options(**{WRITING: True}).begin() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
    assert upgrade(empty_database) is True
    made = _schema(engine)
    assert len(made) > 50
    assert made == migrated
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == head()
    engine.dispose()
    assert upgrade(empty_database) is False


def test_the_migrations_can_be_taken_back(empty_database: str) -> None:
    """Downgrading to nothing leaves no table of ours."""
    engine = make_engine(empty_database)
    _migrate(engine)
    _migrate(engine, "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]
    engine.dispose()


def test_several_processes_that_start_at_once_make_the_tables_once(empty_database: str) -> None:
    """Web app and worker may both be first: one makes the tables, the others find them."""
    done: list[object] = []

    def start() -> None:
        try:
            done.append(upgrade(empty_database))
        except Exception as problem:  # the assertion below shows it
            done.append(problem)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, done)) == ["False", "False", "False", "True"]


def test_a_database_of_something_else_is_refused(empty_database: str) -> None:
    """Tables that are not ours are named, and nothing is written beside them."""
    engine = make_engine(empty_database)
    with engine.execution_options(**{WRITING: True}).begin() as connection:
        connection.execute(text("CREATE TABLE ledger (id INTEGER)"))
    with pytest.raises(DatabaseRefused, match="ledger"):
        upgrade(empty_database)
    assert inspect(engine).get_table_names() == ["ledger"]
    engine.dispose()


def test_a_database_of_a_newer_version_is_refused(database: str) -> None:
    """A revision that this version does not know is named with the way out."""
    engine = make_engine(database)
    with engine.execution_options(**{WRITING: True}).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseRefused, match="newer Expedite"):
        upgrade(database)
    engine.dispose()


def test_a_database_that_cannot_be_opened_says_what_to_do(database: str) -> None:
    """No such database, no such user, nobody listening, a folder that is none: each has its remedy."""
    url = make_url(database)
    if url.get_backend_name() == "sqlite":
        cases = [(url.set(database=str(Path(str(url.database)).parent)), "--data")]
    else:
        cases = [
            (url.set(database="nowhere"), "createdb"),
            (url.set(username="nobody"), "check user and password"),
            (make_url("postgresql://expedite:secret@127.0.0.1:1/expedite"), "check that it runs"),
        ]
    for wrong, remedy in cases:
        with pytest.raises(DatabaseRefused, match=remedy) as refused:
            upgrade(wrong.render_as_string(hide_password=False))
        assert "secret" not in str(refused.value)


@pytest.mark.parametrize("url", ["nonsense", "oracle://x@y/z", "postgresql://user@host:port/db"])
def test_a_url_that_cannot_be_read_names_the_setting(url: str) -> None:
    """What is wrong is the setting, so the message names it."""
    with pytest.raises(DatabaseRefused, match="EXPEDITE_DATABASE_URL"):
        upgrade(url)


@pytest.mark.parametrize("said", ["postgresql", "postgres", "postgresql+psycopg"])
def test_every_way_to_write_postgresql_means_the_installed_driver(said: str) -> None:
    """Hosting services hand out `postgres://` and `postgresql://`."""
    engine = make_engine(f"{said}://u@127.0.0.1/x")
    assert engine.driver == "psycopg"
