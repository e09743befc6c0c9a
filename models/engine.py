"""The engine for a database URL: SQLite with durable WAL and immediate write transactions, or PostgreSQL."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import orjson
from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

WRITING, WAITING = "expedite_writing", "expedite_waiting"
POSTGRESQL = "postgresql+psycopg"
PATIENCE = 10
"""Seconds for which a writer waits for the one before it on SQLite."""
LOOK_EVERY = 0.002
CONNECT_WITHIN = 10
"""Seconds after which a PostgreSQL server that does not answer counts as unreachable."""


def read_url(url: str) -> URL:
    """The URL as SQLAlchemy's; `postgresql://` and `postgres://` mean psycopg 3, the one driver that is installed."""
    address = make_url(url)
    return address.set(drivername=POSTGRESQL) if address.drivername in ("postgresql", "postgres") else address


def document(value: Any) -> str:
    """A document as text. What the quick encoder cannot write (halves of characters, numbers of any length) the other one can."""
    try:
        return orjson.dumps(value).decode()
    except (TypeError, UnicodeError):
        return json.dumps(value, ensure_ascii=True)


def make_engine(url: str) -> Engine:
    """An engine for `url`. On SQLite every commit is on disk (synchronous FULL) and writers wait up to ten seconds."""
    address = read_url(url)
    if address.get_backend_name() != "sqlite":
        wait = {} if "connect_timeout" in address.query else {"connect_timeout": CONNECT_WITHIN}
        engine = create_engine(
            address, pool_pre_ping=True, pool_size=5, max_overflow=10, connect_args=wait, json_serializer=document
        )
        event.listen(engine, "connect", _speak_utc)
        return engine
    if address.database and address.database != ":memory:":
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        address, connect_args={"timeout": PATIENCE, "check_same_thread": False}, json_serializer=document
    )

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
        options = connection.get_execution_options()
        if options.get(WRITING):
            _begin_writing(connection, options.get(WAITING, PATIENCE))
        else:
            connection.exec_driver_sql("BEGIN")

    return engine


def _speak_utc(connection: Any, _record: Any) -> None:
    """Moments come from PostgreSQL in the connection's zone: in ours already, none has to be turned."""
    connection.execute("SET TIME ZONE 'UTC'")
    connection.commit()


def _begin_writing(connection: Connection, patience: float) -> None:
    """Begin as the one writer, within so many seconds. SQLite itself looks but every tenth of a second after a while, and one who writes again and
    again would always be there before: whoever waits looks every few milliseconds.
    """
    give_up = monotonic() + patience
    # By the driver itself: these three are in every transaction, and what SQLAlchemy does around them takes longer than they do.
    driver = connection.connection.driver_connection
    if not isinstance(driver, sqlite3.Connection):
        raise TypeError(f"no SQLite connection: {driver!r}")
    driver.execute("PRAGMA busy_timeout = 0")
    try:
        while True:
            try:
                driver.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as problem:
                if problem.sqlite_errorcode != sqlite3.SQLITE_BUSY or monotonic() > give_up:
                    # Once more through SQLAlchemy, whose errors everybody knows.
                    connection.exec_driver_sql("BEGIN IMMEDIATE")
                    return
                sleep(LOOK_EVERY)
            else:
                return
    finally:
        driver.execute(f"PRAGMA busy_timeout = {PATIENCE * 1000}")


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """One use-case, one transaction: committed at the end, rolled back on an error."""
    with Session(_writer(engine), expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def writing_rows(engine: Engine, patience: float = PATIENCE) -> Iterator[Connection]:
    """The same for a single statement of columns, without what a session does around it.

    Raises OperationalError when SQLite's writer before it takes more than `patience` seconds.
    """
    with _writer(engine, patience).begin() as connection:
        yield connection


@lru_cache(maxsize=16)
def _writer(engine: Engine, patience: float = PATIENCE) -> Engine:
    return engine.execution_options(**{WRITING: True, WAITING: patience})


@lru_cache(maxsize=16)
def _reader(engine: Engine) -> Engine:
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A read-only look at one moment of the database."""
    if engine.dialect.name == "postgresql":
        # By default each statement there sees a moment of its own; SQLite's read transaction is one moment as it is.
        engine = _reader(engine)
    with Session(engine, expire_on_commit=False) as session:
        yield session


def hold(session: Session, name: str) -> None:
    """Let others that hold `name` wait until this transaction ends (SQLite: its one writer is alone as it is)."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": f"expedite:{name}"})
