"""What programs read beside cases: factor requests, projects, units, figures and supervision notices; nothing restricted among it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from domain.clocks import CLOCKS
from domain.lifecycle import Kind
from domain.policy import Colour, Label
from models.case import Case
from models.clock import Clock, Notice
from models.directory import Enterprise, Project, Unit
from models.factor import FactorRequest
from services.api_cases import find_case, name, visible
from services.api_keys import ApiKey
from services.board_counts import figures_of
from services.case_files import load_cases
from services.case_view import at, people_of
from services.factor_view import factor_json, status_of
from services.identities import names_reporter, withheld_among, withholds
from services.office import Office

_FACTOR = (
    "code", "type", "item", "project", "requested", "unit", "granted", "drawn", "gap", "needed_by", "requested_on", "status", "stage",
    "stages", "grants", "light", "lead", "supporters", "milestone", "blocked_reason", "deferred_until", "case_status", "outcome", "rung", "due",
)  # fmt: skip


# -- factor requests ---------------------------------------------------------------------------------------------------


def list_factors(office: Office, key: ApiKey, of_type: str, project: str, after: int, limit: int) -> dict[str, Any]:
    """Factor requests in the order in which they were opened."""
    shown = exists(
        select(Case.id).where(Case.id == FactorRequest.case_id, *visible(office, key)).correlate(FactorRequest)
    )
    query = select(FactorRequest.case_id).where(FactorRequest.case_id > after, shown)
    if of_type:
        query = query.where(FactorRequest.type == of_type)
    if project:
        # Nobody who is not to be named is found by asking for their project.
        query = query.where(FactorRequest.case_id.in_(select(Case.id).where(Case.project_id == project, ~withholds())))
    with office.reading() as session:
        found = session.scalars(query.order_by(FactorRequest.case_id).limit(limit + 1)).all()
        ids = found[:limit]
        return {"items": _factors(session, office, ids), "next": str(ids[-1]) if len(found) > limit else None}


def _factors(session: Session, office: Office, ids: Sequence[int]) -> list[dict[str, Any]]:
    day, rows, hidden = office.today(), [], withheld_among(session, ids)
    cases = load_cases(session, list(ids), lock=False)
    for i in ids:
        case = cases[i]
        factor = case.factor
        if factor is None:
            continue
        found = factor.figures(day)
        rows.append({
            "code": case.code, "type": factor.type, "item": factor.item, "project": None if i in hidden else case.project, "status": status_of(case, factor, day).value,
            "requested": float(found.requested), "granted": float(found.granted), "drawn": float(found.drawn), "gap": float(found.gap),
            "unit": factor.unit, "needed_by": factor.needed_by.isoformat(), "lead": case.lead,
        })  # fmt: skip
    return rows


def one_factor(office: Office, key: ApiKey, code: str) -> dict[str, Any] | None:
    """A factor request with its stages and grants; the difficulty behind it unless that is not for this key."""
    with office.reading() as session:
        row = find_case(session, office, key, code)
        known = row.code if row is not None and row.kind is Kind.FACTOR else None
        hidden = bool(row is not None and withheld_among(session, [row.id]))
    whole = factor_json(office, known) if known is not None else None
    if whole is None:
        return None
    with office.reading() as session:
        behind = find_case(session, office, key, whole["difficulty"]) if whole["difficulty"] else None
        difficulty = behind.code if behind is not None else None
    shown = {part: whole[part] for part in _FACTOR} | {"difficulty": difficulty}
    return shown | {"project": None} if hidden else shown


# -- projects and units ------------------------------------------------------------------------------------------------


def list_projects(office: Office) -> dict[str, Any]:
    """All key projects, by code."""
    with office.reading() as session:
        return {"items": [_project(*row) for row in session.execute(_projects())], "next": None}


def one_project(office: Office, key: ApiKey, code: str) -> dict[str, Any] | None:
    """A project, with the codes of its open cases; without those whose reporter the project would name."""
    with office.reading() as session:
        found = session.execute(_projects().where(Project.id == code.upper())).first()
        if found is None:
            return None
        project, firm = found
        rows = session.execute(
            select(Case.id, Case.code, Case.enterprise_id)
            .where(Case.project_id == project.id, Case.closed_at.is_(None), *visible(office, key))
            .order_by(Case.id)
        ).all()
        hidden = withheld_among(session, [row.id for row in rows])
        open_cases = [
            row.code
            for row in rows
            if not (row.id in hidden and names_reporter(row.enterprise_id, project.enterprise_id))
        ]
        return _project(project, firm) | {"open_cases": open_cases}


def _projects() -> Any:
    return (
        select(Project, Enterprise.name)
        .outerjoin(Enterprise, Enterprise.id == Project.enterprise_id)
        .order_by(Project.id)
    )


def _project(project: Project, firm: str | None) -> dict[str, Any]:
    return {
        "id": project.id, "name": name(Label(project.name_zh, project.name_en)), "enterprise": firm, "area": project.area_id,
        "level": project.key_level, "status": project.status,
    }  # fmt: skip


def list_units(office: Office) -> dict[str, Any]:
    """All units, by id; those no longer active name their successor."""
    with office.reading() as session:
        return {
            "items": [
                {
                    "id": u.id, "name": name(Label(u.zh, u.en)), "short_name": name(Label(u.short_zh, u.short_en)), "kind": u.kind,
                    "active": u.active, "successor": u.successor_id,
                }
                for u in session.scalars(select(Unit).order_by(Unit.id))
            ],
            "next": None,
        }  # fmt: skip


# -- figures and notices -----------------------------------------------------------------------------------------------


def period_figures(office: Office, first: date | None, last: date | None) -> dict[str, Any]:
    """The figures of `first` (or this year's first day) to `last` (or today), the earlier first, inside the calendar."""
    one, other = sorted((first or office.today().replace(month=1, day=1), last or office.today()))
    begins, ends = office.time.first + timedelta(days=1), office.time.last - timedelta(days=1)
    one, other = min(max(one, begins), ends), max(min(other, ends), begins)
    found = figures_of(one, other).shown(office)
    if found is None:
        raise LookupError("no figures")
    return asdict(found) | {"first": found.first.isoformat(), "last": found.last.isoformat()}


def list_notices(
    office: Office, key: ApiKey, colour: Colour | None, case: str, after: int, limit: int
) -> dict[str, Any]:
    """Supervision notices in the order in which they were issued."""
    query = (
        select(Notice, Clock.kind, Case.code)
        .join(Case, Case.id == Notice.case_id)
        .join(Clock, Clock.id == Notice.clock_id)
        # Notice by notice: a join that began at the cases would sort them all for the first page.
        .where(
            Notice.id > after,
            exists(select(Case.id).where(Case.id == Notice.case_id, *visible(office, key)).correlate(Notice)),
        )
    )
    if colour is not None:
        query = query.where(Notice.colour == colour)
    if case:
        query = query.where(Case.code == case.upper())
    with office.reading() as session:
        people = people_of(session, office)
        rows = session.execute(query.order_by(Notice.id).limit(limit + 1)).all()
        page = rows[:limit]
        return {
            "items": [
                {
                    "number": row.number, "colour": row.colour.value, "name": name(office.policy.notices[row.colour].label), "case": code,
                    "clock": kind, "clock_name": name(CLOCKS[kind].label), "owner": row.owner,
                    "owner_name": name(people.label(row.owner) if row.owner != "approver" else Label("审批人", "The approver")),
                    "issued_at": at(office, row.issued_at), "overdue_days": row.overdue_days, "answer_by": at(office, row.answer_by),
                    "round": row.round, "cycle": row.cycle,
                }
                for row, kind, code in page
            ],
            "next": str(page[-1][0].id) if len(rows) > limit else None,
        }  # fmt: skip
