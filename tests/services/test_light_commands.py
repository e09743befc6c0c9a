"""Commands load what they need and no more: the engine, the migrations and the mails' templates cost more than most commands do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from services.office import Office
from tests.builders import report

pytestmark = pytest.mark.sqlite

ROOT = Path(__file__).parents[2]
LOADED = """
import sys
from deployments.cli import main
try:
    main()
except SystemExit as end:
    if end.code:
        raise
print(*sys.modules, file=sys.stderr)
"""
HEAVY = frozenset(
    [
        "prefect",
        "alembic",
        "fastapi",
        "starlette",
        "uvicorn",
        "httpx",
        "yagmail",
        "aiosmtpd",
        "jinja2",
        "babel",
        "css_inline",
        "icalendar",
        "holidays",
        "openpyxl",
        "xlsxwriter",
        "pygal",
        "rapidfuzz",
        "argon2",
        "limits",
    ]
)
"""What takes a while to load and is needed by few: the engine, the migrations, the web, mails, calendars, tables, charts."""


def loaded(*arguments: str) -> set[str]:
    """The packages that a command has loaded when it is done."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *arguments],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return {module.partition(".")[0] for module in done.stderr.split()}


def test_the_list_of_commands_loads_neither_database_nor_engine() -> None:
    """Each command's module is loaded when that command is asked for."""
    assert not (HEAVY | {"sqlalchemy", "yaml", "pydantic_settings"}) & loaded("--help")


@pytest.mark.parametrize("command", ["up", "worker", "mail", "policy", "bench", "export"])
def test_the_help_of_a_command_loads_none_of_what_it_does(command: str) -> None:
    """Not even of those that run the engine."""
    assert not (HEAVY | {"sqlalchemy"}) & loaded(command, "--help")


def test_looking_loads_no_more_than_the_database(office: Office) -> None:
    """A case, the deliveries, the mails that are owed: read from the database, in words of our own."""
    code = report(office).code
    for arguments in (["case", code], ["inbox", "list"], ["outbox", "list"]):
        assert not HEAVY & loaded(*arguments, "--data", str(office.settings.data)), arguments
