"""One supervised process: its own group, its log file, and a death that follows its supervisor's."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1
QUICK_DEATH = 60.0
"""A process that lived this many seconds was well: its next start need not wait."""
LONGEST_PAUSE = 30.0
LOG_LIMIT = 20_000_000
LONGEST_LINE = 200


def _dies_with(parent: int) -> Callable[[], None]:
    """What a child does before it becomes the new program: ask the kernel for SIGTERM when its supervisor is gone."""
    if not sys.platform.startswith("linux"):
        return lambda: None
    prctl = ctypes.CDLL(None).prctl

    def prepare() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return prepare


class Child:
    """A process that is started, watched, restarted with growing pauses, and stopped with a time limit."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: dict[str, str],
        log: Path,
        *,
        grace: float,
        gated: bool = False,
    ) -> None:
        self.name = name
        self.log = log
        self._command = list(command)
        self._environment = environment
        self._grace = grace
        self._gated = gated
        self._gate_open = False
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._failures = 0
        self._restart_at: float | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    def start(self) -> None:
        """Start it; its output goes to the log file, an overlong one being put aside first."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".1.log"))
        self._restart_at = None
        self._started = time.monotonic()
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                self._command,
                env=self._environment,
                stdin=subprocess.PIPE if self._gated else subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Ctrl-C goes to the supervisor alone, which stops its children in order.
                start_new_session=True,
                preexec_fn=_dies_with(os.getpid()),
            )
        if self._gate_open:
            self.open_gate()

    def open_gate(self) -> None:
        """Let a gated process, which has loaded its code meanwhile, begin; later starts of it begin at once."""
        self._gate_open = True
        if self._process is not None and self._process.stdin is not None:
            try:
                self._process.stdin.write(b"go\n")
                self._process.stdin.close()
            except BrokenPipeError:
                # It died while it waited: `ended` tells.
                return

    def ended(self) -> int | None:
        """The exit status of a process that has ended (negative: the signal), None while it runs or was never started."""
        return self._process.poll() if self._process is not None else None

    def tend(self) -> str | None:
        """Restart an ended process once its pause is over; returns a sentence when there is something to tell."""
        status = self.ended()
        if status is None:
            return None
        if self._restart_at is None:
            self._failures = 1 if time.monotonic() - self._started > QUICK_DEATH else self._failures + 1
            pause = min(LONGEST_PAUSE, 0.5 * 2.0 ** min(self._failures, 8))
            self._restart_at = time.monotonic() + pause
            return f"{self.name} ended ({_status(status)}); starting it again in {pause:.0f} s. {self.last_words()}"
        if time.monotonic() < self._restart_at:
            return None
        self.start()
        return f"{self.name} started again"

    def last_words(self, lines: int = 4) -> str:
        """The end of its log, for people."""
        try:
            text = self.log.read_bytes()[-4000:].decode(errors="replace")
        except OSError:
            return f"See {self.log}."
        said = [line[:LONGEST_LINE] for line in text.splitlines() if line.strip()][-lines:]
        return "\n    ".join([f"Its log ({self.log}) ends with:", *said]) if said else f"See {self.log}."

    def stop(self) -> bool:
        """Ask it to end, and end it and what it left when its time is over; True if it went by itself."""
        process = self._process
        if process is None:
            return True
        willing = True
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(self._grace)
            except subprocess.TimeoutExpired:
                willing = False
        self._sweep_group(process.pid)
        process.wait()
        self._process = None
        return willing

    @staticmethod
    def _sweep_group(group: int) -> None:
        try:
            os.killpg(group, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            return


def _status(status: int) -> str:
    return f"exit status {status}" if status >= 0 else signal.Signals(-status).name
