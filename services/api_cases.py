"""Cases for programs: the list in a stable order, one case with its clocks and what may be done now, and its history.

Restricted cases do not exist here, for no key. Who reported a case without being named stays unnamed, for a key of the desk too:
a program passes on what it is told. Moments are ISO 8601 in the office's zone; names are given in both languages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, literal, select
from sqlalchemy.orm import Session

from domain.case import Actor
from domain.draft import Draft
from domain.lifecycle import ACTIONS, Party
from domain.lights import Light
from domain.policy import Label
from domain.rules import allowed
from models.base import Moment
from models.case import Assignment, Case, Event
from models.directory import Project
from services.api_keys import ApiKey
from services.board_case import case_page
from services.board_filters import conditions, searched
from services.board_lights import edges, light_is, not_restricted, open_to_all
from services.board_lists import board_rows
from services.board_steps import step_forms
from services.board_types import CasePage, Filters, StepForm
from services.board_users import BoardRole, BoardUser
from services.case_files import Surroundings, load_cases
from services.case_view import at, events_of, people_of, timeline
from services.explain import ExplainedClock, explain
from services.explain_json import explanation_json
from services.factor_view import stage_names
from services.identities import withheld_among
from services.office import Office
from services.page_types import Pairs
from services.people import People

PAGE = 50
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9998, 1, 1, tzinfo=UTC)
FACTS = frozenset({
    "answer", "attempt", "attempts", "attitude", "at", "by", "case_class", "category", "clock", "colour", "cycle", "date", "document",
    "due", "expires", "from", "gap", "kind", "lead", "needed_by", "number", "outcome", "overdue", "quantity", "result", "round", "rung",
    "severity", "stage", "suggested", "supporters", "to", "unit", "until",
})  # fmt: skip
"""What of a history line's facts is told: figures, dates, units and codes of tables; never a case's code, which may be restricted."""


@dataclass(frozen=True, slots=True)
class CaseQuery:
    """What a list is narrowed to. `after` is the cursor that the page before gave, `updated_since` a moment of the history."""

    filters: Filters = field(default_factory=Filters)
    updated_since: datetime | None = None
    after: int = 0
    limit: int = PAGE


def name(label: Label) -> dict[str, str]:
    """A name in both languages."""
    return {"zh": label.zh, "en": label.en}


def named(label: Label | None) -> dict[str, str] | None:
    """The same, or None."""
    return None if label is None else name(label)


def viewer(key: ApiKey, *, names: bool = True) -> BoardUser:
    """As whom the board would answer a key; without `names` as a reader, whoever asks."""
    return BoardUser(key.name, BoardRole.DESK if key.desk and names else BoardRole.READER, None, "")


def visible(office: Office, key: ApiKey) -> list[ColumnElement[bool]]:
    """What a key may see at all: nothing restricted, and of one unit alone where it is narrowed to that."""
    own = conditions(office, viewer(key), Filters(unit=key.unit)) if key.unit else []
    return [not_restricted(), *own]


def find_case(session: Session, office: Office, key: ApiKey, code: str) -> Case | None:
    """The case with that code, in any letter case; None where there is none, or none for this key."""
    return session.scalars(select(Case).where(Case.code == code.upper(), *visible(office, key))).first()


# -- the list ----------------------------------------------------------------------------------------------------------


def list_cases(office: Office, key: ApiKey, asked: CaseQuery) -> dict[str, Any]:
    """A page in the order in which cases were opened, so that no write in between doubles or skips one."""
    # Nobody who is not to be named is found by searching for them, by a key of the desk neither.
    user = viewer(key, names=False)
    moment = edges(office.now(), office.policy, office.time)
    narrowed = [
        open_to_all(),
        *visible(office, key)[1:],
        *conditions(office, user, asked.filters),
        Case.id > asked.after,
    ]
    if asked.filters.light:
        narrowed.append(light_is(Light(asked.filters.light), moment))
    if asked.updated_since is not None:
        narrowed.append(_changed_since(asked.updated_since))
    query, place = select(Case.id).where(*narrowed), Case.id
    if said := asked.filters.q.strip():
        query, place = searched(office, query, user, said)
    with office.reading() as session:
        found = session.scalars(query.order_by(place).limit(asked.limit + 1)).all()
        ids = found[: asked.limit]
        return {
            "items": _rows(session, office, user, ids),
            "next": str(ids[-1]) if len(found) > asked.limit else None,
        }


def _changed_since(since: datetime) -> ColumnElement[bool]:
    moment = literal(min(max(since, EARLIEST), LATEST), Moment)
    last = and_(Event.case_id == Case.id, Event.seq == Case.seq)
    return exists(select(Event.id).where(last, Event.at >= moment))


def _rows(session: Session, office: Office, user: BoardUser, ids: Sequence[int]) -> list[dict[str, Any]]:
    people = people_of(session, office)
    shown = board_rows(session, office, people, user, ids)
    stored = {
        row.id: (row, project, changed)
        for row, project, changed in session.execute(
            select(Case, Project, Event.at)
            .outerjoin(Project, Project.id == Case.project_id)
            .outerjoin(Event, and_(Event.case_id == Case.id, Event.seq == Case.seq))
            .where(Case.id.in_(ids))
        )
    }
    rows = []
    for i, line in zip(ids, shown, strict=True):
        case, project, changed = stored[i]
        rows.append({
            "code": case.code, "kind": case.kind.value, "title": case.title, "status": case.status.value, "status_name": name(line.status),
            "light": line.light, "rung": case.rung, "rung_name": name(line.rung_label), "round": case.round, "cycle": case.cycle,
            "category": case.category, "class": case.case_class, "severity": case.severity, "withheld": line.withheld,
            "enterprise": line.enterprise.zh if line.enterprise else None, "project": project.id if project is not None and line.project is not None else None,
            "project_name": named(line.project), "lead": case.lead_id, "lead_name": named(line.lead), "holder_name": name(line.holder),
            "due": at(office, case.due), "estimated": case.estimated, "overdue_days": line.late, "outcome": case.outcome,
            "opened_at": at(office, case.opened_at), "closed_at": at(office, case.closed_at), "updated_at": at(office, changed or case.opened_at),
        })  # fmt: skip
    return rows


# -- one case ----------------------------------------------------------------------------------------------------------


def one_case(office: Office, key: ApiKey, code: str) -> dict[str, Any] | None:
    """A case with all that belongs to it; what may be done now stands in `allowed`, what this key may do in `actions`."""
    with office.reading() as session:
        row = find_case(session, office, key, code)
        if row is None:
            return None
        secret = bool(withheld_among(session, [row.id]))
        people = people_of(session, office)
        [line] = _rows(session, office, viewer(key, names=False), [row.id])
        case = load_cases(session, [row.id], lock=False)[row.id]
        place = Surroundings(session, people, office.in_force)
        draft = Draft(case, office.now(), Actor(Party.OBSERVER, "api"), office.policy, office.time, place)
        may = [allowed_json(office, one.action, one.by, one.until) for one in allowed(draft)]
        forms = step_forms(office, session, case, people, viewer(key)) if key.desk else ()
        # What an approver decides a key does not record either.
        forms = tuple(form for form in forms if Party.APPROVER not in form.action.by)
        parts = _assignments(session, office, people, row.id)
    page = case_page(office, viewer(key, names=not secret), row.code)
    if page is None:
        return None
    with office.reading() as session:
        linked = [one.code for one in page.related]
        known = set(session.scalars(select(Case.code).where(Case.code.in_(linked), *visible(office, key))))
    return line | {
        "detail": "" if secret else row.detail, "document": row.document_number, "original_due": line["due"] and at(office, row.original_due),
        "ratings": {"result": row.rating_result, "attitude": row.rating_attitude}, "assignments": parts,
        "clocks": [_clock(office, clock) for clock in page.explained], **_around(office, page),
        "related": [{"how": name(one.how), "code": one.code, "title": one.title} for one in page.related if one.code in known],
        "reporters": [
            {"kind": one.kind.en, "enterprise": one.enterprise.zh if one.enterprise else None, "name": one.name, "reach": list(one.reach)} for one in page.reporters
        ] if key.desk and not secret else [],
        "allowed": may, "actions": [_form(office, form) for form in forms],
    }  # fmt: skip


def _around(office: Office, page: CasePage) -> dict[str, Any]:
    return {
        "approvals": [
            {
                "kind_name": name(one.kind), "asked_by_name": named(one.asked_by), "asked_at": at(office, one.asked_at),
                "steps": [{"role_name": name(role), "person_name": name(person), "due": at(office, due)} for role, person, due in one.steps],
            }
            for one in page.approvals
        ],
        "notices": [
            {
                "number": one.number, "colour": one.colour, "name": name(one.label), "clock_name": name(one.clock), "owner_name": name(one.owner),
                "issued_at": at(office, one.issued_at), "overdue_days": one.overdue_days, "answer_by": at(office, one.answer_by),
            }
            for one in page.notices
        ],
        "documents": [{"name": name(label), "number": number, "on": at(office, on)} for label, number, on in page.documents],
    }  # fmt: skip


def _assignments(session: Session, office: Office, people: People, case_id: int) -> list[dict[str, Any]]:
    rows = session.scalars(select(Assignment).where(Assignment.case_id == case_id).order_by(Assignment.id))
    return [
        {
            "unit": row.unit_id, "unit_name": name(people.label(row.unit_id)), "part": row.part, "since": at(office, row.since),
            "until": at(office, row.until),
        }
        for row in rows
    ]  # fmt: skip


def _clock(office: Office, clock: ExplainedClock) -> dict[str, Any]:
    account, limit = clock.account, clock.account.limit
    return {
        "kind": clock.kind, "name": name(clock.label), "subject": clock.subject, "owner": clock.owner, "owner_name": name(clock.owner_label),
        "state": clock.state.value, "round": clock.round, "cycle": clock.cycle, "started": at(office, account.start),
        "due": at(office, clock.stored), "estimated": account.due.estimated if account.due is not None else False,
        "limit": f"{limit.value} {limit.unit.value}" if limit is not None else None, "rule": clock.rule.key,
        "why": name(clock.rule_words), "result": name(clock.result),
    }  # fmt: skip


def allowed_json(office: Office, action: str, by: Sequence[str], until: str | None) -> dict[str, Any]:
    """One thing that may be done now, by whom, and until when."""
    moment = datetime.fromisoformat(until).replace(tzinfo=office.zone) if until else None
    label = ACTIONS[action].label if action in ACTIONS else Label(action, action)
    return {"action": action, "name": name(label), "by": list(by), "until": at(office, moment)}


def _form(office: Office, form: StepForm) -> dict[str, Any]:
    return {
        "action": form.action.name, "name": name(form.label), "by": name(form.party), "until": at(office, form.until),
        "for_enterprise": form.proxy,
        "fields": [
            {
                "name": f.name, "kind": f.kind.value, "label": name(f.label), "required": f.required,
                "choices": [{"value": c.value, "label": name(c.label)} for c in f.choices],
            }
            for f in form.fields
        ],
    }  # fmt: skip


def explained(office: Office, key: ApiKey, code: str) -> dict[str, Any] | None:
    """Every clock of a case accounted for, ended ones too, and its overdue days by unit."""
    with office.reading() as session:
        row = find_case(session, office, key, code)
        known = row.code if row is not None else None
    found = explain(office, known) if known is not None else None
    return None if found is None else explanation_json(office, found)


# -- its history -------------------------------------------------------------------------------------------------------


def case_events(office: Office, key: ApiKey, code: str, after: int, limit: int) -> dict[str, Any] | None:
    """The history after the line `after`, in order. What people wrote is for keys of the desk, and not where a reporter is withheld."""
    with office.reading() as session:
        row = find_case(session, office, key, code)
        if row is None:
            return None
        people = people_of(session, office)
        secret = bool(withheld_among(session, [row.id]))
        case = load_cases(session, [row.id], lock=False)[row.id]
        told = key.desk and not secret
        lines = timeline(
            session, row.id, people, public=False, policy=office.policy, stages=stage_names(office, case), texts=told
        )
        found = [
            _event(office, event, line.what, line.who, line.text if told else (), secret=secret)
            for (event, _), line in zip(events_of(session, row.id), lines, strict=True)
            if event.seq > after
        ]
    page = found[:limit]
    return {"items": page, "next": str(page[-1]["seq"]) if len(found) > limit else None}


def _event(office: Office, event: Event, what: Label, who: Label, text: Pairs, *, secret: bool) -> dict[str, Any]:
    actor: Mapping[str, Any] = event.actor
    return {
        "seq": event.seq, "at": at(office, event.at), "action": event.action, "name": name(what), "who": name(who),
        "party": actor["party"], "channel": actor.get("channel"), "unit": actor.get("unit"), "account": actor.get("account"),
        "asserted": bool(actor.get("asserted")), "spoken_for": bool(actor.get("spoken_for")),
        "facts": {key: value for key, value in event.facts.items() if key in FACTS and value not in (None, "")} if not secret else {},
        "text": [{"name": name(label), "text": said if isinstance(said, str) else f"{said.zh} / {said.en}"} for label, said in text], "policy": event.policy_version, "hash": event.hash,
    }  # fmt: skip
