"""What a policy says of ways out beside mail: channels that get copies of messages, and hooks that are told what happens to cases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class ChannelRule:
    """A channel that gets a copy of some messages to officers, beside the mail; messages of restricted cases never.

    `kind` is webhook, wecom, dingtalk, file, or one that an installed package brings. A message is copied when its name is in
    `messages`, and one who gets it holds one of `roles`, or is of one of `units`, or is one of `accounts`; what is left empty
    leaves nobody out. A group (wecom, dingtalk) reads of an event once, all other kinds get each recipient's copy. The address may
    stand here or in EXPEDITE_CHANNEL_<NAME>_URL, the secret only in EXPEDITE_CHANNEL_<NAME>_SECRET.
    """

    name: str
    kind: str
    url: str = ""
    template: str = ""
    """For a webhook: JSON whose strings may hold places such as {subject}."""
    locale: Literal["zh", "en"] = "zh"
    messages: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HookRule:
    """An address that is told of `events` (names of HOOK_EVENTS; empty: all), with no word that a person wrote.

    Its secret is EXPEDITE_HOOK_<NAME>_SECRET; the address may stand in EXPEDITE_HOOK_<NAME>_URL instead.
    """

    name: str
    url: str = ""
    events: tuple[str, ...] = ()


HOOK_EVENTS: dict[str, tuple[str, ...]] = {
    "opened": ("reported", "requested"),
    "assigned": ("dispatch", "rule", "reassign", "fallback_leads", "succeeded"),
    "returned": ("send_back",),
    "notice": ("notice",),
    "escalated": ("climbed",),
    "suspended": ("suspended",),
    "resumed": ("resume",),
    "replied": ("replied", "settle_on_spot", "no_response"),
    "disputed": ("dispute",),
    "closed": ("closed",),
    "reopened": ("reopen",),
}
"""What a hook may be told of, and the lines of a case's history that are that."""
