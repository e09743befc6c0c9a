"""Signs what is posted outside as Standard Webhooks prescribes: id, moment and body, by one secret or several."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

PREFIX = "whsec_"
SHORTEST = 16
"""Bytes that a secret has at least: shorter ones can be guessed."""


class BadSecret(ValueError):
    """No secret to sign with; says what one looks like, and never what was given."""

    def __init__(self) -> None:
        super().__init__(f"the secret must be {PREFIX} and base64 of {SHORTEST} bytes or more")


def read_secrets(written: str) -> tuple[bytes, ...]:
    """The secrets in a setting, separated by spaces, the newest first; BadSecret for one of another form."""
    secrets = []
    for one in written.split():
        try:
            secret = base64.b64decode(one.removeprefix(PREFIX), validate=True)
        except (binascii.Error, ValueError):
            raise BadSecret from None
        if len(secret) < SHORTEST or not one.startswith(PREFIX):
            raise BadSecret
        secrets.append(secret)
    return tuple(secrets)


def signed(body: bytes, webhook_id: str, at: datetime, secrets: Sequence[bytes]) -> dict[str, str]:
    """The headers of a delivery; a signature for each secret, so that a receiver may change to the new one when it likes."""
    moment = str(int(at.timestamp()))
    told = f"{webhook_id}.{moment}.".encode() + body
    signatures = [
        f"v1,{base64.b64encode(hmac.digest(secret, told, hashlib.sha256)).decode('ascii')}" for secret in secrets
    ]
    headers = {"webhook-id": webhook_id, "webhook-timestamp": moment}
    return headers | {"webhook-signature": " ".join(signatures)} if signatures else headers


def webhook_id(message_id: str) -> str:
    """The lasting id of a delivery, from the lasting id of its message ("<left@right>")."""
    return f"msg_{message_id.strip('<>').partition('@')[0]}"
