"""Returning an approval to its asker for a supplement, and asking again: meanwhile its clock stands still."""

from __future__ import annotations

from domain.approvals import clock_of
from domain.case import Approval, ApprovalStep
from domain.draft import Draft
from domain.effects_approval import RETURNED, ask, asked_of
from domain.fields import Fields
from domain.lifecycle import ApprovalKind, Party, Status
from domain.refusals import Refused


def hand_back(draft: Draft, fields: Fields) -> None:
    """Return what was asked to the asker for a supplement: the step's clock stands still until it is asked again."""
    approval, step = check_hand_back(draft)
    return_step(draft, approval, step, fields.text("reason", "say what is missing"))


def check_hand_back(draft: Draft) -> tuple[Approval, ApprovalStep]:
    """The open step that the actor may return: of a stage or of any other approval but a dispute. Raises Refused.

    A dispute was put by the enterprise, which supplements nothing here: returned, it would wait for ever.
    """
    stage = any(a.kind is ApprovalKind.STAGE and _names(draft, a) for a in draft.case.approvals)
    approval, step = asked_of(draft, stage=stage)
    if approval.kind is ApprovalKind.DISPUTE:
        raise Refused("not_returned", "The enterprise has said what is not solved; decide on it.")
    return approval, step


def _names(draft: Draft, approval: Approval) -> bool:
    return any(step.id == draft.actor.step and step.state == "open" for step in approval.steps)


def return_step(draft: Draft, approval: Approval, step: ApprovalStep, reason: str) -> None:
    """The step waits for its asker."""
    step.state, approval.changed = "returned", True
    clock = clock_of(draft.case, approval, step)
    if clock is not None:
        draft.pause_clock(clock, "returned")
    facts = {"kind": approval.kind.value, "step": step.seq, "subject": approval.subject or None}
    draft.record("hand_back", facts, reason=reason)
    draft.tell_asker(approval, RETURNED, reason)


def ask_again(draft: Draft, text: str) -> bool:
    """Ask again what was returned to the actor, with what they add; whether there was anything."""
    found = False
    for approval in draft.case.approvals:
        if approval.state != "open" or not _theirs(draft, approval):
            continue
        for step in approval.steps:
            if step.state != "returned":
                continue
            found = True
            # Whoever answers now is asked: the one who returned it may be away, or gone.
            step.state, step.account, approval.changed = "open", None, True
            approval.facts = approval.facts | {"supplement": text}
            clock = clock_of(draft.case, approval, step)
            # A suspended case's clocks go on with the case; a stage's when none of its steps waits any more.
            waits = draft.case.status is Status.SUSPENDED and clock is not None and clock.row.stands_still
            if clock is not None and not waits and not draft.returned(clock):
                draft.resume_clock(clock)
            ask(draft, approval, step)
    return found


def _theirs(draft: Draft, approval: Approval) -> bool:
    """Whether the actor is who has to supplement: the unit that asked, the desk, for a stage also the enterprise."""
    if draft.actor.party is Party.LEAD:
        return approval.unit in (None, draft.actor.unit) or draft.actor.unit is None
    if draft.actor.party in (Party.ENTERPRISE, Party.COMMISSIONER) or draft.actor.spoken_for:
        return approval.kind is ApprovalKind.STAGE
    return True


def resubmit(draft: Draft, fields: Fields) -> None:
    """Supplement what was returned and ask again."""
    text = fields.text("text", "say what was added")
    if not ask_again(draft, text):
        raise Refused("nothing_returned", "Nothing was returned that you have to supplement.")
    if draft.actor.account:
        draft.case.handled_by |= {draft.actor.account}
    draft.record("resubmit", {"unit": draft.actor.unit}, text=text)


def check_returned(draft: Draft) -> None:
    """Something has to have been returned. Raises Refused."""
    returned = (
        s.state == "returned" for a in draft.case.approvals if a.state == "open" and _theirs(draft, a) for s in a.steps
    )
    if not any(returned):
        raise Refused("nothing_returned", "Nothing was returned that you have to supplement.")
