"""Tests of the board's measurement: every page is there and answers, on an office that was sown for it. Figures are not tested."""

from __future__ import annotations

import pytest

from bench.board import PAGES, measure, sqlite_office

pytestmark = pytest.mark.sqlite


@pytest.mark.filterwarnings("ignore::starlette.exceptions.StarletteDeprecationWarning")
def test_every_page_is_measured() -> None:
    """A page that fails or is not there ends the measurement; with few cases each takes some milliseconds."""
    with sqlite_office(400) as settings:
        rows = list(measure(settings, "sqlite", 400, 2))
    assert [row.page for row in rows] == list(PAGES)
    assert all(row.cases == 400 and row.first_ms > 0 and row.median_ms > 0 and row.cpu_ms > 0 for row in rows)
