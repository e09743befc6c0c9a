"""Backup and restore of an installation: the database, the files, the caught mail, the secret and the policy, whatever runs meanwhile.

Prefect's own database is left out on purpose: runs are short, and what is due is asked of our tables again.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata as packages
from pathlib import Path

from sqlalchemy import inspect

from models.engine import read_url
from models.migrate import current, opened_engine, upgrade
from models.snapshot import TableCopy, check_sqlite, copy_in, copy_out, copy_sqlite
from services.audit import AuditReport, verify
from services.backup_manifest import BackupRefused, Manifest, describe, read_manifest, write_manifest
from services.file_store import FileStore
from services.office import open_office
from services.policy_file import parse_policy
from services.settings import Settings

DATABASE, MAIL, SECRET, POLICY = "expedite.sqlite", "mail.sqlite", "secret.key", "policy.yaml"
FILE = "file-"
"""What a file that somebody added is called in a backup: this and its SHA-256."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored. `policy` is the restored policy's path where it is not the one that the settings name."""

    manifest: Manifest
    audit: AuditReport
    policy: Path | None


def _database(settings: Settings) -> tuple[str, Path | None]:
    """The kind of the database, and the file of an SQLite one."""
    url = read_url(settings.url)
    kind = url.get_backend_name()
    return kind, Path(str(url.database)) if kind == "sqlite" else None


# -- backup ------------------------------------------------------------------------------------------------------------


def backup(settings: Settings, folder: Path) -> Manifest:
    """Copy everything into `folder`, which must be new or empty; it appears whole or not at all.

    Raises BackupRefused, DatabaseRefused, or OSError.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BackupRefused(f"{folder} is not empty: name a new folder, so that no older backup is lost.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    making = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
    making.mkdir(mode=0o700)
    try:
        manifest = _fill(settings, making)
        write_manifest(making, manifest)
        _to_disk(making)
        if folder.exists():
            folder.rmdir()
        making.rename(folder)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return manifest


def _fill(settings: Settings, folder: Path) -> Manifest:
    kind, file = _database(settings)
    if file is not None and not file.exists():
        raise BackupRefused(f"There is nothing to back up: {file} does not exist. Name the data folder with --data.")
    with opened_engine(settings.url) as engine:
        with engine.connect() as connection:
            revision = current(connection)
        if revision is None:
            raise BackupRefused("There is nothing to back up: the database is empty.")
        tables: tuple[TableCopy, ...] = ()
        if file is not None:
            counts = _copy_file(file, folder / DATABASE)
        else:
            tables = copy_out(engine, folder)
            counts = {t.name: t.rows for t in tables}
    if settings.caught_mail.exists():
        _copy_file(settings.caught_mail, folder / MAIL)
    if (settings.data / SECRET).exists():
        shutil.copy(settings.data / SECRET, folder / SECRET)
    # After the database: what it speaks of was written before.
    for path in FileStore(settings).all():
        with contextlib.suppress(FileNotFoundError):  # redacted meanwhile
            shutil.copy(path, folder / f"{FILE}{path.name}")
    said = settings.policy.read_text(encoding="utf-8")
    (folder / POLICY).write_text(said, encoding="utf-8")
    return Manifest(
        datetime.now(UTC), kind, revision, _version(), parse_policy(said, str(settings.policy)).version,
        tuple(describe(path) for path in sorted(folder.iterdir())), counts, tables,
    )  # fmt: skip


def _copy_file(source: Path, target: Path) -> dict[str, int]:
    try:
        return copy_sqlite(source, target)
    except sqlite3.Error as problem:
        raise BackupRefused(f"{source} cannot be copied: {problem}.") from problem


def _version() -> str:
    try:
        return packages.version("expedite")
    except packages.PackageNotFoundError:
        return "unknown"


def _to_disk(folder: Path) -> None:
    for path in (*folder.iterdir(), folder):
        if path.is_file():
            path.chmod(0o600)
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


# -- restore -----------------------------------------------------------------------------------------------------------


def restore(settings: Settings, folder: Path, say: Callable[[str], None] = lambda _: None) -> Restored:
    """Put a backup into an empty data folder or database, migrate it, and verify the whole history.

    Everything is checked before anything is written. Raises BackupRefused or DatabaseRefused.
    """
    say("checking the backup")
    manifest = read_manifest(folder)
    kind, file = _database(settings)
    if manifest.database != kind:
        raise BackupRefused(
            f"The backup is of a {manifest.database} database and EXPEDITE_DATABASE_URL names a {kind} one: restore it into the "
            "same kind."
        )
    _require_empty(settings, file)
    say(f"restoring {manifest.rows} rows of {manifest.made_at:%Y-%m-%d %H:%M} UTC")
    settings.data.mkdir(parents=True, exist_ok=True)
    with opened_engine(settings.url) as engine:
        if file is None:
            copy_in(engine, folder, manifest.revision, manifest.tables)
        else:
            _place(folder / DATABASE, file)
    for name in (MAIL, SECRET):
        if (folder / name).exists():
            _place(folder / name, settings.data / name)
    store = FileStore(settings)
    for source in sorted(folder.glob(f"{FILE}*")):
        target = store.path(source.name.removeprefix(FILE))
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _place(source, target)
    say("bringing the database up to date")
    upgrade(settings.url)
    used, kept = _policy(settings, folder, manifest)
    say("verifying the history")
    office = open_office(used)
    try:
        return Restored(manifest, verify(office), kept)
    finally:
        office.close()


def _require_empty(settings: Settings, file: Path | None) -> None:
    there = [str(p) for p in (*([file] if file else []), settings.caught_mail, settings.data / SECRET) if p.exists()]
    there += [str(settings.files)] if next(FileStore(settings).all(), None) is not None else []
    if there:
        raise BackupRefused(
            f"The data folder is not empty: there is {', '.join(there)}. Restore into a new one with --data; nothing was changed."
        )
    if file is None:
        with opened_engine(settings.url) as engine, engine.connect() as connection:
            tables = inspect(connection).get_table_names()
            if tables:
                name = engine.url.render_as_string(hide_password=True)
                raise BackupRefused(
                    f"The database {name} is not empty: it has {len(tables)} tables. Restore into a new one; nothing was changed."
                )


def _place(source: Path, target: Path) -> None:
    """Copy a file so that it appears whole or not at all, readable to its owner only."""
    making = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    shutil.copy(source, making)
    making.chmod(0o600)
    if source.suffix == ".sqlite":
        check_sqlite(making)
    with making.open("rb") as file:
        os.fsync(file.fileno())
    making.rename(target)


def _policy(settings: Settings, folder: Path, manifest: Manifest) -> tuple[Settings, Path | None]:
    """The settings with the policy that was in force, and where it was put if the present one is another."""
    present = settings.policy.read_text(encoding="utf-8") if settings.policy.is_file() else ""
    if present == (folder / POLICY).read_text(encoding="utf-8"):
        return settings, None
    kept = settings.data / f"policy-{manifest.policy_version[:12]}.yaml"
    shutil.copy(folder / POLICY, kept)
    return settings.model_copy(update={"policy": kept}), kept
