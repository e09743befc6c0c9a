"""Whether an action may happen now: the table, the actor's capacity and the facts of the case; and what to do instead."""

from __future__ import annotations

from collections.abc import Callable

from domain.case import Actor
from domain.draft import Draft
from domain.effects_approval import approve, refuse
from domain.effects_clock import escalate, lapse, no_response
from domain.effects_desk import (
    amend,
    decline,
    dispatch,
    merge,
    reassign,
    record_follow_up,
    reopen,
    rule,
    settle_on_spot,
)
from domain.effects_enterprise import appeal, check_disputable, confirm, dispute, supplement, withdraw
from domain.effects_meeting import call_consultation, conclude, instruct
from domain.effects_unit import (
    answer,
    ask_extension,
    ask_suspension,
    contact,
    deliver,
    fulfil,
    reply,
    report,
    send_back,
    sign_for,
)
from domain.effects_waiting import resume, review, track, untrack
from domain.fields import Fields
from domain.lifecycle import ACTIONS, DESK_PARTIES, PROXY_STEPS, Action, Party, Status, from_status
from domain.policy import Label
from domain.refusals import Allowed, Refused

Effect = Callable[[Draft, Fields], None]

EFFECTS: dict[str, Effect] = {
    "dispatch": dispatch, "settle_on_spot": settle_on_spot, "decline": decline, "merge": merge, "amend": amend,
    "instruct": instruct, "fulfil": fulfil, "sign_for": sign_for, "contact": contact, "send_back": send_back, "rule": rule,
    "reassign": reassign, "answer": answer, "report": report, "supplement": supplement, "ask_extension": ask_extension,
    "ask_suspension": ask_suspension, "review": review, "resume": resume, "no_response": no_response,
    "call_consultation": call_consultation, "conclude": conclude, "track": track, "untrack": untrack, "reply": reply,
    "record_follow_up": record_follow_up, "confirm": confirm, "dispute": dispute, "lapse": lapse, "appeal": appeal,
    "escalate": escalate, "withdraw": withdraw, "deliver": deliver, "reopen": reopen, "approve": approve, "refuse": refuse,
}  # fmt: skip
"""What each row of the table does."""

CLOCK_OF = {
    "sign_for": "sign_for", "send_back": "return_window", "contact": "contact", "answer": "answer", "rule": "ruling",
    "conclude": "consultation", "reply": "close", "ask_extension": "close", "report": "interim", "dispatch": "triage",
    "record_follow_up": "follow_up", "confirm": "follow_up", "review": "suspension_review", "deliver": "promised",
}  # fmt: skip


def may(action: Action, actor: Actor) -> bool:
    """Whether the actor's capacity is among the row's. The desk's head may do what a clerk may, a clerk what an enterprise may."""
    if actor.party in action.by:
        return True
    return actor.party in DESK_PARTIES and action.name in PROXY_STEPS and bool(actor.spoken_for)


def check(draft: Draft, name: str) -> Action:
    """The row of an action that may happen now; raises Refused with what is allowed instead."""
    action = ACTIONS.get(name)
    if action is None:
        raise Refused("unknown_action", "There is no action {action}.", {"action": name}, allowed(draft))
    facts: dict[str, object] = {"action": name, "status": draft.case.status.value, "code": draft.case.code}
    if draft.case.status not in action.sources:
        raise Refused("not_from_here", "{code} is {status}: {action} is not possible now.", facts, allowed(draft))
    if not may(action, draft.actor):
        if draft.actor.party in DESK_PARTIES and name in PROXY_STEPS:
            raise Refused("speaker_missing", "Say who spoke for the enterprise, and through which channel.", facts)
        facts["party"] = draft.actor.party.value
        raise Refused("not_by_you", "{action} is not for {party}.", facts, allowed(draft))
    refusal = standing(draft, name)
    if refusal is not None:
        raise Refused(refusal.code, refusal.text, refusal.facts, allowed(draft))
    return action


def standing(draft: Draft, name: str) -> Refused | None:
    """What the facts of the case say against an action, before any field is read."""
    case, actor = draft.case, draft.actor
    if actor.party is Party.LEAD and actor.unit is not None and actor.unit != case.lead:
        return Refused("not_lead", "Unit {unit} does not lead this case any more.", {"unit": actor.unit})
    if actor.party is Party.SUPPORTER and actor.unit not in case.supporters:
        return Refused("not_supporter", "Unit {unit} does not support this case any more.", {"unit": actor.unit})
    if name == "sign_for" and case.open_clock("sign_for") is None:
        return Refused("signed_for", "The case is signed for already.")
    if name == "send_back":
        window = case.open_clock("return_window")
        late = window is None or (window.due is not None and draft.now > window.due)
        if late or f"returned:{case.lead}" in case.marks or f"ruled:{case.lead}" in case.marks:
            return Refused("window_over", "The right to send the case back has ended; ask the desk to reassign.")
    if name == "reply" and any(a.state == "open" and a.kind.value == "sign_off" for a in case.approvals):
        return Refused("approval_open", "A reply already waits for its sign-off.")
    if name == "fulfil" and not any(c.kind == "duty" and c.open and c.owner_unit == actor.unit for c in case.clocks):
        return Refused("no_duty", "Unit {unit} has no open duty here.", {"unit": actor.unit})
    if name in ("approve", "refuse") and not any(a.current is not None for a in case.approvals if a.state == "open"):
        return Refused("nothing_to_decide", "There is nothing left to decide: it was decided, or it lapsed.")
    if name == "deliver" and case.open_clock("promised") is None:
        return Refused(
            "nothing_promised", "Only a case closed with a promised date can be delivered, before that date."
        )
    if name == "dispute" and case.status is Status.CLOSED:
        try:
            check_disputable(case, draft.now, draft.policy.limits.dispute_window, draft.time)
        except Refused as refusal:
            return refusal
    if (
        name in ("dispute", "confirm", "record_follow_up")
        and case.open_approval() is not None
        and case.status is Status.REPLIED
    ):
        return Refused("with_deputy", "The deputy chief decides on this case now.")
    return None


def allowed(draft: Draft) -> tuple[Allowed, ...]:
    """What may be done with the case now, by whom, and until when."""
    found = []
    for action in from_status(draft.case.status):
        parties = sorted(p.value for p in action.by if p not in (Party.CLOCK, Party.RULE))
        if not parties or (action.name in ("approve", "refuse") and draft.case.open_approval() is None):
            continue
        clock = draft.case.open_clock(CLOCK_OF.get(action.name, ""))
        if action.name in ("sign_for", "send_back") and clock is None:
            continue
        until = None
        if clock is not None and clock.due is not None:
            until = f"{draft.time.local(clock.due):%Y-%m-%d %H:%M}"
        found.append(Allowed(action.name, tuple(parties), until))
    return tuple(found)


def offered(draft: Draft) -> tuple[Action, ...]:
    """The rows that the draft's actor may take now: the buttons of a page."""
    rows = []
    for action in from_status(draft.case.status):
        if may(action, draft.actor) and standing(draft, action.name) is None:
            rows.append(action)
    return tuple(rows)


def perform(draft: Draft, name: str, fields: Fields) -> None:
    """Check an action and let it work on the draft; raises Refused and then nothing of the draft may be kept."""
    check(draft, name)
    EFFECTS[name](draft, fields)
    if draft.actor.spoken_for and draft.actor.party in DESK_PARTIES:
        draft.tell_reporters(Label("推进办已代为记录您的意见", "The desk recorded this on your behalf"))
