"""The outbox: what is owed is sent once, put off when the server says so, and never lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from email import message_from_bytes

import pytest
from aiosmtpd.smtp import SMTP, Envelope
from sqlalchemy import event, select, update
from sqlalchemy.exc import OperationalError

from models.office import AccessLink, Outbox, OutboxState
from services.form import submit_form
from services.office import Office
from services.outbox import LEASE, Delivered, claim, deliver, owed, retry
from tests.everything import everything
from tests.notifications.conftest import MailServer

REPORT = {
    "enterprise": "禾城新客科技有限公司", "contact": "王先生", "email": "new@example.com", "category": "power", "severity": "1",
    "title": "临时用电不足", "detail": "",
}  # fmt: skip


@pytest.fixture
def server(office: Office) -> Iterator[MailServer]:
    """A real mail server that the office sends to."""
    made = MailServer()
    made.start()
    office.settings.smtp_url = made.url()
    yield made
    made.stop()


def owe(office: Office, count: int) -> None:
    """Owe `count` mails, each to an address of its own."""
    for n in range(count):
        submit_form(office, REPORT | {"email": f"new{n}@example.com", "nonce": f"n-{n}"}, "zh")


def rows(office: Office) -> list[Outbox]:
    """The outbox, oldest first."""
    with office.reading() as session:
        return list(session.scalars(select(Outbox).order_by(Outbox.id)))


def recipients(server: MailServer) -> list[str]:
    """Who got mail, in order."""
    return [to for _, found, _ in server.received for to in found]


def test_what_is_owed_is_sent_once_over_one_connection(office: Office, server: MailServer) -> None:
    """Five mails, one login, all marked; afterwards nothing is owed."""
    owe(office, 5)
    assert owed(office)
    assert deliver(office).sent == 5
    assert not owed(office)
    assert deliver(office) == Delivered(0, 0, 0, ())
    assert sorted(recipients(server)) == [f"new{n}@example.com" for n in range(5)]
    assert {r.state for r in rows(office)} == {OutboxState.SENT}


def test_a_mail_server_that_is_down_loses_nothing(
    office: Office, server: MailServer, at: Callable[[str], datetime]
) -> None:
    """Nothing is owed "now" until a minute has passed, so that nobody hammers; then all is sent."""
    url = office.settings.smtp_url
    office.settings.smtp_url = "smtp://127.0.0.1:1"
    owe(office, 3)
    assert deliver(office).deferred == 3
    assert not owed(office)
    assert all(r.problem and r.attempts == 1 for r in rows(office))
    office.settings.smtp_url = url
    at("2026-07-16 10:02")
    assert owed(office)
    assert deliver(office).sent == 3


def test_no_number_of_failed_connections_gives_a_mail_up(office: Office) -> None:
    """A server that is away for days says nothing against the messages."""
    office.settings.smtp_url = "smtp://127.0.0.1:1"
    owe(office, 1)
    for _ in range(12):
        deliver(office)
        office.fixed = office.now() + timedelta(days=1)
    assert [r.state for r in rows(office)] == [OutboxState.OWED]


def test_whoever_is_written_to_often_while_the_server_is_away_waits_no_longer_for_it(
    office: Office, server: MailServer
) -> None:
    """Each new mail of a reader asks again for those that wait: none of them is put off further, and all go a minute after the last."""
    url = office.settings.smtp_url
    office.settings.smtp_url = "smtp://127.0.0.1:1"
    for n in range(4):
        submit_form(office, REPORT | {"nonce": f"n-{n}"}, "zh")
        assert deliver(office).deferred >= 1
    assert {r.attempts for r in rows(office)} == {1}
    office.settings.smtp_url = url
    office.fixed = office.now() + timedelta(minutes=1)
    deliver(office)
    assert {r.state for r in rows(office)} == {OutboxState.SENT}
    assert not owed(office)


def test_a_temporary_refusal_is_tried_again_after_1_5_30_120_480_minutes_then_given_up(
    office: Office, server: MailServer
) -> None:
    """The policy's steps, by the clock."""
    server.on_rcpt = lambda _: "450 try later"
    owe(office, 1)
    waits = []
    for _ in range(5):
        assert deliver(office).deferred == 1
        [row] = rows(office)
        waits.append(round((row.not_before - office.now()).total_seconds() / 60))
        office.fixed = row.not_before
    assert waits == [1, 5, 30, 120, 480]
    assert deliver(office).failed == 1
    assert rows(office)[0].state is OutboxState.FAILED


def test_a_permanent_refusal_of_one_does_not_hold_up_the_others(office: Office, server: MailServer) -> None:
    """The refused one is final with the server's words; the others arrive."""
    server.on_rcpt = lambda to: "550 no such user" if to == "new1@example.com" else None
    owe(office, 3)
    done = deliver(office)
    assert (done.sent, done.failed) == (2, 1)
    [failed] = [r for r in rows(office) if r.state is OutboxState.FAILED]
    assert "no such user" in (failed.problem or "")
    assert sorted(recipients(server)) == ["new0@example.com", "new2@example.com"]


def test_a_failed_mail_can_be_owed_again(office: Office, server: MailServer) -> None:
    """The operator's retry sends it, with the same Message-ID."""
    server.on_rcpt = lambda _: "550 mailbox unavailable"
    owe(office, 1)
    deliver(office)
    before = rows(office)[0].message_id
    server.on_rcpt = None
    assert retry(office, [rows(office)[0].id]) == 1
    # The operator is told of the refusal beside it.
    assert deliver(office).sent == 2
    assert message_from_bytes(server.received[0][2])["Message-ID"] == before


def test_a_mail_is_marked_before_the_next_one_is_given_to_the_server(office: Office, server: MailServer) -> None:
    """Whoever dies at any moment leaves one mail that may come twice, never two: when a body arrives, all before it are marked."""
    owe(office, 4)
    marked: list[int] = []

    async def look(smtp: SMTP, envelope: Envelope) -> None:
        marked.append(sum(row.state is OutboxState.SENT for row in rows(office)))

    server.on_data = look
    assert deliver(office).sent == 4
    assert marked == [0, 1, 2, 3]


def test_a_mail_whose_mark_cannot_be_written_is_the_last_one_given_to_the_server(
    office: Office, server: MailServer
) -> None:
    """A full disk must not turn into a pile of mails that all come again: the next one is only announced, not sent."""
    owe(office, 3)
    full = False

    async def fill(smtp: SMTP, envelope: Envelope) -> None:
        nonlocal full
        full = True

    def refuse(*_: object) -> None:
        if full:
            raise OperationalError("UPDATE", {}, Exception("database or disk is full"))

    server.on_data = fill
    event.listen(office.engine, "before_cursor_execute", refuse)
    with pytest.raises(OperationalError, match="full"):
        deliver(office)
    assert len(server.received) == 1
    full, server.on_data = False, None
    office.fixed = office.now() + LEASE * 2
    assert deliver(office).sent == 3
    again = [message_from_bytes(data)["Message-ID"] for _, _, data in server.received]
    assert len(again) == 4
    assert len(set(again)) == 3


def test_a_mail_that_cannot_be_written_is_found_out_at_its_turn(office: Office, server: MailServer) -> None:
    """The next mail is written while the server takes this one: what is wrong with it fails it alone."""
    owe(office, 3)
    with office.writing() as session:
        [first, second, third] = session.scalars(select(Outbox).order_by(Outbox.id)).all()
        second.facts = {"nothing": "of use"}
    done = deliver(office)
    assert (done.sent, done.failed) == (2, 1)
    assert [row.state for row in rows(office)][:3] == [OutboxState.SENT, OutboxState.FAILED, OutboxState.SENT]
    assert recipients(server) == [first.address, third.address]


def test_two_workers_never_send_the_same(office: Office, server: MailServer) -> None:
    """What one has claimed the other does not see."""
    owe(office, 4)
    first, second = claim(office, "a", 3), claim(office, "b", 3)
    assert len(first) == 3
    assert len(second) == 1
    assert not {one.id for one in first} & {one.id for one in second}


def test_what_a_dead_worker_had_claimed_is_sent_after_its_lease_with_the_same_id(
    office: Office, server: MailServer
) -> None:
    """Killed between claim and send: nothing is lost, and a mail that did go out before is recognisable."""
    owe(office, 2)
    ids = {letter.message_id for letter in claim(office, "dead", 10)}
    assert not owed(office)
    office.fixed = office.now() + LEASE + timedelta(seconds=1)
    assert deliver(office).sent == 2
    assert {message_from_bytes(raw)["Message-ID"] for _, _, raw in server.received} == ids


def test_a_connection_that_breaks_in_data_puts_the_rest_off(office: Office, server: MailServer) -> None:
    """What was accepted stays sent; what was not is tried again."""

    async def hang_up(smtp: SMTP, _: Envelope) -> str | None:
        if len(server.received) >= 1:
            assert isinstance(smtp.transport, asyncio.Transport)
            smtp.transport.abort()
        return None

    server.on_data = hang_up
    owe(office, 3)
    done = deliver(office)
    assert done.sent == 1
    assert done.deferred == 2
    server.on_data = None
    office.fixed = office.now() + timedelta(minutes=2)
    assert deliver(office).sent == 2


def test_a_message_that_cannot_be_written_fails_alone(office: Office, server: MailServer) -> None:
    """A fact lost from a stored message is named, and the next mail goes out."""
    owe(office, 2)
    with office.writing() as session:
        session.execute(update(Outbox).where(Outbox.address == "new0@example.com").values(facts={}))
    done = deliver(office)
    assert (done.sent, done.failed) == (1, 1)
    assert "receipt" in next(r.problem or "" for r in rows(office) if r.state is OutboxState.FAILED)


def test_only_hashes_of_tokens_are_stored(office: Office, server: MailServer) -> None:
    """Whoever reads the database cannot open a personal page."""
    owe(office, 1)
    deliver(office)
    mail = message_from_bytes(server.received[0][2])
    plain = mail.get_payload(0).get_payload(decode=True).decode()  # type: ignore[union-attr]  # a multipart of ours
    token = plain.split("/track/")[1].split()[0]
    with office.reading() as session:
        assert len(session.scalars(select(AccessLink)).all()) == 1
        assert token not in str(everything(session))
