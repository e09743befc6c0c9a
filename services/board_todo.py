"""What waits for the desk: each kind of thing to do with how many there are, the first of them, and where each is done.

Cases are ordered by when they are due; restricted ones are on their own list, of which the front gives the number.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from urllib.parse import quote

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from domain.clocks import ClockState
from domain.lifecycle import Status
from domain.policy import Label, Role
from models.case import Assignment, Case
from models.clock import Clock
from models.intake import Delivery, DeliveryState
from models.office import Outbox, OutboxState
from services.board_lights import not_restricted
from services.board_lists import front_lists
from services.board_types import BoardFront, Todo, TodoItem
from services.board_users import BoardUser
from services.case_view import people_of
from services.matters import known_matters
from services.office import Office
from services.people import UNIT_ROLES, People
from services.run_links import registered
from services.similar import find_alike

FIRST = 6
"""Of each kind so many are shown."""
URGENT = 10
COMPARED = 40
"""The newest open cases that are looked at for duplicates."""
DIRECTORY = "edit-directory"

_OFFICE_ROLES = (Role.CLERK, Role.DESK_HEAD, Role.EXECUTIVE_DEPUTY, Role.CHIEF, Role.SUPERVISOR)
_OF_UNITS = (Role.LIAISON, Role.UNIT_HEAD)


def board_front(office: Office, user: BoardUser) -> BoardFront:
    """The board's first page; what waits for the desk is shown to the desk alone."""
    with office.reading() as session:
        people = people_of(session, office)
        counters, units, rungs, urgent = front_lists(session, office, people, user, URGENT)
        restricted = 0
        if user.desk:
            open_ = (Case.restricted.is_(True), Case.status != Status.CLOSED)
            restricted = session.scalar(select(func.count()).where(*open_)) or 0
        todo = tuple(_todo(session, office, people)) if user.desk else ()
    return BoardFront(counters, units, rungs, urgent, restricted, tuple(one for one in todo if one.count))


def _todo(session: Session, office: Office, people: People) -> Iterable[Todo]:
    yield _triage(session)
    yield _reports(session, office)
    yield _quarantined(session)
    yield _with_clock(session, "ruling", Label("待裁定", "Rulings due"), Status.DISPUTED)
    yield _with_clock(session, "consultation", Label("待作会商结论", "Consultations to conclude"), Status.CONSULTATION)
    yield _with_clock(session, "follow_up", Label("待回访", "Follow-ups due"), Status.REPLIED)
    yield _failed(session)
    yield _unheld(session, office, people)
    yield _duplicates(session, office)
    yield _matters(session, office)


def _item(code: str, title: str, due: datetime | None = None) -> TodoItem:
    return TodoItem(Label(f"{code} {title}", f"{code} {title}"), case_path(code), due)


def case_path(code: str) -> str:
    """Where a case's page is."""
    return f"/board/case/{quote(code, safe='')}"


def _cases(session: Session, name: str, label: Label, more: str, clock: str, *conditions: ColumnElement[bool]) -> Todo:
    """Cases by the due moment of their open clock of a kind."""
    running = Clock.state.in_((ClockState.RUNNING, ClockState.PAUSED))
    query = (
        select(Case.code, Case.title, func.min(Clock.due))
        .outerjoin(Clock, (Clock.case_id == Case.id) & (Clock.kind == clock) & running)
        .where(not_restricted(), *conditions)
        .group_by(Case.id, Case.code, Case.title)
    )
    count = session.scalar(select(func.count()).where(not_restricted(), *conditions)) or 0
    first = session.execute(query.order_by(func.min(Clock.due).nulls_last(), Case.id).limit(FIRST)) if count else ()
    return Todo(name, label, count, tuple(_item(*row) for row in first), more)


def _triage(session: Session) -> Todo:
    return _cases(
        session, "triage", Label("待分办", "New cases without a lead"), "/board/list?status=new", "triage",
        Case.status == Status.NEW, Case.lead_id.is_(None),
    )  # fmt: skip


def _with_clock(session: Session, clock: str, label: Label, status: Status) -> Todo:
    return _cases(session, clock, label, f"/board/list?status={status.value}", clock, Case.status == status)


def _deliveries(session: Session, state: DeliveryState) -> tuple[int, Sequence[tuple[str, datetime, int, str | None]]]:
    count = session.scalar(select(func.count()).where(Delivery.state == state)) or 0
    if not count:
        return 0, ()
    found = session.execute(
        select(Delivery.receipt, Delivery.received_at, Delivery.id, Delivery.problem)
        .where(Delivery.state == state)
        .order_by(Delivery.id)
        .limit(FIRST)
    )
    return count, found.tuples().all()


def report_path(receipt: str) -> str:
    """Where a report that waits, or could not be read, is dealt with."""
    return f"/board/report/{quote(receipt, safe='')}"


def _reports(session: Session, office: Office) -> Todo:
    count, found = _deliveries(session, DeliveryState.UNCONFIRMED)
    limit = office.policy.limits.report_waiting
    items = (
        TodoItem(Label(receipt, receipt), report_path(receipt), office.time.due(at, limit).at) for receipt, at, _, _ in found
    )  # fmt: skip
    return Todo(
        "reports", Label("待确认的来件", "Reports that nobody has confirmed"), count, tuple(items), "/board/reports"
    )


def _quarantined(session: Session) -> Todo:
    count, found = _deliveries(session, DeliveryState.QUARANTINED)
    items = (
        TodoItem(Label(receipt, receipt), report_path(receipt), note=Label(problem or "—", problem or "—"))
        for receipt, _, _, problem in found
    )
    label = Label("无法识别的来件", "Deliveries that could not be read")
    return Todo("quarantined", label, count, tuple(items), "/board/reports")


def _failed(session: Session) -> Todo:
    failed = Outbox.state == OutboxState.FAILED
    count = session.scalar(select(func.count()).where(failed)) or 0
    rows = session.execute(select(Outbox.address, Outbox.problem).where(failed).order_by(Outbox.id.desc()).limit(FIRST))
    items = (
        TodoItem(Label(address, address), "/board/mails", note=Label(problem or "—", problem or "—"))
        for address, problem in (rows if count else ())
    )
    return Todo("mails", Label("发送失败的邮件", "Mails that were refused"), count, tuple(items), "/board/mails")


def _unheld(session: Session, office: Office, people: People) -> Todo:
    """Roles that nobody holds today: the office's own, and those of the units that work on open cases."""
    at_work = session.scalars(
        select(Assignment.unit_id)
        .join(Case, Case.id == Assignment.case_id)
        .where(Assignment.until.is_(None), Case.status != Status.CLOSED)
        .distinct()
    )
    units = sorted(u for u in at_work if u != office.policy.desk_unit)
    wanted = [(role, None) for role in _OFFICE_ROLES] + [(role, unit) for unit in units for role in _OF_UNITS]
    engine = registered(session)
    link = (engine.link(DIRECTORY, {}) if engine is not None else None) or ""
    names = [
        (office.policy.roles[role], people.label(unit) if unit else None)
        for role, unit in wanted
        if role in office.policy.roles and not _held(people, role, unit, office.today())
    ]
    items = tuple(
        TodoItem(Label(f"{unit.zh} {role.zh}", f"{unit.en}: {role.en}") if unit else role, link) for role, unit in names[:FIRST]
    )  # fmt: skip
    return Todo("roles", Label("无人担任的岗位", "Roles that nobody holds"), len(names), items, link)


def _held(people: People, role: Role, unit: str | None, today: date) -> bool:
    found = people.find(role, unit if role in UNIT_ROLES else None, None, today)
    return any(one.role is role for one in found)


def _duplicates(session: Session, office: Office) -> Todo:
    """Newest open cases that are like another, each pair once: for the later one, the earlier ones it may belong to."""
    newest = session.execute(
        select(Case.id, Case.code, Case.title)
        .where(not_restricted(), Case.status != Status.CLOSED)
        .order_by(Case.id.desc())
        .limit(COMPARED)
    ).tuples().all()  # fmt: skip
    alike = find_alike(session, office.policy.similarity, office.now(), [i for i, _, _ in newest], earlier=True)
    items = [
        TodoItem(
            Label(f"{code} {title}", f"{code} {title}"), case_path(code), note=alike[i][0].reasons[0] if alike[i][0].reasons else None,
            lines=tuple((one.code, one.title) for one in alike[i][:2]),
        )
        for i, code, title in newest
        if alike.get(i)
    ]  # fmt: skip
    return Todo("duplicates", Label("可能重复的事项", "Likely duplicates"), len(items), tuple(items[:FIRST]))


def _matters(session: Session, office: Office) -> Todo:
    found = known_matters(session, office)
    items = (
        TodoItem(one.title, case_path(one.cases[0].code), note=one.reason, lines=tuple((c.code, c.title) for c in one.cases[:4]))
        for one in found[:FIRST]
    )  # fmt: skip
    return Todo("matters", Label("共性问题", "Systemic matters"), len(found), tuple(items))
