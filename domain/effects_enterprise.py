"""What the enterprise does: supplement, confirm, dispute, appeal, withdraw. It has the last word on whether it was helped."""

from __future__ import annotations

from datetime import datetime

from domain.case import Audience
from domain.clocks import ClockState
from domain.draft import Draft
from domain.effects_approval import close, open_approval, redo
from domain.effects_return import ask_again
from domain.effects_waiting import end_suspension
from domain.fields import Fields, rating_of
from domain.lifecycle import ApprovalKind, Status
from domain.policy import Label, Role
from domain.refusals import Refused, need

DISPUTABLE = ("declined", "no_response")
HANDLED_BY = frozenset({"category", "severity", "project"})
"""What of a report decides who handles it and how soon."""


def supplement(draft: Draft, fields: Fields) -> None:
    """Add papers or facts; a case suspended for the enterprise goes on.

    `revised` names what of its report the enterprise changed, in a form that it filled in elsewhere: nothing is amended by that,
    the clerk is told where it may have to be.
    """
    text = fields.text("text", "write what you add")
    case = draft.case
    revised = fields.get("revised").split()
    waited = case.status is Status.SUSPENDED and case.open_clock("awaiting_enterprise") is not None
    draft.record("supplement", {"revised": revised} if revised else {}, text=text)
    if waited:
        draft.meet("awaiting_enterprise")
        draft.meet("suspension_review")
        end_suspension(draft)
    if case.factor is not None:
        ask_again(draft, text)
    what = Label("企业补充了材料", "The enterprise added to its report")
    if revised:
        what = Label("企业修改了所填报的内容", "The enterprise changed what it had reported")
        if not case.lead or HANDLED_BY.intersection(revised):
            draft.owe("case_update", Audience(Role.CLERK), what=what, note=text)
    draft.tell_lead(what, text)


def confirm(draft: Draft, fields: Fields) -> None:
    """Confirm with two ratings; a result at or below the policy's line is a dispute."""
    result, attitude = rating_of(draft, fields, "result"), rating_of(draft, fields, "attitude")
    if result is None:
        raise need("result", "rate the result")
    if attitude is None:
        raise need("attitude", "rate the attitude")
    text = fields.get("text")
    draft.meet("follow_up")
    draft.case.rating_result, draft.case.rating_attitude = result, attitude
    draft.record("confirm", {"result": result, "attitude": attitude}, text=text)
    if result <= draft.policy.follow_up.dispute_at:
        disputed_result(draft, text)
    else:
        close(draft)


def dispute(draft: Draft, fields: Fields) -> None:
    """Say that it was not solved."""
    why = fields.text("reason", "say what is not solved")
    case = draft.case
    result, attitude = rating_of(draft, fields, "result"), rating_of(draft, fields, "attitude")
    draft.meet("follow_up")
    draft.meet("promised")
    case.rating_result, case.rating_attitude = result or case.rating_result, attitude or case.rating_attitude
    draft.record("dispute", {"result": result, "attitude": attitude}, reason=why)
    disputed_result(draft, why)


def dispute_until(draft: Draft) -> datetime | None:
    """Until when a closed case can be disputed; None when it is not closed."""
    closed_at = draft.case.closed_at
    return None if closed_at is None else draft.time.due(closed_at, draft.policy.limits.dispute_window).at


def check_disputable(draft: Draft) -> None:
    """A closed case can be disputed when declined, without response or unrated, within the window. Raises Refused."""
    case = draft.case
    if case.status is not Status.CLOSED:
        return
    unrated = case.rating_result is None and case.outcome in ("resolved", "partial", "explained", "promised")
    if case.outcome not in DISPUTABLE and not unrated:
        raise Refused("final", "The case is closed with outcome {outcome}; that is final.", {"outcome": case.outcome})
    until = dispute_until(draft)
    if until is not None and draft.now > until:
        raise Refused(
            "dispute_over",
            "A closed case could be disputed until {until}.",
            {"until": f"{draft.time.local(until):%Y-%m-%d %H:%M}"},
        )


def disputed_result(draft: Draft, why: str) -> None:
    """Redo; after the policy's number of redos the deputy chief decides between another redo and a final close."""
    case = draft.case
    if case.redos < draft.policy.follow_up.max_redos:
        redo(draft, why)
        return
    draft.case.marks |= {f"third_dispute:{case.cycle}"}
    open_approval(draft, ApprovalKind.DISPUTE, (Role.DEPUTY_CHIEF,), {"why": why, "redos": case.redos})
    draft.tell_reporters(Label("已提请分管副区长裁定", "The deputy chief will decide"))


def check_appeal(draft: Draft) -> None:
    """An enterprise appeals once per rung. Raises Refused."""
    if f"appeal:{draft.case.cycle}:{draft.case.rung}" in draft.case.marks:
        raise Refused("appealed", "This rung was appealed already; the next appeal is possible one rung up.")


def appeal(draft: Draft, fields: Fields) -> None:
    """Ask for the next rung, once per rung."""
    why = fields.text("reason", "say why a higher level should look at it")
    case = draft.case
    case.marks |= {f"appeal:{case.cycle}:{case.rung}"}
    draft.record("appeal", {"rung": case.rung}, reason=why)
    draft.climb(f"appeal:{case.cycle}:{case.rung}", Label("企业请求提级", "The enterprise appealed"))
    draft.tell_lead(Label("企业请求提级办理", "The enterprise asked for the next level"), why)


def withdraw(draft: Draft, fields: Fields) -> None:
    """Withdraw; with several reporters only this one leaves and the next becomes principal."""
    case = draft.case
    reason = fields.get("reason")
    if len(case.reporters) > 1:
        # A clerk who records it does so for the principal.
        draft.leaving_contact = draft.actor.contact or case.reporters[0]
        draft.record("reporter_left", {}, reason=reason)
        return
    case.outcome = "withdrawn"
    draft.record("withdraw", {}, reason=reason)
    for clock in case.clocks:
        if clock.open:
            draft.end_clock(clock, ClockState.SUPERSEDED)
    close(draft)
