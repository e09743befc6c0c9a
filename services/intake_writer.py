"""One writer for the deliveries that several requests bring at once: each transaction takes all that came while the one before it ran.

Whoever comes first writes for everybody who waits; there is no thread of its own, and one alone waits for nobody. Nobody is told
anything before the bytes are durable.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any, cast
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, Table, bindparam, select, text
from sqlalchemy.exc import DBAPIError, OperationalError

from models.engine import WRITING
from models.intake import Delivery
from services.office import FOLLOW_EVERY, Office

Row = Mapping[str, Any]

MOST = 64
"""Deliveries of one transaction."""
_DELIVERY = cast(Table, Delivery.__table__)
_COLUMNS = (
    "receipt", "source", "delivery_key", "trust", "state", "received_at", "content_type", "body", "body_hash", "locale", "track_hash",
    "flags", "extra",
)  # fmt: skip
# As text: SQLAlchemy compiles an INSERT .. ON CONFLICT anew each time, which takes as long as the disk.
_INSERT = text(
    f"INSERT INTO delivery ({', '.join(_COLUMNS)}) VALUES ({', '.join(f':{name}' for name in _COLUMNS)})"  # noqa: S608 - names of ours
    " ON CONFLICT (source, delivery_key) DO NOTHING"
).bindparams(*(bindparam(name, type_=_DELIVERY.c[name].type) for name in _COLUMNS))
_ABORTED = "40"
"""The class of PostgreSQL's errors for a transaction that met another one (deadlock, serialization)."""


@dataclass(slots=True)
class _Waiting:
    """One delivery on its way; `new` is known when it is `done`, unless there is an `error`."""

    row: Row
    new: bool | None = None
    done: bool = False
    error: Exception | None = None


class IntakeWriter:
    """The deliveries of one engine that wait to be written."""

    def __init__(self) -> None:
        self._turn = threading.Condition()
        self._waiting: list[_Waiting] = []
        self._writing = False

    def put(self, office: Office, row: Row) -> bool:
        """Write a row of the table of deliveries, in the order of the calls; True when it is new, False when one of its source
        and key is there already. Durable on return.

        Raises what the database raises for this row, or for all of them when it cannot be written to at all.
        """
        mine = _Waiting(row)
        with self._turn:
            self._waiting.append(mine)
            while self._writing and not mine.done:
                self._turn.wait()
            if not mine.done:
                self._writing = True
        # Whoever gets here without being done is the one who writes: he stops when his own is, and the next one goes on.
        while not mine.done:
            with self._turn:
                some, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            try:
                _write(office, some)
            finally:
                with self._turn:
                    for one in some:
                        one.done = True
                    if mine.done:
                        self._writing = False
                    self._turn.notify_all()
        if mine.error is not None:
            raise mine.error
        if mine.new is None:
            raise RuntimeError("the delivery was not written: its writer was interrupted")
        return mine.new


def _write(office: Office, some: list[_Waiting]) -> None:
    """Write them together; where one of them cannot be, each alone."""
    try:
        _together(office, some)
    except Exception as error:
        if len(some) == 1 or _of_all(error):
            for one in some:
                one.error = error
            return
        for one in some:
            _write(office, [one])


def _together(office: Office, some: list[_Waiting]) -> None:
    if monotonic() - office.followed >= FOLLOW_EVERY:
        # A look by itself goes by the policy in force; the writer's own transaction has no session for it.
        with office.reading():
            pass
    rows = [one.row for one in some]
    with office.engine.execution_options(**{WRITING: True}).begin() as connection:
        written = connection.execute(_INSERT, rows, execution_options={"preserve_rowcount": True}).rowcount
        receipts = {row["receipt"] for row in rows}
        if written != len(rows):
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
        return _writers.setdefault(office.engine, IntakeWriter())
