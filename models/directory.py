"""Who there is: units, accounts and their roles, substitutions, enterprises with their contacts, projects."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.policy import Role
from models.base import Base, words


class Unit(Base):
    """A body with a stable id; renamed or merged ones point to their successor."""

    __tablename__ = "unit"
    __table_args__ = (CheckConstraint("kind in ('department', 'utility', 'area', 'office')", name="kind_known"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    zh: Mapped[str]
    short_zh: Mapped[str]
    en: Mapped[str]
    short_en: Mapped[str]
    kind: Mapped[str] = mapped_column(String(16))
    city_level: Mapped[bool] = mapped_column(default=False)
    email: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True)
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    successor_id: Mapped[str | None] = mapped_column(ForeignKey("unit.id"))


class Account(Base):
    """A person of a unit, known by post. The mail address is where their personal links go."""

    __tablename__ = "account"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    title_zh: Mapped[str]
    title_en: Mapped[str]
    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"))
    email: Mapped[str]
    locale: Mapped[str] = mapped_column(String(8), default="zh")
    active: Mapped[bool] = mapped_column(default=True)


class AccountRole(Base):
    """A role that an account holds, in a unit where the role is a unit's."""

    __tablename__ = "account_role"
    __table_args__ = (
        UniqueConstraint("account_id", "role", "unit_id"),
        Index("ix_account_role_role_unit_id", "role", "unit_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    role: Mapped[Role] = mapped_column(words(Role, "role_known"))
    unit_id: Mapped[str | None] = mapped_column(ForeignKey("unit.id"))


class Substitution(Base):
    """Who acts for whom between two days, inclusive."""

    __tablename__ = "substitution"
    __table_args__ = (CheckConstraint("first_day <= last_day", name="days_in_order"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    absent_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    substitute_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    first_day: Mapped[date]
    last_day: Mapped[date]


class Enterprise(Base):
    """A firm, known by its unified social credit code where it gave one."""

    __tablename__ = "enterprise"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(index=True)
    name_en: Mapped[str | None]
    uscc: Mapped[str | None] = mapped_column(String(18), unique=True)


class Contact(Base):
    """A person of an enterprise by mail address; `verified_at` is when they confirmed by a mailed link."""

    __tablename__ = "contact"
    __table_args__ = (UniqueConstraint("enterprise_id", "email"), Index("ix_contact_email", "email"))

    id: Mapped[int] = mapped_column(primary_key=True)
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"))
    name: Mapped[str]
    phone: Mapped[str | None]
    email: Mapped[str | None]
    locale: Mapped[str] = mapped_column(String(8), default="zh")
    verified_at: Mapped[datetime | None]


class Project(Base):
    """A key project: its enterprise, area, commissioner and lead official."""

    __tablename__ = "project"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name_zh: Mapped[str]
    name_en: Mapped[str]
    enterprise_id: Mapped[int | None] = mapped_column(ForeignKey("enterprise.id"))
    area_id: Mapped[str | None] = mapped_column(ForeignKey("unit.id"))
    commissioner_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    lead_official_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    key_level: Mapped[str | None]
    status: Mapped[str] = mapped_column(String(16), default="active")
    facts: Mapped[dict[str, Any]]


class DirectoryChange(Base):
    """What was changed in the directory at once, by whom, with the words in which the difference was shown."""

    __tablename__ = "directory_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    command_id: Mapped[str | None] = mapped_column(String(64), unique=True)
    by: Mapped[str]
    changes: Mapped[list[Any]]
