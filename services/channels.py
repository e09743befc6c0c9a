"""The office's channels: which there are by policy and settings, and a notifier that hands parcels to them."""

from __future__ import annotations

from collections.abc import Callable

from notifications.channel_mail import MailChannel
from notifications.notifier import MAIL, Channel, ChannelSetting, Desk, Notifier, channels
from notifications.render import OfficeLine
from notifications.transport import Transport
from services.office import Office


def desk_of(office: Office) -> Desk:
    """What channels know of the office."""
    policy = office.policy
    line = OfficeLine(policy.district, policy.office, policy.mail.reply_to, policy.zone, office.demo)
    return Desk(line, office.settings.sender(policy.mail.reply_to), office.now)


def notifier(office: Office, connect: Callable[[Office], Transport] | None = None) -> Notifier:
    """A notifier with the office's channels, none of them open yet; `connect` is how the mail server is reached otherwise."""
    desk = desk_of(office)

    def mail() -> Channel:
        if connect is not None:
            return MailChannel(desk, lambda: connect(office))
        settings = office.settings
        return channels()[MAIL](ChannelSetting(MAIL, MAIL, settings.smtp_url, ca_file=settings.smtp_ca), desk)

    return Notifier({MAIL: mail})
