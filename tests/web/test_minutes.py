"""Minutes of consultations as documents: what stands on them, who reaches them, and that they print on the office's paper."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from domain.lifecycle import Party
from models.case import Case
from services.board_users import entry_of, new_user
from services.links import mint
from services.office import Office
from tests.builders import ROADS, Difficulty, report
from tests.web.conftest import HERE, read
from web.app import create_app

pytestmark = pytest.mark.sqlite


def link(office: Office, it: Difficulty, party: Party, account: str | None) -> str:
    """The path of a personal page of the case."""
    with office.writing() as session:
        case_id = session.scalars(select(Case.id).where(Case.code == it.code)).one()
        token = mint(
            session, office, {"party": party.value}, case_id=case_id, delivery_id=None, account=account, contact=None
        )
    return f"/act/{token}"


@pytest.fixture
def held(office: Office) -> Difficulty:
    """A consultation that was moved and held on its day, with a guest and two duties."""
    it = report(office).by_head(
        "call_consultation", participants=["D10"], time="14:30", place="302", text="确定<廊道>路由"
    )
    it.by_head("move_consultation", date="2026-07-22", place="201", reason="图纸未齐").at("2026-07-22 17:00")
    return it.by_head(
        "conclude", minutes="沿规划道路<东侧>敷设", duties=f"D10;开挖许可;2026-07-29\n{ROADS};出具路由;2026-07-28"
    )


def minutes_in(client: TestClient, path: str) -> list[str]:
    """The documents that a page leads to."""
    return [one for one in read(client, path).links if "/minutes/" in one]


def test_minutes_name_the_day_the_units_and_their_duties(client: TestClient, office: Office, held: Difficulty) -> None:
    """As the consultation was held: the new day and place, who was called, who does what by when; no key and no code of ours."""
    [path] = minutes_in(client, link(office, held, Party.DESK_HEAD, "R05"))
    shown = " ".join(read(client, path).text.split())
    for said in (
        "鸳湖区重大项目推进工作专班办公室 会商纪要", "受理文号鸳协〔2026〕1号", "会商时间2026年7月22日（周三）14:30", "地点201",
        "参会单位供电公司、", "综合执法局", "议题确定<廊道>路由", "会商意见 沿规划道路<东侧>敷设", "开挖许可2026年7月29日（周三）", "出具路由2026年7月28日（周二）", "2026年7月22日",
    ):  # fmt: skip
        assert said in shown, said
    assert "D10" not in shown
    english = client.get(path + "?lang=en").text
    assert "Who does what" in english
    assert "&lt;东侧&gt;" in english


def test_held_early_they_name_the_day_on_which_it_was_held(client: TestClient, office: Office) -> None:
    """Not the day for which it had been called; without agreement they say what follows."""
    it = report(office).by_head("call_consultation").at("2026-07-17 15:00")
    it.by_head("conclude", duties="", no_agreement="yes")
    [path] = minutes_in(client, link(office, it, Party.DESK_HEAD, "R05"))
    shown = read(client, path).text
    assert "2026年7月17日（周五）15:00" in shown
    assert "会商未达成一致" in shown
    assert "本事项提级办理。" in shown


def test_each_consultation_has_its_own_minutes(client: TestClient, office: Office, held: Difficulty) -> None:
    """The second's say nothing of the first; a line of the history without minutes is no document."""
    held.by_head("call_consultation", date="2026-07-24", place="").at("2026-07-24 17:00").by_head(
        "conclude", minutes="第二次"
    )
    page = link(office, held, Party.DESK_HEAD, "R05")
    paths = minutes_in(client, page)
    assert len(paths) == 2
    texts = [read(client, path).text for path in paths]
    assert sum("第二次" in text for text in texts) == 1
    assert client.get(f"{page}/minutes/1").status_code == 404
    assert client.get(f"{page}/minutes/999").status_code == 404


def test_strangers_reporters_and_readers_see_none(client: TestClient, office: Office, held: Difficulty) -> None:
    """Behind an officer's link and for the desk on the board; an enterprise's link leads to none."""
    page = link(office, held, Party.LEAD, "L14")
    [path] = minutes_in(client, page)
    seq = path.rpartition("/")[2]
    assert client.get(path).status_code == 200
    assert client.get(f"{link(office, held, Party.ENTERPRISE, None)}/minutes/{seq}").status_code == 404
    assert client.get(f"/act/{'x' * 32}/minutes/{seq}").status_code == 404
    board = f"/board/case/{held.code}/minutes/{seq}"
    assert client.get(board, follow_redirects=False).status_code == 303
    for role, status in (("desk", 200), ("reader", 404)):
        office.settings.board_users = entry_of(new_user("li", role, "-", "correct horse battery"))
        browser = TestClient(create_app(office=office), base_url=HERE, client=("127.0.0.1", 50000))
        browser.post("/board/sign-in", data={"name": "li", "password": "correct horse battery", "to": ""})
        assert browser.get(board).status_code == status
        assert bool(minutes_in(browser, f"/board/case/{held.code}")) is (role == "desk")
