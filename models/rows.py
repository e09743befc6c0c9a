"""Writing many rows of a table at once: one statement, compiled once, for any number of rows of the same columns."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from operator import itemgetter
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
    phrase: Callable[[Dialect, Table, tuple[str, ...], str, tuple[str, ...]], str],
    table: Table,
    rows: Sequence[Row],
    key: str,
) -> None:
    connection = session.connection()
    dialect, names = connection.dialect, tuple(rows[0])
    # What the session holds back is written first: later statements must find it.
    session.flush()
    columns = {name: list(map(itemgetter(name), rows)) for name in names}
    # What is the same in all of many rows, a moment or a policy's version, is said once.
    alike = tuple(name for name in names[1:] if name != key and _same(columns[name])) if len(rows) >= MANY else ()
    statement, ready = _prepared(dialect, phrase, table, names, key, alike if dialect.name == "postgresql" else ())
    if dialect.name == "postgresql":
        said = [ready[name].one(columns[name][0]) for name in alike]
        said += [ready[name].all(columns[name]) for name in names if name not in alike]
        connection.exec_driver_sql(statement, tuple(said))
        return
    for name, column in columns.items():
        columns[name] = [ready[name].one(column[0])] * len(column) if name in alike else ready[name].all(column)
    connection.exec_driver_sql(statement, list(zip(*columns.values(), strict=True)))


MANY = 50
"""Rows from which on it is worth its while to look for what they share; a statement for every few would be another each time."""


def _same(column: list[Any]) -> bool:
    first = column[0]
    return all(value is first for value in column)


@dataclass(frozen=True, slots=True)
class Ready:
    """Turns values into what the driver takes: `one` by itself; `all` of a column as many for SQLite, as the text of an array for
    PostgreSQL.
    """

    one: Callable[[Any], Any]
    all: Callable[[list[Any]], Any]


@lru_cache(maxsize=400)
def _prepared(
    dialect: Dialect,
    phrase: Callable[[Dialect, Table, tuple[str, ...], str, tuple[str, ...]], str],
    table: Table,
    names: tuple[str, ...],
    key: str,
    alike: tuple[str, ...],
) -> tuple[str, Mapping[str, Ready]]:
    return phrase(dialect, table, names, key, alike), {name: _ready(dialect, table.c[name]) for name in names}


def _ready(dialect: Dialect, column: Column[Any]) -> Ready:
    if isinstance(column.type, JSON):
        return Ready(_document, _documents_of_array if dialect.name == "postgresql" else _documents)
    process = column.type.dialect_impl(dialect).bind_processor(dialect) or _as_it_is
    if dialect.name == "postgresql":
        return Ready(lambda value: _text(process(value)), lambda values: _array(values, process))
    if process is _as_it_is:
        return Ready(process, lambda values: values)
    one: Callable[[Any], Any] = process

    def each_once(values: list[Any]) -> list[Any]:
        # A batch happens at one moment, by one actor: what is written a thousand times is made ready once.
        known = {value: one(value) for value in set(values)}
        return list(map(known.__getitem__, values))

    return Ready(one, each_once)


def _as_it_is(value: Any) -> Any:
    return value


def _document(value: Any) -> str | None:
    return None if value is None else document(value)


def _documents(values: list[Any]) -> list[str | None]:
    known = {id(value): value for value in values}
    ready = {name: _document(value) for name, value in known.items()}
    return [ready[id(value)] for value in values]


def _documents_of_array(values: list[Any]) -> str:
    known = {id(value): value for value in values}
    ready = {name: "NULL" if value is None else _element(document(value)) for name, value in known.items()}
    return f"{{{','.join([ready[id(value)] for value in values])}}}"


def _array(values: list[Any], process: Callable[[Any], Any]) -> str:
    """The text of an array: the driver's own way asks of each element how it is written, which takes longer than to write it."""
    known = {value: _element(process(value)) for value in set(values)}
    return f"{{{','.join(map(known.__getitem__, values))}}}"


def _element(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    said = _text(value)
    # Quoted: a brace, a comma and the word NULL are text there.
    return "NULL" if said is None else '"' + said.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _text(value: object) -> str | None:
    match value:
        case None | str():
            return value
        case bool():
            return "t" if value else "f"
        case int() | float() | Decimal():
            return str(value)
        case datetime() | date():
            return value.isoformat()
        case _:
            raise TypeError(f"no value for PostgreSQL: {value!r}")


def _inserting(dialect: Dialect, table: Table, names: tuple[str, ...], once_by: str, alike: tuple[str, ...]) -> str:
    quote = dialect.identifier_preparer.quote
    into = f"INSERT INTO {quote(table.name)} ({', '.join(quote(n) for n in names)})"
    rest = f" ON CONFLICT ({quote(once_by)}) DO NOTHING" if once_by else ""
    if dialect.name == "postgresql":
        values = ", ".join(_source(dialect, table, n, alike) for n in names)
        return f"{into} SELECT {values} FROM {_arrays(dialect, table, names, alike)}{rest}"  # noqa: S608 - names of our own tables, quoted
    return f"{into} VALUES ({', '.join('?' * len(names))}){rest}"


def _updating(dialect: Dialect, table: Table, names: tuple[str, ...], key: str, alike: tuple[str, ...]) -> str:
    quote = dialect.identifier_preparer.quote
    name = quote(table.name)
    if dialect.name == "postgresql":
        values = ", ".join(f"{quote(n)} = {_source(dialect, table, n, alike)}" for n in names if n != key)
        given = _arrays(dialect, table, names, alike)
        return f"UPDATE {name} SET {values} FROM {given} WHERE {name}.{quote(key)} = given.{quote(key)}"  # noqa: S608 - as above
    # Numbered, because the key stands last in the statement and anywhere among the columns.
    places = {n: f"?{place}" for place, n in enumerate(names, 1)}
    values = ", ".join(f"{quote(n)} = {places[n]}" for n in names if n != key)
    return f"UPDATE {name} SET {values} WHERE {quote(key)} = {places[key]}"  # noqa: S608 - as above


def _source(dialect: Dialect, table: Table, name: str, alike: tuple[str, ...]) -> str:
    """Where a column's value comes from: the one of all rows, or its array."""
    if name in alike:
        return f"%t::{table.c[name].type.compile(dialect)}"
    return f"given.{dialect.identifier_preparer.quote(name)}"


def _arrays(dialect: Dialect, table: Table, names: tuple[str, ...], alike: tuple[str, ...]) -> str:
    """The other columns as arrays, side by side: one statement that the server plans once, whatever the number of rows."""
    quote, given = dialect.identifier_preparer.quote, [n for n in names if n not in alike]
    arrays = ", ".join(f"%t::{table.c[n].type.compile(dialect)}[]" for n in given)
    return f"unnest({arrays}) AS given ({', '.join(map(quote, given))})"
