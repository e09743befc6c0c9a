"""Builds the e-mail message around a rendered mail: addresses, thread, automatic marks, alternatives, attachments."""

from __future__ import annotations

from base64 import encodebytes
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, getaddresses, quote
from functools import lru_cache

from notifications.header_policy import READY, encoded
from notifications.render import Rendered, locale_of
from notifications.wording import one_line

# A longer identifier could not stand on one line of References, and some programs lose a folded one.
LONGEST_ID = 64
# No line of base64 holds an underscore: what follows can never occur in a part.
_ALTERNATIVES = "=_alternatives"
_MIXED = "=_with_attachments"


class BadAddress(ValueError):
    """An address that no mail can be sent to or from."""

    def __init__(self, address: str) -> None:
        super().__init__(f"{one_line(address)!r} is no mail address")
        self.address = address


class BadMessageId(ValueError):
    """An identifier that is not of the form <left@right>, or is too long to stand on one line."""

    def __init__(self, message_id: str) -> None:
        super().__init__(f"{one_line(message_id)!r} is no message id of at most {LONGEST_ID} characters")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes along, e.g. ("due.ics", "text/calendar; charset=utf-8", …); its name is shown to the reader."""

    filename: str
    media_type: str
    content: bytes


def build(
    rendered: Rendered,
    *,
    sender: str,
    recipient: str,
    reply_to: str,
    message_id: str,
    root_id: str | None,
    sent_at: datetime,
    locale: str,
    attachments: Sequence[Attachment] = (),
    unsubscribe: str | None = None,
) -> EmailMessage:
    """The message as it goes out.

    `message_id` ("<...@...>") is the caller's and stays the same over retries, so that a mail sent twice can be told;
    `root_id` is the same for all mails of a case, which readers' programs show as one thread; `unsubscribe` is the
    address that ends mails that are no duty. BadAddress for an address with a line break, without a domain, or with
    more than one recipient; BadMessageId likewise.
    """
    message = EmailMessage(policy=READY)
    message["From"] = mailbox(sender)
    message["To"] = mailbox(recipient)
    message["Reply-To"] = mailbox(reply_to)
    message["Subject"] = encoded(one_line(rendered.subject))
    message["Date"] = format_datetime(sent_at)
    message["Message-ID"] = _identifier(message_id)
    if root_id is not None and root_id != message_id:
        message["In-Reply-To"] = _identifier(root_id)
        message["References"] = _identifier(root_id)
    # Answering machines must not answer: nobody reads what comes back to a robot (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    if unsubscribe is not None:
        # One click of the reader's program, without a page in between (RFC 8058).
        message["List-Unsubscribe"] = f"<{one_line(unsubscribe)}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["Content-Language"] = "zh-CN" if locale_of(locale) == "zh" else "en"
    message["MIME-Version"] = "1.0"
    if attachments:
        _contain(message, "mixed", _MIXED)
        body = EmailMessage(policy=READY)
        message.attach(body)
        for file in attachments:
            message.attach(_attached(file))
    else:
        body = message
    _contain(body, "alternative", _ALTERNATIVES)
    body.attach(_part("text/plain; charset=utf-8", _lines(rendered.text)))
    body.attach(_part("text/html; charset=utf-8", _lines(rendered.html)))
    return message


@lru_cache(maxsize=1024)
def mailbox(text: str) -> str:
    """One address as a header holds it, from "a@b" or "Name <a@b>"; BadAddress for anything else."""
    name, bare = _split(text)
    if not name:
        return bare
    shown = f'"{quote(name)}"' if name.isascii() else encoded(name)
    return f"{shown} <{bare}>"


@lru_cache(maxsize=1024)
def bare_address(text: str) -> str:
    """The address alone, for the SMTP envelope; a domain outside ASCII in its ASCII form. BadAddress otherwise."""
    return _split(text)[1]


def _split(text: str) -> tuple[str, str]:
    found = getaddresses([text])
    if len(found) != 1 or text != one_line(text):
        raise BadAddress(text)
    name, spec = found[0]
    local, _, domain = spec.rpartition("@")
    try:
        ascii_domain = domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise BadAddress(text) from error
    forbidden = any(c.isspace() or c in '<>(),;:\\"' or not c.isprintable() for c in spec)
    if not local or not ascii_domain or "@" in local or forbidden:
        raise BadAddress(text)
    return name, f"{local}@{ascii_domain}"


def _identifier(message_id: str) -> str:
    plain = message_id.isascii() and message_id.isprintable() and " " not in message_id
    left, at, right = message_id[1:-1].partition("@")
    bracketed = message_id.startswith("<") and message_id.endswith(">")
    if not (plain and bracketed and at and left and right and len(message_id) <= LONGEST_ID):
        raise BadMessageId(message_id)
    return message_id


def _contain(message: EmailMessage, kind: str, boundary: str) -> None:
    message["Content-Type"] = _content_type(f'multipart/{kind}; boundary="{boundary}"')


def _lines(text: str) -> bytes:
    """Text with the line ends that mail prescribes, also within base64 (RFC 2045, 6.8)."""
    return text.replace("\n", "\r\n").encode()


def _part(media_type: str, content: bytes) -> EmailMessage:
    """A part in base64: Chinese text as 8-bit would need an extension of every server on the way."""
    part = EmailMessage(policy=READY)
    part["Content-Type"] = _content_type(media_type)
    part["Content-Transfer-Encoding"] = _BASE64
    part.set_payload(encodebytes(content).decode("ascii"))
    return part


def _attached(file: Attachment) -> EmailMessage:
    """A file with its disposition: without one, programs show an .ics as an invitation or not at all."""
    part = _part(file.media_type, file.content)
    name = one_line(file.filename).replace("/", "_").replace("\\", "_")
    part.add_header("Content-Disposition", "attachment", filename=name if name.isascii() else ("utf-8", "", name))
    return part


_BASE64 = READY.header_factory("Content-Transfer-Encoding", "base64")


@lru_cache(maxsize=64)
def _content_type(value: str) -> object:
    """The parsed header, kept: the generator asks every part for its type several times."""
    return READY.header_factory("Content-Type", value)
