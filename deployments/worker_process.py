"""The worker's process: opens the office and runs the engine until it is asked to stop.

`python -m deployments.worker_process [MARK]` makes the file MARK once the worker takes runs.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from prefect.settings import PREFECT_API_URL

from deployments.catalogue import DEPLOYMENTS, Choice
from deployments.engine import Engine, Plan
from deployments.refusal import CommandRefused
from deployments.registration import DropDowns
from deployments.standing import StandingFlow
from models.migrate import DatabaseRefused, current, head, opened_engine
from services import desk, intake, leases, outbox, run_links
from services.office import Office, current_office
from services.settings import load_settings
from tasks.choices import chosen, shown

SLOTS_POSTGRESQL = 4
"""On SQLite the Prefect server and ours write one at a time, and runs side by side collapse; PostgreSQL takes several."""


class OfficeLeases:
    """The leases kept in the office's database."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def take(self, name: str, holder: str, seconds: float) -> bool:
        return leases.take(self._office, name, holder, seconds)

    def renew(self, names: list[str], holder: str, seconds: float) -> None:
        leases.renew(self._office, names, holder, seconds)

    def release(self, name: str, holder: str) -> None:
        leases.release(self._office, name, holder)

    def alive(self, name: str) -> bool:
        return leases.alive(self._office, name)


def drop_downs(office: Office) -> DropDowns:
    """The entries of the drop-downs, as policy and directory stand now."""
    choices = desk.step_choices(office)
    return {
        choice: [shown(code, f"{label.zh} / {label.en}") for code, label in getattr(choices, choice.value)]
        for choice in Choice
    }


def remember_registered(office: Office, ids: Mapping[str, str], entries: DropDowns) -> None:
    """Let the board know where the run forms stand, and how their drop-downs spell a code."""
    spelt = {
        one.name: {
            parameter: {chosen(entry): entry for entry in entries[choice]} for parameter, choice in one.choices.items()
        }
        for one in DEPLOYMENTS
    }
    run_links.remember(office, run_links.Registered(office.settings.prefect_ui_url, ids, spelt))


def _ready(mark: Path | None) -> None:
    # What is loaded by now stays: the collector need not walk through it again and again while cases come in.
    gc.freeze()
    if mark is not None:
        mark.touch()


def plan_for(office: Office, mark: Path | None) -> Plan:
    """What the worker of an office does."""
    wanted = {
        "receive-submissions": lambda: intake.waiting(office),
        "deliver-notices": lambda: outbox.owed(office),
    }
    return Plan(
        catalogue=DEPLOYMENTS,
        standing=[StandingFlow(one.name, one.entrypoint, wanted[one.name]) for one in DEPLOYMENTS if one.standing],
        book=OfficeLeases(office),
        drop_downs=lambda: drop_downs(office),
        zone=office.zone.key,
        slots=1 if office.engine.dialect.name == "sqlite" else SLOTS_POSTGRESQL,
        ready=lambda: _ready(mark),
        beat=lambda: leases.beat(office, "worker", {"pid": os.getpid(), "host": socket.gethostname()}),
        registered=lambda ids, entries: remember_registered(office, ids, entries),
    )


def _office() -> Office:
    if not PREFECT_API_URL.value():
        raise CommandRefused("Set PREFECT_API_URL to the Prefect server's address, e.g. http://127.0.0.1:4200/api.")
    try:
        with opened_engine(load_settings().url) as engine, engine.connect() as connection:
            if current(connection) != head():
                raise CommandRefused("The database is not up to date: start `expedite up` once with this version.")
    except DatabaseRefused as refused:
        raise CommandRefused(str(refused)) from refused
    return current_office()


def work(mark: Path | None = None) -> int:
    """Run until SIGTERM or SIGINT; 0 if every run came to its end, else 1. Raises CommandRefused."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    for noisy in ("httpx", "httpcore", "aiosqlite", "prefect.flow_runs.worker"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    office = _office()
    # A batch makes tens of thousands of rows and words that go with it, and no rings of them.
    gc.set_threshold(20_000)
    return 0 if asyncio.run(Engine(plan_for(office, mark)).run()) else 1


if __name__ == "__main__":
    sys.exit(work(Path(sys.argv[1]) if len(sys.argv) > 1 else None))
