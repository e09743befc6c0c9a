"""Keeping for the board what takes long to count."""

from __future__ import annotations

from prefect import task

from services import board_counts
from services.office import current_office


@task(name="keep-counts")
def keep_counts() -> int:
    """Count what the board shows and takes long; a count that fails is logged, and the pages count it themselves."""
    return board_counts.keep_counts(current_office())
