"""A short statement for each of some rows: compiled once, its values turned by their types, executed without what SQLAlchemy does around it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, TextClause

Row = Mapping[str, Any]
Turn = Callable[[Any], Any]


def execute_rows(connection: Connection, statement: TextClause, rows: Sequence[Row]) -> int:
    """Execute `statement`, whose parameters have types, for each of the rows; how many rows of its table it wrote in all.

    Raises what SQLAlchemy raises when it executes the statement.
    """
    said, names, turns, by_place = _prepared(connection.dialect, statement)
    turned = [[row[name] if turn is None else turn(row[name]) for name, turn in turns] for row in rows]
    values = [tuple(one) if by_place else dict(zip(names, one, strict=True)) for one in turned]
    result = connection.exec_driver_sql(said, values, execution_options={"preserve_rowcount": True})
    return result.rowcount


@lru_cache(maxsize=64)
def _prepared(
    dialect: Dialect, statement: TextClause
) -> tuple[str, tuple[str, ...], tuple[tuple[str, Turn | None], ...], bool]:
    compiled = statement.compile(dialect=dialect)
    names = tuple(compiled.positiontup or compiled.binds)
    types = {name: compiled.binds[name].type.dialect_impl(dialect) for name in names}
    turns = tuple((name, types[name].bind_processor(dialect)) for name in names)
    return compiled.string, names, turns, compiled.positional
