"""`expedite up` as its operator knows it: one command that brings up everything, and takes it down again."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from deployments.ports import is_free, some_free_port
from tests.engine.conftest import Api, Server, wait_for

pytestmark = pytest.mark.engine

KEY = b"a key of the tests' form service"
REPORT = {
    "type": "difficulty.reported",
    "timestamp": "2026-07-16T10:00:00+08:00",
    "data": {
        "enterprise": {
            "name": "试验电池公司",
            "contact": "经理",
            "phone": "0",
            "email": "plant@example.com",
            "locale": "zh",
        },
        "category": "power",
        "severity": 2,
        "title": "第二路电源没有通道",
        "detail": "需要道路和规划配合。",
    },
}


class Machine:
    """One data folder, and the `expedite up` that runs on it."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.web_port, self.prefect_port = some_free_port(), some_free_port()
        self.web = f"http://127.0.0.1:{self.web_port}"
        self.output = data.parent / "up.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> subprocess.Popen[bytes]:
        """Start it; returns at once."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "EXPEDITE_"))}
        secret = "whsec_" + base64.b64encode(KEY).decode()
        command = [
            sys.executable, "-m", "deployments.cli", "up", "--demo", "--web-port", str(self.web_port),
            "--prefect-port", str(self.prefect_port), "--data", str(self.data),
        ]  # fmt: skip
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                command,
                env={**kept, "EXPEDITE_WEBHOOK_STANDARD_SECRET": secret},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        return self.process

    def said(self, text: str) -> bool:
        """Whether it printed `text`; fails if it ended instead."""
        printed = self.output.read_text()
        if text not in printed and self.process is not None and self.process.poll() is not None:
            raise AssertionError(printed)
        return text in printed

    def family(self) -> list[int]:
        """The living processes that were started for this machine's data folder."""
        mark = f"EXPEDITE_DATA={self.data}".encode()
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (folder / "environ").read_bytes().split(b"\0"):
                    found.append(int(folder.name))
            except OSError:
                continue
        return found

    def stop(self) -> int:
        """Ctrl-C; returns the exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(45)

    def report(self) -> None:
        """One signed submission."""
        body = json.dumps(REPORT).encode()
        moment = str(int(time.time()))
        signed = hmac.new(KEY, b".".join([b"msg_up", moment.encode(), body]), hashlib.sha256).digest()
        headers = {
            "webhook-id": "msg_up",
            "webhook-timestamp": moment,
            "webhook-signature": "v1," + base64.b64encode(signed).decode(),
            "content-type": "application/json",
        }
        assert httpx.post(f"{self.web}/webhooks/standard", content=body, headers=headers, timeout=10).status_code == 202

    def mails(self) -> str:
        """What the catcher has, as text."""
        return httpx.get(f"{self.web}/mail.json", timeout=10).text


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory, prefect_server: Server) -> Iterator[Machine]:
    """A machine whose Prefect database need not be migrated: it is a copy of the session server's."""
    data = tmp_path_factory.mktemp("machine") / "data"
    (data / "prefect").mkdir(parents=True)
    source = sqlite3.connect(prefect_server.home / "prefect.db")
    target = sqlite3.connect(data / "prefect" / "prefect.db")
    source.backup(target)
    # The runs and deployments of other tests are not this machine's.
    for table in ("flow_run", "deployment", "work_pool"):
        target.execute(f"DELETE FROM {table}")  # noqa: S608 -- the three names above
    target.commit()
    source.close()
    target.close()
    place = Machine(data)
    yield place
    if place.process is not None and place.process.poll() is None:
        place.process.kill()
        place.process.wait()


@pytest.fixture
def machine_api(machine: Machine) -> Iterator[Api]:
    """The REST interface of the machine's own Prefect server."""
    client = Api(f"http://127.0.0.1:{machine.prefect_port}")
    yield client
    client.close()


def test_one_command_takes_a_submission_all_the_way_to_a_mailbox(machine: Machine) -> None:
    """The form is there first, whatever Prefect is doing; then a report becomes a case and the lead unit's mail."""
    machine.start()
    wait_for(lambda: machine.said("accepts submissions"), 30)
    machine.report()
    wait_for(lambda: machine.said("worker      ready"), 60)
    wait_for(
        lambda: "第二路电源没有通道" in machine.mails() and "gongdian-lly@example.org" in machine.mails(),
        30,
        "the mail",
    )


def test_the_desk_works_from_prefects_own_forms(machine: Machine, machine_api: Api) -> None:
    """A difficulty is registered by phone, a step is taken on it, and what is refused fails with its reason."""
    units = machine_api.deployment("coordinate-difficulty")["parameter_openapi_schema"]["properties"]["lead"]["enum"]
    assert any(entry.startswith("D08 · ") for entry in units)

    registered = machine_api.finished(
        "report-difficulty", enterprise="试验纺织公司", title="宿舍用水压力不足", category="—", severity="—"
    )
    assert registered["state"]["name"] == "Completed"
    (code,) = [tag for tag in registered["tags"] if tag.startswith("DIF-")]
    assert registered["name"] == f"登记 Register · {code}"

    step = next(
        entry
        for entry in machine_api.deployment("coordinate-difficulty")["parameter_openapi_schema"]["properties"]["step"][
            "enum"
        ]
        if entry.startswith("decline")
    )
    declined = machine_api.finished("coordinate-difficulty", cases=[code], step=step, reason="不属受理范围")
    assert (declined["state"]["name"], declined["name"]) == ("Completed", f"不予受理 Decline · {code}")
    refused = machine_api.finished("coordinate-difficulty", cases=[code], step=step, reason="再来一次")
    assert refused["state"]["name"] == "Failed"
    assert code in refused["state"]["message"]


def test_a_factor_is_asked_for_and_granted_from_prefects_own_forms(machine: Machine, machine_api: Api) -> None:
    """The drop-downs offer the policy's types; a request is opened, a grant recorded from paper, and one above the gap refused."""
    types = machine_api.deployment("request-factor")["parameter_openapi_schema"]["properties"]["type"]["enum"]
    land = next(entry for entry in types if entry.startswith("land"))
    opened = machine_api.finished(
        "request-factor", type=land, item="工业用地", quantity="118", needed_by="2027-06-30", project="P07"
    )
    assert opened["state"]["name"] == "Completed"
    (code,) = [tag for tag in opened["tags"] if tag.startswith("FAC-")]
    steps = machine_api.deployment("advance-factor")["parameter_openapi_schema"]["properties"]["step"]["enum"]
    grant = next(entry for entry in steps if entry.startswith("grant"))
    done = machine_api.finished("advance-factor", requests=[code], step=grant, quantity="82", document="1号")
    assert (done["state"]["name"], done["name"]) == (
        "Completed",
        f"部分批准（本环节继续） Grant in part, the stage goes on · {code}",
    )
    above = machine_api.finished("advance-factor", requests=[code], step=grant, quantity="82", document="2号")
    assert above["state"]["name"] == "Failed"
    assert "above the gap of 36" in above["state"]["message"]


def test_only_a_dry_run_looks_into_the_future(machine: Machine, machine_api: Api) -> None:
    """A sweep as of a future moment is refused, unless it writes nothing."""
    assert machine_api.finished("escalate-overdue", as_of="2027-07-16T09:00:00Z")["state"]["name"] == "Failed"
    looked = machine_api.finished("escalate-overdue", as_of="2026-09-01 09:00", dry_run=True)
    assert looked["state"]["name"] == "Completed"
    assert looked["name"].startswith("督办试算 Dry run · ")


def test_a_process_that_dies_is_started_again(machine: Machine) -> None:
    """A web app that was killed answers again, and the operator is told."""
    (web,) = [pid for pid in machine.family() if b"web_process" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    os.kill(web, signal.SIGKILL)
    wait_for(lambda: machine.said("web app ended (SIGKILL)"), 10)
    wait_for(lambda: machine.said("web app started again"), 20)
    wait_for(lambda: not is_free(machine.web_port), 20)


def test_ctrl_c_leaves_nothing_running(machine: Machine) -> None:
    """After Ctrl-C no process of ours is left, and the exit status says that all is well."""
    assert len(machine.family()) >= 3
    assert machine.stop() == 0
    assert machine.family() == []
    assert is_free(machine.web_port)
    assert is_free(machine.prefect_port)


def test_a_second_start_finds_everything_again(machine: Machine) -> None:
    """What was reported and mailed before is there; and a supervisor killed with -9 takes its children with it."""
    process = machine.start()
    wait_for(lambda: machine.said("accepts submissions"), 30)
    assert "第二路电源没有通道" in machine.mails()
    process.kill()
    process.wait()
    wait_for(lambda: machine.family() == [], 40, "the children's end")
