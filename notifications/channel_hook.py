"""The channel of an outgoing webhook: what happened to a case, signed as Standard Webhooks prescribes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from notifications.http_post import BadUrl, HttpPost
from notifications.notifier import BadChannel, Channel, ChannelSetting, Desk, Parcel
from notifications.standard_webhooks import BadSecret, read_secrets, signed, webhook_id
from notifications.transport import Refused

GONE = 410
"""The answer by which a receiver says that it wants no more."""


class HookChannel:
    """Posts the parcel's variables as they were owed, with the same id over retries and a new moment each time."""

    def __init__(self, desk: Desk, post: HttpPost, secrets: tuple[bytes, ...]) -> None:
        self._desk, self._post, self._secrets = desk, post, secrets

    def __enter__(self) -> Self:
        self._post.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._post.__exit__(kind, error, trace)

    def send(self, parcel: Parcel) -> Refused | None:
        """Post it; None when the answer is 2xx."""
        told = dict(parcel.variables)
        if told.get("data"):
            told["data"] = {**told["data"], "link": self._desk.board_link(told["data"]["code"])}
        body = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
        # Real time: the receiver compares it with its own clock.
        headers = signed(body, webhook_id(parcel.message_id), datetime.now(UTC), self._secrets)
        return self._post.post(body, headers).refusal()


def hook_channel(setting: ChannelSetting, desk: Desk) -> Channel:
    """The hook of that name; `BadChannel` without a secret, since nobody could tell who calls."""
    try:
        secrets = read_secrets(setting.secret)
        if not secrets:
            raise BadChannel(setting.name, f"has no secret: set {setting.variable('SECRET')}")
        if not setting.url:
            raise BadChannel(setting.name, f"has no address: set {setting.variable('URL')}")
        post = HttpPost(setting.url, private=setting.private, ca_file=setting.ca_file, timeout=setting.timeout)
    except BadSecret as problem:
        raise BadChannel(setting.name, f"{setting.variable('SECRET')}: {problem}") from problem
    except BadUrl as problem:
        raise BadChannel(setting.name, f"its address {problem}") from problem
    return HookChannel(desk, post, secrets)
