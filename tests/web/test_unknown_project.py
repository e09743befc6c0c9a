"""A report that names a project which nobody knows: the desk reads so where it triages, with the reporter's own words."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from urllib.parse import unquote

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from domain.lifecycle import Party
from models.case import Case
from services.board_users import entry_of, new_user
from services.links import mint
from services.office import Office
from services.run_links import Registered, remember
from services.sweep import sweep
from tests.builders import report, unrouted
from tests.mailroom import deliver_all
from tests.web.conftest import HERE, REPORT, mail_of, path_in, press, read
from web.app import create_app

pytestmark = pytest.mark.sqlite

SAID = "湖粲<二期>"
NOTE = f"报告写明的项目“{SAID}”未能与项目名单对应\uff0c请核对后更正。"


@pytest.fixture
def board(office: Office) -> Callable[[str], TestClient]:
    """Signs somebody in to the board, as `desk` or `reader`."""

    def enter(role: str) -> TestClient:
        office.settings.board_users = entry_of(new_user("li", role, "-", "correct horse battery"))
        browser = TestClient(create_app(office=office), base_url=HERE, client=("127.0.0.1", 50000))
        browser.post("/board/sign-in", data={"name": "li", "password": "correct horse battery", "to": ""})
        return browser

    return enter


def clerk_page(client: TestClient, office: Office) -> str:
    """The path of the page behind the mail that asks a clerk to dispatch."""
    mail = next(mail for mail in deliver_all(office) if mail.message == "triage_needed")
    assert f"报告所写项目\uff1a{SAID}" in mail.text or f"Project in the report: {SAID}" in mail.text
    return path_in(mail)


def test_the_clerk_reads_what_the_reporter_wrote_and_sets_the_right_one(client: TestClient, office: Office) -> None:
    """In the mail and on the page, where the project is chosen from the list; once it is set, nothing is left to check."""
    code = unrouted(office, project=SAID).code
    path = clerk_page(client, office)
    page = read(client, path)
    assert NOTE in page.text
    assert "类别“something else”不在类别表中" in page.text
    assert ("option", {"value": "P02"}) in [(tag, {k: v for k, v in a.items() if k == "value"}) for tag, a in page.tags]
    after = press(client, path, "amend", project="P02", reason="与企业核实")
    assert NOTE not in after.text
    with office.reading() as session:
        row = session.scalars(select(Case).where(Case.code == code)).one()
        assert (row.project_id, row.project_said) == ("P02", SAID)


def test_those_who_handle_the_case_are_not_asked_to_check_it(client: TestClient, office: Office) -> None:
    """The lead's page shows the project as it was said, without the desk's notes."""
    it = report(office, project=SAID)
    with office.writing() as session:
        row = session.scalars(select(Case).where(Case.code == it.code)).one()
        token = mint(
            session, office, {"party": Party.LEAD.value, "unit": row.lead_id}, case_id=row.id, delivery_id=None, account="L14",
            contact=None,
        )  # fmt: skip
    page = read(client, f"/act/{token}")
    assert SAID in page.text
    assert NOTE not in page.text


def test_the_board_tells_the_desk_also_of_what_a_rule_dispatched(
    board: Callable[[str], TestClient], office: Office
) -> None:
    """On the case's page, and among the things to do, with the engine's form for amending filled in; gone once it is set."""
    it = report(office, project=SAID)
    remember(office, Registered("http://127.0.0.1:4200", {"coordinate-difficulty": "id-1"}, {}))
    desk = board("desk")
    assert NOTE in read(desk, f"/board/case/{it.code}").text
    front = read(desk, "/board")
    assert "报告所写项目待核对" in front.text
    [link] = {link for link in front.links if "parameters=" in link and '"amend"' in unquote(link)}
    assert json.loads(unquote(link.split("parameters=")[1])) == {"cases": [it.code], "step": "amend"}
    english = desk.get(f"/board/case/{it.code}?lang=en").text
    assert "The project “湖粲&lt;二期&gt;” that the report names was not matched with the list of projects" in english
    it.by_clerk("amend", project="P02", supporters=None, reason="核实")
    assert NOTE not in read(desk, f"/board/case/{it.code}?lang=zh").text
    assert "报告所写项目待核对" not in read(desk, "/board").text


def test_readers_of_the_board_are_not_told(board: Callable[[str], TestClient], office: Office) -> None:
    """What has to be checked is the desk's."""
    it = report(office, project=SAID)
    reader = board("reader")
    assert NOTE not in read(reader, f"/board/case/{it.code}").text
    assert "报告所写项目待核对" not in read(reader, "/board").text


def test_a_known_project_needs_no_check(board: Callable[[str], TestClient], office: Office) -> None:
    """Nor does a report that names none."""
    codes = [report(office).code, report(office, project="", title="另一件").code]
    desk = board("desk")
    for code in codes:
        assert "报告中待核对的内容" not in read(desk, f"/board/case/{code}").text
    assert "报告所写项目待核对" not in read(desk, "/board").text


@pytest.mark.parametrize(("said", "known"), [(SAID, False), (REPORT["project"], True), ("P99", False)])
def test_who_decides_on_a_waiting_report_reads_it_before(
    client: TestClient, board: Callable[[str], TestClient], office: Office, said: str, known: bool
) -> None:
    """On the board and behind the clerk's mail; the reporter, who is to confirm it, reads what they wrote."""
    client.post("/report", data=REPORT | {"project": said}, follow_redirects=False)
    desk = board("desk")
    [path] = {link for link in read(desk, "/board/reports").links if link.startswith("/board/report/")}
    assert ("未能与项目名单对应" in read(desk, path).text) is not known
    mail = mail_of(deliver_all(office), "confirm_report")
    assert "未能与项目名单对应" not in read(client, path_in(mail)).text


def test_a_waiting_report_says_so_to_the_clerk_who_was_written_to(
    client: TestClient, office: Office, at: Callable[[str], datetime]
) -> None:
    """The page behind the mail that tells a clerk of a report which nobody confirmed."""
    client.post("/report", data=REPORT | {"project": SAID}, follow_redirects=False)
    at("2026-07-20 18:00")
    sweep(office)
    mail = next(mail for mail in deliver_all(office) if mail.message == "report_waiting" and mail.links)
    assert f"{SAID}\uff08未能与项目名单对应\uff0c请核对后更正\uff09" in read(client, path_in(mail)).text
