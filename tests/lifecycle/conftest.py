"""An office shared by the tests of a module: each opens cases of its own, on SQLite, for what is tested lies above it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import pytest

from services.office import Office, open_office
from services.settings import Settings
from tests.conftest import THURSDAY


@pytest.fixture(scope="module")
def shared(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A demo office for a module."""
    folder = tmp_path_factory.mktemp("lifecycle")
    (folder / "expedite.sqlite").write_bytes(sqlite_template.read_bytes())
    office = open_office(
        Settings(data=folder, database_url="", mail_from="expedite@example.org", secret_key="test", _env_file=None)
    )
    yield office
    office.close()


@pytest.fixture
def office(shared: Office) -> Office:
    """The module's office, on Thursday 2026-07-16 at 10:00 again."""
    shared.fixed = THURSDAY.astimezone(UTC)
    return shared
