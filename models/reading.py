"""Reading many rows of columns at once: a statement that is compiled once, and values that are made once for all rows that have them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import JSON, Dialect, Select
from sqlalchemy.orm import Session

Turn = Callable[[Any], Any]


class Reading:
    """A query of columns whose parameters are given each time, as `bindparam`s or as an `among` without ids.

    What SQLAlchemy does anew for every statement and every row, to know it again and to make it a row of its own, took longer than
    the database did.
    """

    def __init__(self, query: Select[Any]) -> None:
        self.query = query

    def rows(self, session: Session, **given: Any) -> list[tuple[Any, ...]]:
        """The rows as the database has them now, with nothing between."""
        session.flush()
        connection = session.connection()
        statement, names, literals, turns, makers = _prepared(connection.dialect, self)
        said = {**literals, **given}
        values = {name: said[name] if turn is None else turn(said[name]) for name, turn in turns.items()}
        found = connection.exec_driver_sql(
            statement, tuple(values[name] for name in names) if names is not None else values
        ).all()
        if not found:
            return []
        columns = zip(*found, strict=True)
        return list(zip(*(_made(column, make) for column, make in zip(columns, makers, strict=True)), strict=True))


Prepared = tuple[
    str, tuple[str, ...] | None, Mapping[str, Any], Mapping[str, Turn | None], tuple[tuple[Turn, bool] | None, ...]
]


@lru_cache(maxsize=200)
def _prepared(dialect: Dialect, reading: Reading) -> Prepared:
    """The statement; its parameters' names in order (None where they go by name); its own values; what turns parameters into what
    the driver takes; what makes each column's values, and whether equal ones may share what is made.
    """
    compiled = reading.query.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    names = tuple(compiled.positiontup or ()) if compiled.positional else None
    turns = {
        name: bind.type.dialect_impl(dialect).bind_processor(dialect) for bind, name in compiled.bind_names.items()
    }
    makers = []
    for column in reading.query.selected_columns:
        make = column.type.dialect_impl(dialect).result_processor(dialect, None)
        makers.append(None if make is None else (make, not isinstance(column.type, JSON)))
    return str(compiled), names, dict(compiled.construct_params(_check=False)), turns, tuple(makers)


def _made(column: tuple[Any, ...], make: tuple[Turn, bool] | None) -> Iterable[Any]:
    if make is None:
        return column
    one, shared = make
    if not shared:
        # Documents can be changed: each row has its own.
        return map(one, column)
    known = {value: one(value) for value in set(column)}
    return map(known.__getitem__, column)
