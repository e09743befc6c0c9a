"""A process killed in the middle of its work, again and again: nothing is lost, and nothing is done twice."""

from __future__ import annotations

import base64
import collections
import hashlib
import hmac
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from models.case import Case
from models.office import Outbox, OutboxState
from notifications.catcher import Catcher
from notifications.caught import caught, to_json
from services.office import Office
from services.outbox import LEASE
from services.webhooks import accept_webhook

ROOT = Path(__file__).parent.parent.parent
KEY = b"a secret of the form service"
REPORTS = 60
KILLS = 5

WORKER = """
import sys, time
from datetime import datetime
from pathlib import Path
from services.office import open_office
from services.settings import Settings
from services import outbox, receiver

office = open_office(Settings(data=Path(sys.argv[1]), smtp_url=sys.argv[2], mail_from="expedite@example.org", _env_file=None))
office.fixed = datetime.fromisoformat(sys.argv[3])
print("working", flush=True)
until = time.monotonic() + 60
while time.monotonic() < until:
    received = receiver.receive_waiting(office, 15)
    delivered = outbox.deliver(office, 10)
    if not received.taken and not delivered.sent and not delivered.deferred:
        break
print("done", flush=True)
"""


def post(office: Office, number: int) -> str:
    """Deliver a signed report; its receipt."""
    said = {
        "enterprise": {"name": "禾城湖粲钠能有限公司", "email": "p02@example.com"},
        "project": "P02",
        "category": "power",
        "title": f"第{number}件",
    }
    body, now, name = (
        json.dumps({"type": "difficulty.reported", "data": said}).encode(),
        str(int(time.time())),
        f"msg_{number}",
    )
    signature = hmac.new(KEY, f"{name}.{now}.".encode() + body, hashlib.sha256).digest()
    headers = {
        "webhook-id": name,
        "webhook-timestamp": now,
        "webhook-signature": "v1," + base64.b64encode(signature).decode(),
    }
    return accept_webhook(office, "standard", headers, body).receipt


def work(office: Office, smtp: str, at: datetime, kill_after: float | None) -> str:
    """Let a process of its own work, killed after so many seconds (None: until nothing is left); what it said last."""
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(office.settings.data), smtp, at.isoformat()], cwd=ROOT, stdout=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT), "EXPEDITE_DATABASE_URL": office.settings.database_url},
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "working\n"
    if kill_after is not None:
        time.sleep(kill_after)
        process.send_signal(signal.SIGKILL)
    said = process.stdout.read()
    process.wait(60)
    process.stdout.close()
    return said


@pytest.mark.timeout(240)
def test_a_worker_killed_at_any_moment_loses_nothing_and_doubles_nothing(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each report is one case; each mail arrives; one that arrives twice was killed before its mark and has the same id."""
    monkeypatch.setenv("EXPEDITE_WEBHOOK_STANDARD_SECRET", base64.b64encode(KEY).decode())
    receipts = {post(office, n) for n in range(REPORTS)}
    catcher = Catcher(office.settings.data / "mail.sqlite", port=0)
    catcher.start()
    smtp, at, chance = f"smtp://127.0.0.1:{catcher.port}", office.now(), random.Random(20260716)
    try:
        for _ in range(KILLS):
            work(office, smtp, at, chance.uniform(0.02, 0.5))
            # What a dead worker had claimed is free again after its lease; the test does not wait for it.
            at += LEASE * 2
        assert "done" in work(office, smtp, at, None)
    finally:
        catcher.stop()

    with office.reading() as session:
        assert session.scalar(select(func.count()).select_from(Case)) == len(receipts) == REPORTS
        assert len(set(session.scalars(select(Case.code)))) == REPORTS
        assert set(session.scalars(select(Case.code))) == {f"DIF-2026-{n:04d}" for n in range(1, REPORTS + 1)}
        sent = {row.mail_id for row in session.scalars(select(Outbox))}
        assert {row.state for row in session.scalars(select(Outbox))} == {OutboxState.SENT}
        names = collections.Counter(session.scalars(select(Outbox.message)))
    # To lead, two supporters and reporter each; how many are alike depends on how the kills divide the batches.
    assert names.keys() - {"likely_duplicate"} == {"assigned_lead", "assigned_supporter", "case_opened"}
    assert sum(names.values()) - names["likely_duplicate"] == 4 * REPORTS
    arrived = collections.Counter(
        to_json(row)["message_id"] for row in caught(office.settings.data / "mail.sqlite", limit=100_000)
    )
    assert set(arrived) == sent
    twice = [name for name, times in arrived.items() if times > 1]
    assert len(twice) <= KILLS
    assert max(arrived.values()) <= 2


@pytest.mark.sqlite
def test_the_database_survives_a_kill_within_a_commit(office: Office, tmp_path: Path) -> None:
    """SQLite commits are on disk before the answer: the settings that say so hold on every connection."""
    with office.engine.connect() as connection:
        for pragma, value in (("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)):
            assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one() == value
    assert sqlite3.connect(office.settings.url.removeprefix("sqlite:///")).execute(
        "PRAGMA integrity_check"
    ).fetchone() == ("ok",)
