"""What waits for the desk: each kind of thing to do with how many there are, the first of them, and where each is done.

Cases are ordered by when they are due; restricted ones are on their own list, of which the front gives the number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from urllib.parse import quote

from sqlalchemy import ColumnElement, func, select, union
from sqlalchemy.orm import Session

from domain.clocks import CLOCKS, ClockState
from domain.lifecycle import ACTIONS, Status
from domain.policy import Label, Role
from models.case import Case
from models.clock import Clock
from models.intake import Delivery, DeliveryState
from models.office import Outbox, OutboxState
from services.board_counts import MATTERS, FrontMatters
from services.board_front import front_lists
from services.board_kept import kept
from services.board_lights import not_restricted, open_to_all
from services.board_types import BoardFront, RunLink, Todo, TodoItem
from services.board_users import BoardUser
from services.case_view import people_of
from services.kept_problems import kept_problem
from services.office import Office
from services.people import UNIT_ROLES, People
from services.run_links import Registered, registered
from services.said_lines import named
from services.similar import Likeness, find_alike

FIRST = 6
"""Of each kind so many are shown."""
URGENT = 10
COMPARED = 40
"""The newest open cases that are looked at for duplicates."""
DIRECTORY, COORDINATE, ESCALATE = "edit-directory", "coordinate-difficulty", "escalate-overdue"
RECEIVE = "receive-submissions"
SWEPT_BY = timedelta(minutes=30)
"""A step is taken by the sweep after it is due, every ten minutes; what is older than this was tried and failed."""
PATIENCE = 0.3
"""Seconds that the page waits for what is found in the background."""
QUICK = 0.03
"""Seconds for which a page asks the same again: what takes longer changes with the directory, and is kept for a minute."""
WITHHELD_CASE = Label("保密事项", "A restricted case")
_OPEN = tuple(status for status in Status if status is not Status.CLOSED)

_OFFICE_ROLES = (Role.CLERK, Role.DESK_HEAD, Role.EXECUTIVE_DEPUTY, Role.CHIEF, Role.SUPERVISOR)
_OF_UNITS = (Role.LIAISON, Role.UNIT_HEAD)


def board_front(office: Office, user: BoardUser) -> BoardFront:
    """The board's first page; what waits for the desk is shown to the desk alone."""
    with office.reading() as session:
        people = people_of(session, office)
        lists = front_lists(session, office, people, user, URGENT)
        restricted = 0
        if user.desk:
            open_ = (Case.restricted.is_(True), Case.status != Status.CLOSED)
            restricted = session.scalar(select(func.count()).where(*open_)) or 0
        todo = tuple(_todo(session, office, people)) if user.desk else ()
    return BoardFront(
        lists.counters, lists.projects, lists.units, lists.rungs, lists.urgent, lists.why, restricted,
        tuple(one for one in todo if one.count),
    )  # fmt: skip


def _todo(session: Session, office: Office, people: People) -> Iterable[Todo]:
    engine = registered(session)
    yield _triage(session, engine)
    yield _unmatched(session, engine)
    yield _reports(session, office, engine)
    yield _quarantined(session)
    yield _with_clock(session, engine, "ruling", "rule", Label("待裁定", "Rulings due"), Status.DISPUTED)
    yield _with_clock(
        session, engine, "consultation", "conclude", Label("待作会商结论", "Consultations to conclude"), Status.CONSULTATION
    )  # fmt: skip
    yield _with_clock(
        session, engine, "follow_up", "record_follow_up", Label("待回访", "Follow-ups due"), Status.REPLIED
    )
    yield _set_aside(session, office, engine)
    yield _failed(session)
    yield _unheld(office, people, engine)
    yield _duplicates(office, engine)
    yield _matters(office)


def _item(code: str, title: str, due: datetime | None = None, run: RunLink | None = None) -> TodoItem:
    return TodoItem(Label(f"{code} {title}", f"{code} {title}"), case_path(code), due, run=run)


def case_path(code: str) -> str:
    """Where a case's page is."""
    return f"/board/case/{quote(code, safe='')}"


def _step(engine: Registered | None, code: str, step: str, **more: str) -> RunLink | None:
    """The engine's form for a step on a case; None before the engine was registered."""
    address = engine.link(COORDINATE, {"cases": [code], "step": step, **more}) if engine is not None else None
    return RunLink(step, ACTIONS[step].label, address) if address is not None else None


def _cases(
    session: Session, engine: Registered | None, name: str, label: Label, more: str, clock: str, step: str,
    *conditions: ColumnElement[bool], shown: Callable[[], ColumnElement[bool]] = not_restricted,
) -> Todo:  # fmt: skip
    """Cases by the due moment of their open clock of a kind."""
    running = Clock.state.in_((ClockState.RUNNING, ClockState.PAUSED))
    # Looked up case by case: grouped by cases, SQLite would walk through all of them in the order of their ids.
    mine = select(func.min(Clock.due)).where(Clock.case_id == Case.id, Clock.kind == clock, running).correlate(Case)
    due_by = mine.scalar_subquery().label("due_by")
    query = select(Case.code, Case.title, due_by).where(shown(), *conditions)
    count = session.scalar(select(func.count()).where(shown(), *conditions)) or 0
    first = session.execute(query.order_by(due_by.nulls_last(), Case.id).limit(FIRST)) if count else ()
    items = tuple(_item(code, title, due, _step(engine, code, step)) for code, title, due in first)
    return Todo(name, label, count, items, more)


def _triage(session: Session, engine: Registered | None) -> Todo:
    return _cases(
        session, engine, "triage", Label("待分办", "New cases without a lead"), "/board/list?status=new", "triage", "dispatch",
        Case.status == Status.NEW, Case.lead_id.is_(None),
    )  # fmt: skip


def _unmatched(session: Session, engine: Registered | None) -> Todo:
    """Open cases whose report names a project that is not known: the desk amends them, also where a rule dispatched them."""
    # Said so that the index of just these is taken.
    unknown = (Case.project_id.is_(None), Case.project_said.is_not(None), Case.status != Status.CLOSED)
    label = Label("报告所写项目待核对", "Reports that name an unknown project")
    return _cases(session, engine, "unmatched", label, "", "close", "amend", *unknown, shown=open_to_all)


def _with_clock(
    session: Session, engine: Registered | None, clock: str, step: str, label: Label, status: Status
) -> Todo:
    more = f"/board/list?status={status.value}"
    return _cases(session, engine, clock, label, more, clock, step, Case.status == status)


def _set_aside(session: Session, office: Office, engine: Registered | None) -> Todo:
    """Clocks whose step was due before the last sweeps and was not taken: something is wrong with each, or with the sweep."""
    overdue = Clock.next_action_at < office.now() - SWEPT_BY
    count = session.scalar(select(func.count()).where(overdue)) or 0
    address = engine.link(ESCALATE, {"dry_run": True}) if engine is not None and count else None
    run = RunLink(ESCALATE, Label("试算一次", "Try it as a dry run"), address) if address is not None else None
    query = (
        select(Clock.kind, Clock.next_action_at, Case.code, Case.restricted, Delivery.receipt)
        .outerjoin(Case, Case.id == Clock.case_id)
        .outerjoin(Delivery, Delivery.id == Clock.delivery_id)
        .where(overdue)
        .order_by(Clock.next_action_at, Clock.id)
        .limit(FIRST)
    )
    items = []
    for kind, since, code, restricted, receipt in session.execute(query) if count else ():
        what = CLOCKS[kind].label if kind in CLOCKS else Label(kind, kind)
        name = WITHHELD_CASE if restricted else Label(code or receipt or "—", code or receipt or "—")
        link = (
            "/board/restricted" if restricted else case_path(code) if code else report_path(receipt) if receipt else ""
        )
        items.append(TodoItem(Label(f"{name.zh}：{what.zh}", f"{name.en}: {what.en}"), link, since, run=run))
    return Todo("set_aside", Label("未能处理的时限", "Clocks whose step was not taken"), count, tuple(items))


def _deliveries(session: Session, state: DeliveryState) -> tuple[int, Sequence[Delivery]]:
    count = session.scalar(select(func.count()).where(Delivery.state == state)) or 0
    if not count:
        return 0, ()
    return count, session.scalars(
        select(Delivery).where(Delivery.state == state).order_by(Delivery.id).limit(FIRST)
    ).all()


def _report_name(row: Delivery) -> Label:
    """What it is about and who sent it, as far as it may be told; else its receipt."""
    enterprise, title = named(row)
    said = " · ".join(part for part in (title, enterprise) if part) or row.receipt
    return Label(said, said)


def _since(office: Office, row: Delivery) -> Label:
    at = f"{row.received_at.astimezone(office.zone):%Y-%m-%d %H:%M}"
    return Label(f"{row.receipt}，来源 {row.source}，{at} 收到", f"{row.receipt}, from {row.source}, received {at}")


def report_path(receipt: str) -> str:
    """Where a report that waits, or could not be read, is dealt with."""
    return f"/board/report/{quote(receipt, safe='')}"


def _reports(session: Session, office: Office, engine: Registered | None) -> Todo:
    count, found = _deliveries(session, DeliveryState.UNCONFIRMED)
    limit = office.policy.limits.report_waiting

    def run(receipt: str) -> RunLink | None:
        address = engine.link(RECEIVE, {"accept": [receipt]}) if engine is not None else None
        return RunLink("accept", Label("受理", "Accept"), address) if address is not None else None

    items = (
        TodoItem(
            _report_name(row), report_path(row.receipt), office.time.due(row.received_at, limit).at,
            note=_since(office, row), run=run(row.receipt),
        )
        for row in found
    )  # fmt: skip
    return Todo(
        "reports", Label("待确认的来件", "Reports that nobody has confirmed"), count, tuple(items), "/board/reports"
    )


def _quarantined(session: Session) -> Todo:
    count, found = _deliveries(session, DeliveryState.QUARANTINED)
    items = (
        TodoItem(
            _report_name(row),
            report_path(row.receipt),
            note=kept_problem(row.problem) if row.problem else Label("—", "—"),
        )
        for row in found
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


def _unheld(office: Office, people: People, engine: Registered | None) -> Todo:
    """Roles that nobody holds today: the office's own, and those of the units that work on open cases."""
    units = kept(office, "units at work", lambda fresh: _units_at_work(fresh, office), long=QUICK) or ()
    wanted = [(role, None) for role in _OFFICE_ROLES] + [(role, unit) for unit in units for role in _OF_UNITS]
    link = (engine.link(DIRECTORY, {}) if engine is not None else None) or ""
    missing = [
        (role, unit)
        for role, unit in wanted
        if role in office.policy.roles and not _held(people, role, unit, office.today())
    ]
    items = []
    for role, unit in missing[:FIRST]:
        name = office.policy.roles[role]
        said = Label(f"{people.label(unit).zh} {name.zh}", f"{people.label(unit).en}: {name.en}") if unit else name
        given = {"what": "give_role", "role": role.value, **({"unit": unit} if unit else {})}
        address = engine.link(DIRECTORY, given) if engine is not None else None
        run = RunLink("give_role", Label("任命", "Give it to somebody"), address) if address is not None else None
        items.append(TodoItem(said, link, run=run))
    return Todo("roles", Label("无人担任的岗位", "Roles that nobody holds"), len(missing), tuple(items), link)


def _units_at_work(session: Session, office: Office) -> tuple[str, ...]:
    """The units that lead or support an open case, but the desk's own."""
    at_work = union(
        select(Case.lead_id).where(Case.status.in_(_OPEN), Case.lead_id.is_not(None)),
        select(Clock.owner_unit).where(
            Clock.kind == "answer", Clock.state.in_((ClockState.RUNNING, ClockState.PAUSED))
        ),
    )
    return tuple(sorted(u for u in session.scalars(at_work) if u and u != office.policy.desk_unit))


def _held(people: People, role: Role, unit: str | None, today: date) -> bool:
    found = people.find(role, unit if role in UNIT_ROLES else None, None, today)
    return any(one.role is role for one in found)


def _duplicates(office: Office, engine: Registered | None) -> Todo:
    """Newest open cases that are like another, each pair once: for the later one, the earlier ones it may belong to."""
    found = kept(office, "duplicates", lambda session: _alike(session, office), patience=PATIENCE) or ()
    items = tuple(
        TodoItem(
            Label(f"{code} {title}", f"{code} {title}"), case_path(code), note=alike[0].reasons[0] if alike[0].reasons else None,
            lines=tuple((one.code, one.title) for one in alike[:2]), run=_step(engine, code, "merge", target=alike[0].code),
        )
        for code, title, alike in found[:FIRST]
    )  # fmt: skip
    return Todo("duplicates", Label("可能重复的事项", "Likely duplicates"), len(found), items)


def _alike(session: Session, office: Office) -> tuple[tuple[str, str, tuple[Likeness, ...]], ...]:
    newest = session.execute(
        select(Case.id, Case.code, Case.title)
        .where(not_restricted(), Case.status.in_(_OPEN))
        .order_by(Case.id.desc())
        .limit(COMPARED)
    ).tuples().all()  # fmt: skip
    alike = find_alike(session, office.policy.similarity, office.now(), [i for i, _, _ in newest], earlier=True)
    return tuple((code, title, alike[i]) for i, code, title in newest if alike.get(i))


def _matters(office: Office) -> Todo:
    """Found by the sweep where that takes long, or in the background: the page does not wait for it."""
    found = MATTERS.shown(office, PATIENCE) or FrontMatters()
    items = (
        TodoItem(one.title, case_path(one.cases[0].code), note=one.reason, lines=tuple((c.code, c.title) for c in one.cases))
        for one in found.first
    )  # fmt: skip
    return Todo("matters", Label("共性问题", "Systemic matters"), found.count, tuple(items))
