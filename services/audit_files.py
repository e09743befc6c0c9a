"""Verifying files: each one that the history tells of lies in the data folder with the hash that the chain has of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.files import FILES_ADDED
from models.attachment import Attachment
from models.case import Case, Event
from models.intake import Delivery
from services.audit_findings import Findings
from services.file_store import FileStore, hash_of
from services.settings import Settings

AT_ONCE = 500


def verify_files(session: Session, settings: Settings, found: Findings) -> int:
    """Hash every file, hold rows against events, and events against rows; how many files were looked at."""
    store, looked, known = FileStore(settings), 0, set()
    after = 0
    while True:
        rows = session.execute(
            select(Attachment, Case.code, Delivery.receipt)
            .outerjoin(Case, Case.id == Attachment.case_id)
            .outerjoin(Delivery, Delivery.id == Attachment.delivery_id)
            .where(Attachment.id > after)
            .order_by(Attachment.id)
            .limit(AT_ONCE)
        ).all()
        if not rows:
            break
        for row, code, receipt in rows:
            if row.removed_at is None and row.sha256 not in known:
                known.add(row.sha256)
                looked += 1
                _verify_one(store, found, row, code or f"report {receipt}")
            elif row.removed_at is not None and row.sha256 not in known and store.path(row.sha256).exists():
                _still_there(session, found, row, code or f"report {receipt}")
        after = rows[-1][0].id
        session.expunge_all()
    _verify_events(session, found)
    return looked


def _verify_one(store: FileStore, found: Findings, row: Attachment, place: str) -> None:
    try:
        stored = hash_of(store.path(row.sha256))
    except OSError:
        found.file(place, row.seq, f"its file {row.sha256[:12]} cannot be read: it is gone, or not to be opened")
        return
    if stored.sha256 != row.sha256:
        found.file(place, row.seq, f"its file {row.sha256[:12]} was changed: it gives another hash")
    elif stored.bytes != row.bytes:
        found.file(place, row.seq, f"its file {row.sha256[:12]} has {stored.bytes} bytes, and its row says {row.bytes}")


def _still_there(session: Session, found: Findings, row: Attachment, place: str) -> None:
    """A redacted file that was not removed, unless the same content belongs to something else too."""
    live = select(Attachment.id).where(Attachment.sha256 == row.sha256, Attachment.removed_at.is_(None)).limit(1)
    if session.scalar(live) is None:
        found.file(place, row.seq, f"its file {row.sha256[:12]} was redacted and still lies in the data folder")


def _verify_events(session: Session, found: Findings) -> None:
    """The chain covers the hashes in the events: rows must be those, no more and no fewer."""
    after = 0
    while True:
        events = session.execute(
            select(Event.id, Event.case_id, Event.seq, Event.facts, Case.code)
            .join(Case, Case.id == Event.case_id)
            .where(Event.action == FILES_ADDED, Event.id > after)
            .order_by(Event.id)
            .limit(AT_ONCE)
        ).all()
        if not events:
            break
        rows: dict[tuple[int | None, int | None], list[str]] = defaultdict(list)
        ids = {event.case_id for event in events}
        for case_id, seq, sha256 in session.execute(
            select(Attachment.case_id, Attachment.seq, Attachment.sha256).where(Attachment.case_id.in_(ids))
        ):
            rows[case_id, seq].append(sha256)
        for event in events:
            told: Sequence[str] = sorted(str(file["sha256"]) for file in event.facts.get("files", ()))
            if told != sorted(rows[event.case_id, event.seq]):
                found.file(event.code, event.seq, "its files are not those that are stored with it")
        after = events[-1].id
    told_of = select(Event.id).where(
        Event.case_id == Attachment.case_id, Event.seq == Attachment.seq, Event.action == FILES_ADDED
    )
    strays = select(Attachment.id, Case.code, Attachment.seq).join(Case, Case.id == Attachment.case_id)
    for number, code, seq in session.execute(strays.where(~told_of.exists()).order_by(Attachment.id)):
        found.file(code, seq, f"has file {number} of which the history tells nothing")
