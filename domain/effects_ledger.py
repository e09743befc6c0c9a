"""What is done with a factor request beside its stages: drawing on grants, renewing them, blocked, deferred."""

from __future__ import annotations

from domain.draft import Draft
from domain.effects_factor import advance, await_need, factor_of, today
from domain.effects_grant import read_quantity, watch_expiry
from domain.factor import Grant, document_taken, same_document
from domain.fields import Fields, future_day
from domain.policy import Label
from domain.quantity import show
from domain.refusals import Refused, need, wrong


def _named(draft: Draft, fields: Fields) -> Grant:
    factor = factor_of(draft)
    document = fields.text("grant", "name the grant by its document number")
    found = factor.grant(document)
    if found is None:
        known = ", ".join(g.document for g in factor.grants) or "there are none yet"
        raise wrong("grant", f"{document!r} is no grant of this request ({known})")
    return found


def draw(draft: Draft, fields: Fields) -> None:
    """Record what was drawn of a grant, or delivered on it: never more than was granted."""
    factor, made = factor_of(draft), _named(draft, fields)
    amount = read_quantity(draft, fields)
    left = made.quantity - made.drawn
    if not made.counts(today(draft)):
        raise wrong("grant", f"{made.document!r} has expired; nothing can be drawn on it")
    if amount > left:
        raise wrong(
            "quantity",
            f"{show(amount)} {factor.unit} is above the {show(left)} {factor.unit} that are left of {made.document!r}",
        )
    made.drawn += amount
    facts = {"document": made.document, "quantity": show(amount), "unit": factor.unit, "drawn": show(made.drawn)}
    draft.record("draw", facts)
    draft.tell_reporters(Label("已登记提取或到位", "A drawing or delivery was recorded"))


def renew(draft: Draft, fields: Fields) -> None:
    """A grant holds longer, by a document of its own; one that had expired closes its part of the gap again."""
    factor, made = factor_of(draft), _named(draft, fields)
    document = fields.text("document", "name the document that renews it")
    until = fields.day("expires")
    if until is None:
        raise need("expires", "name the new last day")
    if until < today(draft) or (made.expires_on is not None and until <= made.expires_on):
        raise wrong("expires", f"{until.isoformat()} renews nothing: it holds until {made.expires_on} now")
    if made.expires_on is None:
        raise wrong("grant", f"{made.document!r} has no last day; there is nothing to renew")
    if same_document(document) != same_document(made.document) and (
        factor.grant(document) is not None or draft.place.document_used(factor.type, document)
    ):
        raise document_taken(document)
    if not made.counts(today(draft)) and made.quantity > factor.figures(today(draft)).gap:
        raise wrong("grant", f"{made.document!r} is above the gap by now: others have granted what was missing")
    draft.meet("grant_expiry", made.document)
    made.expires_on = until
    draft.record("renew", {"document": made.document, "renewed_by": document, "expires": until.isoformat()})
    watch_expiry(draft, made)
    draft.tell_lead(Label("批复已续期", "A grant was renewed"), made.document)
    advance(draft)


def block(draft: Draft, fields: Fields) -> None:
    """Record what blocks the request; its clocks run on, so that the block is seen."""
    factor = factor_of(draft)
    factor.blocked_reason = fields.text("reason", "say what blocks it")
    draft.record("block", {}, reason=factor.blocked_reason)
    draft.tell_lead(Label("要素保障受阻", "The request is blocked"), factor.blocked_reason)
    draft.tell_reporters(Label("要素保障受阻，正在协调", "Your request is blocked; it is being dealt with"))


def unblock(draft: Draft, fields: Fields) -> None:
    """What blocked the request is gone."""
    factor = factor_of(draft)
    factor.blocked_reason = ""
    draft.record("unblock", {}, text=fields.get("text"))
    draft.tell_lead(Label("受阻已解除", "The request is no longer blocked"), fields.get("text"))


def check_block(draft: Draft) -> None:
    """Something has to be blocked. Raises Refused."""
    if not factor_of(draft).blocked_reason:
        raise Refused("not_blocked", "The request is not blocked.")


def defer(draft: Draft, fields: Fields) -> None:
    """Put the request into the plan of a later day; the day it was needed by stays on record."""
    case, factor = draft.case, factor_of(draft)
    day = future_day(draft, fields, "date", "name the day for which it is planned")
    if day <= factor.needed_by:
        raise wrong(
            "date",
            f"{day.isoformat()} is not after {factor.needed_by.isoformat()}, when it is needed: nothing is deferred",
        )
    reason = fields.text("reason", "say why")
    factor.deferred_until = day
    draft.record("defer", {"until": day.isoformat(), "needed_by": factor.needed_by.isoformat()}, reason=reason)
    clock = case.open_clock("needed_by")
    if clock is not None:
        draft.extend(clock, draft.time.closing(day), reason)
    await_need(draft)
    draft.tell_lead(Label("已列入计划", "Deferred to a plan"), reason)
    draft.tell_reporters(Label("已列入计划", "Your request was put into a plan"))
