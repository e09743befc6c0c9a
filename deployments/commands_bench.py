"""`expedite bench NAME`: measurements as ratios against a floor in the same run."""

from __future__ import annotations

import subprocess
import sys
from typing import Annotated

import typer

from deployments.refusal import CommandRefused

MEASUREMENTS = {
    "board": "bench.board",
    "clock": "bench.clock",
    "intake": "bench.intake",
    "load": "bench.load",
    "mail": "bench.mail",
    "sweep": "bench.sweep",
}
"""What can be measured, and the module that does. It runs in a process of its own: `bench` stands above every package."""

AsJson = Annotated[bool, typer.Option("--json", help="For machines.")]


def bench(
    name: Annotated[str, typer.Argument(help=f"What to measure: {', '.join(MEASUREMENTS)}.")], as_json: AsJson = False
) -> None:
    """Measure on this machine, against the least that gives the same answers in the same run."""
    module = MEASUREMENTS.get(name)
    if module is None:
        raise CommandRefused(f"{name!r} cannot be measured; one of: {', '.join(MEASUREMENTS)}")
    done = subprocess.run([sys.executable, "-m", module, *(["--json"] if as_json else [])], check=False)
    if done.returncode:
        raise CommandRefused(f"{name}: the measurement ended with status {done.returncode}")
