"""What the units do: sign for, contact, send back, answer, report, ask for time, reply, deliver."""

from __future__ import annotations

from datetime import datetime

from domain.case import Audience
from domain.clocks import Clock, ClockState
from domain.draft import Draft
from domain.effects_approval import days_left, open_approval
from domain.fields import Fields, future_day, unit_of
from domain.lifecycle import ApprovalKind, Party, Status
from domain.policy import Label, Limit, Role, Unit
from domain.refusals import Refused, need, wrong

REPLY_OUTCOMES = ("resolved", "partial", "promised", "explained")


def handled(draft: Draft) -> None:
    """Remember who handled the case: they may not make its follow-up."""
    if draft.actor.account:
        draft.case.handled_by |= {draft.actor.account}


def sign_for(draft: Draft, fields: Fields) -> None:
    """Sign for the case."""
    draft.meet("sign_for")
    handled(draft)
    draft.record("sign_for", {"unit": draft.case.lead})


def contact(draft: Draft, fields: Fields) -> None:
    """Record that the enterprise was contacted; the lead's contact also signs for the case."""
    how, text = fields.text("how", "say how the enterprise was contacted"), fields.text("text", "say what was said")
    draft.meet("contact")
    if draft.actor.party is Party.LEAD:
        draft.meet("sign_for")
    handled(draft)
    draft.record("contact", {"by": draft.actor.party.value, "unit": draft.actor.unit}, how=how, text=text)


def check_return(draft: Draft) -> None:
    """The right to send a case back: inside the window, once per unit, not after a ruling named it. Raises Refused."""
    case = draft.case
    window = case.open_clock("return_window")
    if f"ruled:{case.lead}" in case.marks:
        raise Refused("ruled", "A ruling named this unit; it is final.")
    if f"returned:{case.lead}" in case.marks:
        raise Refused("returned_once", "This unit has sent the case back before; it may do so once.")
    if window is None or (window.due is not None and draft.now > window.due):
        until = (
            "" if window is None or window.due is None else f" (it ended {draft.time.local(window.due):%Y-%m-%d %H:%M})"
        )
        raise Refused("window_over", "The return window is over{until}; ask the desk to reassign.", {"until": until})


def send_back(draft: Draft, fields: Fields) -> None:
    """Send the case back inside the return window; a second return goes to the fallback unit with one climb."""
    case = draft.case
    reason, basis = fields.text("reason", "say why it is not yours"), fields.text("basis", "cite the remit or law")
    suggested = unit_of(draft, fields, "suggested")
    if suggested == case.lead:
        raise wrong("suggested", "names the unit that sends the case back")
    second = any(mark.startswith("returned:") for mark in case.marks)
    case.marks |= {f"returned:{case.lead}"}
    handled(draft)
    draft.record("send_back", {"unit": case.lead, "suggested": suggested}, reason=reason, basis=basis)
    draft.meet("sign_for")
    draft.meet("return_window")
    if second:
        fallback_leads(draft, Label("两次退回", "Sent back twice"), "returned_twice")
        return
    draft.enter(Status.DISPUTED)
    clock = draft.start("ruling", draft.policy.limits.ruling)
    draft.owe(
        "ruling_needed",
        Audience(Role.DESK_HEAD),
        returned_by=case.lead,
        reason=reason,
        suggested=suggested,
        rule_by=clock.due,
    )


def fallback_leads(draft: Draft, cause: Label, mark: str) -> None:
    """The fallback unit leads, never one that sent the case back, with one climb (LIFECYCLE.md, Rules)."""
    case = draft.case
    wanted = [case.area if u == "area" else u for u in (*draft.policy.fallback_units, draft.policy.desk_unit)]
    for candidate in wanted:
        unit = draft.place.unit(candidate) if candidate else None
        if unit is not None and unit.active and f"returned:{unit.id}" not in case.marks:
            take_lead(draft, unit.id, window=False)
            draft.record("fallback_leads", {"lead": unit.id, "cause": mark})
            break
    else:
        # Every fallback unit has sent it back: the desk's head still owes a ruling.
        draft.enter(Status.DISPUTED)
        draft.start("ruling", draft.policy.limits.ruling)
    draft.climb(f"{mark}:{case.cycle}", cause)


def take_lead(draft: Draft, lead: str, *, window: bool) -> None:
    """Make a unit the lead: open clocks of the former one pass to it, it must sign for the case, its approvals lapse."""
    case = draft.case
    old = case.lead
    contacted = case.open_clock("contact") is None
    case.lead = lead
    case.supporters = tuple(unit for unit in case.supporters if unit != lead)
    draft.lapse_approvals("lead")
    draft.pass_on(old, lead)
    for clock in case.clocks:
        if clock.kind == "answer" and clock.open and clock.subject == lead:
            draft.end_clock(clock, ClockState.SUPERSEDED)
    if case.status is not Status.IN_PROGRESS:
        draft.meet("ruling")
        draft.meet("consultation")
        draft.enter(Status.IN_PROGRESS)
    draft.supersede("return_window")
    if case.rung < right_rung(draft, lead):
        # A department does not answer on the areas' rung. Downwards never: a climb is not taken back.
        case.rung = right_rung(draft, lead)
        draft.enter_rung()
    sign = draft.start("sign_for", draft.policy.limits.sign_for, owner=lead)
    if not contacted:
        draft.start("contact", draft.first_contact(), owner=lead)
    if window:
        draft.start("return_window", draft.policy.limits.return_window, owner=lead)
    draft.owe("assigned_lead", draft.officers(lead), sign_for_due=sign.due)
    if old and old != lead:
        draft.owe("case_update", draft.officers(old), what=Label("改由其他单位牵头", "Another unit leads now"), note="")
    draft.tell_reporters(Label("牵头单位已变更", "Another unit leads now"))


def right_rung(draft: Draft, lead: str) -> int:
    """The rung to which a case with that lead is dispatched: 2 for an area, 3 for a department."""
    unit = draft.place.unit(lead)
    return 2 if unit is not None and unit.kind == "area" else 3


def answer(draft: Draft, fields: Fields) -> None:
    """A supporter's answer to the lead."""
    text = fields.text("text", "write the answer for the lead unit")
    draft.meet("answer", draft.actor.unit)
    handled(draft)
    draft.record("answer", {"unit": draft.actor.unit}, text=text)
    draft.tell_lead(Label("配合单位已答复", "A supporting unit has answered"), text)


def report(draft: Draft, fields: Fields) -> None:
    """The lead's interim report, or its plan for a hard case; the next report's clock starts."""
    text = fields.text("text", "say how far the work is")
    draft.meet("plan")
    had = draft.meet("interim")
    every = draft.policy.limits.tracking_interim if draft.case.status is Status.TRACKING else draft.case_class.interim
    if every is not None and (had or draft.case.status is Status.TRACKING):
        draft.start("interim", every, owner=draft.case.lead)
    handled(draft)
    draft.record("report", {"unit": draft.case.lead}, text=text)


def check_extension(draft: Draft) -> tuple[Clock, datetime]:
    """The closing clock and its due moment, while it can still be extended: before it is due, as often as the class allows."""
    case = draft.case
    close = case.open_clock("close")
    if close is None or close.due is None:
        raise Refused("no_due", "There is no closing date to extend.")
    if draft.now > close.due:
        raise Refused(
            "after_due", "The case was due {due}; more time must be asked before that.",
            {"due": f"{draft.time.local(close.due):%Y-%m-%d %H:%M}"},
        )  # fmt: skip
    most = min(draft.case_class.max_extensions, len(draft.policy.extensions.approvers))
    if case.extensions >= most:
        raise Refused("extensions_used", "Class {case_class} allows {most} extension(s); all are used.",
                      {"case_class": draft.case_class.code, "most": most})  # fmt: skip
    return close, close.due


def ask_extension(draft: Draft, fields: Fields) -> None:
    """Ask for more time before the due moment; the unit's head signs, then the desk head (second: the deputy chief) decides."""
    case = draft.case
    close, due_now = check_extension(draft)
    day = future_day(draft, fields, "date", "name the new closing day")
    due = draft.time.closing(day)
    if due <= due_now:
        raise wrong("date", "is not after the present closing day")
    longest = draft.time.due(due_now, close.limit or draft.case_class.close or Limit(5, Unit.WORKING_DAYS))
    if due > longest.at:
        raise wrong(
            "date", f"is later than {draft.time.local(longest.at):%Y-%m-%d}: an extension is no longer than the limit"
        )
    reason, progress = fields.text("reason", "say why"), fields.text("progress", "say how far the work is")
    approver = draft.policy.extensions.approvers[case.extensions]
    open_approval(
        draft,
        ApprovalKind.EXTENSION,
        (Role.UNIT_HEAD, approver),
        {"date": day.isoformat(), "reason": reason, "progress": progress},
    )
    handled(draft)
    draft.record("ask_extension", {"date": day.isoformat(), "unit": case.lead}, reason=reason, progress=progress)


def ask_suspension(draft: Draft, fields: Fields) -> None:
    """Ask to suspend for a listed reason; the desk head decides, the deputy chief when the case is overdue."""
    case = draft.case
    cause = draft.policy.suspension_reasons[fields.choice("cause", tuple(draft.policy.suspension_reasons))]
    day = future_day(draft, fields, "date", "name the expected resume day")
    left = days_left(case, cause)
    if (day - draft.time.local(draft.now).date()).days > left:
        raise wrong("date", f"suspensions for {cause.code!r} last {cause.max_days} days in all; {left} are left")
    reason = fields.text("reason", "say what is waited for, and from whom")
    late = case.due is not None and draft.now > case.due
    role = Role.DEPUTY_CHIEF if late else Role.DESK_HEAD
    open_approval(
        draft, ApprovalKind.SUSPENSION, (role,), {"cause": cause.code, "date": day.isoformat(), "reason": reason}
    )
    handled(draft)
    draft.record("ask_suspension", {"cause": cause.code, "date": day.isoformat(), "unit": case.lead}, reason=reason)


def reply(draft: Draft, fields: Fields) -> None:
    """Reply with an outcome; the unit's head signs it off before it counts."""
    outcome = fields.choice("outcome", REPLY_OUTCOMES)
    text = fields.text("text", "write what was done")
    document = fields.text("document", "name the evidence or document number")
    facts: dict[str, object] = {"outcome": outcome, "text": text, "document": document}
    if outcome == "explained":
        facts["policy"] = fields.text("policy", "cite the policy that does not allow it")
    if outcome == "promised":
        facts["date"] = future_day(draft, fields, "date", "name the day it will be done").isoformat()
    open_approval(draft, ApprovalKind.SIGN_OFF, (Role.UNIT_HEAD,), facts)
    draft.meet("sign_for")
    handled(draft)
    draft.record(
        "reply", {"outcome": outcome, "unit": draft.case.lead, "document": document, "date": facts.get("date")},
        text=text, policy=str(facts.get("policy", "")),
    )  # fmt: skip


def deliver(draft: Draft, fields: Fields) -> None:
    """The lead delivers what it promised, before the date; the head signs."""
    text, document = (
        fields.text("text", "say what was done"),
        fields.text("document", "name the evidence or document number"),
    )
    open_approval(draft, ApprovalKind.DELIVERY, (Role.UNIT_HEAD,), {"text": text, "document": document})
    handled(draft)
    draft.record("deliver", {"unit": draft.case.lead, "document": document}, text=text)


def missing_target(code: str) -> Refused:
    """The refusal of a case code that nothing stands behind."""
    return need("target", "name an open case") if not code else wrong("target", f"{code!r} is not an open case")
