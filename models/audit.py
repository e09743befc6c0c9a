"""The daily digest of all heads: what the history was on a day, so that a tail cut later or a case gone shows."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class HeadDigest(Base):
    """One office day: `digest` covers the heads that moved since the day before, and `previous`, so all heads."""

    __tablename__ = "head_digest"

    day: Mapped[date] = mapped_column(primary_key=True)
    made_at: Mapped[datetime]
    cases: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    previous: Mapped[str] = mapped_column(String(64))


class HeadLine(Base):
    """A case's head on a day on which it stood further than in the digest before."""

    __tablename__ = "head_line"

    # By its code, without a foreign key: a line must outlive the case that it proves.
    code: Mapped[str] = mapped_column(String(32), primary_key=True)
    day: Mapped[date] = mapped_column(ForeignKey("head_digest.day"), primary_key=True, index=True)
    seq: Mapped[int]
    head: Mapped[str] = mapped_column(String(64))
