"""What the written stories need: their steps' assertions explained, and a stage of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.register_assert_rewrite("tests.stories.stage", "tests.stories.steps_outcomes", "tests.stories.steps_plan")

from services.office import Office  # noqa: E402 - what is rewritten must not be loaded before
from tests.stories.stage import Stage  # noqa: E402 - the same


@pytest.fixture
def stage(office: Office) -> Iterator[Stage]:
    """The office of a story, on Thursday 16 July 2026 at 10:00 until the story says otherwise."""
    made = Stage(office)
    try:
        yield made
        made.end()
    finally:
        made.leave()
