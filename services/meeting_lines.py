"""What pages say of consultations, duties and reports beyond their dates: when and where, who, what, in answer to which notice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.clocks import CLOCKS
from domain.effects_duty import duty_label
from domain.meetings import read_meeting
from domain.policy import Label
from models import case as tables
from models import clock as clock_tables
from models.factor import FactorRequest
from services.case_files import read_clock
from services.office import Office
from services.page_types import Pairs
from services.people import People

_WHEN, _WHERE, _WAS = Label("会商时间", "When"), Label("地点", "Where"), Label("原定时间", "Planned before")
_UNITS, _DUTY = Label("参会单位", "Participants"), Label("任务", "Duty")
_ANSWERS, _DOCUMENT = Label("答复", "In answer to"), Label("文号", "Document")
_RESULT = Label("结论", "Result")
_NOTICES = {"yellow": Label("黄色督办单", "Yellow notice"), "red": Label("红色督办单", "Red notice")}


def clock_note(session: Session, office: Office, row: clock_tables.Clock) -> Label | None:
    """What a deadline is about where its kind does not say it: a duty's text, a consultation's day and place, a stage."""
    if row.kind == "duty":
        return duty_label(read_clock(row), office.policy)
    if row.kind == "consultation" and row.case_id is not None:
        meeting = read_meeting(session.get_one(tables.Case, row.case_id).marks)
        if meeting is not None:
            said = f"{meeting.start.astimezone(office.zone):%Y-%m-%d %H:%M} {meeting.place}".strip()
            return Label(said, said)
    if row.kind == "factor_stage" and row.case_id is not None:
        return _stage(session, office, row.case_id, row.subject)
    return None


def _stage(session: Session, office: Office, case_id: int, code: str) -> Label | None:
    asked = session.scalar(select(FactorRequest.type).where(FactorRequest.case_id == case_id))
    kind = office.policy.factor_types.get(asked or "")
    return next((stage.label for stage in kind.stages if stage.code == code), None) if kind is not None else None


def meeting_facts(action: str, facts: Mapping[str, Any], people: People, *, public: bool) -> Pairs:
    """What of a line's facts belongs into its words. The enterprise reads when a consultation is, not who owes what."""
    match action:
        case "call_consultation":
            when = (_WHEN, f"{facts['date']} {facts.get('time') or ''}".strip())
            if public:
                return (when,)
            where = ((_WHERE, str(facts["place"])),) if facts.get("place") else ()
            return (when, *where, (_UNITS, _units(people, facts["participants"])))
        case "move_consultation":
            when = (_WHEN, f"{facts['date']} {facts['time']}")
            if public:
                return (when,)
            where = ((_WHERE, str(facts["place"])),) if facts.get("place") else ()
            return (when, *where, (_WAS, str(facts["was"])))
        case "conclude" if not public:
            result = ((_RESULT, Label("未达成一致", "No agreement")),) if facts.get("no_agreement") else ()
            return (
                *result,
                *((_DUTY, _duty(people.label(unit), str(what))) for unit, what in facts.get("duties") or ()),
            )
        case "fulfil" if not public:
            done = tuple((_DUTY, str(what)) for what in facts.get("duties") or ())
            return (*done, *((_ANSWERS, _notice(said)) for said in facts.get("answers") or ()))
        case "report_to_city" if not public:
            return ((_DOCUMENT, str(facts["document"])),)
        case _:
            return ()


def _units(people: People, units: Sequence[str]) -> Label:
    names = [people.label(unit) for unit in units]
    return Label("、".join(name.zh for name in names), ", ".join(name.en for name in names))


def _duty(unit: Label, what: str) -> Label:
    return Label(f"{unit.zh}：{what}", f"{unit.en}: {what}")


def _notice(said: str) -> Label:
    colour, kind = said.split(" ")
    notice, late = _NOTICES.get(colour, Label(colour, colour)), CLOCKS[kind].label
    return Label(f"{notice.zh}（{late.zh}）", f"{notice.en} ({late.en})")
