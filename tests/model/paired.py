"""A random office twice: every entry of a journal goes to the product and to the plain model, and both must say the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.case import Actor
from domain.case import Case as ProductCase
from domain.lifecycle import Party, Status
from domain.policy import Label, Role
from models.clock import Clock, Notice
from models.directory import Contact, Project
from models.office import Outbox
from services.audit import verify
from services.case_files import load_cases
from services.casebook import NewCase, Request, Route, open_casebook
from services.directory_change import DirectoryProposal, Edit, SubstitutionAdded, UnitMerged
from services.directory_edit import apply, propose
from services.office import Office
from services.people import load_people
from services.policy_versions import adopt
from services.sweep import sweep
from tests.model import plain_office as plain
from tests.model.journal import Op
from tests.model.plain_days import Limit
from tests.model.plain_people import AREAS

TEXTS: dict[str, dict[str, object]] = {
    "settle_on_spot": {"text": "已接通"}, "decline": {"reason": "不属受理范围"}, "amend": {"reason": "更正"}, "instruct": {"text": "请加快"},
    "fulfil": {"text": "已完成"}, "contact": {"how": "电话", "text": "已了解"}, "send_back": {"reason": "不属职责", "basis": "三定方案"},
    "rule": {"reason": "归口"}, "reassign": {"reason": "归口"}, "answer": {"text": "同意"}, "report": {"text": "已踏勘"},
    "supplement": {"text": "红线图"}, "ask_extension": {"reason": "未定", "progress": "过半"}, "ask_suspension": {"reason": "公示"},
    "review": {"text": "仍在公示"}, "conclude": {"minutes": "纪要"}, "move_consultation": {"reason": "改期"}, "track": {"reason": "上级规划"}, "reply": {"text": "已办", "document": "8号"},
    "dispute": {"reason": "未解决"}, "appeal": {"reason": "影响投产"}, "escalate": {"reason": "需协调"}, "deliver": {"text": "已兑现", "document": "9号"},
    "reopen": {"reason": "再次出现"}, "refuse": {"reason": "理由不足"}, "hand_back": {"reason": "缺附件"}, "resubmit": {"text": "已补"},
    "circular": {"reason": "久拖未决"},
    "report_to_city": {"text": "已报", "document": "10号"},
}  # fmt: skip
"""What people write; the model does not read it."""


Policy = tuple[str, dict[str, Limit], dict[str, int]]
"""A policy as text for the product, as limits and days of notices for the model."""


class Difference(AssertionError):  # what is found, not an error of the driver
    """Where model and product do not say the same; the first argument is the case's name."""

    def __init__(self, case: str, told: str) -> None:
        super().__init__(told)
        self.case = case


@dataclass
class Pair:
    """An office of the product and one of the model."""

    office: Office
    model: plain.PlainOffice
    policies: Mapping[str, Policy] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    firms: dict[str, int] = field(default_factory=dict)
    noticed: int = 0
    edited: int = 0
    mailed: int = 0
    swept: int = 0
    done: int = 0
    refused: int = 0

    def utc(self, at: datetime) -> datetime:
        """A moment of the office's own time, for the product."""
        return at.replace(tzinfo=self.office.zone).astimezone(UTC)

    def local(self, at: datetime | None) -> datetime | None:
        """A moment of the product, in the office's own time."""
        return None if at is None else at.astimezone(self.office.zone).replace(tzinfo=None)

    def play(self, ops: Sequence[Op]) -> None:
        """Let a moment happen in both, and compare what it touched. Raises Difference."""
        if not ops:
            return
        self.office.fixed, self.model.now = self.utc(ops[0].at), ops[0].at
        before = {case.name: _parts(case) for case in self.model.cases.values()}
        match ops[0].what:
            case "report":
                touched = self._reports(ops)
            case "act":
                touched = self._acts([op for op in ops if op.case in self.ids])
            case "away":
                touched = self._away(ops[0].fields)
            case "merge units":
                touched = self._merge_units(ops[0].fields)
            case "policy":
                touched = self._policy(ops[0].fields)
            case _:
                touched = self._sweep(ops[0].at)
        self.compare(touched)
        self._check_mails(before)

    # -- the same to both ----------------------------------------------------------------------------------------------

    def _reports(self, ops: Sequence[Op]) -> list[str]:
        with self.office.writing() as session:
            new = [self._new_case(session, op) for op in ops]
            opened = open_casebook(self.office, session).open(new)
        for op, (case_id, code) in zip(ops, opened, strict=True):
            self.ids[op.case], self.codes[op.case] = case_id, code
            self.model.report(op.case, op.fields["project"], op.fields["severity"], op.fields["route"])
        return [op.case for op in ops]

    def _new_case(self, session: Session, op: Op) -> NewCase:
        project: str = op.fields["project"]
        route: dict[str, Any] = op.fields["route"] or {}
        row = session.get_one(Project, project)
        if project not in self.firms:
            self.firms[project] = session.scalars(
                select(Contact.id).where(Contact.enterprise_id == row.enterprise_id)
            ).one()
        return NewCase(
            title=op.case, detail="", source="standard", category="power", severity=op.fields["severity"], enterprise_id=row.enterprise_id,
            contact_id=self.firms[project], project_id=project, project_said=project, area=AREAS[project],
            actor=Actor(Party.ENTERPRISE, "webhook", contact=self.firms[project]),
            route=Route(
                route.get("lead"), tuple(route.get("supporters", ())), route.get("case_class", "ordinary"),
                int(route.get("severity") or op.fields["severity"]), Label("—", "—"),
            ),
        )  # fmt: skip

    def _acts(self, ops: Sequence[Op]) -> list[str]:
        if not ops:
            return []
        with self.office.writing() as session:
            book = open_casebook(self.office, session)
            cases = load_cases(session, [self.ids[op.case] for op in ops])
            requests = [
                Request(self.ids[op.case], op.action, self._actor(op, cases[self.ids[op.case]]), self._fields(op))
                for op in ops
            ]
            results = book.apply(requests)
        for op, result in zip(ops, results, strict=True):
            said = result.refusal.code if result.refusal is not None else None
            expected = self.model.act(op.case, op.action, op.who, op.fields)
            self.done, self.refused = self.done + (said is None), self.refused + (said is not None)
            if said != expected:
                raise Difference(
                    op.case, f"{op}\n  the model says {expected or 'done'}, the product {result.refusal or 'done'}"
                )
        return [op.case for op in ops] + [
            op.fields["target"] for op in ops if op.action == "merge" and op.fields["target"] in self.ids
        ]

    def _actor(self, op: Op, case: ProductCase) -> Actor:
        who = op.who
        step = None
        if who.party == "approver":
            step = 0
            for approval in case.approvals:
                if approval.state == "open" and approval.kind.value == who.approval and approval.current is not None:
                    step = approval.current.id or 0
        contact = None
        if who.firm is not None:
            contact = self.firms.get(who.firm, 0)
        return Actor(
            Party(who.party),
            "link",
            account=who.account,
            contact=contact,
            unit=who.unit,
            step=step,
            spoken_for="经办人" if who.spoken else None,
        )

    def _fields(self, op: Op) -> dict[str, object]:
        given: dict[str, object] = dict(TEXTS.get(op.action, {}))
        for name, value in op.fields.items():
            if name == "target":
                given[name] = self.codes.get(value, "DIF-2026-9999")
            elif name == "duties":
                given[name] = [{"unit": unit, "what": "办理", "date": day.isoformat()} for unit, day in value]
            elif isinstance(value, (list, bool)):
                given[name] = value
            else:
                given[name] = value.isoformat() if isinstance(value, date) else str(value)
        return given

    def _away(self, said: dict[str, Any]) -> list[str]:
        edit = SubstitutionAdded(
            absent=said["absent"], substitute=said["instead"], first_day=said["first"], last_day=said["last"]
        )
        if self._edit(edit):
            self.model.away(said["absent"], said["first"], said["last"], said["instead"])
        return self.waiting()

    def _edit(self, *edits: Edit) -> bool:
        """Change the directory as the desk does; what it refuses (two at once for one person, …) changes nothing."""
        proposal, self.edited = DirectoryProposal(edits), self.edited + 1
        shown = propose(self.office, proposal)
        return apply(self.office, proposal, f"edit-{self.edited}", "R05", shown.digest).done

    def waiting(self) -> list[str]:
        """Cases that wait for somebody's decision."""
        return [case.name for case in self.model.cases.values() if any(a.open for a in case.approvals)]

    def _sweep(self, at: datetime) -> list[str]:
        """Both sweep; compared are the cases in which either did something, now and then all that are open."""
        names = {code: name for name, code in self.codes.items()}
        swept = self.model.sweep(at)
        # What a step makes due is taken by the same sweep or by the next one, as the batches fall: until nothing is due.
        while (report := sweep(self.office)).examined:
            swept |= {names[step.case] for step in report.steps}
        self.swept += 1
        if self.swept % 6 == 0:
            swept |= {
                c.name for c in self.model.cases.values() if c.status != "closed" or any(k.open for k in c.clocks)
            }
        return [*sorted(swept), *self.waiting()]

    def _policy(self, said: dict[str, Any]) -> list[str]:
        text, limits, notice_days = self.policies[said["policy"]]
        adopt(self.office, text, recalculate=said["recalculate"], by="R05")
        self.model.adopt(limits, notice_days, said["recalculate"])
        return list(self.model.cases)

    def _merge_units(self, said: dict[str, Any]) -> list[str]:
        if self._edit(UnitMerged(unit=said["unit"], into=said["into"])):
            self.model.merge_units(said["unit"], said["into"])
        return list(self.model.cases)

    # -- the same from both --------------------------------------------------------------------------------------------

    def compare(self, names: Iterable[str]) -> None:
        """State, clocks, approvals and notices of some cases. Raises Difference."""
        wanted = {self.ids[name]: name for name in dict.fromkeys(names)}
        with self.office.reading() as session:
            cases = load_cases(session, list(wanted), lock=False)
            notices = self._notices(session)
        by_id = {case_id: name for name, case_id in self.ids.items()}
        said: dict[str, list[tuple[str, ...]]] = {}
        for case_id, *notice in notices:
            said.setdefault(by_id[case_id], []).append(tuple(notice))
        for case in self.model.cases.values():
            mine, theirs = sorted(_unnumbered(case.notices)), sorted(_unnumbered(said.get(case.name, [])))
            case.notices.clear()
            wrong = [f"notices: the model says {mine}, the product {theirs}"] if mine != theirs else []
            if self.ids[case.name] in wanted:
                found, expected = self.seen(cases[self.ids[case.name]]), self.expected(case)
                wrong += [
                    f"{k}: the model says {expected[k]}, the product {found[k]}"
                    for k in expected
                    if expected[k] != found[k]
                ]
            if wrong:
                raise Difference(case.name, f"{case.name} at {self.model.now:%a %m-%d %H:%M}\n  " + "\n  ".join(wrong))

    def _notices(self, session: Session) -> list[tuple[Any, ...]]:
        rows = session.execute(
            select(Notice.case_id, Clock.kind, Clock.subject, Notice.colour, Notice.owner, Notice.id)
            .join(Clock, Clock.id == Notice.clock_id)
            .where(Notice.id > self.noticed)
            .order_by(Notice.id)
        ).all()
        self.noticed = session.scalar(select(func.max(Notice.id))) or 0
        return [(case, kind, subject, colour.value, owner) for case, kind, subject, colour, owner, _ in rows]

    def _check_mails(self, before: Mapping[str, set[tuple[str, str]]]) -> None:
        """A mail lets a unit act only where it has, or had a moment ago, that part."""
        names = {case_id: name for name, case_id in self.ids.items()}
        with self.office.reading() as session:
            rows = session.execute(
                select(Outbox.id, Outbox.case_id, Outbox.message, Outbox.grant)
                .where(Outbox.id > self.mailed)
                .order_by(Outbox.id)
            ).all()
        for row_id, case_id, message, grant in rows:
            self.mailed = row_id
            if case_id is None or not grant or grant["party"] not in ("lead", "supporter", "duty_unit"):
                continue
            name = names[case_id]
            has = _parts(self.model.cases[name]) | before.get(name, set())
            if (grant["party"], grant["unit"]) not in has:
                raise Difference(
                    name, f"{name}: {message} makes {grant['unit']} {grant['party']}, which has {sorted(has)}"
                )

    def check_always(self) -> None:
        """What must hold in the database whatever happened: the audit finds nothing, and nothing is left without holder or clock."""
        found = verify(self.office).findings
        if found:
            raise Difference("", f"the audit: {[str(one) for one in found[:3]]}")
        with self.office.reading() as session:
            cases = load_cases(session, list(self.ids.values()), lock=False)
            people = load_people(session, self.office.policy)
            twice = session.execute(
                select(Notice.clock_id, Notice.colour)
                .group_by(Notice.clock_id, Notice.round, Notice.cycle, Notice.colour)
                .having(func.count() > 1)
            ).all()
            keys, rows = session.execute(select(func.count(Outbox.key.distinct()), func.count(Outbox.id))).one()
        assert not twice
        assert keys == rows
        for name, case_id in self.ids.items():
            case = cases[case_id]
            if case.status is Status.CLOSED:
                continue
            role, unit = {
                Status.NEW: (Role.CLERK, None), Status.DISPUTED: (Role.DESK_HEAD, None), Status.CONSULTATION: (Role.DESK_HEAD, None),
                Status.REPLIED: (Role.CLERK, None),
            }.get(case.status, (Role.LIAISON, case.lead))  # fmt: skip
            if not people.find(role, unit, case, self.office.today()):
                raise Difference(name, f"{name} is {case.status.value} and nobody holds it")
            if not any(clock.open for clock in case.clocks):
                raise Difference(name, f"{name} is {case.status.value} and has no clock")

    def seen(self, case: ProductCase) -> dict[str, Any]:
        """What the product says of a case, plainly."""
        firms = {contact: project for project, contact in self.firms.items()}
        return {
            "status": case.status.value, "rung": case.rung, "round": case.round, "cycle": case.cycle, "class": case.case_class,
            "severity": case.severity, "lead": case.lead, "supporters": sorted(case.supporters), "outcome": case.outcome,
            "project": case.project, "area": case.area, "extensions": case.extensions, "redos": case.redos, "attempts": case.attempts,
            "result": case.rating_result, "promised": case.promised_on, "original due": self.local(case.original_due),
            "reporters": [firms[c] for c in case.reporters],
            "clocks": sorted(
                (c.kind, "" if c.kind == "duty" else c.subject, c.owner_unit or "", str(self.local(c.due)), str(self.local(c.paused_at) or ""))
                for c in case.clocks if c.open
            ),
            "approvals": sorted(
                (a.kind.value, s.role.value, s.unit or "", s.state, (s.account or "") if s.state == "open" else "")
                for a in case.approvals if a.state == "open" for s in a.steps if s.state in ("open", "returned")
            ),
        }  # fmt: skip

    def expected(self, case: plain.Case) -> dict[str, Any]:
        """What the model says of it."""
        return {
            "status": case.status, "rung": case.rung, "round": case.round, "cycle": case.cycle, "class": case.case_class,
            "severity": case.severity, "lead": case.lead, "supporters": sorted(case.supporters), "outcome": case.outcome,
            "project": case.project, "area": case.area, "extensions": case.extensions, "redos": case.redos, "attempts": case.attempts,
            "result": case.result, "promised": case.promised, "original due": case.original_due, "reporters": case.reporters,
            "clocks": sorted(
                (c.kind, "" if c.kind == "duty" else c.subject, c.owner or "", str(c.due), str(c.paused or "")) for c in case.clocks if c.open
            ),
            "approvals": sorted(
                (a.kind, s.role, s.unit or "", s.state, (s.asked or "") if s.state == "open" else "")
                for a in case.approvals if a.open for s in a.steps if s.state in ("open", "returned")
            ),
        }  # fmt: skip


def _parts(case: plain.Case) -> set[tuple[str, str]]:
    """Which units have which part in a case."""
    found = {("supporter", unit) for unit in case.supporters}
    found |= {("duty_unit", c.owner or "") for c in case.clocks if c.open and c.kind == "duty"}
    return found | ({("lead", case.lead)} if case.lead else set())


def _unnumbered(notices: Iterable[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Duties are told apart by number in the one, by unit in the other."""
    return [(kind, subject.partition("#")[0], colour, owner) for kind, subject, colour, owner in notices]
