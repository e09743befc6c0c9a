"""What holds for every answer: headers, languages, errors in words, nothing that runs in a browser."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from services.office import Office
from tests.web.conftest import HERE, Page, mail_of, opened, path_in, reported
from web.app import create_app
from web.rendering import TEMPLATES

pytestmark = pytest.mark.sqlite

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "path", ["/", "/receipt", "/nowhere", "/track/x", "/act/x", "/static/style.css", "/healthz", "/mail", "/robots.txt"]
)
def test_every_answer_is_guarded(client: TestClient, path: str) -> None:
    """No script, no frame around us, no referrer that carries a link, no search engine."""
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert "noindex" in headers["x-robots-tag"]
    assert "strict-transport-security" not in headers


def test_personal_pages_are_kept_nowhere(client: TestClient, office: Office) -> None:
    """Neither a browser's cache nor a proxy keeps what a link shows."""
    assert client.get(reported(client, office)).headers["cache-control"] == "no-store"


def test_behind_https_browsers_are_told_to_stay_there(office: Office) -> None:
    """Where mails give a https address, plain http is not gone back to, and cookies stay within."""
    office.settings.base_url = "https://expedite.example"
    client = TestClient(create_app(office=office), base_url="https://expedite.example")
    answer = client.get("/?lang=en")
    assert "max-age" in answer.headers["strict-transport-security"]
    assert "Secure" in answer.headers["set-cookie"]


def test_templates_hold_nothing_that_runs(client: TestClient, office: Office) -> None:
    """The pages work without scripts: none, no handler in an attribute, no style that the policy would refuse."""
    found = {
        path.name: hit[0]
        for path in TEMPLATES.glob("*.html")
        if (hit := re.search(r"<script|\son[a-z]+=|\sstyle=|javascript:|<style", path.read_text("utf-8")))
    }
    assert found == {}


def test_a_page_s_files_are_kept_for_ever_under_an_address_of_their_content(client: TestClient) -> None:
    """A changed stylesheet has another address; an unchanged one is not loaded twice."""
    [sheet] = re.findall(r'href="(/static/style\.css\?v=[0-9a-f]{12})"', client.get("/").text)
    kept = client.get(sheet)
    assert "immutable" in kept.headers["cache-control"]
    assert kept.headers["content-type"].startswith("text/css")
    assert "immutable" not in client.get("/static/style.css?v=0").headers["cache-control"]


@pytest.mark.parametrize("name", ["nothing.css", "../app.py", "%2e%2e%2fapp.py", "..%5capp.py", "style.css%00"])
def test_no_other_file_is_served(client: TestClient, name: str) -> None:
    """Only what pages load."""
    assert client.get(f"/static/{name}").status_code == 404


@pytest.mark.parametrize(("language", "words"), [("zh", "没有这个页面"), ("en", "There is no such page")])
def test_a_missing_page_is_told_in_words(client: TestClient, language: str, words: str) -> None:
    """Also an error page has both languages and a way on."""
    answer = client.get(f"/nowhere?lang={language}")
    assert answer.status_code == 404
    assert words in answer.text
    assert "/" in Page(answer.text).links


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "/"), ("DELETE", "/track/x"), ("POST", "/"), ("PATCH", "/act/x"), ("POST", "/mail")]
)
def test_other_methods_are_refused(client: TestClient, method: str, path: str) -> None:
    """405, in words."""
    answer = client.request(method, path)
    assert answer.status_code == 405
    assert "此处无法进行该操作" in answer.text


def test_an_error_of_ours_shows_no_trace(client: TestClient, office: Office) -> None:
    """500 in words; what went wrong stays inside."""
    object.__setattr__(office, "in_force", None)
    answer = client.get("/")
    assert answer.status_code == 500
    assert not re.search(r"Traceback|Error\b|\.py|NoneType", answer.text)


def test_an_address_with_a_slash_behind_it_reflects_no_host(client: TestClient) -> None:
    """A redirect that repeats a stranger's Host header would send readers elsewhere."""
    answer = client.get("/mail/", headers={"host": "elsewhere.example"}, follow_redirects=False)
    assert "location" not in answer.headers


def test_health_is_told_to_machines(client: TestClient, office: Office, at: Callable[[str], object]) -> None:
    """200 while what is due is done; 503 when nobody sweeps, delivers or receives."""
    well = client.get("/healthz")
    assert (well.status_code, well.json()["ok"]) == (200, True)
    opened(client, office)
    at("2026-08-05 10:00")
    ill = client.get("/healthz")
    assert (ill.status_code, ill.json()["ok"]) == (503, False)


def test_the_demonstration_says_so_with_its_clock(client: TestClient, office: Office) -> None:
    """The demo district lives in July 2026, and its pages tell; another office shows no banner."""
    assert "演示系统" not in client.get("/").text
    office.demo = True
    shown = TestClient(create_app(office=office), base_url=HERE).get("/").text
    assert "演示系统" in shown
    assert "2026年7月16日（周四）10:00" in shown


def test_titles_tell_pages_apart(client: TestClient, office: Office) -> None:
    """In a row of tabs each page is known by its case."""
    mails = opened(client, office)
    titles = [
        re.findall(r"<title>(.*?)</title>", client.get(path_in(mail_of(mails, name))).text)[0]
        for name in ("case_opened", "assigned_lead")
    ]
    assert all("DIF-2026-0001" in title for title in titles)
    assert len(set(titles)) == 2


def test_the_app_starts_without_what_it_does_not_need() -> None:
    """The form answers seconds after the start: neither the engine nor a second framework is loaded for it."""
    said = subprocess.run(
        [sys.executable, "-c", "import sys, web.app; print(*sys.modules)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert not {"fastapi", "prefect", "aiosmtpd", "limits", "alembic", "yagmail"} & set(said)
