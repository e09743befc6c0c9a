"""Hands messages to the mail server through yagmail's connection: one login per batch, every answer looked at."""

from __future__ import annotations

import selectors
import socket
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from notifications.dialogue import NOTHING, Meanwhile, NoExtension, ReadyMail, ready, talk

_PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}
# Some services refuse a burst for good in words only, with a permanent code; they accept it later.
_SLOW_DOWN = ("frequen", "too many", "rate limit")
# One socket is looked at before every mail: the default selector opens and closes a kernel object of its own each time.
_Look: type[selectors.BaseSelector] = getattr(selectors, "PollSelector", selectors.DefaultSelector)


class BadSmtpUrl(ValueError):
    """The setting EXPEDITE_SMTP_URL cannot be used; says what it should look like, and never shows the password."""

    def __init__(self, problem: str) -> None:
        super().__init__(
            f"EXPEDITE_SMTP_URL {problem}; it is smtps://user:password@host:465, smtp+starttls://… or smtp://host:25"
        )


class BadCaFile(ValueError):
    """The file of further certificate authorities is not there or holds none."""

    def __init__(self, path: Path | str) -> None:
        super().__init__(f"{path} holds no certificate authorities (a PEM file is needed)")


class Unreachable(Exception):
    """The mail server cannot be reached, hung up, or refused the login: nothing is known to be wrong with the mail."""

    def __init__(self, text: str, code: int | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.code = code


@dataclass(frozen=True, slots=True)
class Sent:
    """The server has taken the message over."""

    message_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The server refused the message; if `permanent`, sending it again is of no use."""

    permanent: bool
    code: int | None
    text: str


@dataclass(frozen=True, slots=True, repr=False)
class Server:
    """Where and how to log in. `scheme` is one of smtp, smtps, smtp+starttls; without `user` there is no login."""

    scheme: str
    host: str
    port: int
    user: str | None
    password: str


def parse_smtp_url(url: str) -> Server:
    """The server that a setting names; user and password are percent-encoded in it. BadSmtpUrl otherwise."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BadSmtpUrl("names no port from 1 to 65535") from error
    if parts.scheme not in _PORTS:
        raise BadSmtpUrl("has no scheme that is known")
    if not parts.hostname:
        raise BadSmtpUrl("names no host")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise BadSmtpUrl("goes on after the host (a '/', '?', '#' or '@' in a password is written %2F, %3F, %23, %40)")
    if parts.username and not parts.password:
        raise BadSmtpUrl("names a user without a password")
    if not unquote(parts.username or "").isascii() or not unquote(parts.password or "").isascii():
        raise BadSmtpUrl("has a user or password with characters outside ASCII, which the login cannot carry")
    return Server(
        scheme=parts.scheme,
        host=parts.hostname,
        port=port or _PORTS[parts.scheme],
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password or ""),
    )


class Transport:
    """An open connection to the mail server, for one batch of messages.

    `with Transport(url) as transport:` logs in and raises Unreachable if it cannot. `ca_file` names further
    certificate authorities to trust (PEM); certificates are always verified. `timeout` in seconds holds for every
    answer of the server. After an Unreachable from `send`, the next `send` tries to connect once.
    """

    def __init__(self, smtp_url: str, timeout: float = 20.0, ca_file: Path | str | None = None) -> None:
        self._server = parse_smtp_url(smtp_url)
        self._timeout = timeout
        self._context = None if self._server.scheme == "smtp" else _trust(ca_file)
        self._client: Any = None

    def __enter__(self) -> Self:
        self._connect()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close(politely=kind is None)

    def send(self, message: EmailMessage, sender: str, recipient: str) -> Sent | Refused:
        """Send to one recipient (bare addresses), as `hand_over`."""
        return self.hand_over(ready(message, sender, recipient))

    def hand_over(self, mail: ReadyMail, meanwhile: Meanwhile = NOTHING) -> Sent | Refused:
        """Hand a mail over. Unreachable if the server went away before it gave an answer.

        After that exception the message may have arrived all the same: it is to be sent again with the same Message-ID.
        """
        if self._hung_up():
            self._close(politely=False)
            self._connect()
        try:
            refusal = talk(self._client.smtp, mail, meanwhile)
            # A server that has had its number of messages says 421 to the sender, before anything was given to it.
            if refusal is not None and refusal.at == "sender" and self._hung_up():
                self._close(politely=False)
                self._connect()
                refusal = talk(self._client.smtp, mail, meanwhile)
        except NoExtension as error:
            return Refused(permanent=True, code=None, text=str(error))
        except OSError as error:
            self._close(politely=False)
            raise Unreachable(_describe(error, self._server)) from error
        if refusal is None:
            return Sent(mail.message_id)
        verdict = _refused(refusal.code, refusal.text)
        # A sender that is refused is a setting to mend, and no fault of this mail; 552: the mail is too large.
        if refusal.at == "sender" and refusal.code != 552:
            return Refused(permanent=False, code=verdict.code, text=verdict.text)
        return verdict

    @property
    def connection(self) -> Any:
        """The library's own open connection (an `smtplib.SMTP`), which measurements compare with."""
        return self._client.smtp

    def _connect(self) -> None:
        import yagmail  # when mail is sent: a policy that names channels is read before any page, without it

        server = self._server
        options: dict[str, object] = {"timeout": self._timeout, "local_hostname": _own_name()}
        if server.scheme == "smtps":
            options["context"] = self._context
        client = yagmail.SMTP(
            user="",
            password=server.password,
            host=server.host,
            port=server.port,
            smtp_ssl=server.scheme == "smtps",
            smtp_starttls={"context": self._context} if server.scheme == "smtp+starttls" else False,
            smtp_skip_login=server.user is None,
            soft_email_validation=False,
            **options,
        )
        client.set_logging(None)
        # Set here because the constructor adds "@gmail.com" to a name without "@", which many servers use.
        client.user = server.user or ""
        self._client = client
        try:
            client.login()
            # Without a login the greeting would wait for the first message, whose fault its refusal is not.
            client.smtp.ehlo_or_helo_if_needed()
        except OSError as error:
            self._close(politely=False)
            raise Unreachable(_describe(error, server), getattr(error, "smtp_code", None)) from error

    def _hung_up(self) -> bool:
        """Whether the connection is gone: an idle server that has something to say says goodbye."""
        connection = self._socket()
        if connection is None:
            return True
        with _Look() as selector:
            selector.register(connection, selectors.EVENT_READ)
            return bool(selector.select(timeout=0))

    def _socket(self) -> socket.socket | None:
        smtp = getattr(self._client, "smtp", None)
        return getattr(smtp, "sock", None)

    def _close(self, *, politely: bool) -> None:
        """End the connection; politely with QUIT, else at once, since a server that hangs would hang that too."""
        client, self._client = self._client, None
        smtp = getattr(client, "smtp", None)
        if smtp is None:
            return
        try:
            if politely and smtp.sock is not None:
                smtp.quit()
        except OSError:
            pass  # everything it took over is acknowledged already
        finally:
            client.is_closed = True
            smtp.close()


def _trust(ca_file: Path | str | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except OSError as error:
            raise BadCaFile(ca_file) from error
    return context


def _refused(code: int, text: bytes | str) -> Refused:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    words = " ".join(words.split())[:500]
    return Refused(
        permanent=code >= 500 and not any(mark in words.lower() for mark in _SLOW_DOWN), code=code, text=words
    )


def _describe(error: OSError, server: Server) -> str:
    where = f"{server.host}:{server.port}"
    # While an answer is awaited, a timeout comes wrapped in "connection closed".
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return f"mail server {where} does not answer in time"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"mail server {where} shows a certificate that is not trusted: {error.verify_message}"
    code = getattr(error, "smtp_code", None)
    said = getattr(error, "smtp_error", None)
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said or error)
    return f"mail server {where}: {f'{code} ' if code else ''}{' '.join(words.split())[:300]}"


def _own_name() -> str:
    """This machine's name for the greeting, without the look-up by the standard library that can take many seconds."""
    name = socket.gethostname()
    return name if "." in name and name.isascii() else "[127.0.0.1]"
