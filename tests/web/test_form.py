"""The public form: languages, mistakes, receipts, and what strangers may not do with it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from sqlalchemy import select, text
from starlette.testclient import TestClient

from models.intake import Delivery
from services.form import store_report
from services.office import Office
from services.report import read_report
from tests.mailroom import deliver_all
from tests.web.conftest import REPORT, Page, read

pytestmark = pytest.mark.sqlite


def stored(office: Office) -> list[Delivery]:
    """The deliveries in the database."""
    with office.reading() as session:
        return list(session.scalars(select(Delivery).order_by(Delivery.id)))


@pytest.mark.parametrize(
    ("path", "headers", "speaks"),
    [
        ("/", {}, "zh-CN"),
        ("/?lang=en", {}, "en"),
        ("/?lang=zh", {"accept-language": "en"}, "zh-CN"),
        ("/?lang=fr", {"accept-language": "en"}, "en"),
        ("/", {"accept-language": "en-GB,en;q=0.9,zh;q=0.2"}, "en"),
        ("/", {"accept-language": "de,en;q=0.3,zh-TW;q=0.8"}, "zh-CN"),
        ("/", {"accept-language": "de,fr;q=0.9"}, "zh-CN"),
        ("/", {"accept-language": "en;q=x,,;;q=1"}, "zh-CN"),
        ("/", {"accept-language": "de", "cookie": "lang=en"}, "en"),
        ("/", {"cookie": "lang=<script>"}, "zh-CN"),
    ],
)
def test_the_form_speaks_the_reader_s_language(
    client: TestClient, path: str, headers: dict[str, str], speaks: str
) -> None:
    """What is asked for counts before what was chosen, and that before what the browser prefers; else Chinese."""
    html = client.get(path, headers=headers).text
    assert f'<html lang="{speaks}">' in html


def test_a_language_once_asked_for_stays(client: TestClient) -> None:
    """The switch is pressed once, not on every page."""
    client.get("/?lang=en")
    assert "Report a difficulty" in client.get("/").text
    assert "This link leads nowhere" in client.get("/track/x").text


def test_every_page_offers_the_other_language(client: TestClient) -> None:
    """A reader who landed in the wrong language is one step from the right one."""
    for path in ("/", "/receipt?number=R-2222-3333", "/track/x", "/nowhere"):
        assert any("lang=en" in link for link in Page(client.get(path).text).links), path


def test_a_report_is_stored_and_answered_with_its_receipt(client: TestClient, office: Office) -> None:
    """The form is taken at once; it waits for its reporter's confirmation."""
    answer = client.post("/report", data=REPORT, follow_redirects=False)
    assert answer.status_code == 303
    page = read(client, answer.headers["location"])
    [delivery] = stored(office)
    assert (delivery.state, delivery.source) == ("unconfirmed", "form")
    assert delivery.receipt in page.text
    assert "gongcheng@example.com" in page.text
    assert json.loads(delivery.body)["title"] == REPORT["title"]


def test_the_way_to_confirm_is_in_the_mail_alone(client: TestClient, office: Office) -> None:
    """Whoever types somebody else's address must not be able to confirm in their name."""
    answer = client.post("/report", data=REPORT)
    assert "/track/" not in str(answer.url) + answer.text + str(answer.history[0].headers)
    [mail] = deliver_all(office)
    assert mail.to == "gongcheng@example.com"
    assert "/track/" in mail.text


def test_a_known_address_typed_by_anybody_is_confirmed_like_any_other(client: TestClient, office: Office) -> None:
    """Who typed it is not shown by its owner's having confirmed before; the receipt does not tell strangers whom we know."""
    known = client.post("/report", data=REPORT | {"email": "p02@example.com"})
    unknown = client.post("/report", data=REPORT)
    assert [each.state for each in stored(office)] == ["unconfirmed", "unconfirmed"]
    shown = [Page(answer.text).text for answer in (known, unknown)]
    for page, each, address in zip(range(2), stored(office), ("p02@example.com", REPORT["email"]), strict=True):
        shown[page] = shown[page].replace(each.receipt, "").replace(address, "")
    assert shown[0] == shown[1]


def test_the_same_form_sent_twice_is_one_report(client: TestClient, office: Office) -> None:
    """A double click, or a page loaded again, gives the same receipt."""
    form = read(client, "/").forms[0]
    first = client.post("/report", data=REPORT | {"nonce": form["nonce"]}, follow_redirects=False)
    again = client.post("/report", data=REPORT | {"nonce": form["nonce"]}, follow_redirects=False)
    assert first.headers["location"] == again.headers["location"]
    assert len(stored(office)) == 1


def test_a_form_sent_again_with_another_text_is_another_report(client: TestClient, office: Office) -> None:
    """Whoever goes back, corrects the text and sends it again must not be told that the first text was meant."""
    nonce = read(client, "/").forms[0]["nonce"]
    for detail in ("first", "second"):
        client.post("/report", data=REPORT | {"nonce": nonce, "detail": detail})
    assert [json.loads(each.body)["detail"] for each in stored(office)] == ["first", "second"]


def test_each_empty_form_is_its_own(client: TestClient) -> None:
    """Two people who open the form at once must not get each other's receipt."""
    assert read(client, "/").forms[0]["nonce"] != read(client, "/").forms[0]["nonce"]


@pytest.mark.parametrize(
    ("language", "remedy"), [("zh", "请用一句话说明遇到的困难。"), ("en", "Say in one line what the difficulty is.")]
)
def test_a_missing_title_is_named_with_its_remedy(
    client: TestClient, office: Office, language: str, remedy: str
) -> None:
    """The form comes back with everything that was typed; nothing is stored."""
    answer = client.post(f"/report?lang={language}", data=REPORT | {"title": "  "})
    page = Page(answer.text)
    assert answer.status_code == 422
    assert remedy in page.text
    assert '<input id="title"' in answer.text
    [title] = [found for tag, found in page.tags if tag == "input" and found.get("id") == "title"]
    assert title["aria-invalid"] == "true"
    [mail] = [found for tag, found in page.tags if tag == "input" and found.get("id") == "email"]
    assert mail["value"] == REPORT["email"]
    assert "道路下方没有预留管位。" in page.text
    assert [f["value"] for t, f in page.tags if t == "option" and "selected" in f] == ["power"]
    assert [f["value"] for t, f in page.tags if t == "input" and f.get("id") == "project"] == ["P02"]
    assert stored(office) == []


def test_all_that_is_missing_is_told_at_once(client: TestClient) -> None:
    """Nobody should send a form three times to learn of three empty fields."""
    answer = client.post("/report", data={})
    wrong = [found["id"] for _, found in Page(answer.text).tags if found.get("aria-invalid") == "true"]
    assert wrong == ["title", "enterprise", "email"]


def test_all_mistakes_are_told_at_once_and_lead_to_their_fields(client: TestClient, office: Office) -> None:
    """Too long, not an address and missing: each stands at its field, and the summary above links to each."""
    sent = REPORT | {"title": "", "detail": "x" * 4001, "phone": "1" * 41, "email": "nobody"}
    page = Page(client.post("/report?lang=en", data=sent).text)
    wrong = [found["id"] for _, found in page.tags if found.get("aria-invalid") == "true"]
    assert wrong == ["title", "detail", "email", "phone"]
    assert {f"#{name}" for name in wrong} <= set(page.links)
    assert ("role", "alert") in {item for _, found in page.tags for item in found.items()}
    assert stored(office) == []


def test_mistakes_do_not_use_up_a_reporters_allowance(client: TestClient, office: Office) -> None:
    """Twelve tries with a mistake and then ten right reports; but nobody sends forms without end."""
    tries = [client.post("/report", data=REPORT | {"email": "x"}).status_code for _ in range(12)]
    assert set(tries) == {422}
    answers = [client.post("/report", data=REPORT | {"title": f"{n}"}, follow_redirects=False) for n in range(10)]
    assert {answer.status_code for answer in answers} == {303}
    assert len(stored(office)) == 10
    assert 429 in [client.post("/report", data={}).status_code for _ in range(60)]


@pytest.mark.parametrize(
    ("field", "value"),
    [("email", "name.example.com"), ("email", "a@b@example.com"), ("title", "x" * 201), ("detail", "x" * 4001)],
)
def test_a_value_that_cannot_be_right_is_refused_at_its_field(
    client: TestClient, office: Office, field: str, value: str
) -> None:
    """The mistake stands at the field that has it."""
    answer = client.post("/report", data=REPORT | {field: value})
    assert answer.status_code == 422
    assert [f["id"] for _, f in Page(answer.text).tags if f.get("aria-invalid") == "true"] == [field]
    assert stored(office) == []


@pytest.mark.parametrize("field", ["title", "detail", "enterprise", "contact", "phone", "uscc", "category", "nonce"])
def test_what_was_typed_comes_back_as_text(client: TestClient, field: str) -> None:
    """A report is text, whatever it looks like."""
    hostile = """"'></textarea><script>alert(1)</script>{{ 7919*7907 }}"""
    answer = client.post("/report", data=REPORT | {"email": "", field: hostile})
    assert answer.status_code == 422
    assert "<script" not in answer.text
    assert "62615533" not in answer.text


def test_a_form_without_files_may_be_multipart(client: TestClient, office: Office) -> None:
    """A program that sends multipart is understood."""
    answer = client.post("/report", files={name: (None, value) for name, value in REPORT.items()})
    assert answer.status_code == 200
    assert len(stored(office)) == 1


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/x-www-form-urlencoded", b"title=%ff%fe&enterprise=\xff\xfe&email=gongcheng@example.com", 303),
        ("application/x-www-form-urlencoded", b"\x00&&&=;%%%", 422),
        ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % n for n in range(300)), 400),
        ("multipart/form-data", b"--x", 400),
        ("multipart/form-data; boundary=x", b"garbage", 400),
        ("multipart/form-data; boundary=x; charset=nonsense", b"--x--", 422),
        ("application/json", b"{}", 415),
        ("text/plain", b"title=x", 415),
    ],
)
def test_malformed_forms_are_answered_without_an_error_of_ours(
    client: TestClient, content_type: str, body: bytes, status: int
) -> None:
    """Bytes that are no UTF-8, broken multipart, too many fields, another kind of body: each has its answer."""
    answer = client.post("/report", content=body, headers={"content-type": content_type}, follow_redirects=False)
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://elsewhere.example"},
        {"origin": "http://127.0.0.1:9999"},
        {"sec-fetch-site": "cross-site", "origin": "null"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_a_form_on_another_site_is_refused(client: TestClient, office: Office, headers: dict[str, str]) -> None:
    """Another site cannot make a visitor's browser report in their name."""
    answer = client.post("/report", data=REPORT, headers=headers)
    assert answer.status_code == 403
    assert stored(office) == []


@pytest.mark.parametrize(
    "headers",
    [{}, {"origin": "null", "sec-fetch-site": "same-origin"}, {"origin": "http://127.0.0.1:8080"}, {"origin": "null"}],
)
def test_our_own_form_is_taken(client: TestClient, office: Office, headers: dict[str, str]) -> None:
    """Browsers say `null` for the origin of a page that sends no referrer; programs say nothing."""
    assert client.post("/report", data=REPORT, headers=headers).status_code == 200
    assert len(stored(office)) == 1


def test_a_form_that_is_too_large_is_refused(client: TestClient, office: Office) -> None:
    """More than the limit is answered 413, in words."""
    answer = client.post("/report", data=REPORT | {"detail": "x" * (office.settings.body_limit + 1)})
    assert answer.status_code == 413
    assert str(office.settings.body_limit) in answer.text
    assert stored(office) == []


def test_one_address_cannot_flood_the_desk(client: TestClient, office: Office) -> None:
    """The eleventh report of a minute is asked to wait, and told how long."""
    answers = [client.post("/report", data=REPORT | {"title": f"{n}"}, follow_redirects=False) for n in range(11)]
    assert [answer.status_code for answer in answers] == [303] * 10 + [429]
    assert 0 < int(answers[-1].headers["retry-after"]) <= 60
    assert len(stored(office)) == 10


def test_when_the_store_fails_nothing_is_promised(client: TestClient, office: Office) -> None:
    """No receipt without a stored report: 503, when to try again, and no trace of what went wrong inside."""
    with office.engine.begin() as connection:
        connection.execute(text("PRAGMA foreign_keys=OFF"))
        connection.execute(text("ALTER TABLE delivery RENAME TO away"))
    answer = client.post("/report", data=REPORT)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert "sqlite" not in answer.text.lower()


def test_looking_at_the_form_changes_nothing(client: TestClient, state: Callable[[], list[str]]) -> None:
    """Robots and link checkers may look as often as they like."""
    before = state()
    for path in ("/", "/?lang=en", "/report", "/receipt", "/receipt?number=R-2222-3333"):
        assert client.get(path).status_code == 200
        assert client.head(path).status_code in (200, 303)
    assert state() == before


@pytest.mark.parametrize("number", ["", "<script>alert(1)</script>", "R-" + "A" * 60, "请拨打 12345"])
def test_a_receipt_page_shows_nothing_but_numbers(client: TestClient, number: str) -> None:
    """An address that somebody else made up puts no words into our page."""
    answer = client.get("/receipt", params={"number": number})
    assert answer.status_code == 200
    assert not number or number not in answer.text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_each_kind_of_difficulty_has_a_line_of_help(client: TestClient, office: Office, language: str) -> None:
    """Beside the list to choose from there is one to read, without scripts: what belongs to which kind."""
    page = read(client, f"/?lang={language}")
    listed = [tag for tag, _ in page.tags if tag in ("dt", "dd")]
    assert len(listed) == 2 * len(office.policy.categories)
    for kind in office.policy.categories.values():
        assert page.text.count(kind.hint.in_(language)) == 2, kind.code


def test_behind_a_link_that_was_not_mailed_there_is_nothing_to_press(client: TestClient, office: Office) -> None:
    """The answer's own link says that a mail went out; only the mail's has the button."""
    body = json.dumps({"title": "停电", "enterprise": {"name": "甲公司", "email": "a@example.com"}}).encode()
    data, said = json.loads(body), read_report(json.loads(body))
    answer = store_report(office, data, said, "n" * 20, "en")
    page = Page(client.get(f"{answer.track}?lang=en").text)
    assert "A mail went to the address on the report" in page.text
    assert "confirm_report" not in {form.get("action") for form in page.forms}


@pytest.mark.parametrize(
    ("language", "says"), [("zh", "已停工、有安全风险"), ("en", "Work has stopped, people are at risk")]
)
def test_each_urgency_says_by_what_it_is_told(client: TestClient, language: str, says: str) -> None:
    """A reporter knows what stands still, not what an office calls urgent."""
    assert says in client.get(f"/?lang={language}").text
