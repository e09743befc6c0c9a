"""The Prefect server's process: `prefect` with its garbage collected beside the event loop instead of on it.

Measured with Prefect 3.8 on SQLite: now and then the collector, running on the event loop, finds a forgotten cursor whose
connection another thread is using while it waits for the database's write lock. Closing the cursor then waits for that
thread, the thread waits for the writer, and the writer for the event loop: nothing answers until SQLite gives up after
60 seconds. In a thread of its own the collector waits alone.

`python -m deployments.prefect_process server start …` takes what `prefect` takes.
"""

from __future__ import annotations

import gc
import importlib
import threading
import time

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


def main() -> None:
    """Run `prefect` with this process's arguments."""
    gc.disable()
    threading.Thread(target=_collect, name="collector", daemon=True).start()
    importlib.import_module("prefect.cli").app()


if __name__ == "__main__":
    main()
