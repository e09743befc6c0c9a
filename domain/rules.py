"""Whether an action may happen now: the table, the actor's capacity and the facts of the case; and what to do instead."""

from __future__ import annotations

from collections.abc import Callable

from domain.draft import Draft
from domain.effects_approval import approve, asked_of, refuse
from domain.effects_circular import check_circular, circular
from domain.effects_city import check_city_report, report_to_city
from domain.effects_clock import check_escalation, escalate, lapse, no_response
from domain.effects_desk import (
    amend,
    check_follow_up,
    decline,
    dispatch,
    merge,
    reassign,
    record_follow_up,
    reopen,
    rule,
    settle_on_spot,
)
from domain.effects_duty import check_own_duty, drop_moot_answers, duties_owed, fulfil
from domain.effects_enterprise import (
    appeal,
    check_appeal,
    check_disputable,
    confirm,
    dispute,
    dispute_until,
    supplement,
    withdraw,
)
from domain.effects_factor import follow_returns
from domain.effects_ledger import block, check_block, defer, draw, renew, unblock
from domain.effects_meeting import call_consultation, call_off, conclude, instruct, move_consultation
from domain.effects_return import check_hand_back, check_returned, hand_back, resubmit
from domain.effects_stage import check_stage, grant, pass_stage, reject_stage, reopen_stage, return_stage, skip_stage
from domain.effects_unit import (
    answer,
    ask_extension,
    ask_suspension,
    check_extension,
    check_return,
    contact,
    deliver,
    reply,
    report,
    send_back,
    sign_for,
)
from domain.effects_waiting import resume, review, track, untrack
from domain.fields import Fields
from domain.lifecycle import ACTIONS, DESK_PARTIES, PROXY_STEPS, Action, ApprovalKind, Party, Status, from_status
from domain.policy import Label
from domain.refusals import Allowed, Refused

Effect = Callable[[Draft, Fields], None]

EFFECTS: dict[str, Effect] = {
    "dispatch": dispatch, "settle_on_spot": settle_on_spot, "decline": decline, "merge": merge, "amend": amend,
    "instruct": instruct, "circular": circular, "fulfil": fulfil, "report_to_city": report_to_city, "sign_for": sign_for, "contact": contact, "send_back": send_back, "rule": rule,
    "reassign": reassign, "answer": answer, "report": report, "supplement": supplement, "ask_extension": ask_extension,
    "ask_suspension": ask_suspension, "review": review, "resume": resume, "no_response": no_response,
    "call_consultation": call_consultation, "move_consultation": move_consultation, "conclude": conclude, "track": track, "untrack": untrack, "reply": reply,
    "record_follow_up": record_follow_up, "confirm": confirm, "dispute": dispute, "lapse": lapse, "appeal": appeal,
    "escalate": escalate, "withdraw": withdraw, "deliver": deliver, "reopen": reopen, "approve": approve, "refuse": refuse,
    "hand_back": hand_back, "resubmit": resubmit, "pass_stage": pass_stage, "grant": grant, "return_stage": return_stage,
    "reject_stage": reject_stage, "skip_stage": skip_stage, "reopen_stage": reopen_stage, "draw": draw, "renew": renew, "block": block,
    "unblock": unblock, "defer": defer,
}  # fmt: skip
"""What each row of the table does."""

CLOCK_OF = {
    "sign_for": "sign_for", "send_back": "return_window", "contact": "contact", "answer": "answer", "rule": "ruling",
    "conclude": "consultation", "move_consultation": "consultation", "reply": "close", "ask_extension": "close", "report": "interim", "dispatch": "triage",
    "record_follow_up": "follow_up", "confirm": "follow_up", "review": "suspension_review", "deliver": "promised",
    "report_to_city": "city_report", "fulfil": "duty",
}  # fmt: skip


OF_EVERY_REPORTER = frozenset({"supplement", "withdraw"})
"""What every reporter may do; the rest is the principal's."""

NOTHING_TO_DECIDE = Refused("nothing_to_decide", "There is nothing left to decide: it was decided, or it lapsed.")


_OF_A_UNIT = frozenset({Party.LEAD, Party.SUPPORTER, Party.UNIT_HEAD, Party.OBSERVER})


def may(draft: Draft, action: Action) -> bool:
    """Whether the actor's capacity is among the row's.

    The desk may record what an enterprise says, naming who spoke. Whoever acts for a unit that has a duty, in whatever
    part, is the unit named in it.
    """
    actor = draft.actor
    if actor.party in action.by:
        return True
    if Party.DUTY_UNIT in action.by and actor.party in _OF_A_UNIT:
        return bool(duties_owed(draft))
    return actor.party in DESK_PARTIES and action.name in PROXY_STEPS and bool(actor.spoken_for)


def check(draft: Draft, name: str) -> Action:
    """The row of an action that may happen now; raises Refused with what is allowed instead."""
    action = ACTIONS.get(name)
    if action is None:
        raise Refused("unknown_action", "There is no action {action}.", {"action": name}, allowed(draft))
    facts: dict[str, object] = {"action": name, "status": draft.case.status.value, "code": draft.case.code}
    if draft.case.kind not in action.kinds:
        raise Refused("not_for_kind", "{action} is not for a case such as {code}.", facts, allowed(draft))
    if draft.case.status not in action.sources:
        raise Refused("not_from_here", "{code} is {status}: {action} is not possible now.", facts, allowed(draft))
    if not may(draft, action):
        if draft.actor.party in DESK_PARTIES and name in PROXY_STEPS:
            raise Refused(
                "speaker_missing", "Say who spoke for the enterprise, and through which channel.", facts, allowed(draft)
            )
        facts["party"] = draft.actor.party.value
        raise Refused("not_by_you", "{action} is not for {party}.", facts, allowed(draft))
    refusal = standing(draft, action)
    if refusal is not None:
        raise Refused(refusal.code, refusal.text, refusal.facts, allowed(draft))
    return action


def standing(draft: Draft, action: Action) -> Refused | None:
    """What the facts say against an action, before any field is read: the actor's part in the case, then the case's own."""
    return _part(draft, action.name) or _facts(draft, action)


def _part(draft: Draft, name: str) -> Refused | None:
    case, actor = draft.case, draft.actor
    match actor.party:
        case Party.LEAD if actor.unit is not None and actor.unit != case.lead:
            return Refused("not_lead", "Unit {unit} does not lead this case any more.", {"unit": actor.unit})
        case Party.SUPPORTER if actor.unit not in case.supporters:
            return Refused("not_supporter", "Unit {unit} does not support this case any more.", {"unit": actor.unit})
        case Party.LEAD | Party.SUPPORTER | Party.UNIT_HEAD if name == "fulfil" and duties_owed(draft):
            pass
        case Party.UNIT_HEAD if actor.unit is not None and actor.unit not in (case.lead, *case.supporters):
            return Refused("no_part", "Unit {unit} has no part in this case any more.", {"unit": actor.unit})
        case Party.ENTERPRISE if actor.contact is not None:
            if actor.contact not in case.reporters:
                return Refused("not_reporter", "Only those who reported the case act on it here.")
            if actor.contact != case.reporters[0] and name not in OF_EVERY_REPORTER:
                return Refused("not_principal", "The first reporter decides on this; you may supplement or withdraw.")
        case _:
            pass
    check_actor = _ACTOR_CHECKS.get(name)
    return _refusal_of(check_actor, draft) if check_actor is not None else None


def _facts(draft: Draft, action: Action) -> Refused | None:
    case, name = draft.case, action.name
    if action.approval is not None and case.open_approval(action.approval) is not None:
        kind = action.approval.value
        return Refused("approval_open", "A decision on this ({kind}) is already being waited for.", {"kind": kind})
    if name == "sign_for" and case.open_clock("sign_for") is None:
        return Refused("signed_for", "The case is signed for already.")
    if name in ("approve", "refuse", "hand_back") and case.open_approval() is None:
        return NOTHING_TO_DECIDE
    if name == "resubmit" and not any(s.state == "returned" for a in case.approvals for s in a.steps):
        return Refused("nothing_returned", "Nothing was returned that has to be supplemented.")
    if name == "fulfil" and case.open_clock("duty") is None:
        return Refused("no_duty", "There is no open duty here.")
    if name == "deliver" and case.open_clock("promised") is None:
        return Refused(
            "nothing_promised", "Only a case closed with a promised date can be delivered, before that date."
        )
    if name in ("dispute", "confirm", "record_follow_up") and case.open_approval(ApprovalKind.DISPUTE) is not None:
        return Refused("with_deputy", "The deputy chief decides on this case now.")
    if name == "lapse" and case.attempts < draft.policy.follow_up.attempts:
        facts = {"n": case.attempts, "most": draft.policy.follow_up.attempts}
        return Refused("attempts", "Only {n} of {most} follow-up attempts are recorded.", facts)
    check_case = _CASE_CHECKS.get(name)
    return _refusal_of(check_case, draft) if check_case is not None else None


Check = Callable[[Draft], object]

_ACTOR_CHECKS: dict[str, Check] = {
    "approve": asked_of, "refuse": asked_of, "hand_back": check_hand_back, "resubmit": check_returned, "pass_stage": check_stage,
    "grant": check_stage, "reject_stage": check_stage, "fulfil": check_own_duty, "record_follow_up": check_follow_up, "escalate": check_escalation,
}  # fmt: skip
_CASE_CHECKS: dict[str, Check] = {
    "send_back": check_return, "ask_extension": check_extension, "dispute": check_disputable, "appeal": check_appeal,
    "unblock": check_block, "report_to_city": check_city_report, "circular": check_circular,
}  # fmt: skip


def _refusal_of(asked: Check, draft: Draft) -> Refused | None:
    try:
        asked(draft)
    except Refused as refusal:
        return refusal
    return None


def allowed(draft: Draft) -> tuple[Allowed, ...]:
    """What may be done with the case now, by whom, and until when; of parties that are persons."""
    found = []
    for action in from_status(draft.case.status, draft.case.kind):
        parties = tuple(sorted(p.value for p in action.by if p not in (Party.CLOCK, Party.RULE)))
        if parties and _facts(draft, action) is None:
            found.append(Allowed(action.name, parties, _until(draft, action.name)))
    return tuple(found)


def _until(draft: Draft, name: str) -> str | None:
    clock = draft.case.open_clock(CLOCK_OF.get(name, ""))
    until = clock.due if clock is not None else dispute_until(draft) if name == "dispute" else None
    # A moment that has passed would say that what is late is not allowed any more.
    return None if until is None or until < draft.now else f"{draft.time.local(until):%Y-%m-%d %H:%M}"


def offered(draft: Draft) -> tuple[Action, ...]:
    """The rows that the draft's actor may take now: the buttons of a page."""
    return tuple(
        row
        for row in from_status(draft.case.status, draft.case.kind)
        if may(draft, row) and standing(draft, row) is None
    )


def perform(draft: Draft, name: str, fields: Fields) -> None:
    """Check an action and let it work on the draft; raises Refused and then nothing of the draft may be kept."""
    check(draft, name)
    before = draft.case.status
    EFFECTS[name](draft, fields)
    if before is Status.CONSULTATION is not draft.case.status and name != "conclude":
        # One that was concluded was held, be it before its day: its minutes say so.
        call_off(draft)
    drop_moot_answers(draft)
    if draft.case.factor is not None:
        follow_returns(draft)
    if draft.actor.spoken_for and draft.actor.party in DESK_PARTIES:
        draft.tell_reporters(Label("推进办已代为记录您的意见", "The desk recorded this on your behalf"))
