"""Open work of a unit that was merged or closed follows its successor: parts, clocks with their dates, decisions asked.

Level-triggered: whoever works on a case asks whether a unit it names is still active, and hands its work on if not. Nothing
is begun anew: due dates stay, a right to return that was used or has lapsed is not reborn.
"""

from __future__ import annotations

from collections.abc import Iterator

from domain.approvals import UNDECIDED
from domain.case import RULE_ACTOR, Place
from domain.clocks import ClockState, Happening, Moment
from domain.draft import Draft
from domain.effects_approval import ask
from domain.effects_duty import drop_moot_answers
from domain.factor import FINISHED
from domain.lifecycle import Party, Status
from domain.meetings import invite_instead, last_meeting
from domain.policy import Label

LONGEST_CHAIN = 3
"""Successors are followed at most so far, as substitutes are (LIFECYCLE.md, Rules)."""


def heir_of(place: Place, unit_id: str) -> str | None:
    """The active unit behind one that is no longer active; None if the unit is active itself, or nobody stands behind it."""
    unit = place.unit(unit_id)
    if unit is None or unit.active:
        return None
    for _ in range(LONGEST_CHAIN):
        unit = place.unit(unit.successor) if unit is not None and unit.successor else None
        if unit is not None and unit.active:
            return unit.id
    return None


def follow_successors(draft: Draft, by: str = "") -> tuple[str, ...]:
    """Hand on whatever the case asks of units that are no longer active; the units that took over. `by`: who changed them."""
    _keep_marks(draft)
    taken = []
    for old in dict.fromkeys(_named(draft)):
        new = heir_of(draft.place, old)
        if new is not None:
            _succeed(draft, old, new, by)
            taken.append(new)
    if taken:
        # A supporter that became the lead owes no answer any more, and so explains no late one.
        drop_moot_answers(draft)
    return tuple(taken)


def _keep_marks(draft: Draft) -> None:
    """Once returned, never returned again; what was ruled stays ruled: also where the unit has no part in the case now."""
    for mark in draft.case.marks:
        name, _, unit = mark.partition(":")
        heir = heir_of(draft.place, unit) if name in ("returned", "ruled") else None
        if heir is not None:
            draft.case.marks |= {f"{name}:{heir}"}


def _named(draft: Draft) -> Iterator[str]:
    """Units that `_succeed` replaces, and no others: what was decided by a unit stays its own."""
    case = draft.case
    named = [case.lead, *case.supporters, case.area]
    named += [clock.owner_unit for clock in case.clocks if clock.open]
    for approval in case.approvals:
        if approval.state == "open":
            named += [approval.unit, *(step.unit for step in approval.steps if step.state in UNDECIDED)]
    meeting = last_meeting(case)
    if case.status is Status.CONSULTATION and meeting is not None:
        named += meeting.units
    if case.factor is not None:
        named += [stage.unit for stage in case.factor.stages if stage.state not in FINISHED]
    return (unit for unit in named if unit)


def _succeed(draft: Draft, old: str, new: str, by: str) -> None:
    case, actor = draft.case, draft.actor
    draft.actor = RULE_ACTOR
    parts = _parts(draft, old)
    draft.record("succeeded", {"from": old, "to": new, "parts": [part.value for part in parts], "by": by or None})
    if case.area == old:
        case.area = new
    if case.lead == old:
        case.lead = new
    case.supporters = tuple(
        dict.fromkeys(new if u == old else u for u in case.supporters if (new if u == old else u) != case.lead)
    )
    _pass_clocks(draft, old, new)
    if case.factor is not None:
        for stage in case.factor.stages:
            if stage.unit == old and stage.state not in FINISHED:
                stage.unit = new
    _pass_decisions(draft, old, new)
    _tell(draft, parts, old, new)
    _pass_invitation(draft, old, new)
    draft.actor = actor


def _parts(draft: Draft, old: str) -> list[Party]:
    case = draft.case
    duties = any(c.kind == "duty" and c.open and c.owner_unit == old for c in case.clocks)
    has = ((Party.LEAD, case.lead == old), (Party.SUPPORTER, old in case.supporters), (Party.DUTY_UNIT, duties))
    return [part for part, holds in has if holds]


def _pass_clocks(draft: Draft, old: str, new: str) -> None:
    """The dates stay. One that the successor owes already, as lead or as supporter, is not owed twice."""
    case = draft.case
    for clock in case.clocks:
        if not clock.open or clock.owner_unit != old:
            continue
        if clock.kind == "answer":
            if new == case.lead or case.open_clock("answer", new) is not None:
                draft.end_clock(clock, ClockState.SUPERSEDED)
                continue
            clock.subject = new
        clock.owner_unit, clock.changed = new, True
        clock.moments.append(Moment(draft.now, Happening.PASSED_ON, reason=new))
    if new == case.lead:
        answer = case.open_clock("answer", new)
        if answer is not None:
            draft.end_clock(answer, ClockState.SUPERSEDED)


def _pass_decisions(draft: Draft, old: str, new: str) -> None:
    for approval in draft.case.approvals:
        if approval.state != "open":
            continue
        if approval.unit == old:
            approval.unit, approval.changed = new, True
        for step in approval.steps:
            if step.unit == old and step.state in UNDECIDED:
                step.unit, step.account, approval.changed = new, None, True
                if step.state == "open":
                    ask(draft, approval, step)


def _pass_invitation(draft: Draft, old: str, new: str) -> None:
    """The successor takes the place in the consultation; it is invited to one to come, unless it was invited itself."""
    before = last_meeting(draft.case)
    meeting = invite_instead(draft.case, old, new)
    if meeting is None or before is None or new in before.units or meeting.start <= draft.now:
        return
    draft.owe("called_to_consultation", draft.officers(new), once="meeting", meeting=meeting, agenda="")


def _tell(draft: Draft, parts: list[Party], old: str, new: str) -> None:
    case = draft.case
    if parts and not (parts == [Party.SUPPORTER] and new == case.lead):
        # In the capacity that the successor has in the case now, duties included.
        part = Party.LEAD if new == case.lead else Party.SUPPORTER if new in case.supporters else Party.DUTY_UNIT
        kinds = ("close", "promised") if Party.LEAD in parts else ("answer", "duty")
        due = min(
            (c.due for c in case.clocks if c.open and c.owner_unit == new and c.kind in kinds and c.due), default=None
        )
        draft.owe(
            "work_passed_on", draft.officers(new), part=part.value, unit=new, before=old, due=due,
            why=Label("原承办单位已合并或撤销，工作由承接单位继续办理", "The former unit was merged or closed; its successor goes on"),
        )  # fmt: skip
    if Party.LEAD in parts:
        draft.tell_reporters(
            Label("承办单位机构调整，由承接单位继续办理", "The unit in charge was reorganised; its successor goes on")
        )
