"""The web app around the demo office, and a reader of its forms that works as a browser without scripts does."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from html.parser import HTMLParser

import pytest
from starlette.testclient import TestClient

from services.office import Office
from services.receiver import receive_waiting
from tests.mailroom import Mail, deliver_all
from tests.web.chromium import browser, served
from web.app import create_app

__all__ = ["browser", "served"]

HERE = "http://127.0.0.1:8080"
REPORT = {
    "title": "第二路电源没有电力通道",
    "detail": "一期投产需要双电源，\n道路下方没有预留管位。",
    "category": "power",
    "severity": "2",
    "enterprise": "禾城湖粲钠能有限公司",
    "project": "P02",
    "contact": "项目联络员",
    "phone": "0573-0000000",
    "email": "gongcheng@example.com",
}


@pytest.fixture
def client(office: Office) -> Iterator[TestClient]:
    """A client at this machine; an error of ours is answered, not raised."""
    app = create_app(office=office)
    with TestClient(app, base_url=HERE, client=("127.0.0.1", 50000), raise_server_exceptions=False) as made:
        yield made


@pytest.fixture
def state(office: Office) -> Callable[[], list[str]]:
    """Everything that the database holds, as text: equal before and after whatever changes nothing."""

    def dump() -> list[str]:
        with sqlite3.connect(office.settings.data / "expedite.sqlite") as database:
            return list(database.iterdump())

    return dump


class Page(HTMLParser):
    """A page as a browser reads it: its text, its forms with their hidden fields and buttons, its links."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.forms: list[dict[str, str]] = []
        self.links: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note forms, their hidden fields and what leads elsewhere."""
        found = {name: value or "" for name, value in attrs}
        self.tags.append((tag, found))
        if tag == "form":
            self.forms.append({"": found.get("action", "")})
        elif tag == "input" and found.get("type") == "hidden" and self.forms:
            self.forms[-1][found["name"]] = found.get("value", "")
        elif tag == "a":
            self.links.append(found.get("href", ""))

    def handle_data(self, data: str) -> None:
        """Collect the text."""
        self.text += data

    def form(self, action: str) -> dict[str, str]:
        """The hidden fields of the form for an action, with where it goes under ""."""
        return next(form for form in self.forms if form.get("action") == action)

    @property
    def actions(self) -> set[str]:
        """The actions that the page offers."""
        return {form["action"] for form in self.forms if "action" in form}


def read(client: TestClient, path: str) -> Page:
    """A page that must be there."""
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return Page(answer.text)


def press(client: TestClient, path: str, action: str, **typed: str) -> Page:
    """Open a page, fill the form of an action, send it, and read what follows."""
    form = read(client, path).form(action)
    where = form.pop("")
    answer = client.post(where, data=form | typed, follow_redirects=True)
    assert answer.status_code == 200, answer.text
    return Page(answer.text)


def path_in(mail: Mail) -> str:
    """The path of the personal page that a mail links to."""
    link = next(link for link in mail.links if "/act/" in link or "/track/" in link)
    assert link.startswith(HERE)
    return link.removeprefix(HERE)


def mail_of(mails: list[Mail], message: str, to: str = "") -> Mail:
    """The one mail of that kind (to that address)."""
    [found] = [mail for mail in mails if mail.message == message and to in mail.to]
    return found


def reported(client: TestClient, office: Office, **changes: str) -> str:
    """A report sent by the form; the path of the page on which its reporter confirms it."""
    answer = client.post("/report", data=REPORT | changes, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return path_in(mail_of(deliver_all(office), "confirm_report"))


def opened(client: TestClient, office: Office, **changes: str) -> list[Mail]:
    """A report that was confirmed and has become a case; the mails of its dispatch."""
    press(client, reported(client, office, **changes), "confirm_report")
    receive_waiting(office)
    return deliver_all(office)
