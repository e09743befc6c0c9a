"""The receiver of signed deliveries, with an independent library as the sender."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from standardwebhooks import Webhook
from starlette.testclient import TestClient

from models.intake import Delivery
from services.office import Office
from services.receiver import receive_waiting
from services.sources import standard
from services.sources.kind import Inbound
from tests.web.conftest import HERE
from web.access_log import redacted

pytestmark = pytest.mark.sqlite

OLD = "whsec_" + base64.b64encode(b"an older secret of 24 byt").decode()
NEW = "whsec_" + base64.b64encode(b"a newer secret of 24 byte").decode()
BODY = json.dumps(
    {
        "type": "difficulty.reported",
        "timestamp": "2026-07-16T02:00:00Z",
        "data": {
            "enterprise": {"name": "禾城湖粲钠能有限公司", "email": "p02@example.com", "locale": "zh"},
            "project": "P02",
            "category": "power",
            "severity": 2,
            "title": "第二路电源没有电力通道",
        },
    },
    ensure_ascii=False,
)


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two secrets, as while one is rotated."""
    monkeypatch.setenv("EXPEDITE_WEBHOOK_STANDARD_SECRET", f"{OLD} {NEW}")


def signed(body: str = BODY, *, secret: str = NEW, key: str = "msg_1", at: datetime | None = None) -> dict[str, str]:
    """The headers that the standard's own library makes."""
    now = at or datetime.now(UTC)
    return {
        "webhook-id": key,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(key, now, body),
        "content-type": "application/json",
    }


def send(client: TestClient, headers: dict[Any, Any], body: str | bytes = BODY) -> Any:
    """A delivery."""
    return client.post("/webhooks/standard", content=body.encode() if isinstance(body, str) else body, headers=headers)


def count(office: Office) -> int:
    """How many deliveries are stored."""
    with office.reading() as session:
        return session.scalar(select(func.count()).select_from(Delivery)) or 0


def test_a_signed_delivery_is_stored_and_answered(client: TestClient, office: Office) -> None:
    """202 with the receipt and the address of the tracking page, which is there at once."""
    answer = send(client, signed())
    assert answer.status_code == 202
    said = answer.json()
    assert said.keys() == {"receipt", "duplicate", "track"}
    assert said["duplicate"] is False
    assert said["track"].startswith(f"{HERE}/track/")
    assert said["receipt"] in client.get(said["track"].removeprefix(HERE)).text
    with office.reading() as session:
        assert session.scalars(select(Delivery.body)).one() == BODY.encode()


def test_the_same_delivery_again_has_the_same_receipt(client: TestClient, office: Office) -> None:
    """A sender that heard no answer sends again; it is one delivery, also when its retry is signed anew."""
    first = send(client, signed()).json()
    again = send(client, signed(at=datetime.now(UTC) + timedelta(seconds=5))).json()
    assert (again["receipt"], again["duplicate"]) == (first["receipt"], True)
    assert count(office) == 1


@pytest.mark.parametrize("secret", [OLD, NEW])
def test_either_secret_signs_while_one_is_rotated(client: TestClient, secret: str) -> None:
    """A rotation needs no moment at which sender and receiver change together."""
    assert send(client, signed(secret=secret)).status_code == 202


def test_one_right_signature_among_several_is_enough(client: TestClient) -> None:
    """A sender in rotation signs with both secrets; asymmetric ones are not ours to check."""
    headers = signed()
    wrong = base64.b64encode(hashlib.sha256(b"other").digest()).decode()
    headers["webhook-signature"] = f"v1a,{wrong} v1,{wrong} {headers['webhook-signature']} v1,short"
    assert send(client, headers).status_code == 202


@pytest.mark.parametrize("minutes", [-6, 6, -60 * 24 * 365])
def test_a_delivery_of_another_time_is_refused(client: TestClient, office: Office, minutes: int) -> None:
    """A recorded delivery cannot be played again later: five minutes either way, by real time."""
    answer = send(client, signed(at=datetime.now(UTC) + timedelta(minutes=minutes)))
    assert answer.status_code == 401
    assert "5 minutes" in answer.json()["error"]
    assert count(office) == 0


def _garbage() -> Iterator[tuple[str, bytes]]:
    for header in ("webhook-id", "webhook-timestamp", "webhook-signature"):
        for value in (
            b"",
            b" ",
            b"garbage",
            b"\xff\xfe",
            "签名".encode(),
            b"v1,",
            b"v1",
            b"v1,!!!",
            b"v1,abc",
            b"1e9",
            b"-1",
        ):
            yield header, value
    yield "webhook-timestamp", b"9" * 400
    yield "webhook-timestamp", "１７００００００００".encode()
    yield "webhook-signature", b"v1," + b"A" * 60_000
    yield "webhook-signature", b" ".join([b"v1,AAAA"] * 500)


def test_garbage_in_a_header_is_refused_and_no_error_of_ours(client: TestClient, office: Office) -> None:
    """A wrong signature is 401, whatever it looks like; 500 would make the sender try for days."""
    for header, value in _garbage():
        headers: dict[Any, Any] = {name.encode(): said.encode() for name, said in signed().items()}
        headers[header.encode()] = value
        answer = send(client, headers)
        assert answer.status_code == 401, (header, value)
        assert {"error", "remedy"} <= answer.json().keys()
    assert count(office) == 0


@pytest.mark.parametrize("header", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_missing_header_is_named(client: TestClient, header: str) -> None:
    """The sender's operator reads what is missing."""
    headers = signed()
    del headers[header]
    answer = send(client, headers)
    assert answer.status_code == 401
    assert header in answer.json()["error"]


@pytest.mark.parametrize("cut", range(1, 48, 7))
def test_a_truncated_signature_is_refused(client: TestClient, cut: int) -> None:
    """A beginning that matches is no match."""
    headers = signed()
    headers["webhook-signature"] = headers["webhook-signature"][:-cut]
    assert send(client, headers).status_code == 401


@pytest.mark.parametrize(
    "changed",
    [BODY + " ", BODY.replace("power", "Power"), "", "{}"],
)
def test_a_changed_body_is_refused(client: TestClient, office: Office, changed: str) -> None:
    """What was signed is what is stored."""
    assert send(client, signed(), changed).status_code == 401
    assert count(office) == 0


def test_a_signature_moved_to_another_delivery_is_refused(client: TestClient) -> None:
    """The id is signed too: the same body cannot be sent again under another one."""
    assert send(client, signed() | {"webhook-id": "msg_2"}).status_code == 401


def test_a_stranger_s_secret_is_refused(client: TestClient) -> None:
    """Only the secrets that are set count."""
    other = "whsec_" + base64.b64encode(b"somebody else's secret !!").decode()
    assert send(client, signed(secret=other)).status_code == 401


@pytest.mark.parametrize("source", ["surveymonkey", "STANDARD", "x" * 500, "标准"])
def test_an_unknown_source_is_a_mistake_in_a_configuration(client: TestClient, source: str) -> None:
    """401 with the known ones: 404 or 410 would make form services switch the hook off."""
    answer = client.post(f"/webhooks/{source}", content=BODY, headers=signed())
    assert answer.status_code == 401
    assert "standard" in answer.json()["remedy"]


def test_without_a_secret_nothing_is_believed(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """A source that is not set up refuses everything, and says so."""
    monkeypatch.delenv("EXPEDITE_WEBHOOK_STANDARD_SECRET")
    answer = send(client, signed())
    assert answer.status_code == 401
    assert "secret" in answer.json()["error"]


def test_ten_megabytes_are_too_many(client: TestClient, office: Office) -> None:
    """413 in words, with the limit; nothing is stored, however well it is signed."""
    body = "x" * 10_000_000
    answer = send(client, signed(body), body)
    assert answer.status_code == 413
    assert str(office.settings.body_limit) in answer.json()["remedy"]
    assert count(office) == 0


def test_a_body_of_unknown_length_is_counted_as_it_comes(client: TestClient, office: Office) -> None:
    """A sender that announces no length cannot fill the memory either."""
    body = "x" * (office.settings.body_limit + 1)
    chunks = (body[i : i + 65536].encode() for i in range(0, len(body), 65536))
    assert client.post("/webhooks/standard", content=chunks, headers=signed(body)).status_code == 413
    assert count(office) == 0


def test_a_body_at_the_limit_is_taken(client: TestClient, office: Office) -> None:
    """The limit itself is allowed."""
    body = "x" * office.settings.body_limit
    assert send(client, signed(body), body).status_code == 202


def test_a_signed_body_that_cannot_be_read_is_kept(client: TestClient, office: Office) -> None:
    """The sender did its part: 202; bytes that are no UTF-8 wait in quarantine for the operator."""
    raw = b'{"type": "difficulty.reported", "data": "\xff\xfe"}'
    now = datetime.now(UTC)
    headers = signed() | {"webhook-timestamp": str(int(now.timestamp()))}
    key = base64.b64decode(NEW.removeprefix("whsec_"))
    mac = hmac.new(key, f"msg_1.{int(now.timestamp())}.".encode() + raw, hashlib.sha256).digest()
    headers["webhook-signature"] = "v1," + base64.b64encode(mac).decode()
    answer = send(client, headers, raw)
    assert answer.status_code == 202
    receive_waiting(office)
    with office.reading() as session:
        kept = session.scalars(select(Delivery)).one()
        assert (kept.state, kept.body) == ("quarantined", raw)
    page = client.get(answer.json()["track"].removeprefix(HERE))
    assert "正在人工核对" in page.text


def test_when_the_store_fails_the_sender_is_asked_to_come_again(client: TestClient, office: Office) -> None:
    """503 with Retry-After, and only then."""
    with office.engine.begin() as connection:
        connection.execute(text("PRAGMA foreign_keys=OFF"))
        connection.execute(text("ALTER TABLE delivery RENAME TO away"))
    answer = send(client, signed())
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json().keys() == {"error", "remedy"}


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_only_deliveries_are_taken(client: TestClient, method: str) -> None:
    """A look at the address in a browser changes nothing."""
    assert client.request(method, "/webhooks/standard").status_code == 405


def test_wrong_signatures_are_slowed_down_and_right_ones_are_not(client: TestClient) -> None:
    """A park may share one address: what is right is never refused for what is wrong beside it."""
    wrong = signed() | {"webhook-signature": "v1,AAAA"}
    statuses = [send(client, wrong).status_code for _ in range(62)]
    assert statuses == [401] * 60 + [429] * 2
    assert send(client, signed()).status_code == 202


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.text(st.characters(codec="utf-8"), max_size=200), key=st.from_regex(r"[A-Za-z0-9_.-]{1,40}", fullmatch=True)
)
def test_what_the_standard_s_library_signs_we_believe(body: str, key: str) -> None:
    """Our check is written by us; the library that signs here is not."""
    now = datetime.now(UTC)
    inbound = Inbound(signed(body, key=key, at=now), body.encode(), "", now)
    standard.verify(inbound, [OLD, NEW])
    assert standard.delivery_id(inbound) == key


# -- forms that the policy maps -----------------------------------------------------------------------------------------------


def test_an_address_with_its_secret_takes_what_nobody_signs(
    client: TestClient, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The demo's Jinshuju form: 202 at the address with the secret, 401 at any other, and counted by outcome."""
    monkeypatch.setenv("EXPEDITE_WEBHOOK_JINSHUJU_SECRET", "behind-the-name")
    entry = {"serial_number": 1, "field_1": "新来企业", "field_4": "a@example.com", "field_8": "路不通"}
    said = json.dumps({"form": "F", "entry": entry}).encode()
    assert client.post("/webhooks/jinshuju/behind-the-name", content=said).status_code == 202
    assert client.post("/webhooks/jinshuju/behind-the-name", content=said).json()["duplicate"] is True
    assert client.post("/webhooks/jinshuju/guessed", content=said).status_code == 401
    assert client.post("/webhooks/jinshuju", content=said).status_code == 401
    assert count(office) == 1
    figures = client.get("/metrics").text
    for outcome, number in (("received", 1), ("duplicate", 1), ("refused", 2)):
        assert f'expedite_webhook_deliveries_total{{outcome="{outcome}",source="jinshuju"}} {number}.0' in figures
    edit = json.dumps({"form": "F", "entry": entry | {"field_8": "桥不通"}}).encode()
    assert client.post("/webhooks/jinshuju/behind-the-name", content=edit).status_code == 202
    receive_waiting(office)
    receive_waiting(office)
    assert 'expedite_delivery_edits{source="jinshuju"} 1.0' in client.get("/metrics").text


def test_the_secret_of_an_address_is_kept_out_of_the_log() -> None:
    """As the tokens of personal links are."""
    assert redacted("/webhooks/jinshuju/behind-the-name?x=1") == "/webhooks/jinshuju/…?x=1"
    assert redacted("/webhooks/jinshuju") == "/webhooks/jinshuju"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.binary(max_size=200),
    header=st.binary(max_size=40),
    source=st.sampled_from(["standard", "typeform", "jinshuju/x", "wjx", "%ff"]),
)
def test_any_bytes_are_answered_with_202_or_401(client: TestClient, body: bytes, header: bytes, source: str) -> None:
    """Never 500, which a sender would try again for days."""
    given: dict[Any, Any] = {b"typeform-signature": header.replace(b"\r", b"").replace(b"\n", b"").replace(b"\0", b"")}
    answer = client.post(f"/webhooks/{source}", content=body, headers=given)
    assert answer.status_code in (202, 401, 429)
