"""Ending the morning digest over HTTP: one click of a mail program, a button of a person, and nothing by looking."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime
from email import message_from_bytes
from email.policy import default

import pytest
from starlette.testclient import TestClient

from domain.policy import Role
from models.directory import Account
from services.digest import send_digests
from services.office import Office
from tests.builders import ROADS, holder, report
from tests.mailroom import deliver_all
from tests.web.conftest import HERE, read
from web.access_log import redacted

pytestmark = pytest.mark.sqlite
At = Callable[[str], datetime]


@pytest.fixture
def way(office: Office, at: At) -> str:
    """The path of the page that ends a digest that was just sent."""
    report(office)
    deliver_all(office)
    at("2026-07-21 08:10")
    send_digests(office)
    with office.reading() as session:
        address = session.get_one(Account, holder(office, Role.LIAISON, ROADS)).email
    [mail] = [mail for mail in deliver_all(office) if mail.message == "morning_digest" and mail.to == address]
    [link] = {link for link in mail.links if "/unsubscribe/" in link}
    return link.removeprefix(HERE)


def get_digest_tomorrow(office: Office, at: At) -> bool:
    """Whether roads' officer gets the next morning's digest."""
    at("2026-07-22 08:10")
    return any(
        not line.stopped for line in send_digests(office).lines if line.account == holder(office, Role.LIAISON, ROADS)
    )


def test_looking_changes_nothing(client: TestClient, way: str, state: Callable[[], list[str]]) -> None:
    """Link scanners open every address of a mail."""
    before = state()
    assert client.get(way).status_code == 200
    assert client.head(way).status_code in (200, 405)
    assert state() == before


def test_one_click_of_a_mail_program_ends_it(client: TestClient, way: str, office: Office, at: At) -> None:
    """As RFC 8058 has it: a POST without cookie, origin or seal, repeated without harm."""
    client.cookies.clear()
    for _ in range(2):
        answer = client.post(way, data={"List-Unsubscribe": "One-Click"}, follow_redirects=False)
        assert answer.status_code == 200
    assert not get_digest_tomorrow(office, at)


def test_a_person_ends_it_and_wants_it_back(client: TestClient, way: str, office: Office, at: At) -> None:
    """With the buttons of the page, which says how it stands."""
    form = read(client, way).forms[0]
    page = client.post(form[""], data={"seal": form["seal"], "action": "stop"}, follow_redirects=True)
    assert "您已停收每日提醒" in page.text
    form = read(client, way).forms[0]
    client.post(form[""], data={"seal": form["seal"], "action": "again"}, follow_redirects=True)
    assert "您已停收每日提醒" not in read(client, way).text
    assert get_digest_tomorrow(office, at)


def test_a_form_without_its_seal_does_nothing(client: TestClient, way: str, office: Office, at: At) -> None:
    """Another site's page cannot press the button."""
    answer = client.post(way, data={"action": "stop"}, follow_redirects=False)
    assert answer.status_code == 403
    assert get_digest_tomorrow(office, at)


def test_a_guess_is_not_found_and_slowed_down(client: TestClient) -> None:
    """Whoever tries costs us queries."""
    answers = [
        client.post(f"/unsubscribe/guess-{n}", data={"List-Unsubscribe": "One-Click"}).status_code for n in range(40)
    ]
    assert answers[0] == 404
    assert answers[-1] == 429


def test_the_token_is_in_no_access_log() -> None:
    """It is as personal as a case's."""
    assert "secret" not in redacted("/unsubscribe/secret?x=1")


def test_only_digests_carry_the_header(office: Office, way: str) -> None:
    """Its address is that of the page; a notice that is a duty has no such header."""
    with sqlite3.connect(office.settings.data / "mail.sqlite") as database:
        [(table,)] = database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        )
        rows = database.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608 - a name of the database's own
    bodies = [value for row in rows for value in row if isinstance(value, bytes)]
    mails = [message_from_bytes(body, policy=default) for body in bodies]
    assert len(mails) > 3
    addressed = [mail for mail in mails if mail["List-Unsubscribe"]]
    assert f"<{HERE}{way}>" in [str(mail["List-Unsubscribe"]) for mail in addressed]
    for mail in mails:
        assert (mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click") is bool(mail["List-Unsubscribe"])
        assert bool(mail["List-Unsubscribe"]) is ("每日办件提醒" in str(mail["Subject"]))
