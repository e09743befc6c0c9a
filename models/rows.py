"""Writing many rows of a table at once: one statement, compiled once, for any number of rows of the same columns."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import JSON, Boolean, Column, Dialect, Select, Table, Text, bindparam, func, select
from sqlalchemy import Row as AnyRow
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import QueryableAttribute, Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.types import TypeDecorator

from models.base import Base
from models.engine import document

Row = Mapping[str, Any]


def table_of(entity: type[Base]) -> Table:
    """The table behind a mapped class."""
    return cast(Table, entity.__table__)


def read_rows(session: Session, query: Select[Any]) -> Sequence[AnyRow[Any]]:
    """The rows of a query of columns, as the database has them now, with nothing between."""
    session.flush()
    return session.connection().execute(query).all()


class _Ids(TypeDecorator[Collection[int]]):
    """Whole numbers as one text: an array's on PostgreSQL, a document's on SQLite."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Collection[int] | None, dialect: Dialect) -> str:
        """To the database."""
        said = ",".join(map(str, value or ()))
        return f"{{{said}}}" if dialect.name == "postgresql" else f"[{said}]"


class among(FunctionElement[bool]):  # noqa: N801 - it stands in queries, as SQLAlchemy's own functions do
    """Whether a column of ids has one of these: a single parameter, so that neither SQLAlchemy nor the driver nor the server
    has to read a statement anew for each batch, five hundred names long.
    """

    type = Boolean()
    inherit_cache = True

    def __init__(self, column: Column[Any] | QueryableAttribute[Any], ids: Collection[int] | None = None) -> None:
        """Without ids they are the parameter `ids` of a `models.reading.Reading`."""
        given = bindparam(None, ids, _Ids(), unique=True) if ids is not None else bindparam("ids", type_=_Ids())
        super().__init__(column, given)

    def self_group(self, against: OperatorType | None = None) -> among:
        """As it is: SQLAlchemy would add `= 1` on SQLite, which then looks through the whole table."""
        return self


@compiles(among, "postgresql")
def _among_array(element: among, compiler: SQLCompiler, **said: Any) -> str:
    column, ids = (compiler.process(clause, **said) for clause in element.clauses)
    return f"{column} = ANY (CAST({ids} AS INTEGER[]))"


@compiles(among)
def _among_document(element: among, compiler: SQLCompiler, **said: Any) -> str:
    column, ids = (compiler.process(clause, **said) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({ids}))"  # noqa: S608 - a column and a parameter, as SQLAlchemy writes them


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


Ready = Callable[[list[Any]], Any]
"""Turns a column's values into what the driver takes: as many for SQLite, the text of an array for PostgreSQL."""


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
    if isinstance(column.type, JSON):
        return _documents_of_array if dialect.name == "postgresql" else _documents
    process = column.type.dialect_impl(dialect).bind_processor(dialect)
    if dialect.name == "postgresql":
        return lambda values: _array(values, process)
    if process is None:
        return lambda values: values
    one: Callable[[Any], Any] = process

    def each_once(values: list[Any]) -> list[Any]:
        # A batch happens at one moment, by one actor: what is written a thousand times is made ready once.
        known = {value: one(value) for value in set(values)}
        return [known[value] for value in values]

    return each_once


def _documents(values: list[Any]) -> list[str | None]:
    known = {id(value): value for value in values}
    ready = {name: None if value is None else document(value) for name, value in known.items()}
    return [ready[id(value)] for value in values]


def _documents_of_array(values: list[Any]) -> str:
    known = {id(value): value for value in values}
    ready = {name: "NULL" if value is None else _element(document(value)) for name, value in known.items()}
    return f"{{{','.join([ready[id(value)] for value in values])}}}"


def _array(values: list[Any], process: Callable[[Any], Any] | None) -> str:
    """The text of an array: the driver's own way asks of each element how it is written, which takes longer than to write it."""
    known = {value: _element(process(value) if process is not None else value) for value in set(values)}
    return f"{{{','.join([known[value] for value in values])}}}"


def _element(value: object) -> str:
    if isinstance(value, str):
        # Quoted: a brace, a comma and the word NULL are text there.
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    match value:
        case None:
            return "NULL"
        case bool():
            return "t" if value else "f"
        case int() | float() | Decimal():
            return str(value)
        case datetime() | date():
            return f'"{value.isoformat()}"'
        case _:
            raise TypeError(f"no element of an array: {value!r}")


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
    """The columns as arrays, side by side: one statement that the server plans once, whatever the number of rows."""
    return f"unnest({', '.join(f'%t::{table.c[n].type.compile(dialect)}[]' for n in names)})"
