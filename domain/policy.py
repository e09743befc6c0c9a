"""The policy as types: every number, name and recipient that a district may choose for itself.

A policy is data (DESIGN.md 1.7). `services.policy_file` reads it from YAML and names each mistake by file, line and key;
what reaches this module has been checked. Times of day are in the office's zone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from enum import StrEnum
from typing import Literal
from zoneinfo import ZoneInfo

from domain.channels import ChannelRule, HookRule
from domain.files import FormRules
from domain.label import Label as Label
from domain.likeness import Similarity, Systemic
from domain.mail_rules import MailRules
from domain.plan_rules import PlanRules
from domain.publication import PublicRules
from domain.roles import Role as Role
from domain.sources import SourceRule


class Unit(StrEnum):
    """How a limit is counted (LIFECYCLE.md, Time)."""

    WORKING_HOURS = "working_hours"
    WORKING_DAYS = "working_days"
    HALF_DAY = "half_day"
    DAYS = "days"
    MONTHS = "months"


class Colour(StrEnum):
    """Colour of a supervision notice."""

    BLUE = "blue"
    YELLOW = "yellow"
    RED = "red"
    CIRCULAR = "circular"


@dataclass(frozen=True, slots=True)
class Limit:
    """A length of time with its unit; `roll` moves a calendar limit's end to the next working day's closing."""

    value: int
    unit: Unit
    roll: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """One stretch of office time within a day."""

    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """The office's sessions, and those of the summer (`summer_from`/`summer_to` are inclusive (month, day) pairs)."""

    sessions: tuple[Session, ...]
    summer_sessions: tuple[Session, ...] = ()
    summer_from: tuple[int, int] | None = None
    summer_to: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Rung:
    """A rung of the ladder, 1 (desk) to 7 (city). On a `meeting` rung the holder calls the units together."""

    number: int
    code: str
    label: Label
    holders: tuple[Role, ...]
    limit: Limit | None
    does: Label
    meeting: bool = False


@dataclass(frozen=True, slots=True)
class CaseClass:
    """A size of case with its limits (DOMAIN.md 1.4). `close` is None for `tracking` alone."""

    code: str
    label: Label
    close: Limit | None
    first_contact: Limit
    interim: Limit | None = None
    plan: Limit | None = None
    max_extensions: int = 0


@dataclass(frozen=True, slots=True)
class Severity:
    """How urgent a difficulty is: 1 normal, 2 urgent, 3 critical; `hint` says by what consequence its reporter tells."""

    number: int
    label: Label
    first_contact: Limit
    copies: tuple[Role, ...] = ()
    hint: Label | None = None


@dataclass(frozen=True, slots=True)
class Category:
    """A kind of difficulty and the units that handle it.

    `lead` and `supporters` are unit ids, or "area" for the area of the case's project; `lead` None leaves the choice to the
    desk. `deputy` is the account id of the deputy chief who answers for the category.
    """

    code: str
    label: Label
    hint: Label
    lead: str | None
    supporters: tuple[str, ...] = ()
    deputy: str | None = None


@dataclass(frozen=True, slots=True)
class TriageRules:
    """How a new report is classed (DOMAIN.md 1.4)."""

    default_class: str
    class_by_category: dict[str, str]
    min_severity_by_category: dict[str, int]
    several_departments_class: str


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits that belong to a step rather than to a class."""

    report_waiting: Limit
    triage: Limit
    sign_for: Limit
    return_window: Limit
    ruling: Limit
    answer: Limit
    approval_step: Limit
    consultation: Limit
    suspension_review: Limit
    tracking_interim: Limit
    tracking_end: Limit
    follow_up: Limit
    redo: Limit
    dispute_window: Limit
    city_report: Limit


@dataclass(frozen=True, slots=True)
class NoticeRule:
    """When a colour is issued and to whom.

    `days` counts working days from the due day: negative before it (blue, -2), positive after it (yellow 1, red 3).
    """

    colour: Colour
    label: Label
    days: int
    to: tuple[Role, ...]
    copies: tuple[Role, ...] = ()
    answer_within: Limit | None = None
    climbs: bool = False
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class SuspensionReason:
    """A listed reason for a suspension, its party and the calendar days that it may last in all."""

    code: str
    label: Label
    max_days: int
    for_enterprise: bool = False


@dataclass(frozen=True, slots=True)
class OutcomeRule:
    """How a case may end, and whether that counts as solved (办成): 1, 0.5, 0, or None for "not counted"."""

    code: str
    label: Label
    solved: float | None


@dataclass(frozen=True, slots=True)
class Extensions:
    """Rules of asking for more time (DOMAIN.md 1.6). The n-th extension is decided by `approvers[n-1]`."""

    approvers: tuple[Role, ...]
    longest: str = "original_limit"


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Follow-up and rating: a result at or below `dispute_at` is a dispute; `max_redos` redos, then the deputy chief decides."""

    attempts: int
    dispute_at: int
    max_redos: int
    scale: tuple[tuple[int, Label], ...]


@dataclass(frozen=True, slots=True)
class Numbering:
    """Number formats with `{year}` and `{n}`."""

    difficulty: str
    factor: str
    document: str
    notice: str


@dataclass(frozen=True, slots=True)
class FactorStage:
    """A stage of a factor's chain (DOMAIN.md section 2).

    `unit` decides it: "lead", "area" or a unit id, through the people in `approvers`: one after the other (`in_turn`), or side
    by side: all of them, any one, a quorum.
    Neighbours of the same `group` stand side by side, else stages follow each other. `by` names the request's attribute that
    chooses among `limits`; without it `limit` counts, None for a stage that no rule limits. `basis` says where the limit is from.
    """

    code: str
    label: Label
    limit: Limit | None
    basis: Literal["statutory", "published", "national", "local", "typical", "none"] = "typical"
    unit: str = "lead"
    group: str | None = None
    approvers: tuple[Role, ...] = (Role.UNIT_HEAD,)
    mode: Literal["in_turn", "all", "any", "quorum"] = "in_turn"
    quorum: int | None = None
    by: str | None = None
    limits: dict[str, Limit] = field(default_factory=dict)

    @property
    def needed(self) -> int:
        """How many of those who are asked side by side have to agree."""
        return {"in_turn": 1, "all": len(self.approvers), "any": 1}.get(self.mode, self.quorum or 1)

    def limit_for(self, attributes: Mapping[str, str]) -> Limit | None:
        """The stage's limit for a request with these attributes."""
        return self.limits.get(attributes.get(self.by or "", ""), self.limit)


@dataclass(frozen=True, slots=True)
class FactorType:
    """A factor that projects need: its units of measure (the first is the usual one), who leads, and the chain of stages.

    `lead` and `supporters` are unit ids, or "area" for the area of the request's project. `largest` bounds a request, in the
    first unit. `attributes` are what a request of this type may say beside its quantity.
    """

    code: str
    label: Label
    units: tuple[str, ...]
    lead: str
    largest: int
    partial: Label
    stages: tuple[FactorStage, ...]
    supporters: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()

    def stage(self, code: str) -> FactorStage | None:
        """The stage with that code."""
        return next((stage for stage in self.stages if stage.code == code), None)


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything a district decides for itself. `version` is the SHA-256 of the text it was read from."""

    version: str
    district: Label
    office: Label
    zone: ZoneInfo
    country: str
    hours: OfficeHours
    desk_unit: str
    fallback_role: Role
    rungs: tuple[Rung, ...]
    classes: dict[str, CaseClass]
    severities: dict[int, Severity]
    categories: dict[str, Category]
    triage: TriageRules
    limits: Limits
    notices: dict[Colour, NoticeRule]
    suspension_reasons: dict[str, SuspensionReason]
    outcomes: dict[str, OutcomeRule]
    extensions: Extensions
    follow_up: FollowUp
    numbering: Numbering
    mail: MailRules
    roles: dict[Role, Label]
    head_link_steps: tuple[str, ...] = ()
    """Desk steps that the Prefect UI may not take: they need the desk head's own link."""
    fallback_units: tuple[str, ...] = ("area",)
    """Who leads when no ruling comes: unit ids, or "area"; the desk's own unit is the last."""
    factor_types: dict[str, FactorType] = field(default_factory=dict)
    """What projects ask to have guaranteed: land, power, finance and others."""
    milestones: PlanRules = field(default_factory=PlanRules)
    similarity: Similarity = field(default_factory=Similarity)
    systemic: Systemic = field(default_factory=Systemic)
    public: PublicRules = field(default_factory=PublicRules)
    form: FormRules = field(default_factory=FormRules)
    channels: tuple[ChannelRule, ...] = ()
    hooks: tuple[HookRule, ...] = ()
    sources: tuple[SourceRule, ...] = ()

    def __hash__(self) -> int:
        # Rules reckon the same for thousands of clocks, and keep it by the policy.
        return hash(self.version)

    def rung(self, number: int) -> Rung:
        """The rung with that number; KeyError if the ladder has none."""
        return {rung.number: rung for rung in self.rungs}[number]
