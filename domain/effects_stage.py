"""Decisions on a factor request's stages: approve, grant in part, return, reject, leave out, take up again.

A body decides through its own link; what the desk records from paper is the body's whole decision and bears its document number.
"""

from __future__ import annotations

from decimal import Decimal

from domain.approvals import Verdict, decides
from domain.case import Approval, ApprovalStep
from domain.clocks import ClockState
from domain.draft import Draft
from domain.effects_approval import GRANTED, REFUSED, asked_of, decide
from domain.effects_factor import advance, end_stage_clock, factor_of, tell_of, today
from domain.effects_grant import LONGEST_DOCUMENT, book_grant, read_grant
from domain.effects_return import return_step
from domain.factor import FINISHED, Grant, Stage, StageState
from domain.fields import Fields
from domain.lifecycle import ApprovalKind, Party
from domain.policy import Label
from domain.quantity import show
from domain.refusals import Refused, need, wrong


def _my_stage(draft: Draft, fields: Fields, *states: StageState) -> tuple[Stage, Approval | None, ApprovalStep | None]:
    """The stage that the actor decides: a body's by its link, the desk's by name, or the only one that is open."""
    factor = factor_of(draft)
    if draft.actor.party is Party.APPROVER:
        approval, step = asked_of(draft, stage=True)
        stage = factor.stage(approval.subject)
        if stage is None:
            raise Refused("nothing_to_decide", "There is nothing left to decide: it was decided, or it lapsed.")
        return stage, approval, step
    wanted = states or (StageState.OPEN, StageState.RETURNED)
    open_now = [stage for stage in factor.stages if stage.state in wanted]
    code = fields.get("stage")
    if code:
        named = factor.stage(code)
        if named is None:
            raise wrong(
                "stage", f"{code!r} is no stage of this request; it has {', '.join(s.code for s in factor.stages)}"
            )
        if named not in open_now:
            raise wrong(
                "stage", f"{code} is {named.state.value}; open now: {', '.join(s.code for s in open_now) or 'none'}"
            )
        return named, draft.case.open_approval(ApprovalKind.STAGE, code), None
    if not open_now:
        raise Refused("no_stage", "No stage is open for that; take a rejected one up again, or look at the grants.")
    if len(open_now) > 1:
        raise need("stage", f"several are open: {', '.join(s.code for s in open_now)}; name one")
    return open_now[0], draft.case.open_approval(ApprovalKind.STAGE, open_now[0].code), None


def check_stage(draft: Draft) -> None:
    """An approver decides only what their link is for, and only while it is open. Raises Refused."""
    if draft.actor.party is Party.APPROVER:
        asked_of(draft, stage=True)


def _agree(draft: Draft, approval: Approval | None, step: ApprovalStep | None, state: str, reason: str) -> Verdict:
    """A body's own decision counts as its rule says; what the desk records from paper is the body's whole decision."""
    if approval is None:
        return Verdict.GRANTED if state == GRANTED else Verdict.REFUSED
    if step is not None:
        found = decide(draft, approval, step, state, reason)
        if found is not Verdict.OPEN:
            draft.close_approval(approval, found.value)
        return found
    draft.close_approval(approval, state)
    return Verdict.GRANTED if state == GRANTED else Verdict.REFUSED


def _worked(draft: Draft) -> None:
    draft.meet("sign_for")
    if draft.actor.account:
        draft.case.handled_by |= {draft.actor.account}


# -- decisions ---------------------------------------------------------------------------------------------------------


def pass_stage(draft: Draft, fields: Fields) -> None:
    """Approve a stage, with a grant if a quantity is named. The chain goes on when all who have to agree have."""
    stage, approval, step = _my_stage(draft, fields)
    last = step is None or approval is None or decides(approval, step)
    if fields.get("quantity") and not last:
        raise wrong("quantity", "is given with the last decision on this stage; others have to agree after you")
    document = fields.get("document")
    if step is None and not document:
        raise need("document", "what is recorded from paper needs its document number")
    granted = read_grant(draft, fields, stage) if fields.get("quantity") else None
    if last:
        _check_end(draft, stage, granted)
    if _agree(draft, approval, step, GRANTED, fields.get("text")) is Verdict.GRANTED:
        if granted is not None:
            book_grant(draft, granted)
        stage.state, stage.decided_at, stage.document = StageState.DONE, draft.now, document[:LONGEST_DOCUMENT]
        end_stage_clock(draft, stage, ClockState.MET)
        draft.record(
            "pass_stage",
            {"stage": stage.code, "unit": stage.unit, "document": document or None},
            text=fields.get("text"),
        )
        draft.meet("rung_stay")
        _worked(draft)
        tell_of(draft, Label("办结环节", "Stage approved"), stage)
        advance(draft)
    else:
        _worked(draft)


def _check_end(draft: Draft, stage: Stage, granted: Grant | None) -> None:
    """The chain does not end with a gap: then there would be nobody left who owes anything."""
    factor = factor_of(draft)
    others = [s for s in factor.stages if s is not stage]
    gap = factor.figures(today(draft)).gap - (granted.quantity if granted is not None else Decimal(0))
    if gap > 0 and all(s.state in FINISHED for s in others):
        missing = f"{show(gap)} {factor.unit}"
        raise need(
            "quantity",
            f"this is the last stage and {missing} are missing; grant them, or grant in part and let the stage go on",
        )


def grant(draft: Draft, fields: Fields) -> None:
    """Grant a part: the stage goes on for the rest."""
    stage, approval, step = _my_stage(draft, fields)
    if step is not None and approval is not None and not decides(approval, step):
        raise Refused(
            "others_first", "A part is granted with the last decision on this stage; others have to agree after you."
        )
    made = read_grant(draft, fields, stage)
    _worked(draft)
    book_grant(draft, made)
    tell_of(draft, Label("部分批准", "Granted in part"), stage)
    if approval is not None:
        figures = factor_of(draft).figures(today(draft))
        unit = factor_of(draft).unit
        approval.facts = approval.facts | {
            "granted": f"{show(figures.granted)} {unit}",
            "gap": f"{show(figures.gap)} {unit}",
        }
        approval.changed = True
    advance(draft)


def return_stage(draft: Draft, fields: Fields) -> None:
    """The desk records that a body returned a stage for a supplement."""
    _, approval, _ = _my_stage(draft, fields, StageState.OPEN)
    step = next((s for s in approval.steps if s.state == "open"), None) if approval is not None else None
    if approval is None or step is None:
        raise Refused("nothing_to_decide", "There is nothing left to decide: it was decided, or it lapsed.")
    return_step(draft, approval, step, fields.text("reason", "say what is missing"))


def reject_stage(draft: Draft, fields: Fields) -> None:
    """Reject a stage with its basis: the chain stands, and the request climbs one rung."""
    stage, approval, step = _my_stage(draft, fields)
    reason, basis = fields.text("reason", "say why"), fields.text("basis", "cite the law or policy")
    document = fields.get("document")
    if step is None and not document:
        raise need("document", "what is recorded from paper needs its document number")
    found = _agree(draft, approval, step, REFUSED, reason)
    _worked(draft)
    if found is not Verdict.REFUSED:
        return
    stage.state, stage.decided_at, stage.document = StageState.REJECTED, draft.now, document[:LONGEST_DOCUMENT]
    end_stage_clock(draft, stage, ClockState.MET)
    facts = {"stage": stage.code, "unit": stage.unit, "document": document or None}
    draft.record("reject_stage", facts, reason=reason, basis=basis)
    tell_of(draft, Label("环节未通过", "Stage rejected"), stage, reason)
    draft.climb(f"rejected:{stage.code}:{draft.case.seq}", Label("环节未通过", "A stage was rejected"))
    advance(draft)


def skip_stage(draft: Draft, fields: Fields) -> None:
    """A stage that this request does not need, e.g. the public notice of a subsidy in the chain of a loan."""
    stage, approval, _ = _my_stage(draft, fields, StageState.OPEN, StageState.RETURNED, StageState.REJECTED)
    reason = fields.text("reason", "say why it is not needed")
    _check_end(draft, stage, None)
    if approval is not None:
        draft.close_approval(approval, "lapsed")
    end_stage_clock(draft, stage, ClockState.SUPERSEDED)
    stage.state, stage.decided_at = StageState.SKIPPED, draft.now
    draft.record("skip_stage", {"stage": stage.code}, reason=reason)
    draft.meet("rung_stay")
    _worked(draft)
    advance(draft)


def reopen_stage(draft: Draft, fields: Fields) -> None:
    """Take a rejected, done or skipped stage up again: it is decided anew, and what follows waits for it."""
    states = (StageState.REJECTED,) if not fields.get("stage") else (StageState.REJECTED, *FINISHED)
    stage, _, _ = _my_stage(draft, fields, *states)
    reason = fields.text("reason", "say why it is taken up again")
    draft.record("reopen_stage", {"stage": stage.code}, reason=reason)
    stage.state = StageState.WAITING
    draft.meet("rung_stay")
    advance(draft)
