"""Form services: each one's signature, ids, answers and edits, from deliveries as they send them (WEBHOOKS.md)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from domain.sources import SignatureRule, SourceRule
from models.case import Case, Event, EventText
from models.intake import Delivery, DeliveryState
from models.office import Outbox
from services.board_inbox import inbox_item
from services.inbox import sources, tried
from services.intake import Receipt
from services.office import Office
from services.receiver import Received, receive_waiting, replay
from services.sources.kind import SignatureRefused
from services.waiting_reports import accept, dismiss
from services.webhooks import AddressTried, accept_webhook

SECRET = "the-secret-of-this-form"
ASKED = ("enterprise.name", "enterprise.email", "category", "title", "detail")
WORDS = {"category": {"用电": "power", "Power": "power"}}
FIRM, MAIL, TITLE, DETAIL = "试验储能有限公司", "plant@example.com", "第二路电源无廊道", "电缆通道须跨越在建道路"

Headers = Mapping[str, str]
Sign = Callable[[bytes], Headers]


def rule(kind: str, *questions: str, **more: Any) -> SourceRule:
    """A mapping whose questions stand for ASKED, in order."""
    return SourceRule(kind, kind, dict(zip(ASKED, questions, strict=True)), words=WORDS, **more)


def b64(raw: bytes) -> str:
    """As a header has it."""
    return base64.b64encode(raw).decode()


def sha(body: bytes, key: str = SECRET) -> bytes:
    """HMAC-SHA256."""
    return hmac.new(key.encode(), body, hashlib.sha256).digest()


def by_standard(body: bytes, at: float | None = None) -> Headers:
    """Standard Webhooks' three headers."""
    stamp = str(int(at if at is not None else datetime.now(UTC).timestamp()))
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{b64(sha(b'msg_1.' + stamp.encode() + b'.' + body))}",
    }


STANDARD = rule("standard", "name", "email", "category", "title", "detail")
FORMBRICKS = rule("formbricks", "name", "email", "category", "title", "detail")
TYPEFORM = rule("typeform", "Company", "email_ref", "What is it about?", "Title", "Detail", locale="en")
TALLY = rule("tally", "企业名称", "question_mail", "类别", "问题", "说明")
OPNFORM = rule("opnform", "Company", "E-mail", "Category", "Title", "Detail")
JINSHUJU = rule("jinshuju", "field_104", "field_105", "field_106", "field_107", "field_108")
WJX = rule("wjx", "q1", "q2", "q3", "q4", "q5")
GENERIC = rule(
    "generic", "firm", "mail", "kind", "subject", "text",
    signature=SignatureRule("X-Sign", "sha1", "hex", "v0=", "{timestamp}:{body}", "X-Time", 60),
    delivery_id="X-Delivery", submission_id="$.form.number", edited_at="$.form.changed", answers="$.form.answers",
)  # fmt: skip

ANSWERS = {"name": FIRM, "email": MAIL, "category": "用电", "title": TITLE, "detail": DETAIL}
STANDARD_SAID = {"type": "form.submitted", "timestamp": "2026-07-16T02:00:00Z", "data": {"id": "s-1", **ANSWERS}}
FORMBRICKS_SAID = {
    "webhookId": "wh", "event": "responseFinished",
    "data": {"id": "r-1", "surveyId": "s", "finished": True, "createdAt": "2026-07-16T02:00:00.507Z", "updatedAt": "2026-07-16T02:01:00.507Z", "language": "zh", "data": ANSWERS},
}  # fmt: skip
TYPEFORM_SAID = {
    "event_id": "01E1", "event_type": "form_response",
    "form_response": {
        "form_id": "TZ", "token": "tok-1", "submitted_at": "2026-07-16T02:00:00Z",
        "definition": {"id": "TZ", "fields": [
            {"id": "f1", "title": "Company:", "type": "short_text", "ref": "firm_ref"}, {"id": "f2", "title": "Mail", "type": "email", "ref": "email_ref"},
            {"id": "f3", "title": "What is it about?", "type": "multiple_choice", "ref": "kind_ref"}, {"id": "f4", "title": "Title", "type": "short_text", "ref": "t"},
            {"id": "f5", "title": "Detail", "type": "long_text", "ref": "d"},
        ]},
        "answers": [
            {"type": "text", "text": FIRM, "field": {"id": "f1", "type": "short_text", "ref": "firm_ref"}},
            {"type": "email", "email": MAIL, "field": {"id": "f2", "type": "email", "ref": "email_ref"}},
            {"type": "choice", "choice": {"label": "Power"}, "field": {"id": "f3", "type": "multiple_choice", "ref": "kind_ref"}},
            {"type": "text", "text": TITLE, "field": {"id": "f4", "type": "short_text", "ref": "t"}},
            {"type": "text", "text": DETAIL, "field": {"id": "f5", "type": "long_text", "ref": "d"}},
        ],
    },
}  # fmt: skip
TALLY_SAID = {
    "eventId": "e-1", "eventType": "FORM_RESPONSE", "createdAt": "2026-07-16T02:00:00.000Z",
    "data": {"responseId": "resp-1", "submissionId": "resp-1", "formId": "f", "createdAt": "2026-07-16T02:00:00.000Z", "fields": [
        {"key": "question_firm", "label": "企业名称", "type": "INPUT_TEXT", "value": FIRM},
        {"key": "question_mail", "label": "邮箱", "type": "INPUT_EMAIL", "value": MAIL},
        {"key": "question_kind", "label": "类别", "type": "DROPDOWN", "value": ["opt2"], "options": [{"id": "opt1", "text": "用地"}, {"id": "opt2", "text": "用电"}]},
        {"key": "question_t", "label": "问题", "type": "INPUT_TEXT", "value": TITLE},
        {"key": "question_d", "label": "说明", "type": "TEXTAREA", "value": DETAIL},
    ]},
}  # fmt: skip
OPNFORM_SAID = {"form_title": "F", "submission_id": "o-1", "data": {
    "a": {"name": "Company", "value": FIRM}, "b": {"name": "E-mail", "value": MAIL}, "c": {"name": "Category", "value": ["用电"]},
    "d": {"name": "Title", "value": TITLE}, "e": {"name": "Detail", "value": DETAIL},
}}  # fmt: skip
JINSHUJU_SAID = {
    "form": "FBTWTe", "form_name": "诉求登记", "entry": {
        "token": "4xXItIN1", "serial_number": 141, "field_104": FIRM, "field_105": MAIL, "field_106": "用电", "field_107": TITLE, "field_108": DETAIL,
        "creator_name": "t", "created_at": "2026-07-16T02:00:00.016Z", "updated_at": "2026-07-16T02:00:00.016Z",
    },
}  # fmt: skip
WJX_SAID = {
    "activity": "5657754", "name": "问卷", "timetaken": "528", "submittime": "2026-07-16 10:01:59", "q1": FIRM, "q2": MAIL, "q3": "用电", "q4": TITLE, "q5": DETAIL,
    "joinid": "101812480275", "totalvalue": "15", "sign": "",
}  # fmt: skip
GENERIC_SAID = {"form": {"number": 7, "changed": "2026-07-16 10:00:00", "answers": [
    {"key": "firm", "value": FIRM}, {"key": "mail", "value": MAIL}, {"id": "x", "label": "kind", "value": "用电"}, {"key": "subject", "value": TITLE}, {"key": "text", "answer": DETAIL},
]}}  # fmt: skip


def by_generic(body: bytes, at: float | None = None) -> Headers:
    """As GENERIC's signature says."""
    stamp = str(int(at if at is not None else datetime.now(UTC).timestamp()))
    sign = hmac.new(SECRET.encode(), stamp.encode() + b":" + body, hashlib.sha1).hexdigest()
    return {"x-sign": f"v0={sign}", "x-time": stamp, "x-delivery": "d-1"}


SIGNED: dict[str, tuple[SourceRule, Any, Sign]] = {
    "standard": (STANDARD, STANDARD_SAID, by_standard), "formbricks": (FORMBRICKS, FORMBRICKS_SAID, by_standard),
    "typeform": (TYPEFORM, TYPEFORM_SAID, lambda body: {"typeform-signature": f"sha256={b64(sha(body))}"}),
    "tally": (TALLY, TALLY_SAID, lambda body: {"tally-signature": b64(sha(body))}),
    "opnform": (OPNFORM, OPNFORM_SAID, lambda body: {"x-webhook-signature": f"sha256={sha(body).hex()}"}),
    "generic": (GENERIC, GENERIC_SAID, by_generic),
}  # fmt: skip
UNSIGNED: dict[str, tuple[SourceRule, Any]] = {"jinshuju": (JINSHUJU, JINSHUJU_SAID), "wjx": (WJX, WJX_SAID)}


def mapped(office: Office, given: SourceRule, monkeypatch: pytest.MonkeyPatch, name: str = "") -> str:
    """Let the office know a source under a name of its own (its kind's), with the secret; the name."""
    name = name or f"our_{given.kind}"
    monkeypatch.setenv(f"EXPEDITE_WEBHOOK_{name.upper()}_SECRET", f"{SECRET} another")
    policy = replace(office.policy, sources=(*office.policy.sources, replace(given, name=name)))
    monkeypatch.setattr(type(office), "policy", property(lambda _office: policy))
    return name


def body_of(said: Any) -> bytes:
    """As it travels."""
    return json.dumps(said, ensure_ascii=False).encode()


@pytest.fixture(params=sorted(SIGNED))
def signed(request: pytest.FixtureRequest, office: Office, monkeypatch: pytest.MonkeyPatch) -> tuple[str, Any, Sign]:
    """A source that signs: its name here, what it sends, how it signs."""
    given, said, sign = SIGNED[request.param]
    return mapped(office, given, monkeypatch), said, sign


@pytest.fixture(params=sorted(UNSIGNED))
def unsigned(request: pytest.FixtureRequest, office: Office, monkeypatch: pytest.MonkeyPatch) -> tuple[str, Any]:
    """A source that does not sign what was answered."""
    given, said = UNSIGNED[request.param]
    return mapped(office, given, monkeypatch), said


def delivery(office: Office, receipt: Receipt) -> Delivery:
    """The row behind a receipt."""
    with office.reading() as session:
        return session.scalars(select(Delivery).where(Delivery.receipt == receipt.receipt)).one()


def one_case(office: Office) -> Case:
    """The only case."""
    with office.reading() as session:
        return session.scalars(select(Case)).one()


def history(office: Office) -> list[tuple[str, str]]:
    """(action, text) of every line of the only case's history."""
    with office.reading() as session:
        rows = session.execute(
            select(Event.action, EventText.text)
            .outerjoin(EventText, (EventText.case_id == Event.case_id) & (EventText.seq == Event.seq))
            .order_by(Event.seq)
        )
        return [(action, (said or {}).get("text", "")) for action, said in rows]


def confirmed(office: Office, receipt: Receipt, by: str = "reporter") -> Received:
    """Somebody lets a waiting report become a case."""
    with office.writing() as session:
        row = session.scalars(select(Delivery).where(Delivery.receipt == receipt.receipt)).one()
        assert accept(session, office, row, by)
    return receive_waiting(office)


# -- signed ones -----------------------------------------------------------------------------------------------------------


def test_what_a_service_signs_becomes_a_case_at_once(office: Office, signed: tuple[str, Any, Sign]) -> None:
    """The mapping finds each answer, by key, label, reference or option."""
    source, said, sign = signed
    body = body_of(said)
    receipt = accept_webhook(office, source, sign(body), body)
    assert len(receive_waiting(office).cases) == 1
    case = one_case(office)
    assert (case.title, case.detail, case.category, case.source) == (TITLE, DETAIL, "power", source)
    assert delivery(office, receipt).body == body


def test_the_same_delivery_again_is_the_same_receipt(office: Office, signed: tuple[str, Any, Sign]) -> None:
    """By its id, and by its bytes where a service makes up another id when it tries again."""
    source, said, sign = signed
    body = body_of(said)
    first = accept_webhook(office, source, sign(body), body)
    again = accept_webhook(office, source, sign(body), body)
    assert (again.receipt, again.duplicate) == (first.receipt, True)
    assert len(receive_waiting(office).cases) == 1
    later = accept_webhook(office, source, sign(body), body)
    assert (later.receipt, later.duplicate) == (first.receipt, True)
    assert receive_waiting(office).taken == 0


@pytest.mark.parametrize("spoil", ["body", "signature", "missing", "cut", "garbage"])
def test_a_wrong_signature_is_refused_and_stored_nowhere(
    office: Office, signed: tuple[str, Any, Sign], spoil: str
) -> None:
    """Another body, another secret's signature, none, half of one, and something that is none."""
    source, said, sign = signed
    body = body_of(said)
    headers = dict(sign(body))
    name = next(n for n in headers if "sign" in n)
    match spoil:
        case "body":
            body = body.replace(b"plant@", b"plans@")
        case "signature":
            headers[name] = headers[name][:-6] + "AAAAA="
        case "missing":
            del headers[name]
        case "cut":
            headers[name] = headers[name][: len(headers[name]) // 2]
        case _:
            headers[name] = "v1,!! sha256=\u7b7e \ud800"
    with pytest.raises(SignatureRefused):
        accept_webhook(office, source, headers, body)
    with office.reading() as session:
        assert session.scalars(select(Delivery)).all() == []


@pytest.mark.parametrize(("kind", "minutes"), [("standard", 6), ("formbricks", -6), ("generic", 2), ("generic", -2)])
def test_an_old_delivery_cannot_be_played_again(
    office: Office, monkeypatch: pytest.MonkeyPatch, kind: str, minutes: int
) -> None:
    """Where a service sends the moment, it counts: five minutes, or what the policy says."""
    given, said, sign = SIGNED[kind]
    source, body = mapped(office, given, monkeypatch), body_of(said)
    at = (datetime.now(UTC) + timedelta(minutes=minutes)).timestamp()
    with pytest.raises(SignatureRefused, match="minutes away"):
        accept_webhook(office, source, sign(body, at), body)  # type: ignore[call-arg]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=300) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8), lambda x: st.lists(x, max_size=3) | st.dictionaries(
        st.sampled_from(["data", "entry", "form_response", "fields", "answers", "form", "id", "event", "finished", "eventType", "serial_number"]), x, max_size=4
    ), max_leaves=12,
).map(lambda said: json.dumps(said).encode()))  # fmt: skip
@pytest.mark.sqlite
@pytest.mark.parametrize("kind", sorted(SIGNED))
def test_whatever_is_signed_is_kept_and_never_an_error(
    office: Office, monkeypatch: pytest.MonkeyPatch, kind: str, body: bytes
) -> None:
    """Bytes that are no JSON, JSON of any shape: stored, then a case, quarantined or let go; nothing raises."""
    given, _, sign = SIGNED[kind]
    source = f"our_{given.kind}"
    if not any(one.name == source for one in office.policy.sources):
        mapped(office, given, monkeypatch)
    receipt = accept_webhook(office, source, {**sign(body), "webhook-id": "msg_1"}, body)
    receive_waiting(office)
    assert delivery(office, receipt).state in (DeliveryState.QUARANTINED, DeliveryState.DISMISSED, DeliveryState.DONE)


# -- those that sign nothing -------------------------------------------------------------------------------------------------


def test_an_address_without_its_secret_is_refused(office: Office, unsigned: tuple[str, Any]) -> None:
    """Whoever knows the source's name alone can send nothing."""
    source, said = unsigned
    for key in ("", "guess", SECRET[:-1], SECRET + "x"):
        with pytest.raises(SignatureRefused):
            accept_webhook(office, source, {}, body_of(said), key)


def test_what_nobody_signs_waits_until_it_is_confirmed(office: Office, unsigned: tuple[str, Any]) -> None:
    """No case, a clock of one working day, and the link to the reporter's own address."""
    source, said = unsigned
    receipt = accept_webhook(office, source, {}, body_of(said), SECRET)
    assert receive_waiting(office).cases == ()
    assert delivery(office, receipt).state is DeliveryState.UNCONFIRMED
    with office.reading() as session:
        asked = session.scalars(select(Outbox).where(Outbox.message == "confirm_report")).one()
    assert asked.address == MAIL
    assert len(confirmed(office, receipt).cases) == 1
    assert (one_case(office).title, one_case(office).category) == (TITLE, "power")


def test_who_was_confirmed_before_confirms_again(office: Office, unsigned: tuple[str, Any]) -> None:
    """As on our own form: an address in what nobody signed shows nothing, however often its owner confirmed."""
    source, said = unsigned
    confirmed(office, _first(office, source, said))
    other = json.loads(body_of(said).replace(b"141", b"142").replace(b"101812480275", b"7"))
    receipt = accept_webhook(office, source, {}, body_of(other), SECRET)
    assert receive_waiting(office).cases == ()
    assert len(confirmed(office, receipt).cases) == 1


def _first(office: Office, source: str, said: Any) -> Receipt:
    receipt = accept_webhook(office, source, {}, body_of(said), SECRET)
    receive_waiting(office)
    return receipt


def test_wjx_signs_the_sheet_and_not_the_answers(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its `sign` opens the door, and what it brought still waits."""
    source = mapped(office, WJX, monkeypatch)
    sign = hashlib.sha1(f"565775412{SECRET}".encode(), usedforsecurity=False).hexdigest()
    body = body_of(WJX_SAID | {"index": "12", "sign": sign})
    receipt = accept_webhook(office, source, {}, body)
    receive_waiting(office)
    assert delivery(office, receipt).state is DeliveryState.UNCONFIRMED
    with pytest.raises(SignatureRefused):
        accept_webhook(office, source, {}, body_of(WJX_SAID | {"index": "13", "sign": sign}))
    with pytest.raises(SignatureRefused):
        accept_webhook(office, source, {}, b"\xff no json")


def test_a_generic_service_that_does_not_sign_needs_the_secret_address(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And one that tries the address first gets its word back, once it knows the secret."""
    source = mapped(office, replace(GENERIC, signature=None, delivery_id=""), monkeypatch)
    with pytest.raises(SignatureRefused):
        accept_webhook(office, source, {}, body_of(GENERIC_SAID))
    receipt = accept_webhook(office, source, {}, body_of(GENERIC_SAID), SECRET)
    assert accept_webhook(office, source, {}, body_of(GENERIC_SAID), SECRET).receipt == receipt.receipt
    with pytest.raises(AddressTried) as tried_address:
        accept_webhook(office, source, {}, body_of({"type": "url_verification", "challenge": "abc"}), SECRET)
    assert tried_address.value.answer == {"challenge": "abc"}


def _nested(depth: int) -> Any:
    said: Any = "x"
    for _ in range(depth):
        said = [said]
    return said


@pytest.mark.parametrize(
    "entry",
    [
        {"token": "\ud800", "serial_number": None}, {"token": "a\x00b", "serial_number": None}, {"serial_number": "9" * 4000},
        {"field_107": _nested(400)}, {"field_107": "\ud800 \x00"}, {"field_\ud800": "\ud800"}, {"updated_at": "0001-01-01T00:00:00+14:00"},
        {"updated_at": "9999-12-31 23:59:59-12:00"}, {"field_107": {"a": {"b": [{"text": {"text": []}}]}}}, {"field_105": "\ud800@x.example"},
    ],
)  # fmt: skip
def test_a_hostile_delivery_holds_up_no_other(office: Office, jinshuju: str, entry: dict[str, Any]) -> None:
    """Halves of characters, zero bytes, endless ids, nested lists, the year 1: each is settled, and so is what came with it."""
    hostile = {"form": "F" * 300, "entry": {**JINSHUJU_SAID["entry"], "serial_number": 7, **entry}}  # type: ignore[dict-item]
    bad = accept_webhook(office, jinshuju, {}, json.dumps(hostile).encode(), SECRET)
    good = accept_webhook(office, jinshuju, {}, body_of(edited(0)), SECRET)
    receive_waiting(office)
    assert delivery(office, good).state is DeliveryState.UNCONFIRMED
    assert delivery(office, bad).state in (DeliveryState.UNCONFIRMED, DeliveryState.QUARANTINED)
    json.dumps(tried(office, bad.receipt), ensure_ascii=False).encode()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8) | st.just("2026-07-16 10:00:00"),
    lambda x: st.lists(x, max_size=3) | st.dictionaries(
        st.sampled_from(["entry", "form", "token", "serial_number", "updated_at", "field_104", "field_107", "activity", "joinid", "submittime", "q1", "q4"]), x, max_size=6
    ), max_leaves=16,
), proper=st.booleans())  # fmt: skip
@pytest.mark.sqlite
@pytest.mark.parametrize("kind", sorted(UNSIGNED))
def test_whatever_comes_to_a_secret_address_is_kept_and_never_an_error(
    office: Office, monkeypatch: pytest.MonkeyPatch, kind: str, said: Any, proper: bool
) -> None:
    """JSON of any shape, also around answers that would make a report."""
    given, whole = UNSIGNED[kind]
    source = f"our_{given.kind}"
    if not any(one.name == source for one in office.policy.sources):
        mapped(office, given, monkeypatch)
    if proper and isinstance(said, dict):
        said = {**whole, **said, "entry": {**whole.get("entry", {}), **said}}
    receipt = accept_webhook(office, source, {}, json.dumps(said).encode(), SECRET)
    receive_waiting(office)
    assert delivery(office, receipt).state is not DeliveryState.WAITING


# -- what is no report -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("formbricks", FORMBRICKS_SAID | {"event": "responseCreated"}),
        ("formbricks", FORMBRICKS_SAID | {"data": {"id": "r-1", "finished": False, "data": ANSWERS}}),
        ("typeform", {"event_id": "x", "event_type": "form_response_partial"}),
        ("tally", {"eventId": "x", "eventType": "FORM_CLOSED"}),
    ],
)
def test_a_form_that_is_half_filled_in_is_no_report(
    office: Office, monkeypatch: pytest.MonkeyPatch, kind: str, said: Any
) -> None:
    """It is kept and let go: neither a case nor work for the desk."""
    given, _, sign = SIGNED[kind]
    source, body = mapped(office, given, monkeypatch), body_of(said)
    receipt = accept_webhook(office, source, sign(body), body)
    assert receive_waiting(office).quarantined == 0
    assert delivery(office, receipt).state is DeliveryState.DISMISSED


def test_what_cannot_be_mapped_waits_and_is_read_again_after_the_mapping_was_mended(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason names our field and the form's question; `inbox show --map` shows the same without changing anything."""
    wrong = replace(TALLY, fields={**TALLY.fields, "title": "标题"})
    source, body = mapped(office, wrong, monkeypatch), body_of(TALLY_SAID)
    receipt = accept_webhook(office, source, SIGNED["tally"][2](body), body)
    assert receive_waiting(office).quarantined == 1
    assert "the form has no question '标题'" in str(delivery(office, receipt).problem)
    shown = tried(office, receipt.receipt)
    assert shown["missing"] == ["title"]
    assert {"key": "question_t", "label": "问题", "answer": TITLE} in shown["unused"]
    mapped(office, TALLY, monkeypatch, "ignored")
    mended = replace(office.policy, sources=(replace(TALLY, name=source),))
    assert tried(office, receipt.receipt, mended)["missing"] == []
    monkeypatch.setattr(type(office), "policy", property(lambda _office: mended))
    assert replay(office, [receipt.receipt]) == 1
    assert len(receive_waiting(office).cases) == 1


# -- edits -----------------------------------------------------------------------------------------------------------------


def edited(minutes: int, **answers: str) -> Any:
    """Jinshuju's push of the same entry, changed so many minutes later."""
    at = datetime(2026, 7, 16, 2, 0, tzinfo=UTC) + timedelta(minutes=minutes)
    entry: dict[str, Any] = {**JINSHUJU_SAID["entry"], **answers, "updated_at": at.isoformat()}  # type: ignore[dict-item]
    return {**JINSHUJU_SAID, "entry": entry}


@pytest.fixture
def jinshuju(office: Office, monkeypatch: pytest.MonkeyPatch) -> str:
    """The source under its name here."""
    return mapped(office, JINSHUJU, monkeypatch)


def test_an_edit_is_a_revision_of_the_same_case(office: Office, jinshuju: str) -> None:
    """Its history says what was changed from what into what; nothing is amended by itself."""
    confirmed(office, _first(office, jinshuju, edited(0)))
    receipt = _first(office, jinshuju, edited(5, field_107="两路电源都无廊道", field_108=DETAIL + "，另有河道"))
    action, text = history(office)[-1]
    assert action == "supplement"
    assert f"标题：{TITLE} → 两路电源都无廊道" in text
    assert "另有河道" in text
    assert "类别" not in text
    row = delivery(office, receipt)
    assert (row.state, row.case_id, row.flags) == (
        DeliveryState.DONE, one_case(office).id, ["revision", "changed:title", "changed:detail"],
    )  # fmt: skip
    assert one_case(office).title == TITLE


@pytest.mark.parametrize(("kind", "key"), [("wjx", SECRET), ("opnform", "")])
def test_an_edit_under_the_same_number_is_no_repetition(
    office: Office, monkeypatch: pytest.MonkeyPatch, kind: str, key: str
) -> None:
    """A service that names the submission alone: other words are another delivery, the same bytes are not."""
    given, said = UNSIGNED[kind] if kind in UNSIGNED else SIGNED[kind][:2]
    source = mapped(office, given, monkeypatch)
    bodies = [body_of(said), body_of(said).replace(DETAIL.encode(), "改过的说明".encode())]
    headers = [SIGNED[kind][2](body) if kind in SIGNED else {} for body in bodies]
    first, again, other = (accept_webhook(office, source, headers[n], bodies[n], key) for n in (0, 0, 1))
    assert (again.receipt, again.duplicate) == (first.receipt, True)
    assert (other.receipt != first.receipt, other.duplicate) == (True, False)


def test_an_edit_that_changes_nothing_or_comes_late_changes_nothing(office: Office, jinshuju: str) -> None:
    """The push of an older state after a newer one is no step back."""
    confirmed(office, _first(office, jinshuju, edited(0)))
    _first(office, jinshuju, edited(10, field_107="新标题"))
    before = history(office)
    same = _first(office, jinshuju, edited(11, field_107="新标题"))
    older = _first(office, jinshuju, edited(5, field_107="旧标题"))
    assert history(office) == before
    assert delivery(office, same).flags == ["no_change"]
    assert (delivery(office, older).flags, delivery(office, older).state) == (["older_edit"], DeliveryState.DONE)


def test_an_edit_takes_the_place_of_a_report_that_waits(office: Office, jinshuju: str) -> None:
    """The newer words wait to be confirmed; the older ones stay on record, and their link leads nowhere any more."""
    first = _first(office, jinshuju, edited(0))
    second = _first(office, jinshuju, edited(3, field_107="更正后的标题"))
    gone = delivery(office, first)
    assert gone.state is DeliveryState.DISMISSED
    assert second.receipt in str(gone.problem)
    assert len(confirmed(office, second).cases) == 1
    assert one_case(office).title == "更正后的标题"


def test_an_edit_that_comes_first_becomes_the_report(office: Office, jinshuju: str) -> None:
    """And the original that comes after it changes nothing."""
    confirmed(office, _first(office, jinshuju, edited(9, field_107="改过的标题")))
    late = _first(office, jinshuju, edited(0))
    assert one_case(office).title == "改过的标题"
    assert delivery(office, late).flags == ["older_edit"]


def test_original_and_edit_in_one_batch_are_one_case(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both wait when the receiver comes: the first becomes the case, the second revises it in the next batch."""
    source = mapped(office, GENERIC, monkeypatch)
    for minute, title in ((0, TITLE), (5, "改过的标题")):
        said = json.loads(json.dumps(GENERIC_SAID))
        said["form"]["changed"] = f"2026-07-16 10:0{minute}:00"
        said["form"]["answers"][3]["value"] = title
        body = body_of(said)
        accept_webhook(office, source, {**by_generic(body), "x-delivery": f"d-{minute}"}, body)
    assert len(receive_waiting(office).cases) == 1
    done = receive_waiting(office)
    assert (done.cases, done.revised) == ((), 1)
    assert "改过的标题" in history(office)[-1][1]


def test_an_edit_right_after_the_confirmation_is_no_second_case(office: Office, jinshuju: str) -> None:
    """The reporter confirms and corrects before the receiver looks again: one case, then its revision."""
    first = _first(office, jinshuju, edited(0))
    accept_webhook(office, jinshuju, {}, body_of(edited(2, field_107="更正后的标题")), SECRET)
    assert len(confirmed(office, first).cases) == 1
    done = receive_waiting(office)
    assert (done.cases, done.revised) == ((), 1)


def test_without_a_moment_the_order_of_arrival_counts(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """What came first and is replayed last does not bring the old words back."""
    source = mapped(office, replace(GENERIC, edited_at=""), monkeypatch)
    receipts = []
    for number, title in ((0, ""), (1, TITLE)):
        said = json.loads(json.dumps(GENERIC_SAID))
        said["form"]["answers"][3]["value"] = title
        body = body_of(said)
        receipts.append(accept_webhook(office, source, {**by_generic(body), "x-delivery": f"d-{number}"}, body))
        receive_waiting(office)
    assert delivery(office, receipts[0]).state is DeliveryState.QUARANTINED
    before = history(office)
    mended = replace(GENERIC, name=source, edited_at="", constants={"title": "无标题"})
    monkeypatch.setattr(type(office), "policy", property(lambda o: replace(o.in_force.policy, sources=(mended,))))
    monkeypatch.setattr(office, "in_force", replace(office.in_force, policy=office.policy))
    replay(office, [receipts[0].receipt])
    assert receive_waiting(office).revised == 0
    assert history(office) == before
    assert delivery(office, receipts[0]).flags == ["older_edit"]


@pytest.mark.parametrize(("changed", "told"), [("field_106", True), ("field_107", False)])
def test_the_desk_is_told_when_an_edit_touches_who_should_handle_it(
    office: Office, jinshuju: str, changed: str, told: bool
) -> None:
    """Another category is the clerk's to look at; another title is the lead's."""
    confirmed(office, _first(office, jinshuju, edited(0)))
    _first(office, jinshuju, edited(5, **{changed: "用地" if told else "新标题"}))
    with office.reading() as session:
        mails = session.scalars(select(Outbox).where(Outbox.message == "case_update")).all()
    clerks = {mail.account_id for mail in mails if mail.grant is not None and mail.grant.get("party") == "clerk"}
    assert bool(clerks) is told
    assert len(mails) > len(clerks)


def test_the_desk_is_told_of_any_edit_while_nobody_leads(office: Office, jinshuju: str) -> None:
    """A case that still waits for its dispatch has no lead who would hear of it."""
    confirmed(office, _first(office, jinshuju, edited(0, field_106="没有这个类别")))
    assert one_case(office).lead_id is None
    _first(office, jinshuju, edited(5, field_107="新标题", field_106="没有这个类别"))
    with office.reading() as session:
        assert session.scalars(select(Outbox).where(Outbox.message == "case_update")).all()


def test_a_restricted_case_is_not_named_to_the_operator(office: Office, jinshuju: str) -> None:
    """An edit that it cannot take names the first receipt instead of the case."""
    first = _first(office, jinshuju, edited(0))
    confirmed(office, first)
    case = one_case(office)
    with office.writing() as session:
        session.get_one(Case, case.id).restricted = True
    receipt = _first(office, jinshuju, edited(5, field_105="thief@example.com"))
    problem = str(delivery(office, receipt).problem)
    assert case.code not in problem
    assert first.receipt in problem


def test_an_edit_of_a_closed_case_waits_for_the_desk(office: Office, jinshuju: str) -> None:
    """It is not lost: quarantined with the case's code, and read again when the case was reopened."""
    confirmed(office, _first(office, jinshuju, edited(0)))
    case = one_case(office)
    with office.writing() as session:
        shut = session.get_one(Case, case.id)
        shut.status, shut.outcome, shut.closed_at = "closed", "withdrawn", office.now()  # type: ignore[assignment]
    receipt = _first(office, jinshuju, edited(5, field_107="更正"))
    row = delivery(office, receipt)
    assert row.state is DeliveryState.QUARANTINED
    assert case.code in str(row.problem)


def test_an_unsigned_edit_from_another_address_changes_no_confirmed_case(office: Office, jinshuju: str) -> None:
    """Whoever learns the secret address cannot speak for a reporter who confirmed."""
    confirmed(office, _first(office, jinshuju, edited(0)))
    before = history(office)
    receipt = _first(office, jinshuju, edited(5, field_105="thief@example.com", field_107="假的"))
    assert history(office) == before
    assert delivery(office, receipt).state is DeliveryState.UNCONFIRMED
    with office.reading() as session:
        assert session.scalars(select(Outbox.address).where(Outbox.message == "confirm_report")).all() == [MAIL]
    assert not decided(office, receipt, "reporter"), "whoever sent it cannot confirm it"
    # A second one from there has nothing to lean on, and makes no word of the true reporter look old.
    again = _first(office, jinshuju, edited(50, field_105="thief@example.com", field_107="又假的"))
    assert history(office) == before
    assert (delivery(office, receipt).state, delivery(office, again).state) == (
        DeliveryState.DISMISSED, DeliveryState.UNCONFIRMED,
    )  # fmt: skip
    _first(office, jinshuju, edited(7, field_107="真的"))
    assert len(history(office)) == len(before) + 1
    assert delivery(office, again).state is DeliveryState.UNCONFIRMED, "it waits on for the clerk"


def test_a_clerk_accepts_an_edit_from_another_address_as_a_revision(office: Office, jinshuju: str) -> None:
    """Both versions are shown; accepted, the case is revised in the clerk's name and its reporter is told. No second case."""
    confirmed(office, _first(office, jinshuju, edited(0)))
    receipt = _first(office, jinshuju, edited(5, field_105="colleague@example.com", field_107="新标题"))
    item = inbox_item(office, receipt.receipt)
    assert item is not None
    assert item.edit is not None
    assert item.edit.of == one_case(office).code
    assert {(field.en, old.zh, new.zh) for field, old, new in item.edit.changes} >= {("Title", TITLE, "新标题")}
    assert decided(office, receipt, "R06")
    assert receive_waiting(office).revised == 1
    assert delivery(office, receipt).state is DeliveryState.DONE
    case = one_case(office)
    with office.reading() as session:
        [event] = session.scalars(select(Event).where(Event.case_id == case.id, Event.action == "supplement"))
        assert (event.actor["party"], event.actor["account"]) == ("clerk", "R06")
        assert "colleague@example.com" in str(event.actor["spoken_for"])
        told = session.scalars(select(Outbox.address).where(Outbox.message == "enterprise_update")).all()
    assert MAIL in told
    # The clerk's word was for this one: the address speaks for nobody from now on.
    third = _first(office, jinshuju, edited(9, field_105="colleague@example.com", field_107="再改"))
    assert delivery(office, third).state is DeliveryState.UNCONFIRMED


def test_a_dismissed_edit_leaves_the_case_as_it_is(office: Office, jinshuju: str) -> None:
    """It stays on record, and is not read again."""
    confirmed(office, _first(office, jinshuju, edited(0)))
    before = history(office)
    receipt = _first(office, jinshuju, edited(5, field_105="thief@example.com", field_107="假的"))
    with office.writing() as session:
        assert dismiss(session, office, session.get_one(Delivery, delivery(office, receipt).id), "R06")
    receive_waiting(office)
    assert history(office) == before
    assert delivery(office, receipt).state is DeliveryState.DISMISSED


def decided(office: Office, receipt: Receipt, by: str) -> bool:
    """Accept what waits; whether it could be."""
    with office.writing() as session:
        return accept(session, office, session.get_one(Delivery, delivery(office, receipt).id), by)


def test_the_operator_sees_each_source(office: Office, jinshuju: str) -> None:
    """How many stand where, how many were edits."""
    confirmed(office, _first(office, jinshuju, edited(0)))
    _first(office, jinshuju, edited(5, field_107="新标题"))
    counted = {row["source"]: row for row in sources(office)}
    assert counted[jinshuju] | {"last": ""} == {
        "source": jinshuju, "kind": "jinshuju", "last": "", "unconfirmed": 0, "waiting": 0, "done": 2, "quarantined": 0, "dismissed": 0, "edits": 1,
    }  # fmt: skip
    assert counted["standard"]["last"] is None
