"""What the API takes and gives, as its OpenAPI document describes it. Whatever is not named here is not told."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

NO_NUL = r"^[^\u0000]*$"
Moment = Annotated[
    str, Field(json_schema_extra={"format": "date-time"}, description="ISO 8601, to the second, in the office's zone.")
]
Day = Annotated[str, Field(json_schema_extra={"format": "date"}, description="YYYY-MM-DD.")]
Said = Annotated[str, StringConstraints(pattern=NO_NUL, max_length=4000)]
Line = Annotated[str, StringConstraints(pattern=NO_NUL, max_length=120)]
Light = Literal["red", "yellow", "blue", "green", "grey", "closed"]
Kind = Literal["difficulty", "factor"]
CaseStatus = Literal["new", "in_progress", "disputed", "consultation", "suspended", "tracking", "replied", "closed"]
Colour = Literal["blue", "yellow", "red", "circular"]


class Told(BaseModel):
    """Something that the API tells."""

    model_config = ConfigDict(extra="ignore", from_attributes=True)


class Taken(BaseModel):
    """Something that the API takes; what it does not know is refused, so that a slip of the pen is noticed."""

    model_config = ConfigDict(extra="forbid")


class Name(Told):
    """A name for people, in both of the office's languages."""

    zh: str
    en: str


class AllowedStep(Told):
    """Something that may be done with a case now."""

    action: str = Field(description="The action's name in the table of actions.")
    name: Name
    by: list[str] = Field(description="In what capacity: clerk, desk_head, lead, enterprise, …")
    until: Moment | None = Field(description="Until when, if a clock says so.")


class ProblemBody(Told):
    """What is wrong (RFC 9457)."""

    type: str = Field(description="urn:expedite:problem:<code>")
    title: str
    status: int
    code: str = Field(description="Stable, for programs.")
    detail: str = Field(description="For people, zh or en by Accept-Language.")
    field: str | None = Field(default=None, description="What has to be mended, e.g. fields.lead.")
    allowed: list[AllowedStep] | None = Field(default=None, description="What may be done with the case instead.")

    model_config = ConfigDict(json_schema_extra={"examples": [{
        "type": "urn:expedite:problem:not_from_here", "title": "Conflict", "status": 409, "code": "not_from_here",
        "detail": "DIF-2026-0042 is “In progress”: “Dispatch” is not possible now.",
        "allowed": [{"action": "instruct", "name": {"zh": "批示", "en": "Instruct"}, "by": ["chief", "deputy_chief"], "until": None}],
    }]})  # fmt: skip


# -- cases -------------------------------------------------------------------------------------------------------------


class CaseLine(Told):
    """A case as the list shows it."""

    code: str = Field(examples=["DIF-2026-0042"])
    kind: Kind
    title: str = Field(description="A person's words: plain text, to be escaped on a page.")
    status: CaseStatus
    status_name: Name
    light: Light
    rung: int = Field(ge=1, le=7, description="Where on the ladder it stands: 1 the desk, 7 the city.")
    rung_name: Name
    round: int = Field(description="1 and one for each time that it was done again in this cycle.")
    cycle: int = Field(description="1 and one for each reopening.")
    category: str | None
    class_: str | None = Field(alias="class", description="A class of the policy, e.g. simple, complex, hard.")
    severity: int
    withheld: bool = Field(description="Who reported is not to be named: enterprise and project may then be null.")
    enterprise: str | None
    project: str | None
    project_name: Name | None
    lead: str | None = Field(description="The unit that answers for the whole.")
    lead_name: Name | None
    holder_name: Name = Field(description="Who must act now.")
    due: Moment | None
    estimated: bool = Field(description="The date reaches into a year whose holidays are not announced yet.")
    overdue_days: int = Field(description="Working days by which the closing date has passed.")
    outcome: str | None
    opened_at: Moment
    closed_at: Moment | None
    updated_at: Moment = Field(description="When the last line was added to its history.")


class CaseList(Told):
    """A page of cases."""

    items: list[CaseLine]
    next: str | None = Field(description="The cursor of the next page, null at the end.")


class Ratings(Told):
    """The enterprise's ratings on the policy's scale."""

    result: int | None
    attitude: int | None


class AssignmentLine(Told):
    """A unit's part in a case, from when until when."""

    unit: str
    unit_name: Name
    part: Literal["lead", "supporter"]
    since: Moment
    until: Moment | None


class ClockLine(Told):
    """A deadline that runs or stands still, and why it is when it is."""

    kind: str
    name: Name
    subject: str
    owner: str | None
    owner_name: Name
    state: str
    round: int
    cycle: int
    started: Moment
    due: Moment | None
    estimated: bool
    limit: str | None = Field(description="E.g. 10 working_days; null where a date was set.")
    rule: str | None = Field(description="The policy's key, e.g. classes.complex.close.")
    why: Name
    result: Name


class ApprovalStep(Told):
    """A decision that is asked of somebody now."""

    role_name: Name
    person_name: Name
    due: Moment | None


class ApprovalLine(Told):
    """An open approval."""

    kind_name: Name
    asked_by_name: Name | None
    asked_at: Moment
    steps: list[ApprovalStep]


class CaseNotice(Told):
    """A supervision notice on this case."""

    number: str
    colour: Colour
    name: Name
    clock_name: Name
    owner_name: Name
    issued_at: Moment
    overdue_days: int
    answer_by: Moment | None


class DocumentLine(Told):
    """A number under which something was decided."""

    name: Name
    number: str
    on: Moment | None


class RelatedCase(Told):
    """A case that belongs to this one."""

    how: Name
    code: str
    title: str


class ReporterLine(Told):
    """Who reported; told to keys of the desk alone, and never where somebody is not to be named."""

    kind: str
    enterprise: str | None
    name: str | None
    reach: list[str]


class FieldChoice(Told):
    """An option of a field."""

    value: str
    label: Name


class StepField(Told):
    """A field of a step."""

    name: str
    kind: str
    label: Name
    required: bool
    choices: list[FieldChoice]


class Step(Told):
    """A step that this key may take on this case now."""

    action: str
    name: Name
    by: Name
    until: Moment | None
    for_enterprise: bool = Field(description="It records what the enterprise said: then spoken_for is needed.")
    fields: list[StepField]


class CaseWhole(CaseLine):
    """A case with all that belongs to it."""

    detail: str
    document: str
    original_due: Moment | None
    ratings: Ratings
    assignments: list[AssignmentLine]
    clocks: list[ClockLine]
    approvals: list[ApprovalLine]
    notices: list[CaseNotice]
    documents: list[DocumentLine]
    related: list[RelatedCase]
    reporters: list[ReporterLine]
    allowed: list[AllowedStep]
    actions: list[Step] = Field(description="What this key may do now, with its fields; empty for readers.")


class EventText(Told):
    """What somebody wrote."""

    name: Name
    text: str


class EventLine(Told):
    """A line of a case's history. `hash` covers it and the line before it."""

    seq: int
    at: Moment
    action: str
    name: Name
    who: Name
    party: str
    channel: str | None
    unit: str | None
    account: str | None
    asserted: bool = Field(description="Said by the desk of itself: nobody proved who they are.")
    spoken_for: bool = Field(description="A clerk recorded what the enterprise said.")
    facts: dict[str, object]
    text: list[EventText]
    policy: str
    hash: str


class EventList(Told):
    """A page of a case's history."""

    items: list[EventLine]
    next: str | None


class Explanation(Told):
    """Every clock accounted for, as `expedite explain CODE --json` prints it."""

    code: str
    clocks: list[dict[str, object]]
    overdue_days: list[dict[str, object]]
    overdue_by_owner: dict[str, int]


class StepAsked(Taken):
    """A step to be taken."""

    on_behalf: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,32}$")] = Field(
        description="The account of the desk for whom this is done, e.g. R06. It is recorded as asserted, not as proved."
    )
    fields: dict[Line, Said | bool | int | list[Line]] = Field(
        default_factory=dict, description="The step's fields by name."
    )
    spoken_for: Line = Field(default="", description="Who spoke for the enterprise, and through which channel.")

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [
        {"on_behalf": "R06", "fields": {"lead": "D08", "supporters": ["D14", "D03"], "case_class": "complex"}},
        {"on_behalf": "R06", "fields": {"text": "红线图已补充"}, "spoken_for": "项目联络员（电话）"},
    ]})  # fmt: skip


class StepTaken(Told):
    """The case after a step."""

    code: str
    status: CaseStatus
    seq: int = Field(description="The last line of its history then; /events?after= gives what follows.")
    repeated: bool = Field(description="This Idempotency-Key was used before: nothing was done now.")


# -- reports -----------------------------------------------------------------------------------------------------------


class Firm(Taken):
    """Who reports."""

    name: Annotated[
        str,
        StringConstraints(
            min_length=1, max_length=120, pattern=r"^[^\u0000-\u001f]*[^\u0000-\u0020\u007f-\u00a0][^\u0000-\u001f]*$"
        ),
    ]
    contact: Line = ""
    email: Annotated[
        str,
        StringConstraints(
            pattern=r"^([A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){0,2}\.[A-Za-z]{2,20})?$"
        ),
    ] = ""
    phone: Annotated[str, StringConstraints(pattern=NO_NUL, max_length=40)] = ""
    uscc: Annotated[str, StringConstraints(pattern=NO_NUL, max_length=40)] = Field(
        default="", description="统一社会信用代码"
    )
    locale: Literal["zh", "en"] = "zh"


class ReportAsked(Taken):
    """A difficulty to be reported."""

    enterprise: Firm
    title: Annotated[
        str,
        StringConstraints(
            min_length=1, max_length=200, pattern=r"^[^\u0000-\u001f]*[^\u0000-\u0020\u007f-\u00a0][^\u0000-\u001f]*$"
        ),
    ]
    detail: Said = ""
    project: Line = Field(
        default="", description="A project's code or name; one that is not known is kept as it is said."
    )
    category: Annotated[str, StringConstraints(pattern=NO_NUL, max_length=64)] = ""
    severity: Literal[1, 2, 3] = Field(default=1, description="3: work has stopped.")

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{
        "enterprise": {"name": "禾城湖粲钠能有限公司", "contact": "项目联络员", "email": "p02@example.com", "phone": "0573-80000000"},
        "project": "P02", "category": "power", "severity": 2, "title": "第二路电源无廊道", "detail": "电缆通道须跨越在建道路。",
    }]})  # fmt: skip


class ReportTaken(Told):
    """The receipt of a report: it is stored for good, and becomes a case within seconds."""

    receipt: str = Field(examples=["R-7KQ4-M2XD-9TPA"])
    duplicate: bool = Field(description="This Idempotency-Key was used before.")
    track: str = Field(description="The address of its tracking page, for the enterprise.")


# -- beside cases ------------------------------------------------------------------------------------------------------


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
