"""Files with reports and actions: taken and checked, recorded in a case's history, listed for who may have them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import exists, func, insert, select, update
from sqlalchemy.orm import Session

from domain.case import Actor
from domain.draft import Draft
from domain.files import FILES_ADDED, FileKind, FileRules
from domain.lifecycle import ApprovalKind, Party
from domain.refusals import FieldRefused, need, wrong
from models.attachment import Attachment
from models.case import Approval, Case
from models.engine import hold
from models.intake import Delivery, DeliveryState, Trust
from services.board_users import BoardUser
from services.case_files import Surroundings, load_cases
from services.casebook import Casebook
from services.casebook_write import as_they_are, write_drafts
from services.file_store import FileStore, FileTooLarge
from services.file_types import clean_name, kind_of
from services.identities import unheard_by
from services.links import Grant, resolve
from services.office import Office
from services.page_types import FileLine
from services.report import said_of

FIELD = "files"


@dataclass(frozen=True, slots=True)
class HeldFile:
    """A file that was sent and checked, held until what it came with is done. `bytes` is its size."""

    sha256: str
    name: str
    kind: FileKind
    bytes: int


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of the files of one form: those that are good, and what is wrong with the first that is not."""

    files: tuple[HeldFile, ...]
    refused: FieldRefused | None = None


# -- taking ------------------------------------------------------------------------------------------------------------


def take(office: Office, sent: Sequence[tuple[str, BinaryIO]], kept: Sequence[HeldFile] = ()) -> Taken:
    """Hold and check what a form sent as (name, content), beside what was `kept` of its try before. Raises FilesUnavailable."""
    rules, store = office.policy.form.files, FileStore(office.settings)
    good: dict[str, HeldFile] = {}
    refused: FieldRefused | None = None
    for file in kept:
        if store.there(file.sha256):
            good[file.sha256] = file
        else:
            refused = refused or need(FIELD, f"“{file.name}” was held for an hour; choose it again")
    for said, content in sent:
        try:
            file = _take_one(store, rules, clean_name(said), content)
        except FieldRefused as problem:
            refused = refused or problem
            continue
        good[file.sha256] = file
    files = tuple(good.values())
    if len(files) > rules.most:
        refused = refused or wrong(FIELD, f"{len(files)} files were sent; at most {rules.most} are taken at once")
    return Taken(files[: rules.most], refused)


def _take_one(store: FileStore, rules: FileRules, name: str, content: BinaryIO) -> HeldFile:
    try:
        stored = store.hold(content, rules.bytes)
    except FileTooLarge:
        raise wrong(FIELD, f"“{name}” is larger than {rules.megabytes} MB") from None
    path = store.held_path(stored.sha256)
    try:
        if not stored.bytes:
            raise wrong(FIELD, f"“{name}” is empty")
        return HeldFile(stored.sha256, name, kind_of(path, name, rules.kinds), stored.bytes)
    except FieldRefused:
        path.unlink(missing_ok=True)
        raise


def room_for_strangers(office: Office) -> bool:
    """Whether the public form takes files now: what nobody has confirmed may take no more than the policy says."""
    with office.reading() as session:
        waiting = session.scalar(
            select(func.sum(Attachment.bytes))
            .join(Delivery, Delivery.id == Attachment.delivery_id)
            .where(Delivery.state.in_((DeliveryState.UNCONFIRMED, DeliveryState.DISMISSED)))
        )
    used = (waiting or 0) + FileStore(office.settings).held_bytes()
    return int(used) < office.policy.form.files.unconfirmed_megabytes * 1_000_000


# -- recording ---------------------------------------------------------------------------------------------------------


def add_to_delivery(session: Session, office: Office, delivery_id: int, files: Sequence[HeldFile]) -> None:
    """Let files go with a report, in the transaction that stores it. Raises FilesUnavailable."""
    _keep(session, office, files)
    session.execute(
        insert(Attachment),
        [_row(f, "reported", office.now()) | {"delivery_id": delivery_id} for f in files],
    )


def add_to_case(
    office: Office, book: Casebook, case_id: int, actor: Actor, action: str, files: Sequence[HeldFile]
) -> None:
    """Record files that came with an action, in its transaction. Raises FilesUnavailable."""
    _keep(book.session, office, files)
    named = [_row(f, action, book.now) for f in files]
    seq = _record(book, {case_id: (actor, action, named)})[case_id]
    who = {"account_id": actor.account, "contact_id": actor.contact}
    book.session.execute(insert(Attachment), [row | who | {"case_id": case_id, "seq": seq} for row in named])


def adopt(book: Casebook, rows: Collection[Delivery]) -> None:
    """Let the files of reports go over to the cases that these have just become."""
    became = {row.id: row for row in rows if row.case_id is not None}
    if not became:
        return
    found = book.session.scalars(
        select(Attachment)
        .where(Attachment.delivery_id.in_(became), Attachment.case_id.is_(None), Attachment.removed_at.is_(None))
        .order_by(Attachment.id)
    ).all()
    by_case: dict[int, list[Attachment]] = defaultdict(list)
    for file in found:
        by_case[became[file.delivery_id or 0].case_id or 0].append(file)
    if not by_case:
        return
    told = {}
    for case_id, files in by_case.items():
        delivery = became[files[0].delivery_id or 0]
        told[case_id] = (_sender(book, delivery), "reported", [_said(file) for file in files])
    contacts = {row.case_id: row.contact_id for row in became.values()}
    for case_id, seq in _record(book, told).items():
        contact = contacts[case_id]
        book.session.execute(
            update(Attachment)
            .where(Attachment.id.in_([file.id for file in by_case[case_id]]))
            .values(case_id=case_id, seq=seq, contact_id=contact)
            .execution_options(synchronize_session=False)
        )


def _sender(book: Casebook, delivery: Delivery) -> Actor:
    """Who sent a report's files: its reporter, or the clerk who registered it for them."""
    if delivery.trust is not Trust.DESK:
        return Actor(Party.ENTERPRISE, "form", contact=delivery.contact_id)
    try:
        by = said_of(delivery).get("by")
    except FieldRefused:
        by = None
    account = str(by) if by in book.people.persons else None
    return Actor(Party.CLERK, delivery.source, account=account, asserted=account is None)


def _record(book: Casebook, told: dict[int, tuple[Actor, str, list[dict[str, object]]]]) -> dict[int, int]:
    """Write the history's line on files for each case; its number by case."""
    cases = load_cases(book.session, list(told))
    before = as_they_are(cases)
    place = Surroundings(book.session, book.people, book.in_force, cases)
    drafts = []
    for case_id, (actor, action, files) in told.items():
        draft = Draft(cases[case_id], book.now, actor, book.policy, book.time, place)
        facts = [{"sha256": f["sha256"], "bytes": f["bytes"], "kind": str(f["kind"])} for f in files]
        draft.record(FILES_ADDED, {"with": action, "files": facts}, names="; ".join(str(f["name"]) for f in files))
        drafts.append(draft)
    write_drafts(book, before, drafts)
    return {case_id: case.seq for case_id, case in cases.items()}


def _row(file: HeldFile, action: str, now: datetime) -> dict[str, object]:
    return {
        "sha256": file.sha256, "name": file.name, "kind": file.kind, "bytes": file.bytes, "added_at": now, "action": action
    }  # fmt: skip


def _said(file: Attachment) -> dict[str, object]:
    return {"sha256": file.sha256, "name": file.name, "kind": file.kind.value, "bytes": file.bytes}


def _keep(session: Session, office: Office, files: Sequence[HeldFile]) -> None:
    store = FileStore(office.settings)
    for sha256 in sorted({file.sha256 for file in files}):
        hold(session, f"file {sha256}")
        store.keep(sha256)


# -- removing ----------------------------------------------------------------------------------------------------------


def blank(session: Session, case_id: int, seq: int, now: datetime) -> list[str]:
    """Take the names of an event's files away, in the transaction of its redaction; the hashes to remove afterwards."""
    mine = (Attachment.case_id == case_id, Attachment.seq == seq, Attachment.removed_at.is_(None))
    hashes = list(session.scalars(select(Attachment.sha256).where(*mine)))
    session.execute(
        update(Attachment).where(*mine).values(name="", removed_at=now).execution_options(synchronize_session=False)
    )
    return hashes


def remove_bytes(office: Office, hashes: Collection[str]) -> None:
    """Remove files that nothing names any more. After the redaction is committed: a rolled back one must not lose a file."""
    for sha256 in sorted(set(hashes)):
        with office.writing() as session:
            # Who adds the same content meanwhile waits, and writes it again.
            hold(session, f"file {sha256}")
            if not session.scalar(select(exists().where(Attachment.sha256 == sha256, Attachment.removed_at.is_(None)))):
                FileStore(office.settings).remove(sha256)


# -- listing -----------------------------------------------------------------------------------------------------------


def files_of(session: Session, case_id: int | None, delivery_id: int | None = None) -> tuple[FileLine, ...]:
    """The files of a case, or of a report that is none yet, in the order in which they came."""
    where = Attachment.case_id == case_id if case_id is not None else Attachment.delivery_id == delivery_id
    rows = session.scalars(select(Attachment).where(where, Attachment.removed_at.is_(None)).order_by(Attachment.id))
    return tuple(_line(row) for row in rows)


def files_for_reporter(session: Session, case_id: int, contact: int | None) -> tuple[FileLine, ...]:
    """What a reporter may have: what was sent by those whose words they see, and what went with a reply once it was signed."""
    unheard = unheard_by(session, case_id, contact)
    signed = set(
        session.scalars(
            select(Approval.asked_at).where(
                Approval.case_id == case_id, Approval.state == "granted",
                Approval.kind.in_((ApprovalKind.SIGN_OFF, ApprovalKind.DELIVERY)),
            )
        )
    )  # fmt: skip
    rows = session.scalars(
        select(Attachment).where(Attachment.case_id == case_id, Attachment.removed_at.is_(None)).order_by(Attachment.id)
    )
    return tuple(
        _line(row)
        for row in rows
        if (row.contact_id is not None and row.contact_id not in unheard)
        or (row.action in ("reply", "deliver") and row.added_at in signed)
    )


def files_behind(session: Session, grant: Grant) -> tuple[FileLine, ...]:
    """The files that the holder of a personal link may have."""
    if grant.account is not None:
        return files_of(session, grant.case_id, grant.delivery_id)
    if grant.party is not Party.ENTERPRISE:
        return ()
    if grant.case_id is not None:
        return files_for_reporter(session, grant.case_id, grant.contact)
    # Whoever sent the report may not be whose address it names; the mailed link alone shows what it says.
    mailed = grant.link_id is not None
    return files_of(session, None, grant.delivery_id) if mailed and grant.delivery_id is not None else ()


def file_behind(office: Office, token: str, number: int, *, officer: bool) -> tuple[FileLine, Path] | None:
    """A file for the holder of a personal link; None where there is none for them. Raises LinkRefused."""
    with office.reading() as session:
        grant = resolve(session, token, office.real_now())
        if (grant.account is not None) is not officer:
            return None
        if grant.case_id is None and not officer:
            grant = of_case(session, grant)
        return _one(office, files_behind(session, grant), number)


def file_on_board(office: Office, user: BoardUser, code: str, number: int) -> tuple[FileLine, Path] | None:
    """A file for who signs in to the board: for the desk, as the texts of a case are."""
    with office.reading() as session:
        case_id = session.scalar(select(Case.id).where(Case.code == code))
        if case_id is None or not user.desk:
            return None
        return _one(office, files_of(session, case_id), number)


def of_case(session: Session, grant: Grant) -> Grant:
    """The grant of a report's link, for the case that the report has become since."""
    delivery = session.get(Delivery, grant.delivery_id) if grant.delivery_id is not None else None
    if delivery is None or delivery.case_id is None:
        return grant
    return Grant(grant.link_id, delivery.case_id, delivery.id, None, delivery.contact_id, grant.party, None, None, None)


def _one(office: Office, lines: Sequence[FileLine], number: int) -> tuple[FileLine, Path] | None:
    line = next((line for line in lines if line.id == number), None)
    if line is None:
        return None
    path = FileStore(office.settings).path(line.sha256)
    return (line, path) if path.is_file() else None


def _line(row: Attachment) -> FileLine:
    return FileLine(row.id, row.name, row.kind, row.bytes, row.sha256, row.added_at, row.action)
