"""The small guards: the key of seals, the access log, the bodies that are read, the counters."""

from __future__ import annotations

import asyncio
import logging
import stat
import tracemalloc
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.testclient import TestClient
from starlette.types import Message

from services.office import Office
from services.settings import Settings
from tests.web.conftest import REPORT
from web.access_log import RedactTokens, redacted
from web.app import create_app
from web.bodies import BodyTooLarge, read_body
from web.rates import Rate, Rates, TooOften
from web.seals import ForeignForm, check_seal, form_seal
from web.secrets import FILE, secret_key

TOKEN = "kz2vY7_8Qw3rT-5u"


def settings(tmp_path: Path, key: str = "") -> Settings:
    """Settings with a data folder of their own."""
    return Settings(data=tmp_path, secret_key=key, _env_file=None)


def test_a_key_is_made_once_and_kept_from_others(tmp_path: Path) -> None:
    """Forms opened before a restart are still ours after it; nobody else on the machine reads the key."""
    first = secret_key(settings(tmp_path))
    assert len(first) == 32
    assert secret_key(settings(tmp_path)) == first
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_installations_have_different_keys(tmp_path: Path) -> None:
    """A seal of one is nothing to another."""
    assert secret_key(settings(tmp_path / "a")) != secret_key(settings(tmp_path / "b"))


def test_a_key_that_is_set_is_used_and_not_written_down(tmp_path: Path) -> None:
    """Several replicas share the one that is set."""
    key = secret_key(settings(tmp_path, "a key from a vault"))
    assert key == secret_key(settings(tmp_path / "other", "a key from a vault"))
    assert key != secret_key(settings(tmp_path, "another"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("given", ["", "x", "é", "A" * 43])
def test_a_wrong_seal_is_foreign(given: str) -> None:
    """Whatever it is made of."""
    with pytest.raises(ForeignForm):
        check_seal(b"k" * 32, TOKEN, given)


def test_a_seal_is_of_one_page_and_one_key() -> None:
    """Neither another link's nor another installation's."""
    check_seal(b"k" * 32, TOKEN, form_seal(b"k" * 32, TOKEN))
    for key, token in ((b"l" * 32, TOKEN), (b"k" * 32, TOKEN + "x")):
        with pytest.raises(ForeignForm):
            check_seal(key, token, form_seal(b"k" * 32, TOKEN))


@pytest.mark.parametrize(
    ("path", "logged"),
    [
        (f"/track/{TOKEN}", "/track/…"),
        (f"/act/{TOKEN}?lang=en", "/act/…?lang=en"),
        (f"/calendar/{TOKEN}.ics", "/calendar/…"),
        (f"http://h/act/{TOKEN}", "http://h/act/…"),
        ("/report", "/report"),
        ("/static/style.css?v=1", "/static/style.css?v=1"),
    ],
)
def test_tokens_stay_out_of_logs(path: str, logged: str) -> None:
    """Whoever reads the log must not be able to act."""
    assert redacted(path) == logged


def test_the_server_s_access_log_is_redacted(caplog: pytest.LogCaptureFixture) -> None:
    """In the form in which the server logs a request."""
    logger = logging.getLogger("a server's access log")
    logger.addFilter(RedactTokens())
    with caplog.at_level(logging.INFO):
        logger.info('%s - "%s %s HTTP/%s" %d', "127.0.0.1:1", "GET", f"/act/{TOKEN}", "1.1", 200)
        logger.info("no arguments")
        logger.info("%(a)s", {"a": 1})
    assert TOKEN not in caplog.text
    assert '"GET /act/… HTTP/1.1" 200' in caplog.text


def body_of(size: int, chunk: int, headers: dict[str, str] | None = None) -> tuple[Request, list[int]]:
    """A request that sends `size` bytes, and what was taken of it."""
    taken: list[int] = []

    async def receive() -> Message:
        left = size - sum(taken)
        taken.append(min(chunk, left))
        return {"type": "http.request", "body": b"x" * taken[-1], "more_body": left > chunk}

    raw = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
    return Request({"type": "http", "method": "POST", "headers": raw}, receive), taken


def test_a_body_up_to_the_limit_is_read() -> None:
    """In whatever pieces it comes."""
    request, _ = body_of(1000, 7)
    assert asyncio.run(read_body(request, 1000)) == b"x" * 1000


def test_an_oversized_body_is_read_to_its_end_and_never_held() -> None:
    """A client that is still sending sees the answer; memory stays at the limit."""
    request, taken = body_of(10_000_000, 65_536)
    tracemalloc.start()
    with pytest.raises(BodyTooLarge):
        asyncio.run(read_body(request, 100_000))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sum(taken) == 10_000_000
    assert peak < 1_000_000


@pytest.mark.parametrize(
    "headers", [{"content-length": str(10**12)}, {"content-length": "200000", "expect": "100-continue"}]
)
def test_a_flood_that_announces_itself_is_not_read(headers: dict[str, str]) -> None:
    """Nothing is taken of what nobody will store."""
    request, taken = body_of(10**12, 65_536, headers)
    with pytest.raises(BodyTooLarge):
        asyncio.run(read_body(request, 100_000))
    assert taken == []


def test_an_endless_body_is_given_up() -> None:
    """A sender that never stops is not listened to for ever."""
    request, taken = body_of(10**12, 1_000_000)
    with pytest.raises(BodyTooLarge):
        asyncio.run(read_body(request, 100_000))
    assert len(taken) < 100


def test_counters_are_of_one_thing_and_one_address() -> None:
    """Who asked for links may still report, and a neighbour may still ask."""
    rates = Rates()
    for _ in range(5):
        rates.count(Rate.NEW_LINK, "192.0.2.1")
    with pytest.raises(TooOften) as refused:
        rates.count(Rate.NEW_LINK, "192.0.2.1")
    assert 0 < refused.value.retry_after <= 60
    rates.count(Rate.NEW_LINK, "192.0.2.2")
    rates.count(Rate.REPORT, "192.0.2.1")


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("proxies", "asked_from", "waits"),
    [
        ("127.0.0.1 ::1", "127.0.0.1", False),
        ("10.0.0.0/24", "10.0.0.5", False),
        ("", "127.0.0.1", True),
        ("10.0.0.5", "10.0.0.6", True),
    ],
)
def test_only_a_trusted_proxy_says_who_asks(office: Office, proxies: str, asked_from: str, waits: bool) -> None:
    """Behind one, each person has an allowance of their own; a stranger who names others still has but one."""
    office.settings.trusted_proxies = proxies
    with TestClient(create_app(office=office), client=(asked_from, 50000)) as client:
        answers = [
            client.post("/report", data=REPORT | {"title": f"{n}"}, headers={"x-forwarded-for": f"192.0.2.{n}"}, follow_redirects=False)
            for n in range(11)
        ]  # fmt: skip
    assert (answers[-1].status_code == 429) is waits
    assert answers[0].status_code == 303
