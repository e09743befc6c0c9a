"""Where files lie: in the data folder, by the SHA-256 of their content, written to disk before anything speaks of them."""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from services.settings import Settings

HELD_SECONDS = 3600
"""How long a file is kept for the next try of a form that was refused for another field."""
_CHUNK = 1 << 18


class FilesUnavailable(Exception):
    """The folder of files cannot be written or read: no space, or no permission."""


class FileTooLarge(Exception):
    """A file of more bytes than are taken."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A file's content: its SHA-256 in hex, and its size in bytes."""

    sha256: str
    bytes: int


class FileStore:
    """The files of one installation: those that belong to something, and those held for an hour."""

    def __init__(self, settings: Settings) -> None:
        self.folder = settings.files
        self.held = self.folder / "held"

    def path(self, sha256: str) -> Path:
        """Where the file of that hash lies, or would."""
        return self.folder / sha256[:2] / sha256

    def held_path(self, sha256: str) -> Path:
        """Where a held file of that hash lies, or would."""
        return self.held / sha256

    def hold(self, content: BinaryIO, most: int) -> Stored:
        """Write what a form sent; it is dropped after an hour unless it is kept. Raises FileTooLarge, FilesUnavailable."""
        digest, size = hashlib.sha256(), 0
        try:
            self.held.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._drop_old()
            making = self.held / f".{secrets.token_hex(8)}"
            try:
                with making.open("xb") as file:
                    os.fchmod(file.fileno(), 0o600)
                    while chunk := content.read(_CHUNK):
                        size += len(chunk)
                        if size > most:
                            raise FileTooLarge
                        digest.update(chunk)
                        file.write(chunk)
                    file.flush()
                    os.fsync(file.fileno())
                making.replace(self.held_path(digest.hexdigest()))
            finally:
                making.unlink(missing_ok=True)
        except OSError as error:
            raise FilesUnavailable(str(error)) from error
        return Stored(digest.hexdigest(), size)

    def there(self, sha256: str) -> bool:
        """Whether a file is held or kept."""
        return self.path(sha256).exists() or self.held_path(sha256).exists()

    def keep(self, sha256: str) -> None:
        """Let a held file stay; the same content is kept once. Raises FilesUnavailable."""
        path = self.path(sha256)
        try:
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                self.held_path(sha256).replace(path)
                _to_disk(path.parent)
                _to_disk(self.folder)
        except OSError as error:
            raise FilesUnavailable(str(error)) from error

    def remove(self, sha256: str) -> None:
        """Take a file away for ever, the held one too."""
        self.path(sha256).unlink(missing_ok=True)
        self.held_path(sha256).unlink(missing_ok=True)

    def all(self) -> Iterator[Path]:
        """The files that belong to something."""
        for folder in sorted(self.folder.glob("[0-9a-f][0-9a-f]")):
            yield from sorted(p for p in folder.iterdir() if len(p.name) == 64)

    def held_bytes(self) -> int:
        """The bytes of what is held now."""
        total = 0
        for entry in self.held.iterdir() if self.held.is_dir() else ():
            try:
                total += entry.stat().st_size
            except FileNotFoundError:
                continue
        return total

    def _drop_old(self) -> None:
        before = time.time() - HELD_SECONDS
        for entry in self.held.iterdir():
            try:
                if entry.stat().st_mtime < before:
                    entry.unlink()
            except FileNotFoundError:
                continue


def hash_of(path: Path) -> Stored:
    """A file's hash and size. Raises OSError."""
    with path.open("rb") as file:
        return Stored(hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size)


def _to_disk(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
