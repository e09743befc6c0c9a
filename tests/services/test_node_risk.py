"""Key nodes at risk: which cases climb for them, when, and how often."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from itertools import count
from typing import Any

import pytest
from sqlalchemy import update

from domain.lifecycle import Status
from models.case import Case
from services.audit import verify
from services.desk import StepResult
from services.milestone_rulings import rule_on_change
from services.milestone_view import plan_of
from services.milestones import set_milestone
from services.node_risk import held_up
from services.office import Office
from services.sweep import sweep
from tests.builders import Difficulty, everything_of, report, standing
from tests.services.test_milestones import asked_of

Set = Callable[[str], datetime]
COMMANDS = count()


def record(office: Office, what: str, node: str, day: str = "", **more: Any) -> StepResult:
    """Record something of P02's plan."""
    return set_milestone(
        office, {"what": what, "project": "P02", "node": node, "date": day, **more}, f"r-{next(COMMANDS)}"
    )


def climbs(case: Difficulty) -> list[tuple[int, str]]:
    """(rung, cause) of every climb of a case."""
    return [(e["facts"]["to"], e["facts"]["cause"]) for e in case.events("climbed")]


@pytest.fixture
def power(office: Office, at: Set) -> Difficulty:
    """A power difficulty of P02, whose permanent power is planned for Friday 14 August."""
    at("2026-07-16 09:00")
    assert record(office, "plan", "power_on", "2026-08-14").done
    return report(office).at("2026-07-16 10:00")


def test_a_case_climbs_once_when_the_key_node_that_needs_it_is_near(power: Difficulty) -> None:
    """Fourteen days before the planned day, and not before, a case of the categories that the node needs climbs one rung."""
    power.sweep_at("2026-07-30 09:00")
    power.by_lead("contact").by_lead("reply", outcome="partial")  # closing is met on its last day: no other cause
    before = len(climbs(power))
    power.sweep_at("2026-07-30 23:50")
    assert len(climbs(power)) == before
    rung = power.case.rung
    report_ = power.sweep_at("2026-07-31 00:10")
    assert (power.code, "milestone", "at_risk") in [(s.case, s.clock, s.step) for s in report_.steps]
    assert climbs(power)[before:] == [(rung + 1, "node:P02:power_on:1")]
    assert [e["facts"] for e in power.events("node_at_risk")] == [
        {"project": "P02", "node": "power_on", "plan": "2026-08-14", "zh": "正式受电", "en": "Permanent power on"}
    ]
    power.sweep_at("2026-07-31 00:20")
    assert len(power.events("node_at_risk")) == 1, "a cause climbs once"
    assert verify(power.office).findings == ()


def test_whoever_holds_the_new_rung_is_told_why(power: Difficulty) -> None:
    """The mail of the climb names the node and its planned day, in both languages."""
    power.sweep_at("2026-07-31 09:00")
    causes = [facts["cause"] for facts in power.told_facts("climbed")]
    assert {
        "zh": "关键节点“正式受电”（计划2026年8月14日）存在风险",
        "en": "Key node at risk: Permanent power on, planned for 14 Aug 2026",
    } in causes


def test_the_plan_names_what_holds_a_node_up(power: Difficulty, at: Set) -> None:
    """Before it is at risk too; restricted cases are not named there."""
    plan = plan_of(power.office, "P02")
    assert plan is not None
    assert [(node.code, node.at_risk, node.held_by) for node in plan.nodes] == [("power_on", False, (power.code,))]
    at("2026-07-31 09:00")
    with power.office.writing() as session:
        session.execute(update(Case).where(Case.id == power.id).values(restricted=True))
    plan = plan_of(power.office, "P02")
    assert plan is not None
    assert [(node.at_risk, node.held_by) for node in plan.nodes] == [(True, ())]


def test_a_red_forecast_puts_a_node_at_risk_long_before_its_day(power: Difficulty) -> None:
    """More than thirty days behind by its forecast is red: the case climbs at once. Eight days behind it does not."""
    office = power.office
    assert record(office, "forecast", "power_on", "2026-08-22").done
    sweep(office)
    assert power.events("node_at_risk") == []
    assert record(office, "forecast", "power_on", "2026-09-14").done
    sweep(office)
    assert len(power.events("node_at_risk")) == 1


def test_a_node_planned_anew_is_another_cause(power: Difficulty) -> None:
    """An approved change takes the risk away; when the new day is near, the case climbs once more."""
    office = power.office
    power.sweep_at("2026-07-31 09:00")
    assert record(office, "change", "power_on", "2026-09-10", reason="设备到货推迟").done
    token, _ = asked_of(office)
    assert rule_on_change(office, token, "approve", {}).done
    power.sweep_at("2026-08-20 09:00")
    assert len(power.events("node_at_risk")) == 1
    power.sweep_at("2026-08-27 09:00")
    assert [cause for _, cause in climbs(power) if cause.startswith("node:")] == [
        "node:P02:power_on:1", "node:P02:power_on:2",
    ]  # fmt: skip


def test_a_node_that_was_reached_puts_nothing_at_risk(power: Difficulty, at: Set) -> None:
    """What is done is not at risk any more."""
    at("2026-07-29 09:00")
    assert record(power.office, "actual", "power_on", "2026-07-28").done
    power.sweep_at("2026-08-13 09:00")
    assert power.events("node_at_risk") == []


def test_a_heat_stop_day_moves_the_risk_too(power: Difficulty, at: Set) -> None:
    """Days on which the site stood still do not count towards the nearness of a node."""
    at("2026-07-23 09:00")
    assert record(power.office, "heat_stop", "", "2026-07-22").done
    power.sweep_at("2026-07-31 09:00")
    assert power.events("node_at_risk") == []
    power.sweep_at("2026-08-01 09:00")
    assert len(power.events("node_at_risk")) == 1


@pytest.mark.parametrize("status", [Status.NEW, Status.SUSPENDED, Status.REPLIED, Status.CLOSED])
def test_a_case_that_nobody_is_working_on_does_not_climb(office: Office, at: Set, status: Status) -> None:
    """Not before it is dispatched, nor while it stands still, was answered or is closed."""
    at("2026-07-16 09:00")
    assert record(office, "plan", "power_on", "2026-07-20").done
    case = standing(office, status)
    assert record(office, "held_up", "power_on", case=case.code).done is (status is not Status.CLOSED)
    sweep(office)
    assert case.events("node_at_risk") == []


def test_the_desk_names_a_case_of_another_category_and_takes_it_back(office: Office, at: Set) -> None:
    """A case that the policy's categories do not name climbs once the desk says that it holds the node up, and not before."""
    at("2026-07-16 09:00")
    assert record(office, "plan", "power_on", "2026-07-24").done
    case = report(office, category="planning")
    sweep(office)
    assert case.events("node_at_risk") == []
    assert record(office, "held_up", "power_on", case=case.code).done
    assert "already" in record(office, "held_up", "power_on", case=case.code).message
    assert record(office, "freed", "power_on", case=case.code).done
    sweep(office)
    assert case.events("node_at_risk") == []
    assert not record(office, "freed", "power_on", case=case.code).done
    assert record(office, "held_up", "power_on", case=case.code.lower()).done
    sweep(office)
    assert len(case.events("node_at_risk")) == 1


@pytest.mark.parametrize(
    ("case", "says"),
    [("", "name the case"), ("DIF-2026-9999", "check the code"), ("P02", "check the code")],
)
def test_what_is_no_case_is_refused_with_the_remedy(office: Office, at: Set, case: str, says: str) -> None:
    """A code that is missing or unknown is refused in words, and nothing is written."""
    at("2026-07-16 09:00")
    assert record(office, "plan", "power_on", "2026-07-24").done
    before = everything_of(office)
    refused = record(office, "held_up", "power_on", case=case)
    assert not refused.done
    assert says in refused.message
    assert everything_of(office) == before


def test_of_two_nodes_at_risk_only_the_first_of_the_chain_counts(office: Office, at: Set) -> None:
    """A case climbs for the next node that it holds up, not for all that come after it as well."""
    at("2026-07-16 09:00")
    assert record(office, "plan", "power_on", "2026-07-20").done
    assert record(office, "plan", "production", "2026-07-28").done
    case = report(office)
    assert record(office, "held_up", "production", case=case.code).done
    sweep(office)
    sweep(office)
    assert [e["facts"]["node"] for e in case.events("node_at_risk")] == ["power_on"]


def test_a_dry_run_shows_the_climb_and_writes_nothing(power: Difficulty) -> None:
    """What a sweep would do for a node at risk stands in what it would send and which cases would climb."""
    power.sweep_at("2026-07-30 09:00")
    before = everything_of(power.office)
    power.at("2026-07-31 09:00")
    seen = sweep(power.office, dry_run=True)
    assert seen.ahead is not None
    assert power.code in [code for climb in seen.ahead.climbs for code in climb.cases]
    assert "climbed" in {sent.message for sent in seen.ahead.sent}
    assert everything_of(power.office) == before


def test_without_the_rule_in_the_policy_nothing_climbs(power: Difficulty) -> None:
    """A district that names no days before a node keeps its cases where they are."""
    policy, day = power.office.policy, date(2026, 8, 14)
    without = replace(policy, milestones=replace(policy.milestones, at_risk_days=None))
    with power.office.reading() as session:
        assert held_up(session, without, day) == []
        assert [held.code for held in held_up(session, policy, day)] == [power.code]
