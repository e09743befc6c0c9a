"""What a backup says of itself: kind, versions, and size and SHA-256 of each file, so that a damaged one is never restored."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from models.snapshot import TableCopy
from services.chain import canonical

FORMAT = "expedite-backup/1"
MANIFEST = "manifest.json"


class BackupRefused(Exception):
    """A backup that cannot be made or restored; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class BackupFile:
    """A file of a backup. `sha256` in hex."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """`database` is "sqlite" or "postgresql", `counts` rows by table, `tables` the dump's tables (PostgreSQL only)."""

    made_at: datetime
    database: str
    revision: str
    version: str
    policy_version: str
    files: tuple[BackupFile, ...]
    counts: Mapping[str, int]
    tables: tuple[TableCopy, ...]

    @property
    def bytes(self) -> int:
        """The size of all files."""
        return sum(file.bytes for file in self.files)

    @property
    def rows(self) -> int:
        """The rows of all tables."""
        return sum(self.counts.values())


def describe(path: Path) -> BackupFile:
    """A file's size and hash."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return BackupFile(path.name, path.stat().st_size, digest)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest with a hash of itself."""
    said: dict[str, Any] = {
        "format": FORMAT, "made_at": manifest.made_at.astimezone(UTC).isoformat(), "database": manifest.database,
        "revision": manifest.revision, "version": manifest.version, "policy_version": manifest.policy_version,
        "files": [asdict(f) for f in manifest.files], "counts": dict(manifest.counts),
        "tables": [{"name": t.name, "columns": list(t.columns), "rows": t.rows} for t in manifest.tables],
    }  # fmt: skip
    said["sha256"] = _hash(said)
    (folder / MANIFEST).write_text(json.dumps(said, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _hash(said: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical({k: v for k, v in said.items() if k != "sha256"}).encode()).hexdigest()


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a backup, with every file checked against it. Raises BackupRefused naming what is wrong."""
    path = folder / MANIFEST
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise BackupRefused(
            f"{folder} is no backup: {MANIFEST} cannot be read ({problem.strerror}). Name the folder that `expedite backup` made."
        ) from problem
    except ValueError as problem:
        raise BackupRefused(f"{path} is damaged: it is not JSON. Take another backup.") from problem
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        given = said.get("format") if isinstance(said, dict) else None
        raise BackupRefused(f"{path} has format {given!r}; this version reads {FORMAT}. Use the version that made it.")
    if said.get("sha256") != _hash(said):
        raise BackupRefused(f"{path} is damaged: it was changed after the backup. Take another backup.")
    manifest = Manifest(
        datetime.fromisoformat(said["made_at"]), said["database"], said["revision"], said["version"], said["policy_version"],
        tuple(BackupFile(**f) for f in said["files"]), said["counts"],
        tuple(TableCopy(t["name"], tuple(t["columns"]), t["rows"]) for t in said["tables"]),
    )  # fmt: skip
    for file in manifest.files:
        _check(folder, file)
    return manifest


def _check(folder: Path, file: BackupFile) -> None:
    path = folder / file.name
    if Path(file.name).name != file.name or not path.is_file():
        raise BackupRefused(f"{path} is missing: the backup is not whole. Take another backup.")
    found = describe(path)
    if found != file:
        raise BackupRefused(
            f"{path} is damaged: {found.bytes} bytes with SHA-256 {found.sha256[:16]}…, where the manifest has {file.bytes} with "
            f"{file.sha256[:16]}…. Take another backup."
        )
