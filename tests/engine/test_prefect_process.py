"""The Prefect server's process: what it changes of Prefect's, on Prefect's own configuration of a database file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.timeout(120), pytest.mark.sqlite]

PROGRAM = """
import asyncio, sys
import sqlalchemy as sa
from prefect.server.database.configurations import AioSqliteConfiguration
from deployments.prefect_process import write_from_the_beginning

if sys.argv[2] == "ours":
    write_from_the_beginning()

async def main():
    config = AioSqliteConfiguration(f"sqlite+aiosqlite:///{sys.argv[1]}")
    engine = await config.engine()
    async with await config.session(engine) as session, config.begin_transaction(session):
        await session.execute(sa.text("CREATE TABLE run (name TEXT)"))
    read = asyncio.Event()

    async def reads_and_writes():
        async with await config.session(engine) as session, config.begin_transaction(session):
            await session.execute(sa.text("SELECT count(*) FROM run"))
            read.set()
            await asyncio.sleep(0.5)
            await session.execute(sa.text("INSERT INTO run VALUES ('one')"))

    async def writes_between():
        await read.wait()
        async with await config.session(engine) as session, config.begin_transaction(session):
            await session.execute(sa.text("INSERT INTO run VALUES ('two')"))

    await asyncio.gather(reads_and_writes(), writes_between())
    async with await config.session(engine) as session:
        print(sorted((await session.execute(sa.text("SELECT name FROM run"))).scalars()))
    await engine.dispose()

asyncio.run(main())
"""


def said(folder: Path, whose: str) -> subprocess.CompletedProcess[str]:
    """What the program came to with Prefect as it is, or as our process runs it."""
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder / f"{whose}.sqlite"), whose],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_a_run_is_taken_while_others_write(tmp_path: Path) -> None:
    """Two transactions that meet come one after the other; as Prefect begins them one fails, and its server answers 503."""
    ours = said(tmp_path, "ours")
    assert ours.stdout.strip() == "['one', 'two']", ours.stderr
    assert "database is locked" in said(tmp_path, "theirs").stderr
