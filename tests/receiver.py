"""A real HTTP server whose answers a test chooses, and that keeps what it was sent."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Posted:
    """One request as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """`answer` gives (status, headers, body) for each request, or does with the handler what it likes and gives None."""

    url: str
    answer: Callable[[BaseHTTPRequestHandler], tuple[int, dict[str, str], bytes] | None]
    posted: list[Posted] = field(default_factory=list)
    connections: int = 0


def says(status: int, body: bytes = b"", **headers: str) -> Callable[[Any], tuple[int, dict[str, str], bytes]]:
    """An answer that is always the same."""
    return lambda handler: (status, headers, body)


def in_turn(*statuses: int) -> Callable[[Any], tuple[int, dict[str, str], bytes]]:
    """A status for each request; the last one for all that follow."""
    left = list(statuses)
    return lambda handler: (left.pop(0) if len(left) > 1 else left[0], {}, b"")


@contextmanager
def receiving(
    answer: Callable[[Any], tuple[int, dict[str, str], bytes] | None] | None = None, tls: ssl.SSLContext | None = None
) -> Iterator[Receiver]:
    """A receiver on a free port of this machine; it answers 204 unless told otherwise."""
    found: Receiver

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            found.connections += 1
            super().setup()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            found.posted.append(Posted(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            said = found.answer(self)
            if said is None:
                return
            status, headers, content = said
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST  # noqa: N815 - a redirect that is followed arrives as this

        def handle(self) -> None:
            with suppress(OSError):
                super().handle()

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class names it so
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, address: object) -> None:
            """A client that hangs up is what some tests are about."""

        def get_request(self) -> tuple[Any, Any]:
            connection, address = super().get_request()
            if tls is not None:
                # The handshake is done by the connection's own thread: one that is refused holds up nobody.
                connection = tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
            return connection, address

    server = Server(("127.0.0.1", 0), Handler)
    scheme = "http" if tls is None else "https"
    found = Receiver(f"{scheme}://127.0.0.1:{server.server_port}/in?room=7", answer or says(204))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
