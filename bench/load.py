"""Reports at a steady rate through the whole product: from the webhook's answer to the department's mail in the catcher.

    python -m bench.load [--json] [--rate 200] [--seconds 60] [--stop worker|engine|mail] [--for 60]

Starts `expedite up --demo` in a folder of its own and a mail catcher beside it, sends `rate` signed reports a second for
`seconds`, on time whatever the answers take, and waits until all that was accepted has become a case and a mail. With `--stop` the
worker or the Prefect server is killed whenever it comes up, or the mail server is away, for a while in the middle. Rows: `rate, seconds, stopped, accepted, refused,
cases, mailed, lost, doubled, answer_p50_ms, answer_p99_ms, mail_p50_s, mail_p99_s, mails, drained_s, flow_runs, runs_per_s`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import httpx

from bench.pipeline import signed
from deployments.ports import some_free_port

SECRET = "whsec_" + "YSBrZXkgb2YgdGhlIGxvYWQncyBvd24="
MARK = re.compile(r"Q\d{6}Q")
MATTERS = (
    ("power", "第二路电源"), ("roads", "施工便道"), ("land", "地块边界"), ("water", "临时用水"), ("labour", "熟练焊工"), ("finance", "周转贷款"),
)  # fmt: skip
WORDS = [
    "审批",
    "管线",
    "围挡",
    "迁改",
    "图纸",
    "验收",
    "接入",
    "容量",
    "路口",
    "夜间",
    "运输",
    "堆场",
    "排水",
    "噪声",
    "许可",
    "临电",
    "桩基",
    "标高",
    "交底",
    "材料",
    "进度",
    "班组",
    "设备",
    "资金",
    "补偿",
    "界址",
    "坐标",
    "绿化",
    "照明",
    "消防",
]
STOPPABLE = {"worker": "deployments.worker_process", "engine": "deployments.prefect_process"}
PAUSES = (0.5, 2.0, 5.0)
"""Seconds between the tries of a delivery whose connection breaks."""
PATIENCE = 900
"""Seconds that what was accepted may take to arrive after the load."""


@dataclass(frozen=True, slots=True)
class Row:
    """One load. Latencies from handing a report over to its answer, and to the first mail of it at an address of the office."""

    rate: int
    seconds: int
    stopped: str
    accepted: int
    refused: int
    cases: int
    mailed: int
    lost: int
    doubled: int
    answer_p50_ms: float
    answer_p99_ms: float
    mail_p50_s: float
    mail_p99_s: float
    mails: int
    drained_s: float
    flow_runs: int
    runs_per_s: float


@dataclass(slots=True)
class Product:
    """The running installation: its folder, addresses, processes."""

    data: Path
    web: str
    engine: str
    smtp_port: int
    process: subprocess.Popen[bytes]
    catcher: subprocess.Popen[bytes] | None = None

    @property
    def caught(self) -> Path:
        """The catcher's file."""
        return self.data / "caught.sqlite"

    def catch(self) -> None:
        """Start the mail catcher."""
        program = (
            "import signal, sys; from pathlib import Path; from notifications.catcher import Catcher;"
            "c = Catcher(Path(sys.argv[1]), port=int(sys.argv[2])); c.start(); signal.sigwait({signal.SIGTERM}); c.stop()"
        )
        self.catcher = subprocess.Popen([sys.executable, "-c", program, str(self.caught), str(self.smtp_port)])

    async def keep_down(self, what: str, seconds: float) -> None:
        """Keep a part of the product from running: the mail server ends, a process is killed whenever its supervisor has started it.

        A process that is merely held could hold SQLite's write lock with it, which no part of an installation does to another.
        """
        if what == "mail":
            self._end_catcher()
            await asyncio.sleep(seconds)
            self.catch()
            return
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for pid in self._pids(STOPPABLE[what]):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            await asyncio.sleep(0.2)

    def stop(self) -> None:
        """End everything."""
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(60)
        self.process.kill()
        self._end_catcher()

    def _end_catcher(self) -> None:
        if self.catcher is not None:
            self.catcher.terminate()
            self.catcher.wait(20)

    def _pids(self, module: str) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        found = []
        for child in children:
            with suppress(OSError):
                if module in Path(f"/proc/{child}/cmdline").read_bytes().decode().split("\0"):
                    found.append(int(child))
        return found


@contextmanager
def product() -> Iterator[Product]:
    """The product on free ports, up and idle."""
    folder = Path(tempfile.mkdtemp(prefix="expedite-load-"))
    web, engine, smtp = some_free_port(), some_free_port(), some_free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "EXPEDITE_"))}
    environment = {
        **kept, "EXPEDITE_WEBHOOK_STANDARD_SECRET": SECRET, "EXPEDITE_SMTP_URL": f"smtp://127.0.0.1:{smtp}",
        "EXPEDITE_MAIL_FROM": "tuijinban@example.org",
    }  # fmt: skip
    command = [
        sys.executable, "-m", "deployments.cli", "up", "--demo", "--web-port", str(web), "--prefect-port", str(engine), "--data", str(folder),
    ]  # fmt: skip
    log = (folder / "up.log").open("wb")
    process = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
    made = Product(folder, f"http://127.0.0.1:{web}", f"http://127.0.0.1:{engine}/api", smtp, process)
    made.catch()
    try:
        _until(lambda: (folder / "worker.ready").exists(), 180, "the product to be up")
        _until(lambda: _waiting(made) == (0, 0), 180, "the demo's own mails to be sent")
        time.sleep(5)
        yield made
    finally:
        made.stop()
        log.close()
        shutil.rmtree(folder, ignore_errors=True)


def _until(ask: object, seconds: float, what: str) -> None:
    until = time.monotonic() + seconds
    while callable(ask) and not ask():
        if time.monotonic() > until:
            raise TimeoutError(f"waited {seconds} s in vain for {what}")
        time.sleep(0.25)


def _query(path: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=20)) as database:
        return database.execute(statement).fetchall()


def _waiting(made: Product) -> tuple[int, int]:
    """(deliveries that wait, mails owed)."""
    path = made.data / "expedite.sqlite"
    waits = _query(path, "SELECT count(*) FROM delivery WHERE state = 'waiting'")[0][0]
    owed = _query(path, "SELECT count(*) FROM outbox WHERE state = 'owed'")[0][0]
    return int(str(waits)), int(str(owed))


def _flow_runs(made: Product) -> int:
    with httpx.Client(timeout=30) as client:
        return int(client.post(f"{made.engine}/flow_runs/count", json={}).raise_for_status().text)


def report(number: int, chance: random.Random) -> bytes:
    """A report like others, and yet its own: firm, project, matter and words vary."""
    category, subject = chance.choice(MATTERS)
    firm = chance.randrange(2000)
    words = "".join(chance.sample(WORDS, 6))
    data = {
        "enterprise": {"name": f"第{firm}制造有限公司", "email": f"firm{firm}@example.com", "locale": chance.choice(("zh", "en"))},
        "project": f"P{chance.randrange(1, 13):02d}", "category": category, "severity": 1, "title": f"{subject}{words} Q{number:06d}Q",
        "detail": "".join(chance.sample(WORDS, 20)),
    }  # fmt: skip
    return json.dumps({"type": "difficulty.reported", "data": data}).encode()


@dataclass(slots=True)
class Sent:
    """What the generator saw: when each report was handed over (wall clock), how long its answer took, what was refused."""

    at: dict[str, float] = field(default_factory=dict)
    answers: list[float] = field(default_factory=list)
    refused: int = 0


async def send(made: Product, rate: int, seconds: int) -> Sent:
    """Hand over `rate` reports a second, each at its moment, whether or not those before were answered."""
    sent, chance, tasks = Sent(), random.Random(20260716), []
    # The server closes what was idle for five seconds: a report must not meet that.
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=64, keepalive_expiry=2)
    async with httpx.AsyncClient(base_url=made.web, limits=limits, timeout=httpx.Timeout(60)) as client:

        async def one(number: int, body: bytes) -> None:
            began, mark = time.perf_counter(), f"Q{number:06d}Q"
            sent.at[mark] = time.time()
            answer = await _delivered(client, body, signed(SECRET, body))
            sent.answers.append(time.perf_counter() - began)
            if answer.status_code != 202:
                sent.refused += 1
                del sent.at[mark]

        began = time.perf_counter()
        for number in range(rate * seconds):
            await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
            tasks.append(asyncio.create_task(one(number, report(number, chance))))
        await asyncio.gather(*tasks)
    return sent


async def _delivered(client: httpx.AsyncClient, body: bytes, headers: dict[str, str]) -> httpx.Response:
    """The answer to a delivery, which is repeated where a connection breaks, as form services do: the same id is the same report."""
    for pause in PAUSES:
        try:
            return await client.post("/webhooks/standard", content=body, headers=headers)
        except httpx.TransportError:
            await asyncio.sleep(pause)
    return await client.post("/webhooks/standard", content=body, headers=headers)


def arrived(path: Path) -> dict[str, list[float]]:
    """When mails about each report came to addresses of the office, in seconds of the wall clock."""
    found: dict[str, list[float]] = {}
    for at, recipients, raw in _query(path, "SELECT at, recipients, raw FROM mail ORDER BY id"):
        if "@example.org" not in str(recipients) or not isinstance(raw, bytes):
            continue
        mail = message_from_bytes(raw, policy=default)
        text = mail.get_body(("plain",))
        said = str(mail["subject"]) + (str(text.get_content()) if text is not None else "")
        for mark in set(MARK.findall(said)):
            found.setdefault(mark, []).append(datetime.fromisoformat(str(at)).timestamp())
    return found


def measure(rate: int, seconds: int, stopped: str, held_for: int) -> Row:
    """One load on a fresh product."""
    with product() as made:
        runs = _flow_runs(made)
        began = time.monotonic()

        async def load() -> Sent:
            async def trouble() -> None:
                if stopped:
                    await asyncio.sleep(min(10, seconds / 4))
                    await made.keep_down(stopped, held_for)

            sent, _ = await asyncio.gather(send(made, rate, seconds), trouble())
            return sent

        sent = asyncio.run(load())
        loaded = time.monotonic()
        _until(lambda: _waiting(made) == (0, 0), PATIENCE, "everything to arrive")
        drained = time.monotonic() - loaded
        runs = _flow_runs(made) - runs
        lasted = time.monotonic() - began
        titles = [str(row[0]) for row in _query(made.data / "expedite.sqlite", 'SELECT title FROM "case"')]
        marks = [mark for title in titles for mark in MARK.findall(title)]
        mails = arrived(made.caught)
        count = int(str(_query(made.caught, "SELECT count(*) FROM mail")[0][0]))
    took = sorted(min(mails[mark]) - at for mark, at in sent.at.items() if mark in mails)
    answers = statistics.quantiles(sent.answers, n=100)
    later = statistics.quantiles(took, n=100) if len(took) > 1 else [float("nan")] * 99
    return Row(
        rate, seconds, stopped or "nothing", len(sent.at), sent.refused, len(set(marks)), len(took),
        len(sent.at) - len(set(sent.at) & set(marks) & set(mails)), len(marks) - len(set(marks)),
        round(answers[49] * 1000, 1), round(answers[98] * 1000, 1), round(later[49], 2), round(later[98], 2), count, round(drained, 1),
        runs, round(runs / lasted, 2),
    )  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.load")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rate", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--stop", choices=(*STOPPABLE, "mail"), default="")
    parser.add_argument("--for", dest="held_for", type=int, default=60)
    said = parser.parse_args()
    row = asdict(measure(said.rate, said.seconds, said.stop, said.held_for))
    print(json.dumps([row], indent=2) if said.json else row)


if __name__ == "__main__":
    main()
