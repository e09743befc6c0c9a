"""Setting a project's plan: planned, expected and actual days, changes that somebody must rule on, heat-stop days.

A command is done once. Every refusal names the field and the remedy; what is only odd is done, and said as a warning.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from domain import milestones as rules
from domain.clocks import ClockState
from domain.fields import Fields
from domain.lights import LIGHT_LABELS
from domain.policy import Label
from domain.refusals import Refused, need, wrong
from models.directory import Project
from models.milestone import ChangeState, Milestone
from services.desk import StepResult, remember, repeated, repeated_in
from services.desk import said as result_of
from services.heat_stops import stop, take_back
from services.milestone_fields import project_of, recorded, text_of
from services.milestone_files import REACHED, Desk, end_clock, enter, keep, nodes_of, open_clocks, start_clock
from services.node_cases import HOLDING
from services.office import Office
from services.plan_changes import ask, asked, end_ruling
from services.refusal_words import told

FIRST_DAY = date(2000, 1, 1)
FAR = 20
"""Years ahead beyond which a day is a slip of the hand."""

OF_SITES = {"heat_stop": stop, "heat_stop_back": take_back}
"""What is recorded of whole sites, not of a node."""


def set_milestone(office: Office, data: Mapping[str, Any], command_id: str, channel: str = "prefect") -> StepResult:
    """Record one thing of a plan: `what`, `project`, `node`, `date`, `reason`, `document`, `decider`. A refusal is a result."""
    known = repeated(office, command_id)
    if known is not None:
        return known[0]
    given = Fields({k: v for k, v in data.items() if v not in (None, "", "—")})
    said = given.get("project")
    try:
        what = given.choice("what", tuple(rules.PLAN_STEPS))
        with office.writing() as session:
            known = repeated_in(session, command_id)
            if known is not None:
                return known[0]
            desk = Desk(session, office.policy, office.time, office.now(), channel)
            of_site = OF_SITES.get(what)
            result = of_site(desk, given) if of_site is not None else _of_node(office, desk, what, given)
            remember(session, office, command_id, [result])
    except Refused as refusal:
        return result_of(said, False, told(refusal))
    return result


def _of_node(office: Office, desk: Desk, what: str, given: Fields) -> StepResult:
    project = project_of(desk, given)
    code = given.text("node", "choose a node of the chain")
    if desk.policy.milestones.node(code) is None:
        chain = ", ".join(node.code for node in desk.policy.milestones.nodes)
        raise wrong("node", f"{code!r} is no node of the policy's chain; choose one of {chain}")
    if what in HOLDING:
        return HOLDING[what](desk, project, code, given)
    day = given.day("date")
    if day is None:
        raise need("date", "name the day, as YYYY-MM-DD")
    if not FIRST_DAY <= day <= desk.today.replace(day=1) + timedelta(days=366 * FAR):
        raise wrong("date", f"{day.isoformat()} is no day of a plan; check the year")
    nodes = {node.node: node for node in nodes_of(desk.session, [project.id])}
    node = nodes.get(code)
    if what == "plan":
        return _plan(desk, project, nodes, code, day, given)
    if node is None:
        raise wrong("node", f"{code} of {project.id} has no planned day yet; set it first, with what = plan")
    match what:
        case "forecast":
            return _forecast(office, desk, project, node, day)
        case "actual":
            return _reached(desk, project, nodes, node, day, given)
        case _:
            return ask(office, desk, project, node, day, given)


def _plan(
    desk: Desk, project: Project, nodes: Mapping[str, Milestone], code: str, day: date, given: Fields
) -> StepResult:
    if code in nodes:
        planned = nodes[code].plan
        raise wrong(
            "date", f"{code} of {project.id} is planned for {planned}; another day needs a reason and a ruling: what = change"
        )  # fmt: skip
    node = Milestone(project_id=project.id, node=code, plan=day, original_plan=day, excused=0, cycle=1)
    desk.session.add(node)
    desk.session.flush()
    enter(desk, node, "plan", day, text_of(given, "reason"))
    start_clock(desk, node)
    return recorded(
        project, code, Label(f"计划时间为 {day}", f"planned for {day}"), _out_of_order(desk, nodes, code, day)
    )


def _forecast(office: Office, desk: Desk, project: Project, node: Milestone, day: date) -> StepResult:
    if node.actual is not None:
        raise wrong("node", f"{node.node} of {project.id} was reached on {node.actual}; there is nothing to expect")
    if day < desk.today:
        raise wrong("date", f"{day} has passed; if the node was reached then, record it with what = actual")
    node.forecast = day
    enter(desk, node, "forecast", day)
    limits = desk.policy.milestones
    for clock in open_clocks(desk.session, [node.id]).values():
        policy = office.in_force.policy_of(desk.session, clock.policy_version)
        rules.expect(clock, day, policy, desk.time)
        keep(desk, [clock])
        limits = policy.milestones
    now = rules.standing(node.plan, node.excused, day, None, desk.today, limits)
    later = Label("", "")
    if now.slip > 0:
        light = LIGHT_LABELS[now.light].zh.partition("·")[0]
        later = Label(f"，比计划晚 {now.slip} 天（{light}）", f", {now.slip} days after plan ({now.light.value})")
    words = Label(
        f"预计时间为 {day}{later.zh}；计划时间 {node.plan} 不变",
        f"expected for {day}{later.en}; the planned day stays {node.plan}",
    )
    return recorded(project, node.node, words)


def _reached(
    desk: Desk, project: Project, nodes: Mapping[str, Milestone], node: Milestone, day: date, given: Fields
) -> StepResult:
    if day > desk.today:
        raise wrong("date", f"{day} is in the future; record what is expected with what = forecast")
    reason = text_of(given, "reason")
    if node.actual is not None and not reason:
        raise wrong("date", f"{node.node} of {project.id} was reached on {node.actual}; to correct that, give a reason")
    node.actual = day
    enter(desk, node, "actual", day, reason)
    end_clock(desk, node, REACHED)
    for change in asked(desk, node):
        change.state, change.decided_at, change.remark = ChangeState.LAPSED, desk.now, "reached meanwhile"
        end_ruling(desk, change, ClockState.SUPERSEDED)
    return recorded(
        project, node.node, Label(f"已于 {day} 完成", f"reached on {day}"), _too_early(desk, nodes, node.node, day)
    )


def _out_of_order(desk: Desk, nodes: Mapping[str, Milestone], code: str, day: date) -> list[Label]:
    """Nodes of the plan that this day overtakes: a warning, since sites do work side by side."""
    chain = [node.code for node in desk.policy.milestones.nodes]
    place = chain.index(code)
    before = [c for c in chain[:place] if c in nodes and nodes[c].plan > day]
    after = [c for c in chain[place + 1 :] if c in nodes and nodes[c].plan < day]
    return [
        Label(f"其前的节点 {c} 计划时间为 {nodes[c].plan}", f"{c} before it is planned for {nodes[c].plan}")
        for c in before[-1:]
    ] + [
        Label(f"其后的节点 {c} 计划时间为 {nodes[c].plan}", f"{c} after it is planned for {nodes[c].plan}")
        for c in after[:1]
    ]


def _too_early(desk: Desk, nodes: Mapping[str, Milestone], code: str, day: date) -> list[Label]:
    """Nodes that should have been reached before, e.g. construction before its permit."""
    found = []
    for node in desk.policy.milestones.nodes:
        if node.code == code:
            break
        earlier = nodes.get(node.code)
        if earlier is None:
            continue
        if earlier.actual is None:
            found.append(
                Label(f"{node.label.zh}（{node.code}）尚未完成", f"{node.code} ({node.label.en}) has not been reached")
            )
        elif earlier.actual > day:
            found.append(
                Label(
                    f"{node.label.zh}（{node.code}）于 {earlier.actual} 才完成",
                    f"{node.code} ({node.label.en}) was reached only on {earlier.actual}",
                )
            )
    return found
