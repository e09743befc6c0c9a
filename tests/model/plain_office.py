"""The reference model: an office whose cases are plain records, moved by LIFECYCLE.md read aloud, one `if` after the other.

It is slow and has no tables but those typed in `plain_rules`. It answers why an action is refused, or does it.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from tests.model import plain_days as plain
from tests.model.plain_days import Limit
from tests.model.plain_people import AREAS, POSTS, People
from tests.model.plain_rules import (
    ACTIONS,
    ATTEMPTS,
    BESIDE_STATUS,
    CLIMB_ON_RED,
    COLOURS,
    DESK,
    DESK_UNIT,
    DISPUTE_AT,
    ENDS_ITSELF,
    EXPIRES,
    EXTENSION_ROLES,
    EXTENSIONS,
    FOR_ENTERPRISE,
    HIGHER,
    LIMITS,
    NOTICE_DAYS,
    OF_EVERY_REPORTER,
    OF_LEAD,
    REDOS,
    RUNS,
    SUSPENSIONS,
)

Fields = dict[str, Any]


class No(Exception):  # what an office says
    """The model's refusal; its argument is the reason's code."""


@dataclass
class Clock:
    """A deadline."""

    kind: str
    subject: str
    owner: str | None
    start: datetime
    limit: Limit | None
    due: datetime
    serial: int
    paused: datetime | None = None
    waits: list[tuple[datetime, datetime]] = field(default_factory=list)
    granted: datetime | None = None
    open: bool = True
    done: set[str] = field(default_factory=set)
    days: dict[str, int] = field(default_factory=dict)
    round: int = 1
    redo: Limit | None = None
    """How long a redo takes by the policy that the clock goes by."""
    explains: Clock | None = None
    """The late clock for which a duty is the answer to a notice."""


@dataclass
class Step:
    """One decision of an approval."""

    role: str
    unit: str | None
    state: str = "waiting"
    asked: str | None = None
    by: str | None = None


@dataclass
class Approval:
    """A decision that is waited for."""

    kind: str
    asker: str | None
    facts: Fields
    unit: str | None
    steps: list[Step]
    open: bool = True

    @property
    def current(self) -> Step | None:
        """The step that waits for its approver or its asker."""
        return next((s for s in self.steps if s.state in ("open", "returned")), None)


@dataclass
class Case:
    """A difficulty."""

    name: str
    project: str
    severity: int
    reporters: list[str]
    joined: list[str]
    """Everybody who ever reported it, in the order of their coming; who returns has their old place."""
    area: str = ""
    status: str = "new"
    rung: int = 1
    round: int = 1
    cycle: int = 1
    case_class: str | None = None
    before_tracking: str = "ordinary"
    lead: str | None = None
    supporters: list[str] = field(default_factory=list)
    outcome: str | None = None
    original_due: datetime | None = None
    closed_at: datetime | None = None
    promised: date | None = None
    waits_for: str | None = None
    suspended_since: date | None = None
    waited: dict[str, int] = field(default_factory=dict)
    extensions: int = 0
    redos: int = 0
    attempts: int = 0
    result: int | None = None
    causes: set[tuple[Any, ...]] = field(default_factory=set)
    returned: set[str] = field(default_factory=set)
    ruled: set[str] = field(default_factory=set)
    handled: set[str] = field(default_factory=set)
    from_dispute: bool = False
    meets: datetime | None = None
    """When the consultation begins that was called last."""
    meetings: int = 0
    duties: int = 0
    clocks: list[Clock] = field(default_factory=list)
    approvals: list[Approval] = field(default_factory=list)
    notices: list[tuple[str, str, str, str]] = field(default_factory=list)
    """Kind and subject of the clock, colour, and who is late."""

    def clock(self, kind: str, subject: str | None = None) -> Clock | None:
        """The open clock of a kind."""
        return next((c for c in self.clocks if c.open and c.kind == kind and subject in (None, c.subject)), None)

    def approval(self, kind: str) -> Approval | None:
        """The open approval of a kind."""
        return next((a for a in self.approvals if a.open and a.kind == kind), None)


@dataclass
class Who:
    """Who acts: in what capacity, for which unit, as which account or for which project's firm."""

    party: str
    account: str | None = None
    unit: str | None = None
    firm: str | None = None
    spoken: bool = False
    approval: str | None = None


class PlainOffice:
    """All cases, the present moment (the office's own time), and who is there."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.cases: dict[str, Case] = {}
        self.people = People()
        self.limits, self.notice_days = LIMITS, NOTICE_DAYS
        self.gone: dict[str, str] = {}
        """Units that were merged, and into which."""
        self.serials = 0

    # -- clocks --------------------------------------------------------------------------------------------------------

    def start(self, case: Case, kind: str, limit: Limit | None = None, **more: Any) -> Clock:
        """Start a clock now, by a limit or to a day; one of the same kind and subject is over."""
        subject = more.get("subject", "")
        self.end(case, kind, subject)
        when = more.get("due") or plain.due(self.now, limit or self.limits[kind])
        if limit is None and "due" not in more:
            limit = self.limits[kind]
        self.serials += 1
        clock = Clock(kind, subject, more.get("owner"), self.now, limit, when, self.serials)
        clock.days, clock.round, clock.redo = self.notice_days, case.round, self.limits["redo"]
        if case.status == "suspended" and kind not in BESIDE_STATUS and kind not in RUNS["suspended"].split():
            clock.paused = self.now
        case.clocks.append(clock)
        return clock

    def end(self, case: Case, kind: str, subject: str | None = None) -> bool:
        """End the open clocks of a kind."""
        found = [c for c in case.clocks if c.open and c.kind == kind and subject in (None, c.subject)]
        for clock in found:
            clock.open = False
        return bool(found)

    def run_on(self, clock: Clock) -> None:
        """Let a clock that stood still run on."""
        if clock.paused is None:
            return
        if clock.limit is not None:
            clock.due = plain.after_pause(clock.start, clock.due, clock.paused, self.now, clock.limit)
            if clock.granted is not None:
                clock.granted = plain.after_pause(clock.start, clock.granted, clock.paused, self.now, clock.limit)
        clock.waits.append((clock.paused, self.now))
        clock.paused = None

    def hold_stay(self, case: Case) -> None:
        """A stay lasts until the later of the rung's limit and the closing day."""
        stay, close = case.clock("rung_stay"), case.clock("close")
        if stay and close and close.due > stay.due:
            stay.due = close.due

    def steps(self, case: Case, clock: Clock) -> list[tuple[datetime, int, str]]:
        """What a clock has still to do, and when."""
        found: list[tuple[datetime, int, str]] = []
        highest = max(
            (n for n, c in enumerate(("blue", "yellow", "red")) if c in clock.done), default=-1
        )  # no colour below one that was issued
        for order, colour in enumerate(("blue", "yellow", "red")):
            if colour not in COLOURS.get(clock.kind, "") and not (
                clock.kind == "interim" and colour == "red" and case.status == "tracking"
            ):
                continue
            at = plain.notice_at(clock.start, clock.due, clock.limit, clock.days[colour])
            if at is None or order <= highest:
                continue
            if colour != "blue" and clock.kind in ENDS_ITSELF:
                at = clock.due
            found.append((max(at, clock.start), order, colour))
        if clock.kind == "awaiting_enterprise":
            half = plain.add(clock.start, plain.minutes(clock.start, clock.due) // 2)
            near = plain.notice_at(clock.start, clock.due, clock.limit, clock.days["blue"]) or half
            found += [(half, 0, "reminder_1"), (max(half, near), 1, "reminder_2")]
        undecided = clock.kind == "close" and case.approval("extension") is not None
        if clock.kind in EXPIRES or undecided:
            found.append((max(clock.due, clock.start), 3, "expire"))
        return sorted(step for step in found if step[2] not in clock.done)

    def sweep(self, now: datetime) -> set[str]:
        """Every clock whose moment has come takes its steps, in the order of their moments; the names of their cases."""
        self.now, swept = now, set()
        self.ask_whoever_is_there()
        for case in self.cases.values():
            while due := self.due_clocks(case):
                for clock in due:
                    self.tick(case, clock)
                    self.drop_moot(case)
                self.hold_stay(case)
                swept.add(case.name)
        return swept

    def due_clocks(self, case: Case) -> list[Clock]:
        """The clocks whose moment has come, in the order of their moments; an answer after what it is for."""
        due = []
        for clock in case.clocks:
            ahead = self.steps(case, clock) if clock.open and clock.paused is None else []
            if ahead and ahead[0][0] <= self.now:
                due.append((clock.explains is not None, ahead[0][0], clock.serial, clock))
        return [clock for *_, clock in sorted(due, key=lambda found: found[:3])]

    def tick(self, case: Case, clock: Clock) -> None:
        """Of several colours only the highest is issued; an expiry is taken beside it."""
        if not clock.open:
            return
        ready = [name for at, _, name in self.steps(case, clock) if at <= self.now]
        said = [name for name in ready if name != "expire"]
        clock.done |= set(ready)
        for colour in said[-1:]:
            if not colour.startswith("reminder"):
                self.issue(case, clock, colour)
        if "expire" in ready:
            self.expire(case, clock)

    def issue(self, case: Case, clock: Clock, colour: str) -> None:
        """A numbered notice."""
        owner = self.late(case, clock)
        case.notices.append((clock.kind, clock.subject, colour, owner))
        answers = clock.kind in OF_LEAD or clock.kind == "answer"
        if (
            colour in ("yellow", "red")
            and answers
            and owner == clock.owner
            and case.status not in ("replied", "closed")
        ):
            for duty in case.clocks:
                if duty.open and duty.explains is clock:
                    duty.open = False
            case.duties += 1
            answer = self.start(case, "duty", self.limits["notice"], owner=owner, subject=f"{owner}#{case.duties}")
            answer.explains = clock
        if colour == "red" and clock.kind in CLIMB_ON_RED:
            self.climb(case, "overdue", clock.serial)

    def drop_moot(self, case: Case) -> None:
        """When what was late is done, over or another unit's, there is nothing left to explain."""
        for duty in case.clocks:
            late = duty.explains
            if late is not None and (not late.open or late.owner != duty.owner):
                duty.open = False

    def late(self, case: Case, clock: Clock) -> str:
        """To whom it belongs: an approver, the desk, the supporter overdue longest, the lead."""
        if clock.kind == "approval_step":
            return clock.owner or "approver"
        if clock.kind != "close" or clock.due >= self.now:
            return clock.owner or DESK_UNIT
        beyond = []
        for approval in case.approvals:
            step, running = approval.current, case.clock("approval_step", approval.kind)
            if not approval.open or step is None or running is None or step.state == "returned":
                continue
            if running.due < self.now or any(s.state == "passed_up" for s in approval.steps):
                beyond.append((running.start, running.serial, running.owner or "approver"))
        if beyond:
            return min(beyond)[2]
        if case.status in ("disputed", "consultation"):
            return DESK_UNIT
        answers = [c for c in case.clocks if c.open and c.kind == "answer" and c.due < self.now]
        longest = min(answers, key=lambda c: (c.due, c.owner or ""), default=None)
        return (longest.owner if longest else clock.owner) or DESK_UNIT

    def expire(self, case: Case, clock: Clock) -> None:
        """What a clock does by itself at its due moment."""
        kind = clock.kind
        if kind in ENDS_ITSELF:
            clock.open = False
        if kind == "ruling":
            self.fallback(case, "no_ruling")
        elif kind == "rung_stay":
            close = case.clock("close")
            if close is None or close.due > self.now or "red" in close.done:
                self.climb(case, "stay", case.cycle, case.round, case.rung)
        elif kind == "duty" and clock.explains is None:
            self.climb(case, "overdue", clock.serial)
        elif kind == "city_report":
            self.city(case)
        elif kind == "awaiting_enterprise":
            self.end(case, "suspension_review")
            self.count_waiting(case)
            self.replied(case, "no_response")
        elif kind == "resume":
            self.end(case, "suspension_review")
            self.resume(case)
        elif kind == "follow_up" and case.attempts >= ATTEMPTS:
            clock.open = False
            self.close(case, case.outcome)
        elif kind == "approval_step":
            self.undecided(case, clock)
        elif kind == "promised":
            self.reopen(case)
        elif kind == "close":
            approval = case.approval("extension")
            if approval is not None and approval.current is not None:
                self.decide(case, approval, approval.current, "refused", None)

    def undecided(self, case: Case, clock: Clock) -> None:
        """An approver's limit is over."""
        approval = case.approval(clock.subject)
        step = approval.current if approval is not None else None
        if approval is None or step is None:
            return
        if approval.kind in ("suspension", "tracking"):
            self.decide(case, approval, step, "refused", None)
        elif approval.kind != "extension" and step.role != "chief":
            step.state = "passed_up"
            clock.open = False
            approval.steps.append(Step(HIGHER[HIGHER.index(step.role) + 1], None))
            self.ask(case, approval)

    # -- status, rung, lead --------------------------------------------------------------------------------------------

    def enter(self, case: Case, status: str) -> None:
        """Entering a status ends the clocks that do not run there; a suspension lets them stand still; approvals lapse."""
        if status == case.status:
            return
        for clock in case.clocks:
            runs = clock.kind in RUNS[status].split() or clock.kind == "approval_step"
            runs = runs or (clock.kind == "city_report" and status not in ("replied", "closed"))
            if not clock.open:
                continue
            if case.status == "suspended" and status == "in_progress":
                self.run_on(clock)
            if status == "suspended" and clock.kind not in BESIDE_STATUS and not runs:
                clock.paused = clock.paused or self.now
            elif not runs:
                clock.open = False
        case.status = status
        self.lapse(case)
        self.city(case)

    def lapse(self, case: Case) -> None:
        """Open approvals lapse."""
        for approval in case.approvals:
            self.shut(case, approval)

    def shut(self, case: Case, approval: Approval) -> None:
        """An approval is over, and its clock."""
        if approval.open:
            approval.open = False
            self.end(case, "approval_step", approval.kind)

    def city(self, case: Case) -> None:
        """On the top rung the desk's head owes a monthly report."""
        if case.rung == 7 and case.status not in ("replied", "closed") and case.clock("city_report") is None:
            self.start(case, "city_report")

    def climb(self, case: Case, *cause: Any) -> bool:
        """One rung up, once per cause; nothing climbs above the city."""
        if cause in case.causes:
            return False
        case.causes.add(cause)
        if case.rung < 7:
            case.rung += 1
            self.city(case)
            self.stay(case)
            return True
        self.city(case)
        return False

    def stay(self, case: Case) -> None:
        """The stay on a rung begins where work goes on."""
        self.end(case, "rung_stay")
        if case.rung < 7 and case.status in ("in_progress", "disputed", "consultation"):
            self.start(case, "rung_stay", self.limits[f"rung.{case.rung}"], owner=case.lead)
            self.hold_stay(case)

    def first_contact(self, case: Case, since: datetime) -> Limit:
        """The shorter of the class's and the severity's limit."""
        by_class, by_severity = self.limits[f"contact.{case.case_class}"], self.limits[f"contact.{case.severity}"]
        return by_class if plain.due(since, by_class) <= plain.due(since, by_severity) else by_severity

    def lead(self, case: Case, lead: str, window: bool) -> None:
        """Another unit leads."""
        old, unmet = case.lead, case.clock("contact") is not None
        case.lead = lead
        case.supporters = [s for s in case.supporters if s != lead]
        self.lapse(case)
        for clock in case.clocks:
            if clock.open and clock.kind in OF_LEAD and clock.owner == old:
                clock.owner = lead
        self.end(case, "answer", lead)
        self.end(case, "ruling")
        self.end(case, "consultation")
        self.enter(case, "in_progress")
        self.end(case, "return_window")
        right = 2 if lead.startswith("A") else 3
        if case.rung < right:
            case.rung = right
            self.stay(case)
        self.start(case, "sign_for", owner=lead)
        if unmet:
            self.start(case, "contact", self.first_contact(case, self.now), owner=lead)
        if window:
            self.start(case, "return_window", owner=lead)

    def fallback(self, case: Case, why: str) -> None:
        """The area leads, else the desk, never one that sent the case back; with one climb."""
        for unit in (case.area, DESK_UNIT):
            if unit not in case.returned:
                self.lead(case, unit, window=False)
                break
        else:
            self.enter(case, "disputed")
            self.start(case, "ruling")
        self.climb(case, why, case.cycle)

    def work(self, case: Case) -> None:
        """The lead has its closing day anew, by the class."""
        clock = self.start(case, "close", self.limits[f"close.{case.case_class}"], owner=case.lead)
        case.original_due = case.original_due or clock.due
        self.stay(case)

    def replied(self, case: Case, outcome: str | None) -> None:
        """The enterprise has the word."""
        case.outcome = outcome
        self.enter(case, "replied")
        case.attempts, case.result = 0, None
        self.start(case, "follow_up")

    def close(self, case: Case, outcome: str | None) -> None:
        """Closed."""
        case.outcome, case.closed_at = outcome, self.now
        self.enter(case, "closed")
        if outcome == "promised" and case.promised:
            self.start(case, "promised", due=plain.closing(case.promised), owner=case.lead)

    def redo(self, case: Case) -> None:
        """Round + 1, one rung up; the lead has the redo's limit, a case without a lead is new again."""
        case.round += 1
        case.redos += 1
        case.outcome = case.closed_at = case.promised = None
        self.leave_tracking(case)
        self.enter(case, "in_progress" if case.lead else "new")
        if case.lead:
            self.start(case, "close", self.limits["redo"], owner=case.lead)
        else:
            self.start(case, "triage")
        if not self.climb(case, "redo", case.cycle, case.round):
            self.stay(case)

    def reopen(self, case: Case) -> None:
        """A new cycle."""
        case.cycle += 1
        case.round, case.redos, case.extensions = 1, 0, 0
        case.outcome = case.closed_at = case.promised = case.result = None
        self.lapse(case)
        self.leave_tracking(case)
        self.enter(case, "in_progress" if case.lead else "new")
        if case.lead:
            self.work(case)
        else:
            self.start(case, "triage")

    def leave_tracking(self, case: Case) -> None:
        """Tracking is a class that a case has only while it is tracked."""
        if case.case_class == "tracking":
            case.case_class = case.before_tracking

    def count_waiting(self, case: Case) -> None:
        """The calendar days of a suspension count against its reason's cap."""
        assert case.waits_for
        assert case.suspended_since
        days = (self.now.date() - case.suspended_since).days
        case.waited[case.waits_for] = case.waited.get(case.waits_for, 0) + days
        case.waits_for = case.suspended_since = None

    def resume(self, case: Case) -> None:
        """Back to work."""
        self.count_waiting(case)
        self.enter(case, "in_progress")
        if case.clock("rung_stay") is None:
            self.stay(case)

    def disputed(self, case: Case) -> None:
        """Done again, or, after the second time, the deputy chief decides."""
        if case.redos < REDOS:
            self.redo(case)
        else:
            self.open_approval(case, "dispute", None, {}, "deputy_chief")

    # -- approvals -----------------------------------------------------------------------------------------------------

    def open_approval(self, case: Case, kind: str, asker: str | None, facts: Fields, *roles: str) -> None:
        """Ask for a decision, by one after the other."""
        steps = [Step(role, case.lead if role == "unit_head" else None) for role in roles]
        approval = Approval(kind, asker, facts, case.lead, steps)
        case.approvals.append(approval)
        self.ask(case, approval)

    def ask(self, case: Case, approval: Approval) -> None:
        """Ask the next one: nobody who asked, has decided before, or let it pass."""
        step = next(s for s in approval.steps if s.state == "waiting")
        step.state = "open"
        self.start(case, "approval_step", owner=step.unit, subject=approval.kind)
        self.name(case, approval, step)

    def name(self, case: Case, approval: Approval, step: Step) -> None:
        """Who is asked today."""
        others = [s for s in approval.steps if s is not step]
        let_pass = (s.asked for s in others if s.state == "passed_up")
        not_asked = [a for a in (approval.asker, *(s.by for s in others), *let_pass) if a]
        step.asked, post = self.people.asked(step.role, step.unit, case.project, self.now.date(), not_asked)
        clock = case.clock("approval_step", approval.kind)
        if clock is not None and clock.owner is None and post is not None:
            # Every overdue day belongs to a unit: to that of the post.
            clock.owner = POSTS[post]

    # -- the office changes --------------------------------------------------------------------------------------------

    def adopt(self, limits: dict[str, Limit], notice_days: dict[str, int], recalculate: bool) -> None:
        """Another policy: open clocks keep theirs unless they are recalculated, and then no date comes earlier."""
        self.limits, self.notice_days = limits, notice_days
        for case in self.cases.values() if recalculate else ():
            for clock in case.clocks:
                if not clock.open:
                    continue
                clock.days = notice_days
                limit = self.limit_now(case, clock)
                clock.redo = limits["redo"]
                if clock.limit is not None and limit is not None:
                    clock.due, clock.limit = max(clock.due, self.anew(clock, limit)), limit
            self.hold_stay(case)

    def limit_now(self, case: Case, clock: Clock) -> Limit | None:
        """What the policy gives a clock of that kind today."""
        match clock.kind:
            case "contact":
                return self.first_contact(case, clock.start)
            case "close":
                redone = clock.round > 1 and clock.limit == clock.redo
                return self.limits["redo" if redone else f"close.{case.case_class}"]
            case "plan":
                return self.limits.get(f"plan.{case.case_class}")
            case "interim":
                return self.limits.get(
                    "tracking_interim" if case.status == "tracking" else f"interim.{case.case_class}"
                )
            case "rung_stay":
                return self.limits[f"rung.{case.rung}"]
            case _:
                return self.limits.get(clock.kind)

    def heir(self, unit: str) -> str:
        """The unit, or who took over from it."""
        while unit in self.gone:
            unit = self.gone[unit]
        return unit

    def merge_units(self, old: str, new: str) -> None:
        """A unit becomes part of another: open work follows, dates stay."""
        self.gone[old] = new
        for case in self.cases.values():
            if case.status != "closed" or any(c.open for c in case.clocks):
                self.follow(case)
        self.ask_whoever_is_there()

    def follow(self, case: Case) -> None:
        """Lead, supporters, clocks and decisions pass to the successor; a right that was used is not reborn."""
        heir = self.heir
        for units in (case.returned, case.ruled):
            units |= {heir(unit) for unit in units}
        case.area = heir(case.area)
        case.lead = heir(case.lead) if case.lead else None
        case.supporters = [u for u in dict.fromkeys(heir(u) for u in case.supporters) if u != case.lead]
        for clock in case.clocks:
            if not clock.open or clock.owner not in self.gone:
                continue
            new = heir(clock.owner)
            if clock.kind == "answer":
                if new == case.lead or case.clock("answer", new) is not None:
                    clock.open = False
                    continue
                clock.subject = new
            clock.owner = new
        self.end(case, "answer", case.lead or "")
        for approval in case.approvals:
            if approval.open:
                approval.unit = heir(approval.unit) if approval.unit else None
                for step in approval.steps:
                    if step.state in ("waiting", "open", "returned") and step.unit:
                        step.unit = heir(step.unit)
        self.drop_moot(case)

    def ask_whoever_is_there(self) -> None:
        """Substitutions begin and end with the day: what is open is asked of whoever answers now."""
        for case in self.cases.values():
            for approval in case.approvals:
                step = approval.current
                if approval.open and step is not None and step.state == "open":
                    self.name(case, approval, step)

    def away(self, absent: str, first: date, last: date, instead: str) -> None:
        """Somebody is away, somebody stands in."""
        self.people.away.append((absent, first, last, instead))
        self.ask_whoever_is_there()

    def decide(self, case: Case, approval: Approval, step: Step, state: str, by: str | None) -> None:
        """A step is decided; the last yes does what was asked."""
        step.state, step.by = state, by
        if by:
            case.handled.add(by)
        self.end(case, "approval_step", approval.kind)
        if state == "refused":
            self.shut(case, approval)
            if approval.kind == "dispute":
                self.close(case, "reasonable_explanation")
        elif any(s.state == "waiting" for s in approval.steps):
            self.ask(case, approval)
        else:
            self.shut(case, approval)
            getattr(self, f"grant_{approval.kind}")(case, approval.facts)

    def grant_extension(self, case: Case, facts: Fields) -> None:
        """The closing day moves."""
        close = case.clock("close")
        assert close is not None
        close.due = close.granted = plain.closing(facts["date"])
        case.extensions += 1

    def grant_suspension(self, case: Case, facts: Fields) -> None:
        """The case waits, until the cap for the enterprise, else until the day named."""
        case.waits_for, case.suspended_since = facts["cause"], self.now.date()
        self.enter(case, "suspended")
        self.start(case, "suspension_review")
        if facts["cause"] == "awaiting_enterprise":
            left = max(1, self.days_left(case, facts["cause"]))
            self.start(case, "awaiting_enterprise", due=plain.closing(self.now.date() + timedelta(days=left)))
        else:
            self.start(case, "resume", due=plain.closing(facts["date"]))

    def days_left(self, case: Case, cause: str) -> int:
        """Calendar days that are left of a reason's cap."""
        return SUSPENSIONS[cause] - case.waited.get(cause, 0)

    def grant_tracking(self, case: Case, facts: Fields) -> None:
        """No closing day any more, reports instead."""
        case.before_tracking, case.case_class = case.case_class or "ordinary", "tracking"
        self.enter(case, "tracking")
        self.start(case, "interim", due=plain.closing(facts["date"]), owner=case.lead)
        self.start(case, "tracking_end")

    def grant_sign_off(self, case: Case, facts: Fields) -> None:
        """The reply counts."""
        case.promised = facts.get("date")
        self.replied(case, facts["outcome"])

    def grant_delivery(self, case: Case, facts: Fields) -> None:
        """Kept as promised."""
        case.cycle += 1
        case.round, case.redos, case.extensions = 1, 0, 0
        case.promised = case.closed_at = None
        self.replied(case, "resolved")

    def grant_dispute(self, case: Case, facts: Fields) -> None:
        """Done once more."""
        self.redo(case)

    # -- what is asked -------------------------------------------------------------------------------------------------

    def report(self, name: str, project: str, severity: int, route: Fields | None) -> Case:
        """A difficulty is reported; the rules dispatch it, or the desk has to."""
        case = self.cases[name] = Case(name, project, severity, [project], [project], self.heir(AREAS[project]))
        self.start(case, "triage")
        if route is not None:
            self.do_dispatch(case, Who("rule"), self.today(route))
        self.hold_stay(case)
        return case

    def act(self, name: str, action: str, who: Who, fields: Fields) -> str | None:
        """Do it, or say why not."""
        case = self.cases[name]
        before = deepcopy(case) if self.gone else None
        try:
            if self.gone:
                self.follow(case)
            self.may(case, action, who)
            getattr(self, f"do_{action}")(case, who, self.today(fields))
        except No as refused:
            self.cases[name] = before or case
            return str(refused)
        self.hold_stay(case)
        self.drop_moot(case)
        return None

    def today(self, fields: Fields) -> Fields:
        """What was said, with today's units."""
        found = dict(fields)
        for name in ("lead", "unit", "suggested"):
            if found.get(name):
                found[name] = self.heir(found[name])
        if "supporters" in found:
            found["supporters"] = list(dict.fromkeys(self.heir(u) for u in found["supporters"]))
        if "duties" in found:
            found["duties"] = [(self.heir(u), day) for u, day in found["duties"]]
        return found

    def may(self, case: Case, action: str, who: Who) -> None:
        """From there, by them."""
        sources, by = ACTIONS[action]
        if case.status not in sources.split():
            raise No("not_from_here")
        proxy = who.party in DESK.split() and action in FOR_ENTERPRISE
        has_duty = any(c.open and c.kind == "duty" and c.owner == who.unit for c in case.clocks)
        if action == "fulfil" and who.party in ("lead", "supporter", "unit_head") and has_duty:
            pass
        elif who.party not in by.split() and not (proxy and who.spoken):
            raise No("speaker_missing" if proxy else "not_by_you")
        if who.party == "lead" and who.unit != case.lead:
            raise No("not_lead")
        if who.party == "supporter" and who.unit not in case.supporters:
            raise No("not_supporter")
        if who.party == "unit_head" and who.unit not in [case.lead, *case.supporters]:
            raise No("no_part")
        if who.party == "enterprise":
            if who.firm not in case.reporters:
                raise No("not_reporter")
            if who.firm != case.reporters[0] and action not in OF_EVERY_REPORTER:
                raise No("not_principal")

    def handles(self, case: Case, who: Who) -> None:
        """They may not make the follow-up."""
        if who.account:
            case.handled.add(who.account)

    def day(self, fields: Fields, name: str = "date") -> date:
        """A day after today."""
        day = fields.get(name)
        if day is None:
            raise No("field_missing")
        if day <= self.now.date():
            raise No("field_wrong")
        assert isinstance(day, date)
        return day

    def unasked(self, case: Case, kind: str) -> None:
        """One decision of a kind at a time."""
        if case.approval(kind) is not None:
            raise No("approval_open")

    def do_dispatch(self, case: Case, who: Who, f: Fields) -> None:
        """Lead, supporters, class."""
        if f["case_class"] == "tracking":
            raise No("field_wrong")
        case.lead, case.case_class = f["lead"], f["case_class"]
        case.supporters = [s for s in f.get("supporters", []) if s != case.lead]
        case.severity = f.get("severity") or case.severity
        case.rung = max(case.rung, 2 if case.lead and case.lead.startswith("A") else 3)
        self.end(case, "triage")
        self.enter(case, "in_progress")
        self.start(case, "sign_for", owner=case.lead)
        self.start(case, "contact", self.first_contact(case, self.now), owner=case.lead)
        self.start(case, "return_window", owner=case.lead)
        close = self.start(case, "close", self.limits[f"close.{case.case_class}"], owner=case.lead)
        case.original_due = case.original_due or close.due
        for kind in ("plan", "interim"):
            if f"{kind}.{case.case_class}" in self.limits:
                self.start(case, kind, self.limits[f"{kind}.{case.case_class}"], owner=case.lead)
        self.stay(case)
        self.city(case)
        for unit in case.supporters:
            self.start(case, "answer", owner=unit, subject=unit)

    def do_settle_on_spot(self, case: Case, who: Who, f: Fields) -> None:
        """Settled at once; somebody else follows up."""
        if f["outcome"] not in ("resolved", "partial", "explained"):
            raise No("field_wrong")
        self.handles(case, who)
        self.replied(case, f["outcome"])

    def do_decline(self, case: Case, who: Who, f: Fields) -> None:
        """Not accepted."""
        self.close(case, "declined")

    def do_merge(self, case: Case, who: Who, f: Fields) -> None:
        """Into an open one that is another."""
        target = self.cases.get(f["target"])
        if target is None or target is case or target.status == "closed":
            raise No("field_wrong")
        target.joined += [r for r in case.reporters if r not in target.joined]
        informed = {*target.reporters[1:], *case.reporters} - {target.reporters[0]}
        target.reporters = [target.reporters[0], *(r for r in target.joined if r in informed)]
        self.close(case, "merged")

    def do_amend(self, case: Case, who: Who, f: Fields) -> None:
        """Class by the head; clocks recalculated from their start with every pause."""
        wanted = f.get("case_class")
        if wanted:
            if who.party != "desk_head":
                raise No("class_by_head")
            if wanted == "tracking" or case.status == "tracking":
                raise No("field_wrong")
        if f.get("project") and f["project"] not in AREAS:
            raise No("field_wrong")
        if "supporters" in f and case.status in ("new", "replied"):
            raise No("field_wrong")
        if not (wanted or f.get("severity") or f.get("project") or "supporters" in f):
            raise No("field_missing")
        case.severity = f.get("severity") or case.severity
        if f.get("project"):
            case.project, case.area = f["project"], self.heir(AREAS[f["project"]])
        if wanted:
            case.case_class = wanted
            self.recount(case, "close", self.limits[f"close.{wanted}"])
            for kind in ("plan", "interim"):
                limit = self.limits.get(f"{kind}.{wanted}")
                if limit is None:
                    self.end(case, kind)
                elif case.clock(kind) is not None:
                    self.recount(case, kind, limit)
                elif case.status in ("in_progress", "disputed", "consultation"):
                    self.start(case, kind, limit, owner=case.lead)
        contact = case.clock("contact")
        if contact is not None and (wanted or f.get("severity")):
            self.recount(case, "contact", self.first_contact(case, contact.start))
        if "supporters" in f:
            wanted_units = [u for u in f["supporters"] if u != case.lead]
            for unit in case.supporters:
                if unit not in wanted_units:
                    self.end(case, "answer", unit)
            new = [u for u in wanted_units if u not in case.supporters]
            case.supporters = wanted_units
            for unit in new:
                self.start(case, "answer", owner=unit, subject=unit)

    def recount(self, case: Case, kind: str, limit: Limit) -> None:
        """A new limit counts from the old start."""
        clock = case.clock(kind)
        if clock is None or clock.limit is None or clock.limit == limit:
            return
        clock.limit, clock.due = limit, self.anew(clock, limit)

    def anew(self, clock: Clock, limit: Limit) -> datetime:
        """By another limit from the old start: what was waited stays waited, what was granted stays granted."""
        when = plain.due(clock.start, limit)
        for since, until in clock.waits:
            when = plain.after_pause(clock.start, when, since, until, limit)
        return max(when, clock.granted or when)

    def do_instruct(self, case: Case, who: Who, f: Fields) -> None:
        """A leader's word, with a duty where a unit is named."""
        if f.get("unit"):
            if case.status == "replied":
                raise No("field_wrong")
            self.duty(case, f["unit"], self.day(f))

    def do_circular(self, case: Case, who: Who, f: Fields) -> None:
        """Known to all: what has been red for long enough, the first due first."""
        red = [c for c in case.clocks if c.open and c.paused is None and "red" in COLOURS.get(c.kind, "")]
        if case.status == "tracking":
            red += [c for c in case.clocks if c.open and c.paused is None and c.kind == "interim"]
        left = sorted((c for c in red if "circular" not in c.done), key=lambda c: (c.due, c.serial))
        for clock in left:
            late = plain.working_days(clock.due.date(), self.now.date()) if self.now > clock.due else 0
            if "red" in clock.done and late >= clock.days["circular"]:
                clock.done.add("circular")
                self.issue(case, clock, "circular")
                return
        raise No("circular_early" if left else "circular_issued" if red else "nothing_red")

    def duty(self, case: Case, unit: str, day: date) -> None:
        """Something to be done by a day."""
        case.duties += 1
        self.start(case, "duty", due=plain.closing(day), owner=unit, subject=f"{unit}#{case.duties}")

    def do_fulfil(self, case: Case, who: Who, f: Fields) -> None:
        """What the unit was given is done; or, if it was given nothing, its delays are explained."""
        mine = [c for c in case.clocks if c.open and c.kind == "duty" and c.owner == who.unit]
        if not mine:
            raise No("no_duty")
        for clock in [c for c in mine if c.explains is None] or mine:
            clock.open = False
        self.handles(case, who)

    def do_report_to_city(self, case: Case, who: Who, f: Fields) -> None:
        """This month's report; the next month's is owed."""
        if not self.end(case, "city_report"):
            raise No("not_with_city")
        self.city(case)

    def do_sign_for(self, case: Case, who: Who, f: Fields) -> None:
        """Signed for."""
        if not self.end(case, "sign_for"):
            raise No("signed_for")
        self.handles(case, who)

    def do_contact(self, case: Case, who: Who, f: Fields) -> None:
        """The enterprise was contacted; the lead has thereby signed."""
        self.end(case, "contact")
        if who.party == "lead":
            self.end(case, "sign_for")
        self.handles(case, who)

    def do_send_back(self, case: Case, who: Who, f: Fields) -> None:
        """Once per unit, in the window, not after a ruling named it."""
        window = case.clock("return_window")
        assert case.lead
        if case.lead in case.ruled:
            raise No("ruled")
        if case.lead in case.returned:
            raise No("returned_once")
        if window is None or self.now > window.due:
            raise No("window_over")
        if f["suggested"] == case.lead:
            raise No("field_wrong")
        second = bool(case.returned)
        case.returned.add(case.lead)
        self.handles(case, who)
        self.end(case, "sign_for")
        self.end(case, "return_window")
        if second:
            self.fallback(case, "returned_twice")
        else:
            self.enter(case, "disputed")
            self.start(case, "ruling")

    def do_rule(self, case: Case, who: Who, f: Fields) -> None:
        """Final for the unit named."""
        case.ruled.add(f["lead"])
        self.lead(case, f["lead"], window=False)

    def do_reassign(self, case: Case, who: Who, f: Fields) -> None:
        """A new lead; the closing date stays."""
        if f["lead"] == case.lead:
            raise No("field_wrong")
        tracked = case.status == "tracking"
        self.leave_tracking(case)
        self.lead(case, f["lead"], window=True)
        if tracked:
            self.work(case)

    def do_answer(self, case: Case, who: Who, f: Fields) -> None:
        """The supporter has answered."""
        self.end(case, "answer", who.unit)
        self.handles(case, who)

    def do_report(self, case: Case, who: Who, f: Fields) -> None:
        """The plan, or how far it is; the next report is owed."""
        self.end(case, "plan")
        had = self.end(case, "interim")
        every = self.limits.get("tracking_interim" if case.status == "tracking" else f"interim.{case.case_class}")
        if every is not None and (had or case.status == "tracking"):
            self.start(case, "interim", every, owner=case.lead)
        self.handles(case, who)

    def do_supplement(self, case: Case, who: Who, f: Fields) -> None:
        """Ends the wait for the enterprise."""
        if case.status == "suspended" and case.clock("awaiting_enterprise") is not None:
            self.resume(case)

    def do_ask_extension(self, case: Case, who: Who, f: Fields) -> None:
        """Before the due moment, as often and as long as the class allows."""
        self.unasked(case, "extension")
        close = case.clock("close")
        if close is None:
            raise No("no_due")
        if self.now > close.due:
            raise No("after_due")
        if case.extensions >= EXTENSIONS[case.case_class or "ordinary"]:
            raise No("extensions_used")
        day = self.day(f)
        longest = plain.due(close.due, close.limit or self.limits["redo"])
        if not close.due < plain.closing(day) <= longest:
            raise No("field_wrong")
        role = EXTENSION_ROLES[case.extensions]
        self.open_approval(case, "extension", who.account, {"date": day}, "unit_head", role)
        self.handles(case, who)

    def do_ask_suspension(self, case: Case, who: Who, f: Fields) -> None:
        """For a listed reason, within its cap; when it is late, the deputy chief decides."""
        self.unasked(case, "suspension")
        day = self.day(f)
        if (day - self.now.date()).days > self.days_left(case, f["cause"]):
            raise No("field_wrong")
        close = case.clock("close")
        late = close is not None and self.now > close.due
        role = "deputy_chief" if late else "dispatch_head"
        self.open_approval(case, "suspension", who.account, {"cause": f["cause"], "date": day}, role)
        self.handles(case, who)

    def do_review(self, case: Case, who: Who, f: Fields) -> None:
        """It stays; the next review comes."""
        self.start(case, "suspension_review")

    def do_resume(self, case: Case, who: Who, f: Fields) -> None:
        """Back to work on a clerk's word."""
        self.resume(case)

    def do_call_consultation(self, case: Case, who: Who, f: Fields) -> None:
        """Units meet on a day."""
        if not f["participants"]:
            raise No("field_missing")
        day = self.day(f)
        if not plain.works(day):
            raise No("field_wrong")
        case.from_dispute = case.status == "disputed"
        case.meets = plain.opening(day)
        self.enter(case, "consultation")
        self.start(case, "consultation", due=plain.due(plain.closing(day), self.limits["consultation"]))

    def do_move_consultation(self, case: Case, who: Who, f: Fields) -> None:
        """They meet on another day; the conclusion is owed after that one."""
        day = f.get("date")
        if day is None:
            raise No("field_missing")
        if not plain.works(day) or plain.opening(day) <= self.now or plain.opening(day) == case.meets:
            raise No("field_wrong")
        case.meets = plain.opening(day)
        clock = case.clock("consultation")
        assert clock is not None
        clock.due = clock.granted = plain.due(plain.closing(day), self.limits["consultation"])

    def do_conclude(self, case: Case, who: Who, f: Fields) -> None:
        """Duties, a lead, or no agreement, which climbs."""
        lead, duties = f.get("lead"), f.get("duties", [])
        if case.from_dispute and not lead:
            raise No("field_missing")
        for _, day in duties:
            self.day({"date": day})
        if not (duties or f.get("no_agreement") or lead):
            raise No("field_missing")
        if lead and lead != case.lead:
            self.lead(case, lead, window=False)
        self.enter(case, "in_progress")
        case.from_dispute = False
        for unit, day in duties:
            self.duty(case, unit, day)
        case.meetings += 1
        if f.get("no_agreement"):
            self.climb(case, "no_agreement", case.meetings)

    def do_track(self, case: Case, who: Who, f: Fields) -> None:
        """The deputy chief decides."""
        self.unasked(case, "tracking")
        self.open_approval(case, "tracking", who.account, {"date": self.day(f)}, "deputy_chief")

    def do_untrack(self, case: Case, who: Who, f: Fields) -> None:
        """A class and a closing date again."""
        if f["case_class"] == "tracking":
            raise No("field_wrong")
        case.case_class = f["case_class"]
        self.enter(case, "in_progress")
        self.end(case, "interim")
        if f"interim.{case.case_class}" in self.limits:
            self.start(case, "interim", self.limits[f"interim.{case.case_class}"], owner=case.lead)
        self.work(case)

    def do_reply(self, case: Case, who: Who, f: Fields) -> None:
        """The unit's head signs it off."""
        self.unasked(case, "sign_off")
        facts = {"outcome": f["outcome"]}
        if f["outcome"] == "promised":
            facts["date"] = self.day(f)
        if f["outcome"] == "explained" and not f.get("policy"):
            raise No("field_missing")
        self.open_approval(case, "sign_off", who.account, facts, "unit_head")
        self.end(case, "sign_for")
        self.handles(case, who)

    def undisputed(self, case: Case) -> None:
        """While the deputy chief decides, nobody else does."""
        if case.approval("dispute") is not None:
            raise No("with_deputy")

    def do_record_follow_up(self, case: Case, who: Who, f: Fields) -> None:
        """By somebody who did not handle it; answered, not solved, or not reached."""
        if who.account and who.party == "desk_head":
            if self.people.fresh(case.project, self.now.date(), case.handled):
                raise No("left_to_staff")
        elif who.account in case.handled:
            raise No("handled_it")
        self.undisputed(case)
        if f["answer"] == "not_reached":
            case.attempts += 1
            self.start(case, "follow_up")
            return
        if f["answer"] == "answered" and (f.get("result") is None or f.get("attitude") is None):
            raise No("field_missing")
        self.word(case, f.get("result"), f["answer"] == "not_solved")

    def word(self, case: Case, result: int | None, unsolved: bool) -> None:
        """What the enterprise says of the result."""
        self.end(case, "follow_up")
        case.result = result
        if unsolved or (result is not None and result <= DISPUTE_AT):
            self.disputed(case)
        else:
            self.close(case, case.outcome)

    def do_confirm(self, case: Case, who: Who, f: Fields) -> None:
        """Two ratings; a bad one is a dispute."""
        self.undisputed(case)
        if f.get("result") is None or f.get("attitude") is None:
            raise No("field_missing")
        self.word(case, f["result"], unsolved=False)

    def do_dispute(self, case: Case, who: Who, f: Fields) -> None:
        """Not solved; a closed one within the window, where the enterprise has not had its word."""
        self.undisputed(case)
        if case.status == "closed":
            unrated = case.result is None and case.outcome in ("resolved", "partial", "explained", "promised")
            if case.outcome not in ("declined", "no_response") and not unrated:
                raise No("final")
            assert case.closed_at
            if self.now > plain.due(case.closed_at, self.limits["dispute_window"]):
                raise No("dispute_over")
        self.end(case, "follow_up")
        self.end(case, "promised")
        self.disputed(case)

    def do_appeal(self, case: Case, who: Who, f: Fields) -> None:
        """Once per rung."""
        self.once(case, "appealed", "appeal")

    def do_escalate(self, case: Case, who: Who, f: Fields) -> None:
        """Once per rung."""
        self.once(case, "escalated", "head")

    def once(self, case: Case, refusal: str, cause: str) -> None:
        """A climb that is asked for once on each rung."""
        if (cause, case.cycle, case.rung) in case.causes:
            raise No(refusal)
        self.climb(case, cause, case.cycle, case.rung)

    def do_withdraw(self, case: Case, who: Who, f: Fields) -> None:
        """With several reporters only this one leaves."""
        if len(case.reporters) > 1:
            case.reporters.remove(who.firm or case.reporters[0])
        else:
            for clock in case.clocks:
                clock.open = False
            self.close(case, "withdrawn")

    def do_deliver(self, case: Case, who: Who, f: Fields) -> None:
        """Before the date; the head signs."""
        self.unasked(case, "delivery")
        if case.clock("promised") is None:
            raise No("nothing_promised")
        self.open_approval(case, "delivery", who.account, {}, "unit_head")
        self.handles(case, who)

    def do_reopen(self, case: Case, who: Who, f: Fields) -> None:
        """With a reason."""
        self.reopen(case)

    def step_of(self, case: Case, who: Who) -> tuple[Approval, Step]:
        """What they were asked."""
        approval = case.approval(who.approval or "")
        step = approval.current if approval is not None else None
        if approval is None or step is None or step.state != "open":
            raise No("nothing_to_decide")
        if who.account is not None and who.account == approval.asker:
            raise No("self_approval")
        if who.account is not None and any(s.by == who.account for s in approval.steps):
            raise No("decided_once")
        return approval, step

    def do_approve(self, case: Case, who: Who, f: Fields) -> None:
        """Yes."""
        approval, step = self.step_of(case, who)
        close = case.clock("close")
        if approval.kind == "extension" and close is not None and self.now > close.due:
            raise No("too_late")
        self.decide(case, approval, step, "granted", who.account)

    def do_refuse(self, case: Case, who: Who, f: Fields) -> None:
        """No."""
        approval, step = self.step_of(case, who)
        self.decide(case, approval, step, "refused", who.account)

    def do_hand_back(self, case: Case, who: Who, f: Fields) -> None:
        """Something is missing: the step's clock stands still until it is asked again. An enterprise is not sent back."""
        approval, step = self.step_of(case, who)
        if approval.kind == "dispute":
            raise No("not_returned")
        step.state = "returned"
        clock = case.clock("approval_step", approval.kind)
        assert clock is not None
        clock.paused = self.now

    def do_resubmit(self, case: Case, who: Who, f: Fields) -> None:
        """Here it is."""
        found = False
        for approval in case.approvals:
            step = approval.current
            clock = case.clock("approval_step", approval.kind)
            if not approval.open or step is None or step.state != "returned" or clock is None:
                continue
            if who.party == "lead" and who.unit != approval.unit:
                continue
            found = True
            step.state = "open"
            self.run_on(clock)
            self.name(case, approval, step)
        if not found:
            raise No("nothing_returned")
