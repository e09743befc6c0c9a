"""Supervision notices as documents: who reaches them, what stands on them, and that a usual one is one sheet of A4."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import datetime

import pytest
from playwright.sync_api import sync_playwright
from sqlalchemy import select, update
from starlette.testclient import TestClient

from domain.lifecycle import Party
from models.case import Case
from models.clock import Clock, Notice
from services.board_users import BoardRole, BoardUser
from services.links import mint
from services.notices import notice_behind, notice_on_board, notices_behind
from services.office import Office
from services.page_types import LinkRefused
from services.sweep import sweep
from tests.mailroom import Mail, deliver_all
from tests.web.conftest import HERE, opened, path_in, read

pytestmark = pytest.mark.sqlite

At = Callable[[str], datetime]
CODE = "DIF-2026-0001"


def late(client: TestClient, office: Office, at: At) -> list[Mail]:
    """The mails of the notices on a reported case of which nothing was done in time; it is the fourth working day since."""
    opened(client, office)
    for moment in ("2026-07-28 18:00", "2026-07-31 18:00", "2026-08-05 09:00"):
        at(moment)
        sweep(office)
    return [mail for mail in deliver_all(office) if mail.message == "supervision_notice"]


def document(mail: Mail) -> str:
    """The path of the document that a notice's mail leads to."""
    [link] = {link for link in mail.links if "/notice/" in link}
    return link.removeprefix(HERE)


def issued(office: Office) -> list[Notice]:
    """All notices of the case."""
    with office.reading() as session:
        return list(session.scalars(select(Notice).join(Case).where(Case.code == CODE).order_by(Notice.id)))


def link_of(office: Office, account: str | None, party: Party = Party.LEAD) -> str:
    """The token of a personal link to the case."""
    with office.writing() as session:
        case_id = session.scalars(select(Case.id).where(Case.code == CODE)).one()
        return mint(
            session, office, {"party": party.value}, case_id=case_id, delivery_id=None, account=account, contact=None
        )


def test_the_mail_of_a_notice_leads_to_its_document(client: TestClient, office: Office, at: At) -> None:
    """Each notice that went out is a page behind the recipient's own link, with what the mail said of it."""
    mails = late(client, office, at)
    by_number = {one.number: one for one in issued(office)}
    assert {one.colour.value for one in by_number.values()} >= {"blue", "yellow", "red"}
    for mail in mails:
        shown = read(client, document(mail)).text
        [number] = [number for number in by_number if number in mail.subject]
        assert number in shown
        assert CODE in shown
        assert "第二路电源没有电力通道" in shown


def test_a_document_says_what_is_late_on_which_ground_and_what_is_asked(
    client: TestClient, office: Office, at: At
) -> None:
    """Yellow for signing: step, unit, the day that counted, working days late, rule and version, the answer's day.

    It is dated as official paper is, without the weekday; the colour is said in words.
    """
    mails = late(client, office, at)
    yellow = next(m for m in mails if "黄色督办单" in m.subject and re.search("督办环节\uff1a签收", m.text))
    shown = " ".join(read(client, document(yellow)).text.split())
    for said in (
        "鸳湖区重大项目推进工作专班办公室 鸳督〔2026〕", "黄色督办单", "供电公司", "规定时限2026年7月16日（周四）17:30", "超期8个工作日", "答复时限2026年7月30日（周四）17:30",
        "超期1个工作日发出黄色督办单", f"依据版本\uff1a{office.policy.version[:12]}", "“签收”环节应于2026年7月16日（周四）17:30前完成，现已超期8个工作日", "通过办理页面说明超期原因和整改措施",
    ):  # fmt: skip
        assert said in shown, said
    assert "鸳湖区重大项目推进工作专班办公室2026年7月28日 依据版本" in shown
    assert not set("■▲●◆") & set(shown)
    english = " ".join(client.get(document(yellow) + "?lang=en").text.split())
    assert "8 working days</td>" in english
    assert "Yellow notice" in english


def test_the_pages_of_the_case_list_its_notices(client: TestClient, office: Office, at: At) -> None:
    """Whoever opens their link finds every notice of the case, and each leads to its document."""
    mail = late(client, office, at)[0]
    page = read(client, path_in(mail).partition("/notice/")[0])
    linked = [link for link in page.links if "/notice/" in link]
    assert len(linked) == len(issued(office))
    assert all(client.get(link).status_code == 200 for link in linked)


def test_a_link_opens_notices_of_its_own_case_alone(client: TestClient, office: Office, at: At) -> None:
    """Another case's number, an unknown one, a stranger's token, a reporter's link: none shows a document."""
    late(client, office, at)
    number = issued(office)[0].number
    officer = link_of(office, "R05", Party.DESK_HEAD)
    assert notice_behind(office, officer, number) is not None
    assert notice_behind(office, officer, number + "0") is None
    assert client.get(f"/act/{officer}/notice/none").status_code == 404
    assert client.get(f"/act/{'x' * 32}/notice/{number}").status_code == 404
    reporter = link_of(office, None, Party.ENTERPRISE)
    for token in (reporter, "x" * 32):
        with pytest.raises(LinkRefused):
            notice_behind(office, token, number)
        with pytest.raises(LinkRefused):
            notices_behind(office, token)


def test_the_board_shows_notices_as_it_shows_their_case(client: TestClient, office: Office, at: At) -> None:
    """A reader sees those of ordinary cases, of a restricted one only the desk does; a stranger has to sign in."""
    late(client, office, at)
    number = issued(office)[0].number
    desk, reader = BoardUser("anna", BoardRole.DESK, "R06", ""), BoardUser("li", BoardRole.READER, None, "")
    assert notice_on_board(office, reader, CODE, number) is not None
    assert notice_on_board(office, reader, "DIF-2026-9999", number) is None
    with office.writing() as session:
        session.execute(update(Case).where(Case.code == CODE).values(restricted=True))
    assert notice_on_board(office, reader, CODE, number) is None
    assert notice_on_board(office, desk, CODE, number) is not None
    answer = client.get(f"/board/case/{CODE}/notice/{number}", follow_redirects=False)
    assert answer.status_code == 303
    assert "/board/sign-in" in answer.headers["location"]


def test_a_later_extension_does_not_rewrite_a_notice(client: TestClient, office: Office, at: At) -> None:
    """The document goes on saying which day was missed when it was issued."""
    late(client, office, at)
    blue = next(one for one in issued(office) if one.colour == "blue" and one.overdue_days == 0)
    token = link_of(office, "R05", Party.DESK_HEAD)
    before = notice_behind(office, token, blue.number)
    assert before is not None
    with office.writing() as session:
        session.execute(update(Clock).where(Clock.id == blue.clock_id).values(due=at("2026-12-31 17:30")))
    at("2026-08-05 09:00")
    assert notice_behind(office, token, blue.number) == before


@pytest.mark.browser
def test_a_usual_notice_prints_on_one_sheet(client: TestClient, office: Office, at: At) -> None:
    """Printed by a browser in either language it is exactly one page of A4, and in the dark it is still paper."""
    mails = late(client, office, at)
    found = next((path for name in ("chromium", "chromium-browser") if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium")
    red = next(mail for mail in mails if "红色督办单" in mail.subject)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        page = browser.new_page(color_scheme="dark", java_script_enabled=False)

        def answered(route: object) -> None:
            path = route.request.url.removeprefix(HERE)  # type: ignore[attr-defined]  # a route of playwright
            answer = client.get(path)
            route.fulfill(status=answer.status_code, body=answer.content, headers=dict(answer.headers))  # type: ignore[attr-defined]

        page.route("**/*", answered)
        for language in ("zh", "en"):
            page.goto(f"{HERE}{document(red)}?lang={language}")
            pdf = page.pdf(prefer_css_page_size=True)
            assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
            assert re.search(rb"/MediaBox\s*\[0 0 59[45]\.?\d* 84[12]\.?\d*\]", pdf)
            assert page.locator(".notice").evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(255, 255, 255)"
        browser.close()
