"""The traps of the mail library's own `send()` (DESIGN.md section 6): each one shown, and that our path does not fall in."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
import yagmail  # noqa: TID251 - its own sending is what these tests are about
from aiosmtpd.smtp import SMTP, Envelope

from notifications.channel_mail import MailChannel
from notifications.messages import AssignedLead
from notifications.messages.called_to_consultation import CalledToConsultation
from notifications.notifier import MAIL, Desk, Notifier, Parcel
from notifications.preview import OFFICE
from notifications.transport import Refused, Transport, Unreachable

pytestmark = [
    # `send()` drops the connection before without closing it.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    # The test server asks for a login in clear on purpose.
    pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS"),
]

FROM, TO = "tuijinban@example.org", "power@example.org"
DESK = Desk(OFFICE, FROM, lambda: datetime(2026, 7, 16, 2, 0, tzinfo=UTC))
LINKS = {"act": "https://expedite.example.org/act/a1"}
Start = Callable[..., Any]


@contextmanager
def theirs(server: Any, **options: Any) -> Iterator[Any]:
    """The library as its manual uses it."""
    chosen = {"smtp_ssl": False, "smtp_starttls": False, "smtp_skip_login": True, **options}
    client = yagmail.SMTP(user=FROM, password="secret", host="127.0.0.1", port=server.port, **chosen)
    client.set_logging(None)
    try:
        yield client
    finally:
        client.close()


def ours(server: Any, *parcels: Parcel, timeout: float = 5.0, **options: Any) -> list[Refused | None]:
    """Our path: the notifier, its mail channel, and the transport."""
    url = server.url(options.pop("scheme", "smtp"), options.pop("user", ""))

    def channel() -> MailChannel:
        return MailChannel(DESK, lambda: Transport(url, timeout=timeout, **options))

    with Notifier({MAIL: channel}) as notifier:
        return [notifier.send(parcel) for parcel in parcels]


def parcel(number: int = 1, to: str = TO, **facts: Any) -> Parcel:
    """A mail that hands a case to its lead; always with the same subject, unless its facts differ."""
    given = AssignedLead.example().facts() | facts
    return Parcel(number, "assigned_lead", to, "zh", given, f"<m{number}@example.org>", LINKS)


def received(server: Any) -> list[EmailMessage]:
    """What arrived, as a reader's program parses it."""
    return [message_from_bytes(raw, policy=default) for _, _, raw in server.received]


def body(message: EmailMessage, kind: str) -> str:
    """The text of a part."""
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def test_trap_two_mails_alike_get_one_message_id(mail_server: Start) -> None:
    """Same sender, recipient and subject: a second reminder would be dropped as a double of the first."""
    server = mail_server()
    with theirs(server) as client:
        for text in ("first", "second"):
            client.send(TO, "Reminder", text)
    one, other = received(server)
    assert one["Message-ID"] == other["Message-ID"]
    server.received.clear()
    assert ours(server, parcel(1), parcel(2)) == [None, None]
    assert [message["Message-ID"] for message in received(server)] == ["<m1@example.org>", "<m2@example.org>"]


def test_trap_a_body_that_is_a_path_is_attached_as_that_file(mail_server: Start, tmp_path: Path) -> None:
    """An enterprise that reports "/etc/passwd" would be mailed the file."""
    server, secret = mail_server(), tmp_path / "secret.txt"
    secret.write_text("the key of the house")
    with theirs(server) as client:
        client.send(TO, "Report", str(secret))
    server_said = received(server)[0].as_bytes()
    assert b"dGhlIGtleSBvZiB0aGUgaG91c2U=" in server_said
    server.received.clear()
    assert ours(server, parcel(title=str(secret))) == [None]
    (mail,) = received(server)
    assert list(mail.iter_attachments()) == []
    assert str(secret) in body(mail, "plain")
    assert "the key of the house" not in body(mail, "plain") + body(mail, "html")


def test_trap_the_plain_part_is_the_source_of_the_page(mail_server: Start) -> None:
    """Programs that show plain text would show tags."""
    server = mail_server()
    with theirs(server) as client:
        client.send(TO, "Page", "<h1>Please sign</h1>")
    assert "<h1>" in body(received(server)[0], "plain")
    server.received.clear()
    assert ours(server, parcel()) == [None]
    (mail,) = received(server)
    assert "<" not in body(mail, "plain").replace("<https://", "")
    assert "<h1" in body(mail, "html")


def test_trap_nothing_is_escaped(mail_server: Start) -> None:
    """What a reporter writes would be markup in an officer's mail."""
    server, words = mail_server(), '<img src="https://evil.example/p.png"> & <script>alert(1)</script>'
    with theirs(server) as client:
        client.send(TO, "Words", words, prettify_html=False)
    assert "<script>" in body(received(server)[0], "html")
    server.received.clear()
    assert ours(server, parcel(title=words)) == [None]
    page = body(received(server)[0], "html")
    assert "<script>" not in page
    assert "<img" not in page
    assert "&lt;script&gt;" in page


def test_trap_each_mail_logs_in_again(mail_server: Start) -> None:
    """Services count logins, and lock those who log in for each mail."""
    server = mail_server(accounts={FROM: "secret"})
    with theirs(server, smtp_skip_login=False) as client:
        for _ in range(3):
            client.send(TO, "Again", "text")
    assert len(server.logins) == 3
    server.logins.clear()
    before = server.connections
    assert ours(server, *(parcel(n) for n in range(3)), user="tuijinban%40example.org:secret@") == [None] * 3
    assert len(server.logins) == 1
    assert server.connections == before + 1


def test_trap_there_is_no_timeout(mail_server: Start) -> None:
    """A server that says nothing would hold the delivery for ever."""

    async def hang(server: SMTP, envelope: Envelope) -> str:
        await asyncio.sleep(60)
        return "250 far too late"

    server = mail_server(on_data=hang)
    with theirs(server) as client:
        client.login()
        assert client.smtp.sock.gettimeout() is None
    began = time.monotonic()
    with pytest.raises(Unreachable, match="in time"):
        ours(server, parcel(), timeout=0.4)
    assert time.monotonic() - began < 5


def test_trap_success_is_falsy_and_a_dead_server_is_false(mail_server: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """`if yag.send(…)` reads both alike; here None is taken, all else says what it is."""
    server = mail_server()
    with theirs(server) as client:
        assert client.send(TO, "Sent", "text") == {}

    async def drop(session: SMTP, envelope: Envelope) -> str:
        assert isinstance(session.transport, asyncio.Transport)
        session.transport.abort()
        return "250 never heard"

    server.on_data = drop
    monkeypatch.setattr("yagmail.sender.time.sleep", lambda seconds: None)
    with theirs(server) as client:
        assert client.send(TO, "Dead", "text") is False
    with pytest.raises(Unreachable):
        ours(server, parcel())
    server.on_data = None
    assert ours(server, parcel()) == [None]


def test_trap_a_partial_refusal_is_only_in_what_is_returned(mail_server: Start) -> None:
    """One of two recipients gets nothing, and no exception says so."""
    server = mail_server(on_rcpt=lambda address: "550 unknown" if address.startswith("gone") else None)
    with theirs(server) as client:
        answer = client.send([TO, "gone@example.org"], "Two", "text")
    assert list(answer) == ["gone@example.org"]
    server.received.clear()
    answers = ours(server, parcel(1), parcel(2, "gone@example.org"))
    assert answers == [None, Refused(permanent=True, code=550, text="unknown")]
    assert [to for _, to, _ in server.received] == [[TO]]


def test_trap_a_calendar_file_has_no_disposition(mail_server: Start, tmp_path: Path) -> None:
    """Without one, programs hide the file or take the mail for an invitation without text."""
    server, file = mail_server(), tmp_path / "due.ics"
    file.write_text("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")
    with theirs(server) as client:
        client.send(TO, "Due", "text", attachments=[str(file)])
    parts = {part.get_content_type(): part for part in received(server)[0].walk()}
    assert parts["text/calendar"].get_content_disposition() is None
    server.received.clear()
    called = CalledToConsultation.example()
    assert ours(server, Parcel(1, called.name, TO, "zh", called.facts(), "<m1@example.org>", LINKS)) == [None]
    (sent,) = received(server)[0].iter_attachments()
    assert sent.get_content_disposition() == "attachment"
    assert (sent.get_filename() or "").endswith(".ics")
    assert sent.get_content_type() == "text/calendar"


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
def test_trap_certificates_are_not_verified(mail_server: Start, authority: Any, scheme: str) -> None:
    """Whoever sits between would read the password and every link."""
    tls = "tls" if scheme == "smtps" else "starttls"
    server = mail_server(**{tls: authority.server_for("127.0.0.1")}, accounts={FROM: "secret"})
    options = {"smtp_ssl": scheme == "smtps", "smtp_starttls": scheme != "smtps", "smtp_skip_login": False}
    with theirs(server, **options) as client:
        assert client.send(TO, "Private", "text") == {}
    assert server.logins == [FROM]
    server.logins.clear()
    user = "tuijinban%40example.org:secret@"
    with pytest.raises(Unreachable, match="not trusted"):
        ours(server, parcel(), scheme=scheme, user=user)
    assert server.logins == []
    assert ours(server, parcel(), scheme=scheme, user=user, ca_file=authority.file) == [None]
