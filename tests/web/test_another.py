"""Another report behind a tracking link: what the link shows need not be confirmed, and nothing else is believed for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from starlette.testclient import TestClient

from models.case import Case
from models.directory import Contact
from models.intake import Delivery
from models.office import AccessLink
from services.office import Office
from services.receiver import receive_waiting
from tests.mailroom import deliver_all
from tests.web.conftest import REPORT, Page, press, read, reported

pytestmark = pytest.mark.sqlite
ANOTHER = {
    "title": "厂区门口缺少消防栓",
    "detail": "",
    "category": "power",
    "severity": "1",
    "project": "",
    "contact": "陈女士",
    "phone": "",
}


@pytest.fixture
def link(client: TestClient, office: Office) -> str:
    """The path of a confirmed case's tracking page, as it was mailed."""
    page = reported(client, office)
    press(client, page, "confirm_report")
    receive_waiting(office)
    deliver_all(office)
    return page


def form_of(page: Page) -> dict[str, str]:
    """The hidden fields of the report's form."""
    return next(form for form in page.forms if "nonce" in form)


def newest(office: Office) -> Delivery:
    """The report that came last."""
    with office.reading() as session:
        return session.scalars(select(Delivery).order_by(Delivery.id.desc())).first() or pytest.fail("nothing came")


def test_the_tracking_page_leads_to_another_report_that_needs_no_confirmation(
    client: TestClient, office: Office, link: str
) -> None:
    """It is a case at once, in the name of the link's own enterprise, and says so on the receipt."""
    another = f"{link}/another"
    assert another in read(client, link).links
    form = form_of(read(client, another))
    receipt = client.post(another, data=form | ANOTHER)
    assert receipt.status_code == 200
    assert "正在登记" in receipt.text
    assert "请打开邮件中的链接确认" not in receipt.text
    assert len(receive_waiting(office).cases) == 1
    row = newest(office)
    assert (row.confirmed_by, json.loads(row.body)["enterprise"]["email"]) == ("reporter", REPORT["email"])
    with office.reading() as session:
        first, second = session.scalars(select(Case).order_by(Case.id))
    assert first.enterprise_id == second.enterprise_id
    assert "confirm_report" not in {mail.message for mail in deliver_all(office)}


def test_what_the_link_answers_cannot_be_typed(client: TestClient, office: Office, link: str) -> None:
    """Whoever adds another firm's name or address to the form reports in their own name all the same."""
    another = f"{link}/another"
    page = read(client, another)
    assert {"enterprise", "uscc", "email"}.isdisjoint(found.get("name", "") for _, found in page.tags)
    # Whoever reports in a firm's name is not told what the register holds of it.
    assert "91990000" not in page.text
    client.post(
        another, data=form_of(page) | ANOTHER | {"enterprise": "别家公司", "email": "else@example.com", "uscc": ""}
    )
    said = json.loads(newest(office).body)["enterprise"]
    assert (said["name"], said["email"]) == (REPORT["enterprise"], REPORT["email"])


def test_a_link_that_is_over_shows_nobody(client: TestClient, office: Office, link: str) -> None:
    """Expired, revoked or unknown: nothing is stored, with a form that was opened in time too."""
    another = f"{link}/another"
    form = form_of(read(client, another))
    before = newest(office).id
    with office.writing() as session:
        session.execute(update(AccessLink).values(expires_at=office.real_now() - timedelta(days=1)))
    assert client.post(another, data=form | ANOTHER).status_code == 410
    assert client.get(another).status_code == 410
    with office.writing() as session:
        session.execute(update(AccessLink).values(revoked_at=office.real_now()))
    assert client.post(another, data=form | ANOTHER).status_code in (404, 410)
    assert client.get("/track/guess/another").status_code == 404
    assert newest(office).id == before


@pytest.mark.parametrize("party", ["observer", "lead"])
def test_a_link_that_did_not_come_to_the_reporter_shows_nobody(
    client: TestClient, office: Office, link: str, party: str
) -> None:
    """An officer's link, or one that was answered to whoever sent a report twice, proves no mailbox."""
    with office.writing() as session:
        session.execute(update(AccessLink).values(party=party))
    assert client.get(f"{link}/another").status_code == 404
    assert f"{link}/another" not in Page(client.get(link).text).links


def test_an_address_that_was_redacted_shows_nobody(client: TestClient, office: Office, link: str) -> None:
    """Without an address on record there is no mailbox that was shown."""
    with office.writing() as session:
        session.execute(update(Contact).values(email=None))
    assert client.get(f"{link}/another").status_code == 404


def test_another_report_is_sent_from_its_own_page(client: TestClient, office: Office, link: str) -> None:
    """Without its page's seal nothing is taken."""
    before = newest(office).id
    assert client.post(f"{link}/another", data=ANOTHER).status_code == 403
    assert newest(office).id == before


def test_a_mistake_keeps_what_was_typed_and_who_is_known(client: TestClient, office: Office, link: str) -> None:
    """The form comes back at the same address with the field to mend, and is good for another try."""
    another = f"{link}/another"
    answer = client.post(another, data=form_of(read(client, another)) | ANOTHER | {"title": " ", "contact": "周先生"})
    assert answer.status_code == 422
    page = Page(answer.text)
    assert "周先生" in answer.text
    assert REPORT["enterprise"] in page.text
    client.post(another, data=form_of(page) | ANOTHER)
    assert json.loads(newest(office).body)["title"] == ANOTHER["title"]


def test_looking_at_the_form_changes_nothing(client: TestClient, link: str, state: Callable[[], list[str]]) -> None:
    """A link scanner may open it."""
    before = state()
    client.get(f"{link}/another")
    assert state() == before
