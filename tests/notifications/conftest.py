"""A real mail server whose answers a test chooses, and certificates for it."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from notifications.envelope import build
from notifications.preview import OFFICE
from notifications.render import Rendered

Answer = Callable[[SMTP, Envelope], Awaitable[str | None]]


@dataclass
class MailServer:
    """An aiosmtpd server on a free port. `on_*` answer a command; None from them means accepted."""

    on_mail: Answer | None = None
    on_rcpt: Callable[[str], str | None] | None = None
    on_data: Answer | None = None
    accounts: dict[str, str] | None = None
    tls: ssl.SSLContext | None = None
    starttls: ssl.SSLContext | None = None
    utf8: bool = True
    received: list[tuple[str, list[str], bytes]] = field(default_factory=list)
    connections: int = 0
    logins: list[str] = field(default_factory=list)
    port: int = 0

    def __post_init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def start(self) -> None:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._shut(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def url(self, scheme: str = "smtp", user: str = "") -> str:
        return f"{scheme}://{user}127.0.0.1:{self.port}"

    async def _listen(self) -> None:
        self._server = await self._loop.create_server(self._session, "127.0.0.1", 0, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _shut(self) -> None:
        self._server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)

    def _session(self) -> SMTP:
        self.connections += 1
        return SMTP(
            self,
            loop=self._loop,
            hostname="mail.example.org",
            enable_SMTPUTF8=self.utf8,
            tls_context=self.starttls,
            require_starttls=self.starttls is not None,
            authenticator=self._authenticate if self.accounts is not None else None,
            auth_required=self.accounts is not None,
            auth_require_tls=False,
        )

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, method: str, data: object
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        user, password = data.login.decode(), data.password.decode()
        self.logins.append(user)
        return AuthResult(success=(self.accounts or {}).get(user) == password, handled=False)

    async def handle_MAIL(  # noqa: N802 - aiosmtpd looks for this name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = await self.on_mail(server, envelope) if self.on_mail else None
        if answer is None:
            envelope.mail_from = address
        return answer or "250 sender fine"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd looks for this name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.on_rcpt(address) if self.on_rcpt else None
        if answer is None:
            envelope.rcpt_tos.append(address)
        return answer or "250 recipient fine"

    async def handle_DATA(  # noqa: N802 - aiosmtpd looks for this name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        answer = await self.on_data(server, envelope) if self.on_data else None
        if answer is None:
            self.received.append((envelope.mail_from or "", list(envelope.rcpt_tos), envelope.original_content or b""))
        return answer or "250 taken over"


@pytest.fixture
def mail_server() -> Iterator[Callable[..., MailServer]]:
    """Starts servers; all of them are stopped after the test."""
    running: list[MailServer] = []

    def start(**options: object) -> MailServer:
        server = MailServer(**options)  # type: ignore[arg-type]  # a test passes the fields by name
        server.start()
        running.append(server)
        return server

    yield start
    for server in running:
        server.stop()


@pytest.fixture
def make_message() -> Callable[..., object]:
    """Builds a small message; every part of the envelope can be chosen."""

    def make(**chosen: object) -> object:
        options: dict[str, object] = {
            "sender": "鸳湖区推进办 <tuijinban@example.org>",
            "recipient": "power@example.org",
            "reply_to": OFFICE.reply_to,
            "message_id": "<n1.abc@example.org>",
            "root_id": "<case-42@example.org>",
            "sent_at": datetime(2026, 7, 16, 2, 0, tzinfo=UTC),
            "locale": "zh",
            **chosen,
        }
        rendered = options.pop("rendered", Rendered("请签收", "正文\n", "<p>正文</p>"))
        return build(rendered, **options)  # type: ignore[arg-type]  # a test passes the fields by name

    return make


@dataclass(frozen=True)
class Authority:
    """A private certificate authority: its own file, and server contexts with certificates that it signed."""

    file: Path
    server_for: Callable[..., ssl.SSLContext]
    """The context of a host; `ended=True`: of a certificate that was good until yesterday."""


def _authority(folder: Path, name: str) -> Authority:
    now = datetime.now(UTC)
    ca_key = ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])

    def builder(subject: x509.Name, key: ec.EllipticCurvePrivateKey, days: int = 1) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(ca_name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=3))
            .not_valid_after(now + timedelta(days=days))
        )

    usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    ca = (
        builder(ca_name, ca_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    ca_file = folder / f"{name}.pem"
    ca_file.write_bytes(ca.public_bytes(serialization.Encoding.PEM))

    def server_for(host: str, ended: bool = False) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        alternative: x509.GeneralName = x509.DNSName(host)
        if host.replace(".", "").isdigit():
            alternative = x509.IPAddress(ipaddress.ip_address(host))
        certificate = (
            builder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)]), key, -1 if ended else 1)
            .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
            .sign(ca_key, hashes.SHA256())
        )
        file = folder / f"{name}-{host}-{ended}.pem"
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    return Authority(ca_file, server_for)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The authority that the office trusts."""
    return _authority(tmp_path_factory.mktemp("ca"), "office-ca")


@pytest.fixture(scope="session")
def other_authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority that the office does not know."""
    return _authority(tmp_path_factory.mktemp("other-ca"), "other-ca")
