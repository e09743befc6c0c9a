"""Writing the directory: units, people, roles, enterprises and projects from their files, again and again the same."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models.directory import Account, AccountRole, Contact, Enterprise, Project, Unit
from services.directory_file import DirectoryFile, ProjectsFile


def store_directory(session: Session, file: DirectoryFile) -> tuple[int, int]:
    """Write units and accounts over what is there; (units, accounts) in the file. Nothing is deleted but roles no longer held."""
    for row in file.units:
        values: dict[str, Any] = {
            "zh": row.zh, "short_zh": row.short_zh, "en": row.en, "short_en": row.short_en, "kind": row.type.value,
            "city_level": row.city_level, "email": row.email, "active": row.active,
        }  # fmt: skip
        _merge(session, Unit, row.id, values)
    session.flush()
    for row in file.units:
        if row.successor:
            _merge(session, Unit, row.id, {"successor_id": row.successor})
    for account in file.accounts:
        values = {
            "title_zh": account.title.zh, "title_en": account.title.en, "unit_id": account.unit, "email": account.email,
            "locale": account.locale, "active": account.active,
        }  # fmt: skip
        _merge(session, Account, account.id, values)
    session.flush()
    for account in file.accounts:
        session.execute(delete(AccountRole).where(AccountRole.account_id == account.id))
        for held in account.roles:
            session.add(AccountRole(account_id=account.id, role=held.role, unit_id=held.unit))
    session.flush()
    return len(file.units), len(file.accounts)


def _merge(session: Session, table: type[Any], key: str, values: dict[str, Any]) -> None:
    row = session.get(table, key)
    if row is None:
        session.add(table(id=key, **values))
        return
    for name, value in values.items():
        setattr(row, name, value)


def store_projects(session: Session, file: ProjectsFile, now: Any) -> int:
    """Write projects with their enterprises and contacts; how many."""
    for row in file.projects:
        firm = session.scalars(select(Enterprise).where(Enterprise.uscc == row.enterprise.uscc)).first()
        if firm is None:
            firm = Enterprise(name=row.enterprise.name.zh, name_en=row.enterprise.name.en, uscc=row.enterprise.uscc)
            session.add(firm)
            session.flush()
        contact = session.scalars(
            select(Contact).where(Contact.enterprise_id == firm.id, Contact.email == row.enterprise.email)
        ).first()
        if contact is None:
            locale = row.enterprise.locale
            session.add(Contact(
                enterprise_id=firm.id, name=row.enterprise.contact.in_(locale), email=row.enterprise.email, locale=locale,
                verified_at=now,
            ))  # fmt: skip
        facts = {"signed_on": row.signed_on.isoformat(), "industry_zh": row.industry_zh, **row.facts}
        values = {
            "name_zh": row.name.zh, "name_en": row.name.en, "enterprise_id": firm.id, "area_id": row.area,
            "commissioner_id": row.commissioner, "lead_official_id": row.lead_official, "key_level": row.key_level,
            "status": row.status, "facts": {k: str(v) if hasattr(v, "isoformat") else v for k, v in facts.items()},
        }  # fmt: skip
        _merge(session, Project, row.code, values)
    session.flush()
    return len(file.projects)
