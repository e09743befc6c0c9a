"""The directory as values: what is there before an edit and what would be there after it, read, compared and written."""

from __future__ import annotations

from collections import defaultdict
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from domain.case import UnitFacts
from domain.policy import Label, Role
from models.directory import Account, AccountRole, Project, Substitution, Unit
from services.people import People, Person


@dataclass(frozen=True, slots=True)
class UnitState:
    """A unit as it stands."""

    id: str
    kind: str
    zh: str
    short_zh: str
    en: str
    short_en: str
    email: str
    city_level: bool = False
    active: bool = True
    successor: str | None = None
    valid_to: date | None = None

    @property
    def label(self) -> Label:
        """Its short name."""
        return Label(self.short_zh, self.short_en)


@dataclass(frozen=True, slots=True)
class PersonState:
    """An account as it stands."""

    id: str
    title_zh: str
    title_en: str
    unit: str
    email: str
    locale: str = "zh"
    active: bool = True

    @property
    def label(self) -> Label:
        """Its title."""
        return Label(self.title_zh, self.title_en)


@dataclass(frozen=True, slots=True)
class Held:
    """A role that an account holds, for a unit."""

    account: str
    role: Role
    unit: str | None


@dataclass(frozen=True, slots=True)
class Away:
    """Who stands in for whom, both days inclusive."""

    absent: str
    substitute: str
    first_day: date
    last_day: date


@dataclass(slots=True)
class Directory:
    """All of it. Roles and substitutions keep their order: of several holders of a role the first is asked to decide."""

    units: dict[str, UnitState] = field(default_factory=dict)
    persons: dict[str, PersonState] = field(default_factory=dict)
    held: list[Held] = field(default_factory=list)
    away: list[Away] = field(default_factory=list)

    def copied(self) -> Directory:
        """A copy to be edited; its rows are frozen."""
        return Directory(copy(self.units), copy(self.persons), copy(self.held), copy(self.away))

    def effective(self) -> set[Held]:
        """The roles that count: those of accounts in use."""
        return {h for h in self.held if h.account in self.persons and self.persons[h.account].active}

    def people(self, base: People) -> People:
        """The directory as the rules ask it; `base` says which projects and categories name whom."""
        persons = {
            p.id: Person(p.id, p.label, p.unit, p.email, p.locale) for p in self.persons.values() if p.active
        }  # fmt: skip
        holders: dict[tuple[Role, str | None], list[str]] = defaultdict(list)
        for held in self.held:
            if held.account in persons:
                for key in {(held.role, held.unit), (held.role, None)}:
                    holders[key].append(held.account)
        substitutes: dict[str, list[tuple[date, date, str]]] = defaultdict(list)
        for away in self.away:
            substitutes[away.absent].append((away.first_day, away.last_day, away.substitute))
        units = {u.id: UnitFacts(u.id, u.label, u.kind, u.active, u.successor) for u in self.units.values()}
        return replace(
            base, units=units, persons=persons, holders=dict(holders), substitutes=dict(substitutes), unfilled=set()
        )


def load_directory_state(session: Session) -> Directory:
    """What is there now, as this transaction sees it."""
    fresh: dict[str, Any] = {"populate_existing": True}
    units = {
        u.id: UnitState(
            u.id, u.kind, u.zh, u.short_zh, u.en, u.short_en, u.email or "", u.city_level, u.active, u.successor_id, u.valid_to
        )
        for u in session.scalars(select(Unit).order_by(Unit.id).execution_options(**fresh))
    }  # fmt: skip
    persons = {
        a.id: PersonState(a.id, a.title_zh, a.title_en, a.unit_id, a.email, a.locale, a.active)
        for a in session.scalars(select(Account).order_by(Account.id).execution_options(**fresh))
    }
    roles = session.execute(
        select(AccountRole.account_id, AccountRole.role, AccountRole.unit_id).order_by(AccountRole.id)
    )
    s = Substitution
    substitutions = session.execute(
        select(s.absent_id, s.substitute_id, s.first_day, s.last_day).order_by(s.first_day, s.id)
    )
    return Directory(units, persons, [Held(*row) for row in roles], [Away(*row) for row in substitutions])


def store_directory_state(session: Session, before: Directory, after: Directory) -> None:
    """Write what differs. Units and accounts are never deleted; a project's area follows a merged unit."""
    for unit in after.units.values():
        if unit != before.units.get(unit.id):
            _store(
                session, Unit, unit.id, {**_unit_columns(unit), "successor_id": None}, new=unit.id not in before.units
            )
    for unit in after.units.values():
        if unit != before.units.get(unit.id):
            # Once all of them are there: a successor may be new itself.
            session.execute(update(Unit).where(Unit.id == unit.id).values(successor_id=unit.successor))
            if not unit.active and unit.successor:
                session.execute(update(Project).where(Project.area_id == unit.id).values(area_id=unit.successor))
    for person in after.persons.values():
        if person != before.persons.get(person.id):
            values = {
                "title_zh": person.title_zh, "title_en": person.title_en, "unit_id": person.unit, "email": person.email,
                "locale": person.locale, "active": person.active,
            }  # fmt: skip
            _store(session, Account, person.id, values, new=person.id not in before.persons)
    _store_roles(session, before, after)
    _store_away(session, before, after)
    session.expire_all()


def _unit_columns(unit: UnitState) -> dict[str, Any]:
    return {
        "kind": unit.kind, "zh": unit.zh, "short_zh": unit.short_zh, "en": unit.en, "short_en": unit.short_en,
        "email": unit.email or None, "city_level": unit.city_level, "active": unit.active, "valid_to": unit.valid_to,
    }  # fmt: skip


def _store(session: Session, table: type[Unit | Account], key: str, values: dict[str, Any], *, new: bool) -> None:
    if new:
        session.execute(insert(table), [{"id": key, **values}])
    else:
        session.execute(update(table).where(table.id == key).values(**values))


def _store_roles(session: Session, before: Directory, after: Directory) -> None:
    r = AccountRole
    for gone in before.held:
        if gone not in after.held:
            unit = r.unit_id.is_(None) if gone.unit is None else r.unit_id == gone.unit
            session.execute(delete(r).where(r.account_id == gone.account, r.role == gone.role, unit))
    come = [h for h in after.held if h not in before.held]
    if come:
        session.execute(insert(r), [{"account_id": h.account, "role": h.role, "unit_id": h.unit} for h in come])


def _store_away(session: Session, before: Directory, after: Directory) -> None:
    s = Substitution
    for gone in before.away:
        if gone not in after.away:
            session.execute(
                delete(s).where(
                    s.absent_id == gone.absent, s.substitute_id == gone.substitute, s.first_day == gone.first_day,
                    s.last_day == gone.last_day,
                )
            )  # fmt: skip
    come = [a for a in after.away if a not in before.away]
    if come:
        session.execute(
            insert(s),
            [
                {"absent_id": a.absent, "substitute_id": a.substitute, "first_day": a.first_day, "last_day": a.last_day}
                for a in come
            ],
        )
