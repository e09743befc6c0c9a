"""The local mail catcher: an SMTP server that keeps every message it accepts, for a district without mail settings."""

from __future__ import annotations

import asyncio
import json
import queue
import sqlite3
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from notifications.caught import open_store

_LARGEST = 32 * 1024 * 1024
# One commit waits for the disk; all messages that came meanwhile share the next one.
_BATCH = 200


class CatcherUnavailable(RuntimeError):
    """The catcher cannot listen, most often because another program has its port."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(
            f"the mail catcher cannot listen on {host}:{port}: {reason}; choose another EXPEDITE_CATCHER_PORT"
        )
        self.port = port


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A message whose sender waits for the answer until it is on disk."""

    at: str
    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    stored: asyncio.Future[None]


class Catcher:
    """Listens on `host:port` (0 takes a free one, see `port` after start) and stores into the SQLite file `path`.

    A message is answered 250 only after it is durable; if the file cannot be written, 451, and the sender tries again.
    """

    def __init__(self, path: Path, host: str = "127.0.0.1", port: int = 1025) -> None:
        self.path = path
        self.host = host
        self.port = port
        self._inbox: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._threads: tuple[threading.Thread, ...] = ()

    def start(self) -> None:
        """Open the file and listen; CatcherUnavailable if the port is taken."""
        open_store(self.path).close()
        serving = threading.Thread(target=self._serve, name="mail-catcher", daemon=True)
        storing = threading.Thread(target=self._store, name="mail-catcher-store", daemon=True)
        serving.start()
        listening = asyncio.run_coroutine_threadsafe(self._listen(), self._loop)
        try:
            listening.result(timeout=10)
        except OSError as error:
            self._loop.call_soon_threadsafe(self._loop.stop)
            serving.join()
            raise CatcherUnavailable(self.host, self.port, error.strerror or str(error)) from error
        storing.start()
        self._threads = (storing, serving)

    def stop(self) -> None:
        """Stop listening, store what has arrived, and end both threads; harmless if not started."""
        if not self._threads:
            return
        if self._server is not None:
            self._loop.call_soon_threadsafe(self._server.close)
        self._inbox.put(None)
        self._threads[0].join(timeout=10)
        asyncio.run_coroutine_threadsafe(_cancel_others(), self._loop).result(timeout=10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._threads[1].join(timeout=10)
        self._threads = ()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Answer the sender once its message is on disk."""
        waiting = _Waiting(
            at=datetime.now(UTC).isoformat(),
            sender=envelope.mail_from or "",
            recipients=tuple(envelope.rcpt_tos),
            raw=envelope.original_content or b"",
            stored=self._loop.create_future(),
        )
        self._inbox.put(waiting)
        try:
            await waiting.stored
        except sqlite3.Error as error:
            return f"451 4.3.0 not stored: {error}"
        return "250 2.0.0 stored"

    async def _listen(self) -> None:
        self._server = await self._loop.create_server(
            lambda: SMTP(self, hostname="localhost", data_size_limit=_LARGEST, enable_SMTPUTF8=True, loop=self._loop),
            self.host,
            self.port,
        )
        self.port = self._server.sockets[0].getsockname()[1]

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            self._loop.close()

    def _store(self) -> None:
        """Write messages in groups until told to stop; a failure is the answer of that group alone."""
        store = open_store(self.path)
        stopping = False
        while not stopping:
            group: list[_Waiting] = []
            item = self._inbox.get()
            while item is not None:
                group.append(item)
                if len(group) == _BATCH or self._inbox.empty():
                    break
                item = self._inbox.get()
            stopping = item is None
            if group:
                self._write(store, group)
        store.close()

    def _write(self, store: sqlite3.Connection, group: list[_Waiting]) -> None:
        failure: sqlite3.Error | None = None
        try:
            with store:
                store.executemany(
                    "INSERT INTO mail (at, sender, recipients, raw) VALUES (?, ?, ?, ?)",
                    [(each.at, each.sender, json.dumps(each.recipients), each.raw) for each in group],
                )
        except sqlite3.Error as error:
            failure = error
        self._loop.call_soon_threadsafe(_answer, group, failure)


def _answer(group: list[_Waiting], failure: sqlite3.Error | None) -> None:
    for each in group:
        if each.stored.done():
            continue  # its sender hung up while it waited
        if failure is None:
            each.stored.set_result(None)
        else:
            each.stored.set_exception(failure)


async def _cancel_others() -> None:
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
