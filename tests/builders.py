"""Builders: a difficulty on the demo office's books, and short ways to act on it and to read what became of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import select

from domain.case import Actor, Case
from domain.lifecycle import Party, Status
from domain.policy import Role
from domain.refusals import Refused
from models import case as tables
from models.directory import AccountRole
from models.intake import DeliveryState, Trust
from models.office import Outbox
from models.tables import metadata
from services.case_files import load_cases
from services.case_view import case_json
from services.casebook import Request, Result, open_casebook
from services.intake import store
from services.office import Office
from services.receiver import receive_waiting
from services.sweep import SweepReport, sweep

LEAD, ROADS, PLANNING, DESK, AREA = "D08", "D14", "D03", "O01", "A02"
"""Who leads and supports a power difficulty of project P02, the desk's own unit, and the project's area."""

REPORT: dict[str, Any] = {
    "enterprise": {"name": "禾城湖粲钠能有限公司", "contact": "项目联络员", "email": "p02@example.com", "phone": "0573-80000000"},
    "project": "P02", "category": "power", "severity": 2, "title": "第二路电源无廊道", "detail": "电缆通道须跨越在建道路。",
}  # fmt: skip

ACCOUNTS = {
    Party.CLERK: "R06", Party.DESK_HEAD: "R05", Party.COMMISSIONER: "R11", Party.DEPUTY_CHIEF: "R02", Party.CHIEF: "R01",
}  # fmt: skip
"""Who acts in a capacity that is no unit's. R11 is the commissioner of P02, R02 its lead official."""

FIELDS: dict[str, dict[str, object]] = {
    "dispatch": {"lead": LEAD, "supporters": [ROADS, PLANNING], "case_class": "complex"},
    "settle_on_spot": {"outcome": "resolved", "text": "现场已接通"},
    "decline": {"reason": "不属于受理范围"},
    "amend": {"severity": "3", "reason": "临近节点"},
    "instruct": {"text": "请加快"},
    "circular": {"reason": "多次催办未果"},
    "fulfil": {"text": "已完成"},
    "contact": {"how": "电话", "text": "已了解情况"},
    "send_back": {"reason": "不属本单位职责", "basis": "三定方案", "suggested": ROADS},
    "rule": {"lead": ROADS, "reason": "道路归口"},
    "reassign": {"lead": ROADS, "reason": "道路归口"},
    "answer": {"text": "同意占用道路"},
    "report": {"text": "方案已出"},
    "supplement": {"text": "补充红线图"},
    "ask_extension": {"date": "2026-08-06", "reason": "路由未定", "progress": "已踏勘"},
    "ask_suspension": {"cause": "statutory_procedure", "date": "2026-08-14", "reason": "公示期"},
    "review": {"text": "公示未结束"},
    "call_consultation": {"participants": [ROADS, PLANNING], "date": "2026-07-20"},
    "move_consultation": {"date": "2026-07-22", "reason": "图纸未齐"},
    "conclude": {"minutes": "确定路由", "duties": f"{ROADS};出具路由;2026-07-28"},
    "track": {"reason": "涉及上级规划", "date": "2026-08-20"},
    "untrack": {"case_class": "hard"},
    "reply": {"outcome": "resolved", "text": "已通电", "document": "鸳供电〔2026〕8号"},
    "record_follow_up": {"answer": "answered", "result": "5", "attitude": "4"},
    "confirm": {"result": "5", "attitude": "4"},
    "dispute": {"reason": "通道仍未打通"},
    "appeal": {"reason": "影响投产"},
    "escalate": {"reason": "需区级协调"},
    "report_to_city": {"text": "已报市专班", "document": "鸳推办〔2026〕5号"},
    "deliver": {"text": "已兑现", "document": "鸳供电〔2026〕9号"},
    "reopen": {"reason": "问题再次出现"},
    "approve": {},
    "refuse": {"reason": "理由不足"},
}
"""What each action needs; `merge` needs another case."""


@dataclass(slots=True)
class Difficulty:
    """A difficulty and the office that handles it. Every method acts at the office's present moment."""

    office: Office
    code: str

    # -- acting --------------------------------------------------------------------------------------------------------

    def attempt(self, action: str, actor: Actor, /, **fields: object) -> Result:
        """Ask for an action; what became of it."""
        with self.office.writing() as session:
            book = open_casebook(self.office, session)
            [result] = book.apply([Request(self.id, action, actor, {**FIELDS.get(action, {}), **fields})])
        return result

    def act(self, action: str, party: Party, unit: str | None = None, /, **fields: object) -> Difficulty:
        """Take an action that must be possible."""
        result = self.attempt(action, self.actor(party, unit), **fields)
        assert result.refusal is None, str(result.refusal)
        return self

    def refused(self, action: str, party: Party | Actor, unit: str | None = None, /, **fields: object) -> Refused:
        """Ask for an action that must be refused, and see that nothing changed anywhere."""
        before = everything_of(self.office)
        actor = party if isinstance(party, Actor) else self.actor(party, unit)
        result = self.attempt(action, actor, **fields)
        assert result.refusal is not None, f"{action} by {actor.party} was not refused"
        assert everything_of(self.office) == before
        return result.refusal

    def actor(self, party: Party, unit: str | None = None) -> Actor:
        """Somebody in that capacity, as their link would know them."""
        case = self.case
        if party is Party.APPROVER:
            return self.approver()
        if party is Party.ENTERPRISE:
            return Actor(party, "link", contact=case.reporters[0] if case.reporters else None)
        if party in (Party.CLOCK, Party.RULE):
            return Actor(party, party.value)
        unit = unit or {Party.SUPPORTER: next(iter(case.supporters), None)}.get(party, case.lead)
        if party in (Party.LEAD, Party.SUPPORTER, Party.DUTY_UNIT):
            return Actor(party, "link", account=holder(self.office, Role.LIAISON, unit), unit=unit)
        if party is Party.UNIT_HEAD:
            return Actor(party, "link", account=holder(self.office, Role.UNIT_HEAD, unit), unit=unit)
        return Actor(party, "link", account=ACCOUNTS.get(party))

    def approver(self, kind: str | None = None) -> Actor:
        """Who is asked to decide now, on the open approval (of that kind)."""
        with self.office.reading() as session:
            query = (
                select(tables.ApprovalStep.id, tables.ApprovalStep.account_id)
                .join(tables.Approval, tables.Approval.id == tables.ApprovalStep.approval_id)
                .where(tables.Approval.case_id == self.id, tables.Approval.state == "open")
                .where(tables.ApprovalStep.state == "open")
            )
            found = session.execute(query if kind is None else query.where(tables.Approval.kind == kind)).first()
        return Actor(Party.APPROVER, "link", account=found[1] if found else "R02", step=found[0] if found else 0)

    def by_lead(self, action: str, **fields: object) -> Difficulty:
        """The lead takes an action."""
        return self.act(action, Party.LEAD, None, **fields)

    def by_head(self, action: str, **fields: object) -> Difficulty:
        """The desk's head takes an action."""
        return self.act(action, Party.DESK_HEAD, None, **fields)

    def by_clerk(self, action: str, **fields: object) -> Difficulty:
        """A clerk takes an action."""
        return self.act(action, Party.CLERK, None, **fields)

    def by_firm(self, action: str, **fields: object) -> Difficulty:
        """The enterprise takes an action."""
        return self.act(action, Party.ENTERPRISE, None, **fields)

    def decide(self, action: str = "approve", kind: str | None = None, **fields: object) -> Difficulty:
        """Who is asked now decides."""
        result = self.attempt(action, self.approver(kind), **fields)
        assert result.refusal is None, str(result.refusal)
        return self

    def replied(self, **fields: object) -> Difficulty:
        """Reply, signed off."""
        return self.by_lead("reply", **fields).decide()

    def at(self, said: str) -> Difficulty:
        """Set the office's clock, in its own zone."""
        self.office.fixed = moment(self.office, said)
        return self

    def sweep_at(self, said: str) -> SweepReport:
        """Sweep at a moment."""
        self.at(said)
        return sweep(self.office)

    # -- reading -------------------------------------------------------------------------------------------------------

    @property
    def id(self) -> int:
        """The case's key."""
        with self.office.reading() as session:
            found = session.scalar(select(tables.Case.id).where(tables.Case.code == self.code))
        assert found is not None
        return found

    @property
    def case(self) -> Case:
        """The case as the rules see it."""
        with self.office.reading() as session:
            [case] = load_cases(
                session,
                list(session.scalars(select(tables.Case.id).where(tables.Case.code == self.code))),
                lock=False,
            ).values()
        return case

    @property
    def json(self) -> dict[str, Any]:
        """The case as `expedite case CODE --json` gives it."""
        found = case_json(self.office, self.code)
        assert found is not None
        return found

    @property
    def status(self) -> str:
        """Where it stands."""
        return self.case.status.value

    def open_clocks(self) -> set[str]:
        """The kinds of clocks that run or stand still."""
        return {c["kind"] for c in self.json["clocks"] if c["state"] in ("running", "paused")}

    def clock(self, kind: str, subject: str | None = None) -> dict[str, Any]:
        """The last clock of a kind (and subject)."""
        found = [c for c in self.json["clocks"] if c["kind"] == kind and subject in (None, c["subject"])]
        assert found, f"no {kind} clock"
        return dict(found[-1])

    def due(self, kind: str, subject: str | None = None) -> str:
        """When the last clock of a kind is due, in the office's zone."""
        return local(self.clock(kind, subject)["due"])

    def events(self, *names: str) -> list[dict[str, Any]]:
        """The history, or its lines of some names."""
        return [e for e in self.json["events"] if not names or e["action"] in names]

    def approvals(self) -> list[tuple[str, str]]:
        """All approvals: (kind, state), in the order in which they were asked."""
        with self.office.reading() as session:
            rows = session.execute(
                select(tables.Approval.kind, tables.Approval.state)
                .where(tables.Approval.case_id == self.id)
                .order_by(tables.Approval.id)
            )
            return [(kind.value, state) for kind, state in rows]

    def told(self, message: str) -> list[str]:
        """To which addresses a message is owed, in order."""
        return [row.address for row in self._owed(message)]

    def told_facts(self, message: str) -> list[dict[str, Any]]:
        """The facts of the messages of a kind that are owed, in order."""
        return [row.facts for row in self._owed(message)]

    def granted(self, message: str) -> list[dict[str, Any] | None]:
        """What the links in the messages of a kind let their readers do, in order."""
        return [row.grant for row in self._owed(message)]

    def _owed(self, message: str) -> list[Outbox]:
        with self.office.reading() as session:
            query = select(Outbox).where(Outbox.case_id == self.id, Outbox.message == message).order_by(Outbox.id)
            return list(session.scalars(query))


_SENT = count()


def envelope(**data: object) -> bytes:
    """A signed delivery's body; its moment is its own, as no sender says the same thing twice at once."""
    sent = f"2026-07-16T02:00:00.{next(_SENT):06d}Z"
    said = {"type": "difficulty.reported", "timestamp": sent, "data": {**REPORT, **data}}
    return json.dumps(said, ensure_ascii=False).encode()


def report(office: Office, **data: object) -> Difficulty:
    """A report by signed webhook, received: the rules dispatch what they can."""
    key = f"test-{datetime.now(UTC).timestamp()}"
    store(office, "standard", key, Trust.SIGNED, DeliveryState.WAITING, envelope(**data), "application/json")
    done = receive_waiting(office)
    return Difficulty(office, done.cases[0])


def unrouted(office: Office, **data: object) -> Difficulty:
    """A report whose category no rule knows: it waits for the desk as `new`."""
    return report(office, category="something else", **data)


def standing(office: Office, status: Status) -> Difficulty:
    """A case in each of the eight statuses."""
    match status:
        case Status.NEW:
            return unrouted(office)
        case Status.IN_PROGRESS:
            return report(office)
        case Status.DISPUTED:
            return report(office).by_lead("send_back")
        case Status.CONSULTATION:
            return report(office).by_head("call_consultation")
        case Status.SUSPENDED:
            return report(office).by_lead("ask_suspension").decide()
        case Status.TRACKING:
            return report(office).by_head("track").decide()
        case Status.REPLIED:
            return report(office).replied()
        case Status.CLOSED:
            return report(office).replied().by_firm("confirm")


def holder(office: Office, role: Role, unit: str | None) -> str | None:
    """The account that holds a role in a unit."""
    with office.reading() as session:
        return session.scalar(
            select(AccountRole.account_id)
            .where(AccountRole.role == role, AccountRole.unit_id == unit)
            .order_by(AccountRole.id)
        )


def everything_of(office: Office) -> dict[str, list[tuple[object, ...]]]:
    """The whole database, without the calendar, which no action touches."""
    with office.reading() as session:
        return {
            name: [tuple(row) for row in session.execute(select(table).order_by(*table.primary_key))]
            for name, table in metadata.tables.items()
            if name != "calendar_day"
        }


def moment(office: Office, said: str) -> datetime:
    """A moment given in the office's zone."""
    return datetime.fromisoformat(said).replace(tzinfo=office.zone).astimezone(UTC)


def local(iso: str | None) -> str:
    """An ISO moment as day and minute, e.g. "Thu 2026-07-30 17:30"; "" for none."""
    return "" if iso is None else f"{datetime.fromisoformat(iso):%a %Y-%m-%d %H:%M}"


def day_after(office: Office, days: int) -> date:
    """A calendar day counted from the office's today."""
    return office.today() + timedelta(days=days)
