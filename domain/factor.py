"""A factor request as the rules see it: its stages, its ledger of dated grants, and the status and figures that follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from domain.lifecycle import Status
from domain.policy import Label
from domain.quantity import show
from domain.refusals import wrong


class FactorStatus(StrEnum):
    """Where a factor request stands (DOMAIN.md section 2): computed from its facts, never set."""

    REGISTERED = "registered"
    IN_PROGRESS = "in_progress"
    PARTIAL = "partial"
    FULFILLED = "fulfilled"
    OVERDUE = "overdue"
    BLOCKED = "blocked"
    SUSPENDED = "suspended"
    DEFERRED = "deferred"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


FACTOR_STATUS_LABELS: dict[FactorStatus, Label] = {
    FactorStatus.REGISTERED: Label("已登记", "Registered"),
    FactorStatus.IN_PROGRESS: Label("办理中", "In progress"),
    FactorStatus.PARTIAL: Label("部分落实", "Granted in part"),
    FactorStatus.FULFILLED: Label("已落实", "Fulfilled"),
    FactorStatus.OVERDUE: Label("逾期未落实", "Overdue"),
    FactorStatus.BLOCKED: Label("受阻", "Blocked"),
    FactorStatus.SUSPENDED: Label("挂起", "Suspended"),
    FactorStatus.DEFERRED: Label("列入计划", "Deferred"),
    FactorStatus.REJECTED: Label("环节未通过", "Rejected"),
    FactorStatus.WITHDRAWN: Label("已撤回", "Withdrawn"),
}


class StageState(StrEnum):
    """Where a stage stands. A returned one waits for what the asker has to supplement."""

    WAITING = "waiting"
    OPEN = "open"
    RETURNED = "returned"
    DONE = "done"
    SKIPPED = "skipped"
    REJECTED = "rejected"


STAGE_LABELS: dict[StageState, Label] = {
    StageState.WAITING: Label("未到", "To come"),
    StageState.OPEN: Label("办理中", "Open"),
    StageState.RETURNED: Label("退回补正", "Returned for supplement"),
    StageState.DONE: Label("已完成", "Done"),
    StageState.SKIPPED: Label("不适用", "Not needed"),
    StageState.REJECTED: Label("未通过", "Rejected"),
}

FINISHED = frozenset({StageState.DONE, StageState.SKIPPED})
AT_WORK = frozenset({StageState.OPEN, StageState.RETURNED})


@dataclass(slots=True)
class Stage:
    """A stage of a request's chain. Stages of the same `group` stand side by side; groups follow each other."""

    code: str
    seq: int
    group: int
    unit: str
    state: StageState = StageState.WAITING
    opened_at: datetime | None = None
    decided_at: datetime | None = None
    document: str = ""
    id: int | None = None


@dataclass(slots=True)
class Grant:
    """A dated grant in the request's unit. `drawn` is what of it was drawn or delivered; `seq` the event that recorded it."""

    quantity: Decimal
    on: date
    document: str
    stage: str
    conditions: str = ""
    expires_on: date | None = None
    drawn: Decimal = Decimal(0)
    seq: int = 0
    id: int | None = None

    def counts(self, day: date) -> bool:
        """Whether the grant still holds on `day`: it does on its last day, and not after it."""
        return self.expires_on is None or day <= self.expires_on


@dataclass(frozen=True, slots=True)
class Figures:
    """Four figures that are never mixed (DOMAIN.md 2.3): granted + gap = requested at every moment."""

    requested: Decimal
    granted: Decimal
    drawn: Decimal
    gap: Decimal


@dataclass(slots=True)
class Factor:
    """What a case of kind `factor` has beside its case: what is asked for, the chain, the ledger."""

    type: str
    item: str
    requested: Decimal
    unit: str
    requested_on: date
    needed_by: date
    attributes: dict[str, str] = field(default_factory=dict)
    documents: tuple[str, ...] = ()
    difficulty: str | None = None
    milestone: str | None = None
    note: str = ""
    blocked_reason: str = ""
    deferred_until: date | None = None
    stages: list[Stage] = field(default_factory=list)
    grants: list[Grant] = field(default_factory=list)

    def figures(self, day: date) -> Figures:
        """Asked, granted, drawn and missing on `day`; grants that have expired do not count."""
        held = [grant for grant in self.grants if grant.counts(day)]
        granted = sum((grant.quantity for grant in held), Decimal(0))
        return Figures(
            self.requested, granted, sum((grant.drawn for grant in held), Decimal(0)), self.requested - granted
        )

    def stage(self, code: str) -> Stage | None:
        """The stage with that code."""
        return next((stage for stage in self.stages if stage.code == code), None)

    @property
    def at_work(self) -> tuple[Stage, ...]:
        """The stages that are open now, those returned for a supplement among them."""
        return tuple(stage for stage in self.stages if stage.state in AT_WORK)

    @property
    def ended(self) -> bool:
        """Whether every stage is done or was not needed."""
        return all(stage.state in FINISHED for stage in self.stages)

    def grant(self, document: str) -> Grant | None:
        """The grant with that document number."""
        wanted = same_document(document)
        return next((grant for grant in self.grants if same_document(grant.document) == wanted), None)


def same_document(number: str) -> str:
    """A document number as it is compared: without spaces, brackets of one kind, in one letter case."""
    return "".join(number.split()).casefold().translate(_BRACKETS)


_BRACKETS = str.maketrans("（）[]〔〕【】", "()()()()")


def settle(stages: Sequence[Stage]) -> tuple[list[Stage], list[Stage]]:
    """Let exactly the stages be open that the chain's rule says; returns (opened now, closed again).

    Open are the unfinished stages of the first group that is not finished, save rejected ones: a rejection holds the chain.
    """
    current = min((stage.group for stage in stages if stage.state not in FINISHED), default=None)
    opened: list[Stage] = []
    closed: list[Stage] = []
    for stage in stages:
        if stage.group == current and stage.state is StageState.WAITING:
            stage.state = StageState.OPEN
            opened.append(stage)
        elif stage.group != current and stage.state in AT_WORK:
            stage.state, stage.opened_at = StageState.WAITING, None
            closed.append(stage)
    return opened, closed


def status(factor: Factor, case_status: Status, outcome: str | None, signed: bool, day: date) -> FactorStatus:
    """The request's status on `day`, from its facts alone. `signed`: its lead has signed for it, or work shows that it has.

    A request that has part of what it needs is `partial` though it be late: its light says how late. `overdue` has nothing.
    """
    figures = factor.figures(day)
    checks = (
        (outcome == "withdrawn" and case_status is Status.CLOSED, FactorStatus.WITHDRAWN),
        (figures.gap == 0, FactorStatus.FULFILLED),
        (case_status is Status.SUSPENDED, FactorStatus.SUSPENDED),
        (any(stage.state is StageState.REJECTED for stage in factor.stages), FactorStatus.REJECTED),
        (bool(factor.blocked_reason), FactorStatus.BLOCKED),
        (factor.deferred_until is not None and day <= factor.deferred_until, FactorStatus.DEFERRED),
        (figures.granted > 0, FactorStatus.PARTIAL),
        (day > (factor.deferred_until or factor.needed_by), FactorStatus.OVERDUE),
        (signed or any(s.state not in (StageState.WAITING, StageState.OPEN) for s in factor.stages), FactorStatus.IN_PROGRESS),
    )  # fmt: skip
    return next((found for holds, found in checks if holds), FactorStatus.REGISTERED)


def check_grant(factor: Factor, grant: Grant, today: date) -> None:
    """Whether the ledger takes the grant on `today`; raises FieldRefused naming the field and the remedy."""
    gap = factor.figures(today).gap
    if gap == 0:
        raise wrong("quantity", "nothing is missing any more: the grants meet the request")
    if grant.quantity > gap:
        problem = f"{show(grant.quantity)} {factor.unit} is above the gap of {show(gap)} {factor.unit}"
        raise wrong("quantity", f"{problem}; grant at most the gap, and ask for the rest in a request of its own")
    if grant.on < factor.requested_on:
        raise wrong(
            "date", f"{grant.on.isoformat()} is before the request of {factor.requested_on.isoformat()}; check the document's date"
        )  # fmt: skip
    if grant.on > today:
        raise wrong("date", f"{grant.on.isoformat()} is in the future; a grant is recorded once it is given")
    if grant.expires_on is not None and grant.expires_on < max(grant.on, today):
        raise wrong("expires", f"{grant.expires_on.isoformat()} has passed; a grant that no longer holds closes no gap")
    if factor.grant(grant.document) is not None:
        raise document_taken(grant.document)


def document_taken(document: str) -> Exception:
    """The refusal of a document number that a grant of this type bears already."""
    return wrong(
        "document", f"{document!r} was used for another grant of this type; each grant has a number of its own"
    )
