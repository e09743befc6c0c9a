"""The office's channels: which there are by policy and settings, and a notifier that hands parcels to them."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Self

from notifications.channel_hook import GONE
from notifications.channel_mail import MailChannel
from notifications.notifier import HOOK, MAIL, BadChannel, Channel, ChannelSetting, Desk, Notifier, Parcel, channels
from notifications.render import OfficeLine
from notifications.transport import Refused, Transport
from services.hooks import channel_of, pause
from services.office import Office

HTTP_TIMEOUT = 10.0
"""Seconds that a channel's or hook's receiver has for an answer, all of it."""

PRINTED = "printed"
"""The folder below the data folder in which channels of kind file write, each in its own."""


def desk_of(office: Office) -> Desk:
    """What channels know of the office."""
    policy, settings = office.policy, office.settings
    line = OfficeLine(policy.district, policy.office, policy.mail.reply_to, policy.zone, office.demo)
    return Desk(line, settings.sender(policy.mail.reply_to), office.now, settings.base_url)


def notifier(office: Office, connect: Callable[[Office], Transport] | None = None) -> Notifier:
    """A notifier with the office's channels, none of them open yet; `connect` is how the mail server is reached otherwise."""
    desk = desk_of(office)
    ways: dict[str, Callable[[], Channel]] = {MAIL: partial(_mail, office, desk, connect)}
    for rule in office.policy.channels:
        setting = _setting(office, rule.name, rule.kind, rule.url, rule.template)
        ways[rule.name] = partial(_made, setting, desk)
    for hook in office.policy.hooks:
        setting = _setting(office, channel_of(hook.name), HOOK, hook.url)
        ways[channel_of(hook.name)] = partial(_Resting, office, hook.name, partial(_made, setting, desk))
    return Notifier(ways)


class _Resting:
    """A hook's channel that lets the hook rest when its receiver says that it is gone."""

    def __init__(self, office: Office, name: str, make: Callable[[], Channel]) -> None:
        self._office, self._name, self._channel = office, name, make()
        self._gone = False

    def __enter__(self) -> Self:
        self._channel.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._channel.__exit__(kind, error, trace)

    def send(self, parcel: Parcel) -> Refused | None:
        """Hand it over; after 410 the hook rests until somebody resumes it."""
        if not self._gone:
            refused = self._channel.send(parcel)
            if refused is None or refused.code != GONE:
                return refused
            self._gone = True
            # A try by hand changes nothing.
            if parcel.id:
                pause(self._office, self._name)
        return Refused(True, GONE, f"gone; the hook rests until `expedite hooks resume {self._name}`")


def _mail(office: Office, desk: Desk, connect: Callable[[Office], Transport] | None) -> Channel:
    if connect is not None:
        return MailChannel(desk, lambda: connect(office))
    settings = office.settings
    return channels()[MAIL](ChannelSetting(MAIL, MAIL, settings.smtp_url, ca_file=settings.smtp_ca), desk)


def _made(setting: ChannelSetting, desk: Desk) -> Channel:
    maker = channels().get(setting.kind)
    if maker is None:
        raise BadChannel(setting.name, f"is of the kind {setting.kind!r}, which no installed package brings")
    return maker(setting, desk)


def _setting(office: Office, name: str, kind: str, url: str, template: str = "") -> ChannelSetting:
    """The policy's part with the operator's: an address in the environment counts before the policy's."""
    settings = office.settings
    bare = ChannelSetting(name, kind)
    return ChannelSetting(
        name, kind, os.environ.get(bare.variable("URL"), url), os.environ.get(bare.variable("SECRET"), ""), template,
        settings.data / PRINTED / name, tuple(settings.http_private.split()), settings.http_ca,
        HTTP_TIMEOUT,
    )  # fmt: skip
