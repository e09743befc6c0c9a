"""Files with reports and actions: told by content, recorded in the chain, carried by backups, found by the audit, removed by right."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from domain.case import Actor
from domain.files import FileKind, FileRules
from domain.lifecycle import Party
from domain.refusals import FieldRefused
from models.attachment import Attachment
from models.case import Case, Event
from models.intake import Delivery
from services.attachments import HeldFile, add_to_case, files_for_reporter, files_of, take
from services.audit import verify
from services.backup import backup, restore
from services.case_view import case_json
from services.casebook import open_casebook
from services.file_store import HELD_SECONDS, FileStore, FilesUnavailable
from services.file_types import clean_name, kind_of
from services.form import submit_form
from services.office import Office
from services.receiver import receive_waiting
from services.redaction import redact
from services.retention import drop_dismissed
from services.settings import Settings
from services.waiting_reports import accept, dismiss
from tests.filebox import DOCX, HEIC, JPG, MP4, PDF, PNG, XLSX, zipped

REPORT = {
    "title": "第二路电源没有电力通道", "category": "power", "severity": "2", "enterprise": "禾城湖粲钠能有限公司", "project": "P02",
    "email": "gongcheng@example.com", "nonce": "x" * 20,
}  # fmt: skip
CODE = "DIF-2026-0001"


def held(office: Office, *files: tuple[str, bytes]) -> tuple[HeldFile, ...]:
    """Files as a form hands them over; all must be good."""
    taken = take(office, [(name, io.BytesIO(content)) for name, content in files])
    assert taken.refused is None
    return taken.files


def reported(office: Office, *files: tuple[str, bytes]) -> int:
    """A report with files that was confirmed and has become a case; its id."""
    submit_form(office, REPORT, "zh", held(office, *files))
    with office.writing() as session:
        accept(session, office, session.scalars(select(Delivery)).one(), "reporter")
    receive_waiting(office)
    with office.reading() as session:
        return session.scalars(select(Case.id)).one()


def rows(office: Office) -> list[Attachment]:
    """What is stored of files."""
    with office.reading() as session:
        return list(session.scalars(select(Attachment).order_by(Attachment.id)))


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("照片.JPG", JPG, "jpg"), ("a.jpeg", JPG, "jpg"), ("a.png", PNG, "png"), ("a.pdf", PDF, "pdf"), ("a.heic", HEIC, "heic"),
        ("a.docx", DOCX, "docx"), ("a.xlsx", XLSX, "xlsx"), ("a.mp4", MP4, "mp4"),
    ],
)  # fmt: skip
def test_a_kind_is_told_by_its_content(tmp_path: Path, name: str, content: bytes, kind: str) -> None:
    """The bytes say what a file is; the name has to agree."""
    path = tmp_path / "held"
    path.write_bytes(content)
    assert kind_of(path, name, FileRules().kinds) == kind


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.png", JPG), ("a.jpg", PNG), ("a.pdf", b"<html><script>alert(1)</script>"), ("a.svg", b"<svg onload='alert(1)'/>"),
        ("a.png", b"<svg onload='alert(1)'/>"), ("a.jpg", b"GIF89a" + b"x" * 50), ("a.pdf.exe", b"MZ" + b"x" * 90),
        ("a.pdf", b"MZ" + b"x" * 90), ("a.docx", XLSX), ("a.xlsx", DOCX), ("a.docx", zipped("word/document.xml")),
        ("a.docx", zipped("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin")),
        ("a.docx", zipped("[Content_Types].xml", "word/document.xml", "../../etc/passwd")),
        ("a.docx", zipped("[Content_Types].xml", "word/document.xml", "/etc/cron.d/x")), ("a.zip", zipped("a.txt")),
        ("a.docx", DOCX[:60]), ("a.docx", DOCX[:-10] + b"\xff" * 10), ("a", PDF), ("", PDF), ("pdf", PDF), ("a.jpg", b"<?php x" + JPG),
        ("a.mov", b"\0\0\0\x14ftypqt  \0\0\0\0qt  "), ("a.mp4", b"\0\0\0\x14ftypqt  \0\0\0\0qt  "), ("a.html", b"<html>"),
    ],
)  # fmt: skip
def test_what_is_not_what_it_says_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    """A wrong ending, a page or a program in disguise, macros, parts that would fall outside: none is taken."""
    path = tmp_path / "held"
    path.write_bytes(content)
    with pytest.raises(FieldRefused) as refused:
        kind_of(path, clean_name(name), FileRules().kinds)
    assert refused.value.facts["field"] == "files"


def test_a_bomb_is_never_opened(tmp_path: Path) -> None:
    """An archive that says it holds more than any document does is refused by its directory, in no time and no memory."""
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
        file.writestr("[Content_Types].xml", "x")
        for part in range(4):
            file.writestr(f"word/{part}.xml", b"\0" * 100_000_000)
    path = tmp_path / "held"
    path.write_bytes(bomb.getvalue())
    assert path.stat().st_size < 500_000
    with pytest.raises(FieldRefused):
        kind_of(path, "a.docx", FileRules().kinds)
    path.write_bytes(zipped("[Content_Types].xml", *(f"word/{n}" for n in range(6000))))
    with pytest.raises(FieldRefused):
        kind_of(path, "a.docx", FileRules().kinds)


def test_a_policy_says_which_kinds_are_taken(tmp_path: Path) -> None:
    """An office that wants no films takes none."""
    path = tmp_path / "held"
    path.write_bytes(MP4)
    with pytest.raises(FieldRefused, match="not taken"):
        kind_of(path, "a.mp4", (FileKind.PDF, FileKind.JPG))


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("照片 1.jpg", "照片 1.jpg"), ("../../etc/passwd", "passwd"), ("C:\\Users\\x\\图.png", "图.png"), ("a\u202egpj.exe", "agpj.exe"),
        ("a\x00b.pdf", "ab.pdf"), ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie_ x.pdf"), ('"><script>.pdf', "___script_.pdf"), ("...", ""),
        ("CON.pdf", "_CON.pdf"), ("x" * 300 + ".jpeg", "x" * 115 + ".jpeg"), ("a\u2028b.pdf", "a b.pdf"), (".htaccess", "htaccess"),
    ],
)  # fmt: skip
def test_a_name_is_made_safe(said: str, name: str) -> None:
    """No path, no control or direction character, no reserved word: what is left is a name, and its ending stays."""
    assert clean_name(said) == name
    assert len(clean_name(said)) <= 120


def test_files_of_a_report_go_with_it_to_its_case(office: Office) -> None:
    """They wait with the report, and its case's history tells of them, hash by hash."""
    case = reported(office, ("现场.jpg", JPG), ("plan.pdf", PDF))
    found = rows(office)
    assert [(f.name, f.kind, f.case_id, f.action) for f in found] == [
        ("现场.jpg", "jpg", case, "reported"), ("plan.pdf", "pdf", case, "reported")
    ]  # fmt: skip
    with office.reading() as session:
        event = session.scalars(select(Event).where(Event.action == "files_added")).one()
    assert [f["sha256"] for f in event.facts["files"]] == [f.sha256 for f in found]
    assert {f.seq for f in found} == {event.seq}
    assert event.actor["contact"] == found[0].contact_id
    shown = case_json(office, CODE)
    assert shown is not None
    assert "现场.jpg; plan.pdf" in json.dumps(shown["events"], ensure_ascii=False)
    assert verify(office).findings == ()
    assert verify(office).files == 2


def test_what_a_form_holds_is_dropped_after_an_hour(office: Office) -> None:
    """A form that nobody mends leaves nothing behind."""
    store = FileStore(office.settings)
    [file] = held(office, ("a.jpg", JPG))
    old = store.held_path(file.sha256)
    os.utime(old, (old.stat().st_atime, old.stat().st_mtime - HELD_SECONDS - 1))
    held(office, ("b.pdf", PDF))
    assert not old.exists()
    taken = take(office, [], [file])
    assert (taken.files, taken.refused is not None) == ((), True)


def test_size_number_and_emptiness_are_refused_with_the_rest_kept(office: Office) -> None:
    """One bad file does not lose the good ones beside it."""
    rules = office.policy.form.files
    large = io.BytesIO(JPG + b"x" * rules.bytes)
    taken = take(office, [("a.jpg", io.BytesIO(JPG)), ("b.jpg", large), ("c.pdf", io.BytesIO(b""))])
    assert [f.name for f in taken.files] == ["a.jpg"]
    assert "b.jpg" in str(taken.refused)
    many = [(f"{n}.jpg", io.BytesIO(JPG + bytes([n]))) for n in range(rules.most + 1)]
    taken = take(office, many)
    assert len(taken.files) == rules.most
    assert "at most" in str(taken.refused)


def test_the_same_content_is_kept_once(office: Office) -> None:
    """Two names of one photo are one file on the disk, and removing one of them leaves the other."""
    case = reported(office, ("a.jpg", JPG))
    with office.writing() as session:
        add_to_case(
            office,
            open_casebook(office, session),
            case,
            Actor(Party.CLERK, "cli"),
            "report",
            held(office, ("b.jpg", JPG)),
        )
    assert len(list(FileStore(office.settings).all())) == 1
    first = rows(office)[0]
    redact(office, CODE, first.seq or 0, "asked for", Actor(Party.CLERK, "cli"), "c1")
    assert [f.name for f in rows(office)] == ["", "b.jpg"]
    assert FileStore(office.settings).path(first.sha256).exists()
    assert verify(office).findings == ()


def test_a_redaction_removes_the_file(office: Office) -> None:
    """Name and bytes are gone; the chain still verifies, and says what was removed and why."""
    case = reported(office, ("张三身份证.jpg", JPG))
    [file] = rows(office)
    redact(office, CODE, file.seq or 0, "the person asked for it", Actor(Party.CLERK, "cli"), "c1")
    assert not FileStore(office.settings).path(file.sha256).exists()
    assert rows(office)[0].name == ""
    with office.reading() as session:
        assert files_of(session, case) == ()
    assert "张三" not in json.dumps(case_json(office, CODE), ensure_ascii=False)
    assert verify(office).findings == ()


def test_a_file_that_was_touched_is_found(office: Office) -> None:
    """Changed, gone, renamed in its row to another's hash, or left after its redaction: the audit names case and event."""
    reported(office, ("a.jpg", JPG), ("b.pdf", PDF))
    store, [one, two] = FileStore(office.settings), rows(office)
    store.path(one.sha256).write_bytes(JPG + b"!")
    store.path(two.sha256).unlink()
    texts = [str(finding) for finding in verify(office).findings]
    assert len(texts) == 2
    assert "was changed" in texts[0]
    assert "cannot be read" in texts[1]
    assert all(CODE in text for text in texts)
    store.path(one.sha256).write_bytes(JPG)
    store.path(two.sha256).write_bytes(PDF)
    assert verify(office).findings == ()
    with office.writing() as session:
        session.execute(update(Attachment).where(Attachment.id == two.id).values(sha256=one.sha256, bytes=one.bytes))
    assert ["not those" in str(f) for f in verify(office).findings] == [True]
    with office.writing() as session:
        session.execute(update(Attachment).where(Attachment.id == two.id).values(sha256=two.sha256, bytes=two.bytes))
    redact(office, CODE, one.seq or 0, "asked for", Actor(Party.CLERK, "cli"), "c1")
    store.path(one.sha256).write_bytes(JPG)
    assert ["redacted and still" in str(f) for f in verify(office).findings] == [True]


def test_a_backup_carries_the_files(office: Office, tmp_path: Path, empty_database: str) -> None:
    """What was restored is whole: every file under its hash, and the audit looks at it."""
    reported(office, ("a.jpg", JPG), ("b.pdf", PDF))
    manifest = backup(office.settings, tmp_path / "kept")
    assert sum(file.name.startswith("file-") for file in manifest.files) == 2
    fresh = Settings(
        data=tmp_path / "fresh", database_url="" if empty_database.startswith("sqlite") else empty_database, policy=office.settings.policy,
        secret_key="test", _env_file=None,
    )  # fmt: skip
    done = restore(fresh, tmp_path / "kept")
    assert done.audit.findings == ()
    assert done.audit.files == 2
    assert FileStore(fresh).path(rows(office)[0].sha256).read_bytes() == JPG


def test_what_cannot_be_kept_is_not_told_of(office: Office) -> None:
    """A disk that fails leaves neither a row nor a line of history."""
    [file] = held(office, ("a.jpg", JPG))
    FileStore(office.settings).held_path(file.sha256).unlink()
    with pytest.raises(FilesUnavailable):
        submit_form(office, REPORT, "zh", (file,))
    assert rows(office) == []
    with office.reading() as session:
        assert session.scalars(select(Delivery)).all() == []


def test_an_office_s_papers_are_not_the_enterprise_s(office: Office) -> None:
    """Evidence of a report on the progress stays inside; the reporter has what the reporter sent."""
    case = reported(office, ("a.jpg", JPG))
    contact = rows(office)[0].contact_id
    with office.writing() as session:
        book = open_casebook(office, session)
        add_to_case(
            office, book, case, Actor(Party.LEAD, "link", account="R09"), "report", held(office, ("inside.pdf", PDF))
        )
    with office.reading() as session:
        assert [f.name for f in files_for_reporter(session, case, contact)] == ["a.jpg"]
        assert [f.name for f in files_of(session, case)] == ["a.jpg", "inside.pdf"]


def test_files_of_a_dismissed_report_are_removed_after_the_policy_s_days(
    office: Office, at: Callable[[str], datetime]
) -> None:
    """Not a day earlier, name and bytes; the report stays on record, and what waits or became a case keeps its files."""
    at("2026-07-16 10:00")
    days = office.policy.form.files.dismissed_days
    reported(office, ("a.jpg", JPG))
    for nonce, name, content in (("y" * 20, "广告.jpg", JPG), ("z" * 20, "广告.pdf", PDF), ("w" * 20, "等.png", PNG)):
        fields = REPORT | {"nonce": nonce, "email": f"{nonce[0]}@example.com", "enterprise": f"某公司{nonce[0]}"}
        submit_form(office, fields, "zh", held(office, (name, content)))
    with office.writing() as session:
        *_, one, two, _waits = session.scalars(select(Delivery).order_by(Delivery.id))
        assert dismiss(session, office, one, "R06")
        assert dismiss(session, office, two, "R06")
    office.fixed = office.now() + timedelta(days=days, minutes=-1)
    assert drop_dismissed(office) == 0
    office.fixed = office.now() + timedelta(minutes=2)
    assert drop_dismissed(office) == 2
    assert drop_dismissed(office) == 0
    assert [row.name for row in rows(office)] == ["a.jpg", "", "", "等.png"]
    store = FileStore(office.settings)
    assert [store.path(row.sha256).exists() for row in rows(office)] == [True, True, False, True], (
        "one photo is a case's too"
    )
    with office.reading() as session:
        assert len(list(session.scalars(select(Delivery)))) == 4
    assert verify(office).findings == ()
