"""What a real mail server says decides what becomes of a message."""

from __future__ import annotations

import asyncio
import socket
import time
from collections import Counter
from collections.abc import Callable
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope

from notifications.dialogue import ReadyMail
from notifications.transport import (
    BadCaFile,
    BadSmtpUrl,
    Refused,
    Sent,
    Transport,
    Unreachable,
    parse_smtp_url,
)

# The test server asks for a login in clear on purpose, and its library warns of that.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")

FROM, TO = "tuijinban@example.org", "power@example.org"
Start = Callable[..., Any]
Make = Callable[..., EmailMessage]


def test_a_message_arrives_as_it_was_built(mail_server: Start, make_message: Make) -> None:
    """Envelope and bytes are those that were handed over, the Message-ID included."""
    server = mail_server()
    with Transport(server.url()) as transport:
        assert transport.send(make_message(), FROM, TO) == Sent("<n1.abc@example.org>")
    ((sender, recipients, raw),) = server.received
    assert (sender, recipients) == (FROM, [TO])
    assert raw == make_message().as_bytes()


def test_two_mails_alike_keep_the_ids_that_they_were_given(mail_server: Start, make_message: Make) -> None:
    """Same sender, recipient and subject: yagmail's own sending would give both one Message-ID."""
    server = mail_server()
    with Transport(server.url()) as transport:
        transport.send(make_message(message_id="<a.1@example.org>"), FROM, TO)
        transport.send(make_message(message_id="<b.2@example.org>"), FROM, TO)
    ids = [message_from_bytes(raw)["Message-ID"] for _, _, raw in server.received]
    assert ids == ["<a.1@example.org>", "<b.2@example.org>"]


def test_one_login_serves_a_batch(mail_server: Start, make_message: Make) -> None:
    """Logging in for each message is what services punish; a name without @ stays as it is set."""
    server = mail_server(accounts={"office/desk": "p@ss:w/rd#%"})
    user = "office%2Fdesk:p%40ss%3Aw%2Frd%23%25@"
    with Transport(server.url(user=user)) as transport:
        for _ in range(3):
            assert isinstance(transport.send(make_message(), FROM, TO), Sent)
    assert server.logins == ["office/desk"]
    assert server.connections == 1


def test_a_refused_login_concerns_no_message_and_hides_the_password(mail_server: Start) -> None:
    """A wrong password is a setting to mend: everything stays owed, and no log shows the password."""
    server = mail_server(accounts={"desk": "right"})
    with pytest.raises(Unreachable) as refusal, Transport(server.url(user="desk:wr0ng-secret@")):
        pass
    assert refusal.value.code == 535
    assert "wr0ng-secret" not in str(refusal.value)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("451 try later", Refused(permanent=False, code=451, text="try later")),
        ("550 no such person", Refused(permanent=True, code=550, text="no such person")),
        ("550 Too Frequently Sending", Refused(permanent=False, code=550, text="Too Frequently Sending")),
    ],
)
@pytest.mark.parametrize("step", ["rcpt", "data"])
def test_the_code_says_whether_to_try_again(
    mail_server: Start, make_message: Make, step: str, answer: str, expected: Refused
) -> None:
    """4xx is temporary, 5xx final, but for services that say "slow down" with a 5xx."""

    async def refuse(server: SMTP, envelope: Envelope) -> str:
        return answer

    server = mail_server(on_rcpt=lambda address: answer) if step == "rcpt" else mail_server(on_data=refuse)
    with Transport(server.url()) as transport:
        assert transport.send(make_message(), FROM, TO) == expected
    assert server.received == []


def test_one_refused_recipient_does_not_touch_the_others(mail_server: Start, make_message: Make) -> None:
    """Each recipient gets a message and an answer of their own."""
    server = mail_server(on_rcpt=lambda address: "550 unknown" if address.startswith("gone") else None)
    with Transport(server.url()) as transport:
        answers = [transport.send(make_message(recipient=to), FROM, to) for to in (TO, "gone@example.org", TO)]
    assert [type(answer) for answer in answers] == [Sent, Refused, Sent]
    assert [recipients for _, recipients, _ in server.received] == [[TO], [TO]]


def test_a_refusal_of_the_body_before_it_is_sent_does_not_touch_the_next_mail(
    mail_server: Start, make_message: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some servers say no to DATA itself: without a reset, the next sender would be "nested" and refused."""
    take = SMTP.smtp_DATA
    no = iter([True])

    async def refuse_once(server: SMTP, arg: str) -> None:
        if next(no, False):
            await server.push("554 no valid recipients")
        else:
            await take(server, arg)

    monkeypatch.setattr(SMTP, "smtp_DATA", refuse_once)
    server = mail_server()
    with Transport(server.url()) as transport:
        answers = [transport.send(make_message(), FROM, TO) for _ in range(2)]
    assert [type(answer) for answer in answers] == [Refused, Sent]


@pytest.mark.parametrize("line", ["", ".", "..", "ends without a line break"])
def test_a_line_that_begins_with_a_period_arrives_as_it_is(mail_server: Start, line: str) -> None:
    """A period alone would end the mail on the wire (RFC 5321, 4.5.2)."""
    body = f"Subject: periods\r\n\r\n.first\r\n{line}\r\n.last{'' if 'without' in line else chr(13) + chr(10)}".encode()
    server = mail_server()
    with Transport(server.url()) as transport:
        assert transport.hand_over(ReadyMail("<p.1@example.org>", FROM, TO, body, False)) == Sent("<p.1@example.org>")
    [(_, _, arrived)] = server.received
    assert arrived.rstrip(b"\r\n") == body.rstrip(b"\r\n")


@pytest.mark.parametrize(("code", "text"), [(553, "not your address"), (550, "relaying denied"), (451, "try later")])
def test_a_refused_sender_is_no_fault_of_the_message(
    mail_server: Start, make_message: Make, code: int, text: str
) -> None:
    """EXPEDITE_MAIL_FROM may be wrong: mails wait until it is mended, instead of being given up."""

    async def refuse(server: SMTP, envelope: Envelope) -> str:
        return f"{code} {text}"

    server = mail_server(on_mail=refuse)
    with Transport(server.url()) as transport:
        assert transport.send(make_message(), FROM, TO) == Refused(False, code, text)


def test_no_server_is_unreachable(make_message: Make) -> None:
    """A mail server that is down is temporary and named with host and port."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Unreachable, match=f"127.0.0.1:{port}"), Transport(f"smtp://127.0.0.1:{port}"):
        pass


def test_a_connection_lost_midway_is_made_again_for_the_next_message(mail_server: Start, make_message: Make) -> None:
    """The lost message is reported as such, the batch goes on."""
    lost = iter([True])

    async def drop(server: SMTP, envelope: Envelope) -> str | None:
        if next(lost, False):
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return None

    server = mail_server(on_mail=drop)
    with Transport(server.url()) as transport:
        with pytest.raises(Unreachable):
            transport.send(make_message(message_id="<a.1@example.org>"), FROM, TO)
        assert isinstance(transport.send(make_message(message_id="<b.2@example.org>"), FROM, TO), Sent)
    assert [message_from_bytes(raw)["Message-ID"] for _, _, raw in server.received] == ["<b.2@example.org>"]


@pytest.mark.parametrize("manner", ["closes silently", "says 421 to the next sender"])
def test_a_server_that_takes_few_messages_per_connection_gets_all_of_them(
    mail_server: Start, make_message: Make, manner: str
) -> None:
    """Many services end a connection after some messages: nothing has been given to them then, so nobody waits."""

    taken: Counter[SMTP] = Counter()

    async def end(server: SMTP, envelope: Envelope) -> str | None:
        taken[server] += 1
        return "421 enough for one connection" if taken[server] > 2 else None

    async def close(server: SMTP, envelope: Envelope) -> str | None:
        assert server.transport is not None
        asyncio.get_running_loop().call_later(0.02, server.transport.close)
        return None

    server = mail_server(on_data=close) if manner == "closes silently" else mail_server(on_mail=end)
    with Transport(server.url()) as transport:
        for number in range(5):
            answer = transport.send(make_message(message_id=f"<m{number}@example.org>"), FROM, TO)
            assert isinstance(answer, Sent)
            time.sleep(0.1 if manner == "closes silently" else 0)
    assert len(server.received) == 5
    assert server.connections > 1


def test_a_server_that_hangs_is_given_up_after_the_timeout(mail_server: Start, make_message: Make) -> None:
    """Without a timeout a silent server would hold the whole delivery for ever."""

    async def hang(server: SMTP, envelope: Envelope) -> str:
        await asyncio.sleep(60)
        return "250 far too late"

    server = mail_server(on_data=hang)
    began = time.monotonic()
    with Transport(server.url(), timeout=0.5) as transport, pytest.raises(Unreachable, match="does not answer in time"):
        transport.send(make_message(), FROM, TO)
    assert time.monotonic() - began < 5


def test_a_server_that_never_greets_is_given_up_after_the_timeout() -> None:
    """A port that accepts and says nothing is no mail server."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"smtp://127.0.0.1:{mute.getsockname()[1]}"
        with pytest.raises(Unreachable, match="in time"), Transport(url, timeout=0.3):
            pass


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
def test_a_private_authority_is_trusted_when_named(
    mail_server: Start, make_message: Make, authority: Any, scheme: str
) -> None:
    """Intranet servers have certificates of their own authority: the operator names it, nothing is waved through."""
    kind = "tls" if scheme == "smtps" else "starttls"
    server = mail_server(**{kind: authority.server_for("127.0.0.1")})
    with Transport(server.url(scheme), ca_file=authority.file) as transport:
        assert isinstance(transport.send(make_message(), FROM, TO), Sent)
    assert len(server.received) == 1


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
@pytest.mark.parametrize("trusted", ["nobody's", "another's"])
def test_an_unknown_certificate_is_refused(
    mail_server: Start, authority: Any, other_authority: Any, scheme: str, trusted: str
) -> None:
    """yagmail alone verifies no certificate; here a stranger's server never sees the password."""
    kind = "tls" if scheme == "smtps" else "starttls"
    server = mail_server(**{kind: authority.server_for("127.0.0.1")}, accounts={"desk": "secret"})
    ca_file = None if trusted == "nobody's" else other_authority.file
    with (
        pytest.raises(Unreachable, match="not trusted"),
        Transport(server.url(scheme, user="desk:secret@"), ca_file=ca_file),
    ):
        pass
    assert server.logins == []


def test_a_certificate_of_another_host_is_refused(mail_server: Start, authority: Any) -> None:
    """A certificate is good for the host that it names alone."""
    server = mail_server(tls=authority.server_for("mail.example.org"))
    with pytest.raises(Unreachable, match="not trusted"), Transport(server.url("smtps"), ca_file=authority.file):
        pass


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
def test_a_certificate_that_has_ended_is_refused(mail_server: Start, authority: Any, scheme: str) -> None:
    """A key that was given up may be in anybody's hands."""
    kind = "tls" if scheme == "smtps" else "starttls"
    server = mail_server(**{kind: authority.server_for("127.0.0.1", ended=True)}, accounts={"desk": "secret"})
    with (
        pytest.raises(Unreachable, match="expired"),
        Transport(server.url(scheme, user="desk:secret@"), ca_file=authority.file),
    ):
        pass
    assert server.logins == []


def test_a_server_without_starttls_gets_nothing_in_clear(mail_server: Start) -> None:
    """Who asks for encryption does not go on without it."""
    server = mail_server(accounts={"desk": "secret"})
    with pytest.raises(Unreachable), Transport(server.url("smtp+starttls", user="desk:secret@")):
        pass
    assert server.logins == []


@pytest.mark.parametrize("utf8", [True, False])
def test_an_address_outside_ascii_needs_a_server_that_takes_it(
    mail_server: Start, make_message: Make, utf8: bool
) -> None:
    """Such an address is delivered where the server can, and refused for good where it cannot."""
    server = mail_server(utf8=utf8)
    address = "联络员@example.org"
    with Transport(server.url()) as transport:
        answer = transport.send(make_message(recipient=address), FROM, address)
        assert isinstance(transport.send(make_message(), FROM, TO), Sent)
    if utf8:
        assert isinstance(answer, Sent)
        assert f"To: {address}".encode() in server.received[0][2]
    else:
        assert isinstance(answer, Refused)
        assert answer.permanent


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://mail.example.org", "scheme"),
        ("mail.example.org:25", "scheme"),
        ("smtp://", "host"),
        ("smtp://mail.example.org:99999", "port"),
        ("smtps://desk@mail.example.org", "without a password"),
        ("smtps://desk:pa/ss@mail.example.org", "EXPEDITE_SMTP_URL"),
        ("smtps://desk:%E5%AF%86@mail.example.org", "outside ASCII"),
        ("smtps://desk:secret@mail.example.org/inbox", "%2F"),
    ],
)
def test_a_wrong_setting_is_explained_without_the_password(url: str, says: str) -> None:
    """The operator reads what is wrong and what it should look like."""
    with pytest.raises(BadSmtpUrl) as refusal:
        Transport(url)
    assert says in str(refusal.value)
    assert "EXPEDITE_SMTP_URL" in str(refusal.value)
    assert "secret" not in str(refusal.value).replace("password", "")


@pytest.mark.parametrize(("scheme", "port"), [("smtp", 25), ("smtps", 465), ("smtp+starttls", 587)])
def test_each_scheme_has_its_usual_port(scheme: str, port: int) -> None:
    """A setting without a port means the one that mail services use."""
    assert parse_smtp_url(f"{scheme}://mail.example.org").port == port


def test_a_file_without_authorities_is_named(tmp_path: Path) -> None:
    """A wrong path is told before any mail is tried."""
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing")
    for path in (empty, tmp_path / "missing.pem"):
        with pytest.raises(BadCaFile, match=path.name):
            Transport("smtps://mail.example.org", ca_file=path)
