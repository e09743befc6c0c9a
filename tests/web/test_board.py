"""The board's pages: who gets in, what they see, and that restricted cases are nowhere for those who do not hold them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from urllib.parse import unquote

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from domain.files import FILES_ADDED
from domain.lifecycle import Status
from models.attachment import Attachment
from models.case import Event
from services.audit import verify
from services.board_users import entry_of, new_user
from services.office import Office
from services.receiver import receive_waiting
from services.run_links import Registered, remember
from tests.builders import report, standing
from tests.filebox import PDF
from tests.mailroom import deliver_all
from tests.web.conftest import HERE, REPORT, Page, mail_of, path_in, press, read
from web.app import create_app

pytestmark = pytest.mark.sqlite

PASSWORD = "correct horse battery"
USERS = " ".join(
    entry_of(new_user(name, role, account, PASSWORD))
    for name, role, account in (("anna", "desk", "R06"), ("li", "reader", "-"), ("duty", "desk", "-"))
)
HOSTILE = """<script>alert(1)</script>"'&{{ 7*7 }}"""
PAGES = (
    "/board",
    "/board/list",
    "/board/figures",
    "/board/charts",
    "/board/restricted",
    "/board/reports",
    "/board/mails",
    "/board/register",
)
OF_THE_DESK = PAGES[4:]


@pytest.fixture
def door(office: Office) -> Callable[[], TestClient]:
    """Browsers at this machine, before anybody signed in."""
    office.settings.board_users = USERS
    app = create_app(office=office)
    return lambda: TestClient(app, base_url=HERE, client=("127.0.0.1", 50000), raise_server_exceptions=False)


def enter(client: TestClient, name: str, password: str = PASSWORD, to: str = "") -> TestClient:
    """Sign in."""
    answer = client.post("/board/sign-in", data={"name": name, "password": password, "to": to}, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return client


@pytest.fixture
def desk(door: Callable[[], TestClient]) -> Iterator[TestClient]:
    """A clerk who is signed in."""
    with door() as client:
        yield enter(client, "anna")


@pytest.fixture
def reader(door: Callable[[], TestClient]) -> TestClient:
    """A reader who is signed in."""
    return enter(door(), "li")


def registered(desk: TestClient, **typed: str) -> str:
    """A difficulty that the desk registered on its own page; its code."""
    form = read(desk, "/board/register").forms[-1]
    where = form.pop("")
    said = {
        "title": "并购意向未公开",
        "enterprise": "禾城甲厂",
        "detail": "说明",
        "contact": "张某",
        "email": "mi@example.com",
        "severity": "1",
        "channel": "phone",
    }
    answer = desk.post(where, data={**form, **said, **typed}, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"]).rsplit("/", 1)[1]


# -- the door ----------------------------------------------------------------------------------------------------------


def test_nobody_sees_the_board_without_signing_in(door: Callable[[], TestClient]) -> None:
    """Every page leads to the door, and from there to where one wanted to go."""
    client = door()
    for path in (*PAGES, "/board/case/DIF-2026-0001", "/board/report/R-1"):
        answer = client.get(path, follow_redirects=False)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/board/sign-in?to=%2Fboard")
    assert client.post("/board/register", data={}, follow_redirects=False).status_code == 303
    answer = client.get("/board/list?q=a%20b&light=red")
    assert 'value="/board/list?q=a%20b&amp;light=red"' in answer.text


@pytest.mark.parametrize(
    "to",
    ["https://evil.example/", "//evil.example", "/board/../mail", "/boardx", "javascript:x", "/board//evil.example"],
)
def test_the_door_leads_to_the_board_alone(door: Callable[[], TestClient], to: str) -> None:
    """A link to the door cannot send whoever signs in somewhere else."""
    answer = door().post("/board/sign-in", data={"name": "li", "password": PASSWORD, "to": to}, follow_redirects=False)
    assert answer.headers["location"] == "/board"


def test_a_wrong_password_and_an_unknown_name_are_answered_alike(door: Callable[[], TestClient]) -> None:
    """Nobody learns from the door who may come in."""
    client = door()
    wrong = [client.post("/board/sign-in", data={"name": name, "password": "x" * 12}) for name in ("anna", "nobody")]
    assert [answer.status_code for answer in wrong] == [403, 403]
    assert wrong[0].text.replace("anna", "") == wrong[1].text.replace("nobody", "")
    assert not any(answer.cookies for answer in wrong)


def test_guessing_is_stopped(door: Callable[[], TestClient]) -> None:
    """Each try is counted before it is looked at, right ones too."""
    client = door()
    tries = [client.post("/board/sign-in", data={"name": "anna", "password": "guess"}).status_code for _ in range(11)]
    assert tries == [403] * 10 + [429]
    assert client.post("/board/sign-in", data={"name": "anna", "password": PASSWORD}).status_code == 429


def test_a_session_is_sealed_and_ends(
    desk: TestClient, door: Callable[[], TestClient], office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cookie of scripts' reach, of other sites, changed by hand, of yesterday, or of an old password lets nobody in."""
    answer = door().post("/board/sign-in", data={"name": "anna", "password": PASSWORD}, follow_redirects=False)
    said = answer.headers["set-cookie"].lower()
    assert {"httponly", "samesite=lax", "path=/board"} <= {part.strip() for part in said.split(";")}
    good = answer.cookies["board"]

    def status(cookie: str, app: TestClient) -> int:
        app.cookies.clear()
        return int(app.get("/board", headers={"cookie": f"board={cookie}"}, follow_redirects=False).status_code)

    assert status(good, door()) == 200
    assert status(good[:-1] + ("A" if good[-1] != "A" else "B"), door()) == 303
    assert status("x", door()) == 303
    office.settings.board_users = " ".join(entry_of(new_user("anna", "desk", "R06", PASSWORD)) for _ in range(1))
    other = TestClient(create_app(office=office), base_url=HERE, client=("127.0.0.1", 50000))
    assert status(good, other) == 303
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 12 * 3600 + 1)
    assert status(good, door()) == 303


def test_signing_out_needs_the_page_s_own_form(desk: TestClient) -> None:
    """Another site's form signs nobody out; our own does."""
    assert desk.post("/board/sign-out", data={}, follow_redirects=False).status_code == 403
    assert desk.get("/board").status_code == 200
    seal = next(form for form in read(desk, "/board").forms if form[""] == "/board/sign-out")["seal"]
    assert desk.post("/board/sign-out", data={"seal": seal}, follow_redirects=False).status_code == 303
    assert desk.get("/board", follow_redirects=False).status_code == 303


def test_signing_out_ends_the_session_for_every_copy_of_its_cookie(desk: TestClient, office: Office) -> None:
    """Whoever kept the cookie is out too, on every web process; another session of the same user goes on."""
    kept = desk.cookies["board"]
    seal = next(form for form in read(desk, "/board").forms if form[""] == "/board/sign-out")["seal"]

    def status(cookie: str) -> int:
        other = TestClient(create_app(office=office), base_url=HERE, client=("127.0.0.1", 50000))
        return int(other.get("/board", headers={"cookie": f"board={cookie}"}, follow_redirects=False).status_code)

    assert status(kept) == 200
    assert desk.post("/board/sign-out", data={"seal": seal}, follow_redirects=False).status_code == 303
    assert status(kept) == 303
    assert desk.get("/board", headers={"cookie": f"board={kept}"}, follow_redirects=False).status_code == 303


@pytest.mark.parametrize("path", ["/board/register", "/board/mails", "/board/case/DIF-2026-0001", "/board/report/R-1"])
def test_forms_of_the_board_are_sealed(desk: TestClient, path: str) -> None:
    """Without the session's seal, or sent from elsewhere, nothing is done."""
    assert desk.post(path, data={"action": "amend"}).status_code == 403
    seal = next(form for form in read(desk, "/board").forms if "seal" in form)["seal"]
    answer = desk.post(path, data={"seal": seal}, headers={"origin": "https://elsewhere.example"})
    assert answer.status_code == 403


# -- what readers see --------------------------------------------------------------------------------------------------


def test_the_desk_s_pages_do_not_exist_for_readers(reader: TestClient) -> None:
    """404, as for a page that is not there; its links are not shown."""
    for path in OF_THE_DESK:
        assert reader.get(path).status_code == 404, path
    shown = read(reader, "/board")
    assert not [link for link in shown.links if link in OF_THE_DESK]


def test_a_restricted_case_is_nowhere_for_readers(desk: TestClient, reader: TestClient, office: Office) -> None:
    """Not 403: that would say that there is one. No list, count, search or filter shows it."""
    code = registered(desk, restricted="yes", category="power")
    assert read(desk, f"/board/case/{code}").text.count("保密") > 0
    for path in (
        "/board",
        "/board/list",
        f"/board/list?q={code}",
        "/board/list?q=并购",
        "/board/list?unit=D08",
        "/board/figures",
        "/board/charts",
    ):
        said = read(reader, path).text
        assert code not in said.replace(f"q={code}", ""), path
        assert "并购意向" not in said
    unknown, secret = reader.get("/board/case/DIF-2026-0999"), reader.get(f"/board/case/{code}")
    assert (unknown.status_code, secret.status_code) == (404, 404)
    assert unknown.text.replace("DIF-2026-0999", "") == secret.text.replace(code, "")
    assert code in read(desk, "/board/restricted").text
    assert code not in read(desk, "/board/list").text


def test_a_restricted_case_is_handled_on_its_page(desk: TestClient, office: Office) -> None:
    """Refused steps say what is allowed, by whom and until when; done ones lead back to the page."""
    code = registered(desk, restricted="yes")
    path = f"/board/case/{code}"
    page = read(desk, path)
    assert "decline" not in page.actions
    assert not [link for link in page.links if "/deployments/" in link]
    form = page.form("dispatch")
    where = form.pop("")
    refused = desk.post(where, data=form | {"action": "conclude"})
    assert refused.status_code == 409
    assert "目前可以办理" in refused.text
    assert "截止 2026-07-17 17:30" in Page(refused.text).text
    wrong = desk.post(where, data=form | {"supporters": "D14"})
    assert wrong.status_code == 422
    assert "请填写“牵头单位”" in Page(wrong.text).text
    done = press(desk, path, "dispatch", lead="D08", case_class="ordinary")
    assert "已记录：分办" in done.text
    assert "appeal" in done.actions


def test_the_desk_registers_with_the_papers_that_it_was_given(desk: TestClient, office: Office) -> None:
    """Kept over a mistake, then the case's, recorded in the clerk's name; what only says that it is a picture is refused."""
    form = read(desk, "/board/register").forms[-1] | {"title": "第二路电源无廊道", "enterprise": "禾城湖粲钠能有限公司"}
    where = form.pop("")
    bad = desk.post(where, data=form, files=[("files", ("a.png", b"<svg onload=x>", "image/png"))])
    assert bad.status_code == 422
    again = Page(
        desk.post(where, data=form | {"title": ""}, files=[("files", ("来函.pdf", PDF, "application/pdf"))]).text
    )
    kept = [f["value"] for tag, f in again.tags if tag == "input" and f.get("name") == "kept"]
    assert len(kept) == 1
    done = desk.post(where, data=form | {"kept": kept}, follow_redirects=False)
    assert done.status_code == 303, done.text
    with office.reading() as session:
        [row] = session.scalars(select(Attachment)).all()
        [told] = session.scalars(select(Event).where(Event.action == FILES_ADDED)).all()
    assert (row.name, row.case_id) == ("来函.pdf", told.case_id)
    assert (told.actor["party"], told.actor["account"]) == ("clerk", "R06")
    assert verify(office).findings == ()


def test_registering_shows_mistakes_and_keeps_what_was_typed(desk: TestClient) -> None:
    """422, each field named; the tick boxes stay ticked; twice the same form is one case."""
    form = read(desk, "/board/register").forms[-1]
    where = form.pop("")
    answer = desk.post(where, data=form | {"detail": HOSTILE, "restricted": "yes"})
    assert answer.status_code == 422
    assert "<script>" not in answer.text
    said = Page(answer.text).text
    assert "请填写企业名称" in said or "企业" in said
    assert 'name="restricted" value="yes" aria-describedby="restricted-hint" checked' in answer.text
    twice = [
        desk.post(where, data=form | {"title": "a", "enterprise": "b"}, follow_redirects=False).headers["location"]
        for _ in range(2)
    ]
    assert twice[0] == twice[1]


def test_a_withheld_reporter_is_on_no_page_of_readers_and_units(
    desk: TestClient, reader: TestClient, office: Office
) -> None:
    """The board of readers, the lead's page and its mail say that the identity is withheld."""
    code = registered(desk, withheld="yes", category="power", title="要求保密的事项")
    pages = [read(reader, path).text for path in ("/board", "/board/list", f"/board/case/{code}", "/board/list?q=甲厂")]
    mail = mail_of(deliver_all(office), "assigned_lead")
    pages += [read(desk, path_in(mail)).text, mail.text]
    for said in pages:
        assert not [name for name in ("禾城甲厂", "张某", "mi@example.com") if name in said], said
    assert "身份保密" in pages[2]
    assert "身份保密" in pages[4]
    assert "身份保密" in mail.text
    assert "禾城甲厂" in read(desk, f"/board/case/{code}").text


# -- pages -------------------------------------------------------------------------------------------------------------


def test_user_text_is_text_on_every_page(desk: TestClient, office: Office) -> None:
    """Titles, names and texts are data: on lists, on the front, on a case, in a search box."""
    difficulty = report(office, title=HOSTILE, detail=HOSTILE, enterprise={"name": HOSTILE, "email": "x@example.com"})
    for path in ("/board", "/board/list", f"/board/case/{difficulty.code}", f"/board/list?q={HOSTILE}"):
        answer = desk.get(path)
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text


def test_each_page_speaks_both_languages(desk: TestClient, office: Office) -> None:
    """No page is half in the other language; the switch keeps the filters."""
    difficulty = standing_case(office)
    for path in (*PAGES, f"/board/case/{difficulty}"):
        zh, en = (desk.get(path, headers={"accept-language": tag}) for tag in ("zh", "en"))
        assert (zh.status_code, en.status_code) == (200, 200), path
        assert 'lang="zh-CN"' in zh.text.partition("<head>")[0]
        assert 'lang="en"' in en.text.partition("<head>")[0]
        assert "content-security-policy" in zh.headers
        assert "<script" not in zh.text + en.text
    switched = read(desk, "/board/list?light=red&q=a")
    assert "/board/list?light=red&q=a&lang=en" in switched.links


def standing_case(office: Office) -> str:
    """A case with an open approval, clocks and history."""
    return standing(office, Status.IN_PROGRESS).by_lead("ask_extension").code


def test_reports_and_mails_are_dealt_with_on_the_board(desk: TestClient, office: Office) -> None:
    """A report that nobody confirmed is accepted there and becomes a case; done twice, the second is told."""
    desk.post("/report", data=REPORT, follow_redirects=False)
    [path] = {link for link in read(desk, "/board/reports").links if link.startswith("/board/report/")}
    stale = read(desk, path).form("accept")
    assert "将立案" in press(desk, path, "accept").text or "受理" in read(desk, path).text
    assert desk.post(path, data={"seal": stale["seal"], "action": "dismiss"}).status_code == 409
    assert receive_waiting(office).cases == ("DIF-2026-0001",)


def test_the_engine_s_links_come_once_it_registered(desk: TestClient, office: Office) -> None:
    """Before, the page says that the engine is not registered yet; it never asks the engine itself."""
    code = report(office).code
    assert "引擎尚未注册" in read(desk, f"/board/case/{code}").text
    remember(office, Registered("http://127.0.0.1:4200", {"coordinate-difficulty": "id-1"}, {}))
    links = [
        link
        for link in read(desk, f"/board/case/{code}").links
        if "/deployments/deployment/id-1/run?parameters=" in link
    ]
    assert len(links) >= 5


# -- charts ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["backlog", "lights", "resolving", "closing"])
def test_a_chart_is_a_picture_behind_the_door(
    reader: TestClient, door: Callable[[], TestClient], office: Office, name: str
) -> None:
    """SVG without scripts under a policy of its own, in the language that the page asks for; nobody else sees it."""
    report(office).replied().by_firm("confirm")
    path = f"/board/chart/{name}.svg"
    answer = reader.get(f"{path}?from=2026-07-01&to=2026-07-31&lang=en")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/svg+xml"
    assert "script" not in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert b"<script" not in answer.content
    assert answer.content != reader.get(f"{path}?from=2026-07-01&to=2026-07-31&lang=zh").content
    assert door().get(path, follow_redirects=False).status_code == 303


def test_the_page_of_charts_says_what_each_shows_and_has_its_figures_as_text(
    reader: TestClient, office: Office
) -> None:
    """A sentence above, a table beneath; an unknown picture is none, days that cannot be are answered all the same."""
    report(office).replied().by_firm("confirm")
    standing(office, Status.CONSULTATION)
    page = read(reader, "/board/charts?lang=en")
    images = [found for tag, found in page.tags if tag == "img" and "/board/chart/" in found.get("src", "")]
    assert len(images) == 4
    assert all(found["alt"] for found in images)
    assert "1 closed, 1 of them solved: 100%." in page.text
    assert len([tag for tag, _ in page.tags if tag == "table"]) == 5
    assert reader.get("/board/chart/else.svg").status_code == 404
    for asked in ("from=x&to=y", "from=0001-01-01&to=9999-12-31", "from=2026-12-31&to=2026-01-01", "from=2030-01-01"):
        assert reader.get(f"/board/charts?{asked}").status_code == 200, asked
        assert reader.get(f"/board/chart/lights.svg?{asked}").status_code == 200, asked


# -- the front ---------------------------------------------------------------------------------------------------------


def test_the_front_says_whose_the_delay_is(reader: TestClient, office: Office) -> None:
    """The lead's, or the supporter's that did not answer in time; with lights by project."""
    report(office)
    office.fixed = datetime(2026, 8, 4, 2, 0, tzinfo=UTC)
    page = read(reader, "/board?lang=en")
    assert "Delay of" in page.text
    assert "/board/list?project=P02" in page.links
    assert "/board/list?project=P02&light=red" in page.links


def test_things_to_do_lead_to_the_engine_s_form_filled_in(desk: TestClient, office: Office) -> None:
    """Once it registered: dispatching a new case, ruling on a disputed one, a role that nobody holds."""
    code = standing(office, Status.DISPUTED).code
    assert "parameters=" not in "".join(read(desk, "/board").links)
    remember(office, Registered("http://127.0.0.1:4200", {"coordinate-difficulty": "id-1"}, {}))
    [link] = {link for link in read(desk, "/board").links if "parameters=" in link}
    assert json.loads(unquote(link.split("parameters=")[1])) == {"cases": [code], "step": "rule"}


def test_a_reader_sees_no_reporter_s_name(desk: TestClient, reader: TestClient, office: Office) -> None:
    """The enterprise, but neither who of it spoke nor how to reach them; the desk sees all three."""
    code = report(office).code
    for client, seen in ((desk, True), (reader, False)):
        said = read(client, f"/board/case/{code}").text
        assert ("项目联络员" in said) is seen
        assert ("p02@example.com" in said) is seen
        assert "禾城湖粲钠能有限公司" in said
