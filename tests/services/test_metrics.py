"""The figures for a monitor, counted by either database."""

from __future__ import annotations

from collections.abc import Callable

from services.metrics import read_metrics
from services.office import Office
from services.sweep import sweep
from tests.builders import report, unrouted


def test_cases_are_counted_by_status_and_light(office: Office, at: Callable[[str], object]) -> None:
    """As the board shows them; what nothing is in is there with 0."""
    report(office)
    report(office)
    unrouted(office)
    before = read_metrics(office).cases
    assert {key: count for key, count in before.items() if count} == {
        ("in_progress", "green"): 2,
        ("new", "green"): 1,
    }
    at("2026-08-20 10:00")
    assert read_metrics(office).clocks_due > 0
    sweep(office)
    after = read_metrics(office)
    assert (after.cases["in_progress", "red"], after.cases["in_progress", "green"], after.clocks_due) == (2, 0, 0)
    assert after.notices["red"] >= 2
    assert after.deliveries["done", "standard"] == 3
