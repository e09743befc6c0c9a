"""The documentation says what the code does: diagram, table, settings and commands."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

from deployments.cli import COMMANDS
from services.settings import Settings

ROOT = Path(__file__).parent.parent


def _writer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("write_lifecycle", ROOT / "docs" / "write_lifecycle.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_diagram_in_the_readme_is_the_tables() -> None:
    """After a change of the table, `make diagram` is due."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert _writer().with_diagram(text) == text
    assert "stateDiagram-v2" in text


def test_the_page_of_the_lifecycle_is_the_tables() -> None:
    """The table of actions in docs/lifecycle.md is the one in the code."""
    assert (ROOT / "docs" / "lifecycle.md").read_text(encoding="utf-8") == _writer().lifecycle_page()


def test_every_setting_is_documented() -> None:
    """Each setting stands in docs/architecture.md, and none stands there that does not exist."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = {m.lower() for m in re.findall(r"`EXPEDITE_([A-Z_]+)`", text)}
    assert named == set(Settings.model_fields)


def test_every_command_is_documented() -> None:
    """Each subcommand of `expedite` stands in the README."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"expedite {name}" not in text and name != "worker"] == []
