"""The outbox: claim what is owed, send it, mark it; no transaction is open while the mail server is spoken to."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import zip_longest
from typing import Any

from sqlalchemy import bindparam, case, update

from models.engine import writing_rows
from models.office import Outbox, OutboxState
from notifications.dialogue import Meanwhile
from notifications.notifier import MAIL, UNMAKEABLE, Notifier, Parcel
from notifications.transport import BadCaFile, BadSmtpUrl, Refused, Transport, Unreachable
from services.channels import desk_of, notifier
from services.office import Office
from services.outbox_claim import LEASE, Letter, claim
from services.outbox_due import owed
from services.outbox_parcel import BUNDLE, parcel_of
from services.refused_mail import tell_operator

__all__ = ["LEASE", "Delivered", "claim", "deliver", "owed", "retry"]

_WENT = (
    update(Outbox)
    .where(Outbox.id == bindparam("one"), Outbox.state == OutboxState.OWED)
    .values(leased_by=None, state=OutboxState.SENT, sent_at=bindparam("at"), problem=None, attempts=bindparam("tries"))
)

Put = tuple[Parcel | None, dict[int, str]]

SEND_WITHIN = 30.0
"""Seconds after the claim in which a send may begin: it ends well inside the lease, so that no other worker sends it too."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a batch came to, counted in mails. `messages` are (name, outbox id, "account" or "reporter") of those sent; the
    name of several messages that went as one mail is "bundle".
    """

    sent: int
    deferred: int
    failed: int
    messages: tuple[tuple[str, int, str], ...]


@dataclass(slots=True)
class _Tally:
    sent: list[Letter] = field(default_factory=list)
    deferred: int = 0
    failed: int = 0
    settled: set[int] = field(default_factory=set)
    """The letters of which is known what became of them, by their ids."""


@dataclass(slots=True)
class _Batch:
    """One delivery under way.

    That a mail went is written down, in a thread, while the server considers the sender and the recipient of the next one, and is
    durable before that one's body is given to it: whoever dies in between leaves one mail that may come twice, never two.
    """

    office: Office
    ways: Notifier
    marks: ThreadPoolExecutor
    tally: _Tally = field(default_factory=_Tally)
    marking: Future[None] | None = None
    """The mark of what went last, on its way."""
    written: tuple[Letter, Put] | None = None

    def went(self, letter: Letter, ids: Sequence[int]) -> None:
        """Begin to mark what went."""
        self.settle()
        now, tries = self.office.now(), letter.attempts + 1
        rows = [{"one": one, "at": now, "tries": tries} for one in ids]
        self.marking = self.marks.submit(_mark_sent, self.office, rows)
        self.tally.sent.append(letter)

    def settle(self) -> None:
        """Wait until what went is marked."""
        marking, self.marking = self.marking, None
        if marking is not None:
            marking.result()

    def write_ahead(self, letter: Letter | None) -> Iterator[None]:
        """Make the next mail ready, in pieces; what is wrong with it shows at its turn."""
        if letter is not None and letter.channel == MAIL:
            with suppress(Exception):
                self.written = letter, self.put(letter)
                parcel = self.written[1][0]
                if parcel is not None:
                    yield from self.ways.write_ahead(parcel)

    def put(self, letter: Letter) -> Put:
        """The letter as a parcel, and which of its messages cannot be a part of it."""
        if self.written is not None and self.written[0] is letter:
            return self.written[1]
        return parcel_of(letter, desk_of(self.office).line, self.office.today().isoformat())


def deliver(office: Office, limit: int = 50, connect: Callable[[Office], Transport] | None = None) -> Delivered:
    """Send at most `limit` mails, what goes by one channel over one connection."""
    holder = secrets.token_hex(8)
    letters = claim(office, holder, limit)
    began = time.monotonic()
    with notifier(office, connect) as ways, ThreadPoolExecutor(1, "marks") as marks:
        batch = _Batch(office, ways, marks)
        try:
            _send_all(batch, letters, began)
        finally:
            batch.settle()
    tally = batch.tally
    _give_back(office, holder, [letter for letter in letters if letter.id not in tally.settled])
    if tally.failed:
        tell_operator(office)
    return Delivered(
        len(tally.sent), tally.deferred, tally.failed,
        tuple(
            (BUNDLE if len(one.parts) > 1 else one.parts[0].message, one.id, "reporter" if one.to_reporter else "account")
            for one in tally.sent
        ),
    )  # fmt: skip


def _send_all(batch: _Batch, letters: Sequence[Letter], began: float) -> None:
    office, tally = batch.office, batch.tally
    gone: str | None = None
    for letter, following in zip_longest(letters, letters[1:]):
        if time.monotonic() - began > SEND_WITHIN:
            break
        if letter.channel == MAIL:
            gone = gone or _closed(batch.ways)
            if gone is not None:
                # Nothing is known to be wrong with the message: it waits, and is never given up for it.
                _wait(office, letter, gone, kept=not letter.fresh, away=True)
                tally.settled.add(letter.id)
                tally.deferred += 1
                continue
        try:
            _send(batch, letter, Meanwhile(batch.settle, batch.write_ahead(following)))
        except Unreachable as problem:
            # It may have arrived all the same: whatever comes again comes as it was.
            _wait(office, letter, problem.text, kept=True)
            tally.settled.add(letter.id)
            tally.deferred += 1
            gone = problem.text


def _closed(ways: Notifier) -> str | None:
    """Why the mail server cannot be spoken to; None if it can."""
    try:
        ways.channel(MAIL)
    except (Unreachable, BadSmtpUrl, BadCaFile) as problem:
        return str(problem)
    return None


def _send(batch: _Batch, letter: Letter, meanwhile: Meanwhile) -> None:
    office, tally = batch.office, batch.tally
    parcel, broken = batch.put(letter)
    for part, problem in broken.items():
        _mark(office, [part], state=OutboxState.FAILED, problem=problem)
        tally.failed += 1
    ids = [part for part in letter.ids if part not in broken]
    try:
        verdict = batch.ways.send(parcel, meanwhile) if parcel is not None else None
    except UNMAKEABLE as problem:
        _mark(office, ids, state=OutboxState.FAILED, problem=str(problem))
        tally.settled.add(letter.id)
        tally.failed += 1
        return
    tally.settled.add(letter.id)
    if parcel is None:
        return
    if verdict is None:
        batch.went(letter, ids)
    elif _defer(office, letter, verdict):
        tally.deferred += 1
    else:
        tally.failed += 1


def _mark_sent(office: Office, rows: Sequence[dict[str, Any]]) -> None:
    with writing_rows(office.engine) as connection:
        connection.execute(_WENT, rows)


def _mark(office: Office, ids: Collection[int], **values: Any) -> None:
    with office.writing() as session:
        session.execute(
            update(Outbox)
            .where(Outbox.id.in_(ids), Outbox.state == OutboxState.OWED)
            .values(leased_by=None, **values)
            .execution_options(synchronize_session=False)
        )


def _defer(office: Office, letter: Letter, verdict: Refused) -> bool:
    """Put a refused message off, or give it up when the refusal is permanent or the tries are used; whether it is put off."""
    problem = f"{verdict.code or ''} {verdict.text}".strip()
    if verdict.permanent or letter.attempts >= len(office.policy.mail.retry_minutes):
        _mark(office, letter.ids, state=OutboxState.FAILED, problem=problem, attempts=letter.attempts + 1)
        return False
    _wait(office, letter, problem, kept=True)
    return True


def _wait(office: Office, letter: Letter, problem: str, *, kept: bool, away: bool = False) -> None:
    """Put a letter off; `kept` as it is, else to be put together anew.

    That the server is `away` is no try of the letter: it waits the shortest time, however often others of its reader come and ask.
    """
    retries = office.policy.mail.retry_minutes
    attempts = max(1, letter.attempts) if away else letter.attempts + 1
    minutes = retries[0] if away else retries[min(letter.attempts, len(retries) - 1)]
    values = {} if kept else {"mail_id": None}
    _mark(
        office, letter.ids, not_before=office.now() + timedelta(minutes=minutes), attempts=attempts,
        problem=problem, **values,
    )  # fmt: skip


def _give_back(office: Office, holder: str, letters: Sequence[Letter]) -> None:
    """What was claimed and not tried is owed at once again, and what was only put together now is taken apart."""
    fresh = [i for letter in letters if letter.fresh for i in letter.ids]
    with office.writing() as session:
        session.execute(
            update(Outbox)
            .where(Outbox.leased_by == holder, Outbox.state == OutboxState.OWED)
            .values(
                leased_by=None,
                not_before=office.now(),
                mail_id=case((Outbox.id.in_(fresh), None), else_=Outbox.mail_id),
            )
            .execution_options(synchronize_session=False)
        )


def retry(office: Office, ids: Sequence[int] | None = None) -> int:
    """Owe failed or deferred messages at once again; how many. A failed one goes by itself, or with what waits then."""
    query = update(Outbox).where(Outbox.state.in_((OutboxState.FAILED, OutboxState.OWED)), Outbox.leased_by.is_(None))
    if ids:
        query = query.where(Outbox.id.in_(ids))
    # What nobody refused may have arrived: it keeps the Message-ID that it went out with.
    apart = case((Outbox.state == OutboxState.FAILED, None), else_=Outbox.mail_id)
    with office.writing() as session:
        done = session.execute(
            query.values(state=OutboxState.OWED, not_before=office.now(), attempts=0, mail_id=apart).execution_options(
                synchronize_session=False
            )
        )
        return int(getattr(done, "rowcount", 0))
