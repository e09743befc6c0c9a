"""The threads in which flows run: as many runs at once as there are slots, first come, first served.

Each slot is one thread with one open client of the Prefect server, because opening one costs more than a run.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

from prefect.client.orchestration import SyncPrefectClient

from deployments.server_client import engine_client

T = TypeVar("T")
Work = Callable[[SyncPrefectClient], T]


class Slots:
    """A fixed number of threads that take work from one queue."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._queue: SimpleQueue[tuple[Work[Any], Future[Any]] | None] = SimpleQueue()
        self._threads = [
            threading.Thread(target=self._serve, name=f"slot-{number}", daemon=True) for number in range(1, count + 1)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, work: Work[T]) -> Future[T]:
        """Queue `work`; it is called with the slot's client, and what it returns or raises is the future's result."""
        future: Future[T] = Future()
        self._queue.put((work, future))
        return future

    def close(self, timeout: float) -> bool:
        """Take no more work and wait for what is queued; False if some still runs after `timeout` seconds."""
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join(timeout)
        return not any(thread.is_alive() for thread in self._threads)

    def _serve(self) -> None:
        with engine_client() as client:
            while (item := self._queue.get()) is not None:
                work, future = item
                if not future.set_running_or_notify_cancel():
                    continue
                try:
                    future.set_result(work(client))
                except BaseException as error:
                    # Whoever waits for the future decides; the slot itself must live on.
                    future.set_exception(error)
