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


# -- what is taken -----------------------------------------------------------------------------------------------------


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
