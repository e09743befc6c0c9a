"""Who reports, and for what: enterprises, contacts and projects, found by what reports say of them, or made; many at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from models.base import Base
from models.directory import Contact, Enterprise, Project
from models.rows import insert_numbered
from services.report import Report

IN_ONE_QUERY = 200


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent a report, and for which project. `flags` tell the desk what could not be found."""

    project: Project | None
    enterprise: Enterprise
    contact: Contact
    flags: tuple[str, ...]


def find_senders(session: Session, asked: Sequence[tuple[Report, datetime | None]]) -> list[Sender]:
    """The senders of reports, each with the moment at which its address was confirmed or None, in order.

    Whoever is unknown is made, once for all reports that name it. A confirmed address stays confirmed.
    """
    reports = [report for report, _ in asked]
    projects = find_projects(session, [report.project for report in reports])
    firms = _Firms(session, reports)
    enterprises = [firms.of(report) for report in reports]
    _insert(session, Enterprise, ("name", "uscc"), firms.made)
    people = _People(session, reports, enterprises)
    contacts = [people.of(firm, *one) for firm, one in zip(enterprises, asked, strict=True)]
    _insert(session, Contact, ("enterprise_id", "name", "phone", "email", "locale", "verified_at"), people.made)
    return [
        Sender(project, firm, contact, ("unknown_project",) if said and project is None else ())
        for said, project, firm, contact in zip([r.project for r in reports], projects, enterprises, contacts, strict=True)
    ]  # fmt: skip


def _insert(session: Session, entity: type[Base], names: Sequence[str], made: Sequence[Enterprise | Contact]) -> None:
    """All at once, and not one by one as a session does that wants their ids."""
    ids = insert_numbered(session, entity, [{name: getattr(one, name) for name in names} for one in made])
    for one, new_id in zip(made, ids, strict=True):
        one.id = new_id


def find_projects(session: Session, said: Sequence[str | None]) -> list[Project | None]:
    """The projects by code or name, in order; None for one that is not known."""
    names = {name for name in said if name}
    if not names:
        return [None] * len(said)
    query = select(Project).where(
        or_(
            Project.id.in_({name.upper() for name in names}),
            Project.name_zh.in_(names),
            func.lower(Project.name_en).in_({name.lower() for name in names}),
        )
    )
    known: dict[str, Project] = {}
    for project in session.scalars(query.order_by(Project.id)):
        for name in (project.name_zh, project.name_en.lower()):
            known.setdefault(name, project)
    # A code is a project's own: it goes before a name that looks like it.
    known |= {project.id: project for project in known.values()}
    return [
        None if not name else known.get(name.upper()) or known.get(name) or known.get(name.lower()) for name in said
    ]


def _pieces(values: Iterable[str]) -> Iterable[list[str]]:
    listed = sorted(values)
    return (listed[first : first + IN_ONE_QUERY] for first in range(0, len(listed), IN_ONE_QUERY))


class _Firms:
    """Enterprises by code and by name: those that are known, and those that this batch makes."""

    def __init__(self, session: Session, reports: Sequence[Report]) -> None:
        self.made: list[Enterprise] = []
        self.by_code: dict[str, Enterprise] = {}
        self.by_name: dict[str, list[Enterprise]] = defaultdict(list)
        found: dict[int, Enterprise] = {}
        for names in _pieces({report.enterprise for report in reports}):
            query = select(Enterprise).where(or_(Enterprise.name.in_(names), Enterprise.name_en.in_(names)))
            found |= {firm.id: firm for firm in session.scalars(query)}
        for codes in _pieces({report.uscc for report in reports if report.uscc}):
            query = select(Enterprise).where(Enterprise.uscc.in_(codes))
            found |= {firm.id: firm for firm in session.scalars(query)}
        for _, firm in sorted(found.items()):
            self._add(firm)

    def _add(self, firm: Enterprise) -> None:
        if firm.uscc:
            self.by_code[firm.uscc] = firm
        for name in {firm.name, firm.name_en} - {None}:
            self.by_name[str(name)].append(firm)

    def of(self, report: Report) -> Enterprise:
        """The enterprise by its code, else by its name; made when unknown."""
        firm = self.by_code.get(report.uscc) if report.uscc else None
        if firm is None:
            # A name with another code is another firm.
            named = (f for f in self.by_name[report.enterprise] if not report.uscc or f.uscc is None)
            firm = next(named, None)
        if firm is None:
            firm = Enterprise(name=report.enterprise, uscc=report.uscc)
            self.made.append(firm)
            self._add(firm)
        elif report.uscc and firm.uscc is None:
            firm.uscc = report.uscc
            self.by_code[report.uscc] = firm
        return firm


class _People:
    """Contacts by enterprise and mail address, or phone where they have none."""

    def __init__(self, session: Session, reports: Sequence[Report], firms: Sequence[Enterprise]) -> None:
        self.session = session
        self.made: list[Contact] = []
        self.known: dict[tuple[int, str | None, str | None], Contact] = {}
        ours = {firm.id for firm in firms}
        for emails in _pieces({report.email for report in reports if report.email}):
            self._add_all(select(Contact).where(Contact.email.in_(emails)), ours)
        phones = {report.phone for report in reports if not report.email}
        if phones:
            without = and_(Contact.enterprise_id.in_(ours), Contact.email.is_(None))
            self._add_all(select(Contact).where(without), ours)

    def _add_all(self, query: Select[tuple[Contact]], ours: set[int]) -> None:
        for contact in self.session.scalars(query.order_by(Contact.id)):
            if contact.enterprise_id in ours:
                self.known.setdefault(_key(contact.enterprise_id, contact.email, contact.phone), contact)

    def of(self, firm: Enterprise, report: Report, confirmed_at: datetime | None) -> Contact:
        """The reporter; made when unknown."""
        key = _key(firm.id, report.email, report.phone)
        contact = self.known.get(key)
        if contact is None:
            contact = self.known[key] = Contact(
                enterprise_id=firm.id, name=report.contact, phone=report.phone, email=report.email, locale=report.locale,
                verified_at=confirmed_at,
            )  # fmt: skip
            self.made.append(contact)
        elif confirmed_at is not None and contact.verified_at is None:
            contact.verified_at = confirmed_at
        return contact


def _key(enterprise: int, email: str | None, phone: str | None) -> tuple[int, str | None, str | None]:
    return enterprise, email, None if email else phone
