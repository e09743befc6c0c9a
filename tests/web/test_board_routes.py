"""Every route of the board, as the application has them: who is let in, and that a restricted case is on none for readers."""

from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient

from services.board_users import entry_of, new_user
from services.office import Office
from tests.builders import report
from tests.web.conftest import HERE
from tests.web.test_board import PASSWORD, enter, registered
from web.app import ROUTES, create_app

pytestmark = pytest.mark.sqlite

USERS = " ".join(entry_of(new_user(name, role, "-", PASSWORD)) for name, role in (("anna", "desk"), ("li", "reader")))
DOOR = ("/board/sign-in", "/board/sign-out")
BOARD = [route for route in ROUTES if route.path.startswith("/board") and route.path not in DOOR]
DESK_ONLY = ("/board/restricted", "/board/register", "/board/reports", "/board/report/", "/board/mails")


def filled(path: str, code: str) -> str:
    """A route's path with a case's code, and something for whatever else it asks for."""
    given = {"code": code, "name": "lights", "receipt": "R-0000-0000-0000", "number": "1", "id": "1"}
    return re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: given.get(found[1], "P02"), path)


@pytest.fixture
def clients(office: Office) -> dict[str, TestClient]:
    """Browsers of the desk, of a reader and of nobody."""
    office.settings.board_users = USERS
    app = create_app(office=office)

    def browser() -> TestClient:
        return TestClient(app, base_url=HERE, client=("127.0.0.1", 50000), raise_server_exceptions=False)

    return {"desk": enter(browser(), "anna"), "reader": enter(browser(), "li"), "nobody": browser()}


def test_the_routes_are_those_of_the_board() -> None:
    """The enumeration is of something."""
    assert {"/board", "/board/list", "/board/case/{code}", "/board/charts"} <= {route.path for route in BOARD}
    assert len(BOARD) > 12


@pytest.mark.parametrize("route", BOARD, ids=lambda route: f"{sorted(route.methods)[-1]} {route.path}")
def test_a_route_is_behind_the_door_and_tells_readers_of_no_restricted_case(
    clients: dict[str, TestClient], office: Office, route: object
) -> None:
    """Nobody gets in; what is the desk's is not there for readers; nothing of a restricted case is in any answer to them."""
    code = registered(
        clients["desk"], restricted="yes", title="并购意向未公开", enterprise="禾城秘密厂", category="power"
    )
    report(office).at("2026-08-10 09:00")
    path, methods = filled(str(route.path), code), set(route.methods)  # type: ignore[attr-defined]  # a route of Starlette's
    for method in methods & {"GET", "POST"}:
        nobody = clients["nobody"].request(method, path, follow_redirects=False)
        assert (nobody.status_code, nobody.headers["location"][:14]) == (303, "/board/sign-in")
        answer = clients["reader"].request(method, path, follow_redirects=False)
        assert answer.status_code < 500, answer.text
        for secret in ("并购意向", "禾城秘密厂", "张某", "mi@example.com"):
            assert secret not in answer.text
        # Where it says nothing but what was asked for.
        assert answer.status_code != 200 or code not in answer.text
        if path.startswith(DESK_ONLY):
            assert answer.status_code == 404
        if method == "POST":
            assert answer.status_code in (403, 404)
