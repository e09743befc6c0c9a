"""A policy's factor types: each mistake is named by its key, a chain without an approver first of all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from domain.policy import Role
from services.directory_file import load_directory
from services.policy_file import check_policy, load_policy
from services.seed import DEMO

DEMAND = "      - {code: demand, label: {zh: 需求登记, en: Demand registered}, limit: 3 working days, basis: typical}\n"
AT = "factor_types.land.stages.demand"


@pytest.fixture
def edited(tmp_path: Path) -> Callable[[str, str], Path]:
    """The demo policy with one text replaced, as a file."""

    def change(old: str, new: str) -> Path:
        text = (DEMO / "policy.yaml").read_text(encoding="utf-8")
        assert old in text
        path = tmp_path / "policy.yaml"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return path

    return change


def with_demand(more: str) -> tuple[str, str]:
    """The first stage of land with something added."""
    return DEMAND, DEMAND.replace("basis: typical}", f"basis: typical, {more}}}")


@pytest.mark.parametrize(
    ("change", "key", "word"),
    [
        (with_demand("approvers: []"), f"{AT}.approvers", "nobody decides this stage"),
        (with_demand("approvers: [unit_head, unit_head]"), f"{AT}.approvers", "twice"),
        (with_demand("mode: quorum"), f"{AT}.quorum", "without a quorum"),
        (with_demand("approvers: [unit_head], mode: quorum, quorum: 2"), f"{AT}.quorum", "2 of 1"),
        (with_demand("mode: any, quorum: 1"), f"{AT}.quorum", "does not go with mode any"),
        (with_demand("by: colour, limits: {red: 1 working day}"), f"{AT}.by", "no attribute"),
        (with_demand("limits: {red: 1 working day}"), f"{AT}.by", "is missing"),
        ((DEMAND, DEMAND * 2), "factor_types.land.stages.demand#2.code", "another stage"),
        (("units: [亩, ha, m2]", "units: [亩, ha, acre]"), "factor_types.land.units.3", "not a known unit"),
        (("units: [亩, ha, m2]", "units: []"), "factor_types.land.units", "is empty"),
        (("largest: 5000\n", "largest: 0\n"), "factor_types.land.largest", "not above zero"),
        (("supporters: [D12, D01, area]\n    largest", "supporters: [D03]\n    largest"), "factor_types.land.supporters.1", "already leads"),
        (with_demand("unit: D99"), f"{AT}.unit", "not in the directory"),
        (with_demand("approvers: [area_officer]"), f"{AT}.approvers.1", "the chain has no approver there"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_chain_is_named(
    change: tuple[str, str], key: str, word: str, edited: Callable[[str, str], Path]
) -> None:
    """By key and line, with what to write."""
    found = check_policy(edited(*change), load_directory(DEMO / "directory.yaml"))
    assert [m.key for m in found] == [key], [str(m) for m in found]
    assert word in str(found[0])
    assert found[0].line


def test_the_demo_district_has_the_thirteen_factors_with_their_chains() -> None:
    """Land ten stages, power eight, finance nine; a limit by attribute; quota and balance side by side; somebody decides each."""
    types = load_policy(DEMO / "policy.yaml").factor_types
    assert len(types) == 13
    assert [len(types[code].stages) for code in ("land", "power", "finance")] == [10, 8, 9]
    reply = types["power"].stage("plan_reply")
    assert reply is not None
    limits = [reply.limit_for({"supply": kind}) for kind in ("low", "single", "dual")]
    assert [limit.value for limit in limits if limit] == [3, 15, 30]
    assert {s.group for s in types["land"].stages if s.code in ("quota", "balance")} == {"indicators"}
    assert all(stage.approvers for kind in types.values() for stage in kind.stages)
    assert all(stage.limit is not None or stage.basis == "none" for kind in types.values() for stage in kind.stages)
    both = types["finance"].stage("credit_approval")
    assert both is not None
    assert (both.mode, both.approvers, both.needed) == ("all", (Role.UNIT_HEAD, Role.DEPUTY_CHIEF), 2)
