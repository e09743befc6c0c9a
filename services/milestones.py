"""Setting a project's plan: planned, expected and actual days, changes that somebody must rule on, heat-stop days.

A command is done once. Every refusal names the field and the remedy; what is only odd is done, and said as a warning.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import insert, select

from domain import milestones as rules
from domain.fields import Fields
from domain.policy import Label
from domain.refusals import Refused, need, wrong
from models.directory import Project
from models.milestone import ChangeState, HeatStop, Milestone, MilestoneChange
from notifications.message import words
from services.desk import StepResult, remember, repeated, repeated_in
from services.links import PLAN
from services.milestone_files import REACHED, Desk, end_clock, enter, keep, nodes_of, open_clocks, start_clock
from services.milestone_people import answers_for, decider
from services.office import Office
from services.owing import insert_once, outbox_row
from services.people import load_people
from services.report import clean
from services.senders import find_projects

FIRST_DAY = date(2000, 1, 1)
FAR = 20
"""Years ahead beyond which a day is a slip of the hand."""

BACK = 366
"""Days back at most of a heat-stop day."""


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
            result = _stop(desk, given) if what == "heat_stop" else _of_node(office, desk, what, given)
            remember(session, office, command_id, [result])
    except Refused as refusal:
        return StepResult(said, False, str(refusal))
    return result


def _of_node(office: Office, desk: Desk, what: str, given: Fields) -> StepResult:
    project = _project(desk, given)
    code = given.text("node", "choose a node of the chain")
    if desk.policy.milestones.node(code) is None:
        chain = ", ".join(node.code for node in desk.policy.milestones.nodes)
        raise wrong("node", f"{code!r} is no node of the policy's chain; choose one of {chain}")
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
            return _forecast(desk, project, node, day)
        case "actual":
            return _reached(desk, project, nodes, node, day, given)
        case _:
            return _ask(office, desk, project, node, day, given)


def _project(desk: Desk, given: Fields) -> Project:
    said = given.text("project", "choose a project")
    [project] = find_projects(desk.session, [said])
    if project is None:
        raise wrong("project", f"{said!r} is no project of this district; name it by its code, e.g. P02")
    return project


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
    enter(desk, node, "plan", day, _text(given, "reason"))
    start_clock(desk, node)
    return _done(project, code, f"planned for {day}", _out_of_order(desk, nodes, code, day))


def _forecast(desk: Desk, project: Project, node: Milestone, day: date) -> StepResult:
    if node.actual is not None:
        raise wrong("node", f"{node.node} of {project.id} was reached on {node.actual}; there is nothing to expect")
    if day < desk.today:
        raise wrong("date", f"{day} has passed; if the node was reached then, record it with what = actual")
    node.forecast = day
    enter(desk, node, "forecast", day)
    now = rules.standing(node.plan, node.excused, day, None, desk.today, desk.policy.milestones)
    later = f", {now.slip} days after plan ({now.light.value})" if now.slip > 0 else ""
    return _done(project, node.node, f"expected for {day}{later}; the planned day stays {node.plan}", [])


def _reached(
    desk: Desk, project: Project, nodes: Mapping[str, Milestone], node: Milestone, day: date, given: Fields
) -> StepResult:
    if day > desk.today:
        raise wrong("date", f"{day} is in the future; record what is expected with what = forecast")
    reason = _text(given, "reason")
    if node.actual is not None and not reason:
        raise wrong("date", f"{node.node} of {project.id} was reached on {node.actual}; to correct that, give a reason")
    node.actual = day
    enter(desk, node, "actual", day, reason)
    end_clock(desk, node, REACHED)
    for change in _asked(desk, node):
        change.state, change.decided_at, change.remark = ChangeState.LAPSED, desk.now, "reached meanwhile"
    return _done(project, node.node, f"reached on {day}", _too_early(desk, nodes, node.node, day))


def _ask(office: Office, desk: Desk, project: Project, node: Milestone, day: date, given: Fields) -> StepResult:
    if node.actual is not None:
        raise wrong(
            "node", f"{node.node} of {project.id} was reached on {node.actual}; its plan cannot change any more"
        )
    if day == node.plan:
        raise wrong("date", f"{node.node} of {project.id} is planned for {day} already; name another day")
    if day < desk.today:
        raise wrong("date", f"{day} has passed; name a day from {desk.today} on")
    reason = _text(given, "reason")
    if not reason:
        raise need("reason", "say why the planned day should change")
    if _asked(desk, node):
        raise wrong("node", f"a change of {node.node} of {project.id} is being decided already; wait for the ruling")
    people = load_people(desk.session, desk.policy)
    who = decider(people, given.get("decider"), node, project, desk.today)
    change = MilestoneChange(
        milestone_id=node.id, from_day=node.plan, to_day=day, reason=reason, document=_text(given, "document"), asked_at=desk.now,
        channel=desk.channel, decider_id=who.principal.id if who.principal else who.person.id, state=ChangeState.ASKED,
        remark="",
    )  # fmt: skip
    desk.session.add(change)
    desk.session.flush()
    planned = desk.policy.milestones.node(node.node)
    mail = outbox_row(
        key=f"milestone_change:{change.id}", message="milestone_change_asked", address=who.person.email,
        locale=who.person.locale, now=desk.now, domain=office.mail_domain, account=who.person.id,
        grant={
            "party": PLAN, "milestone": node.id, "change": change.id, "principal": who.principal.id if who.principal else None,
        },
        facts={
            "project_code": project.id, "project": {"zh": project.name_zh, "en": project.name_en},
            "node": words(planned.label if planned else Label(node.node, node.node)), "from_day": node.plan.isoformat(),
            "original_plan": node.original_plan.isoformat(), "to_day": day.isoformat(), "reason": reason,
            "document": change.document or None, "responsible": words(people.label(answers_for(node, project) or "")),
            "stands_for": words(who.principal.title) if who.principal else None,
        },
    )  # fmt: skip
    insert_once(desk.session, [mail])
    asked = f"asked to move from {node.plan} to {day}; {who.person.id} decides, until then {node.plan} stands"
    return _done(project, node.node, asked, [])


def _stop(desk: Desk, given: Fields) -> StepResult:
    day = given.day("date")
    if day is None:
        raise need("date", "name the day on which the sites stood still, as YYYY-MM-DD")
    if day > desk.today + timedelta(days=1):
        raise wrong("date", f"{day} is too far ahead; tell a heat stop on the day before at the earliest")
    if day < desk.today - timedelta(days=BACK):
        raise wrong("date", f"{day} is more than a year ago")
    one = _project(desk, given) if given.get("project") else None
    known = set(desk.session.scalars(select(HeatStop.project_id).where(HeatStop.day == day)))
    stopped = [p for p in ([one] if one is not None else _outdoors(desk)) if p.id not in known]
    if not stopped:
        raise wrong("date", f"{day} is recorded as a heat-stop day already")
    told = {"day": day, "told_at": desk.now, "reason": _text(given, "reason")}
    desk.session.execute(insert(HeatStop), [{"project_id": p.id, **told} for p in stopped])
    nodes = nodes_of(desk.session, [p.id for p in stopped])
    clocks = open_clocks(desk.session, [node.id for node in nodes])
    excused = 0
    for node in nodes:
        clock = clocks.get(node.id)
        if clock is not None and rules.counts_for(clock.started, day, desk.time.zone):
            rules.excuse(clock, day, desk.policy, desk.time)
            node.excused += 1
            enter(desk, node, "heat_stop", day)
            excused += 1
    keep(desk, list(clocks.values()))
    code = one.id if one is not None else "*"
    return StepResult(code, True, f"{day} does not count for {excused} nodes of {len(stopped)} projects")


def _outdoors(desk: Desk) -> Sequence[Project]:
    """The projects whose sites a heat stop closes: those that work outdoors, by their own facts."""
    found = desk.session.scalars(select(Project).where(Project.status == "active").order_by(Project.id))
    return [project for project in found if project.facts.get("outdoor_works", True)]


def _asked(desk: Desk, node: Milestone) -> Sequence[MilestoneChange]:
    c = MilestoneChange
    return desk.session.scalars(select(c).where(c.milestone_id == node.id, c.state == ChangeState.ASKED)).all()


def _out_of_order(desk: Desk, nodes: Mapping[str, Milestone], code: str, day: date) -> list[str]:
    """Nodes of the plan that this day overtakes: a warning, since sites do work side by side."""
    chain = [node.code for node in desk.policy.milestones.nodes]
    place = chain.index(code)
    before = [c for c in chain[:place] if c in nodes and nodes[c].plan > day]
    after = [c for c in chain[place + 1 :] if c in nodes and nodes[c].plan < day]
    return [f"{c} before it is planned for {nodes[c].plan}" for c in before[-1:]] + [
        f"{c} after it is planned for {nodes[c].plan}" for c in after[:1]
    ]


def _too_early(desk: Desk, nodes: Mapping[str, Milestone], code: str, day: date) -> list[str]:
    """Nodes that should have been reached before, e.g. construction before its permit."""
    found = []
    for node in desk.policy.milestones.nodes:
        if node.code == code:
            break
        earlier = nodes.get(node.code)
        if earlier is None:
            continue
        if earlier.actual is None:
            found.append(f"{node.code} ({node.label.en}) has not been reached")
        elif earlier.actual > day:
            found.append(f"{node.code} ({node.label.en}) was reached only on {earlier.actual}")
    return found


def _done(project: Project, code: str, said: str, warnings: Sequence[str]) -> StepResult:
    more = f". Warning: {'; '.join(warnings)}" if warnings else ""
    return StepResult(project.id, True, f"{project.id} {code}: {said}{more}")


def _text(given: Fields, name: str) -> str:
    return clean(given.get(name), name, 500, lines=True)
