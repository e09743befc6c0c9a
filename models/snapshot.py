"""Taking all of a database out at one moment while others write, and putting it into an empty one.

SQLite is copied by its own online backup. PostgreSQL is read with COPY in one REPEATABLE READ transaction: that needs no client
programs, whose version must fit the server's, and a dump made by one version can be read by another.
"""

from __future__ import annotations

import gzip
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, inspect, text

from models.engine import reading
from models.migrate import DatabaseRefused, make_at
from models.tables import metadata

CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class TableCopy:
    """A table in a dump: its columns in the order of the file, which has `rows` lines in COPY's text format, compressed."""

    name: str
    columns: tuple[str, ...]
    rows: int

    @property
    def file(self) -> str:
        """The name of its file."""
        return f"{self.name}.copy.gz"


def copy_sqlite(source: Path, target: Path) -> dict[str, int]:
    """Copy an SQLite file as it is at one moment, into one file without a journal; rows by table of the copy.

    Raises sqlite3.Error when the copy is not whole.
    """
    # All pages in one step: writers go on in the journal meanwhile, and the copy need not start over when they do.
    address = f"{source.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True, timeout=10)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
    return check_sqlite(target)


def check_sqlite(path: Path) -> dict[str, int]:
    """Rows by table of a whole SQLite file. Raises sqlite3.Error when it is not whole."""
    with closing(sqlite3.connect(path)) as file:
        file.execute("PRAGMA journal_mode=DELETE")
        [[verdict]] = file.execute("PRAGMA integrity_check(1)").fetchall()
        if verdict != "ok":
            raise sqlite3.DatabaseError(str(verdict))
        names = [
            name
            for (name,) in file.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            )
        ]
        quoted = {name: '"' + name.replace('"', '""') + '"' for name in names}
        return {name: file.execute(f"SELECT count(*) FROM {quoted[name]}").fetchone()[0] for name in names}  # noqa: S608 - own names, quoted


def copy_out(engine: Engine, folder: Path) -> tuple[TableCopy, ...]:
    """Write every table of a PostgreSQL database into `folder`, all as of one moment."""
    copies = []
    with reading(engine) as session:
        connection = session.connection()
        inspector = inspect(connection)
        there = set(inspector.get_table_names())
        for table in metadata.sorted_tables:
            if table.name not in there:
                continue
            columns = tuple(column["name"] for column in inspector.get_columns(table.name))
            rows = connection.execute(text(f"SELECT count(*) FROM {_quoted(connection, table.name)}")).scalar_one()  # noqa: S608 - quoted
            one = TableCopy(table.name, columns, rows)
            with (
                gzip.open(folder / one.file, "wb", compresslevel=5) as file,
                _cursor(connection) as cursor,
                cursor.copy(f"COPY {_target(connection, one)} TO STDOUT") as data,
            ):
                for block in data:
                    file.write(block)
            copies.append(one)
    return tuple(copies)


def copy_in(engine: Engine, folder: Path, revision: str, copies: tuple[TableCopy, ...]) -> None:
    """Make the tables of `revision` in an empty PostgreSQL database and fill them, in one transaction."""
    with engine.begin() as connection:
        make_at(connection, revision)
        for one in copies:
            with gzip.open(folder / one.file, "rb") as file, _cursor(connection) as cursor:
                with cursor.copy(f"COPY {_target(connection, one)} FROM STDIN") as data:
                    while block := file.read(CHUNK):
                        data.write(block)
                if cursor.rowcount != one.rows:
                    raise DatabaseRefused(
                        f"{one.file} has {cursor.rowcount} rows, not {one.rows}: nothing was restored."
                    )
        for one in copies:
            _continue_numbers(connection, one)


def _cursor(connection: Connection) -> Any:
    """A cursor of psycopg itself, whose COPY SQLAlchemy does not know; in the connection's transaction."""
    return connection.connection.cursor()


def _quoted(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote_identifier(name)


def _target(connection: Connection, one: TableCopy) -> str:
    columns = ", ".join(_quoted(connection, column) for column in one.columns)
    return f"{_quoted(connection, one.name)} ({columns})"


def _continue_numbers(connection: Connection, one: TableCopy) -> None:
    """Let a table's own numbers go on after the last one."""
    if "id" not in one.columns:
        return
    name = _quoted(connection, one.name)
    sequence = connection.execute(text("SELECT pg_get_serial_sequence(:name, 'id')"), {"name": name}).scalar_one()
    if sequence is not None:
        connection.execute(
            text(f"SELECT setval(:sequence, max(id)) FROM {name} HAVING max(id) IS NOT NULL"),  # noqa: S608 - quoted
            {"sequence": sequence},
        )
