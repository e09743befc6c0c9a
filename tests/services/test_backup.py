"""Backup and restore: one moment of a busy installation, verified before and after, and never over anything."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import inspect, update
from typer.testing import CliRunner

from deployments.cli import app
from models.case import Event
from models.engine import WRITING, make_engine
from models.intake import DeliveryState, Trust
from models.migrate import DatabaseRefused
from services.audit import verify
from services.backup import SECRET, backup, restore
from services.backup_manifest import MANIFEST, BackupRefused
from services.chain import canonical
from services.desk import register
from services.heads import digest_today
from services.intake import store
from services.office import Office, open_office
from services.receiver import receive_waiting
from services.settings import Settings
from services.sweep import sweep
from tests.everything import everything
from tests.mailroom import deliver_all
from web import secrets

REPORT = {
    "enterprise": {"name": "禾城湖粲钠能有限公司", "contact": "项目联络员", "phone": "0573-80000000", "email": "p02@example.com"},
    "project": "P02", "category": "power", "severity": 2, "title": "第二路电源无廊道", "detail": "需跨越在建道路。\n\\N 与 \t 照录",
}  # fmt: skip


@pytest.fixture
def elsewhere(settings: Settings, empty_database: str, tmp_path: Path) -> Settings:
    """Settings of a new installation on the same kind of database, with nothing in it."""
    url = "" if empty_database.startswith("sqlite") else empty_database
    return settings.model_copy(update={"data": tmp_path / "new", "database_url": url})


@pytest.fixture
def busy(office: Office, at: Callable[[str], datetime]) -> Office:
    """An office with cases, notices, caught mail, a secret of its own and a digest."""
    register(office, REPORT, "run-0")
    at("2026-08-04 09:00")
    sweep(office)
    digest_today(office)
    deliver_all(office)
    (office.settings.data / SECRET).write_bytes(b"k" * 32)
    return office


def content(settings: Settings) -> dict[str, list[tuple[object, ...]]]:
    """Everything in the database that settings name."""
    office = open_office(settings)
    with office.reading() as session:
        found = everything(session)
    office.close()
    return found


def test_what_was_backed_up_is_what_is_restored(busy: Office, elsewhere: Settings, tmp_path: Path) -> None:
    """Every row of every table, the caught mail and the secret; and the new installation goes on with the next number."""
    manifest = backup(busy.settings, tmp_path / "b")
    done = restore(elsewhere, tmp_path / "b")
    assert (done.audit.findings, done.audit.cases, done.policy) == ((), 1, None)
    assert content(elsewhere) == content(busy.settings)
    assert sum(len(rows) for name, rows in content(elsewhere).items() if name in manifest.counts) == manifest.rows
    assert (elsewhere.data / SECRET).read_bytes() == b"k" * 32
    assert (elsewhere.data / SECRET).stat().st_mode & 0o077 == 0
    with closing(sqlite3.connect(elsewhere.caught_mail)) as mail:
        assert mail.execute("SELECT count(*) FROM mail").fetchone()[0] > 0
    office = open_office(elsewhere)
    office.fixed = busy.fixed
    assert register(office, REPORT | {"title": "b"}, "run-1").case == "DIF-2026-0002"
    assert verify(office).findings == ()
    office.close()


def test_a_backup_while_others_write_is_one_moment(busy: Office, elsewhere: Settings, tmp_path: Path) -> None:
    """Reports come in and become cases all the while: what is restored is whole, and ends where the backup was taken."""
    stop, written = threading.Event(), list[int]()
    writer = open_office(busy.settings.model_copy())
    writer.fixed = busy.fixed

    def write() -> None:
        while not stop.is_set():
            n = len(written)
            body = canonical(REPORT | {"title": f"第{n}件"}).encode()
            store(writer, "desk", f"key-{n}", Trust.DESK, DeliveryState.WAITING, body, "application/json")
            written.append(receive_waiting(writer).taken)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        while len(written) < 3:
            assert thread.is_alive()
        backup(busy.settings, tmp_path / "b")
        during = len(written)
        while len(written) < during + 2:
            assert thread.is_alive()
    finally:
        stop.set()
        thread.join()
        writer.close()
    done = restore(elsewhere, tmp_path / "b")
    assert done.audit.findings == ()
    assert 1 + 3 <= done.audit.cases <= 1 + during + 1
    assert verify(busy).cases == 1 + len(written)


@pytest.mark.parametrize("how", ["flipped", "shorter", "gone", "manifest", "no json", "another format"])
def test_a_damaged_backup_is_refused_before_anything_is_written(
    busy: Office, elsewhere: Settings, tmp_path: Path, how: str
) -> None:
    """One byte is enough; the file is named."""
    manifest = backup(busy.settings, tmp_path / "b")
    largest = max(manifest.files, key=lambda f: f.bytes)
    file, listed = tmp_path / "b" / largest.name, tmp_path / "b" / MANIFEST
    raw, said = bytearray(file.read_bytes()), json.loads(listed.read_text("utf-8"))
    named = largest.name
    if how == "flipped":
        raw[len(raw) // 2] ^= 1
        file.write_bytes(raw)
    elif how == "shorter":
        file.write_bytes(raw[:-1])
    elif how == "gone":
        file.unlink()
    else:
        named = MANIFEST
        said = said | ({"format": "expedite-backup/9"} if how == "another format" else {"revision": "0001x"})
        listed.write_text("{" if how == "no json" else json.dumps(said), "utf-8")
    with pytest.raises(BackupRefused, match=named):
        restore(elsewhere, tmp_path / "b")
    assert not elsewhere.data.exists()
    untouched = make_engine(elsewhere.url)
    assert inspect(untouched).get_table_names() == []
    untouched.dispose()


def test_nothing_is_restored_over_anything(busy: Office, tmp_path: Path) -> None:
    """An installation that is there keeps every row, and the message names what is in the way."""
    backup(busy.settings, tmp_path / "b")
    before = content(busy.settings)
    with pytest.raises(BackupRefused, match="not empty"):
        restore(busy.settings, tmp_path / "b")
    if busy.settings.database_url:
        with pytest.raises(BackupRefused, match="tables"):
            restore(busy.settings.model_copy(update={"data": tmp_path / "other"}), tmp_path / "b")
    assert content(busy.settings) == before


def test_a_backup_is_never_made_over_another(busy: Office, tmp_path: Path) -> None:
    """The older one may be the good one."""
    backup(busy.settings, tmp_path / "b")
    with pytest.raises(BackupRefused, match="not empty"):
        backup(busy.settings, tmp_path / "b")


def test_a_backup_goes_back_into_its_own_kind_of_database(busy: Office, elsewhere: Settings, tmp_path: Path) -> None:
    """The message says which kinds they are."""
    backup(busy.settings, tmp_path / "b")
    other = "postgresql://u@127.0.0.1:1/x" if not busy.settings.database_url else ""
    with pytest.raises(BackupRefused, match="same kind"):
        restore(elsewhere.model_copy(update={"database_url": other}), tmp_path / "b")


def test_nothing_is_backed_up_from_where_nothing_is(elsewhere: Settings, tmp_path: Path) -> None:
    """A wrong data folder makes no empty backup, and leaves no folder behind."""
    with pytest.raises((BackupRefused, DatabaseRefused), match="nothing to back up"):
        backup(elsewhere, tmp_path / "b")
    assert not (tmp_path / "b").exists()
    assert not list(tmp_path.glob(".b.*"))


def test_a_history_that_was_forged_before_the_backup_is_reported(
    busy: Office, elsewhere: Settings, tmp_path: Path
) -> None:
    """A restore says what it restored, good or bad."""
    with busy.engine.execution_options(**{WRITING: True}).begin() as connection:
        connection.execute(update(Event).where(Event.seq == 1).values(action="other"))
    backup(busy.settings, tmp_path / "b")
    assert [(f.kind, f.seq) for f in restore(elsewhere, tmp_path / "b").audit.findings] == [("event_edited", 1)]


def test_the_policy_that_was_in_force_comes_along(busy: Office, elsewhere: Settings, tmp_path: Path) -> None:
    """The new machine's policy file is another: the old one is laid beside the data and named."""
    backup(busy.settings, tmp_path / "b")
    changed = tmp_path / "policy.yaml"
    said = busy.settings.policy.read_text("utf-8")
    changed.write_text(said + "\n# next year\n", "utf-8")
    done = restore(elsewhere.model_copy(update={"policy": changed}), tmp_path / "b")
    assert done.policy is not None
    assert done.policy.read_text("utf-8") == said
    assert done.audit.findings == ()


def test_an_older_backup_is_brought_up_to_date(busy: Office, elsewhere: Settings, tmp_path: Path) -> None:
    """Taken before the digests' tables were made: restored at its own revision, then migrated."""
    from alembic import command
    from alembic.config import Config

    import models

    with busy.engine.execution_options(**{WRITING: True}).begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(models.__file__).parent / "migrations"))
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
    busy.close()
    assert backup(busy.settings, tmp_path / "b").revision == "0001"
    done = restore(elsewhere, tmp_path / "b")
    assert (done.audit.findings, done.audit.cases, done.audit.digests) == ((), 1, 0)


def test_the_commands_say_what_they_did(
    busy: Office, elsewhere: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Backup, restore and verify from the command line, with their exit status."""
    run = CliRunner()

    def expedite(settings: Settings, *words: str) -> tuple[int, str]:
        monkeypatch.setenv("EXPEDITE_DATABASE_URL", settings.database_url)
        result = run.invoke(app, [*words, "--data", str(settings.data)])
        return result.exit_code, result.output + str(result.exception or "")

    busy.close()
    status, said = expedite(busy.settings, "backup", str(tmp_path / "b"))
    assert (status, "rows" in said) == (0, True)
    status, said = expedite(elsewhere, "restore", str(tmp_path / "b"))
    assert (status, "the history is what was written" in said) == (0, True)
    status, said = expedite(elsewhere, "restore", str(tmp_path / "b"))
    assert (status, "not empty" in said) == (1, True)
    status, said = expedite(elsewhere, "audit", "verify", "--json")
    assert (status, json.loads(said)["ok"], json.loads(said)["cases"]) == (0, True, 1)
    engine = make_engine(elsewhere.url)
    with engine.execution_options(**{WRITING: True}).begin() as connection:
        connection.execute(update(Event).where(Event.seq == 2).values(policy_version="x"))
    engine.dispose()
    status, said = expedite(elsewhere, "audit", "verify")
    assert (status, "DIF-2026-0001 event 2" in said) == (1, True)


def test_the_secret_has_one_name() -> None:
    """What the pages keep is what a backup takes."""
    assert SECRET == secrets.FILE
