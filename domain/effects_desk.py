"""What the desk does: dispatch, settle, decline, merge, amend, rule, reassign, follow up, reopen."""

from __future__ import annotations

from domain.case import Audience
from domain.clocks import CLOCKS, ClockState, Happening, Moment, due_at_pause
from domain.draft import Draft
from domain.effects_approval import class_before_tracking, close, replied
from domain.effects_enterprise import disputed_result
from domain.effects_unit import handled, missing_target, right_rung, take_lead
from domain.effects_waiting import restart_close
from domain.fields import Fields, class_of, rating_of, unit_of, units_of
from domain.lifecycle import Party, Status
from domain.policy import Label, Limit, Role
from domain.refusals import Refused, need, wrong


def dispatch(draft: Draft, fields: Fields) -> None:
    """Name lead, supporters and class: the lead's clocks and one for each supporter start."""
    case = draft.case
    lead = unit_of(draft, fields, "lead")
    supporters = tuple(u for u in units_of(draft, fields, "supporters") or () if u != lead)
    case_class = class_of(draft, fields)
    severity = fields.number("severity", 1, 3)
    rung = fields.number("rung", 1, 7)
    case.case_class = case_class
    case.severity = severity or case.severity
    case.lead, case.supporters = lead, supporters
    # A case that climbed before it was dispatched again keeps what it climbed.
    case.rung = max(case.rung, rung or right_rung(draft, lead))
    draft.meet("triage")
    draft.enter(Status.IN_PROGRESS)
    draft.record(
        "dispatch",
        {
            "lead": lead,
            "supporters": list(supporters),
            "class": case_class,
            "severity": case.severity,
            "rung": case.rung,
        },
    )
    start_work(draft)


def start_work(draft: Draft) -> None:
    """Start every clock of a dispatched case and tell lead, supporters and reporters."""
    case, limits, kind = draft.case, draft.policy.limits, draft.case_class
    if kind.close is None:
        raise wrong("case_class", "has no closing limit")
    sign = draft.start("sign_for", limits.sign_for, owner=case.lead)
    first = draft.start("contact", draft.first_contact(), owner=case.lead)
    draft.start("return_window", limits.return_window, owner=case.lead)
    closing = draft.start("close", kind.close, owner=case.lead)
    if kind.plan:
        draft.start("plan", kind.plan, owner=case.lead)
    if kind.interim:
        draft.start("interim", kind.interim, owner=case.lead)
    case.due, case.estimated = closing.due, closing.estimated
    case.original_due = case.original_due or closing.due
    draft.enter_rung()
    draft.owe_city_report()
    draft.owe("assigned_lead", draft.officers(case.lead or ""), sign_for_due=sign.due, first_contact_due=first.due)
    for unit in case.supporters:
        start_support(draft, unit)
    for role in draft.policy.severities[case.severity].copies:
        draft.owe(
            "case_update",
            Audience(role, copy=True),
            what=Label("紧急事项已分办", "A critical case was dispatched"),
            note="",
        )
    if case.cycle == 1:
        draft.owe("case_opened", Audience(reporters=True), first_contact_due=first.due)


def start_support(draft: Draft, unit: str) -> None:
    """A supporter owes an answer to the lead."""
    clock = draft.start("answer", draft.policy.limits.answer, owner=unit, subject=unit)
    draft.owe("assigned_supporter", draft.officers(unit), answer_due=clock.due, unit=unit)


def settle_on_spot(draft: Draft, fields: Fields) -> None:
    """Settle a new case at once; no sign-off, and somebody else follows up."""
    draft.case.outcome = fields.choice("outcome", ("resolved", "partial", "explained"))
    text = fields.text("text", "say how it was settled")
    handled(draft)
    draft.meet("triage")
    draft.record("settle_on_spot", {"outcome": draft.case.outcome}, text=text)
    replied(draft)


def decline(draft: Draft, fields: Fields) -> None:
    """Do not accept the case; the enterprise may dispute that."""
    reason = fields.text("reason", "say why it is not accepted")
    draft.meet("triage")
    draft.case.outcome = "declined"
    draft.record("decline", {}, reason=reason)
    close(draft)


def merge(draft: Draft, fields: Fields) -> None:
    """Merge into an open case that is not merged itself; the reporters of both are told."""
    case = draft.case
    code = fields.get("target").upper()
    target = draft.place.target(code) if code else None
    # Whoever holds the one would learn of the other.
    if target is None or target.restricted is not case.restricted:
        raise missing_target(code)
    if target.id == case.id:
        raise wrong("target", "names the case itself")
    case.outcome = "merged"
    draft.merge_into = code
    draft.record("merge", {"target": code}, reason=fields.get("reason"))
    close(draft)


def amend(draft: Draft, fields: Fields) -> None:
    """Correct class, severity, category, supporters or project; the clocks concerned are recalculated."""
    case = draft.case
    reason = fields.text("reason", "say why")
    changed: dict[str, object] = {}
    supporters = units_of(draft, fields, "supporters")
    if fields.get("case_class"):
        if draft.actor.party is not Party.DESK_HEAD:
            raise Refused("class_by_head", "The class is changed by the desk's head.")
        if case.status is Status.TRACKING:
            raise wrong("case_class", "of a tracked case is named when its tracking ends")
        changed["class"] = class_of(draft, fields)
    if severity := fields.number("severity", 1, 3):
        changed["severity"] = severity
    if fields.get("category"):
        changed["category"] = fields.choice("category", tuple(draft.policy.categories))
    if fields.get("project"):
        project = draft.place.project(fields.get("project").upper())
        if project is None:
            raise wrong("project", f"{fields.get('project')!r} is not on the list of projects")
        changed["project"] = project.id
    if supporters is not None:
        if case.status in (Status.NEW, Status.REPLIED):
            raise wrong("supporters", f"cannot be changed while the case is {case.status.value}")
        changed["supporters"] = [u for u in supporters if u != case.lead]
    if not changed:
        raise need("case_class", "change at least one of class, severity, category, supporters or project")
    _apply_amendment(draft, changed)
    draft.record("amend", changed, reason=reason)
    draft.tell_lead(Label("事项信息已更正", "The case was amended"), reason)


def _apply_amendment(draft: Draft, changed: dict[str, object]) -> None:
    case = draft.case
    case.severity = int(str(changed.get("severity", case.severity)))
    case.category = str(changed["category"]) if "category" in changed else case.category
    project = draft.place.project(str(changed["project"])) if "project" in changed else None
    if project is not None:
        case.project, case.area = project.id, project.area
    if "class" in changed:
        case.case_class = str(changed["class"])
        _recalculate(draft, "close", draft.case_class.close)
        closing = case.open_clock("close")
        if closing is not None and case.status is not Status.SUSPENDED:
            case.due, case.estimated = closing.due, closing.estimated
        draft.hold_stay()
        for kind, limit in (("plan", draft.case_class.plan), ("interim", draft.case_class.interim)):
            if limit is None:
                draft.supersede(kind)
            elif case.open_clock(kind) is not None:
                _recalculate(draft, kind, limit)
            elif case.status in CLOCKS["plan"].runs_in:
                draft.start(kind, limit, owner=case.lead)
    contact = case.open_clock("contact")
    if {"class", "severity"} & changed.keys() and contact is not None:
        _recalculate(draft, "contact", draft.first_contact(contact.started))
    if "supporters" in changed:
        wanted = tuple(str(u) for u in changed["supporters"])  # type: ignore[attr-defined]  # built above as a list
        for unit in case.supporters:
            clock = case.open_clock("answer", unit)
            if unit not in wanted and clock is not None:
                draft.end_clock(clock, ClockState.SUPERSEDED)
        new = [u for u in wanted if u not in case.supporters]
        case.supporters = wanted
        for unit in new:
            start_support(draft, unit)


def _recalculate(draft: Draft, kind: str, limit: Limit | None) -> None:
    clock = draft.case.open_clock(kind)
    if clock is None or clock.limit is None or limit is None or limit == clock.limit:
        return
    # The old start and every pause stay: a change of rule never loses time already spent or waited.
    changed = Moment(draft.now, Happening.RECALCULATED, limit)
    due = due_at_pause([*draft.place.moments(clock), *clock.moments, changed], draft.place.calendar)
    clock.limit = limit
    clock.moments.append(changed)
    if due is not None:
        clock.due, clock.estimated = due.at, due.estimated
    draft.plan(clock)


def rule(draft: Draft, fields: Fields) -> None:
    """Name the unit that leads; the ruling is final for it."""
    lead = unit_of(draft, fields, "lead")
    reason = fields.text("reason", "say why this unit leads")
    draft.case.marks |= {f"ruled:{lead}"}
    draft.record("rule", {"lead": lead}, reason=reason)
    take_lead(draft, lead, window=False)


def reassign(draft: Draft, fields: Fields) -> None:
    """Name a new lead; the closing date stays unless amended."""
    case = draft.case
    lead = unit_of(draft, fields, "lead")
    if lead == case.lead:
        raise wrong("lead", "leads the case already")
    reason = fields.text("reason", "say why the case is reassigned")
    tracked = case.status is Status.TRACKING
    if tracked:
        case.case_class = class_before_tracking(draft)
        draft.meet("tracking_end")
    draft.record("reassign", {"from": case.lead, "lead": lead}, reason=reason)
    take_lead(draft, lead, window=True)
    if tracked:
        restart_close(draft)


def check_follow_up(draft: Draft) -> None:
    """A clerk or commissioner who did not handle the case follows up; the desk's head where there is none. Raises Refused.

    From the Prefect UI nobody is known by name: what the desk asserts there is taken as said by the right one.
    """
    actor, case = draft.actor, draft.case
    if actor.account is None:
        return
    if actor.party is Party.DESK_HEAD:
        if draft.place.fresh_staff(case, draft.time.local(draft.now).date()):
            raise Refused("left_to_staff", "A clerk or commissioner who did not handle the case makes the follow-up.")
    elif actor.account in case.handled_by:
        raise Refused("handled_it", "The follow-up is made by somebody who did not handle the case.")


def record_follow_up(draft: Draft, fields: Fields) -> None:
    """Record the call after the reply: answered with ratings, not solved, or not reached."""
    case = draft.case
    found = fields.choice("answer", ("answered", "not_solved", "not_reached"))
    result, attitude = rating_of(draft, fields, "result"), rating_of(draft, fields, "attitude")
    text = fields.get("text")
    if found == "not_reached":
        case.attempts += 1
        draft.meet("follow_up")
        draft.start("follow_up", draft.policy.limits.follow_up)
        draft.record("record_follow_up", {"answer": found, "attempt": case.attempts}, text=text)
        return
    if found == "answered" and (result is None or attitude is None):
        raise need("result" if result is None else "attitude", "record both ratings")
    draft.meet("follow_up")
    case.rating_result, case.rating_attitude = result, attitude
    draft.record("record_follow_up", {"answer": found, "result": result, "attitude": attitude}, text=text)
    if found == "not_solved" or (result is not None and result <= draft.policy.follow_up.dispute_at):
        disputed_result(draft, text)
    else:
        close(draft)


def reopen(draft: Draft, fields: Fields) -> None:
    """Take a closed case up again in a new cycle."""
    reopen_case(draft, fields.text("reason", "say why it is reopened"))


def reopen_case(draft: Draft, reason: str) -> None:
    """A new cycle: work goes on with the lead, or the desk dispatches."""
    case = draft.case
    case.cycle += 1
    case.round = 1
    case.redos = case.extensions = 0
    case.outcome = case.closed_at = case.promised_on = None
    case.rating_result = case.rating_attitude = None
    draft.enter(Status.IN_PROGRESS if case.lead else Status.NEW)
    draft.record("reopen", {"cycle": case.cycle}, reason=reason)
    if case.lead:
        if case.case_class == "tracking":
            case.case_class = class_before_tracking(draft)
        restart_close(draft)
        draft.owe("assigned_lead", draft.officers(case.lead))
    else:
        draft.start("triage", draft.policy.limits.triage)
        draft.owe("triage_needed", Audience(Role.CLERK), why=Label("事项重新开启", "The case was reopened"))
    draft.tell_reporters(Label("事项已重新开启", "Your report was reopened"))
