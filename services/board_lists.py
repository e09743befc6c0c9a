"""The board's lists: cases by light, status, unit, rung and more, searched, counted, in the order of their urgency.

Restricted cases are on none of them. What would name a withheld reporter is neither shown to readers nor found by them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select
from sqlalchemy.orm import Session

from domain.factor import AT_WORK
from domain.label import named as called
from domain.labels import STATUS_LABELS
from domain.ladder import overdue_days
from domain.lifecycle import Kind, Status
from domain.lights import LIGHT_LABELS, Light, light_of
from domain.policy import Label
from models.base import Moment
from models.case import Case
from models.directory import Enterprise, Project
from models.factor import FactorStage
from services.board_filters import DESK, ENTERPRISE, conditions, searched
from services.board_lights import URGENCY, Edges, edges, light_column, light_is, lights_of, not_restricted
from services.board_types import BoardList, BoardRow, Filters, LightCount, ListChoices
from services.board_users import BoardUser
from services.case_view import holder_of, people_of
from services.identities import names_reporter, withheld_among
from services.office import Office
from services.page_types import Choice
from services.people import People

PAGE = 50
LONGEST_SEARCH = 100
MOST_FOUND = 2000
"""Cases that a search goes on with: whoever finds more searches for more."""
KIND_LABELS = {Kind.DIFFICULTY: Label("难题", "Difficulty"), Kind.FACTOR: Label("要素保障", "Factor request")}
_FAR = datetime(9999, 12, 31, tzinfo=UTC)


def board_list(office: Office, user: BoardUser, filters: Filters, most: int = PAGE) -> BoardList:
    """A page of at most `most` rows, with counters under the filters other than the light. What is no known value narrows to nothing."""
    at = edges(office.now(), office.policy, office.time)
    narrowed = conditions(office, user, filters)
    with office.reading() as session:
        people = people_of(session, office)
        if said := filters.q.strip()[:LONGEST_SEARCH]:
            due = func.coalesce(Case.due, literal(_FAR, Moment))
            query, place = searched(office, select(light_column(at), due, Case.id).where(*narrowed), user, said)
            found = _found(session, query.order_by(place.desc()))
            counted = Counter(light for light, _, _ in found)
            totals = tuple(LightCount(light, LIGHT_LABELS[light], counted[light]) for light in URGENCY)
            ids, after = _leaf(found, _shown(filters), filters.after, most)
        else:
            shown = [not_restricted(), *narrowed]
            totals = counters(session, shown, at, lights_of(filters.status))
            ids, after = page_ids(session, at, shown, _shown(filters), filters.after, most)
        return BoardList(
            totals, board_rows(session, office, people, user, ids), after, filters, _choices(session, office, people)
        )


def _shown(filters: Filters) -> tuple[Light, ...]:
    """The lights of which the list shows cases: what is closed is looked for, not scrolled past."""
    possible = lights_of(filters.status)
    if filters.light in set(Light):
        return tuple(light for light in possible if light.value == filters.light)
    return possible if filters.q.strip() or filters.status else possible[:-1]


def _found(session: Session, query: Select[tuple[str, datetime, int]]) -> list[tuple[Light, datetime, int]]:
    """The newest cases that a search finds, each with its light and due moment: one walk over the words."""
    return [(Light(light), moment, case_id) for light, moment, case_id in session.execute(query.limit(MOST_FOUND))]


def _leaf(
    found: Sequence[tuple[Light, datetime, int]], lights: Sequence[Light], after: str, most: int
) -> tuple[list[int], str]:
    """A page of what was found, in the order of the other lists, and the key of the page after it."""
    key = _read_key(after)
    ranked = sorted((URGENCY.index(light), due, case_id) for light, due, case_id in found if light in lights)
    rest = [row for row in ranked if key is None or row > key]
    return [case_id for _, _, case_id in rest[:most]], _key(rest[most - 1]) if len(rest) > most else ""


def restricted_list(office: Office, after: str = "") -> tuple[tuple[BoardRow, ...], str]:
    """The restricted cases, for the desk alone, open ones first; and the key of the next page."""
    at = edges(office.now(), office.policy, office.time)
    with office.reading() as session:
        people = people_of(session, office)
        ids, more = page_ids(session, at, [Case.restricted.is_(True)], URGENCY, after)
        return board_rows(session, office, people, None, ids), more


def counters(
    session: Session, conditions: Sequence[ColumnElement[bool]], at: Edges, possible: Sequence[Light] = URGENCY
) -> tuple[LightCount, ...]:
    """How many cases under the conditions show each light; none shows one that is not `possible`."""
    counts = (
        select(func.count()).where(*conditions, light_is(light, at)).scalar_subquery()
        if light in possible
        else literal(0)
        for light in URGENCY
    )
    found = session.execute(select(*counts)).one()
    return tuple(LightCount(light, LIGHT_LABELS[light], n) for light, n in zip(URGENCY, found, strict=True))


# -- a page of rows ----------------------------------------------------------------------------------------------------


def page_ids(
    session: Session,
    at: Edges,
    conditions: Sequence[ColumnElement[bool]],
    lights: Sequence[Light],
    after: str,
    most: int = PAGE,
) -> tuple[list[int], str]:
    """The ids of a page, light by light and by due moment within one, and the key of the page after it."""
    due = func.coalesce(Case.due, literal(_FAR, Moment))
    key = _read_key(after)
    found: list[tuple[int, datetime, int]] = []
    for light in lights:
        place = URGENCY.index(light)
        if (key is not None and place < key[0]) or len(found) > most:
            continue
        query = select(due, Case.id).where(*conditions, light_is(light, at))
        if key is not None and place == key[0]:
            moment = literal(key[1], Moment)
            query = query.where(or_(due > moment, and_(due == moment, Case.id > key[2])))
        # The same order as by `due`, said so that an index has it.
        rows = session.execute(query.order_by(Case.due.nulls_last(), Case.id).limit(most + 1 - len(found)))
        found += [(place, moment, case_id) for moment, case_id in rows]
    page = found[:most]
    return [case_id for _, _, case_id in page], _key(page[-1]) if len(found) > most else ""


def _key(row: tuple[int, datetime, int]) -> str:
    return f"{row[0]}_{row[1].astimezone(UTC):%Y%m%dT%H%M%S}_{row[1].microsecond}_{row[2]}"


def _read_key(said: str) -> tuple[int, datetime, int] | None:
    try:
        rank, moment, fraction, case_id = said.split("_")
        at = datetime.strptime(moment, "%Y%m%dT%H%M%S").replace(tzinfo=UTC, microsecond=int(fraction))
        return int(rank), at, int(case_id)
    except ValueError:
        return None


def board_rows(
    session: Session, office: Office, people: People, user: BoardUser | None, ids: Sequence[int]
) -> tuple[BoardRow, ...]:
    """Cases as lists show them, in the order of `ids`; `user` None sees everything."""
    found = {
        row.id: (row, called(firm, firm_en) if firm else None, project)
        for row, firm, firm_en, project in session.execute(
            select(Case, Enterprise.name, Enterprise.name_en, Project)
            .outerjoin(Enterprise, Enterprise.id == Case.enterprise_id)
            .outerjoin(Project, Project.id == Case.project_id)
            .where(Case.id.in_(ids))
        )
    }
    hidden = withheld_among(session, ids)
    stages = _stage_holders(session, people, [i for i, (row, _, _) in found.items() if row.kind is Kind.FACTOR])
    now = office.now()
    rows = []
    for i in ids:
        row, firm, project = found[i]
        light = light_of(row.status, row.due, now, office.policy, office.time)
        secret = i in hidden and user is not None and not user.desk
        counted = row.status not in (Status.CLOSED, Status.SUSPENDED, Status.REPLIED)
        name = (
            Label(project.name_zh, project.name_en)
            if project
            else Label(row.project_said, row.project_said)
            if row.project_said
            else None
        )
        rows.append(BoardRow(
            code=row.code, kind=row.kind.value, title=row.title, light=light.value, light_label=LIGHT_LABELS[light],
            status=STATUS_LABELS[row.status], status_code=row.status.value, rung=row.rung, rung_label=office.policy.rung(row.rung).label,
            enterprise=None if secret else firm, withheld=i in hidden, project=None if secret and names_reporter(row.enterprise_id, project.enterprise_id if project else None) else name,
            lead=people.label(row.lead_id) if row.lead_id else None, holder=stages.get(i) or holder_of(row, people, office), due=row.due,
            estimated=row.estimated, late=overdue_days(row.due, now, office.time) if counted else 0, opened_at=row.opened_at,
        ))  # fmt: skip
    return tuple(rows)


def _stage_holders(session: Session, people: People, ids: Sequence[int]) -> dict[int, Label]:
    """The units at whose stages requests in progress stand."""
    units: dict[int, dict[str, Label]] = {}
    if ids:
        query = (
            select(FactorStage.case_id, FactorStage.unit_id)
            .join(Case, Case.id == FactorStage.case_id)
            .where(FactorStage.case_id.in_(ids), FactorStage.state.in_(AT_WORK), Case.status == Status.IN_PROGRESS)
            .order_by(FactorStage.seq)
        )  # fmt: skip
        for case_id, unit in session.execute(query):
            units.setdefault(case_id, {})[unit] = people.label(unit)
    return {
        i: Label("、".join(name.zh for name in named.values()), ", ".join(name.en for name in named.values()))
        for i, named in units.items()
    }


def _choices(session: Session, office: Office, people: People) -> ListChoices:
    policy = office.policy
    units = tuple(Choice(unit.id, unit.label) for unit in people.units.values() if unit.active)
    firm = Label("企业（待确认）", "The enterprise (to confirm)")
    projects = session.execute(select(Project.id, Project.name_zh, Project.name_en).order_by(Project.id))
    return ListChoices(
        lights=tuple(Choice(light.value, LIGHT_LABELS[light]) for light in URGENCY),
        statuses=tuple(Choice(status.value, label) for status, label in STATUS_LABELS.items()),
        units=units, rungs=tuple(Choice(str(rung.number), rung.label) for rung in policy.rungs if rung.number in range(1, 8)),
        projects=tuple(Choice(i, Label(f"{i} {zh}", f"{i} {en}")) for i, zh, en in projects),
        categories=tuple(Choice(c.code, c.label) for c in policy.categories.values()),
        kinds=tuple(Choice(kind.value, label) for kind, label in KIND_LABELS.items()),
        areas=tuple(Choice(unit.id, unit.label) for unit in people.units.values() if unit.kind == "area"),
        classes=tuple(Choice(c.code, c.label) for c in policy.classes.values()),
        holders=(Choice(DESK, people.label(policy.desk_unit)), Choice(ENTERPRISE, firm), *(u for u in units if u.value != policy.desk_unit)),
    )  # fmt: skip
