"""Projects' plans: what is recorded of a node, when its notices go out, and what a heat stop takes off."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

import pytest
from sqlalchemy import select, update

from models.clock import Clock, Notice
from models.milestone import Milestone, MilestoneChange, MilestoneEntry
from models.office import Outbox
from services.audit import verify
from services.desk import StepResult
from services.links import mint
from services.milestone_json import plan_json
from services.milestone_rulings import rule_on_change
from services.milestone_view import plan_of
from services.milestones import set_milestone
from services.office import Office
from services.policy_versions import adopt, kept_text
from services.sweep import sweep

Set = Callable[[str], datetime]
COMMANDS = count()


@pytest.fixture
def planned(office: Office, at: Set) -> Office:
    """The ground of P02 was to be broken on Monday 20 July; the plan was made on the Thursday before."""
    at("2026-07-16 09:00")
    assert record(office, "plan", "started", "2026-07-20").done
    return office


def record(office: Office, what: str, node: str = "started", date: str = "", **more: Any) -> StepResult:
    """Record something of P02, each time as a command of its own."""
    asked = {"what": what, "project": "P02", "node": node, "date": date, **more}
    return set_milestone(office, asked, f"m-{next(COMMANDS)}")


def node_of(office: Office, code: str = "started") -> Milestone:
    """A node of P02."""
    with office.reading() as session:
        return session.scalars(select(Milestone).where(Milestone.project_id == "P02", Milestone.node == code)).one()


def clocks_of(office: Office) -> list[Clock]:
    """The clocks of P02's nodes, the oldest first."""
    with office.reading() as session:
        mine = (Clock.milestone_id.is_not(None), Clock.kind == "milestone")
        return list(session.scalars(select(Clock).where(*mine).order_by(Clock.id)))


def notices(office: Office) -> list[tuple[str, str, int]]:
    """(colour, owner, days of slip) of every notice about a node."""
    with office.reading() as session:
        rows = session.scalars(select(Notice).where(Notice.milestone_id.is_not(None)).order_by(Notice.id))
        return [(row.colour.value, row.owner, row.overdue_days) for row in rows]


def mails(office: Office, message: str) -> list[Outbox]:
    """What the outbox holds of a kind."""
    with office.reading() as session:
        return list(session.scalars(select(Outbox).where(Outbox.message == message).order_by(Outbox.id)))


def test_a_slip_of_eight_days_is_yellow_once_and_of_thirty_one_red_once(planned: Office, at: Set) -> None:
    """More than seven calendar days late are yellow, more than thirty red; each notice is numbered, and goes out once."""
    at("2026-07-27 23:50")
    assert sweep(planned).notices == 0
    at("2026-07-28 00:10")
    assert [(s.case, s.clock, s.step) for s in sweep(planned).steps] == [("P02", "milestone", "yellow")]
    assert sweep(planned).notices == 0
    at("2026-08-19 23:50")
    assert sweep(planned).notices == 0
    at("2026-08-20 00:10")
    sweep(planned)
    sweep(planned)
    assert notices(planned) == [("yellow", "R11", 8), ("red", "R11", 31)]
    yellow, red = (
        [(m.account_id, m.facts["is_copy"]) for m in mails(planned, "milestone_notice") if m.facts["colour"] == colour]
        for colour in ("yellow", "red")
    )
    assert yellow[0] == ("R11", False)
    assert [copy for _, copy in yellow[1:]] == [True] * (len(yellow) - 1)
    # A red notice goes to the project's own lead official too.
    assert ("R02", True) in red
    assert ("R02", True) not in yellow
    assert verify(planned).findings == ()


def test_after_a_pause_of_the_sweep_only_red_is_issued(planned: Office, at: Set) -> None:
    """After an outage only the highest colour due is issued; the yellow one is recorded as skipped."""
    at("2026-09-10 09:00")
    sweep(planned)
    assert [colour for colour, _, _ in notices(planned)] == ["red"]


def test_a_heat_stop_day_is_taken_off_each_open_node(planned: Office, at: Set) -> None:
    """Two days on which the site stood still move yellow by two days, told in advance or afterwards, and are told once."""
    at("2026-07-21 09:00")
    assert record(planned, "heat_stop", date="2026-07-22").done
    again = record(planned, "heat_stop", date="2026-07-22")
    assert not again.done
    assert "already" in again.message
    at("2026-07-29 23:50")
    assert record(planned, "heat_stop", date="2026-07-21").done
    assert sweep(planned).notices == 0
    at("2026-07-30 00:10")
    assert sweep(planned).notices == 1
    [mail] = [m for m in mails(planned, "milestone_notice") if not m.facts["is_copy"]]
    assert mail.facts["slip"] == 8
    assert mail.facts["excused"] == 2
    node = node_of(planned)
    assert (node.plan.isoformat(), node.excused) == ("2026-07-20", 2)
    assert verify(planned).findings == ()


def test_a_heat_stop_day_told_by_mistake_is_taken_back(planned: Office, at: Set) -> None:
    """It counts again for every open node, with its reason on record; told once more, it is taken off once more."""
    at("2026-07-22 09:00")
    assert record(planned, "heat_stop", date="2026-07-21").done
    assert record(planned, "heat_stop", date="2026-07-22").done
    assert "say why" in record(planned, "heat_stop_back", date="2026-07-21").message
    back = record(planned, "heat_stop_back", date="2026-07-21", reason="当日未停工")
    assert back.done
    assert "counts again for 1 nodes" in back.message
    refused = record(planned, "heat_stop_back", date="2026-07-21", reason="当日未停工")
    assert not refused.done
    assert "no heat-stop day" in refused.message
    assert node_of(planned).excused == 1
    assert verify(planned).findings == ()
    plan = plan_json(planned, "P02")
    assert plan is not None
    assert plan["heat_stops"] == ["2026-07-22"]
    assert plan["nodes"][0]["clocks"][0]["heat_stop_days"] == ["2026-07-22"]
    assert plan["nodes"][0]["clocks"][0]["agrees"]
    with planned.reading() as session:
        said = session.scalars(select(MilestoneEntry).order_by(MilestoneEntry.id)).all()
    assert [(e.what, str(e.day), e.note) for e in said[1:]] == [
        ("heat_stop", "2026-07-21", ""), ("heat_stop", "2026-07-22", ""), ("heat_stop_back", "2026-07-21", "当日未停工"),
    ]  # fmt: skip
    at("2026-07-28 23:50")
    assert sweep(planned).notices == 0
    at("2026-07-29 00:10")
    assert sweep(planned).notices == 1
    assert record(planned, "heat_stop", date="2026-07-21").done
    assert node_of(planned).excused == 2
    assert verify(planned).findings == ()


def test_a_day_taken_back_counts_for_a_node_that_was_reached_and_for_a_plan_made_anew(planned: Office, at: Set) -> None:
    """The slip of a node that came in meanwhile is counted again; a new plan does not take the day off."""
    at("2026-07-24 09:00")
    assert record(planned, "heat_stop", date="2026-07-23").done
    assert record(planned, "actual", date="2026-07-24").done
    assert record(planned, "heat_stop_back", date="2026-07-23", reason="当日未停工").done
    assert node_of(planned).excused == 0
    assert record(planned, "plan", "piling", "2026-09-01").done
    assert node_of(planned, "piling").excused == 0
    assert verify(planned).findings == ()


def test_a_heat_stop_before_the_plan_was_made_takes_nothing_off(planned: Office, at: Set) -> None:
    """The plan that was made afterwards knew of it."""
    at("2026-07-17 09:00")
    assert "0 nodes" in record(planned, "heat_stop", date="2026-07-15").message


def test_a_node_that_was_reached_owes_nothing_more(planned: Office, at: Set) -> None:
    """The actual day ends the clock."""
    at("2026-07-25 09:00")
    done = record(planned, "actual", date="2026-07-24")
    assert done.done
    at("2026-12-01 09:00")
    assert sweep(planned).notices == 0
    assert [clock.state.value for clock in clocks_of(planned)] == ["met"]
    assert verify(planned).findings == ()


@pytest.mark.parametrize(
    ("what", "fields", "says"),
    [
        ("plan", {"date": "2026-07-25"}, "what = change"),
        ("plan", {"node": "no_such_node", "date": "2026-07-25"}, "is no node of the policy's chain"),
        ("plan", {"node": "piling"}, "Field date is missing"),
        ("plan", {"node": "piling", "date": "1026-07-25"}, "check the year"),
        ("plan", {"project": "P99", "date": "2026-07-25"}, "is no project of this district"),
        ("actual", {"date": "2026-07-17"}, "what = forecast"),
        ("actual", {"node": "piling", "date": "2026-07-15"}, "has no planned day yet"),
        ("forecast", {"date": "2026-07-15"}, "what = actual"),
        ("change", {"date": "2026-08-01"}, "Field reason is missing"),
        ("change", {"date": "2026-07-20", "reason": "x"}, "is planned for 2026-07-20 already"),
        ("change", {"date": "2026-07-01", "reason": "x"}, "has passed"),
        ("change", {"date": "2026-08-01", "reason": "x", "decider": "R11"}, "may decide"),
        ("change", {"date": "2026-08-01", "reason": "x", "decider": "nobody"}, "no account in use"),
        ("heat_stop", {"date": "2026-08-01"}, "too far ahead"),
        ("heat_stop", {"date": "2025-01-01"}, "more than a year ago"),
        ("rename", {"date": "2026-08-01"}, "is not one of plan, forecast, actual, change, heat_stop"),
    ],
)
@pytest.mark.sqlite
def test_what_cannot_be_names_the_field_and_the_remedy(
    planned: Office, what: str, fields: dict[str, Any], says: str
) -> None:
    """A refusal is a result; nothing is stored of it."""
    refused = set_milestone(
        planned, {"what": what, "project": "P02", "node": "started", **fields}, f"r-{what}-{says}"[:60]
    )
    assert not refused.done
    assert says in refused.message
    node = node_of(planned)
    assert (node.plan.isoformat(), node.actual, node.forecast) == ("2026-07-20", None, None)


@pytest.mark.sqlite
def test_construction_before_its_permit_is_a_warning(planned: Office, at: Set) -> None:
    """It is recorded, since it happened, and said."""
    at("2026-07-18 09:00")
    assert record(planned, "plan", "build_permit", "2026-07-19").done
    done = record(planned, "actual", date="2026-07-17")
    assert done.done
    assert "Warning: build_permit (Construction permit) has not been reached" in done.message


@pytest.mark.sqlite
def test_an_actual_day_is_corrected_only_with_a_reason(planned: Office, at: Set) -> None:
    """A slip of the hand can be mended; both days stay in what was recorded."""
    at("2026-07-25 09:00")
    assert record(planned, "actual", date="2026-07-24").done
    assert "give a reason" in record(planned, "actual", date="2026-07-23").message
    assert record(planned, "actual", date="2026-07-23", reason="typed the wrong day").done
    assert str(node_of(planned).actual) == "2026-07-23"
    assert "cannot change any more" in record(planned, "change", date="2026-08-01", reason="x").message


def test_a_command_is_done_once(planned: Office, at: Set) -> None:
    """Repeating a run returns what it said the first time."""
    at("2026-07-25 09:00")
    asked = {"what": "heat_stop", "date": "2026-07-24"}
    first = set_milestone(planned, asked, "same")
    assert first.done
    assert set_milestone(planned, asked, "same") == first
    assert node_of(planned).excused == 1


def asked_of(office: Office) -> tuple[str, MilestoneChange]:
    """The token of the link to the change that was asked for last, minted as its mail would have it, and the change."""
    mail = mails(office, "milestone_change_asked")[-1]
    assert mail.grant is not None
    with office.writing() as session:
        token = mint(
            session, office, mail.grant, case_id=None, delivery_id=None, account=mail.account_id, contact=None
        )  # fmt: skip
        return token, session.get_one(MilestoneChange, mail.grant["change"])


def test_an_approved_change_starts_another_clock(planned: Office, at: Set) -> None:
    """The yellow notice of the old day stays; the new day gets its own, in the next cycle."""
    at("2026-07-28 09:00")
    assert sweep(planned).notices == 1
    assert record(planned, "change", date="2026-08-10", reason="更换桩机").done
    assert "being decided already" in record(planned, "change", date="2026-08-11", reason="x").message
    token, change = asked_of(planned)
    assert (change.decider_id, str(change.from_day)) == ("R02", "2026-07-20")
    assert not rule_on_change(planned, token, "refuse", {}).done
    assert rule_on_change(planned, token, "approve", {}).done
    assert not rule_on_change(planned, token, "approve", {}).done, "it is decided once"
    node = node_of(planned)
    assert (str(node.plan), str(node.original_plan), node.cycle) == ("2026-08-10", "2026-07-20", 2)
    assert [(c.state.value, c.cycle) for c in clocks_of(planned)] == [("met", 1), ("running", 2)]
    at("2026-08-18 09:00")
    assert sweep(planned).notices == 1
    assert [colour for colour, _, _ in notices(planned)] == ["yellow", "yellow"]
    assert verify(planned).findings == ()


def test_a_planned_day_that_no_ruling_gives_is_a_finding(planned: Office) -> None:
    """Whoever types another day into the database is found out, whether or not the clock was moved with it."""
    with planned.writing() as session:
        session.execute(update(Milestone).values(plan=date.fromisoformat("2026-09-01")))
    assert any("its approved changes give 2026-07-20" in str(found) for found in verify(planned).findings)
    with planned.writing() as session:
        session.execute(update(Milestone).values(plan=date.fromisoformat("2026-07-20")))
    assert verify(planned).findings == ()
    with planned.writing() as session:
        session.execute(update(Clock).values(due=datetime(2026, 9, 1, tzinfo=UTC)))
    assert [found.kind for found in verify(planned).findings] == ["clock_differs"]


def test_the_project_says_how_its_dates_came_about(planned: Office, at: Set) -> None:
    """Rule, policy version, heat-stop days by name and what follows, as `expedite project` prints them."""
    at("2026-07-22 09:00")
    record(planned, "heat_stop", date="2026-07-21")
    record(planned, "forecast", date="2026-07-25")
    found = plan_json(planned, "p02")
    assert found is not None
    [node] = found["nodes"]
    assert (node["slip_days"], node["expected"], node["light"], node["excused_days"]) == (4, True, "green", 1)
    [clock] = node["clocks"]
    assert clock["heat_stop_days"] == ["2026-07-21"]
    assert clock["planned_end"] == "2026-07-20T23:59:59+08:00"
    assert clock["due"] == "2026-07-21T23:59:59+08:00"
    assert clock["yellow_from"] == "2026-07-29T00:00:00+08:00"
    assert clock["red_from"] == "2026-08-21T00:00:00+08:00"
    assert (clock["agrees"], clock["policy"]) == (True, planned.policy.version)
    assert plan_json(planned, "P99") is None


@pytest.mark.sqlite
def test_a_dry_run_tells_of_nodes_and_writes_nothing(planned: Office, at: Set) -> None:
    """What would be issued on a later day, to whom; no number is drawn."""
    at("2026-07-27 09:00")
    ahead = sweep(planned, datetime(2026, 7, 28, 1, tzinfo=UTC), dry_run=True)
    assert [(step.case, step.clock, step.step) for step in ahead.steps] == [("P02", "milestone", "yellow")]
    assert notices(planned) == []


def test_a_notice_has_the_colour_of_the_light_when_the_forecast_is_worse(planned: Office, at: Set) -> None:
    """Eight days late and expected forty late, the plan shows red: so is the notice, in its document, its mail and for machines."""
    at("2026-07-21 09:00")
    assert record(planned, "forecast", date="2026-08-29").done
    assert sweep(planned).notices == 0
    at("2026-07-28 00:10")
    sweep(planned)
    sweep(planned)
    assert notices(planned) == [("red", "R11", 40)]
    mail = mails(planned, "milestone_notice")[0]
    assert (mail.facts["slip"], mail.facts["expected_slip"]) == (8, 40)
    plan = plan_json(planned, "P02")
    assert plan is not None
    assert (plan["nodes"][0]["light"], plan["nodes"][0]["slip_days"]) == ("red", 40)
    assert plan["nodes"][0]["clocks"][0]["red_from"] == "2026-07-28T00:00:00+08:00"
    at("2026-09-10 09:00")
    assert sweep(planned).notices == 0
    assert verify(planned).findings == ()


def test_a_forecast_that_turns_red_after_the_yellow_notice_is_red_at_once(planned: Office, at: Set) -> None:
    """The light turns red with it, and so does supervision, long before thirty days have passed."""
    at("2026-07-29 09:00")
    sweep(planned)
    assert record(planned, "forecast", date="2026-08-29").done
    sweep(planned)
    assert [colour for colour, *_ in notices(planned)] == ["yellow", "red"]


def test_a_better_forecast_takes_the_red_moment_back(planned: Office, at: Set) -> None:
    """Expected forty days late and then ten, the node is yellow on its eighth day, on the plan and in the notice."""
    at("2026-07-21 09:00")
    assert record(planned, "forecast", date="2026-08-29").done
    assert record(planned, "forecast", date="2026-07-30").done
    at("2026-07-28 00:10")
    sweep(planned)
    assert notices(planned) == [("yellow", "R11", 10)]
    found = plan_of(planned, "P02")
    assert found is not None
    assert found.nodes[0].light == "yellow"


def test_a_heat_stop_day_keeps_what_the_forecast_says(planned: Office, at: Set) -> None:
    """The day moves both colours; the forecast still makes them one."""
    at("2026-07-21 09:00")
    assert record(planned, "forecast", date="2026-08-29").done
    assert record(planned, "heat_stop", date="2026-07-22").done
    at("2026-07-28 12:00")
    assert sweep(planned).notices == 0
    at("2026-07-29 00:10")
    sweep(planned)
    assert notices(planned) == [("red", "R11", 39)]


def test_light_and_notice_go_by_the_limits_of_the_plan(planned: Office, at: Set) -> None:
    """Stricter limits that are adopted later count for plans made later: neither the light nor the notice of this one changes."""
    text = kept_text(planned, planned.policy.version)
    assert text is not None
    assert "yellow: {over: 7" in text
    adopt(planned, text.replace("yellow: {over: 7", "yellow: {over: 1"), recalculate=False, by="operator")
    at("2026-07-24 09:00")
    assert sweep(planned).notices == 0
    found = plan_of(planned, "P02")
    assert found is not None
    assert found.nodes[0].light == "green"
