"""One mail's talk with the mail server, and what is done while the server thinks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage, Message
from typing import Any, Literal

_LEADING_PERIOD = re.compile(rb"(?m)^\.")
_TAKEN = (250, 251)


class NoExtension(OSError):
    """The address needs an extension that the server does not have; nothing was said to it."""


@dataclass(frozen=True, slots=True)
class ReadyMail:
    """A message as bytes, lines ended by CRLF, and its addresses; `international` if one of those is outside ASCII (RFC 6531)."""

    message_id: str
    sender: str
    recipient: str
    body: bytes
    international: bool


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """Work that is done while the server is awaited.

    `settle` is over before the mail's body is given to the server, and keeps it back by raising. `ahead` is other work in pieces: one
    at each short wait, the rest when the mail has been given and the server thinks longest. It must not raise: what the server took
    would be unknown.
    """

    settle: Callable[[], None]
    ahead: Iterator[None]


NOTHING = Meanwhile(lambda: None, iter(()))


@dataclass(frozen=True, slots=True)
class Refusal:
    """The server's words against a mail, and at what it said them."""

    at: Literal["sender", "recipient", "body"]
    code: int
    text: bytes


def ready(message: EmailMessage, sender: str, recipient: str) -> ReadyMail:
    """Write a message out for one recipient (bare addresses)."""
    international = not (sender.isascii() and recipient.isascii())
    body = written(message).encode("utf-8" if international else "ascii")
    return ReadyMail(str(dict(message.raw_items())["Message-ID"]), sender, recipient, body, international)


def written(message: Message) -> str:
    """A message of `envelope.build` as it stands on the wire.

    Its headers are folded and its parts in base64 as they are: the standard generator, which looks at every line once more, takes a
    third of the time that a mail takes. A test compares the two.
    """
    lines = [f"{name}: {value}\r\n" for name, value in message.raw_items()]
    payload = message.get_payload()
    if not isinstance(payload, list):
        return "".join([*lines, "\r\n", str(payload).replace("\n", "\r\n")])
    edge = f"--{message.get_boundary()}"
    parts = f"\r\n{edge}\r\n".join(written(part) for part in payload if isinstance(part, Message))
    return "".join([*lines, f"\r\n{edge}\r\n", parts, f"\r\n{edge}--\r\n"])


def talk(smtp: Any, mail: ReadyMail, meanwhile: Meanwhile = NOTHING) -> Refusal | None:
    """Hand a mail over on a greeted connection (an `smtplib.SMTP`); None when the server took it.

    After a refusal the connection serves the next mail, or is closed when the server said that it leaves (421). OSError if it broke.
    """
    if mail.international and not smtp.has_extn("smtputf8"):
        raise NoExtension("the address is outside ASCII, and the server does not have the extension SMTPUTF8")
    smtp.command_encoding = "utf-8" if mail.international else "ascii"
    options = f" size={len(mail.body)}" if smtp.has_extn("size") else ""
    options += " SMTPUTF8 BODY=8BITMIME" if mail.international else ""
    code, text = smtp.docmd("mail", f"FROM:<{mail.sender}>{options}")
    if code != 250:
        return _refused(smtp, "sender", code, text)
    smtp.putcmd("rcpt", f"TO:<{mail.recipient}>")
    next(meanwhile.ahead, None)
    code, text = smtp.getreply()
    if code not in _TAKEN:
        return _refused(smtp, "recipient", code, text)
    code, text = smtp.docmd("data")
    if code != 354:
        return _refused(smtp, "body", code, text)
    try:
        meanwhile.settle()
    except BaseException:
        smtp.close()
        raise
    smtp.send(_LEADING_PERIOD.sub(b"..", mail.body) + (b".\r\n" if mail.body.endswith(b"\r\n") else b"\r\n.\r\n"))
    for _ in meanwhile.ahead:
        pass
    code, text = smtp.getreply()
    return None if code == 250 else _refused(smtp, "body", code, text)


def _refused(smtp: Any, at: Literal["sender", "recipient", "body"], code: int, text: bytes) -> Refusal:
    if code == 421:
        smtp.close()
    else:
        try:
            smtp.rset()
        except OSError:
            smtp.close()
    return Refusal(at, code, text)
