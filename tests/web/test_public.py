"""The page for everybody: not there unless the policy publishes it, the same for all, and without a name in it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from domain.publication import PublicRules
from services.office import Office
from tests.builders import report
from tests.web.conftest import Page, read

pytestmark = pytest.mark.sqlite


@pytest.fixture
def published(office: Office) -> Office:
    """An office that publishes; twenty difficulties were solved in July, and it is October."""
    policy = replace(office.policy, public=PublicRules(enabled=True))
    office.in_force = replace(office.in_force, policy=policy)
    office.followed = float("inf")
    for _ in range(20):
        report(office).replied().by_firm("confirm")
    report(office).at("2026-10-09 09:00")
    return office


def test_there_is_no_such_page_until_the_policy_says_so(client: TestClient) -> None:
    """Off by default, and answered like any page that is not there."""
    off, unknown = client.get("/public"), client.get("/nowhere")
    assert off.status_code == unknown.status_code == 404
    assert Page(off.text).text == Page(unknown.text).text


def test_everybody_sees_the_figures_and_nobody_is_named(published: Office, client: TestClient) -> None:
    """Rates in both languages; no enterprise, project, case or title."""
    for language, words in (("zh", "按时办结率"), ("en", "Closed in time")):
        page = read(client, f"/public?lang={language}")
        assert words in page.text
        assert "100%" in page.text
        for secret in ("禾城湖粲钠能", "P02", "湖粲钠离子", "DIF-2026", "无廊道", "项目联络员"):
            assert secret not in page.text


def test_the_page_may_be_kept_and_passed_on(published: Office, client: TestClient) -> None:
    """It says so, and carries nobody's cookie; pages behind the door never do."""
    answer = client.get("/public?lang=en")
    assert answer.headers["cache-control"] == "public, max-age=3600"
    assert "set-cookie" not in answer.headers
    assert "accept-language" in answer.headers["vary"]
    assert client.get("/").headers["cache-control"] == "no-store"


def test_a_year_that_is_not_offered_is_none(published: Office, client: TestClient) -> None:
    """This year and the last; anything else is no page."""
    assert client.get("/public?year=2026").status_code == 200
    assert "办结件数过少" in client.get("/public?year=2025&lang=zh").text
    for year in ("2024", "2027", "x", "２０２６", "-1", "9" * 400):
        assert client.get("/public", params={"year": year}).status_code == 404
    assert client.get("/public?year=2026&part=1").status_code == 200
    for part in ("0", "2", "x", "１", "-1", "9" * 400):
        assert client.get("/public", params={"year": "2026", "part": part}).status_code == 404


def test_one_address_may_not_ask_for_ever(published: Office, client: TestClient) -> None:
    """Sixty a minute are let through."""
    answers = [client.get("/public").status_code for _ in range(61)]
    assert answers == [200] * 60 + [429]
