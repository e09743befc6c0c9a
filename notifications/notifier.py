"""The one way in which a message leaves: what is handed over, to which kinds of channels, and one open session for each."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self, runtime_checkable
from urllib.parse import quote

from notifications.dialogue import NOTHING, Meanwhile
from notifications.envelope import BadAddress, BadMessageId
from notifications.message import MissingFact, UnknownMessage
from notifications.render import OfficeLine
from notifications.transport import BadCaFile, BadSmtpUrl, Refused, Unreachable

logger = logging.getLogger("expedite.notifier")

PLUG_INS = "expedite.channels"
"""The group of entry points in which an installed package offers a kind of channel: its name, and a `Maker`."""

MAIL = "mail"
"""The channel that every message has; the others carry copies of some (ADR 0017)."""

HOOK = "hook"
"""The kind of the outgoing webhooks; that of a name is the channel "hook:NAME"."""

UNMAKEABLE = (MissingFact, UnknownMessage, BadAddress, BadMessageId)
"""What a channel raises about a parcel that can never be sent: it fails alone, the others go on."""


class BadChannel(ValueError):
    """A channel cannot be used as it is set up; says which setting or key of the policy is to be mended, and no secret."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"channel {name}: {problem}")
        self.name = name


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message for one recipient: an event code and its variables, never free text.

    `code` names the message and `variables` are its facts (JSON values). `recipient` is what the channel takes for an address:
    a mailbox for mail, nothing for a group's robot. `links` are personal, by name ("act", "track" …): a copy has none of them.
    """

    id: int
    code: str
    recipient: str
    locale: str
    variables: Mapping[str, Any]
    message_id: str
    """Stays the same over retries, so that whoever gets a parcel twice can tell."""
    links: Mapping[str, str] = field(default_factory=dict)
    case_code: str | None = None
    root_id: str | None = None
    sealed: bool = False
    """Whether the case is restricted: not a word of the matter may be said, and by mail alone."""
    detail: str | None = None
    """What the case's reporter described, where the policy lets messages repeat it."""
    channel: str = MAIL

    @property
    def about(self) -> str | None:
        """The code of the case that it is about, as given or as the message says it."""
        said = self.case_code or self.variables.get("case_code")
        return said if isinstance(said, str) else None


class Channel(Protocol):
    """A session with one way out, opened and closed by `with`; `Unreachable` when it cannot be opened.

    One thread uses it at a time.
    """

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def send(self, parcel: Parcel) -> Refused | None:
        """Hand a parcel over; None when it was taken. Every call ends in bounded time.

        `Unreachable` says that nothing is known to be wrong with the parcel: it may have arrived all the same, and comes again
        with the same `message_id`. One of `UNMAKEABLE` says that it can never be sent.
        """


@runtime_checkable
class PatientChannel(Channel, Protocol):
    """A channel that lets work be done while its server thinks: mail, whose servers take their time."""

    def send(self, parcel: Parcel, meanwhile: Meanwhile = NOTHING) -> Refused | None:
        """As `Channel.send`, with what is to be done meanwhile."""

    def write_ahead(self, parcel: Parcel) -> Iterator[None]:
        """Make ready what is sent next, in pieces; never raises."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What a channel knows of the office: who writes, from which address, the time by the office clock, where the board is."""

    line: OfficeLine
    sender: str
    now: Callable[[], datetime]
    base_url: str = ""

    def board_link(self, case_code: str | None) -> str:
        """A case's page on the board, which asks who one is: the one link that may be shown to a group."""
        base = self.base_url.rstrip("/")
        return f"{base}/board/case/{quote(case_code, safe='')}" if case_code else f"{base}/board"


@dataclass(frozen=True, slots=True, repr=False)
class ChannelSetting:
    """How one channel is set up: the policy's part, and the operator's (address and secret, from the environment).

    `folder` is the channel's own under the data folder. `private` names the hosts and networks of the inside that it may speak to.
    """

    name: str
    kind: str
    url: str = ""
    secret: str = ""
    template: str = ""
    folder: Path = Path()
    private: tuple[str, ...] = ()
    ca_file: Path | None = None
    timeout: float = 10.0

    def variable(self, part: str) -> str:
        """The setting that holds its address ("URL") or secret ("SECRET")."""
        kind, _, name = self.name.rpartition(":")
        return f"EXPEDITE_{(kind or 'channel').upper()}_{name.upper().replace('-', '_')}_{part}"


Maker = Callable[[ChannelSetting, Desk], Channel]
"""Makes a channel without opening it; `BadChannel` when it is set up wrongly."""


@cache
def channels() -> Mapping[str, Maker]:
    """The kinds of channels by name: those built in, and those that installed packages offer under other names."""
    from notifications.channel_file import file_channel
    from notifications.channel_hook import hook_channel
    from notifications.channel_mail import mail_channel
    from notifications.channel_webhook import dingtalk_channel, webhook_channel, wecom_channel

    built_in: dict[str, Maker] = {
        MAIL: mail_channel, "webhook": webhook_channel, "wecom": wecom_channel, "dingtalk": dingtalk_channel,
        "file": file_channel, HOOK: hook_channel,
    }  # fmt: skip
    offered = {point.name: point.load() for point in entry_points(group=PLUG_INS) if point.name not in built_in}
    return offered | built_in


class Notifier:
    """Open sessions with the channels that a batch needs: each is opened for its first parcel, and closed with the batch.

    A channel that could not be reached is not tried again in the same batch, and holds up no other.
    """

    def __init__(self, ways: Mapping[str, Callable[[], Channel]]) -> None:
        self._ways = ways
        self._open: dict[str, Channel] = {}
        self._gone: dict[str, Unreachable] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._stack.__exit__(kind, error, trace)
        except Exception:
            # What was taken is taken, and marked: a session that ends badly undoes nothing.
            logger.exception("a channel could not be closed")

    def send(self, parcel: Parcel, meanwhile: Meanwhile = NOTHING) -> Refused | None:
        """Hand a parcel to its channel; None when it was taken. What is to be settled is settled before the channel has it.

        `Unreachable` is raised for mail alone, which waits however long its server is gone. The same of another channel,
        unknown and wrongly set up ones included, is a refusal for now: copies are given up like refused mails.
        """
        if parcel.channel != MAIL:
            meanwhile.settle()
        try:
            return self._hand_over(parcel, meanwhile)
        except Unreachable as problem:
            self._gone[parcel.channel] = problem
            if parcel.channel == MAIL:
                raise
            return Refused(permanent=False, code=problem.code, text=problem.text)

    def write_ahead(self, parcel: Parcel) -> Iterator[None]:
        """Make ready what is sent next, in pieces, if its channel is open and can; never raises."""
        channel = self._open.get(parcel.channel)
        return channel.write_ahead(parcel) if isinstance(channel, PatientChannel) else iter(())

    def _hand_over(self, parcel: Parcel, meanwhile: Meanwhile) -> Refused | None:
        name = parcel.channel
        gone = self._gone.get(name)
        if gone is not None:
            raise Unreachable(gone.text, gone.code)
        if name != MAIL and parcel.sealed:
            # Groups, printers and other systems are no holders of the case: the last guard, whoever owed this.
            return Refused(permanent=True, code=None, text="the case is restricted: its messages go by mail alone")
        try:
            channel = self.channel(name)
            return channel.send(parcel, meanwhile) if isinstance(channel, PatientChannel) else channel.send(parcel)
        except (BadChannel, BadSmtpUrl, BadCaFile) as problem:
            raise Unreachable(str(problem)) from problem
        except (Unreachable, *UNMAKEABLE):
            raise
        except Exception as problem:
            if name == MAIL:
                raise
            # A copy's channel, perhaps somebody else's code, must not hold up the mail.
            logger.exception("channel %s failed", name)
            raise Unreachable(f"channel {name} failed: {type(problem).__name__}") from problem

    def channel(self, name: str) -> Channel:
        """The open session of the channel with that name; `Unreachable` or `BadChannel` if there is none to be had."""
        if name not in self._open:
            way = self._ways.get(name)
            if way is None:
                raise BadChannel(name, "is not set up: the policy does not name it")
            self._open[name] = self._stack.enter_context(way())
        return self._open[name]
