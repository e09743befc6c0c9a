"""Who reports, and for what: enterprises, contacts and projects, found by what a report says of them, or made."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from models.directory import Contact, Enterprise, Project
from services.report import Report


def find_project(session: Session, said: str | None) -> tuple[Project | None, tuple[str, ...]]:
    """The project by code or name; an unknown one is kept as said and flagged for the desk."""
    if not said:
        return None, ()
    found = session.scalars(
        select(Project).where(
            or_(Project.id == said.upper(), Project.name_zh == said, func.lower(Project.name_en) == said.lower())
        )
    ).first()
    return (found, ()) if found is not None else (None, ("unknown_project",))


def find_enterprise(session: Session, report: Report, project: Project | None) -> Enterprise:
    """The enterprise by its code, else by its name; made when unknown."""
    found = None
    if report.uscc:
        found = session.scalars(select(Enterprise).where(Enterprise.uscc == report.uscc)).first()
    if found is None:
        query = select(Enterprise).where(
            or_(Enterprise.name == report.enterprise, Enterprise.name_en == report.enterprise)
        )
        if report.uscc:
            # A name with another code is another firm.
            query = query.where(Enterprise.uscc.is_(None))
        found = session.scalars(query.order_by(Enterprise.id)).first()
    if found is None:
        found = Enterprise(name=report.enterprise, uscc=report.uscc)
        session.add(found)
        session.flush()
    elif report.uscc and found.uscc is None:
        found.uscc = report.uscc
        session.flush()
    return found


def find_contact(session: Session, enterprise: Enterprise, report: Report, verified_at: datetime | None) -> Contact:
    """The reporter by enterprise and mail address; made when unknown. A confirmed address stays confirmed."""
    found = session.scalars(
        select(Contact).where(Contact.enterprise_id == enterprise.id, Contact.email == report.email)
        if report.email
        else select(Contact).where(
            Contact.enterprise_id == enterprise.id, Contact.email.is_(None), Contact.phone == report.phone
        )
    ).first()
    if found is None:
        found = Contact(
            enterprise_id=enterprise.id, name=report.contact, phone=report.phone, email=report.email, locale=report.locale,
            verified_at=verified_at,
        )  # fmt: skip
        session.add(found)
        session.flush()
    elif verified_at is not None and found.verified_at is None:
        found.verified_at = verified_at
        session.flush()
    return found
