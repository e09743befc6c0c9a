"""One real Prefect server for the session, and worker processes with the tests' own flows."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import httpx
import pytest

from deployments.ports import some_free_port

T = TypeVar("T")
WORKSHOP = Path(__file__).parent / "workshop"
ROOT = Path(__file__).parents[2]


def wait_for(ask: Callable[[], T | None], seconds: float = 20.0, what: str = "") -> T:
    """The first answer of `ask` that is neither None, False nor empty."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if answer := ask():
            return answer
        time.sleep(0.02)
    raise AssertionError(f"waited {seconds} s in vain for {what or ask}")


def _end(process: subprocess.Popen[bytes], seconds: float = 10.0) -> None:
    process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@dataclass(frozen=True, slots=True)
class Server:
    """The session's Prefect server."""

    url: str
    home: Path

    def environment(self, **more: str) -> dict[str, str]:
        """An environment for a process that talks to this server and to no other."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "EXPEDITE_"))}
        return {
            **kept,
            "PREFECT_API_URL": f"{self.url}/api",
            "PREFECT_HOME": str(self.home),
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED": "false",
            "DO_NOT_TRACK": "1",
            "PYTHONUNBUFFERED": "1",
            "PYTHONPATH": str(ROOT),
            **more,
        }


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real server on a free port; the migration of its new database is paid once a session."""
    from deployments.supervisor import answers

    port = some_free_port()
    home = tmp_path_factory.mktemp("prefect")
    server = Server(f"http://127.0.0.1:{port}", home)
    # As `expedite up` starts it: the plain command hangs for a minute now and then.
    program = [sys.executable, "-m", "deployments.prefect_process", "server", "start"]
    command = [*program, "--host", "127.0.0.1", "--port", str(port)]
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen(command, env=server.environment(), stdout=log, stderr=subprocess.STDOUT)
        try:
            wait_for(lambda: answers("127.0.0.1", port, "/api/health"), 90, "the Prefect server")
            yield server
        finally:
            _end(process)


class Api:
    """What a person does in Prefect's UI, through the same REST interface."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=f"{url}/api", timeout=20, transport=httpx.HTTPTransport(retries=3))

    def close(self) -> None:
        self._http.close()

    def call(self, method: str, path: str, body: object = None) -> Any:
        """The decoded answer; a busy server (503) is asked again."""
        answer = self._http.request(method, path, json=body)
        for _ in range(20):
            if answer.status_code != 503:
                break
            time.sleep(0.1)
            answer = self._http.request(method, path, json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def deployment(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.call("GET", f"/deployments/name/{name}/{name}")
        return found

    def trigger(self, name: str, **parameters: object) -> UUID:
        """Ask for a run, as the UI's form does; returns its id."""
        made = self.call(
            "POST", f"/deployments/{self.deployment(name)['id']}/create_flow_run", {"parameters": parameters}
        )
        return UUID(made["id"])

    def run(self, flow_run_id: UUID) -> dict[str, Any]:
        found: dict[str, Any] = self.call("GET", f"/flow_runs/{flow_run_id}")
        return found

    def finished(self, name: str, **parameters: object) -> dict[str, Any]:
        """Ask for a run and wait for its end; returns the run."""
        run = self.trigger(name, **parameters)
        ends = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}
        return wait_for(lambda: found if (found := self.run(run))["state"]["type"] in ends else None, 30, name)

    def state(self, flow_run_id: UUID) -> str:
        return str(self.run(flow_run_id)["state"]["name"])

    def cancel(self, flow_run_id: UUID) -> None:
        """What the UI's Cancel does."""
        state = {"type": "CANCELLING", "name": "Cancelling", "state_details": {}}
        self.call("POST", f"/flow_runs/{flow_run_id}/set_state", {"state": state})

    def runs_of(self, name: str) -> list[dict[str, Any]]:
        """All runs of a deployment, latest first."""
        rows: list[dict[str, Any]] = self.call(
            "POST",
            "/flow_runs/filter",
            {"deployments": {"name": {"any_": [name]}}, "sort": "EXPECTED_START_TIME_DESC", "limit": 100},
        )
        return rows


@pytest.fixture(scope="session")
def api(prefect_server: Server) -> Iterator[Api]:
    """The server's REST interface."""
    client = Api(prefect_server.url)
    yield client
    client.close()


class Workshop:
    """A folder with an office, a tray and a diary, and the worker processes that work there."""

    def __init__(self, folder: Path, server: Server) -> None:
        self.folder = folder
        self._server = server
        self._workers: list[subprocess.Popen[bytes]] = []
        (folder / "tray").mkdir()

    def start_worker(self) -> subprocess.Popen[bytes]:
        """Start a worker process and wait until it takes runs."""
        (self.folder / "ready").unlink(missing_ok=True)
        environment = self._server.environment(
            TRIAL_FOLDER=str(self.folder), PYTHONPATH=os.pathsep.join([str(ROOT), str(WORKSHOP)])
        )
        with (self.folder / "worker.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, str(WORKSHOP / "trial_worker.py")],
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._workers.append(process)
        wait_for(lambda: (self.folder / "ready").exists() or self._fell(process), 30, "the worker")
        return process

    def _fell(self, process: subprocess.Popen[bytes]) -> bool:
        if process.poll() is not None:
            raise AssertionError((self.folder / "worker.log").read_text()[-3000:])
        return False

    def diary(self, what: str, **facts: object) -> list[dict[str, Any]]:
        """The diary's lines about `what` that have `facts`."""
        try:
            lines = [json.loads(line) for line in (self.folder / "diary.jsonl").read_text().splitlines()]
        except FileNotFoundError:
            return []
        return [line for line in lines if line["what"] == what and all(line.get(k) == v for k, v in facts.items())]

    def put(self, letter: str) -> None:
        """Lay something into the standing flow's tray."""
        (self.folder / "tray" / letter).touch()

    def stop_all(self) -> None:
        for process in self._workers:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.wait()


def _office(folder: Path) -> None:
    from models.migrate import upgrade
    from services.settings import Settings

    upgrade(Settings(data=folder / "office").url)


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory, prefect_server: Server) -> Iterator[Workshop]:
    """A workshop without a worker yet."""
    folder = tmp_path_factory.mktemp("workshop")
    _office(folder)
    place = Workshop(folder, prefect_server)
    yield place
    place.stop_all()
