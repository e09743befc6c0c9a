"""The migrations, the models and the fast path for an empty database say the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Engine, text

import models
from models.engine import WRITING, make_engine
from models.migrate import DatabaseRefused, head, upgrade
from models.tables import metadata

pytestmark = pytest.mark.migrations


def _config(engine: Engine) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(models.__file__).parent / "migrations"))
    config.attributes["engine"] = engine
    return config


def _schema(engine: Engine) -> list[tuple[str, str]]:
    """Names and column sets of everything in the database, without the order in which SQL was written."""
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")
        )
        return sorted(
            (
                f"{kind} {name} {table}",
                " ".join(sorted((sql or "").replace(",", " ").replace("(", " ( ").replace(")", " ) ").split())),
            )
            for kind, name, table, sql in rows
        )


def test_the_migrations_make_what_the_models_say(tmp_path: Path) -> None:
    """After all migrations nothing is left to migrate."""
    engine = make_engine(f"sqlite:///{tmp_path / 'a.sqlite'}")
    command.upgrade(_config(engine), "head")
    with engine.connect() as connection:
        difference = compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)
    assert difference == []


def test_an_empty_database_gets_the_same_tables_without_alembic(tmp_path: Path) -> None:
    """The fast path for a new database makes what the migrations make, and is stamped with their head."""
    migrated, made = (make_engine(f"sqlite:///{tmp_path / name}.sqlite") for name in ("migrated", "made"))
    command.upgrade(_config(migrated), "head")
    assert upgrade(str(made.url)) is True
    assert [name for name, _ in _schema(made)] == [name for name, _ in _schema(migrated)]
    assert dict(_schema(made)) == dict(_schema(migrated))
    with made.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == head()
    assert upgrade(str(made.url)) is False


def test_the_migrations_can_be_taken_back(tmp_path: Path) -> None:
    """Downgrading to nothing leaves no table of ours."""
    engine = make_engine(f"sqlite:///{tmp_path / 'a.sqlite'}")
    command.upgrade(_config(engine), "head")
    command.downgrade(_config(engine), "base")
    assert [name for name, _ in _schema(engine) if "alembic" not in name] == []


def test_a_database_of_something_else_is_refused(tmp_path: Path) -> None:
    """Tables that are not ours are named, and nothing is written beside them."""
    engine = make_engine(f"sqlite:///{tmp_path / 'a.sqlite'}")
    with engine.execution_options(**{WRITING: True}).begin() as connection:
        connection.execute(text("CREATE TABLE ledger (id INTEGER)"))
    with pytest.raises(DatabaseRefused, match="ledger"):
        upgrade(str(engine.url))


def test_a_database_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    """A revision that this version does not know is named with the way out."""
    url = f"sqlite:///{tmp_path / 'a.sqlite'}"
    upgrade(url)
    engine = make_engine(url)
    with engine.execution_options(**{WRITING: True}).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseRefused, match="newer Expedite"):
        upgrade(url)
