"""One writer for the deliveries that requests bring: each transaction takes all that came while the one before it ran.

It is a thread that lives while there is something to write, reached from threads and from event loops alike. What comes alone to an
event loop is written there, where the database is a file that is quick and free: two threads that wake each other take longer than
that. Nobody is told anything before the bytes are durable.
"""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Any, cast
from weakref import WeakKeyDictionary

from sqlalchemy import Boolean, Engine, Table, bindparam, select, text
from sqlalchemy.exc import DBAPIError, OperationalError

from domain.sources import STANDARD
from models.engine import PATIENCE, writing_rows
from models.intake import Delivery
from models.statements import execute_rows
from services.office import FOLLOW_EVERY, Office

Row = Mapping[str, Any]

MOST = 64
"""Deliveries of one transaction."""
ONCE_BY_BYTES = (STANDARD,)
"""Sources that send the same bytes once, whatever id they give them: what is said twice differs at least in its moment. Of form
services the id is looked up by the bytes (`services.webhooks`).
"""
QUICK = 0.03
"""Seconds that an event loop may stand still for a delivery; where one took longer, the thread writes for a while."""
SLOW_FOR, CROWDED_FOR = 1.0, 0.1
"""How long the thread writes after a slow delivery, and after several at once: they belong into one transaction."""
IDLE = 5.0
"""Seconds without a delivery after which the thread ends; the next delivery starts another."""
_DELIVERY = cast(Table, Delivery.__table__)
_COLUMNS = (
    "receipt", "source", "delivery_key", "trust", "state", "received_at", "content_type", "body", "body_hash", "locale", "track_hash",
    "flags", "extra",
)  # fmt: skip
_ONCE = "once"
"""Not a column: whether the source sends the same bytes once."""
# As text: SQLAlchemy compiles an INSERT .. ON CONFLICT anew each time, which takes as long as the disk.
_INSERT = text(
    f"INSERT INTO delivery ({', '.join(_COLUMNS)}) SELECT {', '.join(f':{name}' for name in _COLUMNS)}"  # noqa: S608 - names of ours
    f" WHERE NOT (:{_ONCE} AND EXISTS (SELECT 1 FROM delivery WHERE source = :source AND body_hash = :body_hash))"
    " ON CONFLICT (source, delivery_key) DO NOTHING"
).bindparams(*(bindparam(name, type_=_DELIVERY.c[name].type) for name in _COLUMNS), bindparam(_ONCE, type_=Boolean()))
_ABORTED = "40"
"""The class of PostgreSQL's errors for a transaction that met another one (deadlock, serialization)."""


@dataclass(slots=True, eq=False)
class _Waiting:
    """One delivery on its way; `new` is known when it was written, unless there is an `error`. `end` is a future of `loop`, or a thread's."""

    office: Office
    row: Row
    end: asyncio.Future[bool] | Future[bool] | None = None
    loop: asyncio.AbstractEventLoop | None = None
    new: bool | None = None
    error: Exception | None = None

    def tell(self) -> None:
        """Let whoever waits go on; where that is a coroutine, in its event loop's thread."""
        if self.end is None or self.end.done():
            # A client that went away waits no more; its delivery stands.
            return
        if self.error is not None:
            self.end.set_exception(self.error)
        elif self.new is None:
            self.end.set_exception(RuntimeError("the delivery was not written: its writer was interrupted"))
        else:
            self.end.set_result(self.new)


class IntakeWriter:
    """The deliveries of one engine that wait to be written."""

    def __init__(self) -> None:
        self._wake = threading.Condition()
        self._waiting: list[_Waiting] = []
        self._thread: threading.Thread | None = None
        self._coming = 0
        self._apart_until = 0.0

    def put(self, office: Office, row: Row) -> bool:
        """Write a row of the table of deliveries, in the order of the calls; True when it is new, False when one of its source
        and key is there already. Durable on return.

        Raises what the database raises for this row, or for all of them when it cannot be written to at all.
        """
        end: Future[bool] = Future()
        self._add(_Waiting(office, row, end))
        return end.result()

    async def put_soon(self, office: Office, row: Row) -> bool:
        """The same for a coroutine, whose event loop goes on meanwhile, but for the moment that a quick file takes."""
        self._coming += 1
        try:
            # Whoever came at the same time is here after one turn of the loop.
            await asyncio.sleep(0)
            if self._coming > 1:
                self._apart_until = monotonic() + CROWDED_FOR
            elif (new := self._at_once(office, row)) is not None:
                return new
            return await self._by_thread(office, row)
        finally:
            self._coming -= 1

    def _at_once(self, office: Office, row: Row) -> bool | None:
        """Write it here, in the event loop's thread; None where that could take long, or fails: the thread knows what to do then."""
        began = monotonic()
        if began < self._apart_until or self._waiting or office.engine.dialect.name != "sqlite" or _looks(office):
            return None
        one = _Waiting(office, row)
        try:
            _together([one], patience=0)
        except Exception:
            self._apart_until = began + CROWDED_FOR
            return None
        took = monotonic() - began
        if took > QUICK:
            self._apart_until = began + took + SLOW_FOR
        return one.new

    async def _by_thread(self, office: Office, row: Row) -> bool:
        loop = asyncio.get_running_loop()
        end: asyncio.Future[bool] = loop.create_future()
        self._add(_Waiting(office, row, end, loop))
        return await end

    def _add(self, mine: _Waiting) -> None:
        with self._wake:
            self._waiting.append(mine)
            if self._thread is not None and self._thread.is_alive():
                self._wake.notify()
                return
            # A daemon: a process that ends has promised nothing for what it has not answered.
            self._thread = threading.Thread(target=self._keep, name="intake writer", daemon=True)
            self._thread.start()

    def _keep(self) -> None:
        while self._serve():
            pass

    def _serve(self) -> bool:
        """Write what waits; False when nothing came for a while."""
        with self._wake:
            while not self._waiting:
                if not self._wake.wait(IDLE) and not self._waiting:
                    self._thread = None
                    return False
            some, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        try:
            fails = _write(some)
            if fails is not None:
                # Whoever waited behind them would wait as long once more, for the same end.
                with self._wake:
                    more, self._waiting = self._waiting, []
                for one in more:
                    one.error = fails
                some += more
        finally:
            _tell(some)
        return True


def _tell(some: list[_Waiting]) -> None:
    """One call to each event loop: to wake one up takes as long as a row."""
    loops: dict[asyncio.AbstractEventLoop, list[_Waiting]] = defaultdict(list)
    for one in some:
        if one.loop is None:
            one.tell()
        else:
            loops[one.loop].append(one)
    for loop, ones in loops.items():
        with suppress(RuntimeError):  # It was closed: nobody waits there any more.
            loop.call_soon_threadsafe(_tell_all, ones)


def _tell_all(ones: list[_Waiting]) -> None:
    for one in ones:
        one.tell()


def _write(some: list[_Waiting]) -> Exception | None:
    """Write them together; where one of them cannot be, each alone. Returns the error with which the store itself fails."""
    try:
        _together(some)
    except Exception as error:
        fails = _of_all(error)
        if len(some) == 1 or fails:
            for one in some:
                one.error = error
            return error if fails else None
        for n, one in enumerate(some):
            failed = _write([one])
            if failed is not None:
                for other in some[n:]:
                    other.error = failed
                return failed
    return None


def _looks(office: Office) -> bool:
    """Whether a look by itself is due, to go by the policy in force."""
    return monotonic() - office.followed >= FOLLOW_EVERY


def _together(some: list[_Waiting], patience: float = PATIENCE) -> None:
    office = some[0].office
    if _looks(office):
        # The writer's own transaction has no session for it.
        with office.reading():
            pass
    rows = [{**one.row, _ONCE: one.row["source"] in ONCE_BY_BYTES} for one in some]
    receipts = {row["receipt"] for row in rows}
    with writing_rows(office.engine, patience) as connection:
        if execute_rows(connection, _INSERT, rows) != len(rows):
            receipts = set(connection.scalars(select(_DELIVERY.c.receipt).where(_DELIVERY.c.receipt.in_(receipts))))
    for one in some:
        one.new = one.row["receipt"] in receipts


def _of_all(error: Exception) -> bool:
    """Whether the store itself fails: to try each delivery would let everybody wait once more for the same end."""
    if isinstance(error, OperationalError):
        return not str(getattr(error.orig, "sqlstate", None) or "").startswith(_ABORTED)
    return isinstance(error, DBAPIError) and error.connection_invalidated


_writers: WeakKeyDictionary[Engine, IntakeWriter] = WeakKeyDictionary()
_guard = threading.Lock()


def writer_of(office: Office) -> IntakeWriter:
    """The one writer of an office's database in this process."""
    with _guard:
        writer = _writers.get(office.engine)
        if writer is None:
            writer = _writers[office.engine] = IntakeWriter()
        return writer
