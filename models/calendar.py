"""The office's calendar, one row a day; edited by the office where a package lags behind; and each version that counted."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class CalendarDay(Base):
    """A day: its sessions as JSON text ([["08:30", "12:00"], …]; empty on a free day), whether its year is announced."""

    __tablename__ = "calendar_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    sessions: Mapped[str]
    announced: Mapped[bool]
    source: Mapped[str]


class CalendarVersion(Base):
    """A calendar as it once counted, never changed: deadlines are reckoned again by the version that they were made by.

    `days` is the whole table in short (`services.calendar_versions`), `edits` the office's own CSV of that time.
    """

    __tablename__ = "calendar_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    adopted_at: Mapped[datetime]
    by: Mapped[str]
    why: Mapped[str]
    zone: Mapped[str]
    days: Mapped[str]
    edits: Mapped[str]
