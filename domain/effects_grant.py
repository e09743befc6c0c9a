"""Grants of a factor request: read and checked, booked into the ledger, watched until they expire."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal

from domain.case import Audience
from domain.draft import Draft
from domain.effects_factor import advance, asked_for, factor_of, today
from domain.effects_waiting import end_suspension
from domain.factor import FINISHED, Grant, Stage, StageState, check_grant, document_taken
from domain.fields import Fields
from domain.lifecycle import Status
from domain.policy import Label, Role
from domain.quantity import check_bounds, convert, measure_of, read_amount, show
from domain.refusals import wrong

LONGEST_DOCUMENT = 120


def read_grant(draft: Draft, fields: Fields, stage: Stage) -> Grant:
    """The grant that the fields name, checked against the ledger. Raises FieldRefused."""
    factor = factor_of(draft)
    amount = read_quantity(draft, fields)
    document = fields.text("document", "name the document that grants it")
    if len(document) > LONGEST_DOCUMENT:
        raise wrong("document", f"is longer than {LONGEST_DOCUMENT} characters")
    day = today(draft)
    made = Grant(
        amount, fields.day("date") or day, document, stage.code, fields.get("conditions"), fields.day("expires")
    )
    check_grant(factor, made, day)
    if draft.place.document_used(factor.type, document):
        raise document_taken(document)
    return made


def read_quantity(draft: Draft, fields: Fields) -> Decimal:
    """The quantity of a grant or of a drawing, in the request's unit."""
    factor = factor_of(draft)
    amount = read_amount(fields.values.get("quantity"))
    measure = measure_of(fields.get("measure") or factor.unit, "measure")
    return convert(check_bounds(amount, measure, None), measure.unit, factor.unit, "measure")


def book_grant(draft: Draft, made: Grant) -> None:
    """Enter a grant into the ledger, with its line in the history and its clock."""
    factor = factor_of(draft)
    factor.grants.append(made)
    draft.record(
        "grant",
        {
            "stage": made.stage, "quantity": show(made.quantity), "unit": factor.unit, "on": made.on.isoformat(),
            "document": made.document, "expires": made.expires_on.isoformat() if made.expires_on else None,
            "gap": show(factor.figures(today(draft)).gap),
        },
        conditions=made.conditions,
    )  # fmt: skip
    made.seq = draft.case.seq + len(draft.events)
    watch_expiry(draft, made)


def watch_expiry(draft: Draft, made: Grant) -> None:
    """A grant with a last day has a clock up to the end of it."""
    if made.expires_on is not None:
        draft.start("grant_expiry", due=end_of(draft, made.expires_on), owner=draft.case.lead, subject=made.document)


def end_of(draft: Draft, day: date) -> datetime:
    """The end of a day, by the office's zone: a grant holds on its whole last day."""
    return datetime.combine(day + timedelta(days=1), time.min, draft.time.zone)


def expire_grant(draft: Draft, document: str) -> None:
    """A grant holds no longer: its quantity is missing again, and the stage that granted it is decided anew."""
    factor, case = factor_of(draft), draft.case
    made = factor.grant(document)
    if made is None:
        return
    figures = factor.figures(today(draft))
    draft.record(
        "grant_expired", {"document": made.document, "quantity": show(made.quantity), "gap": show(figures.gap)}
    )
    if case.status is Status.CLOSED:
        if case.outcome != "resolved":
            return
        case.cycle += 1
        case.outcome = case.closed_at = None
        draft.enter(Status.IN_PROGRESS)
    stage = factor.stage(made.stage)
    if stage is not None and stage.state in FINISHED:
        stage.state = StageState.WAITING
    what = Label(
        f"批复已过期，缺口重新出现：{made.document}", f"A grant has expired, the gap is open again: {made.document}"
    )
    draft.tell_lead(what)
    draft.owe("case_update", Audience(Role.DESK_HEAD), what=what, note=asked_for(draft))
    draft.tell_reporters(what)
    advance(draft)


def block_unanswered(draft: Draft) -> None:
    """The enterprise did not supplement in time while the request was suspended for it: work goes on, blocked."""
    factor_of(draft).blocked_reason = "企业未在期限内补充材料"
    end_suspension(draft)
    draft.record("no_response", {})
    draft.tell_lead(Label("企业未在期限内补充材料", "The enterprise did not supplement in time"))
