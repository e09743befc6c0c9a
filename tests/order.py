"""In which order the tests run and what stays together: what waits or takes long comes first, so that all workers end together."""

from __future__ import annotations

import pytest
from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]  # it has no types

ENGINE = "tests/engine/"
ORDER = (
    ENGINE,
    # Beside the engine, whose server and workers want a core of their own: what is one process. Browsers come after it.
    *("tests/model/", "tests/services/test_policy_file.py", "tests/stories/", "tests/web/test_hostile_form.py"),
    *("tests/web/test_axe.py", "tests/web/test_browser.py", "tests/faults/", "tests/bench/"),
    *("tests/web/", "tests/services/", "tests/properties/"),
)
"""Beginnings of paths; what is not named has short tests and comes last."""


def place(nodeid: str) -> int:
    """When a test's turn comes, by the path it begins with."""
    return next((n for n, path in enumerate(ORDER) if nodeid.startswith(path)), len(ORDER))


class Together(LoadFileScheduling):  # type: ignore[misc]  # the same
    """A file to each worker in our order, and all that needs the engine's server to the first one: it is started once."""

    def _split_scope(self, nodeid: str) -> str:
        return ENGINE if nodeid.startswith(ENGINE) else nodeid.split("::", 1)[0]


def arrange(items: list[pytest.Item]) -> None:
    """Put the tests into their order; those of a folder keep theirs."""
    items.sort(key=lambda item: place(item.nodeid))
