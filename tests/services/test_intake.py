"""Intake: what is acknowledged is stored, the same thing again is the same receipt, and what is not signed is refused."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text
from standardwebhooks.webhooks import Webhook

from domain.refusals import FieldRefused
from models.case import Case
from models.intake import Delivery, DeliveryState
from models.office import Outbox
from services.case_view import case_json
from services.form import submit_form
from services.intake import Receipt, waiting
from services.office import Office
from services.pages import act, act_page, confirm_report, track_page
from services.receiver import receive_waiting, replay
from services.sources.kind import SignatureRefused
from services.sweep import sweep
from services.webhooks import accept_webhook
from tests.mailroom import deliver_all

SECRET = "whsec_" + base64.b64encode(b"a secret of the form service").decode()
OLD = "whsec_" + base64.b64encode(b"the secret before the rotation").decode()


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPEDITE_WEBHOOK_STANDARD_SECRET", f"{SECRET} {OLD}")


def body(**changes: object) -> bytes:
    """A signed service's body for a difficulty of project P02."""
    data: dict[str, object] = {
        "enterprise": {"name": "禾城湖粲钠能有限公司", "contact": "项目联络员", "email": "p02@example.com", "locale": "zh"},
        "project": "P02", "category": "power", "severity": 2, "title": "第二路电源无廊道", "detail": "需跨越在建道路。",
    }  # fmt: skip
    return json.dumps(
        {"type": "difficulty.reported", "timestamp": "2026-07-16T02:00:00Z", "data": data | changes}
    ).encode()


def headers(key: str, payload: bytes, secret: str = SECRET, at: datetime | None = None) -> dict[str, str]:
    """The headers as an independent implementation of the standard makes them."""
    moment = at or datetime.now(UTC)
    signature = Webhook(secret).sign(key, moment, payload.decode())
    return {"webhook-id": key, "webhook-timestamp": str(int(moment.timestamp())), "webhook-signature": signature}


def post(office: Office, key: str, payload: bytes | None = None, secret: str = SECRET) -> Receipt:
    """Deliver through the webhook's use-case."""
    given = payload if payload is not None else body()
    return accept_webhook(office, "standard", headers(key, given, secret), given)


def code_of(office: Office, receipt: str) -> str:
    """The code of the case that a delivery became."""
    with office.reading() as session:
        return session.execute(
            select(Case.code).join(Delivery, Delivery.case_id == Case.id).where(Delivery.receipt == receipt)
        ).scalar_one()


def test_a_signed_delivery_becomes_a_case_with_lead_supporters_and_clocks(office: Office) -> None:
    """A signed delivery is a case at once, routed and timed as the story says."""
    receipt = post(office, "msg_1")
    assert waiting(office)
    assert receive_waiting(office).cases == ("DIF-2026-0001",)
    assert not waiting(office)
    case = case_json(office, code_of(office, receipt.receipt))
    assert case is not None
    assert (case["status"], case["lead"], case["supporters"], case["class"]) == (
        "in_progress",
        "D08",
        ["D14", "D03"],
        "complex",
    )
    assert case["due"] == case["original_due"] == "2026-07-30T17:30:00+08:00"
    assert {c["kind"] for c in case["clocks"] if c["state"] == "running"} == {
        "sign_for", "contact", "return_window", "close", "interim", "answer", "rung_stay",
    }  # fmt: skip


def test_the_same_delivery_again_is_the_same_receipt_and_no_second_case(office: Office) -> None:
    """A sender that retries gets the receipt it already has, with a tracking link that works."""
    first, again = post(office, "msg_1"), post(office, "msg_1")
    assert (first.receipt, again.duplicate) == (again.receipt, True)
    receive_waiting(office)
    assert receive_waiting(office).taken == 0
    third = post(office, "msg_1")
    assert track_page(office, third.track.rsplit("/", 1)[1]).stage == "case"
    assert track_page(office, again.track.rsplit("/", 1)[1]).stage == "case"


def test_the_same_delivery_from_many_at_once_is_stored_once(office: Office) -> None:
    """Eight retries at the same moment make one receipt."""
    receipts: list[str] = []
    threads = [threading.Thread(target=lambda: receipts.append(post(office, "msg_1").receipt)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(receipts) == 8
    assert len(set(receipts)) == 1


def test_either_secret_is_good_while_one_is_rotated(office: Office) -> None:
    """Both secrets of the setting verify."""
    assert post(office, "msg_1", secret=OLD).duplicate is False


@pytest.mark.parametrize(
    "changed",
    [
        {"webhook-signature": "v1,AAAA"}, {"webhook-signature": "garbage"}, {"webhook-signature": ""}, {"webhook-signature": "v1,\x00é"},
        {"webhook-id": ""}, {"webhook-id": "msg_2"}, {"webhook-timestamp": "yesterday"}, {"webhook-timestamp": "9" * 40},
        {"webhook-timestamp": str(int(datetime.now(UTC).timestamp()) - 301)}, {"webhook-timestamp": "-5"}, {"webhook-timestamp": "١٢٣"},
    ],
)  # fmt: skip
def test_a_wrong_signature_is_refused_and_nothing_is_stored(office: Office, changed: dict[str, str]) -> None:
    """Missing, malformed, foreign or old: refused in words, never an error of ours."""
    payload = body()
    with pytest.raises(SignatureRefused):
        accept_webhook(office, "standard", headers("msg_1", payload) | changed, payload)
    with office.reading() as session:
        assert session.scalars(select(Delivery)).all() == []


def test_one_changed_byte_breaks_the_signature(office: Office) -> None:
    """What is signed is the body as sent."""
    payload = body()
    with pytest.raises(SignatureRefused):
        accept_webhook(office, "standard", headers("msg_1", payload), payload.replace(b"P02", b"P03"))


def test_a_source_without_secret_is_refused(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unknown source is a wrong configuration, said so."""
    with pytest.raises(SignatureRefused, match="not known"):
        accept_webhook(office, "surveymonkey", {}, b"{}")
    monkeypatch.delenv("EXPEDITE_WEBHOOK_STANDARD_SECRET")
    with pytest.raises(SignatureRefused, match="no secret"):
        accept_webhook(office, "standard", {}, b"{}")


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        (b'{"type": "difficulty.reported", "data": {"enterprise": {"name": "x"}}}', "data.title"),
        (b'{"type": "other"}', "type"),
        (b"[]", "body"),
        (b"not json", "body"),
        (b'{"type": "difficulty.reported"}', "data.enterprise"),
    ],
)
def test_a_signed_body_that_cannot_be_read_is_kept_with_its_reason(office: Office, payload: bytes, field: str) -> None:
    """The sender did its part: the bytes stay in quarantine, the field is named, and a replay reads them again."""
    receipt = post(office, "msg_1", payload)
    assert receive_waiting(office).quarantined == 1
    with office.reading() as session:
        row = session.scalars(select(Delivery)).one()
    assert (row.body, row.state) == (payload, DeliveryState.QUARANTINED)
    assert field in (row.problem or "")
    assert replay(office, [receipt.receipt]) == 1
    assert waiting(office)


def test_bytes_that_are_no_utf8_are_kept(office: Office) -> None:
    """Invalid UTF-8 under a right signature is quarantined, not lost and not an error."""
    import hashlib
    import hmac

    payload, now = b'{"title": "\xff\xfe"}', str(int(datetime.now(UTC).timestamp()))
    signed = hmac.new(
        b"a secret of the form service", b"msg_1." + now.encode() + b"." + payload, hashlib.sha256
    ).digest()
    given = {
        "webhook-id": "msg_1",
        "webhook-timestamp": now,
        "webhook-signature": "v1," + base64.b64encode(signed).decode(),
    }
    accept_webhook(office, "standard", given, payload)
    assert receive_waiting(office).quarantined == 1


def test_a_project_that_does_not_exist_is_kept_and_flagged(office: Office) -> None:
    """The case is opened all the same; the desk sees what was said."""
    receipt = post(office, "msg_1", body(project="不存在的项目"))
    receive_waiting(office)
    case = case_json(office, code_of(office, receipt.receipt))
    assert case is not None
    assert case["project"] == "不存在的项目"
    assert "unknown_project" in case["flags"]
    assert case["status"] == "in_progress"


def test_an_unknown_category_goes_to_the_desk(office: Office) -> None:
    """Without a rule the case stays new with its triage clock, and the clerk is written to."""
    receipt = post(office, "msg_1", body(category="weather"))
    assert receive_waiting(office).to_desk == 1
    case = case_json(office, code_of(office, receipt.receipt))
    assert case is not None
    assert (case["status"], case["lead"]) == ("new", None)
    assert [c["kind"] for c in case["clocks"] if c["state"] == "running"] == ["triage"]
    assert [m.to for m in deliver_all(office) if "triage" in m.message] == ["tjb-fb@example.org"]


def test_a_category_whose_lead_is_inactive_falls_back_to_the_desk(office: Office) -> None:
    """An inactive lead is never written to: the desk names another, and is told why."""
    with office.writing() as session:
        session.execute(text("UPDATE unit SET active = false WHERE id = 'D08'"))
    receipt = post(office, "msg_1")
    assert receive_waiting(office).to_desk == 1
    case = case_json(office, code_of(office, receipt.receipt))
    assert case is not None
    assert (case["status"], "lead_inactive" in case["flags"]) == ("new", True)


FORM = {
    "enterprise": "禾城新客科技有限公司", "contact": "王先生", "phone": "0573-80000000", "email": "new@example.com", "project": "",
    "category": "power", "severity": "1", "title": "临时用电不足", "detail": "", "nonce": "n-1",
}  # fmt: skip


def test_a_report_from_the_form_waits_until_its_reporter_confirms_it(office: Office) -> None:
    """Until then it is no case, and only one fixed text goes to the address."""
    submit_form(office, FORM, "zh")
    assert not waiting(office)
    [mail] = deliver_all(office)
    assert (mail.message, mail.to) == ("confirm_report", "new@example.com")
    assert "临时用电" not in mail.text
    token = mail.links[0].rsplit("/", 1)[1]
    assert track_page(office, token).stage == "unconfirmed"
    assert confirm_report(office, token).done
    assert not confirm_report(office, token).done
    assert receive_waiting(office).cases == ("DIF-2026-0001",)
    assert track_page(office, token).stage == "case"


def test_each_report_is_confirmed_by_itself(office: Office) -> None:
    """Whoever types an address that was confirmed before, for the same enterprise, has not shown that it is theirs."""
    submit_form(office, FORM, "zh")
    confirm_report(office, deliver_all(office)[0].links[0].rsplit("/", 1)[1])
    receive_waiting(office)
    submit_form(office, FORM | {"title": "另一件事", "nonce": "n-2"}, "zh")
    assert not waiting(office)
    assert [m.message for m in deliver_all(office) if m.to == FORM["email"]][-1] == "confirm_report"
    with office.reading() as session:
        assert [d.state.value for d in session.scalars(select(Delivery).order_by(Delivery.id))] == [
            "done",
            "unconfirmed",
        ]


def test_the_form_sent_twice_is_one_report(office: Office) -> None:
    """A double click has the same nonce, and so the same receipt."""
    assert submit_form(office, FORM, "zh").receipt == submit_form(office, FORM, "zh").receipt


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"title": " "}, "title"), ({"enterprise": ""}, "enterprise"), ({"email": "nobody"}, "email"), ({"email": ""}, "email"),
     ({"title": "x" * 201}, "title"), ({"email": "a@b.c\r\nBcc: x@y.z"}, "email")],
)  # fmt: skip
def test_a_wrong_field_of_the_form_is_named_with_its_remedy(
    office: Office, changed: dict[str, str], field: str
) -> None:
    """Nothing half stored."""
    with pytest.raises(FieldRefused) as refused:
        submit_form(office, FORM | changed, "zh")
    assert refused.value.facts["field"] == field
    with office.reading() as session:
        assert session.scalars(select(Delivery)).all() == []
        assert session.scalars(select(Outbox)).all() == []


def test_a_report_that_nobody_confirms_reaches_the_clerk_who_may_accept_it(
    office: Office, at: Callable[[str], datetime]
) -> None:
    """After one working day the clerk gets a notice with a link to accept or dismiss; accepting makes the case."""
    submit_form(office, FORM, "zh")
    deliver_all(office)
    at("2026-07-17 18:00")
    assert sweep(office).steps == ()
    at("2026-07-20 09:00")
    [step] = sweep(office).steps
    assert (step.clock, step.step, step.to) == ("report_waiting", "yellow", ("R06",))
    assert sweep(office).steps == ()
    [mail] = deliver_all(office)
    token = mail.links[0].rsplit("/", 1)[1]
    page = act_page(office, token)
    assert "临时用电不足" in str(page)
    assert act(office, token, "accept", {}).done
    assert not act(office, token, "dismiss", {}).done
    assert receive_waiting(office).cases == ("DIF-2026-0001",)


def test_only_the_mailed_link_confirms(office: Office) -> None:
    """Whoever sends a report in somebody else's name holds a link too; it shows nothing of the report and confirms nothing."""
    first, again = submit_form(office, FORM, "zh"), submit_form(office, FORM, "zh")
    mailed = deliver_all(office)[0].links[0].rsplit("/", 1)[1]
    for receipt in (first, again):
        senders = receipt.track.rsplit("/", 1)[1]
        assert track_page(office, senders).said == ()
        assert not confirm_report(office, senders).done
    assert not waiting(office)
    assert "临时用电不足" in str(track_page(office, mailed).said)
    assert confirm_report(office, mailed).done
