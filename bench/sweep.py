"""What a sweep costs against its floor: the same SELECT, UPDATE and history INSERT as raw SQL, in the same run.

    python -m bench.sweep [--json] [--open 10000 --open 100000] [--due 10000] [--database sqlite --database postgresql] [--rounds 3]

Each round makes its office anew (a copy, on PostgreSQL from a template): cases with five open clocks each, of which `due` have a closing
day that has passed yesterday, so that each owes a yellow notice with its number, its history lines and its mails. Rows: `database, open, due, floor_s,
ours_s, ratio, peak_mb, idle_ms, longest_ms, intake_p99_ms`; medians of the rounds. The floor is the fastest form of these three
statements that each driver has. An intake beside the sweep is measured in a sweep of its own, after the rounds.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select

from domain.clocks import ClockState, Happening
from domain.lifecycle import Kind, Status
from domain.policy import Unit
from models import case as cases
from models.clock import Clock, ClockEvent
from models.directory import Enterprise
from models.engine import writing
from models.migrate import upgrade
from services.office import Office, open_office
from services.seed import seed_people
from services.settings import Settings
from services.sweep import sweep

SHANGHAI = timedelta(hours=8)
STARTED = datetime(2026, 7, 9, 2, 0, tzinfo=UTC)
DUE = datetime(2026, 7, 16, 9, 30, tzinfo=UTC)
"""Thursday 2026-07-16, 17:30: the closing moment of the cases that are due."""
NOW = datetime(2026, 7, 17, 1, 0, tzinfo=UTC)
"""Friday 09:00, after the yellow notice's moment."""
LATER = datetime(2026, 7, 28, 9, 30, tzinfo=UTC)
PER_CASE = 5
UNITS = ("D01", "D02", "D03", "D04", "D05", "D06", "D07", "D08")


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement. Seconds; `peak_mb` of this process, `idle_ms` of a sweep with nothing due.

    `longest_ms` is how long a batch held the database at most; `intake_p99_ms` is what storing a report takes meanwhile, in
    another process.
    """

    database: str
    open: int
    due: int
    floor_s: float
    ours_s: float
    ratio: float
    peak_mb: int
    idle_ms: float
    longest_ms: float
    intake_p99_ms: float


def fill(office: Office, open_clocks: int, due: int) -> None:
    """Write `open_clocks` open clocks, `due` of which have a step to take at NOW."""
    count = max(open_clocks // PER_CASE, due)
    per_case = min(PER_CASE, max(1, open_clocks // count))
    policy = office.policy.version
    with writing(office.engine) as session:
        connection = session.connection()
        firm = connection.execute(insert(Enterprise).returning(Enterprise.id), {"name": "测试企业"}).scalar_one()
        first = 1000
        for start in range(0, count, 5000):
            some = range(start, min(start + 5000, count))
            connection.execute(insert(cases.Case), [_case(first + n, firm, n < due, policy) for n in some])
            connection.execute(
                insert(cases.Assignment),
                [
                    {"case_id": first + n, "unit_id": UNITS[n % 8], "part": "lead", "since": STARTED, "until": None}
                    for n in some
                ],
            )
            clocks = [row for n in some for row in _clocks(first + n, n, n < due, per_case, policy)]
            connection.execute(insert(Clock), clocks)
            connection.execute(insert(ClockEvent), [_started(row) for row in clocks])
        if office.engine.dialect.name == "postgresql":
            for table in (cases.Case, Clock, ClockEvent):
                sequence = func.pg_get_serial_sequence(f'"{table.__tablename__}"', "id")
                connection.execute(select(func.setval(sequence, select(func.max(table.id)).scalar_subquery())))
            # As a server's autovacuum does: without statistics it would guess how to find a case's clocks.
            connection.exec_driver_sql("ANALYZE")


def _case(i: int, firm: int, is_due: bool, policy: str) -> dict[str, Any]:
    due = DUE if is_due else LATER
    return {
        "id": i, "code": f"DIF-2026-{i:07d}", "document_number": f"鸳难〔2026〕{i}号", "kind": Kind.DIFFICULTY, "status": Status.IN_PROGRESS,
        "title": "第二路电源无廊道", "detail": "电缆通道须跨越在建道路。", "source": "form", "category": "power", "case_class": "ordinary",
        "severity": 1, "enterprise_id": firm, "project_id": "P02", "area_id": "A02", "lead_id": UNITS[i % 8], "rung": 3, "opened_at": STARTED,
        "due": due, "original_due": due, "marks": [], "handled_by": [], "flags": [], "policy_version": policy, "seq": 0, "head_hash": "",
    }  # fmt: skip


def _clocks(case_id: int, n: int, is_due: bool, per_case: int, policy: str) -> Iterator[dict[str, Any]]:
    for k in range(per_case):
        closing = k == 0
        due = DUE if closing and is_due else LATER + timedelta(minutes=n % 1000)
        yield {
            "id": case_id * PER_CASE + k, "case_id": case_id, "kind": "close" if closing else "duty", "owner_unit": UNITS[case_id % 8],
            "subject": "" if closing else f"{UNITS[case_id % 8]}#{k}", "note": "", "started": STARTED, "limit_value": 5 if closing else None,
            "limit_unit": Unit.WORKING_DAYS if closing else None, "due": due, "original_due": due, "state": ClockState.RUNNING,
            "done": "blue" if closing and is_due else "", "next_step": "yellow" if closing and is_due else "blue",
            "next_action_at": NOW - timedelta(minutes=30) if closing and is_due else due - timedelta(days=3), "policy_version": policy,
        }  # fmt: skip


def _started(clock: dict[str, Any]) -> dict[str, Any]:
    return {
        "clock_id": clock["id"], "at": clock["started"], "what": Happening.STARTED, "round": 1, "cycle": 1, "step": None,
        "limit_value": clock["limit_value"], "limit_unit": clock["limit_unit"],
        "due": None if clock["limit_value"] else clock["due"], "reason": "", "calendar_id": 1,
    }  # fmt: skip


def floor(office: Office) -> float:
    """Seconds for the least that any sweep must do: find the due clocks, move each on, write a line for each."""
    with closing(office.engine.raw_connection()) as connection, closing(connection.cursor()) as cursor:
        return _floor_postgresql(cursor) if office.engine.dialect.name == "postgresql" else _floor_sqlite(cursor)


FOUND = "SELECT id, case_id FROM clock WHERE next_action_at IS NOT NULL AND next_action_at <= "
LINE = "INSERT INTO clock_event (clock_id, at, what, round, cycle, step, limit_value, limit_unit, limit_rolls, due, reason, calendar_id) "


def _floor_sqlite(cursor: Any) -> float:
    now, later = (at.strftime("%Y-%m-%d %H:%M:%S.%f") for at in (NOW, LATER))
    began = time.perf_counter()
    cursor.execute("BEGIN IMMEDIATE")
    found = cursor.execute(f"{FOUND} ?", (now,)).fetchall()
    cursor.executemany(
        "UPDATE clock SET done = ?, next_step = ?, next_action_at = ? WHERE id = ?",
        [("blue yellow", "red", later, i) for i, _ in found],
    )
    cursor.executemany(
        f"{LINE} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(i, now, "step", 1, 1, "yellow", None, None, 0, None, "", 1) for i, _ in found],
    )
    cursor.execute("COMMIT")
    return time.perf_counter() - began


def _floor_postgresql(cursor: Any) -> float:
    began = time.perf_counter()
    found = cursor.execute(f"{FOUND} %s", (NOW,)).fetchall()
    ids, count = [i for i, _ in found], len(found)
    cursor.execute(
        "UPDATE clock SET done = given.done, next_step = given.step, next_action_at = given.at"
        " FROM unnest(%b::bigint[], %b::text[], %b::text[], %b::timestamptz[]) AS given (id, done, step, at) WHERE clock.id = given.id",
        (ids, ["blue yellow"] * count, ["red"] * count, [LATER] * count),
    )
    cursor.execute(
        LINE + "SELECT *, 1, 1, 'yellow', NULL, NULL, false, NULL, '', 1"  # noqa: S608 - nothing of anybody's in it
        " FROM unnest(%b::bigint[], %b::timestamptz[], %b::text[])",
        (ids, [NOW] * count, ["step"] * count),
    )
    cursor.connection.commit()
    return time.perf_counter() - began


@dataclass(slots=True)
class Place:
    """Where offices of one database are made: `fresh` opens a copy of the filled one."""

    database: str
    fresh: Callable[[], Office]
    drop: Callable[[Office], None]


@contextmanager
def sqlite_place(open_clocks: int, due: int) -> Iterator[Place]:
    """Files in a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        filled = Path(folder) / "filled"
        made = _sow(
            Settings(data=filled, database_url="", smtp_url="", mail_from="expedite@example.org", _env_file=None),
            open_clocks,
            due,
        )
        with made.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        made.close()
        copy = Path(folder) / "copy"

        def fresh() -> Office:
            copy.mkdir()
            shutil.copy(filled / "expedite.sqlite", copy / "expedite.sqlite")
            return _opened(
                Settings(data=copy, database_url="", smtp_url="", mail_from="expedite@example.org", _env_file=None)
            )

        def drop(office: Office) -> None:
            office.close()
            shutil.rmtree(copy)

        yield Place("sqlite", fresh, drop)


@contextmanager
def postgres_place(open_clocks: int, due: int) -> Iterator[Place]:
    """Databases of an embedded server, copied from a filled template."""
    from tests import postgres

    server = postgres.start()
    try:
        with tempfile.TemporaryDirectory() as folder:

            def settings(url: str) -> Settings:
                return Settings(
                    data=Path(folder), database_url=url, smtp_url="", mail_from="expedite@example.org", _env_file=None
                )

            server.fill("bench", lambda url: _sow(settings(url), open_clocks, due).close())

            def fresh() -> Office:
                return _opened(settings(server.create("bench")))

            def drop(office: Office) -> None:
                url = office.settings.database_url
                office.close()
                server.drop(url)

            yield Place("postgresql", fresh, drop)
    finally:
        server.stop()


def _sow(settings: Settings, open_clocks: int, due: int) -> Office:
    settings.data.mkdir(parents=True, exist_ok=True)
    upgrade(settings.url)
    office = _opened(settings)
    seed_people(office)
    fill(office, open_clocks, due)
    return office


def _opened(settings: Settings) -> Office:
    office = open_office(settings)
    office.fixed = NOW
    return office


def measure(place: Place, open_clocks: int, due: int, rounds: int) -> Row:
    """Floor and sweep by turns, each on a copy of its own."""
    floors, ours, idle, longest = [], [], [], []
    for _ in range(rounds):
        office = place.fresh()
        floors.append(floor(office))
        place.drop(office)
        office = place.fresh()
        began = time.perf_counter()
        report = sweep(office)
        ours.append(time.perf_counter() - began)
        longest.append(report.longest)
        if report.notices != due:
            raise AssertionError(f"{report.notices} notices for {due} due clocks")
        with office.reading() as session:
            left = session.scalar(select(func.count()).where(Clock.next_action_at <= NOW))
            if left:
                raise AssertionError(f"{left} clocks are still due")
        began = time.perf_counter()
        sweep(office)
        idle.append(time.perf_counter() - began)
        place.drop(office)
    # Before the intake's process begins: it would be counted with ours.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    floor_s, ours_s = statistics.median(floors), statistics.median(ours)
    return Row(
        place.database, open_clocks, due, round(floor_s, 3), round(ours_s, 3), round(ours_s / floor_s, 1), peak,
        round(statistics.median(idle) * 1000, 1), round(statistics.median(longest) * 1000, 1), round(intake_beside(place) * 1000, 1),
    )  # fmt: skip


INTAKE = """
import sys, time
from pathlib import Path
from models.intake import DeliveryState, Trust
from services.intake import store
from services.office import open_office
from services.settings import Settings

office = open_office(Settings(data=Path(sys.argv[1]), database_url=sys.argv[2], smtp_url="", mail_from="expedite@example.org", _env_file=None))
store(office, "bench", "first", Trust.SIGNED, DeliveryState.WAITING, b"{}", "application/json")
print("ready", flush=True)
sys.stdin.readline()
for n in range(1000000):
    began = time.perf_counter()
    store(office, "bench", f"key-{n}", Trust.SIGNED, DeliveryState.WAITING, b"{}", "application/json")
    print(time.perf_counter() - began, flush=True)
    time.sleep(0.005)
"""


def intake_beside(place: Place) -> float:
    """The 99th percentile of the seconds that storing a report takes in another process while a sweep runs."""
    office = place.fresh()
    settings = office.settings
    with subprocess.Popen(
        [sys.executable, "-c", INTAKE, str(settings.data), settings.database_url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:  # fmt: skip
        try:
            if process.stdout is None or process.stdin is None or process.stdout.readline() != "ready\n":
                raise AssertionError("the intake's process did not begin")
            process.stdin.write("go\n")
            process.stdin.flush()
            sweep(office)
        finally:
            process.terminate()
        taken = [float(line) for line in process.stdout if line.endswith("\n")]
    place.drop(office)
    return statistics.quantiles(taken, n=100)[-1] if len(taken) > 1 else float("nan")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.sweep")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--open", type=int, action="append")
    parser.add_argument("--due", type=int, default=10_000)
    parser.add_argument("--database", action="append", choices=("sqlite", "postgresql"))
    parser.add_argument("--rounds", type=int, default=3)
    said = parser.parse_args()
    places = {"sqlite": sqlite_place, "postgresql": postgres_place}
    rows = []
    for database in said.database or places:
        for open_clocks in said.open or (10_000, 100_000, 1_000_000):
            with places[database](open_clocks, min(said.due, open_clocks)) as place:
                row = measure(place, open_clocks, min(said.due, open_clocks), said.rounds)
            rows.append(asdict(row))
            if not said.json:
                print(rows[-1], flush=True)
    if said.json:
        print(json.dumps(rows, indent=2))


if __name__ == "__main__":
    main()
