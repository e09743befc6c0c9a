"""What takes long to count is kept for the next look: counted anew in the background, once at a time, while the last count is shown.

What is counted quickly is never kept, so that a small office always sees the present moment. What the sweep has kept in the
database (`services.board_counts`) is not counted here at all while that is recent.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from models.kept import KeptCount
from services.office import Office

T = TypeVar("T")
logger = logging.getLogger(__name__)

LONG = 0.1
"""Seconds: what takes longer is kept."""
MINUTE = 60.0
"""Seconds for which it is shown as it is."""
STALE = 3600.0
"""Seconds for which it is shown while it is counted anew: older, one waits for the new count."""
SWEPT = 1500.0
"""Seconds for which a count of the sweep is shown as it is, beside those for which the sweep lets it be: two sweeps' time."""
SHARE = 100
"""The sweep spends no more than this part of a processor on a count: what took six seconds is counted every ten minutes."""
MOST = 200
"""Counts that are kept for one office: whoever asks for the two hundred and first waits again for the first."""


@dataclass(slots=True)
class _Entry:
    value: Any = None
    at: float | None = None
    """When it was counted; None before the first count."""
    took: float = 0.0
    problem: BaseException | None = None
    running: threading.Event | None = None
    stamp: datetime | None = None
    """When the sweep counted it, where it is the sweep's."""


@dataclass(slots=True)
class _Shelf:
    entries: dict[Hashable, _Entry] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


_shelves: WeakKeyDictionary[Engine, _Shelf] = WeakKeyDictionary()
_guard = threading.Lock()


def kept(
    office: Office,
    key: Hashable,
    count: Callable[[Session], T],
    *,
    patience: float | None = None,
    fresh: float = MINUTE,
    long: float | None = None,
    written: TypeAdapter[T] | None = None,
) -> T | None:
    """What `count` finds, or found at most `fresh` seconds ago under this policy and on this day.

    An older count is shown at once, and a new one begins beside it. Where there is none yet, one waits for it, at most `patience`
    seconds (None: until it is there); what is not ready by then is None. `long` is what counts as slow, LONG if it is None; `written`
    says how the sweep writes it, if it does. Raises what `count` raises.
    """
    shelf = _shelf(office)
    whole, slow = (key, office.policy.version, office.today()), LONG if long is None else long
    with shelf.lock:
        entry = shelf.entries.setdefault(whole, _Entry())
        age = monotonic() - entry.at if entry.at is not None else None
        if age is not None and entry.took > slow and age < fresh:
            return cast(T, _found(entry))
    if written is not None and _swept(office, shelf, entry, name_of(key), written):
        return cast(T, _found(entry))
    with shelf.lock:
        age = monotonic() - entry.at if entry.at is not None else None
        mine = entry.running is None
        if entry.running is None:
            entry.running = threading.Event()
        running = entry.running
        if len(shelf.entries) > MOST:
            _drop_oldest(shelf, whole)
    if mine:
        threading.Thread(target=_count, args=(office, shelf, entry, count), name="board-count", daemon=True).start()
    slow_before = age is not None and entry.took > slow and age < STALE
    if slow_before or not running.wait(patience):
        return cast(T, _found(entry)) if entry.at is not None else None
    return cast(T, _found(entry))


def settle(office: Office) -> None:
    """Wait until nothing is being counted in the background."""
    shelf = _shelf(office)
    with shelf.lock:
        running = [entry.running for entry in shelf.entries.values() if entry.running is not None]
    for one in running:
        one.wait()


def name_of(key: Hashable) -> str:
    """Under what name the sweep keeps a count."""
    return ":".join(str(part) for part in key) if isinstance(key, tuple) else str(key)


def _swept(office: Office, shelf: _Shelf, entry: _Entry, name: str, written: TypeAdapter[Any]) -> bool:
    """Whether the sweep's count is recent; the entry has it then."""
    mine = (KeptCount.name == name, KeptCount.day == office.today(), KeptCount.policy_version == office.policy.version)
    with office.reading() as session:
        row = session.execute(select(KeptCount.counted_at, KeptCount.took).where(*mine)).first()
        if row is None:
            return False
        age = (office.real_now() - row.counted_at).total_seconds()
        if age >= SWEPT + SHARE * row.took:
            return False
        if entry.stamp == row.counted_at and entry.problem is None:
            return True
        said = session.scalar(select(KeptCount.value).where(*mine))
    try:
        value = written.validate_python(said["counted"] if said is not None else None)
    except ValidationError:
        # Written by another version of this program.
        return False
    with shelf.lock:
        entry.value, entry.problem, entry.at, entry.took = value, None, monotonic() - age, max(row.took, LONG)
        entry.stamp = row.counted_at
    return True


def _found(entry: _Entry) -> Any:
    if entry.problem is not None:
        raise entry.problem
    return entry.value


def _shelf(office: Office) -> _Shelf:
    with _guard:
        return _shelves.setdefault(office.engine, _Shelf())


def _count(office: Office, shelf: _Shelf, entry: _Entry, count: Callable[[Session], Any]) -> None:
    began, value, problem = monotonic(), None, None
    try:
        with office.reading() as session:
            value = count(session)
    except Exception as error:
        problem = error
        logger.exception("a count for the board failed")
    with shelf.lock:
        entry.value, entry.problem, entry.stamp = value, problem, None
        entry.at = monotonic()
        entry.took = 0.0 if problem is not None else entry.at - began
        running, entry.running = entry.running, None
    if running is not None:
        running.set()


def _drop_oldest(shelf: _Shelf, but: Hashable) -> None:
    idle = [key for key, entry in shelf.entries.items() if entry.running is None and key != but]
    for key in sorted(idle, key=lambda key: shelf.entries[key].at or 0.0)[: MOST // 2]:
        del shelf.entries[key]
