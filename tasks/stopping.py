"""The flag by which a run is asked to stop: flows look at it between batches, the worker raises it.

A run is never killed: it is asked, and ends at its next look. Outside the worker (a test, a plain call) nobody asks.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count
from threading import Event


class StopSign:
    """One run's flag: cancelled is a wish about this run, draining means that its worker goes away."""

    __slots__ = ("_cancelled", "_draining")

    def __init__(self) -> None:
        self._cancelled = Event()
        self._draining = Event()

    @property
    def cancelled(self) -> bool:
        """Somebody cancelled this run."""
        return self._cancelled.is_set()

    @property
    def stopping(self) -> bool:
        """The run is cancelled, or its worker is going away."""
        return self._cancelled.is_set() or self._draining.is_set()

    def cancel(self) -> None:
        self._cancelled.set()

    def drain(self) -> None:
        self._draining.set()


_current: ContextVar[StopSign | None] = ContextVar("stop_sign", default=None)


@contextmanager
def watching(sign: StopSign) -> Iterator[None]:
    """What runs inside (same thread or copied context) looks at `sign`."""
    token = _current.set(sign)
    try:
        yield
    finally:
        _current.reset(token)


def should_stop() -> bool:
    """Whether the run should end at the next safe place: for work that is found again by whoever looks next."""
    sign = _current.get()
    return sign is not None and sign.stopping


def cancelled() -> bool:
    """Whether somebody cancelled the run: for work that only its parameters know of, which draining must finish."""
    sign = _current.get()
    return sign is not None and sign.cancelled


def batches(seconds: float) -> Iterator[int]:
    """Count batches until the run is asked to stop or `seconds` are over; at least one.

    A run has a limit because on SQLite the next flow waits for its slot: mail must go out while reports pour in.
    """
    until = time.monotonic() + seconds
    for number in count(1):
        yield number
        if should_stop() or time.monotonic() >= until:
            return
