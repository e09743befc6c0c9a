"""The calendar's address over HTTP: what programs get, what a guess gets, and what the log keeps."""

from __future__ import annotations

import logging

import pytest
from icalendar import Calendar
from starlette.testclient import TestClient

from services.office import Office
from tests.mailroom import deliver_all
from tests.web.conftest import HERE, mail_of, opened, path_in, read
from web.access_log import RedactTokens

pytestmark = pytest.mark.sqlite


def send(client: TestClient, path: str, action: str) -> str:
    """Press one of the calendar's buttons on an officer's page; the page that follows."""
    form = next(form for form in read(client, path).forms if "action" not in form)
    answer = client.post(form[""], data={"seal": form["seal"], "action": action}, follow_redirects=True)
    assert answer.status_code == 200
    return str(answer.text)


def subscribed(client: TestClient, office: Office) -> tuple[str, str]:
    """An officer's page, and the path of the calendar that was mailed from it."""
    page = path_in(mail_of(opened(client, office), "assigned_lead"))
    said = send(client, page, "subscribe")
    assert "/calendar/" not in said
    [link] = mail_of(deliver_all(office), "calendar_link").links
    return page, link.removeprefix(HERE)


def test_a_calendar_program_gets_the_dates(client: TestClient, office: Office) -> None:
    """As text/calendar, without cookies, kept by nobody on the way."""
    _, path = subscribed(client, office)
    client.cookies.clear()
    answer = client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    assert answer.headers["cache-control"] == "no-store"
    assert len(Calendar.from_ical(answer.text).walk("VEVENT")) >= 3


def test_a_guess_is_404_and_an_ended_one_410(client: TestClient, office: Office) -> None:
    """In a line of text: no program reads a page."""
    page, path = subscribed(client, office)
    assert client.get("/calendar/guessed.ics").status_code == 404
    assert client.get(page.replace("/act/", "/calendar/") + ".ics").status_code == 404
    send(client, page, "unsubscribe")
    answer = client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (410, "text/plain; charset=utf-8")


def test_guessing_is_slowed_down(client: TestClient) -> None:
    """Each guess costs us a query."""
    answers = [client.get(f"/calendar/guess-{n}.ics").status_code for n in range(40)]
    assert answers[0] == 404
    assert answers[-1] == 429


def test_looking_at_a_calendar_changes_nothing(client: TestClient, office: Office, state: object) -> None:
    """However often a program asks."""
    _, path = subscribed(client, office)
    assert callable(state)
    before = state()
    client.get(path)
    client.get(path)
    assert state() == before


def test_no_log_keeps_the_address() -> None:
    """The access log says that a calendar was read, not whose."""
    record = logging.LogRecord(
        "uvicorn.access",
        logging.INFO,
        "",
        0,
        '%s - "%s %s HTTP/%s" %d',
        ("c", "GET", "/calendar/s3cret.ics", "1.1", 200),
        None,
    )
    RedactTokens().filter(record)
    assert "s3cret" not in record.getMessage()
    assert "/calendar/" in record.getMessage()
