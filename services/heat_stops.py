"""Days on which sites stood still because of the heat: told, and taken back where that was a slip of the hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import insert, select, update

from domain import milestones as rules
from domain.clocks import ClockState, Moment
from domain.fields import Fields
from domain.refusals import need, wrong
from models import clock as tables
from models.directory import Project
from models.milestone import HeatStop, Milestone
from services.case_files import read_all_moments, read_clock
from services.desk import StepResult
from services.milestone_fields import project_of, text_of
from services.milestone_files import Desk, enter, keep, nodes_of, open_clocks

BACK = 366
"""Days back at most of a heat-stop day."""


def stop(desk: Desk, given: Fields) -> StepResult:
    """A day on which a project's site, or those of all that work outdoors, stood still. Raises FieldRefused."""
    day = given.day("date")
    if day is None:
        raise need("date", "name the day on which the sites stood still, as YYYY-MM-DD")
    if day > desk.today + timedelta(days=1):
        raise wrong("date", f"{day} is too far ahead; tell a heat stop on the day before at the earliest")
    if day < desk.today - timedelta(days=BACK):
        raise wrong("date", f"{day} is more than a year ago")
    one = project_of(desk, given) if given.get("project") else None
    before = {row.project_id: row for row in desk.session.scalars(select(HeatStop).where(HeatStop.day == day))}
    counts = {code for code, row in before.items() if row.taken_back_at is None}
    stopped = [p for p in ([one] if one is not None else _outdoors(desk)) if p.id not in counts]
    if not stopped:
        raise wrong("date", f"{day} is recorded as a heat-stop day already")
    again = [p.id for p in stopped if p.id in before]
    told = {"told_at": desk.now, "reason": text_of(given, "reason"), "taken_back_at": None, "taken_back": ""}
    if again:
        desk.session.execute(
            update(HeatStop)
            .where(HeatStop.day == day, HeatStop.project_id.in_(again))
            .values(told)
            .execution_options(synchronize_session=False)
        )
    new = [{"project_id": p.id, "day": day, **told} for p in stopped if p.id not in before]
    if new:
        desk.session.execute(insert(HeatStop), new)
    nodes = nodes_of(desk.session, [p.id for p in stopped])
    clocks = open_clocks(desk.session, [node.id for node in nodes])
    excused = 0
    for node in nodes:
        clock = clocks.get(node.id)
        if clock is not None and rules.counts_for(clock.started, day, desk.time.zone):
            rules.excuse(clock, day, desk.policy, desk.time, node.forecast)
            node.excused += 1
            enter(desk, node, "heat_stop", day)
            excused += 1
    keep(desk, list(clocks.values()))
    said = f"{day} does not count for {excused} nodes of {len(stopped)} projects"
    zh = f"{day} 为高温停工日，{len(stopped)} 个项目的 {excused} 个节点不计该日"
    return StepResult(one.id if one is not None else "*", True, said, zh)


def take_back(desk: Desk, given: Fields) -> StepResult:
    """A heat-stop day that was told by mistake counts again; that it was told stays on record. Raises FieldRefused."""
    day, reason = given.day("date"), text_of(given, "reason")
    if day is None:
        raise need("date", "name the heat-stop day to take back, as YYYY-MM-DD")
    if not reason:
        raise need("reason", "say why the day is taken back")
    one = project_of(desk, given) if given.get("project") else None
    query = select(HeatStop).where(HeatStop.day == day, HeatStop.taken_back_at.is_(None)).order_by(HeatStop.project_id)
    stops = desk.session.scalars(query if one is None else query.where(HeatStop.project_id == one.id)).all()
    if not stops:
        raise wrong("date", f"{day} is no heat-stop day{f' of {one.id}' if one is not None else ''}; see the plan")
    for row in stops:
        row.taken_back_at, row.taken_back = desk.now, reason
    nodes = nodes_of(desk.session, [row.project_id for row in stops])
    counted = 0
    for node, clock, moments in _latest(desk, nodes):
        if day not in rules.excused_days(moments, desk.time.zone):
            continue
        node.excused -= 1
        enter(desk, node, "heat_stop_back", day, reason)
        counted += 1
        if clock.state is ClockState.RUNNING:
            running = read_clock(clock)
            rules.unexcuse(running, day, desk.now, desk.policy, desk.time, node.forecast)
            keep(desk, [running])
    said = f"{day} counts again for {counted} nodes of {len(stops)} projects; notices that went out stay"
    zh = f"{day} 恢复计入 {len(stops)} 个项目的 {counted} 个节点；已发出的督办文书不变"
    return StepResult(one.id if one is not None else "*", True, said, zh)


def _latest(desk: Desk, nodes: Sequence[Milestone]) -> list[tuple[Milestone, tables.Clock, list[Moment]]]:
    """Each node with the clock of its present plan and that one's history."""
    c = tables.Clock
    rows = desk.session.scalars(
        select(c).where(c.milestone_id.in_([node.id for node in nodes]), c.kind == rules.KIND).order_by(c.id)
    )
    last = {row.milestone_id: row for row in rows}
    moments = read_all_moments(desk.session, [row.id for row in last.values()])
    return [(node, last[node.id], moments[last[node.id].id]) for node in nodes if node.id in last]


def _outdoors(desk: Desk) -> Sequence[Project]:
    """The projects whose sites a heat stop closes: those that work outdoors, by their own facts."""
    found = desk.session.scalars(select(Project).where(Project.status == "active").order_by(Project.id))
    return [project for project in found if project.facts.get("outdoor_works", True)]
