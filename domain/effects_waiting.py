"""What happens to a case that waits: a suspension's review and end, tracking and its end."""

from __future__ import annotations

from domain.draft import Draft
from domain.effects_approval import open_approval
from domain.fields import Fields, class_of, future_day
from domain.lifecycle import ApprovalKind, Status
from domain.policy import Label, Role
from domain.refusals import wrong


def review(draft: Draft, fields: Fields) -> None:
    """The suspension stands; the next review starts."""
    text = fields.text("text", "say why the suspension stands")
    draft.meet("suspension_review")
    draft.start("suspension_review", draft.policy.limits.suspension_review)
    draft.record("review", {}, text=text)


def resume(draft: Draft, fields: Fields) -> None:
    """End the suspension; what was waited does not count."""
    reason = fields.get("reason")
    for kind in ("suspension_review", "resume", "awaiting_enterprise"):
        draft.meet(kind)
    end_suspension(draft)
    draft.record("resume", {}, reason=reason)
    draft.tell_lead(Label("恢复办理", "Work resumes"), reason)
    draft.tell_reporters(Label("已恢复办理", "Work has resumed"))


def end_suspension(draft: Draft) -> None:
    """Back to work after a suspension, with the days that it took remembered against the reason's cap."""
    case = draft.case
    count_suspension(draft)
    draft.enter(Status.IN_PROGRESS)
    if case.factor is not None:
        draft.follow_due()
        return
    closing = case.open_clock("close")
    if closing is not None:
        case.due, case.estimated = closing.due, closing.estimated
    if case.open_clock("rung_stay") is None:
        # The case climbed while it was suspended: its stay on that rung begins with the work.
        draft.enter_rung()
    draft.hold_stay()


def count_suspension(draft: Draft) -> None:
    """Remember the calendar days of the suspension that ends now against its reason's cap."""
    case = draft.case
    begun = [c.started for c in case.clocks if c.kind in ("awaiting_enterprise", "resume")]
    days = (draft.time.local(draft.now).date() - draft.time.local(max(begun)).date()).days if begun else 0
    number = sum(1 for m in case.marks if m.startswith("suspended:"))
    case.marks |= {f"suspended:{case.suspended_for}:{number}:{days}"}
    case.suspended_for = None


def track(draft: Draft, fields: Fields) -> None:
    """Ask the deputy chief to move the case to tracking."""
    reason = fields.text("reason", "say why it cannot be closed soon")
    day = future_day(draft, fields, "date", "name the day of the next report")
    open_approval(draft, ApprovalKind.TRACKING, (Role.DEPUTY_CHIEF,), {"date": day.isoformat(), "reason": reason})
    draft.record("track", {"date": day.isoformat()}, reason=reason)


def untrack(draft: Draft, fields: Fields) -> None:
    """Back to work with a class and a closing date."""
    draft.case.case_class = class_of(draft, fields)
    draft.meet("tracking_end")
    draft.enter(Status.IN_PROGRESS)
    draft.supersede("interim")
    if draft.case_class.interim:
        draft.start("interim", draft.case_class.interim, owner=draft.case.lead)
    draft.record("untrack", {"class": draft.case.case_class})
    restart_close(draft)
    draft.tell_lead(Label("结束长期跟踪，恢复限时办理", "Tracking has ended; the case has a closing date again"))


def restart_close(draft: Draft) -> None:
    """Start the closing clock of a case that has none, by its class."""
    limit = draft.case_class.close
    if limit is None:
        raise wrong("case_class", "has no closing limit")
    clock = draft.start("close", limit, owner=draft.case.lead)
    draft.case.due, draft.case.estimated = clock.due, clock.estimated
    draft.case.original_due = draft.case.original_due or clock.due
    draft.enter_rung()
