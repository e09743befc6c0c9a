"""The casebook: the one way in which a case changes.

One request from a page and ten thousand ticks from a sweep go the same way: cases are loaded together, the rules work on
drafts, and everything that the drafts hold is written with bulk statements in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.approvals import clock_of
from domain.case import CLOCK_ACTOR, RULE_ACTOR, Actor, Audience, Case
from domain.draft import Draft
from domain.effects_approval import approver_of
from domain.effects_clock import in_turn, issue, tick
from domain.effects_factor import restart_stage
from domain.effects_succession import follow_successors
from domain.fields import Fields
from domain.lifecycle import Kind, Status
from domain.policy import Colour, Label, Policy, Role
from domain.refusals import Refused
from domain.rules import perform
from domain.working_time import WorkingTime
from models import case as tables
from models.rows import insert_numbered, insert_rows
from services.case_files import Surroundings, load_cases
from services.casebook_write import Before, as_it_is, as_they_are, write_drafts
from services.identities import UNNAMED
from services.in_force import InForce
from services.numbers import draw
from services.office import Office
from services.people import Found, People, load_people
from services.similar import tell_desk


@dataclass(frozen=True, slots=True)
class Request:
    """An action asked of a case."""

    case_id: int
    action: str
    actor: Actor
    fields: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a request; `refusal` says why it was not done."""

    case_id: int
    code: str
    refusal: Refused | None = None

    @property
    def done(self) -> bool:
        """Whether the action was taken."""
        return self.refusal is None


@dataclass(frozen=True, slots=True)
class Ticked:
    """The steps that a clock took: case code, clock kind, steps, to whom notices went; a restricted case is not named."""

    code: str
    clock: str
    steps: tuple[str, ...]
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Route:
    """Where the rules send a new case; `lead` None leaves it to the desk, `why` says what the rules lacked."""

    lead: str | None
    supporters: tuple[str, ...]
    case_class: str
    severity: int
    why: Label


@dataclass(frozen=True, slots=True)
class NewCase:
    """A difficulty to be opened. `code` is given where an older register gave one."""

    title: str
    detail: str
    source: str
    category: str | None
    severity: int
    enterprise_id: int | None
    contact_id: int | None
    project_id: str | None
    project_said: str | None
    area: str | None
    actor: Actor
    route: Route
    flags: tuple[str, ...] = ()
    code: str | None = None
    document: str | None = None
    withheld: bool = False
    restricted: bool = False


@dataclass(slots=True)
class Casebook:
    """The casebook within one transaction. `silent` writes history without mails, for replays of older registers."""

    session: Session
    policy: Policy
    time: WorkingTime
    people: People
    now: datetime
    mail_domain: str
    in_force: InForce
    silent: bool = False
    asked: dict[Hashable, tuple[Found, ...]] = field(default_factory=dict, init=False)
    """Who was found for an audience: a sweep asks the same of thousands of cases."""

    def apply(self, requests: Sequence[Request]) -> list[Result]:
        """Perform `requests` in order; a refused one changes nothing and the others go on."""
        wanted = [r.case_id for r in requests]
        targets = self._targets(requests)
        if targets:
            # All that will be held are locked in one order.
            load_cases(self.session, wanted + targets)
        cases = load_cases(self.session, wanted)
        before = as_they_are(cases)
        place = Surroundings(self.session, self.people, self.in_force, cases)
        drafts: list[Draft] = []
        results: list[Result] = []
        for request in requests:
            case = cases.get(request.case_id)
            if case is None:
                raise LookupError(f"no case {request.case_id}")
            # The effect works on a copy, so that a refusal half way leaves the case as it was.
            attempt = case.copy()
            draft = Draft(attempt, self.now, request.actor, self.policy, self.time, place)
            try:
                follow_successors(draft)
                perform(draft, request.action, Fields(request.fields))
            except Refused as refusal:
                results.append(Result(case.id, case.code, refusal))
                continue
            self._keep(draft, cases, drafts)
            if draft.merge_into is not None:
                self._tell_target(draft, cases, before, drafts, place)
            results.append(Result(case.id, case.code))
        write_drafts(self, before, drafts)
        return results

    def _keep(self, draft: Draft, cases: dict[int, Case], drafts: list[Draft]) -> None:
        self.settle(draft)
        # What a later request of this transaction owes on the same case has keys of its own.
        draft.case.seq += len(draft.events)
        cases[draft.case.id] = draft.case
        drafts.append(draft)

    def _tell_target(
        self, merged: Draft, cases: dict[int, Case], before: dict[int, Before], drafts: list[Draft], place: Surroundings
    ) -> None:
        target = place.target(merged.merge_into or "")
        if target is None:
            return
        before.setdefault(target.id, as_it_is(target))
        draft = Draft(target.copy(), self.now, merged.actor, self.policy, self.time, place)
        draft.record("merged_in", {"code": merged.case.code})
        draft.tell_reporters(Label("同类事项已并入", "A report of the same matter was merged into this one"))
        self._keep(draft, cases, drafts)

    def _targets(self, requests: Sequence[Request]) -> list[int]:
        codes = [str(r.fields["target"]).strip().upper() for r in requests if r.fields.get("target")]
        query = select(tables.Case.id).where(tables.Case.code.in_(codes))
        return list(self.session.scalars(query)) if codes else []

    def tick(self, due: Mapping[int, Sequence[int]]) -> list[Ticked]:
        """Let clocks take the steps that are due: case id → clock ids, in the order of their moments."""
        cases = load_cases(self.session, list(due))
        before = as_they_are(cases)
        drafts, ticked = self.plan(cases, due)
        write_drafts(self, before, drafts)
        return ticked

    def plan(self, cases: Mapping[int, Case], due: Mapping[int, Sequence[int]]) -> tuple[list[Draft], list[Ticked]]:
        """The drafts of a sweep, not yet written; what a dry run shows."""
        place = Surroundings(self.session, self.people, self.in_force)
        drafts: list[Draft] = []
        ticked: list[Ticked] = []
        for case_id, case in cases.items():
            draft = Draft(case, self.now, CLOCK_ACTOR, self.policy, self.time, place)
            if self.people.retired:
                follow_successors(draft)
            wanted = {c.id: c for c in case.clocks if c.id in due[case_id] and c.acts_by(self.now)}
            for clock_id in in_turn(case, [i for i in due[case_id] if i in wanted]):
                clock = wanted[clock_id]
                noticed = len(draft.notices)
                steps = tick(draft, clock)
                to = tuple(
                    dict.fromkeys(
                        f.person.id for n in draft.notices[noticed:] for a in n.to for f in self.find(a, case)
                    )
                )
                if steps:
                    code, to = (UNNAMED, ()) if case.restricted else (case.code, to)
                    ticked.append(Ticked(code, clock.kind, tuple(steps), to))
                self.settle(draft)  # Whoever is asked now answers for the delay that the next clock finds.
            self.settle(draft)
            drafts.append(draft)
        return drafts, ticked

    def issue(self, case_id: int, colour: Colour) -> None:
        """Issue a notice by hand on the closing clock, as an older register says it was."""
        before, draft = self._by_rule(case_id)
        issue(draft, colour)
        write_drafts(self, before, [draft])

    def climb_to(self, case_id: int, rung: int, cause: str) -> None:
        """Climb to a rung, one by one, as an older register says the case did."""
        before, draft = self._by_rule(case_id)
        case = draft.case
        while case.rung < rung:
            draft.climb(f"register:{case.cycle}:{case.rung}", Label(cause, cause))
        write_drafts(self, before, [draft])

    def restart_stage(self, case_id: int, stage: str) -> None:
        """Let a stage's clock count from now, where an older register does not say since when the stage is open."""
        before, draft = self._by_rule(case_id)
        restart_stage(draft, stage)
        write_drafts(self, before, [draft])

    def _by_rule(self, case_id: int) -> tuple[dict[int, Before], Draft]:
        cases = load_cases(self.session, [case_id])
        place = Surroundings(self.session, self.people, self.in_force)
        return as_they_are(cases), Draft(cases[case_id], self.now, RULE_ACTOR, self.policy, self.time, place)

    def open(self, reports: Sequence[NewCase]) -> list[tuple[int, str]]:
        """Open cases: each gets its code and history; those that the rules can route are dispatched at once."""
        if not reports:
            return []
        year = self.now.astimezone(self.time.zone).year
        numbers = iter(draw(self.session, "difficulty", year, sum(1 for r in reports if r.code is None)))
        rows = [self._row(report, year, numbers) for report in reports]
        ids = insert_numbered(self.session, tables.Case, rows)
        reporters = [
            {"case_id": i, "contact_id": r.contact_id, "kind": "principal", "withheld": r.withheld}
            for i, r in zip(ids, reports, strict=True)
            if r.contact_id is not None
        ]
        insert_rows(self.session, tables.Reporter, reporters)
        cases = load_cases(self.session, list(ids))
        before = as_they_are(cases)
        place = Surroundings(self.session, self.people, self.in_force)
        drafts = []
        for case_id, report in zip(ids, reports, strict=True):
            draft = Draft(cases[case_id], self.now, report.actor, self.policy, self.time, place)
            self._begin(draft, report)
            drafts.append(draft)
        if not self.silent:
            tell_desk(self.session, self.policy.similarity, drafts)
        write_drafts(self, before, drafts)
        return [(i, cases[i].code) for i in ids]

    def _row(self, report: NewCase, year: int, numbers: Iterator[int]) -> dict[str, object]:
        n = 0 if report.code is not None else next(numbers)
        code = report.code or self.policy.numbering.difficulty.format(year=year, n=n)
        return {
            "code": code, "document_number": report.document or self.policy.numbering.document.format(year=year, n=n),
            "kind": Kind.DIFFICULTY, "status": Status.NEW, "title": report.title, "detail": report.detail, "source": report.source,
            "category": report.category, "severity": report.severity, "enterprise_id": report.enterprise_id,
            "project_id": report.project_id, "project_said": report.project_said, "area_id": report.area,
            "restricted": report.restricted, "opened_at": self.now, "marks": [], "handled_by": [], "flags": list(report.flags),
            "policy_version": self.policy.version, "rung": 1, "round": 1, "cycle": 1, "estimated": False, "extensions": 0, "redos": 0,
            "attempts": 0, "seq": 0, "head_hash": "",
        }  # fmt: skip

    def _begin(self, draft: Draft, report: NewCase) -> None:
        draft.record("reported", {"source": report.source, "flags": list(report.flags)})
        draft.start("triage", self.policy.limits.triage)
        route = report.route
        draft.case.severity = route.severity
        if route.lead is None:
            draft.owe("triage_needed", Audience(Role.CLERK), why=route.why)
            return
        draft.actor = RULE_ACTOR
        perform(
            draft, "dispatch",
            Fields({"lead": route.lead, "supporters": list(route.supporters), "case_class": route.case_class, "severity": route.severity}),
        )  # fmt: skip

    def settle(self, draft: Draft) -> None:
        """Approvals just opened name the person who is asked, so that nobody decides what they asked."""
        for approval in draft.case.approvals:
            if approval.state != "open":
                continue
            for step in approval.steps:
                if step.state == "open" and step.account is None:
                    found = self.find(approver_of(approval, step), draft.case)
                    step.account, approval.changed = found[0].person.id if found else None, True
                    clock = clock_of(draft.case, approval, step)
                    if found and clock is not None and clock.owner_unit is None:
                        # Every overdue day belongs to a unit: to that of whose post it is, also when a substitute is asked.
                        clock.owner_unit, clock.changed = (found[0].principal or found[0].person).unit, True

    def find(self, audience: Audience, case: Case) -> tuple[Found, ...]:
        """Who an audience is today. Nobody is asked to decide what they asked for themselves."""
        if audience.role is None:
            return ()
        if audience.fresh:
            today = self.now.astimezone(self.time.zone).date()
            return self.people.fresh(case, today) or self.people.find(Role.DESK_HEAD, None, case, today)
        but = _not_asked(audience, case)
        # All that an answer depends on.
        question = (audience.role, audience.unit, case.project, case.category, but, self.now)
        if question not in self.asked:
            today = self.now.astimezone(self.time.zone).date()
            self.asked[question] = self.people.find(audience.role, audience.unit, case, today, but)
        return self.asked[question]


def _not_asked(audience: Audience, case: Case) -> tuple[str, ...]:
    """Who is not asked for a step: who asked, who decided another step or let it pass, who is asked for an earlier one."""
    approval = case.open_approval(audience.approval, audience.subject) if audience.approval is not None else None
    if approval is None:
        return ()
    named = [approval.asked_by]
    for step in approval.steps:
        if step.seq != audience.step:
            named.append(step.decided_by)
            if step.state == "passed_up" or (step.state == "open" and step.seq < (audience.step or 0)):
                named.append(step.account)
    return tuple(account for account in named if account is not None)


def open_casebook(
    office: Office, session: Session, *, now: datetime | None = None, silent: bool = False, people: People | None = None
) -> Casebook:
    """The casebook for a transaction, at the office's present moment and with its directory, unless others are given."""
    return Casebook(
        session, office.policy, office.time, people or load_people(session, office.policy), now or office.now(), office.mail_domain,
        office.in_force, silent,
    )  # fmt: skip


def case_id_of(session: Session, code: str) -> int | None:
    """The id behind a code, in any letter case."""
    return session.scalar(select(tables.Case.id).where(tables.Case.code == code.strip().upper()))
