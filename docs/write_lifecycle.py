"""Writes the lifecycle's diagram into README.md and the table into docs/lifecycle.md, from the table of actions."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from domain.diagram import clock_table, mermaid, table  # noqa: E402 - the script may run before anything is installed
from domain.lifecycle import Kind  # noqa: E402 - the same

BEGIN, END = "<!-- diagram: made by `make diagram` -->", "<!-- /diagram -->"


def with_diagram(text: str) -> str:
    """README's text with the present diagram between its marks."""
    drawn = f"{BEGIN}\n```mermaid\n{mermaid()}\n```\n{END}"
    return re.sub(re.escape(BEGIN) + r".*?" + re.escape(END), lambda _: drawn, text, flags=re.DOTALL)


def lifecycle_page() -> str:
    """The page with the whole table."""
    return (
        "# The table of actions\n\nWritten by `make diagram` from `domain/lifecycle.py`; a test compares the two. Fields in brackets may be\n"
        f"left out.\n\n## Difficulties\n\n{table(Kind.DIFFICULTY)}\n\n```mermaid\n{mermaid()}\n```\n\n"
        f"## Factor requests\n\nA request is in progress, suspended or closed; what its status is called follows from its facts\n"
        f"(`domain/factor.py`).\n\n{table(Kind.FACTOR)}\n\n"
        "## Clocks\n\nFrom `domain/clocks.py`. A clock of no case belongs to a report that waits, or to a node of a project's plan, whose\n"
        f"colours come by calendar days of slip.\n\n{clock_table()}\n"
    )


def main() -> None:
    """Write both files."""
    readme = ROOT / "README.md"
    readme.write_text(with_diagram(readme.read_text(encoding="utf-8")), encoding="utf-8")
    (ROOT / "docs" / "lifecycle.md").write_text(lifecycle_page(), encoding="utf-8")


if __name__ == "__main__":
    main()
