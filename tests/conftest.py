"""What the tests share: a demo office on a fresh database, its people, and a clock that the test sets."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import settings as hypothesis_settings

from models.migrate import upgrade
from services.office import Office, open_office
from services.seed import seed_people
from services.settings import Settings
from tests import dialects, order, postgres, templates
from tests.mailroom import mail_rules
from tests.postgres import PostgresServer

# A shared machine's pauses say nothing about our code; a landing must not depend on which examples are drawn.
hypothesis_settings.register_profile("expedite", deadline=None, derandomize=bool(os.environ.get("CI")))
hypothesis_settings.load_profile("expedite")

dialects.share()
templates.share()

SHANGHAI = ZoneInfo("Asia/Shanghai")
THURSDAY = datetime(2026, 7, 16, 10, 0, tzinfo=SHANGHAI)
"""When the story of LIFECYCLE begins."""


MEMORY = Path("/dev/shm")  # noqa: S108 - pytest makes a folder there that nobody else may open
"""Where a Linux machine keeps files in memory: a commit there waits for no disk."""
ENOUGH = 4 * 2**30


def pytest_configure() -> None:
    """Let the tests' folders lie in memory where there is enough: each of ten thousand commits would wait for the disk."""
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ENOUGH:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The order of the tests."""
    order.arrange(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> order.Together | None:
    """With a file to each worker (`make test`): ours in the order said, not by the number of tests in each."""
    if config.getvalue("dist") != "loadfile":
        return None
    config.option.loadscopereorder = False
    return order.Together(config, log)


def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """On a machine that must have everything, a skip is a failure."""
    if (
        os.environ.get("EXPEDITE_NO_SKIPS")
        and call.excinfo is not None
        and call.excinfo.errisinstance(pytest.skip.Exception)
    ):
        reason = str(call.excinfo.value)
        call.excinfo = pytest.ExceptionInfo.from_exception(AssertionError(f"must not skip here: {reason}"))


BOTH = ("sqlite", "postgresql")
DATABASES = tuple(os.environ.get("EXPEDITE_TEST_DATABASES", "sqlite").split())
"""On which databases the tests run that touch one: `make test` takes SQLite, `make test-postgresql` the other."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that touches a database runs on those asked for. Marked `sqlite` (what it tests is above the database) it never
    needs another, marked `each_database` it always takes them all.
    """
    if "database" in metafunc.fixturenames:
        marked = metafunc.definition.get_closest_marker
        taken = ("sqlite",) if marked("sqlite") else BOTH if marked("each_database") else DATABASES
        metafunc.parametrize("database", taken, indirect=True)


def sow(settings: Settings) -> None:
    """Make the tables, and write the demo district's people and projects."""
    upgrade(settings.url)
    office = open_office(settings)
    office.fixed = THURSDAY.astimezone(UTC)
    seed_people(office)
    office.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file with the demo district in it, made once and copied."""
    folder = tmp_path_factory.mktemp("demo")
    sow(Settings(data=folder, database_url="", _env_file=None))
    return folder / "expedite.sqlite"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server of this test session's own."""
    server = postgres.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> PostgresServer:
    """The server, with a template database that holds the demo district."""
    folder = tmp_path_factory.mktemp("demo-pg")
    postgres_server.fill(postgres.TEMPLATE, lambda url: sow(Settings(data=folder, database_url=url, _env_file=None)))
    return postgres_server


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database of the test's own with the demo district in it, on SQLite or on PostgreSQL."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "expedite.sqlite")
        yield f"sqlite:///{tmp_path / 'expedite.sqlite'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_template")
    url = server.create(postgres.TEMPLATE)
    yield url
    server.drop(url)


@pytest.fixture
def empty_database(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of an empty database of the same kind."""
    if database.startswith("sqlite"):
        yield f"sqlite:///{tmp_path / 'empty.sqlite'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.create()
    yield url
    server.drop(url)


@pytest.fixture
def settings(tmp_path: Path, database: str) -> Settings:
    """Settings of an installation of its own, with the demo district in it."""
    return Settings(
        data=tmp_path,
        database_url="" if database.startswith("sqlite") else database,
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
    mail_rules(made, quiet=None, bundle_minutes=None)
    yield made
    made.close()


@pytest.fixture
def at(office: Office) -> Callable[[str], datetime]:
    """Set the office's clock: at("2026-07-17 09:00") in its own zone."""

    def set_clock(said: str) -> datetime:
        office.fixed = datetime.fromisoformat(said).replace(tzinfo=SHANGHAI).astimezone(UTC)
        return office.fixed

    return set_clock
