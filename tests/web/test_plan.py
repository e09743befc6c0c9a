"""A project's plan as pages: the ruling on a planned day through a personal link, and the plans on the board."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from urllib.parse import quote, unquote

import pytest
from httpx import Response
from sqlalchemy import select
from starlette.testclient import TestClient

from models.milestone import Milestone, MilestoneChange
from services.audit import verify
from services.board_users import entry_of, new_user
from services.milestones import set_milestone
from services.office import Office
from services.seed import DEMO, seed
from services.sweep import sweep
from tests.mailroom import deliver_all
from tests.web.conftest import HERE, Page, mail_of, path_in, read
from web.app import create_app

pytestmark = pytest.mark.sqlite
Set = Callable[[str], datetime]


@pytest.fixture
def seeded(office: Office, at: Set) -> Office:
    """The demo office with the plans of its projects, on its Thursday."""
    at("2026-07-16 09:00")
    seed(office, [DEMO / "milestones.yaml"])
    return office


def ask(office: Office, to: str = "2026-09-10", reason: str = "桩基检测补测") -> None:
    """Ask for another day for the main structure of P02, planned for 10 August."""
    asked = {"what": "change", "project": "P02", "node": "structure", "date": to, "reason": reason, "document": "12号"}
    done = set_milestone(office, asked, f"ask-{to}")
    assert done.done, done.message


def offers(page: Page) -> set[str]:
    """What the page's buttons do."""
    return {found["value"] for tag, found in page.tags if tag == "button" and found.get("name") == "action"}


def post(client: TestClient, path: str, action: str, **typed: str) -> Response:
    """Open the page, press a button of its form, and read what follows."""
    forms = read(client, path).forms
    seal = next((form["seal"] for form in forms if "seal" in form), "")
    answer: Response = client.post(path, data={"seal": seal, "action": action, **typed}, follow_redirects=True)
    return answer


def structure(office: Office) -> tuple[str, str, int]:
    """Planned and original day of that node, and its cycle."""
    with office.reading() as session:
        query = select(Milestone).where(Milestone.project_id == "P02", Milestone.node == "structure")
        node = session.scalars(query).one()
        return node.plan.isoformat(), node.original_plan.isoformat(), node.cycle


def test_the_lead_official_approves_through_a_link(client: TestClient, seeded: Office, at: Set) -> None:
    """Until the ruling the planned day stands; then both days are shown, and whoever answers for the node is told."""
    ask(seeded)
    mail = mail_of(deliver_all(seeded), "milestone_change_asked")
    assert "2026年9月10日" in mail.text
    assert structure(seeded) == ("2026-08-10", "2026-08-10", 1)
    path = path_in(mail)
    page = read(client, path)
    assert "桩基检测补测" in page.text
    assert offers(page) == {"approve", "refuse"}
    assert structure(seeded)[2] == 1, "looking changes nothing"
    at("2026-07-17 09:00")
    page = Page(post(client, path, "approve", remark="须按期完成").text)
    assert "计划时间已调整" in page.text
    assert "经批准调整" in page.text
    assert offers(page) == set()
    assert structure(seeded) == ("2026-09-10", "2026-08-10", 2)
    told = deliver_all(seeded)
    assert {"已批准" in one.subject for one in told} == {True}
    assert verify(seeded).findings == ()
    # The old clock ended with the change: what it would have issued is not issued.
    at("2026-09-01 09:00")
    assert not [step for step in sweep(seeded).steps if step.case == "P02" and step.step == "red"]


def test_a_refusal_needs_its_reason_and_leaves_the_plan(client: TestClient, seeded: Office) -> None:
    """The planned day stays; a change is decided once."""
    ask(seeded)
    path = path_in(mail_of(deliver_all(seeded), "milestone_change_asked"))
    assert "写明理由" in post(client, path, "refuse").text
    assert "计划时间不变" in post(client, path, "refuse", remark="工期须自行赶回").text
    assert structure(seeded) == ("2026-08-10", "2026-08-10", 1)
    with seeded.reading() as session:
        change = session.scalars(select(MilestoneChange)).one()
        assert (change.state.value, change.decided_by, change.remark) == ("refused", "R02", "工期须自行赶回")
    assert verify(seeded).findings == ()
    ask(seeded, "2026-09-20")


def test_a_change_of_a_node_reached_meanwhile_lapses(client: TestClient, seeded: Office, at: Set) -> None:
    """There is nothing left to decide."""
    ask(seeded)
    path = path_in(mail_of(deliver_all(seeded), "milestone_change_asked"))
    at("2026-08-10 09:00")
    reached = {"what": "actual", "project": "P02", "node": "structure", "date": "2026-08-09"}
    assert set_milestone(seeded, reached, "reached").done
    page = read(client, path)
    assert offers(page) == set()
    assert "已失效" in page.text


def test_a_notice_leads_to_the_plan_and_grants_nothing(client: TestClient, seeded: Office) -> None:
    """Whoever answers for a node reads the plan behind the notice, and decides nothing there."""
    sweep(seeded)
    mails = [mail for mail in deliver_all(seeded) if mail.message == "milestone_notice"]
    assert mails
    # The register's forecast has the permit of P04 more than thirty days late: the plan shows red, and so says its notice.
    assert all("红色督办单" in mail.subject for mail in mails)
    for mail in mails:
        [document] = {link for link in mail.links if "/notice/" in link}
        assert read(client, document.removeprefix(HERE)).text.count("红色督办单") >= 2
        page = read(client, path_in(mail))
        assert offers(page) == set()
        assert "节点计划" in page.text
        assert post(client, path_in(mail), "approve").status_code in (403, 409)


@pytest.fixture
def inside(seeded: Office) -> TestClient:
    """A reader's browser, signed in to the board."""
    seeded.settings.board_users = entry_of(new_user("li", "reader", "-", "correct horse battery"))
    browser = TestClient(create_app(office=seeded), base_url=HERE, client=("127.0.0.1", 50000))
    browser.post("/board/sign-in", data={"name": "li", "password": "correct horse battery", "to": ""})
    return browser


@pytest.mark.parametrize(("lang", "light"), [("zh", "红灯·严重滞后"), ("en", "Red · far behind plan")])
def test_the_board_shows_projects_and_nodes(inside: TestClient, lang: str, light: str) -> None:
    """Each project stands with its light and next node; its page has the sixteen nodes."""
    listing = inside.get(f"/board/projects?lang={lang}").text
    assert listing.count("/board/project/P") == 12
    assert light in listing
    page = inside.get(f"/board/project/P04?lang={lang}").text
    assert page.count('<th scope="row">') == 16
    assert ("工程规划许可" if lang == "zh" else "Construction planning permit") in page
    assert inside.get("/board/project/P99").status_code == 404


def test_what_people_wrote_is_text(inside: TestClient, seeded: Office) -> None:
    """A reason with markup in it is shown as it was typed."""
    ask(seeded, reason="<script>alert(1)</script>")
    page = inside.get("/board/project/P02").text
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page


def test_nobody_sees_plans_without_signing_in(client: TestClient, seeded: Office) -> None:
    """The board's pages are behind its door."""
    for path in ("/board/projects", "/board/project/P02"):
        answer = client.get(path, follow_redirects=False)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/board/sign-in")


def test_a_notice_of_a_node_is_a_document(client: TestClient, inside: TestClient, seeded: Office) -> None:
    """Behind the link of whoever got it, and on the board: project and node, calendar days late, the rule, the posts; a
    number of another project's notice is none of this one's.
    """
    sweep(seeded)
    mail = next(mail for mail in deliver_all(seeded) if mail.message == "milestone_notice")
    path = path_in(mail)
    plan = read(client, path)
    href = next(found["href"] for tag, found in plan.tags if tag == "a" and "/notice/" in found.get("href", ""))
    sheet = read(client, href)
    for said in (
        "红色督办单",
        "滞后或预计滞后超过30天",
        "“施工许可”节点计划于2026年6月19日（周五）完成",
        "现已滞后27天，预计滞后35天",
        "计划时间",
    ):
        assert said in sheet.text, said
    assert "23:59" not in sheet.text
    number = unquote(href.rpartition("/notice/")[2])
    assert number in sheet.text
    code = next(one for one in (f"P{n:02d}" for n in range(1, 13)) if one in sheet.text)
    on_board = inside.get(f"/board/project/{code}/notice/{quote(number, safe='')}")
    assert (on_board.status_code, number in on_board.text) == (200, True)
    other = "P01" if code != "P01" else "P02"
    assert inside.get(f"/board/project/{other}/notice/{quote(number, safe='')}").status_code == 404
    assert client.get(f"{path}/notice/none").status_code == 404
