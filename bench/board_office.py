"""An office with a long past, for measuring the board: cases of a year and a half, closed and open, with what belongs to them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, literal, select

from domain.clocks import ClockState, Happening
from domain.lifecycle import ApprovalKind, Kind, Status
from domain.policy import Colour, Role, Unit
from models import case as cases
from models.clock import Clock, ClockEvent, Notice
from models.directory import Contact, Enterprise, Project
from models.engine import writing
from models.migrate import upgrade
from services.office import Office, open_office
from services.seed import seed_people
from services.settings import Settings

NOW = datetime(2026, 7, 16, 2, 0, tzinfo=UTC)
"""Thursday 10:00 in the demo district."""
PAST = 560
"""Days over which the cases were reported."""
OPEN_SHARE = 0.15
FIRMS, PROJECTS = 3000, 240
UNITS = tuple(f"D{n:02d}" for n in range(1, 15))
AREAS = tuple(f"A{n:02d}" for n in range(1, 6))
CATEGORIES = ("power", "land", "finance", "labour", "environment", "construction_permit", "safety", "water_gas_heat")
OUTCOMES = ("resolved",) * 12 + ("partial", "promised", "explained", "declined", "withdrawn")
OPEN = (
    (Status.NEW, 6), (Status.IN_PROGRESS, 66), (Status.DISPUTED, 4), (Status.CONSULTATION, 5), (Status.SUSPENDED, 6), (Status.TRACKING, 3),
    (Status.REPLIED, 10),
)  # fmt: skip
PLACES = ("一期厂房", "二期车间", "配套宿舍", "北侧道路", "变电所", "污水泵站", "危化仓库", "研发楼")
MATTERS = (
    "第二路电源无廊道",
    "红线内管线未迁改",
    "用地指标未落实",
    "技能工人缺口",
    "排污总量待核定",
    "施工许可卡在图审",
    "消防验收排期",
    "雨水接口标高不符",
)
CHUNK = 2000
CHARACTERS = (
    "新增安装调试接口间距高低压线路排放处理批次延期协调评审补偿腾退标段验收复核变更容量负荷管廊支路绿化围挡沉降渗漏"
)
"""Of which each matter's own circumstances are made: no two reports are worded alike throughout."""


def sow(settings: Settings, count: int) -> None:
    """Make the tables and write `count` cases."""
    settings.data.mkdir(parents=True, exist_ok=True)
    upgrade(settings.url)
    office = opened(settings)
    seed_people(office)
    _fill(office, count)
    office.close()


def opened(settings: Settings) -> Office:
    """The office at NOW."""
    office = open_office(settings)
    office.fixed = NOW
    return office


def _fill(office: Office, count: int) -> None:
    drawn = random.Random(7)
    with writing(office.engine) as session:
        connection = session.connection()
        known = set(connection.scalars(select(Project.id)))
        first_firm = (connection.scalar(select(func.max(Enterprise.id))) or 0) + 1
        first_contact = (connection.scalar(select(func.max(Contact.id))) or 0) + 1
        firms = range(first_firm, first_firm + FIRMS)
        connection.execute(
            insert(Enterprise),
            [{"id": i, "name": f"禾城试验{i:05d}有限公司", "name_en": f"Trial {i:05d} Co."} for i in firms],
        )
        connection.execute(insert(Contact), [
            {"id": first_contact + n, "enterprise_id": firm, "name": "联络员", "email": f"c{firm}@example.com", "locale": "zh"}
            for n, firm in enumerate(firms)
        ])  # fmt: skip
        projects = [
            {
                "id": f"T{n:04d}", "name_zh": f"试验项目{n:04d}", "name_en": f"Trial project {n:04d}", "enterprise_id": firms[n * 7],
                "area_id": AREAS[n % 5], "facts": {},
            }
            for n in range(PROJECTS)
            if f"T{n:04d}" not in known
        ]  # fmt: skip
        connection.execute(insert(Project), projects)
        policy = office.policy.version
        for start in range(0, count, CHUNK):
            some = [
                _case(drawn, 1000 + n, count, firms, projects, policy) for n in range(start, min(start + CHUNK, count))
            ]
            connection.execute(insert(cases.Case), some)
            connection.execute(insert(cases.Assignment), [line for case in some for line in _parts(case)])
            connection.execute(insert(Clock), [line for case in some for line in _clocks(drawn, case)])
            connection.execute(insert(cases.Reporter), [
                {
                    "case_id": case["id"], "contact_id": first_contact + case["enterprise_id"] - first_firm, "kind": "principal",
                    "withheld": case["id"] % 50 == 0,
                }
                for case in some
            ])  # fmt: skip
            asked = [case for case in some if case["status"] is Status.IN_PROGRESS and case["id"] % 12 == 0]
            if asked:
                connection.execute(insert(cases.Approval), [_approval(case) for case in asked])
        _begin(connection)
        _ask(connection)
        _notices(connection)
        if office.engine.dialect.name == "postgresql":
            for table in (cases.Case, Enterprise, Contact):
                sequence = func.pg_get_serial_sequence(f'"{table.__tablename__}"', "id")
                connection.execute(select(func.setval(sequence, select(func.max(table.id)).scalar_subquery())))
    if office.engine.dialect.name == "postgresql":
        # What the server's own housekeeping does before long; on SQLite nobody does it.
        with office.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")


def _case(
    drawn: random.Random, i: int, count: int, firms: range, projects: list[dict[str, Any]], policy: str
) -> dict[str, Any]:
    position = (i - 1000) / count
    open_ = drawn.random() < (0.02 if position < 0.9 else 1 - (1 - OPEN_SHARE) * (1 - position) * 5)
    opened_at = NOW - timedelta(days=PAST * (1 - position), hours=drawn.random() * 8)
    status = drawn.choices([s for s, _ in OPEN], [n for _, n in OPEN])[0] if open_ else Status.CLOSED
    due = opened_at + timedelta(days=drawn.choice((7, 7, 14, 21)))
    closed_at = min(NOW, opened_at + timedelta(days=1 + drawn.expovariate(1 / 9))) if not open_ else None
    project = drawn.choice(projects) if drawn.random() < 0.6 else None
    lead = None if status is Status.NEW else drawn.choice(UNITS)
    resolved = drawn.choice(OUTCOMES)
    return {
        "id": i, "code": f"DIF-{opened_at:%Y}-{i:07d}", "document_number": f"鸳难〔{opened_at:%Y}〕{i}号", "kind": Kind.DIFFICULTY, "status": status,
        "title": f"{drawn.choice(PLACES)}{drawn.choice(MATTERS)}：{_words(drawn, 6)}", "detail": _words(drawn, 60), "source": "form",
        "category": drawn.choice(CATEGORIES), "case_class": drawn.choice(("immediate", "ordinary", "ordinary", "complex", "hard")),
        "severity": drawn.choice((1, 1, 2, 3)), "enterprise_id": project["enterprise_id"] if project else drawn.choice(firms),
        "project_id": project["id"] if project else None, "area_id": project["area_id"] if project else drawn.choice(AREAS), "lead_id": lead,
        "restricted": i % 200 == 0, "rung": drawn.choices((1, 2, 3, 4, 5, 6, 7), (4, 10, 60, 14, 8, 3, 1))[0], "opened_at": opened_at,
        "due": due if status not in (Status.NEW,) else None, "original_due": due, "closed_at": closed_at,
        "outcome": resolved if status is Status.CLOSED else None, "rating_result": drawn.choice((None, 2, 3, 4, 5, 5)) if closed_at else None,
        "marks": [], "handled_by": [], "flags": [], "policy_version": policy, "seq": 0, "head_hash": "",
    }  # fmt: skip


def _words(drawn: random.Random, length: int) -> str:
    return "".join(drawn.choices(CHARACTERS, k=length))


def _parts(case: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if case["lead_id"] is None:
        return
    yield {"case_id": case["id"], "unit_id": case["lead_id"], "part": "lead", "since": case["opened_at"], "until": None}
    if case["id"] % 3 == 0:
        other = UNITS[(UNITS.index(case["lead_id"]) + 1 + case["id"] % 5) % len(UNITS)]
        yield {"case_id": case["id"], "unit_id": other, "part": "supporter", "since": case["opened_at"], "until": None}


def _clocks(drawn: random.Random, case: dict[str, Any]) -> Iterator[dict[str, Any]]:
    began, status, lead = case["opened_at"], case["status"], case["lead_id"]
    if lead is None:
        yield _clock(case, "triage", "O01", began + timedelta(days=1), None)
        return
    contacted = began + timedelta(hours=drawn.choice((2, 5, 20, 30)))
    yield _clock(case, "sign_for", lead, began + timedelta(hours=6), contacted)
    yield _clock(case, "contact", lead, began + timedelta(days=1), contacted)
    replied = case["closed_at"] - timedelta(hours=6) if case["closed_at"] else NOW if status is Status.REPLIED else None
    yield _clock(case, "close", lead, case["due"], max(began, replied) if replied else None)
    if replied is not None:
        yield {
            **_clock(case, "follow_up", "O01", replied + timedelta(days=2), case["closed_at"]),
            "started": max(began, replied),
        }
    if case["id"] % 3 == 0:
        other = UNITS[(UNITS.index(lead) + 1 + case["id"] % 5) % len(UNITS)]
        done = (
            None if status in (Status.IN_PROGRESS, Status.DISPUTED, Status.CONSULTATION) else began + timedelta(days=2)
        )
        yield _clock(case, "answer", other, began + timedelta(days=3), done)
    if status is Status.SUSPENDED:
        kind = "awaiting_enterprise" if case["id"] % 2 else "resume"
        yield _clock(case, kind, None, NOW + timedelta(days=9), None)
        yield _clock(case, "suspension_review", "O01", NOW + timedelta(days=5), None)


def _clock(case: dict[str, Any], kind: str, unit: str | None, due: datetime, ended: datetime | None) -> dict[str, Any]:
    return {
        "case_id": case["id"], "kind": kind, "owner_unit": unit, "subject": unit or "", "note": "", "started": case["opened_at"],
        "limit_value": 5, "limit_unit": Unit.WORKING_DAYS, "due": due, "original_due": due,
        "state": ClockState.RUNNING if ended is None else ClockState.MET, "done": "", "next_step": None, "next_action_at": None,
        "ended_at": ended, "policy_version": case["policy_version"],
    }  # fmt: skip


def _approval(case: dict[str, Any]) -> dict[str, Any]:
    return {
        "case_id": case["id"], "kind": ApprovalKind.EXTENSION, "unit_id": case["lead_id"], "asked_by": None,
        "asked_at": NOW - timedelta(days=case["id"] % 6), "facts": {}, "state": "open",
    }  # fmt: skip


def _ask(connection: Any) -> None:
    """Each open approval has a step that is asked."""
    found = connection.scalars(select(cases.Approval.id)).all()
    connection.execute(insert(cases.ApprovalStep), [
        {"approval_id": i, "seq": 1, "role": Role.DESK_HEAD, "unit_id": "O01", "account_id": "R05", "state": "open", "decided_at": None, "decided_by": None}
        for i in found
    ])  # fmt: skip


def _begin(connection: Any) -> None:
    """Each clock of an open case has its first event: its page accounts for every day."""
    columns = (
        ClockEvent.clock_id,
        ClockEvent.at,
        ClockEvent.what,
        ClockEvent.round,
        ClockEvent.cycle,
        ClockEvent.limit_value,
    )
    more = (ClockEvent.limit_unit, ClockEvent.limit_rolls, ClockEvent.due, ClockEvent.reason)
    started = select(
        Clock.id, Clock.started, literal(Happening.STARTED, ClockEvent.what.type), Clock.round, Clock.cycle, Clock.limit_value,
        Clock.limit_unit, Clock.limit_rolls, Clock.due, literal(""),
    ).join(cases.Case, cases.Case.id == Clock.case_id).where(cases.Case.status != Status.CLOSED)  # fmt: skip
    connection.execute(insert(ClockEvent).from_select([*columns, *more], started))


def _notices(connection: Any) -> None:
    late = connection.execute(
        select(Clock.id, Clock.case_id, Clock.due, Clock.owner_unit).where(
            Clock.kind == "close", Clock.ended_at > Clock.due
        )
    ).all()
    connection.execute(insert(Notice), [
        {
            "number": f"鸳督〔2026〕{n}号", "colour": Colour.YELLOW, "case_id": case, "clock_id": i, "round": 1, "cycle": 1,
            "issued_at": due + timedelta(days=1), "owner": unit, "overdue_days": 1, "answer_by": None, "recipients": [],
        }
        for n, (i, case, due, unit) in enumerate(late)
    ])  # fmt: skip
