"""Hostile forms: whatever is sent, no page fails, nothing valid is lost, nothing is executed, up to the mail and the board."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from email import message_from_bytes, policy

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from models.attachment import Attachment
from models.case import Case
from models.intake import Delivery
from models.office import Outbox
from notifications.caught import open_store
from services.board_users import entry_of, new_user
from services.file_store import FileStore
from services.office import Office
from services.receiver import receive_waiting
from tests.filebox import DOCX, JPG, PDF, PNG
from tests.mailroom import deliver_all
from tests.web.conftest import HERE, REPORT, Page, mail_of, path_in, press, read
from web.app import create_app

pytestmark = pytest.mark.sqlite

PASSWORD = "correct horse battery"
TEXTS = {
    "script": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "attribute": "\"' onfocus=alert(1) autofocus x='",
    "template": "{{ 7*7 }} {% for x in y %} ${7*7} %(title)s %s {0} {title}",
    "formula": "=cmd|' /C calc'!A0",
    "formula by a sign": "@SUM(1+9)*cmd|' /C calc'!A0",
    "header": "Re: x\r\nBcc: everybody@example.com\r\n\r\n<b>body</b>",
    "path": "/etc/passwd",
    "file address": "file:///etc/passwd",
    "nul": "a\x00b\x1b[31mred\x07",
    "direction": "invoice\u202excod.exe \u2066x\u2069",
    "sql": "'; DROP TABLE delivery; --",
    "shell": "$(reboot) `reboot` ; reboot | reboot",
    "xml": "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>&e;",
    "emoji and accents": "👩‍🏭🏗️ Z̷̢͑a̶l̵g̷o̸",
    "half a character": "\ud800",
    "ical": "END:VCALENDAR\nBEGIN:VALARM\nACTION:PROCEDURE",
}  # fmt: skip


def post(client: TestClient, fields: Sequence[tuple[str, str]], files: Sequence[tuple[str, bytes]] = ()) -> int:
    """A form as bytes, field by field; the answer's status, followed nowhere."""
    body, boundary = io.BytesIO(), "xYzBoundary"
    for name, value in fields:
        said = value.encode("utf-8", "surrogatepass")
        body.write(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + said + b"\r\n")
    for name, content in files:
        quoted = name.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="{quoted}"\r\n\r\n'
        body.write(head.encode("utf-8", "surrogatepass") + content + b"\r\n")
    body.write(f"--{boundary}--\r\n".encode())
    kind = {"content-type": f"multipart/form-data; boundary={boundary}"}
    answer = client.post("/report", content=body.getvalue(), headers=kind, follow_redirects=False)
    return int(answer.status_code)


def raw_mails(office: Office) -> Iterator[bytes]:
    """The mails as they went over the wire."""
    with closing(open_store(office.settings.data / "mail.sqlite")) as store:
        for (raw,) in store.execute("select raw from mail order by id"):
            yield raw


@pytest.fixture
def desk(office: Office) -> TestClient:
    """Somebody of the desk, signed in to the board."""
    office.settings.board_users = entry_of(new_user("anna", "desk", "R06", PASSWORD))
    client = TestClient(
        create_app(office=office), base_url=HERE, client=("127.0.0.1", 50000), raise_server_exceptions=False
    )
    client.post("/board/sign-in", data={"name": "anna", "password": PASSWORD, "to": ""})
    return client


@pytest.mark.parametrize("kind", TEXTS)
def test_a_text_stays_a_text_the_whole_way(client: TestClient, desk: TestClient, office: Office, kind: str) -> None:
    """In every field at once: stored, mailed to the enterprise and the lead, shown on each page and on the board, never run."""
    text = TEXTS[kind]
    fields = [(name, text) for name in ("title", "detail", "enterprise", "contact", "project")] + [("phone", text[:30])]
    assert post(
        client, [*fields, ("category", "power"), ("severity", "1"), ("email", REPORT["email"])], [(f"{text}.jpg", JPG)]
    ) in (303, 422)
    with office.reading() as session:
        stored = session.scalars(select(Delivery.id)).all()
    assert len(stored) == 1
    mails = deliver_all(office)
    confirm = path_in(mail_of(mails, "confirm_report"))
    press(client, confirm, "confirm_report")
    receive_waiting(office)
    mails = deliver_all(office)
    track, lead = path_in(mail_of(mails, "case_opened")), path_in(mail_of(mails, "assigned_lead"))
    pages = [client.get(path) for path in (track, lead)]
    pages += [desk.get(path) for path in ("/board", "/board/list", "/board/case/DIF-2026-0001", "/board/figures")]
    for answer in pages:
        assert answer.status_code == 200
        tags = Page(answer.text).tags
        assert not [tag for tag, _ in tags if tag in ("script", "iframe", "object")]
        assert not [found for _, found in tags for name in found if name.startswith("on")]
        assert not [found for tag, found in tags if tag == "img" and not found.get("src", "").startswith("/static/")]
        assert "\x00" not in answer.text
        assert "\u202e" not in answer.text
        assert "root:" not in answer.text
    [link, *_] = [link for link in Page(pages[0].text).links if "/file/" in link]
    assert client.get(link).content == JPG
    for raw in raw_mails(office):
        parsed = message_from_bytes(raw, policy=policy.default)
        assert parsed["Bcc"] is None
        assert "everybody@" not in str(parsed["To"])
        assert not [
            part
            for part in parsed.walk()
            if part.get_filename() not in (None, "") and not str(part.get_filename()).endswith(".ics")
        ]
        said = parsed.get_body(("html",))
        html = said.get_content() if said is not None else ""
        assert "<script" not in html
        assert "root:x:" not in raw.decode("utf-8", "replace") + html
    with office.reading() as session:
        assert set(session.scalars(select(Outbox.state))) == {"sent"}


def test_the_history_for_machines_keeps_what_was_typed(client: TestClient, office: Office) -> None:
    """Escaping is for the page; what is stored is what the person wrote, without what nobody can see."""
    post(client, [*REPORT.items(), ("title", TEXTS["script"])])
    with office.reading() as session:
        assert json.loads(session.scalars(select(Delivery.body)).one())["title"] in (TEXTS["script"], REPORT["title"])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("photo.jpg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("photo.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
        ("photo.png", b"GIF89a" + b"<script>alert(1)</script>"),
        ("page.pdf", b"<html><body onload=alert(1)>%PDF-1.4"),
        ("page.html", b"<html>"), ("page.pdf.html", PDF), ("x.jpg.exe", JPG), ("x.php", JPG), ("x.jpg\x00.php", JPG),
        ("x.docm", DOCX), ("x.lnk", b"L\0\0\0"), ("x.eml", b"From: a"), ("x.zip", DOCX), ("x.jpg/", JPG), ("..", JPG), ("x.jpg ", b"MZ" + JPG),
    ],
)  # fmt: skip
def test_a_file_in_disguise_is_refused_and_the_text_stays(
    client: TestClient, office: Office, name: str, content: bytes
) -> None:
    """Told at the field; nothing stored, nothing held; the form has everything else."""
    answer = client.post("/report", data=REPORT, files={"files": (name, content, "image/jpeg")})
    assert answer.status_code == 422
    assert REPORT["title"] in answer.text
    with office.reading() as session:
        assert session.scalar(select(Attachment.id)) is None
    assert not list(FileStore(office.settings).held.iterdir())


@pytest.mark.parametrize(
    "tail", [b"<script>alert(1)</script>", b"<?php system($_GET[0]); ?>", b"PK\x05\x06" + bytes(18), b"%PDF-1.4"]
)
def test_a_polyglot_is_a_download_that_nothing_runs(client: TestClient, office: Office, tail: bytes) -> None:
    """A picture may hold anything behind its end: it is served as bytes to save, whatever they say."""
    client.post("/report", data=REPORT, files={"files": ("现场.jpg", JPG + tail, "text/html")})
    confirm = path_in(mail_of(deliver_all(office), "confirm_report"))
    [link] = [link for link in read(client, confirm).links if "/file/" in link]
    answer = client.get(link)
    assert answer.content == JPG + tail
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["content-security-policy"]


def test_a_bomb_is_never_unpacked(client: TestClient, office: Office) -> None:
    """Half a megabyte that would be 600 megabytes: refused by its directory, and the text stays."""
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as made:
        made.writestr("[Content_Types].xml", "x")
        for part in range(6):
            with made.open(f"word/{part}.xml", "w") as inner:
                for _ in range(100):
                    inner.write(bytes(1_000_000))
    answer = client.post("/report", data=REPORT, files={"files": ("计划.docx", bomb.getvalue(), "")})
    assert answer.status_code == 422
    assert REPORT["title"] in answer.text


@pytest.mark.parametrize("size", [1_000, 900_000, 1_000_001, 3_000_000])
def test_a_title_of_a_million_characters_is_told_not_stored(client: TestClient, office: Office, size: int) -> None:
    """Too long is a mistake at the field, much too long is refused as a whole; in both ways of sending a form."""
    for answer in (
        client.post("/report", data=REPORT | {"title": "长" * size}),
        client.post("/report", data=REPORT | {"title": "长" * size}, files={"files": ("a.jpg", JPG, "")}),
    ):
        assert answer.status_code in (400, 413, 422)
    with office.reading() as session:
        assert session.scalar(select(Delivery.id)) is None


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"&".join(b"f%d=x" % n for n in range(10_000)), "application/x-www-form-urlencoded"),
        (b"".join(b'--b\r\nContent-Disposition: form-data; name="f"\r\n\r\nx\r\n' for _ in range(10_000)) + b"--b--\r\n", "multipart/form-data; boundary=b"),
        (b"".join(b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.jpg"\r\n\r\nx\r\n' for _ in range(10_000)) + b"--b--\r\n", "multipart/form-data; boundary=b"),
        (b"--b\r\n" + b"X-H: y\r\n" * 50_000 + b'Content-Disposition: form-data; name="f"\r\n\r\nx\r\n--b--\r\n', "multipart/form-data; boundary=b"),
        (b"--b\r\nContent-Type: multipart/mixed; boundary=c\r\nContent-Disposition: form-data; name=\"files\"\r\n\r\n" + b"--c\r\n\r\n" * 5000 + b"\r\n--b--", "multipart/form-data; boundary=b"),
        (b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n", "multipart/form-data; boundary=b"),
        (b"--b\r\nno header at all", "multipart/form-data; boundary=b"), (b"", "multipart/form-data; boundary=b"), (b"x", "multipart/form-data"),
        (b"x", "multipart/form-data; boundary=" + "b" * 5000), (b"x", "multipart/form-data; boundary=\xe9"), (b"{}", "application/json"),
        (b"<x/>", "text/xml"), (b"\xff\xfe\x00", "application/x-www-form-urlencoded"), (b"title=%ff%fe&email=%00", "application/x-www-form-urlencoded"),
        (b"title[]=x&title[a]=y&__proto__=z", "application/x-www-form-urlencoded"), (b"", "application/x-www-form-urlencoded"),
        (b'--b\r\nContent-Disposition: form-data; name="title"; filename="a.jpg"\r\n\r\nx\r\n--b--\r\n', "multipart/form-data; boundary=b"),
        (b'--b\r\nContent-Disposition: form-data; name="kept"\r\n\r\n{"a":1}.x\r\n--b--\r\n', "multipart/form-data; boundary=b"),
        (b'--b\r\nContent-Disposition: form-data; name="nonce"; filename="a"\r\n\r\nx\r\n--b--\r\n', "multipart/form-data; boundary=b"),
    ],
)  # fmt: skip
def test_a_form_that_no_browser_sends_is_answered_not_crashed_on(
    client: TestClient, office: Office, body: bytes, kind: str
) -> None:
    """Thousands of fields, parts in parts, no boundary, files where text belongs: an answer of four hundred something, nothing stored."""
    for path in ("/report", "/factor"):
        answer = client.post(
            path, content=body, headers={"content-type": kind.encode("latin-1")}, follow_redirects=False
        )
        assert 400 <= answer.status_code < 500, (path, answer.status_code, answer.text[:200])
    with office.reading() as session:
        assert session.scalar(select(Delivery.id)) is None


@pytest.mark.parametrize(
    "charset",
    ["gb18030", "utf-7", "utf-16", "utf-32", "hex", "idna", "punycode", "rot13", "nonsense", "unicode_escape"],
)
def test_a_wrong_charset_is_read_as_well_as_may_be(client: TestClient, office: Office, charset: str) -> None:
    """What the form's charset makes of the bytes is shown again or stored; a half character never reaches a page or the store."""
    parts = [("title", b"+2AA-\xd8\x00a\\ud800"), *((n, v.encode()) for n, v in REPORT.items() if n != "title")]
    body = (
        b"".join(b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (n.encode(), v) for n, v in parts)
        + b"--b--\r\n"
    )
    answer = client.post(
        "/report", content=body, headers={"content-type": f"multipart/form-data; charset={charset}; boundary=b"}
    )
    assert answer.status_code in (200, 400, 422)


def test_a_file_behind_a_personal_page_is_as_untrusted(client: TestClient, office: Office) -> None:
    """A link's holder may be careless too: the same checks, the same answer, and the action is not half done."""
    client.post("/report", data=REPORT)
    press(client, path_in(mail_of(deliver_all(office), "confirm_report")), "confirm_report")
    receive_waiting(office)
    track = path_in(mail_of(deliver_all(office), "case_opened"))
    form = read(client, track).form("supplement")
    where = form.pop("")
    answer = client.post(
        where,
        data=form | {"text": "补充"},
        files=[("files", ("x.exe", b"MZ" + b"x" * 99, "")), ("files", ("a.png", PNG, ""))],
    )
    assert answer.status_code == 422
    assert "补充" in answer.text
    assert "a.png" in answer.text
    with office.reading() as session:
        assert session.scalar(select(Attachment.id)) is None
        assert session.scalars(select(Case.status)).one() == "in_progress"
