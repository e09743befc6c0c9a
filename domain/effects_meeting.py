"""What meetings and leaders decide: a consultation, its move, its conclusion or its end before it was held, and an instruction."""

from __future__ import annotations

from datetime import date, datetime

from domain.clocks import CLOCKS
from domain.draft import Draft
from domain.effects_duty import add_duty, duties_of
from domain.effects_unit import take_lead
from domain.fields import Fields, future_day, unit_of, units_of
from domain.lifecycle import Status
from domain.meetings import Meeting, call, convened, last_meeting, move, start_of
from domain.policy import Label
from domain.refusals import need, wrong


def instruct(draft: Draft, fields: Fields) -> None:
    """A leader's instruction, with a duty for a unit where one is named."""
    text = fields.text("text", "write the instruction")
    unit = unit_of(draft, fields, "unit") if fields.get("unit") else None
    if unit is not None:
        if draft.case.status not in CLOCKS["duty"].runs_in:
            raise wrong("unit", f"cannot have a duty while the case is {draft.case.status.value}")
        clock = add_duty(draft, unit, text, future_day(draft, fields, "date", "name the day by which the duty is due"))
        what = Label("新的交办任务", "A new duty")
        draft.owe("case_update", draft.officers(unit), what=what, note=text, due=clock.due, duty=unit)
    draft.record("instruct", {"unit": unit}, text=text)
    draft.tell_lead(Label("领导批示", "A leader's instruction"), text)


def call_consultation(draft: Draft, fields: Fields) -> None:
    """Call the units together on a day; the conclusion is owed after it by the policy's limit."""
    case = draft.case
    participants = units_of(draft, fields, "participants")
    if not participants:
        raise need("participants", "name the units that take part")
    day = future_day(draft, fields, "date", "name the day of the meeting")
    at = fields.time_of_day("time")
    start = start_of(day, at, draft.time)
    place, agenda = fields.get("place"), fields.get("text")
    case.marks -= {_from_dispute(draft)}
    if case.status is Status.DISPUTED:
        case.marks |= {_from_dispute(draft)}
    draft.meet("ruling")
    draft.enter(Status.CONSULTATION)
    draft.start("consultation", due=_concluded_by(draft, day))
    before = last_meeting(case)
    invited = tuple(dict.fromkeys(u for u in (case.lead, *case.supporters, *participants) if u))
    meeting = Meeting(1 + (before.number if before is not None else 0), start, invited, place)
    call(case, meeting)
    draft.record(
        "call_consultation",
        {
            "participants": list(participants), "date": day.isoformat(), "time": f"{at:%H:%M}" if at else None,
            "place": place or None,
        },
        text=agenda,
    )  # fmt: skip
    for unit in invited:
        # Who answers for two of the units is invited once.
        draft.owe("called_to_consultation", draft.officers(unit), once="meeting", meeting=meeting, agenda=agenda)
    draft.tell_reporters(
        Label(f"定于{day.year}年{day.month}月{day.day}日会商", f"A consultation takes place on {day.isoformat()}")
    )


def _concluded_by(draft: Draft, day: date) -> datetime:
    return draft.time.due(draft.time.closing(day), draft.policy.limits.consultation).at


def move_consultation(draft: Draft, fields: Fields) -> None:
    """Move the consultation to another moment or place: its conclusion is owed after the new day, the old date stays on record.

    A time or place that is left out stays as it was.
    """
    case, meeting = draft.case, last_meeting(draft.case)
    if meeting is None:
        raise wrong("date", "cannot be given: no consultation is called")
    reason = fields.text("reason", "say why it is moved")
    day = fields.day("date")
    if day is None:
        raise need("date", "name the new day of the meeting")
    before = draft.time.local(meeting.start)
    start = start_of(day, fields.time_of_day("time") or before.time(), draft.time)
    place = fields.get("place") or meeting.place
    if start <= draft.now:
        raise wrong("date", f"{day.isoformat()} {draft.time.local(start):%H:%M} has passed; name a moment to come")
    if (start, place) == (meeting.start, meeting.place):
        raise wrong("date", "is when and where it takes place already; name another day, time or place")
    moved = move(case, meeting, start, place)
    clock = case.open_clock("consultation")
    if clock is not None:
        draft.extend(clock, _concluded_by(draft, day), "moved")
    draft.record(
        "move_consultation",
        {
            "date": day.isoformat(), "time": f"{draft.time.local(start):%H:%M}", "place": place or None,
            "was": f"{before:%Y-%m-%d %H:%M}",
        },
        reason=reason,
    )  # fmt: skip
    for unit in moved.units:
        draft.owe(
            "consultation_moved", draft.officers(unit), once="meeting", meeting=moved, before=meeting, reason=reason
        )
    if draft.time.local(start).date() != before.date():
        draft.tell_reporters(
            Label(f"会商改期至{day.year}年{day.month}月{day.day}日", f"The consultation is moved to {day.isoformat()}")
        )


def call_off(draft: Draft) -> None:
    """The case has left its consultation: one that was not held yet is cancelled in the calendars of those invited."""
    meeting = last_meeting(draft.case)
    if meeting is None or meeting.start <= draft.now:
        return
    for unit in meeting.units:
        draft.owe("consultation_cancelled", draft.officers(unit), once="cancelled", meeting=meeting)
    if draft.case.status is not Status.CLOSED:
        draft.tell_reporters(Label("原定的会商不再召开", "The consultation that was planned does not take place"))


def _from_dispute(draft: Draft) -> str:
    return f"from_disputed:{draft.case.cycle}.{draft.case.round}"


def conclude(draft: Draft, fields: Fields) -> None:
    """Conclude the consultation with minutes and duties, or with no agreement, which climbs one rung."""
    case = draft.case
    minutes = fields.text("minutes", "write the minutes")
    mark = _from_dispute(draft)
    lead = unit_of(draft, fields, "lead") if fields.get("lead") else None
    if mark in case.marks and lead is None:
        raise need("lead", "name the lead: the case came to the consultation from a dispute")
    duties = duties_of(draft, fields)
    no_agreement = fields.flag("no_agreement")
    if not duties and not no_agreement and lead is None:
        raise need("duties", "give the units their duties, name a lead, or say that there was no agreement")
    meeting = last_meeting(case)
    present = meeting.units if meeting is not None else ()
    early = meeting.start if meeting is not None and meeting.start > draft.now else None
    draft.meet("consultation")
    draft.record(
        "conclude",
        {"lead": lead, "no_agreement": no_agreement, "duties": [list(d[:2]) for d in duties]},
        minutes=minutes,
    )
    if lead is not None and lead != case.lead:
        take_lead(draft, lead, window=False)
    else:
        draft.enter(Status.IN_PROGRESS)
    case.marks -= {mark}
    convened(case)
    given = [(add_duty(draft, unit, what, day), what) for unit, what, day in duties]
    for unit in dict.fromkeys((*present, case.lead, *case.supporters, *(c.owner_unit for c, _ in given))):
        if unit is None:
            continue
        own = [(what, clock.due) for clock, what in given if clock.owner_unit == unit]
        draft.owe(
            "consultation_concluded", draft.officers(unit), minutes=minutes, agreed=not no_agreement, duties=own,
            duty=unit if own else None, planned=early,
        )  # fmt: skip
    if early is not None:
        draft.tell_reporters(
            Label("会商已提前召开，原定时间不再召开", "The consultation was held and concluded before the day planned")
        )
    if no_agreement:
        draft.climb(
            f"no_agreement:{case.cycle}.{case.round}.{case.seq}",
            Label("会商未达成一致", "No agreement in consultation"),
        )
