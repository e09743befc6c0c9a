"""`expedite up`: starts the web app, the Prefect server and the worker, keeps them up, and stops them together.

It imports neither Prefect nor the web app: a supervisor that is small and quick has nothing of its own to fail.
"""

from __future__ import annotations

import fcntl
import http.client
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from deployments import environment
from deployments.child import Child
from deployments.environment import Addresses
from deployments.refusal import CommandRefused

WEB_GRACE, SERVER_GRACE, WORKER_GRACE = 8.0, 10.0, 30.0
"""Seconds that each has to end by itself; the worker's runs end at their next safe place first."""
WEB_READY_WITHIN = 30.0
TELL_EVERY = 5.0
TICK = 0.1


Chore = Callable[[Callable[[str], None]], None]


class Stop(Exception):
    """Somebody asked for the end."""


class Supervisor:
    """The three processes of one machine."""

    def __init__(self, addresses: Addresses, *, demo: bool, board: Callable[[], str]) -> None:
        """`board` says how to sign in to the board, "" where nobody can."""
        self._addresses = addresses
        self._board = board
        self._demo = demo
        self._began = time.monotonic()
        self._stopping = False
        logs = addresses.data / "logs"
        self._ready_mark = addresses.data / "worker.ready"
        python = sys.executable
        ours = environment.ours(addresses)
        self._web = Child(
            "web app",
            [python, "-m", "deployments.web_process", addresses.host, str(addresses.web_port)],
            ours,
            logs / "web.log",
            grace=WEB_GRACE,
            gated=True,
        )
        server = [python, "-m", "deployments.prefect_process", "server", "start", "--host", "127.0.0.1", "--port"]
        self._server = Child(
            "Prefect server",
            [*server, str(addresses.prefect_port)],
            environment.prefect_server(addresses),
            logs / "prefect.log",
            grace=SERVER_GRACE,
        )
        self._worker = Child(
            "worker",
            [python, "-m", "deployments.worker_process", str(self._ready_mark)],
            environment.worker(addresses),
            logs / "worker.log",
            grace=WORKER_GRACE,
        )

    def run(self, prepare: Chore, meanwhile: Chore) -> int:
        """Bring everything up, keep it up until SIGINT or SIGTERM, stop it; returns the exit status.

        `prepare` makes the database ready while the web app loads its code, `meanwhile` does what may take longer while the
        Prefect server starts. Both are given a function that tells people what happens, and raise CommandRefused with the
        reason when they cannot.
        """
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._asked_to_stop)
        status = 0
        try:
            self._web.start()
            prepare(self._say)
            self._web.open_gate()
            self._await_web()
            self._start_engine(meanwhile)
            self._keep_up()
        except Stop:
            self._say("stopping")
        except CommandRefused as refusal:
            print(refusal, file=sys.stderr, flush=True)
            status = 1
        finally:
            self._stop_all()
        return status

    def _asked_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        if self._stopping:
            return
        self._stopping = True
        raise Stop

    def _say(self, text: str) -> None:
        print(f"{time.monotonic() - self._began:6.1f} s  {text}", flush=True)

    def _await_web(self) -> None:
        until = time.monotonic() + WEB_READY_WITHIN
        while not answers("127.0.0.1" if self._addresses.shown_host == "127.0.0.1" else self._addresses.host,
                          self._addresses.web_port, "/healthz"):  # fmt: skip
            if self._web.ended() is not None:
                raise CommandRefused(f"The web app did not start. {self._web.last_words(12)}")
            if time.monotonic() > until:
                raise CommandRefused(
                    f"The web app does not answer after {WEB_READY_WITHIN:.0f} s. {self._web.last_words(12)}"
                )
            time.sleep(0.03)
        web = self._addresses.web
        self._say(f"form        {web}/        accepts submissions")
        if self._addresses.catcher_port:
            self._say(f"mail        {web}/mail    caught here, nothing leaves this machine")
        if way := self._board():
            self._say(f"board       {web}/board    {way}")
        if self._demo:
            self._say("demo district: the office clock starts at 2026-07-16 09:00 and runs on")

    def _start_engine(self, meanwhile: Chore) -> None:
        """The server after the web app, so that its long import takes no time from the form."""
        new = not (self._addresses.data / "prefect" / "prefect.db").exists()
        self._ready_mark.unlink(missing_ok=True)
        self._server.start()
        first = " (the first start makes its database: about 20 s)" if new else ""
        self._say(f"Prefect     starting{first}")
        # It loads its code beside the server and waits for it.
        self._worker.start()
        meanwhile(self._say)
        self._await(
            lambda: answers("127.0.0.1", self._addresses.prefect_port, "/api/health"), "Prefect is still starting"
        )
        self._say(f"Prefect UI  {self._addresses.prefect}")
        self._await(self._ready_mark.exists, "the worker is still starting")
        self._say("worker      ready; Ctrl-C stops everything")

    def _await(self, ready: Callable[[], bool], meanwhile: str) -> None:
        told = time.monotonic()
        while not ready():
            self._tend()
            if time.monotonic() - told > TELL_EVERY:
                self._say(f"  … {meanwhile}")
                told = time.monotonic()
            time.sleep(TICK)

    def _keep_up(self) -> None:
        while True:
            self._tend()
            time.sleep(TICK)

    def _tend(self) -> None:
        for child in (self._web, self._server, self._worker):
            if news := child.tend():
                self._say(news)

    def _stop_all(self) -> None:
        """The worker first, while the server still takes the last states of its runs; the server last."""
        self._stopping = True
        for child in (self._worker, self._web, self._server):
            if not child.stop():
                self._say(f"{child.name} did not end in time and was killed")
        self._ready_mark.unlink(missing_ok=True)
        self._say("stopped")


def answers(host: str, port: int, path: str) -> bool:
    """Whether an HTTP server answers there at all; what it says is somebody else's concern."""
    connection = http.client.HTTPConnection(host, port, timeout=2.0)
    try:
        connection.request("GET", path)
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


@contextmanager
def sole_user(data: Path) -> Iterator[None]:
    """Hold the data folder for this process; CommandRefused if it cannot be written or another `up` has it."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        lock = (data / "up.lock").open("a+")
    except OSError as error:
        raise CommandRefused(
            f"The data folder {data} cannot be written: {error.strerror}. Choose another with --data or EXPEDITE_DATA."
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            raise CommandRefused(
                f"Another `expedite up` (process {lock.read().strip() or 'unknown'}) uses the data folder {data}. "
                "Stop it, or choose another folder with --data."
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
