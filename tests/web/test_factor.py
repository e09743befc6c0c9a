"""The form for factor requests, and the pages of a request: figures, stages and grants for officers and the enterprise."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from services.factor_view import factor_json
from services.office import Office
from services.receiver import receive_waiting
from tests.mailroom import deliver_all
from tests.web.conftest import Page, mail_of, path_in, press, read

pytestmark = pytest.mark.sqlite

ASKED = {
    "type": "land", "item": "工业用地供应", "quantity": "118", "unit": "亩", "needed_by": "2027-06-30", "project": "P07",
    "note": "二期用地", "enterprise": "禾城新客有限公司", "email": "new@example.com", "contact": "王",
}  # fmt: skip


def test_a_request_goes_from_the_form_to_the_bodys_page_and_back(client: TestClient, office: Office) -> None:
    """Asked, confirmed by mail, granted in part by the body through its link; the enterprise sees figures, stages and the grant."""
    form = read(client, "/factor").forms[0]
    where = form.pop("")
    answer = client.post(where, data=form | ASKED, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    track = path_in(mail_of(deliver_all(office), "confirm_report"))
    press(client, track, "confirm_report")
    assert receive_waiting(office).cases == ("FAC-2026-0001",)
    body = path_in(mail_of(deliver_all(office), "approval_asked"))
    page = read(client, body)
    assert {"pass_stage", "grant", "hand_back", "reject_stage"} <= page.actions
    wrong = client.post(page.form("grant").pop(""), data=page.form("grant") | {"quantity": "119", "document": "1号"})
    assert wrong.status_code == 422
    assert "超过缺口" in wrong.text
    after = press(client, body, "grant", quantity="82", document="浙土字〔2026〕1号", conditions="两年内动工")
    assert "36 亩" in after.text
    seen = read(client, track)
    for words in ("118 亩", "82 亩", "36 亩", "需求登记", "浙土字〔2026〕1号", "两年内动工", "部分落实"):
        assert words in seen.text
    found = factor_json(office, "FAC-2026-0001")
    assert found is not None
    assert (found["status"], found["gap"]) == ("partial", 36)


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"quantity": "-1"}, "quantity"), ({"unit": "kVA"}, "unit"), ({"needed_by": ""}, "needed_by"), ({"type": ""}, "type"), ({"email": "x"}, "email")],
)  # fmt: skip
def test_a_mistake_stands_at_its_field_and_what_was_typed_stays(
    client: TestClient, changed: dict[str, str], field: str
) -> None:
    """422, nothing stored, nothing lost."""
    answer = client.post("/factor", data=ASKED | changed)
    assert answer.status_code == 422
    tags = Page(answer.text).tags
    assert ("p", {"class": "mistake", "id": f"{field}-mistake"}) in tags
    assert "工业用地供应" in answer.text
    assert receive_waiting(office_of(client)).taken == 0


def test_all_mistakes_of_a_request_are_told_at_once(client: TestClient) -> None:
    """A quantity below zero, a day that has passed, no project and no address; what is right is not named."""
    changed = {"quantity": "-1", "needed_by": "2020-01-01", "project": "", "email": "x"}
    page = Page(client.post("/factor", data=ASKED | changed).text)
    assert [found["id"] for _, found in page.tags if found.get("aria-invalid") == "true"] == list(changed)
    assert {f"#{name}" for name in changed} <= set(page.links)
    page = Page(client.post("/factor", data=ASKED | {"type": "", "needed_by": ""}).text)
    assert [found["id"] for _, found in page.tags if found.get("aria-invalid") == "true"] == ["type", "needed_by"]


def office_of(client: TestClient) -> Office:
    """The office behind the client."""
    found: Office = client.app.state.holder.get().office  # type: ignore[attr-defined]  # a Starlette application
    return found


def test_both_forms_lead_to_each_other_in_both_languages(client: TestClient) -> None:
    """Who meant a difficulty is one step from its form."""
    assert any(link.startswith("/factor") for link in read(client, "/").links)
    for language, word in (("zh", "申请要素保障"), ("en", "Ask for a factor")):
        page = read(client, f"/factor?lang={language}")
        assert word in page.text
        assert any(link.startswith("/?") for link in page.links)
