"""Opening factor requests: each gets its code, its chain from the policy, its history, and its first stage is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import insert, select

from domain.case import Actor
from domain.draft import Draft
from domain.effects_factor import begin
from domain.factor import Factor, Stage, StageState
from domain.lifecycle import Kind, Status
from domain.policy import FactorType, Policy
from domain.quantity import show
from domain.refusals import wrong
from models import case as tables
from models.directory import Contact, Project
from models.factor import FactorRequest, FactorStage
from services.case_files import Surroundings, load_cases
from services.casebook import Casebook
from services.casebook_write import as_they_are, write_drafts
from services.factor_files import new_stages, request_row
from services.factor_request import FactorAsked
from services.numbers import draw
from services.people import People
from services.triage import active_unit

GUARANTEES = "guarantees"
"""The link from a request to the difficulty that it is to solve."""


@dataclass(frozen=True, slots=True)
class NewFactor:
    """A request to be opened. `code` is given where an older register gave one; `reached` is the stage that it says.

    Stages before `reached` are done "from the register".
    """

    asked: FactorAsked
    project: Project
    actor: Actor
    source: str
    contact_id: int | None = None
    code: str | None = None
    reached: str | None = None
    flags: tuple[str, ...] = ()
    asked_on: date | None = None


def open_factors(book: Casebook, new: Sequence[NewFactor]) -> list[tuple[int, str]]:
    """Open the requests; (case id, code) of each. Raises FieldRefused, and then nothing of the transaction may be kept."""
    if not new:
        return []
    year = book.now.astimezone(book.time.zone).year
    numbers = iter(draw(book.session, "factor", year, sum(1 for n in new if n.code is None)))
    opened: list[tuple[int, str]] = []
    drafts: list[Draft] = []
    for one in new:
        code = one.code or book.policy.numbering.factor.format(year=year, n=next(numbers))
        case_id = _insert(book, one, code)
        opened.append((case_id, code))
    cases = load_cases(book.session, [case_id for case_id, _ in opened])
    before = as_they_are(cases)
    place = Surroundings(book.session, book.people, book.in_force, cases)
    for (case_id, _), one in zip(opened, new, strict=True):
        draft = Draft(cases[case_id], book.now, one.actor, book.policy, book.time, place)
        asked = one.asked
        draft.record(
            "requested",
            {
                "source": one.source, "type": asked.type, "quantity": show(asked.quantity), "unit": asked.unit,
                "needed_by": asked.needed_by.isoformat(), "difficulty": asked.difficulty, "milestone": asked.milestone,
                "flags": list(one.flags),
            },
            note=asked.note,
        )  # fmt: skip
        begin(draft)
        book.settle(draft)
        drafts.append(draft)
    write_drafts(book, before, drafts)
    return opened


def _insert(book: Casebook, one: NewFactor, code: str) -> int:
    asked, policy = one.asked, book.policy
    kind = policy.factor_types[asked.type]
    area = one.project.area_id
    lead = _unit(book.people, asked.lead or kind.lead, area)
    if lead is None and asked.lead:
        raise wrong("lead", f"unit {asked.lead!r} is not an active unit of the directory")
    lead = lead or policy.desk_unit
    difficulty_id = _difficulty(book, asked.difficulty)
    case_id = book.session.scalars(
        insert(tables.Case).returning(tables.Case.id),
        [{
            "code": code, "document_number": code, "kind": Kind.FACTOR, "status": Status.IN_PROGRESS, "title": asked.item,
            "detail": asked.note, "source": one.source, "category": asked.type if asked.type in policy.categories else None, "severity": 1,
            "enterprise_id": one.project.enterprise_id, "project_id": one.project.id, "area_id": area, "lead_id": lead,
            "rung": _rung(book, lead), "opened_at": book.now, "marks": [], "handled_by": [], "flags": list(one.flags),
            "policy_version": policy.version,
        }],
    ).one()  # fmt: skip
    supporters = [
        u for u in dict.fromkeys(_unit(book.people, s, area) for s in kind.supporters) if u not in (None, lead)
    ]
    book.session.execute(
        insert(tables.Assignment),
        [
            {"case_id": case_id, "unit_id": unit, "part": part, "since": book.now, "until": None}
            for part, unit in [("lead", lead), *(("supporter", u) for u in supporters)]
        ],
    )
    contact = one.contact_id or _contact(book, one.project)
    if contact is not None:
        reporter = {"case_id": case_id, "contact_id": contact, "kind": "principal", "withheld": False}
        book.session.execute(insert(tables.Reporter), [reporter])
    if difficulty_id is not None:
        link = {"case_id": case_id, "target_id": difficulty_id, "kind": GUARANTEES}
        book.session.execute(insert(tables.CaseLink), [link])
    factor = Factor(
        asked.type, asked.item, asked.quantity, asked.unit, one.asked_on or book.now.astimezone(book.time.zone).date(), asked.needed_by,
        dict(asked.attributes), asked.documents, asked.difficulty, asked.milestone, asked.note,
        stages=chain(policy, book.people, kind, lead, area, one.reached, book.now),
    )  # fmt: skip
    book.session.execute(insert(FactorRequest), [request_row(case_id, factor, difficulty_id)])
    book.session.execute(insert(FactorStage), new_stages(case_id, factor.stages))
    return case_id


def chain(
    policy: Policy, people: People, kind: FactorType, lead: str, area: str | None, reached: str | None, now: datetime
) -> list[Stage]:
    """The stages of a request by the policy; those before `reached` are done. Raises FieldRefused for an unknown `reached`."""
    if reached is not None and kind.stage(reached) is None:
        raise wrong("stage", f"{reached!r} is no stage of {kind.code}; it has {', '.join(s.code for s in kind.stages)}")
    stages: list[Stage] = []
    group, name, before = 0, None, reached is not None
    for seq, rule in enumerate(kind.stages, 1):
        if rule.group is None or rule.group != name:
            group += 1
        name = rule.group
        unit = (lead if rule.unit == "lead" else _unit(people, rule.unit, area)) or lead
        before = before and rule.code != reached
        stage = Stage(rule.code, seq, group, unit)
        if before:
            stage.state, stage.opened_at, stage.decided_at, stage.document = StageState.DONE, now, now, "台账"
        stages.append(stage)
    return stages


def _unit(people: People, said: str, area: str | None) -> str | None:
    found = active_unit(people, area if said == "area" else said)
    return found.id if found is not None else None


def _rung(book: Casebook, lead: str) -> int:
    unit = book.people.units.get(lead)
    return 2 if unit is not None and unit.kind == "area" else 3


def _difficulty(book: Casebook, code: str | None) -> int | None:
    if code is None:
        return None
    found = book.session.scalar(
        select(tables.Case.id).where(tables.Case.code == code, tables.Case.kind == Kind.DIFFICULTY)
    )
    if found is None:
        raise wrong("difficulty", f"{code!r} is no difficulty of this office; check the code, e.g. DIF-2026-0042")
    return found


def _contact(book: Casebook, project: Project) -> int | None:
    query = select(Contact.id).where(Contact.enterprise_id == project.enterprise_id).order_by(Contact.id).limit(1)
    return book.session.scalar(query)
