"""Chinese texts have Chinese punctuation at their source: pages, mails, the Prefect UI and Excel files all print them as they are."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("web", "deployments", "flows", "tasks", "services", "notifications", "models", "domain")
HALF = re.compile("[\u4e00-\u9fff\u201d\u300b\u3015\uff09][,;:!?]|[\u4e00-\u9fff][()]|[()][\u4e00-\u9fff]")
IN_ENGLISH = {"web/api_app.py", "web/api_models.py", "services/public_figures.py"}
"""Descriptions in English of the API and of constants, with a Chinese word in brackets."""


def texts_of(path: Path) -> Iterator[tuple[int, str]]:
    """The texts of a module that may be shown: no docstrings, and no strings that describe what stands above them."""
    tree = ast.parse(path.read_text("utf-8"))
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.lineno, node.value


@pytest.mark.parametrize("package", PACKAGES)
def test_texts_in_code(package: str) -> None:
    """Labels, refusals, and the descriptions of the Prefect UI's forms."""
    paths = [path for path in sorted((ROOT / package).rglob("*.py")) if str(path.relative_to(ROOT)) not in IN_ENGLISH]
    slips = [
        f"{path.relative_to(ROOT)}:{line}: {text[:60]}"
        for path in paths
        for line, text in texts_of(path)
        if HALF.search(text)
    ]
    assert paths
    assert slips == []


@pytest.mark.parametrize("folder", ["web/templates", "notifications/templates"])
def test_texts_in_templates(folder: str) -> None:
    """What a template says itself, between its placeholders."""
    paths = [path for path in sorted((ROOT / folder).rglob("*")) if path.is_file()]
    bare = {path: re.sub(r"\{[{%#].*?[}%#]\}", "", path.read_text("utf-8"), flags=re.DOTALL) for path in paths}
    assert bare
    assert [f"{path.name}: {HALF.findall(text)}" for path, text in bare.items() if HALF.search(text)] == []


@pytest.mark.parametrize("path", sorted((ROOT / "deployments" / "demo").glob("*.yaml")), ids=lambda path: path.name)
def test_texts_of_the_demo_district(path: Path) -> None:
    """The office's own names, and what its register says."""

    def texts(said: Any) -> Iterator[str]:
        if isinstance(said, dict | list):
            for one in said.values() if isinstance(said, dict) else said:
                yield from texts(one)
        elif isinstance(said, str):
            yield said

    assert [text for text in texts(yaml.safe_load(path.read_text("utf-8"))) if HALF.search(text)] == []
