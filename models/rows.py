"""Writing many rows of a table at once: one statement, compiled once, for any number of rows of the same columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import JSON, Column, Dialect, Select, Table, func, select
from sqlalchemy import Row as AnyRow
from sqlalchemy.orm import Session

from models.base import Base

Row = Mapping[str, Any]


def table_of(entity: type[Base]) -> Table:
    """The table behind a mapped class."""
    return cast(Table, entity.__table__)


def read_rows(session: Session, query: Select[Any]) -> Sequence[AnyRow[Any]]:
    """The rows of a query of columns, as the database has them now, with nothing between."""
    session.flush()
    return session.connection().execute(query).all()


def insert_rows(session: Session, entity: type[Base], rows: Sequence[Row], *, once_by: str = "") -> None:
    """Insert rows that all name the same columns; columns that they do not name get the database's own default, not Python's.

    `once_by` names a unique column: a row whose value is there already is left out.
    """
    if rows:
        _write(session, _inserting, table_of(entity), rows, once_by)


def insert_numbered(session: Session, entity: type[Base], rows: Sequence[Row]) -> Sequence[int]:
    """Insert rows and return their ids, in the order of the rows. The ids are taken beforehand, all at once."""
    if not rows:
        return ()
    table = table_of(entity)
    if session.get_bind().dialect.name == "postgresql":
        series = func.pg_get_serial_sequence(f'"{table.name}"', "id")
        ids: Sequence[int] = session.scalars(
            select(func.nextval(series)).select_from(func.generate_series(1, len(rows)))
        ).all()
    else:
        # SQLite has one writer at a time: the next ids are ours.
        first = 1 + (session.scalar(select(func.max(table.c.id))) or 0)
        ids = range(first, first + len(rows))
    insert_rows(session, entity, [{"id": i, **row} for i, row in zip(ids, rows, strict=True)])
    return ids


def update_rows(session: Session, entity: type[Base], rows: Sequence[Row]) -> None:
    """Set the columns that the rows name, all of them the same ones, in the rows with their `id`s."""
    if rows:
        _write(session, _updating, table_of(entity), rows, "id")


def _write(
    session: Session,
    phrase: Callable[[Dialect, Table, tuple[str, ...], str], str],
    table: Table,
    rows: Sequence[Row],
    key: str,
) -> None:
    connection = session.connection()
    dialect, names = connection.dialect, tuple(rows[0])
    # What the session holds back is written first: later statements must find it.
    session.flush()
    statement, ready = _prepared(dialect, phrase, table, names, key)
    columns = [make([row[name] for row in rows]) for name, make in zip(names, ready, strict=True)]
    if dialect.name == "postgresql":
        connection.exec_driver_sql(statement, tuple(columns))
    else:
        connection.exec_driver_sql(statement, list(zip(*columns, strict=True)))


Ready = Callable[[list[Any]], list[Any]]
"""Turns a column's values into what the driver takes."""


@lru_cache(maxsize=200)
def _prepared(
    dialect: Dialect,
    phrase: Callable[[Dialect, Table, tuple[str, ...], str], str],
    table: Table,
    names: tuple[str, ...],
    key: str,
) -> tuple[str, tuple[Ready, ...]]:
    return phrase(dialect, table, names, key), tuple(_ready(dialect, table.c[name]) for name in names)


def _ready(dialect: Dialect, column: Column[Any]) -> Ready:
    implementation = column.type.dialect_impl(dialect)
    process = implementation.bind_processor(dialect)
    if process is None:
        return lambda values: values
    one: Callable[[Any], Any] = process

    def each_once(values: list[Any]) -> list[Any]:
        # A batch happens at one moment, by one actor: what is written a thousand times is made ready once.
        known = {value: one(value) for value in set(values)}
        return [known[value] for value in values]

    def each_document_once(values: list[Any]) -> list[Any]:
        known = {id(value): value for value in values}
        ready = {name: one(value) for name, value in known.items()}
        return [ready[id(value)] for value in values]

    return each_document_once if isinstance(column.type, JSON) else each_once


def _inserting(dialect: Dialect, table: Table, names: tuple[str, ...], once_by: str) -> str:
    quote = dialect.identifier_preparer.quote
    into = f"INSERT INTO {quote(table.name)} ({', '.join(quote(n) for n in names)})"
    rest = f" ON CONFLICT ({quote(once_by)}) DO NOTHING" if once_by else ""
    if dialect.name == "postgresql":
        return f"{into} SELECT * FROM {_arrays(dialect, table, names)}{rest}"  # noqa: S608 - names of our own tables, quoted
    return f"{into} VALUES ({', '.join('?' * len(names))}){rest}"


def _updating(dialect: Dialect, table: Table, names: tuple[str, ...], key: str) -> str:
    quote = dialect.identifier_preparer.quote
    name = quote(table.name)
    if dialect.name == "postgresql":
        values = ", ".join(f"{quote(n)} = given.{quote(n)}" for n in names if n != key)
        given = f"{_arrays(dialect, table, names)} AS given ({', '.join(quote(n) for n in names)})"
        return f"UPDATE {name} SET {values} FROM {given} WHERE {name}.{quote(key)} = given.{quote(key)}"  # noqa: S608 - as above
    # Numbered, because the key stands last in the statement and anywhere among the columns.
    places = {n: f"?{place}" for place, n in enumerate(names, 1)}
    values = ", ".join(f"{quote(n)} = {places[n]}" for n in names if n != key)
    return f"UPDATE {name} SET {values} WHERE {quote(key)} = {places[key]}"  # noqa: S608 - as above


def _arrays(dialect: Dialect, table: Table, names: tuple[str, ...]) -> str:
    """The columns as arrays, side by side: one statement that the server plans once, whatever the number of rows.

    In binary: as text the driver would have to quote each string.
    """
    return f"unnest({', '.join(f'%b::{table.c[n].type.compile(dialect)}[]' for n in names)})"
