"""The local mail catcher: an SMTP server that keeps every message it accepts, for a district without mail settings."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from notifications.caught import open_store

_LARGEST = 32 * 1024 * 1024


class CatcherUnavailable(RuntimeError):
    """The catcher cannot start, most often because another program has its port."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(
            f"the mail catcher cannot start on {host}:{port}: {reason}; EXPEDITE_CATCHER_PORT sets another port"
        )
        self.port = port


class Catcher:
    """Listens on `host:port` (0 takes a free one, see `port` after start) and stores into the SQLite file `path`."""

    def __init__(self, path: Path, host: str = "127.0.0.1", port: int = 1025) -> None:
        self.path = path
        self.host = host
        self.port = port
        self._thread: threading.Thread | None = None
        self._end: Callable[[], object] = lambda: None

    def start(self) -> None:
        """Open the file and listen in a thread of its own; CatcherUnavailable if the port or the file is not to be had."""
        listening: Future[int] = Future()
        self._thread = threading.Thread(
            target=asyncio.run, args=[self._serve(listening)], name="mail-catcher", daemon=True
        )
        self._thread.start()
        try:
            self.port = listening.result(timeout=10)
        except (OSError, sqlite3.Error) as error:
            self._thread.join()
            raise CatcherUnavailable(self.host, self.port, getattr(error, "strerror", None) or str(error)) from error

    def stop(self) -> None:
        """Stop listening, drop idle senders and close the file; harmless if it is not running."""
        if self._thread is not None and self._thread.is_alive():
            self._end()
            self._thread.join(timeout=10)

    async def _serve(self, listening: Future[int]) -> None:
        """The thread's life: `asyncio.run` cancels whoever is still connected when it ends."""
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        self._end = lambda: loop.call_soon_threadsafe(ended.set)
        try:
            with closing(open_store(self.path)) as store:
                shelf = _Shelf(store)
                server = await loop.create_server(
                    lambda: SMTP(
                        shelf, hostname="localhost", data_size_limit=_LARGEST, enable_SMTPUTF8=True, loop=loop
                    ),
                    self.host,
                    self.port,
                )
                listening.set_result(server.sockets[0].getsockname()[1])
                await ended.wait()
                server.close()
        except (OSError, sqlite3.Error) as error:
            if listening.done():
                raise
            listening.set_exception(error)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A message whose sender waits for the answer until it is on disk."""

    at: str
    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    stored: asyncio.Future[None]


class _Shelf:
    """Stores messages: 250 once a message is durable; 451 if the file cannot be written, and the sender tries again.

    Messages that arrive while one commit waits for the disk share the next one.
    """

    def __init__(self, store: sqlite3.Connection) -> None:
        self._store = store
        self._waiting: list[_Waiting] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        loop = asyncio.get_running_loop()
        message = _Waiting(
            at=datetime.now(UTC).isoformat(),
            sender=envelope.mail_from or "",
            recipients=tuple(envelope.rcpt_tos),
            raw=envelope.original_content or b"",
            stored=loop.create_future(),
        )
        self._waiting.append(message)
        if len(self._waiting) == 1:
            loop.call_soon(self._write)
        try:
            await message.stored
        except sqlite3.Error as error:
            return f"451 4.3.0 not stored: {error}"
        return "250 2.0.0 stored"

    def _write(self) -> None:
        """Commit what waits, and answer; a failure is the answer of this group alone."""
        group, self._waiting = self._waiting, []
        failure: sqlite3.Error | None = None
        try:
            with self._store as store:
                store.executemany(
                    "INSERT INTO mail (at, sender, recipients, raw) VALUES (?, ?, ?, ?)",
                    [(each.at, each.sender, json.dumps(each.recipients), each.raw) for each in group],
                )
        except sqlite3.Error as error:
            failure = error
        for each in group:
            if each.stored.done():
                continue  # its sender hung up while it waited
            if failure is None:
                each.stored.set_result(None)
            else:
                each.stored.set_exception(failure)
