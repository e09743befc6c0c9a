"""Which failures pass by themselves: a locked database, a server that is busy or away; those are tried again."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import httpx
from prefect import Task
from prefect.client.schemas.objects import State, TaskRun
from sqlalchemy.exc import InterfaceError, OperationalError

P = ParamSpec("P")
R = TypeVar("R")

TRANSIENT = (OperationalError, InterfaceError, httpx.TransportError)
PAUSES = (0.1, 0.5, 2.0)
"""Seconds before the second, third and fourth attempt."""


def passes(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Prefect's retry condition: only what passes by itself is tried again, never a refusal or a mistake."""
    error = state.result(raise_on_failure=False)
    return isinstance(error, TRANSIENT)


def patiently(work: Callable[P, R]) -> Callable[P, R]:
    """The same retries for a plain function: a Prefect task costs a standing flow 30 ms and two events each time."""

    @wraps(work)
    def trying(*args: P.args, **kwargs: P.kwargs) -> R:
        for pause in PAUSES:
            try:
                return work(*args, **kwargs)
            except TRANSIENT:
                time.sleep(pause)
        return work(*args, **kwargs)

    return trying
