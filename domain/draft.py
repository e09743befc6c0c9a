"""The draft of a change to a case: what an effect works on, and what the casebook then writes in one transaction.

A draft collects the changed case, its clocks, events, approvals, notices and the messages owed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from domain.approvals import UNDECIDED, clock_kind, clock_subject
from domain.case import REPORTERS, Actor, Approval, Audience, Case, Event, NoticeDue, Owed, Place
from domain.clocks import CLOCKS, Clock, ClockState, Happening, Moment, shifted
from domain.ladder import TOP_RUNG, Setting, plan_next
from domain.lifecycle import ApprovalKind, Party, Status
from domain.policy import CaseClass, Category, Label, Limit, Policy, Role
from domain.working_time import Due, WorkingTime


@dataclass(slots=True)
class Draft:
    """A change being made to one case at one moment."""

    case: Case
    now: datetime
    actor: Actor
    policy: Policy
    time: WorkingTime
    place: Place
    events: list[Event] = field(default_factory=list)
    owed: list[Owed] = field(default_factory=list)
    notices: list[NoticeDue] = field(default_factory=list)
    merge_into: str | None = None
    leaving_contact: int | None = None

    # -- history and messages ------------------------------------------------------------------------------------------

    def record(self, action: str, facts: Mapping[str, object] | None = None, **text: str) -> None:
        """Add a line to the history."""
        self.events.append(Event(action, dict(facts or {}), {k: v for k, v in text.items() if v}, self.actor))

    def owe(self, message: str, to: Audience, *, once: str = "", **facts: object) -> None:
        """Owe `message`; its key makes it owed once however often the change is repeated.

        Messages of one change are apart, save those that share `once`: of these a person gets the first only.
        """
        key = f"{message}:{self.case.id}:{self.case.seq}:{once or len(self.owed)}"
        self.owed.append(Owed(message, to, facts, key))

    def tell_lead(self, what: Label, note: str = "") -> None:
        """Tell the lead's officers that something changed."""
        if self.case.lead:
            self.owe("case_update", self.officers(self.case.lead), what=what, note=note)

    def tell_reporters(self, what: Label) -> None:
        """Tell the reporters that something changed."""
        self.owe("enterprise_update", REPORTERS, what=what)

    def tell_asker(self, approval: Approval, decision: str, reason: str = "") -> None:
        """Tell who asked what became of it: the unit's officers, or the desk's head for what the desk asked.

        The enterprise, whose dispute opened a decision, is told by what follows from it. A stage was asked by the request:
        its lead and its reporters have to supplement, and are told of everything else by what follows.
        """
        if approval.kind is ApprovalKind.DISPUTE:
            return
        if approval.kind is ApprovalKind.STAGE:
            if decision != "returned":
                return
            self.tell_reporters(Label(f"需要补正材料：{reason}", f"More papers are needed: {reason}"))
        asker = Audience(Role.DESK_HEAD)
        if approval.kind is not ApprovalKind.TRACKING and approval.unit:
            asker = self.officers(approval.unit)
        self.owe(
            "approval_decided", asker, kind=approval.kind, decision=decision, reason=reason,
            decided_by=self.actor.account if decision != "lapsed" else None,
        )  # fmt: skip

    def officers(self, unit: str, copy: bool = False) -> Audience:
        """The officers who handle cases for a unit."""
        return Audience(Role.LIAISON, unit, copy=copy)

    # -- facts ---------------------------------------------------------------------------------------------------------

    @property
    def case_class(self) -> CaseClass:
        """The case's class, the default one while it has none."""
        return self.policy.classes[self.case.case_class or self.policy.triage.default_class]

    @property
    def category(self) -> Category | None:
        """The case's category, None when the desk has yet to name it."""
        return self.policy.categories.get(self.case.category or "")

    def first_contact(self, since: datetime | None = None) -> Limit:
        """The shorter of the class's and the severity's limit, counted from `since` or now (LIFECYCLE.md, Clocks)."""
        start = since or self.now
        a, b = self.case_class.first_contact, self.policy.severities[self.case.severity].first_contact
        return a if self.time.due(start, a).at <= self.time.due(start, b).at else b

    # -- clocks --------------------------------------------------------------------------------------------------------

    def start(
        self,
        kind: str,
        limit: Limit | None = None,
        *,
        owner: str | None = None,
        subject: str = "",
        due: datetime | None = None,
        note: str = "",
    ) -> Clock:
        """Start a clock now, by a limit or to a date. One of the same kind and subject that still runs is superseded."""
        running = self.case.open_clock(kind, subject)
        if running is not None:
            self.end_clock(running, ClockState.SUPERSEDED)
        first = Due(due, self.time.estimated(due)) if due is not None else self.time.due(self.now, _limit(kind, limit))
        clock = Clock(
            kind=kind, owner_unit=owner, subject=subject, started=self.now, limit=None if due is not None else limit,
            due=first.at, original_due=first.at, estimated=first.estimated, round=self.case.round, cycle=self.case.cycle,
            note=note, policy_version=self.policy.version, changed=True,
        )  # fmt: skip
        clock.moments.append(Moment(self.now, Happening.STARTED, clock.limit, due, note))
        self.plan(clock)
        self.case.clocks.append(clock)
        if self.case.status is Status.SUSPENDED:
            self.pause(self.case.suspended_for or "")
        return clock

    def setting(self, clock: Clock) -> Setting:
        """What the clock's steps depend on: an undecided extension falls with the closing day."""
        undecided = clock.kind == "close" and self.case.open_approval(ApprovalKind.EXTENSION) is not None
        return Setting(self.case.status, falls_due=undecided)

    def plan(self, clock: Clock) -> None:
        """Set the clock's next step."""
        clock.changed = True
        plan_next(clock, self.policy_of(clock), self.time, self.setting(clock))

    def policy_of(self, clock: Clock) -> Policy:
        """The policy that plans a clock's steps: the one it was started by, until it is adjusted (DESIGN.md 1.7)."""
        return (
            self.policy
            if clock.policy_version in ("", self.policy.version)
            else self.place.policy(clock.policy_version)
        )

    def supersede(self, kind: str) -> None:
        """End the open clocks of that kind without anybody having met them."""
        for clock in self.case.clocks:
            if clock.kind == kind and clock.open:
                self.end_clock(clock, ClockState.SUPERSEDED)

    def meet(self, kind: str, subject: str | None = None) -> bool:
        """End the open clocks of that kind as met; whether there was one."""
        found = [c for c in self.case.clocks if c.kind == kind and c.open and subject in (None, c.subject)]
        for clock in found:
            self.end_clock(clock, ClockState.MET)
        return bool(found)

    def end_clock(self, clock: Clock, state: ClockState) -> None:
        """End a clock, with a line in its own history."""
        clock.state, clock.ended_at, clock.changed = state, self.now, True
        clock.next_step = clock.next_action_at = None
        clock.moments.append(Moment(self.now, Happening.ENDED, reason=state.value))

    def pass_on(self, old: str | None, new: str) -> None:
        """Hand the lead's open clocks to a new lead; their dates stay."""
        for clock in self.case.clocks:
            if clock.open and clock.owner_unit == old and clock.row.owner is Party.LEAD:
                clock.owner_unit, clock.changed = new, True
                clock.moments.append(Moment(self.now, Happening.PASSED_ON, reason=new))

    def extend(self, clock: Clock, due: datetime, reason: str) -> None:
        """Move a clock's due moment to a date; the original due stays on record."""
        clock.due, clock.estimated, clock.changed = due, self.time.estimated(due), True
        clock.moments.append(Moment(self.now, Happening.EXTENDED, due=due, reason=reason))
        self.plan(clock)

    def pause(self, reason: str) -> None:
        """Let every clock that stands still in a suspension stand still."""
        for clock in self.case.clocks:
            if clock.row.stands_still and Status.SUSPENDED not in clock.row.runs_in:
                self.pause_clock(clock, reason)

    def pause_clock(self, clock: Clock, reason: str) -> None:
        """Let a running clock stand still."""
        if clock.state is ClockState.RUNNING:
            clock.state, clock.paused_at, clock.changed = ClockState.PAUSED, self.now, True
            clock.next_step = clock.next_action_at = None
            clock.moments.append(Moment(self.now, Happening.PAUSED, reason=reason))

    def unpause(self) -> None:
        """Let the paused clocks run on, save those that wait for a supplement of their own."""
        for clock in self.case.clocks:
            if not self.returned(clock):
                self.resume_clock(clock)

    def resume_clock(self, clock: Clock) -> None:
        """Let a paused clock run on; what it waited does not count."""
        if clock.state is ClockState.PAUSED and clock.paused_at is not None and clock.due is not None:
            told = Due(clock.due, clock.estimated)
            due = shifted(told, clock.started, clock.paused_at, self.now, clock.limit, self.time)
            clock.due, clock.estimated = due.at, due.estimated
            clock.state, clock.paused_at, clock.changed = ClockState.RUNNING, None, True
            clock.moments.append(Moment(self.now, Happening.RESUMED))
            self.plan(clock)

    def returned(self, clock: Clock) -> bool:
        """Whether the clock is that of a step that was returned to its asker."""
        return any(
            step.state == "returned" and clock_subject(approval, step) == clock.subject
            for approval in self.case.approvals
            if approval.state == "open" and clock_kind(approval) == clock.kind
            for step in approval.steps
        )

    def follow_due(self) -> None:
        """A factor request is due when the first of its running clocks is: its stages' and the day it is needed by."""
        running = [
            (c.due, c.estimated)
            for c in self.case.clocks
            if c.kind in ("factor_stage", "needed_by") and c.state is ClockState.RUNNING and c.due is not None
        ]
        if self.case.status is not Status.CLOSED:
            self.case.due, self.case.estimated = min(running, default=(None, False))

    # -- status, rung, lead --------------------------------------------------------------------------------------------

    def enter(self, status: Status) -> None:
        """Enter a status: clocks that do not run there are superseded (or stand still), open approvals lapse."""
        case = self.case
        if status is case.status:
            return
        if case.status is Status.SUSPENDED and status is Status.IN_PROGRESS:
            self.unpause()
        if status is Status.SUSPENDED:
            self.pause(case.suspended_for or "")
        else:
            for clock in case.clocks:
                if clock.open and status not in CLOCKS[clock.kind].runs_in:
                    self.end_clock(clock, ClockState.SUPERSEDED)
        case.status = status
        self.lapse_approvals("status")
        for clock in case.clocks:
            if clock.open and clock.row.red_in is not None:
                self.plan(clock)
        self.owe_city_report()

    def lapse_approvals(self, why: str) -> None:
        """Let open approvals lapse; the asker is told (LIFECYCLE.md, Rules). A stage's decision lives as long as its request."""
        for approval in self.case.approvals:
            if approval.kind is ApprovalKind.STAGE and self.case.status is not Status.CLOSED:
                continue
            if approval.state == "open":
                self.close_approval(approval, "lapsed")
                self.record("approval_lapsed", {"kind": approval.kind.value, "why": why})
                self.tell_asker(approval, "lapsed")

    def close_approval(self, approval: Approval, state: str) -> None:
        """End an approval and its clock."""
        approval.state, approval.changed = state, True
        subjects = {clock_subject(approval, step) for step in approval.steps}
        for step in approval.steps:
            if step.state in UNDECIDED:
                step.state = "void"
        ended = ClockState.MET if state in ("granted", "refused") else ClockState.SUPERSEDED
        for clock in self.case.clocks:
            if clock.kind == clock_kind(approval) and clock.open and clock.subject in subjects:
                self.end_clock(clock, ended)
        closing = self.case.open_clock("close")
        if approval.kind is ApprovalKind.EXTENSION and closing is not None:
            self.plan(closing)

    def climb(self, cause: str, label: Label) -> bool:
        """One rung up, once per cause; at the top rung the cause is recorded and the desk head owes a monthly report."""
        case = self.case
        mark = f"climb:{cause}"
        if mark in case.marks:
            return False
        case.marks |= {mark}
        if case.rung >= TOP_RUNG:
            self.record("cause_recorded", {"cause": cause})
            self.owe_city_report()
            return False
        old = case.rung
        case.rung += 1
        self.record("climbed", {"from": old, "to": case.rung, "cause": cause})
        for rung, holds in ((case.rung, True), (old, False)):
            for to in self.holders(rung):
                # Who holds both rungs is told of the new one.
                self.owe(
                    "climbed",
                    to,
                    once=f"climb{case.rung}",
                    from_rung=old,
                    to_rung=case.rung,
                    cause=label,
                    you_hold=holds,
                )
        self.owe_city_report()
        self.enter_rung()
        return True

    def enter_rung(self) -> None:
        """Leave the stay on the rung before; where it runs, start that on the present one."""
        self.meet("rung_stay")
        limit = self.policy.rung(self.case.rung).limit
        if limit is not None and self.case.status in CLOCKS["rung_stay"].runs_in:
            self.start("rung_stay", limit, owner=self.case.lead)
            self.hold_stay()

    def hold_stay(self) -> None:
        """A stay on a rung lasts until the later of the rung's limit and the closing day (LIFECYCLE.md, Clocks)."""
        stay, close = self.case.open_clock("rung_stay"), self.case.open_clock("close")
        if stay is None or close is None or stay.due is None or close.due is None:
            return
        if stay.due < close.due:
            self.extend(stay, close.due, "close")

    def owe_city_report(self) -> None:
        """On the top rung the desk's head owes a monthly report (LIFECYCLE.md, Rules)."""
        here = self.case.rung == TOP_RUNG and self.case.status in CLOCKS["city_report"].runs_in
        if here and self.case.open_clock("city_report") is None:
            self.start("city_report", self.policy.limits.city_report)

    def holders(self, rung: int) -> tuple[Audience, ...]:
        """For whom messages to a rung's holder are."""
        case = self.case
        if rung <= 1:
            return (Audience(Role.CLERK),)
        if rung == 2:
            if case.area is not None:
                return (Audience(Role.AREA_OFFICER, case.area),)
            return (self.officers(case.lead),) if case.lead else (Audience(Role.DESK_HEAD),)
        if rung == 3:
            return (
                (self.officers(case.lead), Audience(Role.UNIT_HEAD, case.lead))
                if case.lead
                else (Audience(Role.DESK_HEAD),)
            )
        role = {4: Role.DESK_HEAD, 5: Role.DEPUTY_CHIEF, 6: Role.CHIEF}.get(rung, Role.DEPUTY_CHIEF)
        return (Audience(role),)


def _limit(kind: str, limit: Limit | None) -> Limit:
    if limit is None:
        raise ValueError(f"clock {kind} was started without a limit or a date")
    return limit
