"""Tests of the measurement itself: the floor gives the product's answers, and every row is there. Figures are not tested."""

from __future__ import annotations

import json
import subprocess
import sys

from bench.clock import measure

CASES = ["working_days", "working_hours", "half_day", "days", "months", "pause_shift"]


def test_the_floor_and_the_product_agree_on_every_moment() -> None:
    """A floor that answers something else measures nothing; `measure` compares the two before it answers."""
    rows = measure(400)
    assert [row.case for row in rows] == CASES
    assert all(row.n == 400 and row.floor_per_s > 0 and row.ours_per_s > 0 for row in rows)


def test_the_command_prints_rows_for_machines() -> None:
    """`expedite bench clock --json` is what a comparison over time reads."""
    run = subprocess.run(
        [sys.executable, "-m", "deployments.cli", "bench", "clock", "--json"],
        check=True, capture_output=True, text=True, timeout=100,
    )  # fmt: skip
    rows = json.loads(run.stdout)
    assert [row["case"] for row in rows] == CASES
    assert all(set(row) == {"case", "n", "floor_per_s", "ours_per_s", "ratio"} for row in rows)
    assert all(abs(row["ratio"] - row["ours_per_s"] / row["floor_per_s"]) < 0.01 for row in rows)


def test_a_measurement_that_does_not_exist_is_refused_by_name() -> None:
    """Exit status 1, and what there is."""
    run = subprocess.run(
        [sys.executable, "-m", "deployments.cli", "bench", "moon"],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (run.returncode, "clock" in run.stderr) == (1, True)
