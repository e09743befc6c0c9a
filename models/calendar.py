"""The office's calendar, one row a day; edited by the office where a package lags behind."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class CalendarDay(Base):
    """A day: its sessions as JSON text ([["08:30", "12:00"], …]; empty on a free day), whether its year is announced."""

    __tablename__ = "calendar_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    sessions: Mapped[str]
    announced: Mapped[bool]
    source: Mapped[str]
