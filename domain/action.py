"""The words in which the tables of actions are written: kinds of case, statuses, parties, fields, and the row itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from domain.policy import Label


class Kind(StrEnum):
    """What the office must see through."""

    DIFFICULTY = "difficulty"
    FACTOR = "factor"


class Status(StrEnum):
    """Where a case stands. Rung, round, cycle, open approvals and lights are facts beside it."""

    NEW = "new"
    IN_PROGRESS = "in_progress"
    DISPUTED = "disputed"
    CONSULTATION = "consultation"
    SUSPENDED = "suspended"
    TRACKING = "tracking"
    REPLIED = "replied"
    CLOSED = "closed"


class Party(StrEnum):
    """In what capacity somebody acts on a case."""

    RULE = "rule"
    CLOCK = "clock"
    CLERK = "clerk"
    DESK_HEAD = "desk_head"
    COMMISSIONER = "commissioner"
    LEAD = "lead"
    SUPPORTER = "supporter"
    UNIT_HEAD = "unit_head"
    DUTY_UNIT = "duty_unit"
    ENTERPRISE = "enterprise"
    DEPUTY_CHIEF = "deputy_chief"
    CHIEF = "chief"
    APPROVER = "approver"
    OBSERVER = "observer"


class ApprovalKind(StrEnum):
    """What an approval decides."""

    SIGN_OFF = "sign_off"
    EXTENSION = "extension"
    SUSPENSION = "suspension"
    TRACKING = "tracking"
    DISPUTE = "dispute"
    DELIVERY = "delivery"
    STAGE = "stage"


class FieldKind(StrEnum):
    """What a field of an action takes, so that every page and form can draw it."""

    TEXT = "text"
    LINE = "line"
    DAY = "day"
    TIME = "time"
    UNIT = "unit"
    UNITS = "units"
    CASE_CLASS = "case_class"
    SEVERITY = "severity"
    CATEGORY = "category"
    PROJECT = "project"
    OUTCOME = "outcome"
    REASON = "reason"
    RATING = "rating"
    CODE = "code"
    ANSWER = "answer"
    FLAG = "flag"
    DUTIES = "duties"
    DUTY = "duty"
    RUNG = "rung"
    QUANTITY = "quantity"
    MEASURE = "measure"
    STAGE = "stage"
    GRANT = "grant"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an action."""

    name: str
    kind: FieldKind
    label: Label
    required: bool = True


@dataclass(frozen=True, slots=True)
class Action:
    """One row of the table.

    `sources` and `targets` are statuses; an empty `targets` means that the status stays. `approval` opens a decision that must
    be granted before the status changes.
    """

    name: str
    label: Label
    sources: frozenset[Status]
    by: frozenset[Party]
    targets: tuple[Status, ...]
    fields: tuple[Field, ...] = ()
    approval: ApprovalKind | None = None
    moves_from: frozenset[Status] | None = None
    """Where the status changes, if not from every source."""
    kinds: frozenset[Kind] = frozenset({Kind.DIFFICULTY})
    """Which kinds of case the action is for."""


def field_row(name: str, kind: FieldKind, zh: str, en: str, required: bool = True) -> Field:
    """A field with its label, as a table's row writes it."""
    return Field(name, kind, Label(zh, en), required)
