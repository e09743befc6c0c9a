"""How often one address may do what costs us something: submit, guess links, send wrong signatures, ask for mail.

Counted in this process's memory and in real time. What is right is never refused for what is wrong from the same address: a whole
park may share one. Passwords are the exception: each try is counted before it is looked at.
"""

from __future__ import annotations

import math
import threading
import time
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from limits import RateLimitItem
    from limits.strategies import MovingWindowRateLimiter


_LOADING = threading.Lock()
"""Its modules import one another: of two threads that load them at once, one may be given a half of them."""


class Rate(Enum):
    """What is counted, and how much of it is let through."""

    REPORT = "10/minute; 100/hour"
    """Reports that are stored; one with mistakes is not."""
    FORM = "60/minute; 600/hour"
    """Forms sent, with mistakes or without."""
    FILES = "30/minute; 200/hour"
    WRONG_SIGNATURE = "60/minute"
    UNKNOWN_LINK = "30/minute"
    NEW_LINK = "5/minute; 20/hour"
    SIGN_IN = "10/minute; 60/hour"
    API = "600/minute"
    """Counted for each key, not for an address."""
    WRONG_KEY = "40/minute"
    PUBLIC = "60/minute; 2000/hour"


class TooOften(Exception):
    """Too many of something from one address; `retry_after` seconds until the next is let through."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"too often; try again in {retry_after} seconds")
        self.retry_after = retry_after


class Rates:
    """The counters of one process."""

    @cached_property
    def _limiter(self) -> MovingWindowRateLimiter:
        # A tenth of the app's imports, needed when something is first sent: the form is shown without it.
        with _LOADING:
            from limits.storage import MemoryStorage
            from limits.strategies import MovingWindowRateLimiter

        return MovingWindowRateLimiter(MemoryStorage())

    @cached_property
    def _items(self) -> dict[Rate, tuple[RateLimitItem, ...]]:
        with _LOADING:
            from limits import parse_many

        return {rate: tuple(parse_many(rate.value)) for rate in Rate}

    def warm(self) -> None:
        """Load what counting needs."""
        _ = self._limiter, self._items

    def count(self, rate: Rate, who: str) -> None:
        """Count one for `who`. Raises TooOften when that is one too many."""
        full = [item for item in self._items[rate] if not self._limiter.test(item, rate.name, who)]
        if full:
            resets = max(self._limiter.get_window_stats(item, rate.name, who).reset_time for item in full)
            raise TooOften(max(1, math.ceil(resets - time.time())))
        for item in self._items[rate]:
            self._limiter.hit(item, rate.name, who)
