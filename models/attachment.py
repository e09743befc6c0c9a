"""Files that people added to a report or a case: what is known of each; their bytes lie in the data folder by SHA-256."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from domain.files import FileKind
from models.base import Base, words


class Attachment(Base):
    """One file. It belongs to a delivery until that becomes a case; then `seq` is the event that tells of it.

    `contact` or `account` is who added it, `action` with what. `removed_at` is set when a redaction took name and bytes away.
    """

    __tablename__ = "attachment"
    __table_args__ = (
        CheckConstraint("delivery_id is not null or case_id is not null", name="belongs_somewhere"),
        CheckConstraint("(case_id is null) = (seq is null)", name="case_has_event"),
        Index("ix_attachment_case_id", "case_id", "seq"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[FileKind] = mapped_column(words(FileKind, "kind_known"))
    bytes: Mapped[int]
    added_at: Mapped[datetime]
    action: Mapped[str] = mapped_column(String(32))
    delivery_id: Mapped[int | None] = mapped_column(ForeignKey("delivery.id"), index=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"))
    seq: Mapped[int | None]
    account_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))
    removed_at: Mapped[datetime | None]
