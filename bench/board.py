"""How long the board's pages take with many cases, as a browser gets them: signed in, over the whole application.

    python -m bench.board [--json] [--cases 10000 --cases 100000] [--database sqlite --database postgresql] [--rounds 20]

Rows: `database, page, cases, first_ms, median_ms, p95_ms, cpu_ms, cpu_p95_ms, server_ms`. `cpu_ms` (median) and `cpu_p95_ms` are what
this process worked for a look, `server_ms` what the PostgreSQL server worked beside it (mean): on a machine that others use they say
more than the wall clock. `first_ms` is the first look of this process, when the scheduled sweep has kept what takes long to count
(`services.board_counts`), as it does every ten minutes; `--unkept` leaves that out. The other looks begin when nothing is being
counted any more.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from sqlalchemy import select, text
from starlette.testclient import TestClient

from bench.board_office import opened, sow
from domain.lifecycle import Status
from domain.publication import PublicRules
from models.case import Case
from services.api_keys import entry_of as key_entry_of
from services.api_keys import new_key
from services.board_counts import keep_counts
from services.board_kept import settle
from services.board_users import entry_of, new_user
from services.office import Office
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
    "search a project": "/board/list?q=Trial+project+0007",
    "search in a unit": "/board/list?q=%E7%94%B5%E6%BA%90&unit=D08&light=red",
    "search nothing": "/board/list?q=zzzzzz",
    "case": "/board/case/{code}",
    "figures": "/board/figures",
    "charts": "/board/charts",
    "picture of lights": "/board/chart/lights.svg",
    "public": "/public",
    "API list": "/api/v1/cases",
    "API closed": "/api/v1/cases?status=closed",
    "API red": "/api/v1/cases?light=red",
    "API search": "/api/v1/cases?q=%E7%AC%AC%E4%BA%8C%E8%B7%AF%E7%94%B5%E6%BA%90",
    "API changed": "/api/v1/cases?updated_since=2026-07-15T00:00:00Z",
    "API case": "/api/v1/cases/{code}",
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
    cpu_p95_ms: float
    server_ms: float


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


def measure(
    settings: Settings, database: str, cases: int, rounds: int, only: str = "", *, swept: bool = True
) -> Iterator[Row]:
    """Each page in turn; `swept` as after a sweep."""
    settings.board_users = entry_of(new_user("bench", "desk", "-", PASSWORD))
    told, key = new_key("bench", "desk")
    settings.api_keys = key_entry_of(key)
    office = opened(settings)
    office.in_force = replace(office.in_force, policy=replace(office.policy, public=PublicRules(enabled=True)))
    # What is in force is not read again, or the page for everybody would be off.
    office.followed = float("inf")
    if swept:
        keep_counts(office)
    code, server = _newest(office), _Server(office)
    with TestClient(create_app(office=office), base_url=HERE, client=("127.0.0.1", 50000)) as client:
        client.post("/board/sign-in", data={"name": "bench", "password": PASSWORD, "to": ""}, follow_redirects=False)
        client.headers["authorization"] = f"Bearer {told}"
        for page, path in PAGES.items():
            if only not in page:
                continue
            first, _ = _look(client, path.format(code=code))
            settle(office)
            before = server.worked()
            looks = [_look(client, path.format(code=code)) for _ in range(rounds)]
            beside = (server.worked() - before) / rounds
            walls, works = [wall for wall, _ in looks], [cpu for _, cpu in looks]
            found = (first, statistics.median(walls), _late(walls), statistics.median(works), _late(works), beside)
            yield Row(database, page, cases, *(round(value, 1) for value in found))
    office.close()


def _newest(office: Office) -> str:
    """The newest case at which somebody works."""
    query = select(Case.code).where(Case.status == Status.IN_PROGRESS, Case.restricted.is_(False))
    with office.reading() as session:
        return session.scalars(query.order_by(Case.id.desc()).limit(1)).one()


def _late(taken: list[float]) -> float:
    return statistics.quantiles(taken, n=20)[-1]


class _Server:
    """The database server's work, read from the system's table of processes; on SQLite there is none beside ours."""

    def __init__(self, office: Office) -> None:
        self.main = 0
        if office.engine.dialect.name == "postgresql":
            with office.reading() as session:
                folder = session.scalar(text("SHOW data_directory"))
            self.main = int((Path(str(folder)) / "postmaster.pid").read_text().split()[0])

    def worked(self) -> float:
        """Milliseconds so far, of the server and all that it began."""
        return sum(_worked(stat, self.main) for stat in Path("/proc").glob("[0-9]*/stat")) if self.main else 0.0


def _worked(stat: Path, main: int) -> float:
    try:
        said = stat.read_text()
    except OSError:
        return 0.0
    fields = said.rpartition(")")[2].split()
    if main not in (int(said.split()[0]), int(fields[1])):
        return 0.0
    # utime, stime, and those of children that ended.
    return sum(map(int, fields[11:15])) * 1000 / os.sysconf("SC_CLK_TCK")


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
    parser.add_argument("--unkept", action="store_true", help="As if no sweep had kept anything.")
    said = parser.parse_args()
    offices = {"sqlite": sqlite_office, "postgresql": postgres_office}
    rows = []
    for database in said.database or offices:
        for cases in said.cases or (100_000,):
            with offices[database](cases) as settings:
                for row in measure(settings, database, cases, said.rounds, said.page, swept=not said.unkept):
                    rows.append(asdict(row))
                    if not said.json:
                        print(rows[-1], flush=True)
    if said.json:
        print(json.dumps(rows, indent=2))


if __name__ == "__main__":
    main()
