"""Writes docs/stories.md from the stories in tests/stories, so that what people read is what the tests run."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
STORIES = ROOT / "tests" / "stories"

HEAD = """# The written stories

Written by `make diagram` from `tests/stories/*.feature`; a test compares the two, and each story is itself a test. Dates and
numbers in them are worked out by hand from the rules of a case, for the fictional district of the demonstration: office hours
08:30 to 12:00 and 13:30 to 17:00, from July to September 14:00 to 17:30.

"""


def chapters() -> list[tuple[str, str, str]]:
    """Each feature file as (title, description, its scenarios as they are written), in the order of the files' names."""
    found = []
    for path in sorted(STORIES.glob("*.feature")):
        text = re.sub(r"^@.*\n", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        head, scenarios = text.split("\n\n", 1)
        title, *about = head.splitlines()
        scenarios = re.sub(r"^  ", "", scenarios, flags=re.MULTILINE)
        found.append(
            (title.removeprefix("Feature: "), " ".join(line.strip() for line in about), scenarios.rstrip("\n"))
        )
    return found


def stories_page() -> str:
    """The page with all stories, and a table of contents."""
    parts = chapters()
    contents = "\n".join(f"{n}. {title}" for n, (title, _, _) in enumerate(parts, 1))
    told = "\n".join(
        f"## {n}. {title}\n\n{about}\n\n```gherkin\n{scenarios}\n```\n"
        for n, (title, about, scenarios) in enumerate(parts, 1)
    )
    return f"{HEAD}{contents}\n\n{told}"


def main() -> None:
    """Write the page."""
    (ROOT / "docs" / "stories.md").write_text(stories_page(), encoding="utf-8")


if __name__ == "__main__":
    main()
