"""Flows that exist for the engine's tests: each writes what it did into a file that the test reads."""

import json
import os
import time
from pathlib import Path

from prefect import flow

from domain.label import Label
from tasks.run_record import name_run, run_id
from tasks.stopping import cancelled

FOLDER = Path(os.environ.get("TRIAL_FOLDER", "."))


def note(what: str, **facts: object) -> None:
    """Append one line to the diary."""
    line = json.dumps({"what": what, "at": time.time(), "run": run_id(), "pid": os.getpid(), **facts})
    with (FOLDER / "diary.jsonl").open("a") as diary:
        diary.write(line + "\n")


@flow(name="quick", persist_result=False)
def quick(number: int = 0) -> int:
    """Say that it ran."""
    note("quick", number=number)
    name_run(Label("快", "Quick"), str(number), [f"DIF-2026-{number:04d}"])
    return number


@flow(name="slow", persist_result=False)
def slow(seconds: float = 1.0, number: int = 0) -> None:
    """Take its time, looking at the flag as our flows do between batches."""
    note("slow began", number=number)
    until = time.monotonic() + seconds
    while time.monotonic() < until and not cancelled():
        time.sleep(0.02)
    note("slow ended", number=number)


@flow(name="failing", persist_result=False)
def failing() -> None:
    """Go wrong."""
    raise RuntimeError("as it was meant to")


@flow(name="sorting", persist_result=False)
def sorting() -> int:
    """The standing flow: handle whatever waits in the tray, but for what nobody can handle."""
    letters = sorted((FOLDER / "tray").glob("l*"))
    note("sorting", letters=len(letters))
    for letter in letters:
        note("sorted", letter=letter.name)
        if letter.name.startswith("long"):
            time.sleep(2)
        letter.unlink()
    return len(letters)


@flow(name="ticking", persist_result=False)
def ticking() -> None:
    """Run by the schedule."""
    note("tick")
