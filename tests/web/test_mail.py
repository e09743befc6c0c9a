"""The caught mail: for people and tools at this machine, and for nobody else."""

from __future__ import annotations

import socket
import time
from typing import Any

import pytest
from starlette.testclient import TestClient

from notifications.caught import open_store
from services.office import Office
from services.outbox import deliver
from tests.mailroom import deliver_all
from tests.web.conftest import HERE, REPORT, Page, mail_of, opened, path_in
from web.app import create_app

pytestmark = pytest.mark.sqlite

KEYS = {
    "id", "from", "to", "subject", "date", "message_id", "references", "in_reply_to", "auto_submitted", "text", "html", "links",
}  # fmt: skip


@pytest.fixture
def catching(office: Office) -> TestClient:
    """A client of an app beside which mail is caught."""
    office.settings.catcher_port = 1
    return TestClient(create_app(office=office), base_url=HERE, client=("127.0.0.1", 50000))


def test_caught_mail_is_there_for_machines(catching: TestClient, office: Office) -> None:
    """Newest first, with the keys that the interface promises and the links that a person would press."""
    opened(catching, office)
    said = catching.get("/mail.json").json()
    assert [set(each) for each in said] == [KEYS] * 5
    assert [each["id"] for each in said] == [5, 4, 3, 2, 1]
    [lead] = [each for each in said if each["to"] == "gongdian-lly@example.org"]
    assert "DIF-2026-0001" in lead["subject"]
    assert lead["auto_submitted"] == "auto-generated"
    assert lead["links"][0].startswith(f"{HERE}/act/")
    assert lead["links"][0] in lead["text"]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({"limit": "2"}, [5, 4]),
        ({"limit": "2", "offset": "3"}, [2, 1]),
        ({"limit": "0"}, []),
        ({"limit": "x", "offset": "-1"}, [5, 4, 3, 2, 1]),
        ({"to": "GONGDIAN"}, [3]),
        ({"subject": "配合"}, [5, 4]),
        ({"subject": "配合", "limit": "1", "offset": "1"}, [4]),
        ({"to": "jtj", "subject": "签收"}, []),
        ({"subject": "%"}, []),
    ],
)
def test_caught_mail_can_be_searched(
    catching: TestClient, office: Office, query: dict[str, str], ids: list[int]
) -> None:
    """Parts of the recipient and of the subject, a page at a time."""
    opened(catching, office)
    assert [each["id"] for each in catching.get("/mail.json", params=query).json()] == ids


def test_a_mail_is_shown_with_its_links_as_buttons(catching: TestClient, office: Office) -> None:
    """The letter stands in a frame of its own; its links beside it lead to the pages."""
    mail = mail_of(opened(catching, office), "assigned_lead")
    assert "请签收并办理" in catching.get("/mail").text
    page = Page(catching.get("/mail/3").text)
    assert f"{HERE}{path_in(mail)}" in page.links
    [frame] = [found for tag, found in page.tags if tag == "iframe"]
    assert "allow-scripts" not in frame["sandbox"]
    assert "allow-same-origin" not in frame["sandbox"]
    letter = catching.get(frame["src"])
    assert "请签收并牵头办理" in letter.text
    assert "sandbox" in letter.headers["content-security-policy"]
    assert "script-src" not in letter.headers["content-security-policy"]


def test_a_mail_of_anything_is_shown_as_text(catching: TestClient, office: Office) -> None:
    """Whatever was sent to the catcher, its headers and text are text; without a date or HTML it is shown too."""
    store = open_store(office.settings.caught_mail)
    raw = b"From: x\r\nTo: y\r\nSubject: <script>alert(1)</script>\r\nDate: never\r\n\r\n<script>alert(2)</script>\xff"
    with store:
        store.execute("INSERT INTO mail (at, sender, recipients, raw) VALUES ('', 'x', '[\"<b>\"]', ?)", (raw,))
    store.close()
    for path in ("/mail", "/mail/1"):
        answer = catching.get(path)
        assert answer.status_code == 200
        assert "<script" not in answer.text


@pytest.mark.parametrize(
    ("client_address", "headers"),
    [
        ("192.0.2.7", {}),
        ("127.0.0.1", {"host": "evil.example:8080"}),
        ("127.0.0.1", {"x-forwarded-for": "127.0.0.1"}),
        ("127.0.0.1", {"forwarded": "for=127.0.0.1"}),
        ("::ffff:192.0.2.7", {}),
        ("testclient", {}),
    ],
)
def test_nobody_elsewhere_reads_the_mail(
    catching: TestClient, office: Office, client_address: str, headers: dict[str, Any]
) -> None:
    """Links in mails are secrets: a stranger, a page that borrows a browser here, and a proxy's guests are refused."""
    catching.post("/report", data=REPORT)
    deliver_all(office)
    stranger = TestClient(create_app(office=office), base_url=HERE, client=(client_address, 1))
    for path in ("/mail", "/mail.json", "/mail/1", "/mail/1/body"):
        answer = stranger.get(path, headers=headers)
        assert answer.status_code == 403, path
        assert "gongcheng" not in answer.text


@pytest.mark.parametrize(
    ("client_address", "host"), [("::1", "[::1]:8080"), ("127.0.0.2", "localhost"), ("127.0.0.1", "127.0.0.1")]
)
def test_people_at_this_machine_read_it_by_any_of_its_names(office: Office, client_address: str, host: str) -> None:
    """Loopback is loopback."""
    office.settings.catcher_port = 1
    client = TestClient(create_app(office=office), base_url=HERE, client=(client_address, 1))
    assert client.get("/mail.json", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("path", ["/mail", "/mail.json", "/mail/1", "/mail/1/body"])
def test_where_no_mail_is_caught_there_is_no_such_page(client: TestClient, path: str) -> None:
    """With a real mail server the pages do not exist."""
    assert client.get(path).status_code == 404


def test_a_mail_that_is_not_there(catching: TestClient) -> None:
    """404 for ids that no mail has."""
    assert catching.get("/mail/99").status_code == 404
    assert catching.get("/mail/x").status_code == 404


def free_port() -> int:
    """A port that nobody has."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_the_catcher_runs_with_the_app(office: Office) -> None:
    """From the first minute the real path is used: SMTP in, a page out; it stops with the app."""
    port = office.settings.catcher_port = free_port()
    with TestClient(create_app(office=office), base_url=HERE, client=("127.0.0.1", 50000)) as client:
        client.post("/report", data=REPORT)
        wait_for(port)
        office.settings.smtp_url = f"smtp://127.0.0.1:{port}"
        assert deliver(office).sent == 1
        assert [each["to"] for each in client.get("/mail.json").json()] == [REPORT["email"]]
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port)).close()


def test_a_taken_port_of_the_catcher_leaves_the_form_working(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    """Reports are taken without it; the log says which port to change."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = office.settings.catcher_port = taken.getsockname()[1]
        with TestClient(create_app(office=office), base_url=HERE) as client:
            assert client.post("/report", data=REPORT).status_code == 200
    assert f"127.0.0.1:{port}" in caplog.text
    assert "EXPEDITE_CATCHER_PORT" in caplog.text


def wait_for(port: int) -> None:
    """Until somebody listens: the catcher starts just after the form."""
    for _ in range(500):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError(f"nobody listens on port {port}")
