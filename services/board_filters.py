"""What narrows the board's lists: each filter as a condition on cases, and the words that a search looks for.

Readers find nobody who is not to be named: neither by searching for them nor by asking for their project.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, collate, exists, func, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from domain.factor import AT_WORK
from domain.lifecycle import Kind, Status
from models.base import Moment
from models.case import Assignment, Case
from models.directory import Enterprise, Project
from models.factor import FactorStage
from services.board_lights import open_to_all
from services.board_types import Filters
from services.board_users import BoardUser
from services.identities import withholds
from services.office import Office

DESK, ENTERPRISE = "desk", "enterprise"
"""Holders that are no units."""
NO_UNIT = "-"
"""Asks for cases without a lead, or of no project."""
_LATIN = re.compile("[A-Za-z]")
_CODE = re.compile("[A-Za-z0-9-]+")
"""What may stand in a case's code."""
Row = TypeVar("Row", bound=tuple[Any, ...])
_AT_THE_DESK = (Status.NEW, Status.DISPUTED, Status.CONSULTATION)
_AT_THE_UNIT = (Status.IN_PROGRESS, Status.TRACKING, Status.SUSPENDED)


def conditions(office: Office, user: BoardUser, filters: Filters) -> list[ColumnElement[bool]]:
    """The filters but light, search and page. What is no known value narrows to nothing."""
    found: list[ColumnElement[bool]] = []
    if filters.status:
        found.append(Case.status == filters.status if filters.status in set(Status) else literal(False))
    if filters.kind:
        found.append(Case.kind == filters.kind if filters.kind in set(Kind) else literal(False))
    if filters.unit:
        found.append(_of_unit(filters.unit))
    if filters.rung:
        found.append(Case.rung == int(filters.rung) if filters.rung in "1234567" else literal(False))
    if filters.project:
        of_project = Case.project_id.is_(None) if filters.project == NO_UNIT else Case.project_id == filters.project
        found.append(and_(of_project, _nameable(user)))
    if filters.category:
        found.append(Case.category == filters.category)
    if filters.area:
        found.append(Case.area_id == filters.area)
    if filters.case_class:
        found.append(Case.case_class == filters.case_class)
    if filters.holder:
        found.append(_held_by(filters.holder))
    if filters.since:
        found.append(_opened(office, filters.since, after=True))
    if filters.until:
        found.append(_opened(office, filters.until, after=False))
    return found


def _opened(office: Office, said: str, *, after: bool) -> ColumnElement[bool]:
    """Reported on that day of the office's zone or later, or on it or before."""
    try:
        day = date.fromisoformat(said)
        edge = literal(datetime.combine(day if after else day + timedelta(days=1), time(), office.zone), Moment)
    except (ValueError, OverflowError):
        return literal(False)
    return Case.opened_at >= edge if after else Case.opened_at < edge


def _nameable(user: BoardUser, row: type[Case] = Case) -> ColumnElement[bool]:
    """Readers find nobody who is not to be named, not even by asking for them."""
    return literal(True) if user.desk else ~withholds(row)


def _of_unit(unit: str) -> ColumnElement[bool]:
    if unit == NO_UNIT:
        return Case.lead_id.is_(None)
    # What a unit supports is looked up once, not case by case.
    supported = select(Assignment.case_id).where(
        Assignment.unit_id == unit, Assignment.part == "supporter", Assignment.until.is_(None)
    )
    return or_(Case.lead_id == unit, Case.id.in_(supported))


def _held_by(holder: str) -> ColumnElement[bool]:
    """Whom a case waits for, as `case_view.holder_of` and a request's cover say it."""
    if holder == ENTERPRISE:
        return Case.status == Status.REPLIED
    if holder == DESK:
        nobody = and_(Case.status.in_(_AT_THE_UNIT), Case.lead_id.is_(None))
        return or_(Case.status.in_(_AT_THE_DESK), nobody)
    own = and_(FactorStage.case_id == Case.id, FactorStage.state.in_(AT_WORK))
    at_stage = exists(select(FactorStage.id).where(own, FactorStage.unit_id == holder))
    at_work = and_(
        Case.status == Status.IN_PROGRESS, Case.kind == Kind.FACTOR, exists(select(FactorStage.id).where(own))
    )
    return or_(
        and_(at_work, at_stage), and_(Case.status.in_(_AT_THE_UNIT), Case.lead_id == holder, ~at_work)
    )  # fmt: skip


def says(office: Office, user: BoardUser, said: str, row: type[Case] = Case) -> ColumnElement[bool]:
    """Code, title, enterprise or project; the case of Latin letters does not count. `row` may be an alias of the cases."""

    def has(column: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
        if office.engine.dialect.name == "sqlite" or not _LATIN.search(said):
            # SQLite's LIKE takes no notice of letter case as it is, and Chinese has none: to fold every row costs half of the search.
            return column.contains(said, autoescape=True)
        # By the database's own collation each row would be folded letter by letter of all alphabets, which takes three times as long.
        small = _LATIN.sub(lambda letter: letter[0].lower(), said)
        return func.lower(collate(column, "C")).contains(small, autoescape=True)

    firms = select(Enterprise.id).where(or_(has(Enterprise.name), has(Enterprise.name_en)))
    projects = select(Project.id).where(
        or_(func.lower(Project.id) == said.lower(), has(Project.name_zh), has(Project.name_en))
    )
    named = or_(row.enterprise_id.in_(firms), row.project_id.in_(projects), has(row.project_said))
    words = or_(has(row.title), and_(named, _nameable(user, row)))
    return or_(row.code.contains(said.upper(), autoescape=True), words) if _CODE.fullmatch(said) else words


def searched(
    office: Office, query: Select[Row], user: BoardUser, said: str
) -> tuple[Select[Row], InstrumentedAttribute[int]]:
    """A query of cases narrowed to those that say it, restricted ones not among them; and the id to order it by."""
    if office.engine.dialect.name != "sqlite":
        return query.where(open_to_all(), says(office, user, said)), Case.id
    # The words are read from an index that holds them alone; of what fits the whole row is looked up. PostgreSQL would join.
    words = aliased(Case, name="words")
    narrowed = query.join(words, words.id == Case.id).where(open_to_all(words), says(office, user, said, words))
    return narrowed, words.id
