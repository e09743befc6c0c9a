"""Leases on runs: which runs are alive, said in our own database and renewed while they run."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol
from uuid import UUID

logger = logging.getLogger("expedite.leases")

SECONDS = 12.0
"""How long a lease lasts unrenewed: what a dead worker held is free again after that."""


class LeaseBook(Protocol):
    """Where leases are kept (services.leases behind an office)."""

    def take(self, name: str, holder: str, seconds: float) -> bool: ...

    def renew(self, names: list[str], holder: str, seconds: float) -> None: ...

    def release(self, name: str, holder: str) -> None: ...

    def alive(self, name: str) -> bool: ...


def run_lease(flow_run_id: UUID) -> str:
    """The lease's name for a run."""
    return f"run:{flow_run_id}"


class RunLeases:
    """What this process holds; a thread of its own renews it, so that a long query in a flow loses no lease."""

    def __init__(self, book: LeaseBook, seconds: float = SECONDS) -> None:
        self.seconds = seconds
        self.holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._book = book
        self._held: set[str] = set()
        self._lock = threading.Lock()
        self._taken = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="leases", daemon=True)
        self._thread.start()

    @contextmanager
    def holding(self, name: str) -> Iterator[bool]:
        """Hold `name` during the block if nobody else does; yields whether it is held."""
        if not self._book.take(name, self.holder, self.seconds):
            yield False
            return
        with self._lock:
            self._held.add(name)
        self._taken.set()
        try:
            yield True
        finally:
            with self._lock:
                self._held.discard(name)
            try:
                self._book.release(name, self.holder)
            except Exception:
                # It lapses by itself; the run's own outcome matters more.
                logger.warning("could not release %s", name, exc_info=True)

    def holds(self, name: str) -> bool:
        """Whether this process holds `name`."""
        with self._lock:
            return name in self._held

    def alive(self, name: str) -> bool:
        """Whether any process holds `name`."""
        return self.holds(name) or self._book.alive(name)

    def close(self) -> None:
        """Renew nothing any more."""
        self._closing.set()
        self._taken.set()
        self._thread.join(timeout=self.seconds)

    def _keep(self) -> None:
        # An idle worker wakes for nothing and writes nothing.
        while self._taken.wait() and not self._closing.wait(self.seconds / 4):
            with self._lock:
                names = sorted(self._held)
                if not names:
                    self._taken.clear()
                    continue
            try:
                self._book.renew(names, self.holder, self.seconds)
            except Exception:
                logger.warning("could not renew %d leases", len(names), exc_info=True)
