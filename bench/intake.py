"""What taking in a report costs over HTTP against its floor: bare Starlette with the same durable commit, in the same run.

    python -m bench.intake [--json] [--clients 1 --clients 16] [--rounds 5] [--seconds 2]

Ours is the web app as `expedite up` starts it, the floor an application of one handler in the same server: its bytes are in SQLite
with a FULL commit before the answer, one commit for each request from one client, and one for all that came meanwhile from several.
Both, and the clients, are processes of their own; the clients post signed Standard Webhooks reports over connections that stay open.
Floor and ours take turns. Rows: `clients, floor_per_s, ours_per_s, ratio, p99_ms, rss_mb`; the rates are medians of the rounds, the
ratio the median of each round's, `p99_ms` of all answers of ours, `rss_mb` what the web app's process holds at the end.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import hashlib
import json
import multiprocessing
import os
import secrets
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bench.pipeline import signed
from deployments.environment import Addresses
from deployments.environment import ours as environment_of
from deployments.ports import some_free_port

SECRET = "whsec_" + base64.b64encode(b"a key of the bench alone").decode()
PATH = "/webhooks/standard"
MARK = b"0123456789abcdef"
"""Stands in the report, and is another in each."""
BODY = json.dumps(
    {
        "type": "difficulty.reported",
        "timestamp": "2026-07-16T02:00:00Z",
        "data": {
            "enterprise": {"name": "禾城湖粲钠能有限公司", "contact": "项目联络员", "phone": "0573-0000000", "email": "p02@example.com"},
            "project": "P02", "category": "power", "severity": 2, "title": "第二路电源无廊道", "detail": f"一期投产需要双电源，道路下方没有预留管位。{MARK.decode()}",
        },
    },
    ensure_ascii=False,
).encode()  # fmt: skip
MOST_PER_SECOND = 6000
"""How many requests are signed beforehand for each second: more than is answered."""
START_WITHIN = 60.0


@dataclass(frozen=True, slots=True)
class Row:
    """One number of clients: reports a second, their ratio, the 99th percentile in milliseconds, megabytes."""

    clients: int
    floor_per_s: float
    ours_per_s: float
    ratio: float
    p99_ms: float
    rss_mb: float


# -- the floor ----------------------------------------------------------------------------------------------------------------

TABLE = (
    "CREATE TABLE delivery (id INTEGER PRIMARY KEY, source TEXT, key TEXT, receipt TEXT, hash TEXT, at TEXT, body BLOB,"
    " UNIQUE (source, key))"
)
INSERT = "INSERT INTO delivery (source, key, receipt, hash, at, body) VALUES (?, ?, ?, ?, ?, ?)"
Line = tuple[str, str, str, str, float, bytes]


class Gathering:
    """One thread that commits what came while it committed before."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._wake = threading.Condition()
        self._waiting: list[tuple[Line, asyncio.Future[None]]] = []
        threading.Thread(target=self._write, daemon=True).start()

    async def put(self, line: Line) -> None:
        """Return when it is durable."""
        done = asyncio.get_running_loop().create_future()
        with self._wake:
            self._waiting.append((line, done))
            self._wake.notify()
        await done

    def _write(self) -> None:
        while True:
            with self._wake:
                while not self._waiting:
                    self._wake.wait()
                some, self._waiting = self._waiting, []
            self._database.execute("BEGIN IMMEDIATE")
            self._database.executemany(INSERT, [line for line, _ in some])
            self._database.execute("COMMIT")
            some[0][1].get_loop().call_soon_threadsafe(_tell, [done for _, done in some])


def _tell(futures: list[asyncio.Future[None]]) -> None:
    for done in futures:
        if not done.done():
            done.set_result(None)


def floor_app(file: str) -> Starlette:
    """Two addresses, `/single` and `/grouped`, that store what is posted to them."""
    database = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    for said in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", TABLE):
        database.execute(said)
    gathering = Gathering(database)

    async def line_of(request: Request) -> Line:
        body = await request.body()
        hashed = hashlib.sha256(body).hexdigest()
        return "standard", request.headers["webhook-id"], os.urandom(8).hex(), hashed, time.time(), body

    async def single(request: Request) -> Response:
        line = await line_of(request)
        database.execute("BEGIN IMMEDIATE")
        database.execute(INSERT, line)
        database.execute("COMMIT")
        return JSONResponse({"receipt": line[2], "duplicate": False}, 202)

    async def grouped(request: Request) -> Response:
        line = await line_of(request)
        await gathering.put(line)
        return JSONResponse({"receipt": line[2], "duplicate": False}, 202)

    return Starlette(routes=[Route("/single", single, methods=["POST"]), Route("/grouped", grouped, methods=["POST"])])


def serve_floor(file: str, port: int) -> None:
    """Serve it with the server, and the server's settings, of the product."""
    uvicorn.run(
        floor_app(file),
        host="127.0.0.1",
        port=port,
        log_level="warning",
        access_log=False,
        server_header=False,
    )


# -- the clients --------------------------------------------------------------------------------------------------------------


def drive(port: int, path: str, clients: int, seconds: float) -> list[float]:
    """The seconds that each answer took to as many clients as post for `seconds`; meant for a process of its own.

    Raises AssertionError for any answer but 202.
    """
    most = int(seconds * MOST_PER_SECOND)
    ready = iter([_request(path) for _ in range(most)])
    return asyncio.run(_drive(port, ready, clients, seconds))


def _request(path: str) -> bytes:
    # Each report is another one: the same bytes again would be the same delivery.
    body = BODY.replace(MARK, secrets.token_hex(len(MARK) // 2).encode())
    headers = {"host": "127.0.0.1", "content-length": str(len(body)), **signed(SECRET, body)}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + body


async def _drive(port: int, ready: Iterator[bytes], clients: int, seconds: float) -> list[float]:
    taken: list[float] = []
    end = time.perf_counter() + seconds

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (began := time.perf_counter()) < end:
            writer.write(next(ready))
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 202 "):
                raise AssertionError(head.decode("latin-1"))
            length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
            await reader.readexactly(int(length))
            taken.append(time.perf_counter() - began)
        writer.close()

    await asyncio.gather(*(client() for _ in range(clients)))
    return taken


# -- both, by turns -----------------------------------------------------------------------------------------------------------


def _listens(port: int, alive: Callable[[], bool]) -> None:
    async def knock() -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()

    give_up = time.monotonic() + START_WITHIN
    while True:
        try:
            asyncio.run(knock())
        except OSError:
            if not alive() or time.monotonic() > give_up:
                raise
            time.sleep(0.05)
        else:
            return


@contextmanager
def floor_server(folder: Path) -> Iterator[int]:
    """The floor's port."""
    port = some_free_port()
    process = multiprocessing.get_context("spawn").Process(
        target=serve_floor, args=(str(folder / "floor.sqlite"), port), daemon=True
    )
    process.start()
    try:
        _listens(port, process.is_alive)
        yield port
    finally:
        process.terminate()
        process.join(10)


@contextmanager
def our_server(folder: Path) -> Iterator[tuple[int, int]]:
    """The web app's port and process id, around a demo district in `folder`."""
    port = some_free_port()
    addresses = Addresses(folder, "127.0.0.1", port, some_free_port(), 0)
    environment = environment_of(addresses) | {"EXPEDITE_WEBHOOK_STANDARD_SECRET": SECRET, "EXPEDITE_SMTP_URL": ""}
    environment.pop("EXPEDITE_DATABASE_URL", None)
    subprocess.run([sys.executable, "-c", MAKE, str(folder)], check=True, env=environment)
    command = [sys.executable, "-m", "deployments.web_process", "127.0.0.1", str(port)]
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE) as process:
        try:
            if process.stdin is not None:
                process.stdin.write(b"go\n")
                process.stdin.close()
            _listens(port, lambda: process.poll() is None)
            yield port, process.pid
        finally:
            process.terminate()


MAKE = """
import sys
from models.migrate import upgrade
from services.office import open_office
from services.seed import seed_people
from services.settings import load_settings
settings = load_settings()
settings.data.mkdir(parents=True, exist_ok=True)
upgrade(settings.url)
seed_people(open_office(settings))
"""


def held(pid: int) -> float:
    """Megabytes of memory that a process holds; 0 where the system does not say."""
    try:
        said = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in said.splitlines() if line.startswith("VmRSS:")), 0.0)


def measure(clients: tuple[int, ...], rounds: int, seconds: float) -> Iterator[Row]:
    """Each number of clients; the first turn of each server is not counted."""
    with (
        tempfile.TemporaryDirectory() as folder,
        floor_server(Path(folder)) as low,
        our_server(Path(folder) / "ours") as (port, pid),
        multiprocessing.get_context("spawn").Pool(1) as pool,
    ):
        for count in clients:
            address = "/single" if count == 1 else "/grouped"
            floors, rates, answers = [], [], []
            for n in range(rounds + 1):
                least = pool.apply(drive, (low, address, count, seconds))
                taken = pool.apply(drive, (port, PATH, count, seconds))
                if n:
                    floors.append(len(least) / seconds)
                    rates.append(len(taken) / seconds)
                    answers += taken
            yield Row(
                count, round(statistics.median(floors), 1), round(statistics.median(rates), 1),
                round(statistics.median(ours / floor for ours, floor in zip(rates, floors, strict=True)), 3),
                round(statistics.quantiles(answers, n=100)[-1] * 1000, 1), round(held(pid), 1),
            )  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.intake", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--clients", type=int, action="append")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--json", action="store_true", help="For machines.")
    said = parser.parse_args()
    rows = []
    for row in measure(tuple(said.clients or (1, 16)), said.rounds, said.seconds):
        rows.append(asdict(row))
        if not said.json:
            print(
                f"{row.clients} clients: {row.ours_per_s}/s, the floor {row.floor_per_s}/s, ratio {row.ratio};"
                f" p99 {row.p99_ms} ms, {row.rss_mb} MB",
                flush=True,
            )
    if said.json:
        print(json.dumps({"rows": rows}))


if __name__ == "__main__":
    main()
