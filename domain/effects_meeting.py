"""What meetings and leaders decide: a consultation and its conclusion, an instruction, and the duties they give."""

from __future__ import annotations

from datetime import date

from domain.clocks import CLOCKS
from domain.draft import Draft
from domain.effects_unit import take_lead
from domain.fields import Fields, future_day, known_unit, unit_of, units_of
from domain.lifecycle import Status
from domain.policy import Label
from domain.refusals import need, wrong


def instruct(draft: Draft, fields: Fields) -> None:
    """A leader's instruction, with a duty for a unit where one is named."""
    text = fields.text("text", "write the instruction")
    unit = unit_of(draft, fields, "unit") if fields.get("unit") else None
    if unit is not None:
        if draft.case.status not in CLOCKS["duty"].runs_in:
            raise wrong("unit", f"cannot have a duty while the case is {draft.case.status.value}")
        add_duty(draft, unit, text, future_day(draft, fields, "date", "name the day by which the duty is due"))
    draft.record("instruct", {"unit": unit}, text=text)
    draft.tell_lead(Label("领导批示", "A leader's instruction"), text)


def call_consultation(draft: Draft, fields: Fields) -> None:
    """Call the units together on a day; the conclusion is owed after it by the policy's limit."""
    case = draft.case
    participants = units_of(draft, fields, "participants")
    if not participants:
        raise need("participants", "name the units that take part")
    day = future_day(draft, fields, "date", "name the day of the meeting")
    agenda = fields.get("text")
    case.marks -= {_from_dispute(draft)}
    if case.status is Status.DISPUTED:
        case.marks |= {_from_dispute(draft)}
    draft.meet("ruling")
    draft.enter(Status.CONSULTATION)
    meeting = draft.time.closing(day)
    draft.start("consultation", due=draft.time.due(meeting, draft.policy.limits.consultation).at)
    draft.record("call_consultation", {"participants": list(participants), "date": day.isoformat()}, text=agenda)
    for unit in dict.fromkeys((*participants, *([case.lead] if case.lead else []))):
        draft.owe(
            "case_update",
            draft.officers(unit),
            what=Label("会商通知", "Called to a consultation"),
            note=agenda,
            due=draft.time.opening(day),
        )


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
        draft.tell_lead(Label("会商已形成结论", "The consultation was concluded"), minutes)
    case.marks -= {mark}
    for unit, what, day in duties:
        add_duty(draft, unit, what, day)
    if no_agreement:
        draft.climb(
            f"no_agreement:{case.cycle}.{case.round}.{case.seq}",
            Label("会商未达成一致", "No agreement in consultation"),
        )


def duties_of(draft: Draft, fields: Fields) -> list[tuple[str, str, date]]:
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
    found: list[tuple[str, str, date]] = []
    for row in rows:
        if len(row) != 3:
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


def add_duty(draft: Draft, unit: str, what: str, day: date) -> None:
    """Give a unit a dated duty on the case."""
    number = 1 + max((int(c.subject.rpartition("#")[2]) for c in draft.case.clocks if c.kind == "duty"), default=0)
    clock = draft.start("duty", owner=unit, subject=f"{unit}#{number}", due=draft.time.closing(day), note=what)
    draft.owe(
        "case_update",
        draft.officers(unit),
        what=Label("新的交办任务", "A new duty"),
        note=what,
        due=clock.due,
        duty=unit,
    )
