"""Processes that kill themselves: at the n-th commit, just before it or just after it, or before the n-th statement."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from services import sweep as sweeping
from services.office import Office, open_office
from services.outbox import deliver
from services.settings import Settings

MOMENTS = ("before commit", "after commit", "before statement")

# A server that has loaded everything and runs no threads: what it forks begins at once, and holds nothing of the test's.
SPAWN = multiprocessing.get_context("forkserver")
SPAWN.set_forkserver_preload(["tests.faults.dying"])


def dies(work: str, settings: Settings, now: datetime, moment: str, n: int) -> bool:
    """Let a process of its own do the work, and die at the n-th such moment; whether it came to that."""
    said = settings.model_dump(
        mode="json", include={"data", "database_url", "smtp_url", "mail_from", "base_url", "secret_key"}
    )
    process = SPAWN.Process(target=_live, args=(work, said, now, moment, n))
    process.start()
    process.join(60)
    if process.exitcode not in (0, -signal.SIGKILL):
        raise AssertionError(f"{work} ended with {process.exitcode}")
    return process.exitcode != 0


def sweep_small(office: Office) -> None:
    """A sweep of batches of three clocks; what is swept in this process later is swept as ever."""
    usual, sweeping.BATCH = sweeping.BATCH, 3
    try:
        sweeping.sweep(office)
    finally:
        sweeping.BATCH = usual


def deliver_all(office: Office) -> None:
    """Deliver until nothing is owed any more, four at a time."""
    while True:
        done = deliver(office, 4)
        if not done.sent and not done.deferred:
            return


WORKS: dict[str, Callable[[Office], None]] = {"sweep": sweep_small, "deliver": deliver_all}


def _live(work: str, said: dict[str, Any], now: datetime, moment: str, n: int) -> None:
    office = open_office(Settings(**said | {"data": Path(said["data"])}, _env_file=None))
    office.fixed = now
    _arm(office.engine, moment, n)
    WORKS[work](office)
    os._exit(0)


def _arm(engine: Engine, moment: str, n: int) -> None:
    passed = 0

    def count(*_: object) -> None:
        nonlocal passed
        passed += 1
        if passed == n:
            os.kill(os.getpid(), signal.SIGKILL)

    if moment == "before commit":
        event.listen(engine, "commit", count)
    elif moment == "before statement":
        event.listen(engine, "before_cursor_execute", count)
    else:
        commit = engine.dialect.do_commit

        def commit_and_count(connection: Any) -> None:
            commit(connection)
            count()

        engine.dialect.do_commit = commit_and_count  # type: ignore[method-assign, assignment]  # the only place after a commit
