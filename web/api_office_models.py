"""Factor requests, the directory, figures and notices, as the API's document describes them."""

from __future__ import annotations

from web.api_case_models import CaseNotice
from web.api_models import CaseStatus, Day, Light, Moment, Name, Told


class FactorLine(Told):
    """A factor request as the list shows it; quantities in `unit`, granted + gap = requested."""

    code: str
    type: str
    item: str
    project: str | None
    status: str
    requested: float
    granted: float
    drawn: float
    gap: float
    unit: str
    needed_by: Day
    lead: str | None


class FactorList(Told):
    """A page of factor requests."""

    items: list[FactorLine]
    next: str | None


class StageLine(Told):
    """A stage of a factor request."""

    seq: int
    code: str
    label: Name | None
    group: int
    unit: str
    state: str
    limit: str | None
    basis: str | None
    opened_at: Moment | None
    decided_at: Moment | None
    document: str
    due: Moment | None
    paused: bool
    overdue_days: int


class GrantLine(Told):
    """A grant."""

    seq: int
    quantity: float
    unit: str
    on: Day
    document: str
    stage: str | None
    conditions: str
    expires_on: Day | None
    expired: bool
    drawn: float


class FactorWhole(FactorLine):
    """A factor request with its stages and grants."""

    requested_on: Day
    stage: str | None
    stages: list[StageLine]
    grants: list[GrantLine]
    light: Light
    supporters: list[str]
    difficulty: str | None
    milestone: str | None
    blocked_reason: str
    deferred_until: Day | None
    case_status: CaseStatus
    outcome: str | None
    rung: int
    due: Moment | None


class ProjectLine(Told):
    """A key project."""

    id: str
    name: Name
    enterprise: str | None
    area: str | None
    level: str | None
    status: str


class ProjectList(Told):
    """All key projects."""

    items: list[ProjectLine]
    next: None


class ProjectWhole(ProjectLine):
    """A project with its open cases."""

    open_cases: list[str]


class UnitLine(Told):
    """A unit of the directory."""

    id: str
    name: Name
    short_name: Name
    kind: str
    active: bool
    successor: str | None


class UnitList(Told):
    """All units."""

    items: list[UnitLine]
    next: None


class NoticeLine(CaseNotice):
    """A supervision notice (提示单, 督办单, 通报)."""

    case: str
    clock: str
    owner: str
    round: int
    cycle: int


class NoticeList(Told):
    """A page of notices."""

    items: list[NoticeLine]
    next: str | None


class OutcomeFigure(Told):
    """How many of the closed cases ended so."""

    code: str
    label: Name
    solved: float | None
    cases: int


class PartFigures(Told):
    """A unit's or a category's line of the monthly table."""

    code: str
    label: Name
    received: int
    signed: int
    signed_on_time: int
    closed: int
    solved: float
    counted: int
    on_time: int
    late: int
    rated: int
    satisfied: int
    extended: int
    returned: int
    yellow: int
    red: int
    overdue_days: int


class FiguresWhole(Told):
    """The figures of a period: what was solved (办成), apart from what was merely closed (办结)."""

    first: Day
    last: Day
    received: int
    open: int
    closed: int
    solved: float
    counted: int
    solved_share: float | None
    outcomes: list[OutcomeFigure]
    on_time: int
    late: int
    rated: int
    unrated: int
    satisfied: int
    median_days: float | None
    ninetieth_days: int | None
    units: list[PartFigures]
    categories: list[PartFigures]
