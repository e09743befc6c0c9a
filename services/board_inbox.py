"""Reports that nobody has confirmed, deliveries that could not be read, and mails that were refused: the desk decides on each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.policy import Label
from models.case import Case
from models.intake import Delivery, DeliveryState
from models.office import Outbox, OutboxState
from notifications.names import name_of
from services.board_users import BoardUser
from services.confirmations import NOT_ASKED
from services.done_already import report_decided
from services.edits import edit_of, said_of_decision
from services.kept_problems import kept_problem
from services.office import Office
from services.page_types import Done, Edit, Pairs
from services.people import load_people
from services.receiver import replay
from services.said_lines import named, said_lines
from services.waiting_reports import accept, dismiss

MOST = 100
_WAITS = (DeliveryState.UNCONFIRMED, DeliveryState.QUARANTINED)
_LOST = Label("该来件已经处理过。", "This report was dealt with already.")


@dataclass(frozen=True, slots=True)
class InboxItem:
    """A delivery that waits for the desk. `lines` are what it says where it can be read, `body` its text where it cannot."""

    receipt: str
    received_at: datetime
    due: datetime | None
    source: str
    state: str
    problem: Label | None
    lines: Pairs = ()
    body: str = ""
    edit: Edit | None = None
    """Both versions, where it is an edit from elsewhere that waits for a clerk."""
    asked: bool = True
    """Whether its reporter was asked to confirm it; not where the address had its mails of the day."""
    enterprise: str = ""
    """Empty where it is withheld, or cannot be read."""
    title: str = ""


@dataclass(frozen=True, slots=True)
class FailedMail:
    """A mail that was finally refused."""

    id: int
    address: str
    message: Label
    case: str | None
    owed_at: datetime
    problem: str


def waiting_items(office: Office) -> tuple[InboxItem, ...]:
    """What waits for the desk, the oldest first."""
    with office.reading() as session:
        rows = session.scalars(select(Delivery).where(Delivery.state.in_(_WAITS)).order_by(Delivery.id).limit(MOST))
        return tuple(_item(office, session, row) for row in rows)


def inbox_item(office: Office, receipt: str) -> InboxItem | None:
    """One that waits, or was dealt with since; None for what was never the desk's to decide."""
    with office.reading() as session:
        row = session.scalars(select(Delivery).where(Delivery.receipt == receipt)).first()
        if row is None or (row.state not in _WAITS and row.confirmed_by is None and not row.problem):
            return None
        return _item(office, session, row, whole=True)


def _item(office: Office, session: Session, row: Delivery, *, whole: bool = False) -> InboxItem:
    due = office.time.due(row.received_at, office.policy.limits.report_waiting).at
    lines = said_lines(office, session, row, stranger=False)
    unread = row.state is DeliveryState.QUARANTINED and whole
    enterprise, title = named(row)
    edit = edit_of(session, office.policy, row) if row.state is DeliveryState.UNCONFIRMED else None
    return InboxItem(
        row.receipt, row.received_at, due if row.state is DeliveryState.UNCONFIRMED else None, row.source, row.state.value,
        kept_problem(row.problem) if edit is None and row.problem else None, lines, row.body.decode("utf-8", "replace")[:20_000] if unread else "",
        edit, NOT_ASKED not in row.flags, enterprise, title,
    )  # fmt: skip


def decide(office: Office, user: BoardUser, receipt: str, action: str) -> Done:
    """Accept or dismiss a report, or let a delivery be read again."""
    if action == "replay":
        if replay(office, [receipt]):
            return Done(True, Label("将重新读取该来件。", "It will be read again."))
        return Done(False, _LOST, already=True)
    word = {"accept": accept, "dismiss": dismiss}.get(action)
    with office.writing() as session:
        row = session.scalars(select(Delivery).where(Delivery.receipt == receipt)).first()
        if word is None or row is None:
            return Done(False, Label("没有这个操作。", "There is no such action."))
        if not word(session, office, row, user.account or "desk"):
            return report_decided(session, office, row, load_people(session, office.policy))
        return said_of_decision(action, row)


def failed_mails(office: Office) -> tuple[FailedMail, ...]:
    """Mails that were finally refused, the newest first."""
    with office.reading() as session:
        rows = session.execute(
            select(Outbox, Case.code)
            .outerjoin(Case, Case.id == Outbox.case_id)
            .where(Outbox.state == OutboxState.FAILED)
            .order_by(Outbox.id.desc())
            .limit(MOST)
        )
        return tuple(
            FailedMail(row.id, row.address, name_of(row.message), code, row.owed_at, row.problem or "")
            for row, code in rows
        )


def send_again(office: Office, ids: Sequence[int]) -> int:
    """Owe refused mails at once again; how many."""
    from services.outbox import retry  # the mail transport is loaded by who sends: the form is shown without it

    return retry(office, list(ids)) if ids else 0
