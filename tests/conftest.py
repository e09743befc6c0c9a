"""What the tests share: a demo office on a fresh database, its people, and a clock that the test sets."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from models.migrate import upgrade
from services.office import Office, open_office
from services.seed import seed_people
from services.settings import Settings

SHANGHAI = ZoneInfo("Asia/Shanghai")
THURSDAY = datetime(2026, 7, 16, 10, 0, tzinfo=SHANGHAI)
"""When the story of LIFECYCLE begins."""


def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """On a machine that must have everything, a skip is a failure."""
    if (
        os.environ.get("EXPEDITE_NO_SKIPS")
        and call.excinfo is not None
        and call.excinfo.errisinstance(pytest.skip.Exception)
    ):
        reason = str(call.excinfo.value)
        call.excinfo = pytest.ExceptionInfo.from_exception(AssertionError(f"must not skip here: {reason}"))


@pytest.fixture(scope="session")
def demo_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file with the demo district's people and projects, made once and copied."""
    folder = tmp_path_factory.mktemp("demo")
    settings = Settings(data=folder, _env_file=None)
    upgrade(settings.url)
    office = open_office(settings)
    office.fixed = THURSDAY.astimezone(UTC)
    seed_people(office)
    office.close()
    return folder / "expedite.sqlite"


@pytest.fixture
def settings(tmp_path: Path, demo_database: Path) -> Settings:
    """Settings of an installation of its own, with the demo district in it."""
    shutil.copy(demo_database, tmp_path / "expedite.sqlite")
    return Settings(
        data=tmp_path,
        smtp_url="",
        mail_from="expedite@example.org",
        base_url="http://127.0.0.1:8080",
        secret_key="test",
        _env_file=None,
    )


@pytest.fixture
def office(settings: Settings) -> Iterator[Office]:
    """The demo office on Thursday 2026-07-16 at 10:00; `office.fixed` sets its clock."""
    made = open_office(settings)
    made.fixed = THURSDAY.astimezone(UTC)
    yield made
    made.close()


@pytest.fixture
def at(office: Office) -> Callable[[str], datetime]:
    """Set the office's clock: at("2026-07-17 09:00") in its own zone."""

    def set_clock(said: str) -> datetime:
        office.fixed = datetime.fromisoformat(said).replace(tzinfo=SHANGHAI).astimezone(UTC)
        return office.fixed

    return set_clock
