"""The engine for a database URL: SQLite with durable WAL and immediate write transactions, or PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

WRITING = "expedite_writing"


def make_engine(url: str) -> Engine:
    """An engine for `url`. On SQLite every commit is on disk (synchronous FULL) and writers wait up to ten seconds."""
    address = make_url(url)
    if address.get_backend_name() != "sqlite":
        return create_engine(address, pool_pre_ping=True, pool_size=5, max_overflow=10)
    if address.database and address.database != ":memory:":
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(address, connect_args={"timeout": 10, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _open(connection: Any, _record: Any) -> None:
        # The driver's own transaction handling is off: "begin" below says which kind it is.
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "cache_size=-16000",
            "temp_store=MEMORY",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A writer that upgrades a read transaction can fail at once; one that begins IMMEDIATE waits its turn.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get(WRITING) else "BEGIN")

    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """One use-case, one transaction: committed at the end, rolled back on an error."""
    with Session(engine.execution_options(**{WRITING: True}), expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A read-only look at one moment of the database."""
    with Session(engine, expire_on_commit=False) as session:
        yield session
