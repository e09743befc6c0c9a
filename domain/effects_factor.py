"""The chain of a factor request: which stages are open, whose decision each waits for, and what is needed until when."""

from __future__ import annotations

from datetime import date

from domain.approvals import in_turn, side_by_side
from domain.case import Approval
from domain.clocks import ClockState
from domain.draft import Draft
from domain.effects_approval import close, open_steps
from domain.factor import Factor, Stage, StageState, settle
from domain.lifecycle import ApprovalKind, Status
from domain.policy import FactorStage, Label
from domain.quantity import show
from domain.refusals import Refused


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
        what=Label("新的要素保障申请，由贵单位牵头", "A new factor request: your unit leads"), note=asked_for(draft),
    )  # fmt: skip
    for unit in case.supporters:
        draft.owe(
            "case_update", draft.officers(unit, copy=True), due=case.original_due,
            what=Label("新的要素保障申请，请配合", "A new factor request: your unit supports it"), note=asked_for(draft),
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
        "stage": stage.code, "item": factor.item, "requested": f"{show(factor.requested)} {factor.unit}",
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
    end_stage_clock(draft, stage, ClockState.SUPERSEDED)
    draft.record("stage_closed", {"stage": stage.code})


def end_stage_clock(draft: Draft, stage: Stage, state: ClockState) -> None:
    """End the clock of a stage, if it has one."""
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


def tell_of(draft: Draft, what: Label, stage: Stage, note: str = "") -> None:
    """Tell the lead and the reporters what became of a stage."""
    rule = stage_rule(draft, stage).label
    said = Label(f"{what.zh}：{rule.zh}", f"{what.en}: {rule.en}")
    draft.tell_lead(said, note)
    draft.tell_reporters(said)
