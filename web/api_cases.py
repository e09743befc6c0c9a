"""The API's cases: the list, one case, its history, why its dates are what they are, and the desk's steps on it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Request
from starlette.responses import Response

from domain.lifecycle import ACTIONS
from domain.policy import Label
from services.api_actions import Asked, Reused, hand_in, take_step
from services.api_cases import EARLIEST, LATEST, CaseQuery, case_events, explained, list_cases, one_case
from services.board_types import Filters
from web.api_case_models import CaseList, CaseWhole, EventList, Explanation
from web.api_door import Acts, HandsIn, Reads
from web.api_models import NO_NUL, CaseStatus, Kind, Light, ReportAsked, ReportTaken, StepAsked, StepTaken
from web.api_problems import Problem, not_there
from web.api_reading import AGAIN, PROBLEMS, Cursor, Limit, told, written
from web.site import site_of

cases = APIRouter(prefix="/v1", tags=["cases"])
reports = APIRouter(prefix="/v1", tags=["reports"])

Code = Annotated[
    str,
    Path(
        pattern=r"^[A-Za-z0-9-]{1,32}$", description="The case's code, in any letter case.", examples=["DIF-2026-0042"]
    ),
]
Word = Annotated[str, Query(pattern=r"^[A-Za-z0-9_.-]{0,64}$")]
SENT_ONCE = Header(
    alias="Idempotency-Key", pattern=r"^[!-~]{8,128}$", description="Made up by the sender, one for each request that is meant once: "
    "whatever repeats it changes nothing and gets the first answer.", examples=["7f1c4c1e-5d0e-4b5e-9a63-0c7a6f0f7a10"],
)  # fmt: skip
Once = Annotated[str, SENT_ONCE]


def _moment(said: str) -> datetime:
    """A moment of RFC 3339. Raises Problem."""
    try:
        found = datetime.fromisoformat(said.upper().replace(" ", "+"))
        if found.tzinfo is None:
            raise ValueError
        return min(max(found.astimezone(UTC), EARLIEST), LATEST)
    except OverflowError:
        # The ends of the calendar: everything, or nothing, has changed since.
        return EARLIEST if said < "5" else LATEST
    except ValueError:
        problem = Label(
            "“updated_since”须为带时区的时间，如 2026-07-16T09:00:00+08:00。",
            "Field updated_since takes a moment with its zone, e.g. 2026-07-16T09:00:00+08:00.",
        )
        raise Problem(422, "field_wrong", problem, "updated_since") from None


@cases.get("/cases", response_model=CaseList, responses=AGAIN, summary="Cases, in the order in which they were opened")
def get_cases(
    request: Request, key: Reads,
    status: Annotated[CaseStatus | None, Query(description="Where the case stands.")] = None,
    light: Annotated[Light | None, Query(description="What its closing date shows today.")] = None,
    kind: Annotated[Kind | None, Query()] = None,
    unit: Annotated[Word, Query(description="A unit that leads or supports it; - for cases without a lead.")] = "",
    rung: Annotated[int | None, Query(ge=1, le=7, description="Where on the ladder it stands.")] = None,
    project: Annotated[Word, Query(description="A project's code; - for cases of none.")] = "",
    category: Annotated[Word, Query()] = "",
    q: Annotated[str, Query(pattern=NO_NUL, max_length=100, description="Code, title, enterprise or project has this in it.")] = "",
    updated_since: Annotated[str | None, Query(
        description="A line was added to its history at this moment or later (with its zone).", json_schema_extra={"format": "date-time"}
    )] = None,
    after: Cursor = 0,
    limit: Limit = 50,
) -> Response:  # fmt: skip
    """Without restricted cases. Pages stay right while cases are opened and change: each case is on one page."""
    filters = Filters(
        light=light or "", status=status or "", unit=unit, rung=str(rung or ""), project=project, category=category, kind=kind or "", q=q
    )  # fmt: skip
    since = _moment(updated_since) if updated_since is not None else None
    return told(request, CaseList, list_cases(site_of(request).office, key, CaseQuery(filters, since, after, limit)))


@cases.get("/cases/{code}", response_model=CaseWhole, responses=PROBLEMS[404] | AGAIN, summary="A case")
def get_case(request: Request, key: Reads, code: Code) -> Response:
    """Facts, deadlines and why, units, notices, and what may be done now, by whom, with which fields."""
    return told(request, CaseWhole, one_case(site_of(request).office, key, code))


@cases.get("/cases/{code}/events", response_model=EventList, responses=PROBLEMS[404] | AGAIN, summary="Its history")
def get_events(request: Request, key: Reads, code: Code, after: Cursor = 0, limit: Limit = 50) -> Response:
    """In order; `after` is a line's `seq`. What people wrote is told to keys of the desk alone."""
    return told(request, EventList, case_events(site_of(request).office, key, code, after, limit))


@cases.get(
    "/cases/{code}/explain",
    response_model=Explanation,
    responses=PROBLEMS[404] | AGAIN,
    summary="Why its dates are what they are",
)
def get_explanation(request: Request, key: Reads, code: Code) -> Response:
    """Every clock, ended ones too, minute by minute: the rule, the intervals counted and not counted, the changes."""
    return told(request, Explanation, explained(site_of(request).office, key, code))


@cases.post(
    "/cases/{code}/actions/{action}", response_model=StepTaken, responses=PROBLEMS[404] | PROBLEMS[409], tags=["actions"],
    summary="Take a step of the desk",
)  # fmt: skip
def post_action(
    request: Request, key: Acts, code: Code,
    action: Annotated[str, Path(pattern=r"^[a-z_]{1,40}$", description="As `actions` of the case names it, e.g. dispatch.", examples=["dispatch"])],
    asked: StepAsked,
    once: Once,
) -> Response:  # fmt: skip
    """By the table of actions, as everywhere. What a person has to decide is refused here (403): that takes their own link."""
    if action not in ACTIONS:
        raise not_there()
    office = site_of(request).office
    try:
        done = take_step(office, key, code, Asked(action, asked.on_behalf, dict(asked.fields), asked.spoken_for), once)
    except Reused:
        raise _reused() from None
    if done is None:
        raise not_there()
    if done.problem is not None:
        status = 403 if done.problem == "by_a_person" else 422 if done.field is not None else 409
        raise Problem(status, done.problem, done.detail or Label("未办理。", "Not done."), done.field, done.allowed)
    return written(StepTaken, {"code": done.code, "status": done.status, "seq": done.seq, "repeated": done.repeated})


def _reused() -> Problem:
    said = Label("该 Idempotency-Key 已用于另一请求。", "This Idempotency-Key was used for another request.")
    return Problem(422, "idempotency_key_reused", said, "Idempotency-Key")


@reports.post(
    "/reports", response_model=ReportTaken, status_code=202, summary="Hand in a difficulty that an enterprise reports"
)
def post_report(request: Request, key: HandsIn, asked: ReportAsked, once: Once) -> Response:
    """Stored for good before the answer; a case follows within seconds, or the desk looks at what could not be read."""
    site = site_of(request)
    receipt = hand_in(site.office, key, asked.model_dump(), once)
    return written(
        ReportTaken, {"receipt": receipt.receipt, "duplicate": receipt.duplicate, "track": site.address(receipt.track)}, 202
    )  # fmt: skip
