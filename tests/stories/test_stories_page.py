"""The written stories as documents: each is a page, in both languages, whose steps mean one thing, and the documentation shows it."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest
from pytest_bdd.feature import get_features
from pytest_bdd.steps import StepFunctionContext, step_function_context_registry

import tests.stories.steps_actors
import tests.stories.steps_desk
import tests.stories.steps_outcomes
import tests.stories.steps_plan  # noqa: F401 - whoever imports the steps defines them

HERE = Path(__file__).parent
FEATURES = sorted(HERE.glob("*.feature"))
ROOT = HERE.parent.parent
PAGE = 75
"""Lines of a printed page."""
_CHINESE = "\u4e00-\u9fff"


def _writer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("write_stories", ROOT / "docs" / "write_stories.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _meanings(words: str, kind: str) -> list[StepFunctionContext]:
    """The definitions that a step's words fit."""
    known = step_function_context_registry.values()
    return [one for one in known if one.type in (None, kind) and one.parser.is_matching(words)]


def test_the_documentation_shows_every_story() -> None:
    """After a change of a story, `make diagram` is due."""
    assert (ROOT / "docs" / "stories.md").read_text(encoding="utf-8") == _writer().stories_page()


def test_there_are_thirty_of_them() -> None:
    """Each a file of its own, some with two or three endings."""
    assert len(FEATURES) >= 30


@pytest.mark.parametrize("path", FEATURES, ids=lambda path: path.stem)
def test_a_story_is_a_page_with_titles_in_both_languages(path: Path) -> None:
    """No ending of a story is longer than a page; each title says the same in English and in Chinese."""
    [feature] = get_features([str(path)])
    for title in (feature.name, *feature.scenarios):
        assert re.fullmatch(rf"[^{_CHINESE}]+ · [{_CHINESE}]+", title or ""), title
    assert feature.description
    for scenario in feature.scenarios.values():
        assert len(scenario.steps) < PAGE, scenario.name


@pytest.mark.parametrize("path", FEATURES, ids=lambda path: path.stem)
def test_each_sentence_of_a_story_means_one_thing(path: Path) -> None:
    """A step that two definitions fit would do what the reader does not expect."""
    [feature] = get_features([str(path)])
    steps = [step for scenario in feature.scenarios.values() for step in scenario.steps]
    assert {step.name: len(_meanings(step.name, step.type)) for step in steps} == {step.name: 1 for step in steps}


def test_no_sentence_is_defined_that_no_story_uses() -> None:
    """The vocabulary stays as small as the stories need."""
    features = get_features([str(path) for path in FEATURES])
    steps = [step for feature in features for scenario in feature.scenarios.values() for step in scenario.steps]
    used = {one.parser.name for step in steps for one in _meanings(step.name, step.type)}
    defined = {
        one.parser.name
        for one in step_function_context_registry.values()
        if one.step_func.__module__.startswith("tests.stories")
    }
    assert defined - used == set()
