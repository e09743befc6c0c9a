"""What the engines of a test process share: the text of a statement, which the product makes once and each test would make anew."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Engine
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache

# SQLAlchemy keeps a statement's text by dialect, statement and columns; a process of the product has one engine and makes
# each text once. Tests open an engine each: four parts in ten of their time went into the same texts.
_TEXTS: LRUCache[object, object] = LRUCache(4000)


class _Alike(DefaultDialect):
    """A dialect that equals every other one of its kind that writes documents alike: their statements' texts are the same."""

    _json_serializer: Callable[[object], str] | None
    _json_deserializer: Callable[[str], object] | None

    @property
    def _kind(self) -> tuple[object, ...]:
        return type(self), self.paramstyle, self._json_serializer, self._json_deserializer

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Alike) and self._kind == other._kind

    def __hash__(self) -> int:
        return hash(self._kind)

    @classmethod
    def engine_created(cls, engine: Engine) -> None:
        """Let the engine look among the texts that others have made."""
        engine.update_execution_options(compiled_cache=_TEXTS)


class SharedSqlite(_Alike, SQLiteDialect_pysqlite):
    """SQLite by its usual driver."""

    supports_statement_cache = True


class SharedPostgres(_Alike, PGDialect_psycopg):
    """PostgreSQL by psycopg."""

    supports_statement_cache = True


def share() -> None:
    """From now on every engine of this process shares its statements' texts."""
    for name, dialect in (
        ("sqlite", SharedSqlite), ("sqlite.pysqlite", SharedSqlite), ("postgresql.psycopg", SharedPostgres),
    ):  # fmt: skip
        registry.register(name, __name__, dialect.__name__)
