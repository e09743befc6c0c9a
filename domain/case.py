"""A case as the rules see it: its state, who acts on it, what a change to it makes due, and what surrounds it."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy, deepcopy
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from domain.clocks import Clock, Moment
from domain.factor import Factor
from domain.lifecycle import ApprovalKind, Kind, Party, Status
from domain.policy import Colour, Label, Policy, Role
from domain.working_time import WorkingTime


@dataclass(frozen=True, slots=True)
class UnitFacts:
    """What the rules need to know of a unit. `kind` is department, utility, area or office."""

    id: str
    label: Label
    kind: str
    active: bool
    successor: str | None = None


@dataclass(frozen=True, slots=True)
class ProjectFacts:
    """What the rules need to know of a project: the area it stands in."""

    id: str
    area: str | None


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, in what capacity, and through what.

    `channel` is link, prefect, form, webhook, rule, clock, seed or cli. `asserted` marks what the desk says of itself from
    the Prefect UI, where nobody is known by name. `spoken_for` names who spoke when a clerk records for an enterprise.
    """

    party: Party
    channel: str
    account: str | None = None
    contact: int | None = None
    unit: str | None = None
    step: int | None = None
    asserted: bool = False
    principal: str | None = None
    spoken_for: str | None = None


CLOCK_ACTOR = Actor(Party.CLOCK, "clock")
RULE_ACTOR = Actor(Party.RULE, "rule")


@dataclass(slots=True)
class ApprovalStep:
    """One person's decision in an approval. `unit` is set where the role is a unit's (unit_head).

    Steps of one `group` are asked side by side, groups one after the other. A `returned` step waits for its asker.
    """

    seq: int
    role: Role
    unit: str | None
    state: str = "waiting"
    account: str | None = None
    decided_at: datetime | None = None
    decided_by: str | None = None
    reason: str = ""
    id: int | None = None
    group: int = 1


@dataclass(slots=True)
class Approval:
    """A decision that named persons must take before something counts.

    `subject` tells several of a kind apart (the stage's code); `needs` says how many of a group have to agree, all of them
    where it names none (`domain.approvals`).
    """

    kind: ApprovalKind
    asked_by: str | None
    asked_at: datetime
    facts: dict[str, object]
    steps: list[ApprovalStep]
    unit: str | None = None
    state: str = "open"
    id: int | None = None
    changed: bool = True
    subject: str = ""
    needs: dict[int, int] = field(default_factory=dict)

    def copy(self) -> Approval:
        """A copy that can be changed without this one; what is asked for stays as it was asked."""
        twin = copy(self)
        twin.facts, twin.steps = dict(self.facts), [copy(step) for step in self.steps]
        return twin

    @property
    def current(self) -> ApprovalStep | None:
        """The first step that waits for its approver, or for the asker to whom it was returned."""
        return next((s for s in self.steps if s.state in ("open", "returned")), None)

    def step(self, seq: int | None) -> ApprovalStep | None:
        """The step with that number, if it waits for its approver."""
        return next((s for s in self.steps if s.seq == seq and s.state == "open"), None)


@dataclass(slots=True)
class Case:
    """The state of a case.

    `marks` remember what may happen once (a unit's return, a climb's cause, an appeal per rung). `reporters` are contacts
    who have not left, the principal first.
    """

    id: int
    code: str
    kind: Kind
    status: Status
    rung: int
    round: int
    cycle: int
    case_class: str | None
    severity: int
    category: str | None
    lead: str | None
    supporters: tuple[str, ...]
    area: str | None
    project: str | None
    outcome: str | None
    due: datetime | None
    original_due: datetime | None
    estimated: bool
    opened_at: datetime
    closed_at: datetime | None
    promised_on: date | None
    suspended_for: str | None
    extensions: int
    redos: int
    attempts: int
    rating_result: int | None
    rating_attitude: int | None
    marks: frozenset[str]
    handled_by: frozenset[str]
    seq: int
    head_hash: str
    policy_version: str
    restricted: bool
    reporters: tuple[int, ...]
    clocks: list[Clock] = field(default_factory=list)
    approvals: list[Approval] = field(default_factory=list)
    factor: Factor | None = None

    def copy(self) -> Case:
        """A copy that can be changed without this one."""
        twin = copy(self)
        twin.clocks, twin.approvals = [clock.copy() for clock in self.clocks], [a.copy() for a in self.approvals]
        twin.factor = deepcopy(self.factor) if self.factor is not None else None
        return twin

    def open_clock(self, kind: str, subject: str | None = None) -> Clock | None:
        """The open clock of that kind (and subject), if any."""
        for clock in self.clocks:
            if clock.kind == kind and clock.open and (subject is None or clock.subject == subject):
                return clock
        return None

    def open_approval(self, kind: ApprovalKind | None = None, subject: str | None = None) -> Approval | None:
        """The open approval of that kind (and subject), if any."""
        for approval in self.approvals:
            if approval.state == "open" and kind in (None, approval.kind) and subject in (None, approval.subject):
                return approval
        return None


@dataclass(frozen=True, slots=True)
class Audience:
    """For whom a message is: a role (of a unit), the reporters, or the approver of a step of an approval.

    `fresh` asks for somebody who did not handle the case: a clerk, else its commissioner, else the desk's head.
    """

    role: Role | None = None
    unit: str | None = None
    reporters: bool = False
    step: int | None = None
    copy: bool = False
    approval: ApprovalKind | None = None
    subject: str = ""
    fresh: bool = False


REPORTERS = Audience(reporters=True)


@dataclass(frozen=True, slots=True)
class Owed:
    """A message that a change makes due; `facts` are those that only the change knows."""

    message: str
    to: Audience
    facts: Mapping[str, object]
    key: str


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a case's history. `text` is personal or free text, kept apart so that it can be redacted."""

    action: str
    facts: Mapping[str, object]
    text: Mapping[str, str]
    actor: Actor


@dataclass(frozen=True, slots=True)
class NoticeDue:
    """A numbered supervision notice that a clock has made due."""

    clock: Clock
    colour: Colour
    to: tuple[Audience, ...]
    owner: str
    answer_by: datetime | None
    overdue: int
    """Working days by which the clock is late."""


class Place(Protocol):
    """What the rules ask of the world around a case."""

    def unit(self, unit_id: str) -> UnitFacts | None:
        """The unit with that id, or None."""

    def project(self, project_id: str) -> ProjectFacts | None:
        """The project with that id, or None."""

    def target(self, code: str) -> Case | None:
        """The open case that a merge names, or None."""

    def fresh_staff(self, case: Case, today: date) -> bool:
        """Whether a clerk or the case's commissioner is there who did not handle it."""

    def document_used(self, type_: str, document: str) -> bool:
        """Whether another request of that factor type has a grant with that document number."""

    def moments(self, clock: Clock) -> list[Moment]:
        """The events of a clock that are written already, in order."""

    def calendar(self, version: int | None) -> WorkingTime:
        """The calendar of a version; of None the present one."""

    def policy(self, version: str) -> Policy:
        """The policy of a version; the present one where that cannot be read any more."""
