"""The migration that made approvals general keeps every decision and every link, there and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text

import models
from models.engine import WRITING
from services.desk import coordinate, register
from services.office import Office, open_office
from services.pages import act
from tests.mailroom import deliver_all

pytestmark = [pytest.mark.migrations, pytest.mark.each_database]

REPORT = {
    "enterprise": {"name": "禾城湖粲钠能有限公司", "contact": "项目联络员", "email": "p02@example.com"}, "project": "P02",
    "category": "power", "severity": 1, "title": "第二路电源无廊道", "detail": "",
}  # fmt: skip


def move(engine: Engine, to: str, *, down: bool = False) -> None:
    """Migrate to a revision."""
    with engine.execution_options(**{WRITING: True}).begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(models.__file__).parent / "migrations"))
        config.attributes["connection"] = connection
        (command.downgrade if down else command.upgrade)(config, to)


def kept(engine: Engine) -> list[Any]:
    """Approvals, their steps, and which link is for which step."""
    with engine.connect() as connection:
        return [
            [tuple(row) for row in connection.execute(text(said))]
            for said in (
                "SELECT id, case_id, kind, state FROM approval ORDER BY id",
                "SELECT id, approval_id, seq, role, state, account_id FROM approval_step ORDER BY id",
                "SELECT id, step_id FROM access_link ORDER BY id",
            )
        ]


def test_decisions_and_links_survive_the_migration_there_and_back(office: Office) -> None:
    """SQLite makes two tables anew for it; the link that was mailed before still decides after."""
    code = register(office, REPORT, "run-1").case
    assert coordinate(office, "track", [code], {"reason": "待省批复", "date": "2026-08-14"}, "run-2")[0].done
    asked = [m for m in deliver_all(office) if m.message == "approval_asked"][-1]
    before = kept(office.engine)
    assert all(before)
    move(office.engine, "0002", down=True)
    assert kept(office.engine) == before
    move(office.engine, "head")
    assert kept(office.engine) == before
    link = next(link for link in asked.links if "/act/" in link).rsplit("/", 1)[1]
    opened = open_office(office.settings)
    opened.fixed = office.fixed
    assert act(opened, link, "approve", {}).done
    opened.close()
