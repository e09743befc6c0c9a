"""The mail channel: a parcel is rendered, put into its envelope and handed to the mail server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import Self

from domain.meetings import LASTS
from notifications.dialogue import NOTHING, Meanwhile, ReadyMail, ready
from notifications.envelope import build
from notifications.invitation import calendar_of
from notifications.message import Message, from_facts
from notifications.notifier import ChannelSetting, Desk, Parcel
from notifications.render import Rendered, locale_of, render
from notifications.transport import Refused, Transport, Unreachable

TIMEOUT = 20.0
"""Seconds that the mail server has for each answer."""


class MailChannel:
    """Sends each parcel as a mail of its own over one connection, which `connect` makes."""

    def __init__(self, desk: Desk, connect: Callable[[], Transport]) -> None:
        self._desk = desk
        self._connect = connect
        self._transport: Transport | None = None
        self._ahead: tuple[Parcel, ReadyMail] | None = None

    def __enter__(self) -> Self:
        self._transport = self._connect().__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._transport is not None:
            self._transport.__exit__(kind, error, trace)

    def send(self, parcel: Parcel, meanwhile: Meanwhile = NOTHING) -> Refused | None:
        """Write the mail, unless that is done already, and hand it over."""
        known, self._ahead = self._ahead, None
        mail = (
            known[1]
            if known is not None and known[0] is parcel
            else self._ready(write_mail(parcel, self._desk), parcel)
        )
        if self._transport is None:
            raise Unreachable("the connection is not open")
        verdict = self._transport.hand_over(mail, meanwhile)
        return verdict if isinstance(verdict, Refused) else None

    def write_ahead(self, parcel: Parcel) -> Iterator[None]:
        """Write the mail that comes next, in pieces. What is wrong with it shows when it is sent."""
        with suppress(Exception):
            message = from_facts(parcel.code, parcel.variables)
            rendered = _rendered(message, parcel, self._desk)
            yield
            self._ahead = parcel, self._ready(_enveloped(message, rendered, parcel, self._desk), parcel)

    def _ready(self, mail: EmailMessage, parcel: Parcel) -> ReadyMail:
        return ready(mail, self._desk.sender, parcel.recipient)


def write_mail(parcel: Parcel, desk: Desk) -> EmailMessage:
    """The parcel as it goes out by mail; one of `UNMAKEABLE` when it cannot be written."""
    message = from_facts(parcel.code, parcel.variables)
    return _enveloped(message, _rendered(message, parcel, desk), parcel, desk)


def _rendered(message: Message, parcel: Parcel, desk: Desk) -> Rendered:
    said = message.sealed(locale_of(parcel.locale)) if parcel.sealed else message
    return render(said, parcel.locale, parcel.links, desk.line, parcel.detail)


def _enveloped(message: Message, rendered: Rendered, parcel: Parcel, desk: Desk) -> EmailMessage:
    now = desk.now()
    files = calendar_of(
        message, parcel.links, desk.line, locale=parcel.locale, recipient=parcel.recipient, organizer=desk.line.reply_to,
        lasts=LASTS, stamp=now,
    )  # fmt: skip
    return build(
        rendered, sender=desk.sender, recipient=parcel.recipient, reply_to=desk.line.reply_to, message_id=parcel.message_id,
        root_id=parcel.root_id, sent_at=now.astimezone(desk.line.zone), locale=parcel.locale, attachments=files,
        unsubscribe=parcel.links.get("unsubscribe"),
    )  # fmt: skip


def mail_channel(setting: ChannelSetting, desk: Desk) -> MailChannel:
    """The channel of `setting.url`, which is EXPEDITE_SMTP_URL; `Unreachable` while that is empty."""

    def connect() -> Transport:
        if not setting.url:
            raise Unreachable("EXPEDITE_SMTP_URL is not set: name the mail server")
        ca_file: Path | None = setting.ca_file
        return Transport(setting.url, timeout=TIMEOUT, ca_file=ca_file)

    return MailChannel(desk, connect)
