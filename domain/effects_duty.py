"""Duties of units: given by meetings and leaders, or owed as the answer to a supervision notice; and how they are met."""

from __future__ import annotations

from datetime import date

from domain.case import Audience
from domain.clocks import CLOCKS, Clock, ClockState
from domain.draft import Draft
from domain.fields import Fields, future_day, known_unit
from domain.lifecycle import Party
from domain.policy import Colour, Label, Policy, Role
from domain.refusals import Refused, wrong

ANSWERABLE = frozenset({Party.LEAD, Party.SUPPORTER})
"""Whose delays have to be answered for: a late duty starts no further one, and the desk does not answer itself."""

Duty = tuple[str, str, date]
"""A duty as a meeting gives it: unit, what, by which day."""


def duties_of(draft: Draft, fields: Fields) -> list[Duty]:
    """Duties as rows `unit; what; YYYY-MM-DD`, one a line, or as a list of mappings."""
    raw = fields.values.get("duties")
    rows: list[list[str]] = []
    if isinstance(raw, (list, tuple)):
        rows = [
            [str(r.get(k, "")) for k in ("unit", "what", "date")]
            if isinstance(r, dict)
            else str(r).replace("；", ";").split(";")
            for r in raw
        ]
    elif raw:
        rows = [line.replace("；", ";").split(";") for line in str(raw).splitlines() if line.strip()]
    found: list[Duty] = []
    for row in rows:
        if len(row) != 3 or not row[1].strip():
            raise wrong("duties", "takes lines of unit; what; YYYY-MM-DD")
        given = Fields({"date": row[2].strip()})
        found.append(
            (
                known_unit(draft, "duties", row[0].strip()),
                row[1].strip(),
                future_day(draft, given, "date", "name the day"),
            )
        )
    return found


def add_duty(draft: Draft, unit: str, what: str, day: date) -> Clock:
    """Give a unit a dated duty on the case; whoever gives it tells the unit."""
    return draft.start("duty", owner=unit, subject=_next(draft, unit), due=draft.time.closing(day), note=what)


def _next(draft: Draft, unit: str) -> str:
    number = 1 + max((int(c.subject.rpartition("#")[2]) for c in draft.case.clocks if c.kind == "duty"), default=0)
    return f"{unit}#{number}"


# -- the answer to a notice ------------------------------------------------------------------------------------------------


def answered_clock(duty: Clock) -> int | None:
    """The late clock that a duty is to answer for; None for a duty that somebody gave.

    A duty that is given has a date, an answer a limit: no text that anybody types makes the one into the other.
    """
    if duty.kind != "duty" or duty.limit is None:
        return None
    return int(duty.note.split(" ")[2])


def answered_colour(duty: Clock) -> Colour | None:
    """The colour of the notice that a duty answers; None for a duty that somebody gave."""
    return None if answered_clock(duty) is None else Colour(duty.note.split(" ")[0])


def duty_label(duty: Clock, policy: Policy) -> Label:
    """What a duty asks for, in words."""
    if answered_clock(duty) is None:
        return Label(duty.note, duty.note)
    colour, kind, _ = duty.note.split(" ")
    notice, late = policy.notices[Colour(colour)].label, CLOCKS[kind].label
    return Label(f"答复{notice.zh}（{late.zh}）", f"Answer the {notice.en.lower()} ({late.en.lower()})")


def owe_answer(draft: Draft, late: Clock, colour: Colour, owner: str) -> Clock | None:
    """The unit to which a notice is issued owes an answer within the policy's limit; None where nobody does.

    A unit answers for its own delay only, and once for each: a red notice's answer takes the place of the yellow one's.
    """
    within = draft.policy_of(late).notices[colour].answer_within
    unit = late.owner_unit
    if within is None or unit is None or owner != unit or late.id is None:
        return None
    if late.row.owner not in ANSWERABLE or draft.case.status not in CLOCKS["duty"].runs_in:
        return None
    for duty in draft.case.clocks:
        if duty.open and duty.owner_unit == unit and answered_clock(duty) == late.id:
            draft.end_clock(duty, ClockState.SUPERSEDED)
    note = f"{colour.value} {late.kind} {late.id}"
    return draft.start("duty", within, owner=unit, subject=_next(draft, unit), note=note)


def drop_moot_answers(draft: Draft) -> None:
    """An answer explains a delay: when what was late is done, ended or another unit's, there is nothing left to explain."""
    answers = [(duty, late) for duty in draft.case.clocks if (late := answered_clock(duty)) is not None and duty.open]
    if not answers:
        return
    owners = {clock.id: clock.owner_unit for clock in draft.case.clocks if clock.open}
    for duty, late in answers:
        if owners.get(late) != duty.owner_unit:
            draft.end_clock(duty, ClockState.SUPERSEDED)


# -- meeting it ------------------------------------------------------------------------------------------------------------


def duties_owed(draft: Draft) -> list[Clock]:
    """The open duties of the actor's unit."""
    unit = draft.actor.unit
    return [c for c in draft.case.clocks if c.kind == "duty" and c.open and unit is not None and c.owner_unit == unit]


def check_own_duty(draft: Draft) -> None:
    """The actor's unit has a duty to report. Raises Refused."""
    if not duties_owed(draft):
        raise Refused("no_duty", "Unit {unit} has no open duty here.", {"unit": draft.actor.unit})


def fulfil(draft: Draft, fields: Fields) -> None:
    """The unit named in a duty reports it done, or answers a notice; who gave it or issued that is told.

    `duty` names the one that is meant (its subject). Without it all that the unit was given is done, or else all that it has
    to answer: an explanation never passes for the work itself.
    """
    text = fields.text("text", "say what was done")
    mine = duties_owed(draft)
    named = fields.get("duty")
    if named:
        done = [c for c in mine if c.subject == named]
        if not done:
            raise wrong("duty", f"{named!r} is no open duty of yours")
    else:
        done = [c for c in mine if answered_clock(c) is None] or mine
    for clock in done:
        draft.end_clock(clock, ClockState.MET)
    if draft.actor.account:
        draft.case.handled_by |= {draft.actor.account}
    given = [c.note for c in done if answered_clock(c) is None]
    answers = [" ".join(c.note.split(" ")[:2]) for c in done if answered_clock(c) is not None]
    draft.record("fulfil", {"unit": draft.actor.unit, "duties": given or None, "answers": answers or None}, text=text)
    _tell(draft, done, text)


def _tell(draft: Draft, done: list[Clock], text: str) -> None:
    unit = draft.place.unit(draft.actor.unit or "")
    name = unit.label if unit is not None else Label("", "")
    colours = {c.note.split(" ")[0] for c in done if answered_clock(c) is not None}
    if any(answered_clock(c) is None for c in done):
        what = Label(f"{name.zh}报告任务已完成", f"{name.en} reports a duty done")
        draft.owe("case_update", Audience(Role.DESK_HEAD), what=what, note=text)
        if draft.case.lead and draft.case.lead != draft.actor.unit:
            draft.tell_lead(what, text)
    if colours:
        what = Label(f"{name.zh}已答复督办单", f"{name.en} has answered a notice")
        draft.owe("case_update", Audience(Role.DESK_HEAD), once="answered", what=what, note=text)
        if Colour.RED.value in colours:
            # The deputy chief had the red notice too.
            draft.owe("case_update", Audience(Role.DEPUTY_CHIEF), once="answered", what=what, note=text)
