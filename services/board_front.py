"""The lists of the board's first page: open cases by project, unit and rung, and the urgent ones with what is late in each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.clocks import CLOCKS, ClockState
from domain.ladder import overdue_days
from domain.lifecycle import Party, Status
from domain.lights import Light
from domain.policy import Label
from models.case import Case, Reporter
from models.clock import Clock
from models.directory import Contact, Project
from services.attribution import overdue_days as attributed
from services.board_filters import NO_UNIT
from services.board_lights import URGENCY, Edges, edges, light_column, not_restricted
from services.board_lists import board_rows, counters, page_ids
from services.board_types import BoardRow, GroupLine, LateClock, LightCount, Why
from services.board_users import BoardUser
from services.office import Office
from services.people import People

MOST_PROJECTS = 12
"""So many projects are on the first page, those with the most urgent lights; all of them are a filter of the list."""
MOST_CLOCKS = 3
_LIGHT = "shown_light"
"""Grouped by its name: PostgreSQL takes the same expression with parameters of its own for another one."""
_OPEN = tuple(status for status in Status if status is not Status.CLOSED)
"""Named, so that the index leads to them: of "not closed" it would be read whole."""
Counts = dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True)
class FrontLists:
    """What the first page lists, restricted cases nowhere among it."""

    counters: tuple[LightCount, ...]
    projects: tuple[GroupLine, ...]
    units: tuple[GroupLine, ...]
    rungs: tuple[GroupLine, ...]
    urgent: tuple[BoardRow, ...]
    why: dict[str, Why]


def front_lists(session: Session, office: Office, people: People, user: BoardUser, most: int) -> FrontLists:
    """The front's counters, groups of open cases, and the `most` urgent ones that are late or nearly so."""
    at = edges(office.now(), office.policy, office.time)
    light = light_column(at).label(_LIGHT)
    counted = session.execute(
        select(light, Case.lead_id, Case.rung, func.count())
        .where(not_restricted(), Case.status.in_(_OPEN))
        .group_by(_LIGHT, Case.lead_id, Case.rung)
    )
    units: Counts = {}
    rungs: Counts = {}
    for shown, lead, rung, number in counted:
        for group, key in ((units, lead or NO_UNIT), (rungs, str(rung))):
            _add(group, key, shown, number)
    names = {key: people.label(key) for key in units} | {NO_UNIT: Label("尚未确定牵头单位", "No lead yet")}
    ids, _ = page_ids(session, at, [not_restricted()], (Light.RED, Light.YELLOW, Light.BLUE), "", most)
    urgent = board_rows(session, office, people, user, ids)
    return FrontLists(
        counters(session, [not_restricted()], at),
        _projects(session, at, user)[:MOST_PROJECTS],
        _groups(units, names),
        _groups(rungs, {key: office.policy.rung(int(key)).label for key in rungs}, ladder=True),
        urgent,
        _why(session, office, people, dict(zip(ids, (row.code for row in urgent), strict=True))),
    )


def _add(group: Counts, key: str, light: str, number: int) -> None:
    line = group.setdefault(key, {})
    line[light] = line.get(light, 0) + number


def _groups(found: Counts, names: dict[str, Label], *, ladder: bool = False) -> tuple[GroupLine, ...]:
    lines = [GroupLine(key, names[key], counts, sum(counts.values())) for key, counts in found.items()]
    if ladder:
        return tuple(sorted(lines, key=lambda line: int(line.value)))
    return tuple(sorted(lines, key=lambda line: (*(-line.counts.get(light.value, 0) for light in URGENCY), line.value)))


def _projects(session: Session, at: Edges, user: BoardUser) -> tuple[GroupLine, ...]:
    """Open cases of projects by light, the most urgent first; for readers without those whose reporters are not to be named."""
    light = light_column(at).label(_LIGHT)
    open_ = (not_restricted(), Case.status.in_(_OPEN), Case.project_id.is_not(None))
    found: Counts = {}
    for shown, project, number in session.execute(
        select(light, Case.project_id, func.count()).where(*open_).group_by(_LIGHT, Case.project_id)
    ):
        _add(found, project, shown, number)
    if not user.desk:
        # A project says whose case it is. Few are withheld: they are taken off, not looked for in every case.
        hidden = (
            select(Case.id)
            .join(Reporter, Reporter.case_id == Case.id)
            .join(Contact, Contact.id == Reporter.contact_id)
            .where(*open_, Reporter.withheld, Contact.enterprise_id == Case.enterprise_id)
        )
        for shown, project, number in session.execute(
            select(light, Case.project_id, func.count()).where(Case.id.in_(hidden)).group_by(_LIGHT, Case.project_id)
        ):
            _add(found, project, shown, -number)
    shown_ones = {project: counts for project, counts in found.items() if sum(counts.values()) > 0}
    names = {
        i: Label(zh, en)
        for i, zh, en in session.execute(
            select(Project.id, Project.name_zh, Project.name_en).where(Project.id.in_(_chosen(shown_ones)))
        )
    }
    return _groups({i: counts for i, counts in shown_ones.items() if i in names}, names)


def _chosen(found: Counts) -> Sequence[str]:
    ranked = sorted(found, key=lambda i: (*(-found[i].get(light.value, 0) for light in URGENCY), i))
    return ranked[:MOST_PROJECTS]


def _why(session: Session, office: Office, people: People, codes: Mapping[int, str]) -> dict[str, Why]:
    """Of each late case whose delay it is, those of most days first, and its other clocks that are past due."""
    now = office.now()
    query = (
        select(Clock.case_id, Clock.kind, Clock.owner_unit, Clock.due)
        .where(Clock.case_id.in_(codes), Clock.kind != "close", Clock.state == ClockState.RUNNING, Clock.due < now)
        .order_by(Clock.due, Clock.id)
    )
    clocks: dict[int, list[LateClock]] = defaultdict(list)
    for case_id, kind, owner, due in session.execute(query):
        if case_id is not None and kind in CLOCKS:
            late = overdue_days(due, now, office.time)
            clocks[case_id].append(LateClock(CLOCKS[kind].label, people.label(owner or office.policy.desk_unit), late))
    found = {}
    for case_id, days in attributed(session, office, list(codes)).items():
        owners = Counter(day.owner for day in days)
        named = tuple(
            (Label("审批人", "An approver") if owner == Party.APPROVER.value else people.label(owner), n)
            for owner, n in owners.most_common()
        )
        if named or clocks[case_id]:
            found[codes[case_id]] = Why(named, tuple(dict.fromkeys(clocks[case_id]))[:MOST_CLOCKS])
    return found
