"""What happens in the written stories to a project's plan: the desk records, the lead official rules, notices go out."""

from __future__ import annotations

from pytest_bdd import step, then
from sqlalchemy import func, select

from models.clock import Notice
from services.milestone_rulings import rule_on_change
from services.milestone_view import NodeLine, plan_of
from services.milestones import set_milestone
from tests.stories.stage import Stage
from tests.stories.words import PERSONS, SaidDay, SaidMoment, sentence

PROJECT, NODE = "P02", "structure"


def _record(stage: Stage, what: str, day: SaidDay, **more: str) -> None:
    stage.happens()
    stage.commands += 1
    asked = {"what": what, "project": PROJECT, "node": NODE, "date": stage.day(day), **more}
    done = set_milestone(stage.office, asked, f"plan-{stage.commands}")
    assert done.done, done.message


def _node(stage: Stage) -> NodeLine:
    plan = plan_of(stage.office, PROJECT)
    assert plan is not None
    [node] = plan.nodes
    assert all(clock.agrees for clock in node.clocks)
    return node


@step(sentence("the days pass until {moment:Moment}"))
def _(stage: Stage, moment: SaidMoment) -> None:
    stage.wait_until(moment)


@step(sentence("the main structure of the battery plant's project is planned for {day:Day}"))
def _(stage: Stage, day: SaidDay) -> None:
    _record(stage, "plan", day)


@step(sentence("the desk expects the main structure on {day:Day}"))
def _(stage: Stage, day: SaidDay) -> None:
    _record(stage, "forecast", day)


@step(sentence("the desk records that the main structure was reached on {day:Day}"))
def _(stage: Stage, day: SaidDay) -> None:
    _record(stage, "actual", day)


@step(sentence("the desk tells that the site stood still because of the heat on {day:Day}"))
def _(stage: Stage, day: SaidDay) -> None:
    _record(stage, "heat_stop", day)


@step(sentence('the desk asks to move the main structure to {day:Day}: "{reason}"'))
def _(stage: Stage, day: SaidDay, reason: str) -> None:
    _record(stage, "change", day, reason=reason)


@step("the deputy chief approves the other day")
def _(stage: Stage) -> None:
    _rule(stage, "approve")


@step(sentence('the deputy chief refuses the other day: "{remark}"'))
def _(stage: Stage, remark: str) -> None:
    _rule(stage, "refuse", remark=remark)


def _rule(stage: Stage, action: str, **fields: str) -> None:
    stage.happens()
    address = f"{PERSONS['the deputy chief']}@example.org"
    asked = [mail for mail in stage.mails if mail.to == address and mail.message == "milestone_change_asked"]
    [link] = [link for link in asked[-1].links if "/act/" in link]
    done = rule_on_change(stage.office, link.rpartition("/")[2], action, fields)
    assert done.done, done.message.en


@then(sentence("the main structure is planned for {day:Day} still"))
def _(stage: Stage, day: SaidDay) -> None:
    node = _node(stage)
    assert node.plan.isoformat() == node.original_plan.isoformat() == stage.day(day)


@then(sentence("the main structure is planned for {day:Day}, and was for {first:Day}"))
def _(stage: Stage, day: SaidDay, first: SaidDay) -> None:
    node = _node(stage)
    assert (node.plan.isoformat(), node.original_plan.isoformat()) == (stage.day(day), stage.day(first))


@then(sentence("it is {days:d} days late, and its light is {light:Light}"))
def _(stage: Stage, days: int, light: str) -> None:
    node = _node(stage)
    assert (node.standing.slip, node.light) == (days, light)


@then(sentence("{number:d} notices about the main structure went out"))
@then(sentence("{number:d} notice about the main structure went out"))
def _(stage: Stage, number: int) -> None:
    with stage.office.reading() as session:
        assert session.scalar(select(func.count()).where(Notice.milestone_id.is_not(None))) == number
