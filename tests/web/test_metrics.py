"""The figures for a monitor: right, bounded, without a case or a token, and not for strangers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from services.office import Office
from services.sweep import sweep
from tests.builders import report
from tests.web.conftest import HERE
from web.app import ROUTES, create_app

pytestmark = pytest.mark.sqlite


def figures(text: str) -> dict[tuple[str, ...], float]:
    """Each sample by its name and the values of its labels (in the order of their names), as a monitor reads them."""
    return {
        (sample.name.removeprefix("expedite_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_the_figures_are_those_of_the_office(client: TestClient, office: Office, at: Callable[[str], object]) -> None:
    """Cases, clocks, mails, deliveries and notices; what there is none of is said to be 0."""
    report(office)
    before = figures(client.get("/metrics").text)
    assert (before["cases", "green", "in_progress"], before["cases", "red", "in_progress"]) == (1, 0)
    assert (before["clocks_due",], before["notices", "yellow"]) == (0, 0)
    assert before["outbox_messages", "owed"] > 0
    assert ("sweep_age_seconds",) not in before
    at("2026-08-05 10:00")
    late = figures(client.get("/metrics").text)
    assert late["clocks_due",] > 0
    assert late["lag_seconds", "clocks"] > 0
    sweep(office)
    after = figures(client.get("/metrics").text)
    assert (after["clocks_due",], after["lag_seconds", "clocks"]) == (0, 0)
    assert after["notices", "yellow"] >= 1
    assert sum(value for key, value in after.items() if key[0] == "cases") == 1
    assert after["sweep_age_seconds",] < 60


def test_requests_are_counted_by_route_and_never_by_path(client: TestClient) -> None:
    """A token in a path, or a path that a stranger made up, is no label."""
    for path in ("/", "/", "/track/very-secret-token", "/made-up-by-a-stranger", "/webhooks/x"):
        client.get(path)
    text = client.get("/metrics").text
    found = figures(text)
    assert found["http_requests_total", "/", "200"] == 2
    assert found["http_requests_total", "/track/{token}", "404"] == 1
    assert found["http_requests_total", "unknown", "404"] == 1
    assert "secret" not in text
    assert "stranger" not in text
    known = {route.path for route in ROUTES} | {"unknown"}
    assert {key[1] for key in found if key[0] == "http_requests_total"} <= known


def test_no_case_is_named(client: TestClient, office: Office) -> None:
    """Codes would make a label each, and tell a monitor's readers what is not theirs."""
    it = report(office)
    text = client.get("/metrics").text
    assert it.code not in text
    assert "DIF-" not in text


def test_strangers_need_the_token(office: Office) -> None:
    """From elsewhere, or through a proxy here: 401 without the token, with a wrong one, and where none is set."""
    app = create_app(office=office)
    stranger = TestClient(app, base_url="http://expedite.example.org", client=("203.0.113.9", 50000))
    proxied = TestClient(app, base_url=HERE, client=("127.0.0.1", 50000), headers={"x-forwarded-for": "203.0.113.9"})
    for bearer in ("Bearer ", "Bearer x", ""):
        assert stranger.get("/metrics", headers={"authorization": bearer}).status_code == 401
    office.settings.metrics_token = "right"
    for who in (stranger, proxied):
        refused = who.get("/metrics", headers={"authorization": "Bearer wrong"})
        assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
        assert "expedite_cases" not in refused.text
        assert who.get("/metrics").status_code == 401
        assert who.get("/metrics", headers={"authorization": "Bearer right"}).status_code == 200
