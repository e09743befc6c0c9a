"""The Prefect server's process: `prefect` with its garbage collected beside the event loop instead of on it.

Measured with Prefect 3.8 on SQLite: now and then the collector, running on the event loop, finds a forgotten cursor whose
connection another thread is using while it waits for the database's write lock. Closing the cursor then waits for that
thread, the thread waits for the writer, and the writer for the event loop: nothing answers until SQLite gives up after
60 seconds. In a thread of its own the collector waits alone.

Its transactions that write begin as writers on SQLite. Those of Prefect begin by reading: one that another write came between can
only fail, at once, and the server answers 503. Prefect's clients ask again; its UI tells whoever pressed "run" that it cannot be done.

`python -m deployments.prefect_process server start …` takes what `prefect` takes.
"""

from __future__ import annotations

import gc
import importlib
import threading
import time
from contextlib import AbstractAsyncContextManager
from typing import Any

YOUNG_EVERY = 1.0
ALL_EVERY = 60
"""Collections of the young between two of everything."""
SETTLED_AFTER = 30.0


def _collect() -> None:
    time.sleep(SETTLED_AFTER)
    gc.collect()
    # What was loaded by now stays for good: leaving it out makes a whole collection short.
    gc.freeze()
    while True:
        for _ in range(ALL_EVERY):
            time.sleep(YOUNG_EVERY)
            gc.collect(1)
        gc.collect()


def write_from_the_beginning() -> None:
    """Let Prefect's transactions on SQLite wait for their turn before they read what they will change."""
    configuration = importlib.import_module("prefect.server.database.configurations").AioSqliteConfiguration
    begin = configuration.begin_transaction

    def begin_writing(self: Any, session: Any, with_for_update: bool = False) -> AbstractAsyncContextManager[Any]:
        began: AbstractAsyncContextManager[Any] = begin(self, session, with_for_update=True)
        return began

    configuration.begin_transaction = begin_writing


def main() -> None:
    """Run `prefect` with this process's arguments."""
    write_from_the_beginning()
    gc.disable()
    threading.Thread(target=_collect, name="collector", daemon=True).start()
    importlib.import_module("prefect.cli").app()


if __name__ == "__main__":
    main()
