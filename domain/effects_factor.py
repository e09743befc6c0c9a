"""What is done with a factor request's stages: opening, approving, granting in part, returning, rejecting, skipping."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal

from domain.approvals import Verdict, decides, in_turn, side_by_side
from domain.case import Approval, ApprovalStep, Audience
from domain.clocks import ClockState
from domain.draft import Draft
from domain.effects_approval import (
    GRANTED,
    REFUSED,
    asked_of,
    close,
    decide,
    open_steps,
    return_step,
)
from domain.effects_waiting import end_suspension
from domain.factor import FINISHED, Factor, Grant, Stage, StageState, check_grant, document_taken, settle
from domain.fields import Fields
from domain.lifecycle import ApprovalKind, Party, Status
from domain.policy import FactorStage, Label, Role
from domain.quantity import check_bounds, convert, measure_of, read_amount, show
from domain.refusals import Refused, need, wrong

LONGEST_DOCUMENT = 120


def factor_of(draft: Draft) -> Factor:
    """The request behind the case."""
    if draft.case.factor is None:
        raise Refused("no_factor", "{code} is not a factor request.", {"code": draft.case.code})
    return draft.case.factor


def today(draft: Draft) -> date:
    """The office's day."""
    return draft.time.local(draft.now).date()


# -- the chain ---------------------------------------------------------------------------------------------------------


def begin(draft: Draft) -> None:
    """A request was registered: its first stage opens, the day it is needed by counts, lead and supporters are told."""
    case, factor = draft.case, factor_of(draft)
    case.original_due = draft.time.closing(factor.needed_by)
    draft.start("sign_for", draft.policy.limits.sign_for, owner=case.lead)
    await_need(draft)
    draft.owe(
        "case_update", draft.officers(case.lead or ""), due=case.original_due,
        what=Label("新的要素保障申请,由贵单位牵头", "A new factor request: your unit leads"), note=asked_for(draft),
    )  # fmt: skip
    for unit in case.supporters:
        draft.owe(
            "case_update", draft.officers(unit, copy=True), due=case.original_due,
            what=Label("新的要素保障申请,请配合", "A new factor request: your unit supports it"), note=asked_for(draft),
        )  # fmt: skip
    draft.tell_reporters(Label("要素保障申请已登记", "Your factor request was registered"))
    advance(draft)


def asked_for(draft: Draft) -> str:
    """The request in a line: what, how much, until when."""
    factor = factor_of(draft)
    return f"{factor.item}: {show(factor.requested)} {factor.unit}, {factor.needed_by.isoformat()}"


def stage_rule(draft: Draft, stage: Stage) -> FactorStage:
    """The policy's rule of a stage; for one that the present policy no longer has, the unit's head decides without a limit."""
    kind = draft.policy.factor_types.get(factor_of(draft).type)
    rule = kind.stage(stage.code) if kind is not None else None
    return rule or FactorStage(stage.code, Label(stage.code, stage.code), None, "none")


def advance(draft: Draft) -> None:
    """Let exactly those stages be open that the chain's rule says, each with its decision and clock; close a chain that is done."""
    factor = factor_of(draft)
    opened, closed = settle(factor.stages)
    for stage in closed:
        _withdraw_stage(draft, stage)
    for stage in opened:
        _open_stage(draft, stage)
    await_need(draft)
    if factor.ended and factor.figures(today(draft)).gap == 0:
        draft.case.outcome = "resolved"
        draft.meet("rung_stay")
        close(draft)
    draft.follow_due()


def _open_stage(draft: Draft, stage: Stage) -> None:
    factor, rule = factor_of(draft), stage_rule(draft, stage)
    stage.opened_at, stage.decided_at, stage.document = draft.now, None, ""
    limit = rule.limit_for(factor.attributes)
    if limit is not None:
        draft.start("factor_stage", limit, owner=stage.unit, subject=stage.code)
    if rule.mode == "in_turn":
        steps, needs = in_turn(rule.approvers, stage.unit)
    else:
        steps, needs = side_by_side(rule.approvers, stage.unit, rule.needed)
    figures = factor.figures(today(draft))
    facts: dict[str, object] = {
        "stage": f"{rule.label.zh} / {rule.label.en}", "item": factor.item, "requested": f"{show(factor.requested)} {factor.unit}",
        "granted": f"{show(figures.granted)} {factor.unit}", "gap": f"{show(figures.gap)} {factor.unit}",
        "needed_by": factor.needed_by.isoformat(),
    }  # fmt: skip
    approval = Approval(
        ApprovalKind.STAGE, None, draft.now, facts, steps, draft.case.lead, subject=stage.code, needs=needs
    )
    draft.case.approvals.append(approval)
    draft.record("stage_opened", {"stage": stage.code, "unit": stage.unit})
    open_steps(draft, approval)


def restart_stage(draft: Draft, code: str) -> None:
    """Let an open stage's clock count from now."""
    stage = factor_of(draft).stage(code)
    limit = stage_rule(draft, stage).limit_for(factor_of(draft).attributes) if stage is not None else None
    if stage is None or limit is None or stage not in factor_of(draft).at_work:
        return
    draft.start("factor_stage", limit, owner=stage.unit, subject=code)
    draft.record("stage_taken_over", {"stage": code})
    draft.follow_due()


def _withdraw_stage(draft: Draft, stage: Stage) -> None:
    approval = draft.case.open_approval(ApprovalKind.STAGE, stage.code)
    if approval is not None:
        draft.close_approval(approval, "lapsed")
    _end_stage_clock(draft, stage, ClockState.SUPERSEDED)
    draft.record("stage_closed", {"stage": stage.code})


def _end_stage_clock(draft: Draft, stage: Stage, state: ClockState) -> None:
    clock = draft.case.open_clock("factor_stage", stage.code)
    if clock is not None:
        draft.end_clock(clock, state)


def await_need(draft: Draft) -> None:
    """The day it is needed by counts while something is missing, and stands still while all open stages wait for a supplement."""
    case, factor = draft.case, factor_of(draft)
    clock = case.open_clock("needed_by")
    if factor.figures(today(draft)).gap == 0:
        draft.meet("needed_by")
        return
    if clock is None and case.status is Status.IN_PROGRESS:
        clock = draft.start(
            "needed_by", due=draft.time.closing(factor.deferred_until or factor.needed_by), owner=case.lead
        )
    waits = bool(factor.at_work) and all(stage.state is StageState.RETURNED for stage in factor.at_work)
    if clock is not None and case.status is Status.IN_PROGRESS:
        (draft.pause_clock(clock, "returned") if waits else draft.resume_clock(clock))


# -- who decides, and on which stage -----------------------------------------------------------------------------------


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
    granted = _read_grant(draft, fields, stage) if fields.get("quantity") else None
    if last:
        _check_end(draft, stage, granted)
    if _agree(draft, approval, step, GRANTED, fields.get("text")) is Verdict.GRANTED:
        if granted is not None:
            _book(draft, granted)
        stage.state, stage.decided_at, stage.document = StageState.DONE, draft.now, document[:LONGEST_DOCUMENT]
        _end_stage_clock(draft, stage, ClockState.MET)
        draft.record(
            "pass_stage",
            {"stage": stage.code, "unit": stage.unit, "document": document or None},
            text=fields.get("text"),
        )
        draft.meet("rung_stay")
        _worked(draft)
        _tell(draft, Label("办结环节", "Stage approved"), stage)
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
    made = _read_grant(draft, fields, stage)
    _worked(draft)
    _book(draft, made)
    _tell(draft, Label("部分批准", "Granted in part"), stage)
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


def follow_returns(draft: Draft) -> None:
    """A stage is returned while one of its steps waits for a supplement; in a closed request none is open."""
    factor = factor_of(draft)
    for stage in factor.at_work:
        if draft.case.status is Status.CLOSED:
            stage.state = StageState.WAITING
            continue
        approval = draft.case.open_approval(ApprovalKind.STAGE, stage.code)
        waits = approval is not None and any(step.state == "returned" for step in approval.steps)
        stage.state = StageState.RETURNED if waits else StageState.OPEN
    await_need(draft)
    draft.follow_due()


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
    _end_stage_clock(draft, stage, ClockState.MET)
    facts = {"stage": stage.code, "unit": stage.unit, "document": document or None}
    draft.record("reject_stage", facts, reason=reason, basis=basis)
    _tell(draft, Label("环节未通过", "Stage rejected"), stage, reason)
    draft.climb(f"rejected:{stage.code}:{draft.case.seq}", Label("环节未通过", "A stage was rejected"))
    advance(draft)


def skip_stage(draft: Draft, fields: Fields) -> None:
    """A stage that this request does not need, e.g. the public notice of a subsidy in the chain of a loan."""
    stage, approval, _ = _my_stage(draft, fields, StageState.OPEN, StageState.RETURNED, StageState.REJECTED)
    reason = fields.text("reason", "say why it is not needed")
    _check_end(draft, stage, None)
    if approval is not None:
        draft.close_approval(approval, "lapsed")
    _end_stage_clock(draft, stage, ClockState.SUPERSEDED)
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


# -- grants ------------------------------------------------------------------------------------------------------------


def _read_grant(draft: Draft, fields: Fields, stage: Stage) -> Grant:
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


def _book(draft: Draft, made: Grant) -> None:
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
        f"批复已过期,缺口重新出现:{made.document}", f"A grant has expired, the gap is open again: {made.document}"
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


def _tell(draft: Draft, what: Label, stage: Stage, note: str = "") -> None:
    rule = stage_rule(draft, stage).label
    said = Label(f"{what.zh}:{rule.zh}", f"{what.en}: {rule.en}")
    draft.tell_lead(said, note)
    draft.tell_reporters(said)
