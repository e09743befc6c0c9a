"""Approvals: opened by an action, decided by a named person, and what a grant or a refusal then does."""

from __future__ import annotations

from datetime import date, timedelta

from domain.approvals import Verdict, clock_kind, clock_of, clock_subject, in_turn, to_open, verdict
from domain.case import REPORTERS, Approval, ApprovalStep, Audience, Case
from domain.clocks import ClockState
from domain.draft import Draft
from domain.fields import Fields
from domain.lifecycle import ApprovalKind, Party, Status
from domain.policy import Label, Role, SuspensionReason
from domain.refusals import Refused

GRANTED = "granted"
REFUSED = "refused"
RETURNED = "returned"

_HIGHER = (Role.UNIT_HEAD, Role.DESK_HEAD, Role.DEPUTY_CHIEF, Role.CHIEF)


def open_approval(draft: Draft, kind: ApprovalKind, roles: tuple[Role, ...], facts: dict[str, object]) -> Approval:
    """Ask for a decision by `roles`, one after the other. One of a kind may be open at a time."""
    case = draft.case
    if case.open_approval(kind) is not None:
        raise Refused("approval_open", "A decision on this ({kind}) is already being waited for.", {"kind": kind.value})
    unit = case.lead
    steps, needs = in_turn(roles, unit)
    approval = Approval(kind, draft.actor.account, draft.now, facts, steps, unit, needs=needs)
    case.approvals.append(approval)
    open_steps(draft, approval)
    closing = case.open_clock("close")
    if kind is ApprovalKind.EXTENSION and closing is not None:
        draft.plan(closing)
    return approval


def open_steps(draft: Draft, approval: Approval) -> None:
    """Ask whoever is to be asked now, each with a clock; the steps of a stage share the stage's own."""
    steps = to_open(approval)
    for step in steps:
        step.state, approval.changed = "open", True
    for step in steps:
        if approval.kind is not ApprovalKind.STAGE:
            limit = draft.policy.limits.approval_step
            draft.start(clock_kind(approval), limit, owner=step.unit, subject=clock_subject(approval, step))
        ask(draft, approval, step)


def ask(draft: Draft, approval: Approval, step: ApprovalStep) -> None:
    """Ask the approver of an open step."""
    clock = clock_of(draft.case, approval, step)
    draft.owe(
        "approval_asked", approver_of(approval, step), kind=approval.kind, facts=approval.facts,
        asked_by=approval.unit, decide_by=clock.due if clock is not None else None,
    )  # fmt: skip


def approver_of(approval: Approval, step: ApprovalStep) -> Audience:
    """For whom the decision on a step is."""
    return Audience(step.role, step.unit, step=step.seq, approval=approval.kind, subject=approval.subject)


def asked_of(draft: Draft, *, stage: bool = False) -> tuple[Approval, ApprovalStep]:
    """The open step that the actor may decide (`stage`: of a stage); Refused when there is none, or it is their own request.

    A link names its step. Only a register, which asserts what was decided, decides without naming one.
    """
    actor = draft.actor
    for approval in draft.case.approvals:
        if approval.state != "open" or (approval.kind is ApprovalKind.STAGE) is not stage:
            continue
        for step in approval.steps:
            if step.state != "open":
                continue
            if (actor.step is None and not actor.asserted) or actor.step not in (None, step.id):
                continue
            check_approver(draft, approval)
            return approval, step
    raise Refused("nothing_to_decide", "There is nothing left to decide: it was decided, or it lapsed.")


def check_approver(draft: Draft, approval: Approval) -> None:
    """Nobody decides what they asked for, or twice where several have to agree. Raises Refused."""
    actor = draft.actor
    if approval.asked_by is not None and approval.asked_by in (actor.account, actor.principal):
        raise Refused("self_approval", "Nobody decides what they asked for themselves.")
    if actor.account is not None and any(step.decided_by == actor.account for step in approval.steps):
        raise Refused("decided_once", "You have decided on this already; the other decision is somebody else's.")


def decide(draft: Draft, approval: Approval, step: ApprovalStep, state: str, reason: str) -> Verdict:
    """Record a step's decision and end its clock; what the approval has come to. Who is next is asked."""
    step.state, step.decided_at, step.reason = state, draft.now, reason
    step.decided_by, approval.changed = draft.actor.account, True
    if draft.actor.account:
        draft.case.handled_by |= {draft.actor.account}
    clock = clock_of(draft.case, approval, step)
    if clock is not None and approval.kind is not ApprovalKind.STAGE:
        draft.end_clock(clock, ClockState.MET if draft.actor.party is not Party.CLOCK else ClockState.EXPIRED)
    facts: dict[str, object] = {"kind": approval.kind.value, "step": step.seq, "role": step.role.value}
    if approval.subject:
        facts["subject"] = approval.subject
    draft.record("approve" if state == GRANTED else "refuse", facts, reason=reason)
    found = verdict(approval)
    if found is Verdict.OPEN:
        open_steps(draft, approval)
    return found


def approve(draft: Draft, fields: Fields) -> None:
    """Grant the open step; the last grant does what was asked."""
    approval, step = asked_of(draft)
    closing = draft.case.open_clock("close")
    if approval.kind is ApprovalKind.EXTENSION and closing and closing.due and draft.now > closing.due:
        raise Refused("too_late", "The closing day has passed; an extension cannot be granted any more.")
    if decide(draft, approval, step, GRANTED, fields.get("text")) is not Verdict.GRANTED:
        return
    draft.close_approval(approval, GRANTED)
    draft.tell_asker(approval, GRANTED, fields.get("text"))
    _GRANTS[approval.kind](draft, approval)


def refuse(draft: Draft, fields: Fields) -> None:
    """Refuse the open step, and with it the approval, unless enough others may still agree."""
    approval, step = asked_of(draft)
    reason = fields.text("reason", "say why it is refused")
    refuse_approval(draft, approval, step, reason)


def refuse_approval(draft: Draft, approval: Approval, step: ApprovalStep, reason: str) -> None:
    """End an approval as refused; a repeated dispute then closes as reasonable explanation, final."""
    if decide(draft, approval, step, REFUSED, reason) is not Verdict.REFUSED:
        return
    draft.close_approval(approval, REFUSED)
    draft.tell_asker(approval, REFUSED, reason)
    if approval.kind is ApprovalKind.DISPUTE:
        draft.case.outcome = "reasonable_explanation"
        close(draft)


def pass_up(draft: Draft, approval: Approval, step: ApprovalStep) -> None:
    """Hand an undecided sign-off or dispute to the next higher role (LIFECYCLE.md, Rules)."""
    higher = _HIGHER[min(_HIGHER.index(step.role) + 1, len(_HIGHER) - 1)] if step.role in _HIGHER else Role.CHIEF
    running = clock_of(draft.case, approval, step)
    step.state = "passed_up"
    following = ApprovalStep(max(s.seq for s in approval.steps) + 1, higher, None, group=step.group)
    approval.steps.append(following)
    draft.record("approval_passed_up", {"kind": approval.kind.value, "from": step.role.value, "to": higher.value})
    if running is not None:
        draft.end_clock(running, ClockState.SUPERSEDED)
    open_steps(draft, approval)


# -- what a grant does -------------------------------------------------------------------------------------------------


def _extend(draft: Draft, approval: Approval) -> None:
    case = draft.case
    close_clock = case.open_clock("close")
    if close_clock is None:
        return
    due = draft.time.closing(date.fromisoformat(str(approval.facts["date"])))
    draft.extend(close_clock, due, str(approval.facts.get("reason", "")))
    case.extensions += 1
    case.due, case.estimated = due, close_clock.estimated
    draft.hold_stay()
    draft.tell_reporters(Label("办理时限经批准延长", "More time was approved"))


def _suspend(draft: Draft, approval: Approval) -> None:
    case = draft.case
    cause = draft.policy.suspension_reasons[str(approval.facts["cause"])]
    until = date.fromisoformat(str(approval.facts["date"]))
    case.suspended_for = cause.code
    draft.enter(Status.SUSPENDED)
    # While the clock stands still nobody can say when the case will be due.
    case.due = None
    draft.record("suspended", {"cause": cause.code, "until": until.isoformat()})
    draft.start("suspension_review", draft.policy.limits.suspension_review)
    if cause.for_enterprise:
        # The enterprise has until the cap; the date that the lead named is only what it expects.
        last = draft.time.local(draft.now).date() + timedelta(days=max(1, days_left(case, cause)))
        draft.start("awaiting_enterprise", due=draft.time.closing(last))
        draft.owe("enterprise_update", REPORTERS, what=Label("需要贵单位补充材料", "We need more papers from you"))
    else:
        draft.start("resume", due=draft.time.closing(until))
        draft.tell_reporters(Label("事项暂时挂起", "Your report is suspended for the time being"))


def days_left(case: Case, cause: SuspensionReason) -> int:
    """Calendar days that the case may still be suspended for a reason: days taken before count against its cap."""
    taken = (mark.rsplit(":", 1)[1] for mark in case.marks if mark.startswith(f"suspended:{cause.code}:"))
    return cause.max_days - sum(int(days) for days in taken)


def _track(draft: Draft, approval: Approval) -> None:
    case = draft.case
    case.marks |= {f"class_before_tracking:{case.cycle}.{case.seq}:{case.case_class}"}
    case.case_class = "tracking"
    draft.enter(Status.TRACKING)
    case.due = None
    draft.start("interim", due=draft.time.closing(date.fromisoformat(str(approval.facts["date"]))), owner=case.lead)
    draft.start("tracking_end", draft.policy.limits.tracking_end)
    draft.record("tracking_began", {"date": str(approval.facts["date"])})
    draft.tell_lead(Label("转为长期跟踪", "Moved to tracking"))
    draft.tell_reporters(Label("转为长期跟踪件，将定期报告进展", "Moved to tracking: you will get regular reports"))


def class_before_tracking(draft: Draft) -> str:
    """The class that a tracked case had; the policy's default one when nothing is known of it."""
    mark = max((m for m in draft.case.marks if m.startswith("class_before_tracking:")), key=_when_tracked, default="")
    known = mark.rsplit(":", 1)[-1]
    return known if known in draft.policy.classes else draft.policy.triage.default_class


def _when_tracked(mark: str) -> tuple[int, int]:
    cycle, seq = mark.split(":")[1].split(".")
    return int(cycle), int(seq)


def _reply(draft: Draft, approval: Approval) -> None:
    case = draft.case
    case.outcome = str(approval.facts["outcome"])
    promised = approval.facts.get("date")
    case.promised_on = date.fromisoformat(str(promised)) if promised else None
    for kind in ("close", "rung_stay", "tracking_end"):
        draft.meet(kind)
    replied(draft)


def replied(draft: Draft) -> None:
    """Enter `replied`: the enterprise is asked, and a clerk who did not handle the case owes a follow-up."""
    draft.enter(Status.REPLIED)
    draft.case.attempts = 0
    draft.case.rating_result = draft.case.rating_attitude = None
    clock = draft.start("follow_up", draft.policy.limits.follow_up)
    draft.record("replied", {"outcome": draft.case.outcome})
    draft.owe("reply_to_confirm", REPORTERS, outcome=draft.case.outcome)
    draft.owe("follow_up_due", Audience(Role.CLERK, fresh=True), due=clock.due)


def _deliver(draft: Draft, approval: Approval) -> None:
    case = draft.case
    draft.meet("promised")
    case.cycle += 1
    case.round = 1
    case.redos = case.extensions = 0
    case.outcome, case.promised_on, case.closed_at = "resolved", None, None
    replied(draft)


def _grant_dispute(draft: Draft, approval: Approval) -> None:
    redo(draft, str(approval.facts.get("why", "")))


_GRANTS = {
    ApprovalKind.EXTENSION: _extend,
    ApprovalKind.SUSPENSION: _suspend,
    ApprovalKind.TRACKING: _track,
    ApprovalKind.SIGN_OFF: _reply,
    ApprovalKind.DELIVERY: _deliver,
    ApprovalKind.DISPUTE: _grant_dispute,
}


# -- redo and close, shared by the enterprise's and the desk's words ---------------------------------------------------


def redo(draft: Draft, why: str) -> None:
    """Back to work: round + 1 and one rung up; the lead has the redo limit anew, a case without lead goes to the desk."""
    case = draft.case
    case.round += 1
    case.redos += 1
    case.outcome = case.closed_at = case.promised_on = None
    if case.case_class == "tracking":
        # It was replied to while it was tracked; tracking is reached by `track` alone.
        case.case_class = class_before_tracking(draft)
    draft.enter(Status.IN_PROGRESS if case.lead else Status.NEW)
    draft.record("redo", {"round": case.round}, why=why)
    cause = f"redo:{case.cycle}.{case.round}", Label("企业不满意重办", "Not solved, done again")
    if case.lead:
        clock = draft.start("close", draft.policy.limits.redo, owner=case.lead)
        case.due, case.estimated = clock.due, clock.estimated
        if not draft.climb(*cause):
            draft.enter_rung()
        draft.owe("redo_started", draft.officers(case.lead), once="redo", due=clock.due)
        draft.owe("redo_started", Audience(Role.UNIT_HEAD, case.lead), once="redo", due=clock.due)
    else:
        draft.start("triage", draft.policy.limits.triage)
        draft.climb(*cause)
        draft.owe(
            "triage_needed",
            Audience(Role.CLERK),
            why=Label("企业对不予受理有异议", "The enterprise disputes the refusal"),
        )
    draft.tell_reporters(Label("已退回重办", "Taken up again"))


def close(draft: Draft) -> None:
    """Close with the outcome already set; those concerned are told."""
    case = draft.case
    draft.enter(Status.CLOSED)
    case.closed_at = draft.now
    draft.record("closed", {"outcome": case.outcome, "round": case.round})
    if case.outcome == "promised" and case.promised_on is not None:
        draft.start("promised", due=draft.time.closing(case.promised_on), owner=case.lead)
    draft.owe("case_closed", REPORTERS, outcome=case.outcome)
    if case.lead:
        draft.owe("case_closed", draft.officers(case.lead), outcome=case.outcome)
