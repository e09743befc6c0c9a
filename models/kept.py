"""Counts that take long, as the sweep left them for the pages that show them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class KeptCount(Base):
    """A count under its name: of which day and policy it is, when it was made (real time), and how long that took in seconds.

    Nothing is lost with a row: it is counted anew.
    """

    __tablename__ = "kept_count"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    day: Mapped[date]
    policy_version: Mapped[str] = mapped_column(String(64))
    counted_at: Mapped[datetime]
    took: Mapped[float]
    value: Mapped[dict[str, Any]]
