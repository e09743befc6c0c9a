"""The catalogue agrees with the flows, the table of actions, and what the server keeps."""

from __future__ import annotations

import inspect
from dataclasses import replace

import pytest

from deployments.catalogue import DEPLOYMENTS, Choice, Deployment
from deployments.execution import load
from deployments.registration import schema_of
from domain.lifecycle import ACTIONS, DESK_STEPS
from tasks.choices import NOTHING, chosen, chosen_each, shown

DROP_DOWNS = {
    choice: [shown(f"{choice.value}-1", "一 / One"), shown(f"{choice.value}-2", "二 / Two")] for choice in Choice
}


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda one: one.name)
def test_every_entrypoint_loads_as_itself(deployment: Deployment) -> None:
    """A flow that does not import fails here and not in the worker, where Prefect would put a placeholder in its place."""
    flow = load(deployment.entrypoint)
    assert flow.name == deployment.name
    assert flow.fn.__module__ == deployment.entrypoint.rpartition(".")[0]


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda one: one.name)
def test_every_parameter_is_explained_in_both_languages(deployment: Deployment) -> None:
    """The form in Prefect's UI says what each field takes, in Chinese and in English."""
    for name, one in schema_of(deployment, DROP_DOWNS)["properties"].items():
        text = one.get("description", "")
        assert any("一" <= letter <= "鿿" for letter in text), name
        assert any("a" <= letter <= "z" for letter in text), name


def test_a_step_of_the_desk_finds_every_field_in_the_form() -> None:
    """What an action needs can be typed in: each of its fields is a parameter of coordinate-difficulty."""
    flow = load("flows.coordinate_difficulty.coordinate_difficulty")
    parameters = set(inspect.signature(flow.fn).parameters)
    for step in DESK_STEPS:
        missing = {field.name for field in ACTIONS[step].fields} - parameters
        assert not missing, f"{step}: {missing}"


def test_drop_downs_offer_the_policy_and_an_explicit_nothing() -> None:
    """An optional choice starts at "—"; what must be chosen has no such entry; several are chosen from the same list."""
    coordinate = next(one for one in DEPLOYMENTS if one.name == "coordinate-difficulty")
    properties = schema_of(coordinate, DROP_DOWNS)["properties"]
    assert properties["lead"]["enum"] == [NOTHING, *DROP_DOWNS[Choice.UNITS]]
    assert properties["step"]["enum"] == DROP_DOWNS[Choice.STEPS]
    assert properties["supporters"]["items"]["enum"] == DROP_DOWNS[Choice.UNITS]
    assert properties["date"]["format"] == "date"


def test_a_choice_that_no_parameter_takes_is_a_mistake() -> None:
    """A catalogue that names a parameter which the flow does not have cannot be registered."""
    wrong = replace(DEPLOYMENTS[0], choices={"no_such_parameter": Choice.UNITS})
    with pytest.raises(KeyError, match="no_such_parameter"):
        schema_of(wrong, DROP_DOWNS)


@pytest.mark.parametrize(
    ("entry", "code"), [("D08 · 供电公司 / Power company", "D08"), ("D08", "D08"), (NOTHING, ""), ("", "")]
)
def test_a_drop_downs_entry_is_read_as_its_code(entry: str, code: str) -> None:
    """What is shown with its name is stored by its code; nothing chosen is nothing."""
    assert chosen(entry) == code


def test_of_several_entries_the_empty_ones_are_dropped() -> None:
    """An item that was added and not chosen is no unit."""
    assert chosen_each(["D08 · 供电公司", NOTHING, "D14"]) == ["D08", "D14"]
