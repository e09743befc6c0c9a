"""A project's plan as it stands: its nodes with planned, expected and actual days, slip, light, and how each date came about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain import milestones as rules
from domain.clocks import CLOCKS, ClockState, Moment, replay
from domain.label import named as called
from domain.ladder import slip_moment
from domain.lights import LIGHT_LABELS, Light
from domain.milestones import Standing
from domain.plan_rules import PlanRules
from domain.policy import Colour, Label
from models import clock as tables
from models.directory import Enterprise, Project
from models.milestone import HeatStop, Milestone, MilestoneChange
from services.case_files import read_all_moments
from services.case_view import people_of
from services.milestone_people import answers_for
from services.node_risk import holding
from services.notices import NoticeEntry
from services.office import Office
from services.people import People


@dataclass(frozen=True, slots=True)
class PlanClock:
    """How a node's due day came about: by which policy, from when, which heat-stop days were taken off, and what is stored.

    `agrees` says that the clock's events give what is stored. `yellow` and `red` are when it is late enough for them, `limits` by
    which slip. An open node's light goes by the same limits as its notices: those of the policy by which it was planned.
    """

    started: datetime
    plan: datetime | None
    excused: tuple[date, ...]
    due: datetime | None
    yellow: datetime | None
    red: datetime | None
    state: ClockState
    policy: str
    agrees: bool
    limits: PlanRules


@dataclass(frozen=True, slots=True)
class NodeLine:
    """A node in the table. `moved` says that its planned day was changed by a ruling; `warning` is said where nodes overtook."""

    code: str
    label: Label
    progress: int
    plan: date
    original_plan: date
    forecast: date | None
    actual: date | None
    excused: int
    standing: Standing
    owner: Label
    warning: Label | None
    clocks: tuple[PlanClock, ...]
    at_risk: bool = False
    """A key node whose day is near, or whose forecast is red: what holds it up climbs."""
    held_by: tuple[str, ...] = ()
    """The codes of the cases that hold it up; restricted ones are not named. Only of a plan that was asked for by its code."""

    @property
    def moved(self) -> bool:
        """Whether the planned day is not the original one."""
        return self.plan != self.original_plan

    @property
    def light(self) -> str:
        """The light's code, for pages."""
        return self.standing.light.value

    @property
    def light_label(self) -> Label:
        """The light in words: what slips is no case."""
        return PLAN_LIGHTS[self.standing.light]


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """A change of a planned day that was asked for, and its ruling."""

    id: int
    node: Label
    from_day: date
    to_day: date
    reason: str
    document: str
    asked_at: datetime
    decider_id: str
    decider: Label
    state: str
    state_label: Label
    decided_at: datetime | None
    decided_by: Label | None
    remark: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A project with its plan. `light` is the worst of next node, investment and start; None where nothing is known."""

    code: str
    name: Label
    enterprise: Label | None
    area: Label | None
    commissioner: Label | None
    lead_official: Label | None
    total: float | None
    year_plan: float | None
    year_done: float | None
    gap: float | None
    light: Light | None
    next_node: NodeLine | None
    investment: Light | None
    start: Light | None
    nodes: tuple[NodeLine, ...]
    changes: tuple[ChangeLine, ...]
    heat_stops: tuple[date, ...]
    heat_stops_back: tuple[tuple[date, str], ...]
    """Days that were told by mistake and taken back, with the reason."""
    notices: tuple[NoticeEntry, ...]

    @property
    def progress(self) -> int:
        """The share of the whole, in per cent, that the nodes reached stand for."""
        return max((node.progress for node in self.nodes if node.actual is not None), default=0)

    @property
    def light_label(self) -> Label:
        """The light in words."""
        return PLAN_LIGHTS[self.light] if self.light is not None else Label("—", "—")

    def part_label(self, light: Light) -> Label:
        """The light of a part of the whole in words."""
        return PLAN_LIGHTS[light]


PLAN_LIGHTS = LIGHT_LABELS | {
    Light.GREEN: Label("绿灯", "Green"),
    Light.YELLOW: Label("黄灯·滞后", "Yellow · behind plan"),
    Light.RED: Label("红灯·严重滞后", "Red · far behind plan"),
}

STATES = {
    "asked": Label("待裁定", "being decided"),
    "approved": Label("已批准", "approved"),
    "refused": Label("未批准", "refused"),
    "lapsed": Label("已失效（节点已完成）", "lapsed: the node was reached"),
}


def plan_of(office: Office, code: str) -> Plan | None:
    """The plan of the project with that code; None if there is none."""
    with office.reading() as session:
        found = plans(session, office, [code.strip().upper()])
        return found[0] if found else None


def all_plans(office: Office) -> tuple[Plan, ...]:
    """Every project with its plan, by code."""
    with office.reading() as session:
        return tuple(plans(session, office, None))


def plans(session: Session, office: Office, codes: Sequence[str] | None) -> list[Plan]:
    """The plans of some projects, or of all."""
    query = select(Project, Enterprise).outerjoin(Enterprise, Enterprise.id == Project.enterprise_id)
    if codes is not None:
        query = query.where(Project.id.in_(codes))
    people = people_of(session, office)
    rows = session.execute(query.order_by(Project.id)).all()
    ids = [project.id for project, _ in rows]
    nodes: dict[str, list[Milestone]] = defaultdict(list)
    for node in session.scalars(select(Milestone).where(Milestone.project_id.in_(ids)).order_by(Milestone.id)):
        nodes[node.project_id].append(node)
    node_ids = [node.id for found in nodes.values() for node in found]
    every = [node for found in nodes.values() for node in found]
    clocks = _clocks(session, office, every)
    changes: dict[int, list[MilestoneChange]] = defaultdict(list)
    c = MilestoneChange
    for change in session.scalars(select(c).where(c.milestone_id.in_(node_ids)).order_by(c.id)):
        changes[change.milestone_id].append(change)
    stops: dict[str, list[HeatStop]] = defaultdict(list)
    for stop in session.scalars(select(HeatStop).where(HeatStop.project_id.in_(ids)).order_by(HeatStop.day)):
        stops[stop.project_id].append(stop)
    held = holding(session, office.policy, every) if codes is not None and every else {}
    notices = _notices(session, office, node_ids)
    return [
        _plan(office, people, project, firm, nodes[project.id], clocks, changes, stops[project.id], notices, held)
        for project, firm in rows
    ]


def _plan(
    office: Office,
    people: People,
    project: Project,
    firm: Enterprise | None,
    nodes: Sequence[Milestone],
    clocks: dict[int, tuple[PlanClock, ...]],
    changes: dict[int, list[MilestoneChange]],
    stops: Sequence[HeatStop],
    notices: dict[int, list[NoticeEntry]],
    held: Mapping[int, tuple[str, ...]],
) -> Plan:
    policy, today = office.policy.milestones, office.today()
    by_code = {node.node: node for node in nodes}
    order = {node.code: place for place, node in enumerate(policy.nodes)}
    lines = [
        _line(office, people, project, node, by_code, clocks.get(node.id, ()), today, held.get(node.id, ()))
        for node in sorted(nodes, key=lambda n: (order.get(n.node, len(order)), n.id))
    ]
    ahead = next((line for line in lines if line.actual is None), None)
    gap = project.facts.get("investment_gap_pct_points")
    first = by_code.get(policy.start)
    investment = rules.investment_light(gap if isinstance(gap, int | float) else None, policy)
    start = rules.start_light(first.plan, first.actual, today, policy) if first is not None else None
    named = {line.code: line.label for line in lines}
    return Plan(
        code=project.id, name=Label(project.name_zh, project.name_en), enterprise=called(firm.name, firm.name_en) if firm else None,
        area=people.label(project.area_id) if project.area_id else None,
        commissioner=people.label(project.commissioner_id) if project.commissioner_id else None,
        lead_official=people.label(project.lead_official_id) if project.lead_official_id else None,
        total=_number(project, "total_investment_wan"), year_plan=_number(project, "year_plan_wan"),
        year_done=_number(project, "year_done_wan"), gap=_number(project, "investment_gap_pct_points"),
        light=rules.worst((ahead.standing.light if ahead else None, investment, start)), next_node=ahead,
        investment=investment, start=start, nodes=tuple(lines),
        changes=tuple(_change(people, change, named[node.node]) for node in nodes for change in changes[node.id]),
        heat_stops=tuple(stop.day for stop in stops if stop.taken_back_at is None),
        heat_stops_back=tuple((stop.day, stop.taken_back) for stop in stops if stop.taken_back_at is not None), notices=tuple(entry for node in nodes for entry in notices[node.id]),
    )  # fmt: skip


def _line(
    office: Office,
    people: People,
    project: Project,
    node: Milestone,
    by_code: dict[str, Milestone],
    clocks: tuple[PlanClock, ...],
    today: date,
    held_by: tuple[str, ...],
) -> NodeLine:
    policy = office.policy.milestones
    limits = clocks[-1].limits if clocks else policy
    known = policy.node(node.node)
    owner = answers_for(node, project)
    return NodeLine(
        node.node, known.label if known else Label(node.node, node.node), known.progress if known else 0, node.plan, node.original_plan,
        node.forecast if node.actual is None else None, node.actual, node.excused,
        rules.standing(node.plan, node.excused, node.forecast, node.actual, today, limits),
        people.label(owner) if owner else Label("—", "—"), _warning(office, node, by_code), clocks,
        known is not None and known.key and rules.at_risk(node.plan, node.excused, node.forecast, node.actual, today, policy), held_by,
    )  # fmt: skip


def _warning(office: Office, node: Milestone, by_code: dict[str, Milestone]) -> Label | None:
    """The first node before this one that it overtook, e.g. construction before its permit."""
    if node.actual is None:
        return None
    for earlier in office.policy.milestones.nodes:
        if earlier.code == node.node:
            return None
        found = by_code.get(earlier.code)
        if found is not None and (found.actual is None or found.actual > node.actual):
            return Label(f"早于“{earlier.label.zh}”", f"before “{earlier.label.en}”")
    return None


def _change(people: People, change: MilestoneChange, node: Label) -> ChangeLine:
    return ChangeLine(
        change.id, node, change.from_day, change.to_day, change.reason, change.document, change.asked_at,
        change.decider_id, people.label(change.decider_id), change.state.value, STATES[change.state.value], change.decided_at,
        people.label(change.decided_by) if change.decided_by else None, change.remark,
    )  # fmt: skip


def _clocks(session: Session, office: Office, nodes: Sequence[Milestone]) -> dict[int, tuple[PlanClock, ...]]:
    c, forecasts = tables.Clock, {node.id: node.forecast for node in nodes}
    rows = session.scalars(select(c).where(c.milestone_id.in_(forecasts), c.kind == rules.KIND).order_by(c.id)).all()
    moments = read_all_moments(session, [row.id for row in rows])
    found: dict[int, list[PlanClock]] = defaultdict(list)
    for row in rows:
        forecast = forecasts[row.milestone_id or 0] if row.state is ClockState.RUNNING else None
        found[row.milestone_id or 0].append(_clock(session, office, row, moments[row.id], forecast))
    return {node: tuple(clocks) for node, clocks in found.items()}


def _clock(
    session: Session, office: Office, row: tables.Clock, moments: Sequence[Moment], forecast: date | None
) -> PlanClock:
    policy = office.in_force.policy_of(session, row.policy_version)
    given = replay(moments, lambda version: office.in_force.calendar(session, version))
    days = tuple(rules.excused_days(moments, office.zone))
    late = [
        slip_moment(row.due, colour, policy, office.time, forecast) if row.due else None
        for colour in CLOCKS[row.kind].colours
    ]
    return PlanClock(
        row.started, row.original_due, days, row.due, late[0], late[1], row.state, row.policy_version,
        given is not None and given.at == row.due, policy.milestones,
    )  # fmt: skip


def _notices(session: Session, office: Office, node_ids: Sequence[int]) -> dict[int, list[NoticeEntry]]:
    n = tables.Notice
    found: dict[int, list[NoticeEntry]] = defaultdict(list)
    for row in session.scalars(select(n).where(n.milestone_id.in_(node_ids)).order_by(n.id)):
        label = office.policy.notices[Colour(row.colour)].label
        found[row.milestone_id or 0].append(
            NoticeEntry(row.number, row.colour.value, label, CLOCKS[rules.KIND].label, row.issued_at)
        )
    return found


def _number(project: Project, fact: str) -> float | None:
    value = project.facts.get(fact)
    return float(value) if isinstance(value, int | float) else None
