"""Posts JSON to an address outside: checked before it is spoken to, ended in bounded time, followed nowhere else."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from notifications.transport import BadCaFile, Refused, Unreachable

LONGEST_ANSWER = 64 * 1024
"""Bytes of an answer that are read; more is no answer to a notification."""

PASSING_CODES = (408, 425, 429)
"""Answers below 500 that say "later"."""

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class BadUrl(ValueError):
    """No address that a message may be posted to; says why, and never the whole address, which may be a secret."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: an HTTP status and the beginning of the body."""

    status: int
    body: bytes

    def refusal(self) -> Refused | None:
        """None for 2xx; 429, 408, 425 and 5xx ask for another try, all else is final."""
        if 200 <= self.status < 300:
            return None
        said = " ".join(self.body[:300].decode("utf-8", "replace").split())
        if 300 <= self.status < 400:
            said = "redirects to another address, which is not followed"
        passing = self.status >= 500 or self.status in PASSING_CODES
        return Refused(permanent=not passing, code=self.status, text=said or "no reason given")


class HttpPost:
    """A session with one http(s) address. `Unreachable` for whatever is not an answer.

    The name is looked up once a connection, each address that it has is judged, and the one judged is the one spoken to: a name
    that answers differently the next moment gains nothing. Proxies of the environment are not used, since they would look up
    the name anew. A call ends after `timeout` seconds as a whole, however slowly the other side answers.
    """

    def __init__(
        self, url: str, *, private: Sequence[str] = (), ca_file: Path | None = None, timeout: float = 10.0
    ) -> None:
        parts = check_url(url, private)
        self._private = private
        self._timeout = timeout
        self._host, self._port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        shown = f"[{self._host}]" if ":" in self._host else self._host
        self._shown = shown if parts.port is None else f"{shown}:{parts.port}"
        self._context = _trust(ca_file) if parts.scheme == "https" else None
        self._connection: HTTPConnection | None = None
        self._ends = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def post(self, body: bytes, headers: Mapping[str, str], more_query: str = "") -> Answer:
        """Post the body; where the other side has hung up since the last call, over a new connection."""
        said = {
            "Host": self._shown,
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Expedite",
            **headers,
        }
        target = self._target + (("&" if "?" in self._target else "?") + more_query if more_query else "")
        late = threading.Event()
        watch = threading.Timer(self._timeout, self._cut, (late,))
        watch.daemon = True
        self._ends = monotonic() + self._timeout
        watch.start()
        try:
            fresh = self._connection is None
            try:
                return self._ask(target, body, said, late)
            except ConnectionError:
                if fresh or late.is_set():
                    raise
                self._close()
                return self._ask(target, body, said, late)
        except (OSError, HTTPException) as problem:
            self._close()
            raise Unreachable(self._describe(problem, late=late.is_set())) from problem
        finally:
            watch.cancel()

    def _ask(self, target: str, body: bytes, headers: Mapping[str, str], late: threading.Event) -> Answer:
        if self._connection is None:
            self._connection = self._connect()
        connection = self._connection
        connection.request("POST", target, body, dict(headers))
        response = connection.getresponse()
        answer = Answer(response.status, response.read(LONGEST_ANSWER))
        if late.is_set():
            # Cut off, headers and body seem to end where they do not.
            raise TimeoutError
        if not response.isclosed() or response.will_close:
            self._close()
        return answer

    def _connect(self) -> HTTPConnection:
        connection = HTTPConnection(self._host, self._port, timeout=self._timeout)
        # Known to the watch at once: a handshake can be drawn out too.
        self._connection = connection
        problem: OSError | None = None
        for address in self._addresses():
            try:
                connection.sock = socket.create_connection((address, self._port), max(self._ends - monotonic(), 0.001))
            except OSError as refused:
                problem = refused
                continue
            if self._context is not None:
                secured = self._context.wrap_socket(
                    connection.sock, server_hostname=self._host, do_handshake_on_connect=False
                )
                connection.sock = secured
                secured.do_handshake()
            return connection
        raise problem or OSError("has no address")

    def _addresses(self) -> list[str]:
        """The addresses of the host that may be spoken to; Unreachable when there are some, and none of these."""
        found = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        allowed = [one for one in addresses if may_reach(self._host, one, self._private)]
        if addresses and not allowed:
            raise Unreachable(
                f"{self._host} lies inside ({addresses[0]}): if that is meant, name it in EXPEDITE_HTTP_PRIVATE"
            )
        return allowed

    def _cut(self, late: threading.Event) -> None:
        """End a call that takes too long: what waits on the socket wakes with an error."""
        late.set()
        sock = self._connection.sock if self._connection is not None else None
        if sock is not None:
            # An SSL socket's own shutdown would forget its session under the reader's feet. It may have ended meanwhile.
            with suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _describe(self, problem: Exception, *, late: bool) -> str:
        where = f"{self._host}:{self._port}"
        if late or isinstance(problem, TimeoutError):
            return f"{where} does not answer in time"
        if isinstance(problem, ssl.SSLCertVerificationError):
            return f"{where} shows a certificate that is not trusted: {problem.verify_message}"
        said = problem.strerror if isinstance(problem, OSError) and problem.strerror else type(problem).__name__
        return f"{where}: {said}"


def _trust(ca_file: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except OSError as error:
            raise BadCaFile(ca_file) from error
    return context


def check_url(url: str, private: Sequence[str] = ()) -> Parts:
    """The parts of an address that may be posted to. BadUrl for anything else; in clear only what `private` names."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BadUrl("names no port from 1 to 65535, or no host") from error
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise BadUrl("must be an https address")
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise BadUrl("holds characters that must be percent-encoded")
    if parts.username is not None or parts.password is not None:
        raise BadUrl("must not hold a user or password")
    if port == 0:
        raise BadUrl("names no port from 1 to 65535, or no host")
    if parts.scheme == "http" and not _named(parts.hostname, private):
        raise BadUrl(
            "must be an https address: in clear only hosts and networks of EXPEDITE_HTTP_PRIVATE are spoken to"
        )
    return Parts(parts.scheme, parts.hostname, port, parts.path, parts.query)


@dataclass(frozen=True, slots=True)
class Parts:
    """An address in its parts, checked; its fragment is left out."""

    scheme: str
    hostname: str
    port: int | None
    path: str
    query: str


def may_reach(host: str, address: str, private: Sequence[str]) -> bool:
    """Whether `address`, which `host` stands for, is outside, or one of those inside that the operator has named."""
    plain = _plain(ipaddress.ip_address(address.partition("%")[0]))
    if _named(host, private) or _within(plain, private):
        return True
    return plain.is_global and not plain.is_multicast and not plain.is_reserved


def _plain(address: Address) -> Address:
    """The IPv4 address that an IPv6 one carries, where it does."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address.teredo is not None:
            inner = address.teredo[1]
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return inner
    return address


def _named(host: str, private: Sequence[str]) -> bool:
    if host.lower() in (name.lower() for name in private):
        return True
    try:
        return _within(ipaddress.ip_address(host), private)
    except ValueError:
        return False


def _within(address: Address, private: Sequence[str]) -> bool:
    return any(network is not None and address in network for network in map(_network, private))


def _network(name: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(name, strict=False)
    except ValueError:
        return None
