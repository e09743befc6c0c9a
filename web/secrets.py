"""The key that seals forms and short notes of this installation: the one set, or one made once and kept in the data folder."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

from services.settings import Settings

FILE = "secret.key"


def secret_key(settings: Settings) -> bytes:
    """32 bytes. Raises OSError where the data folder cannot be written."""
    if settings.secret_key:
        return hashlib.sha256(settings.secret_key.encode()).digest()
    return _kept(settings.data / FILE)


def _kept(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    made = path.with_name(f"{FILE}.{secrets.token_hex(4)}")
    descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(32))
    try:
        # A link appears whole or not at all: two processes that start together end up with the same key.
        os.link(made, path)
    except FileExistsError:
        pass
    finally:
        made.unlink()
    return path.read_bytes()
