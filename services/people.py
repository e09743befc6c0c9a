"""Who a message or a decision is for: roles to accounts, through dated substitutions, up the ladder when a role is empty.

Substitutes are followed at most three deep, stop at a cycle and exclude who asked (LIFECYCLE.md, Rules). Never nobody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.case import Case, UnitFacts
from domain.policy import Label, Policy, Role
from models.directory import Account, AccountRole, Project, Substitution, Unit
from models.rows import table_of

DEEPEST = 3

UP: dict[Role, Role] = {
    Role.LIAISON: Role.UNIT_HEAD,
    Role.AREA_OFFICER: Role.UNIT_HEAD,
    Role.UNIT_HEAD: Role.DESK_HEAD,
    Role.CLERK: Role.DESK_HEAD,
    Role.COMMISSIONER: Role.CLERK,
    Role.SUPERVISOR: Role.DESK_HEAD,
    Role.SAFETY_INSPECTOR: Role.DESK_HEAD,
    Role.DESK_HEAD: Role.DEPUTY_CHIEF,
    Role.DEPUTY_CHIEF: Role.EXECUTIVE_DEPUTY,
    Role.EXECUTIVE_DEPUTY: Role.CHIEF,
}
"""Where an empty role falls back to."""

UNIT_ROLES = frozenset({Role.LIAISON, Role.UNIT_HEAD, Role.AREA_OFFICER})


@dataclass(frozen=True, slots=True)
class Person:
    """An account that can be written to."""

    id: str
    title: Label
    unit: str
    email: str
    locale: str


@dataclass(frozen=True, slots=True)
class Found:
    """A recipient: the person, the role they answer for, and whom they stand in for."""

    person: Person
    role: Role
    unit: str | None
    principal: Person | None = None
    fell_back_from: Role | None = None


@dataclass(slots=True)
class People:
    """The directory as one transaction sees it."""

    units: dict[str, UnitFacts]
    persons: dict[str, Person]
    holders: dict[tuple[Role, str | None], list[str]]
    substitutes: dict[str, list[tuple[date, date, str]]]
    lead_officials: dict[str, str]
    commissioners: dict[str, str]
    categories: dict[str, str]
    unfilled: set[tuple[Role, str | None, Role]] = field(default_factory=set)
    retired: bool = field(init=False)
    """Whether any unit is no longer active: else nobody's work has to be handed on."""

    def __post_init__(self) -> None:
        self.retired = not all(unit.active for unit in self.units.values())

    def find(
        self, role: Role, unit: str | None, case: Case | None, today: date, exclude: Collection[str] = ()
    ) -> tuple[Found, ...]:
        """Everybody who answers for a role today, save those excluded; the next role up when nobody does.

        Empty only in an empty office.
        """
        asked = role
        while True:
            found = self._holding(role, unit if role in UNIT_ROLES else None, case, today, exclude)
            if found:
                if role is not asked and not (exclude and self._holding(asked, unit, case, today, ())):
                    self.unfilled.add((asked, unit, role))
                return tuple(
                    Found(f.person, f.role, f.unit, f.principal, asked if role is not asked else None) for f in found
                )
            if role not in UP:
                return ()
            role = UP[role]

    def fresh(self, case: Case, today: date) -> tuple[Found, ...]:
        """A clerk, else the case's commissioner, who did not handle the case; empty when there is none."""
        for role in (Role.CLERK, Role.COMMISSIONER):
            found = self._holding(role, None, case, today, case.handled_by)
            if found:
                return tuple(found)
        return ()

    def _holding(
        self, role: Role, unit: str | None, case: Case | None, today: date, exclude: Collection[str]
    ) -> list[Found]:
        ids = self._ids(role, unit, case)
        found: dict[str, Found] = {}
        for account in ids:
            acting = self.acting(account, today, exclude)
            # Whoever holds the role as well acts in their own name.
            if acting is not None and (acting not in found or acting == account):
                principal = self.persons.get(account) if acting != account else None
                found[acting] = Found(self.persons[acting], role, unit, principal)
        return list(found.values())

    def _ids(self, role: Role, unit: str | None, case: Case | None) -> list[str]:
        if role is Role.DEPUTY_CHIEF and case is not None:
            # The project's lead official, else the category's, else the executive deputy.
            deputies = self.holders.get((Role.DEPUTY_CHIEF, None), [])
            for named in (self.lead_officials.get(case.project or ""), self.categories.get(case.category or "")):
                if named in deputies:
                    return [named]
            return self.holders.get((Role.EXECUTIVE_DEPUTY, None), [])
        if role is Role.COMMISSIONER:
            named = self.commissioners.get(case.project or "") if case is not None else None
            return [named] if named else []
        if role in UNIT_ROLES:
            # Without a unit nobody is meant: a case's mail goes to no other unit's officers.
            return self.holders.get((role, unit), []) if unit is not None else []
        return self.holders.get((role, None), [])

    def acting(self, account: str, today: date, exclude: Collection[str] = ()) -> str | None:
        """Who acts for an account today: itself, or its substitute; None when that leads to nobody."""
        seen = {account}
        for _ in range(DEEPEST + 1):
            away = [s for first, last, s in self.substitutes.get(account, ()) if first <= today <= last]
            if not away and account not in exclude:
                return account if account in self.persons else None
            following = next((s for s in away if s not in seen), None)
            if following is None:
                return None
            account = following
            seen.add(account)
        return None

    def label(self, owner: str) -> Label:
        """The name of a unit or an account, for people."""
        if owner in self.units:
            return self.units[owner].label
        if owner in self.persons:
            return self.persons[owner].title
        return Label(owner, owner)


def reads_in(session: Session, address: str) -> str:
    """The language of whoever has a mailbox; Chinese, the office's own, for one that is nobody's."""
    found = select(Account.locale).where(func.lower(Account.email) == address.strip().lower(), Account.active)
    return session.scalar(found.order_by(Account.id).limit(1)) or "zh"


def load_people(session: Session, policy: Policy) -> People:
    """Read the directory. A district has a few hundred rows of it."""
    units = {
        u.id: UnitFacts(u.id, Label(u.short_zh, u.short_en), u.kind, u.active, u.successor_id)
        for u in session.execute(select(*table_of(Unit).c))
    }
    persons = {
        a.id: Person(a.id, Label(a.title_zh, a.title_en), a.unit_id, a.email, a.locale)
        for a in session.execute(select(*table_of(Account).c).where(Account.active))
    }
    holders: dict[tuple[Role, str | None], list[str]] = defaultdict(list)
    for role, account, unit in session.execute(
        select(AccountRole.role, AccountRole.account_id, AccountRole.unit_id).order_by(AccountRole.id)
    ):
        if account in persons:
            for key in {(role, unit), (role, None)}:
                holders[key].append(account)
    substitutes: dict[str, list[tuple[date, date, str]]] = defaultdict(list)
    for row in session.execute(select(*table_of(Substitution).c).order_by(Substitution.id)):
        substitutes[row.absent_id].append((row.first_day, row.last_day, row.substitute_id))
    officials, commissioners = {}, {}
    for project, official, commissioner in session.execute(
        select(Project.id, Project.lead_official_id, Project.commissioner_id)
    ):
        if official:
            officials[project] = official
        if commissioner:
            commissioners[project] = commissioner
    categories = {c.code: c.deputy for c in policy.categories.values() if c.deputy}
    return People(units, persons, dict(holders), dict(substitutes), officials, commissioners, categories)
