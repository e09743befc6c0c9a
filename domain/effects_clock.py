"""What the clocks do by themselves: colours with their numbered notices, climbs, and expiries."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from domain.approvals import clock_of, step_of
from domain.case import Audience, Case, NoticeDue
from domain.clocks import Clock, ClockState, Expiry, Happening, Moment
from domain.draft import Draft
from domain.effects_approval import approver_of, close, pass_up, refuse_approval, replied
from domain.effects_desk import reopen_case
from domain.effects_duty import answered_clock, drop_moot_answers, owe_answer
from domain.effects_grant import block_unanswered, expire_grant
from domain.effects_unit import fallback_leads
from domain.effects_waiting import count_suspension, end_suspension
from domain.fields import Fields
from domain.ladder import EXPIRE, REMINDERS, due_steps, overdue_days
from domain.lifecycle import ApprovalKind, Party, Status
from domain.policy import Colour, Label, Role
from domain.refusals import Refused

OVERDUE = Label("逾期", "Overdue")


def tick(draft: Draft, clock: Clock) -> list[str]:
    """Take every step of a clock that is due; returns the steps taken, in order.

    A clock that the same sweep has ended meanwhile takes none.
    """
    taken: list[str] = []
    if not clock.open:
        return taken
    take, skipped = due_steps(clock, draft.now, draft.policy_of(clock), draft.time, draft.setting(clock))
    clock.changed = True
    for name in skipped:
        clock.done |= {name}
        clock.moments.append(Moment(draft.now, Happening.SKIPPED, step=name))
    for name in take:
        if name in clock.done:
            continue
        clock.done |= {name}
        clock.moments.append(Moment(draft.now, Happening.STEP, step=name))
        taken.append(name)
        if name == EXPIRE:
            _expire(draft, clock)
        elif name in REMINDERS:
            draft.record("reminded", {"clock": clock.kind})
            draft.tell_reporters(Label("请尽快补充材料", "We are still waiting for your papers"))
        else:
            _issue(draft, clock, Colour(name))
    if clock.open:
        draft.plan(clock)
    drop_moot_answers(draft)
    return taken


def in_turn(case: Case, clock_ids: Sequence[int]) -> Sequence[int]:
    """Clocks that act at the same time: an answer after what it is for, whose next notice may take its place."""
    if len(clock_ids) < 2:
        return clock_ids
    answers = {clock.id for clock in case.clocks if answered_clock(clock) is not None}
    return sorted(clock_ids, key=answers.__contains__)


def issue(draft: Draft, colour: Colour, kind: str = "close") -> None:
    """Issue a colour of a clock by hand, e.g. what an older register says was issued."""
    clock = draft.case.open_clock(kind)
    if clock is None or colour.value in clock.done:
        raise Refused(
            "no_notice", "There is no open {kind} clock that owes a {colour} notice.", {"kind": kind, "colour": colour}
        )
    issue_on(draft, clock, colour)


def issue_on(draft: Draft, clock: Clock, colour: Colour) -> None:
    """Issue a colour of this clock by hand; it climbs no rung."""
    clock.done |= {colour.value}
    clock.changed = True
    clock.moments.append(Moment(draft.now, Happening.STEP, step=colour.value))
    _issue(draft, clock, colour, climbs=False)
    draft.plan(clock)


def _issue(draft: Draft, clock: Clock, colour: Colour, *, climbs: bool = True) -> None:
    rule = draft.policy_of(clock).notices[colour]
    owner = owner_of(draft, clock)
    answer = owe_answer(draft, clock, colour, owner)
    answer_by = answer.due if answer is not None else None
    late = overdue_days(clock.due, draft.now, draft.time)
    draft.notices.append(NoticeDue(clock, colour, recipients(draft, clock, colour), owner, answer_by, late))
    draft.record("notice", {"colour": colour.value, "clock": clock.kind, "subject": clock.subject, "overdue": late})
    if climbs and rule.climbs and colour in clock.row.climbs:
        _climb_overdue(draft, clock)


def _climb_overdue(draft: Draft, clock: Clock) -> None:
    # The clock itself is the cause: an interim report that is late again is another one.
    draft.climb(f"overdue:{clock.kind}:{clock.subject}:{clock.cycle}.{clock.round}:{clock.id}", OVERDUE)


def owner_of(draft: Draft, clock: Clock) -> str:
    """Who is late: a unit id, or the role that owes the clock."""
    if clock.kind == "close" and clock.due is not None and clock.due < draft.now:
        return _late_with_closing(draft, clock)
    match clock.row.owner:
        case Party.LEAD | Party.SUPPORTER | Party.DUTY_UNIT:
            return clock.owner_unit or draft.policy.desk_unit
        case Party.APPROVER:
            return clock.owner_unit or Party.APPROVER.value
        case _:
            return draft.policy.desk_unit


def _late_with_closing(draft: Draft, clock: Clock) -> str:
    """To whom an overdue closing day belongs (LIFECYCLE.md, Rules): approver, desk, supporter overdue longest, lead."""
    case = draft.case
    beyond = [
        (running.started, running.id or sys.maxsize, running.owner_unit or Party.APPROVER.value)
        for approval in case.approvals
        if (step := approval.current) is not None and step.state != "returned"
        and (running := clock_of(case, approval, step)) is not None and running.due is not None
        and (running.due < draft.now or any(s.state == "passed_up" for s in approval.steps))
    ]  # fmt: skip
    if beyond:
        # Of several it is whose who has been asked longest, in whatever order the database gives them.
        return min(beyond)[-1]
    if case.status in (Status.DISPUTED, Status.CONSULTATION):
        return draft.policy.desk_unit
    answers = [(c.due, c.owner_unit) for c in case.clocks if c.kind == "answer" and c.open and c.due is not None]
    late = sorted((due, unit) for due, unit in answers if due < draft.now and unit is not None)
    return late[0][1] if late else clock.owner_unit or draft.policy.desk_unit


def recipients(draft: Draft, clock: Clock, colour: Colour) -> tuple[Audience, ...]:
    """To whom a colour of a clock goes: the policy's roles, read for the clock's owner."""
    rule = draft.policy_of(clock).notices[colour]
    owner = clock.row.owner
    # A circular goes to those whom the policy names, whoever is late.
    by_hand = colour is Colour.CIRCULAR
    if owner in (Party.CLERK, Party.DESK_HEAD) and not by_hand:
        first = Role.CLERK if owner is Party.CLERK else Role.DESK_HEAD
        to = [Audience(first)]
        if colour is Colour.RED:
            to.append(Audience(Role.DESK_HEAD))
        return tuple(dict.fromkeys(to))
    if owner is Party.APPROVER and not by_hand:
        asked = step_of(draft.case, clock)
        found = [approver_of(*asked)] if asked is not None else []
        return (*found, *([Audience(Role.DESK_HEAD, copy=True)] if colour is Colour.RED else []))
    unit = clock.owner_unit or draft.case.lead
    to = []
    if clock.kind == "factor_stage" and not by_hand:
        # Whoever is asked to decide gets the link to it; the unit's people get theirs beside it.
        to += [
            approver_of(a, s)
            for a in draft.case.approvals
            if a.subject == clock.subject
            for s in a.steps
            if s.state == "open"
        ]
    return (*to, *_named_by_rule(rule.to, rule.copies, unit))


@lru_cache(maxsize=1_000)
def _named_by_rule(to: tuple[Role, ...], copies: tuple[Role, ...], unit: str | None) -> tuple[Audience, ...]:
    return tuple(
        Audience(role, unit if role in (Role.LIAISON, Role.UNIT_HEAD, Role.AREA_OFFICER) else None, copy=copy)
        for roles, copy in ((to, False), (copies, True))
        for role in roles
    )


def _expire(draft: Draft, clock: Clock) -> None:
    case = draft.case
    match clock.row.expiry:
        case Expiry.LAPSE:
            draft.end_clock(clock, ClockState.EXPIRED)
            draft.record("right_lapsed", {"clock": clock.kind})
        case Expiry.COUNT_AS_RECEIVED:
            draft.record("counts_as_received", {"unit": clock.owner_unit})
        case Expiry.FALLBACK_LEADS:
            draft.end_clock(clock, ClockState.EXPIRED)
            fallback_leads(draft, Label("逾期未裁定", "No ruling in time"), "no_ruling")
        case Expiry.LEAVE_RUNG:
            _leave_rung(draft, clock)
        case Expiry.CLIMB if answered_clock(clock) is None:
            _climb_overdue(draft, clock)
        case Expiry.CLIMB:
            # The delay that went unexplained climbs by its own red notice: one cause, one climb.
            draft.record("unanswered", {"unit": clock.owner_unit, "notice": clock.note.split(" ")[0]})
        case Expiry.AGAIN:
            draft.end_clock(clock, ClockState.EXPIRED)
            draft.owe_city_report()
        case Expiry.NO_RESPONSE:
            draft.end_clock(clock, ClockState.EXPIRED)
            draft.meet("suspension_review")
            if case.factor is not None:
                block_unanswered(draft)
            else:
                no_response(draft, Fields({}))
        case Expiry.RESUME:
            draft.end_clock(clock, ClockState.EXPIRED)
            draft.meet("suspension_review")
            end_suspension(draft)
            draft.record("resume", {"at": "resume_date"})
            draft.tell_lead(Label("挂起期满，恢复办理", "The suspension is over, work resumes"))
            draft.tell_reporters(Label("已恢复办理", "Work has resumed"))
        case Expiry.FOLLOW_UP:
            if case.attempts >= draft.policy.follow_up.attempts:
                draft.end_clock(clock, ClockState.EXPIRED)
                lapse(draft, Fields({}))
        case Expiry.APPROVAL:
            _approval_limit(draft, clock)
        case Expiry.GAP:
            draft.end_clock(clock, ClockState.EXPIRED)
            expire_grant(draft, clock.subject)
        case Expiry.REOPEN:
            draft.end_clock(clock, ClockState.EXPIRED)
            draft.lapse_approvals("promised")
            reopen_case(draft, "promised date")
        case None:
            refuse_undecided_extension(draft)


def _leave_rung(draft: Draft, clock: Clock) -> None:
    """Climb at the end of the stay, unless the closing day has passed and its red notice, the same cause, is still to come."""
    draft.end_clock(clock, ClockState.EXPIRED)
    closing = draft.case.open_clock("close")
    if (
        closing is not None
        and closing.due is not None
        and closing.due <= draft.now
        and Colour.RED.value not in closing.done
    ):
        return
    draft.record("stay_over", {"rung": draft.case.rung})
    draft.climb(
        f"stay:{draft.case.cycle}.{draft.case.round}:{draft.case.rung}",
        Label("层级停留期满", "Its time on the rung is over"),
    )


def _approval_limit(draft: Draft, clock: Clock) -> None:
    """Undecided at its limit (LIFECYCLE.md, Rules): suspension and tracking are refused; sign-off and dispute go up."""
    asked = step_of(draft.case, clock)
    if asked is None:
        return
    approval, step = asked
    match approval.kind:
        case ApprovalKind.SUSPENSION | ApprovalKind.TRACKING:
            refuse_approval(draft, approval, step, "not decided in time")
        case ApprovalKind.SIGN_OFF | ApprovalKind.DISPUTE | ApprovalKind.DELIVERY:
            if step.role is not Role.CHIEF:
                pass_up(draft, approval, step)
        case ApprovalKind.EXTENSION | ApprovalKind.STAGE:
            return


def refuse_undecided_extension(draft: Draft) -> bool:
    """An extension still undecided when the closing day has come is refused; whether there was one."""
    approval = draft.case.open_approval(ApprovalKind.EXTENSION)
    step = approval.current if approval is not None else None
    closing = draft.case.open_clock("close")
    if approval is None or step is None or closing is None or closing.due is None or closing.due > draft.now:
        return False
    refuse_approval(draft, approval, step, "not decided before the closing day")
    return True


def no_response(draft: Draft, fields: Fields) -> None:
    """The enterprise did not answer while the case was suspended for it: replied as no_response, without sign-off."""
    draft.case.outcome = "no_response"
    count_suspension(draft)
    draft.record("no_response", {})
    replied(draft)


def lapse(draft: Draft, fields: Fields) -> None:
    """Close unrated after the policy's number of recorded attempts; the outcome stays."""
    draft.record("lapse", {"attempts": draft.case.attempts})
    close(draft)


def check_escalation(draft: Draft) -> None:
    """A unit's head asks for the next rung once per rung. Raises Refused."""
    if draft.actor.party is Party.UNIT_HEAD and f"head:{draft.case.cycle}:{draft.case.rung}" in draft.case.marks:
        raise Refused("escalated", "The unit's head has asked for the next rung from this one already.")


def escalate(draft: Draft, fields: Fields) -> None:
    """A unit's head, once per rung, or the clock asks for the next rung."""
    if draft.actor.party is Party.CLOCK and fields.get("node"):
        _for_node(draft, fields)
        return
    reason = fields.text("reason", "say why a higher level should take it up")
    case = draft.case
    if draft.actor.party is Party.UNIT_HEAD:
        case.marks |= {f"head:{case.cycle}:{case.rung}"}
    draft.record("escalate", {"rung": case.rung, "by": draft.actor.party.value}, reason=reason)
    draft.climb(f"head:{case.cycle}:{case.rung}", Label("单位负责人提请提级", "The unit's head asked for it"))


def node_cause(project: str, node: str, plan_cycle: int | str) -> str:
    """The cause of a climb for a key node: a node that was planned anew is another one."""
    return f"node:{project}:{node}:{plan_cycle}"


def _for_node(draft: Draft, fields: Fields) -> None:
    """A key node that the case holds up is at risk (DOMAIN.md 1.8): one climb for each plan of the node. Raises Refused."""
    project, node, plan = fields.text("project"), fields.text("node"), fields.text("plan")
    cause = node_cause(project, node, fields.text("plan_cycle"))
    if f"climb:{cause}" in draft.case.marks:
        raise Refused("climbed_for_node", "The case has climbed for {node} already.", {"node": node})
    day = date.fromisoformat(plan)
    name = Label(fields.text("node_zh"), fields.text("node_en"))
    draft.record("node_at_risk", {"project": project, "node": node, "plan": plan, "zh": name.zh, "en": name.en})
    draft.climb(
        cause,
        Label(
            f"关键节点“{name.zh}”（计划{day.year}年{day.month}月{day.day}日）存在风险",
            f"Key node at risk: {name.en}, planned for {day.day} {day:%b %Y}",
        ),
    )
