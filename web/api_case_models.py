"""A case, its history and what may be done with it, as the API's document describes them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from web.api_models import AllowedStep, CaseStatus, Colour, Kind, Light, Moment, Name, Told


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
