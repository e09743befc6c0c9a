"""How long the board's pages take with many cases, as a browser gets them: signed in, over the whole application.

    python -m bench.board [--json] [--cases 10000 --cases 100000] [--database sqlite --database postgresql] [--rounds 20]

Rows: `database, page, cases, first_ms, median_ms, p95_ms, cpu_ms`. `cpu_ms` is what this process worked for a look (median; on
PostgreSQL the server's own work is beside it): on a machine that others use it says more than the wall clock. `first_ms` is the first look, before anything is kept for the next one; the
others are looks after it. Figures, charts and the page for everybody keep what took long to count for a while (`services.board_kept`), as do the
front's duplicates and systemic matters: their later looks are of what was kept, and begin when nothing is being counted any more.
"""

from __future__ import annotations

import argparse
import json
import secrets
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from starlette.testclient import TestClient

from bench.board_office import opened, sow
from domain.publication import PublicRules
from services.board_kept import settle
from services.board_users import entry_of, new_user
from services.settings import Settings
from web.app import create_app

HERE = "http://127.0.0.1:8080"
PASSWORD = secrets.token_urlsafe(12)
PAGES = {
    "front": "/board",
    "list": "/board/list",
    "list red": "/board/list?light=red",
    "list of a unit": "/board/list?unit=D08",
    "list of a project": "/board/list?project=T0007",
    "list of an area and class": "/board/list?area=A02&case_class=complex",
    "list waiting for": "/board/list?holder=D08&rung=4",
    "list of a period": "/board/list?since=2026-06-01&until=2026-06-30&category=power",
    "closed": "/board/list?status=closed",
    "search a code": "/board/list?q=DIF-2026-00",
    "search words": "/board/list?q=%E7%AC%AC%E4%BA%8C%E8%B7%AF%E7%94%B5%E6%BA%90",
    "search a firm": "/board/list?q=%E8%AF%95%E9%AA%8C01234",
    "search nothing": "/board/list?q=zzzzzz",
    "figures": "/board/figures",
    "charts": "/board/charts",
    "picture of lights": "/board/chart/lights.svg",
    "public": "/public",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One page's measurement, in milliseconds."""

    database: str
    page: str
    cases: int
    first_ms: float
    median_ms: float
    p95_ms: float
    cpu_ms: float


@contextmanager
def sqlite_office(cases: int) -> Iterator[Settings]:
    """A file in a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        settings = _settings(Path(folder), "")
        sow(settings, cases)
        yield settings


@contextmanager
def postgres_office(cases: int) -> Iterator[Settings]:
    """A database of an embedded server."""
    from tests import postgres

    server = postgres.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            settings = _settings(Path(folder), server.create())
            sow(settings, cases)
            yield settings
    finally:
        server.stop()


def _settings(folder: Path, url: str) -> Settings:
    return Settings(
        data=folder,
        database_url=url,
        smtp_url="",
        mail_from="expedite@example.org",
        secret_key=secrets.token_urlsafe(12),
        _env_file=None,
    )


def measure(settings: Settings, database: str, cases: int, rounds: int, only: str = "") -> Iterator[Row]:
    """Each page in turn."""
    settings.board_users = entry_of(new_user("bench", "desk", "-", PASSWORD))
    office = opened(settings)
    office.in_force = replace(office.in_force, policy=replace(office.policy, public=PublicRules(enabled=True)))
    # What is in force is not read again, or the page for everybody would be off.
    office.followed = float("inf")
    with TestClient(create_app(office=office), base_url=HERE, client=("127.0.0.1", 50000)) as client:
        client.post("/board/sign-in", data={"name": "bench", "password": PASSWORD, "to": ""}, follow_redirects=False)
        for page, path in PAGES.items():
            if only not in page:
                continue
            first, _ = _look(client, path)
            settle(office)
            looks = [_look(client, path) for _ in range(rounds)]
            later = [wall for wall, _ in looks]
            yield Row(
                database, page, cases, round(first, 1), round(statistics.median(later), 1),
                round(statistics.quantiles(later, n=20)[-1], 1), round(statistics.median(cpu for _, cpu in looks), 1),
            )  # fmt: skip
    office.close()


def _look(client: TestClient, path: str) -> tuple[float, float]:
    """Milliseconds by the wall clock, and of this process's work."""
    began, worked = time.perf_counter(), time.process_time()
    answer = client.get(path)
    taken = ((time.perf_counter() - began) * 1000, (time.process_time() - worked) * 1000)
    if answer.status_code != 200:
        raise AssertionError(f"{path}: {answer.status_code}")
    return taken


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.board")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--cases", type=int, action="append")
    parser.add_argument("--database", action="append", choices=("sqlite", "postgresql"))
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--page", default="", help="Only pages whose name has this in it.")
    said = parser.parse_args()
    offices = {"sqlite": sqlite_office, "postgresql": postgres_office}
    rows = []
    for database in said.database or offices:
        for cases in said.cases or (100_000,):
            with offices[database](cases) as settings:
                for row in measure(settings, database, cases, said.rounds, said.page):
                    rows.append(asdict(row))
                    if not said.json:
                        print(rows[-1], flush=True)
    if said.json:
        print(json.dumps(rows, indent=2))


if __name__ == "__main__":
    main()
