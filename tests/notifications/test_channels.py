"""The channels beside mail: what they hand over, to whom it says nothing, and what becomes of each answer."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from notifications.channel_file import FileChannel
from notifications.channel_webhook import (
    BadTemplate,
    cut,
    dingtalk_channel,
    filled,
    read_template,
    tamed,
    values_of,
    webhook_channel,
    wecom_channel,
)  # fmt: skip
from notifications.message import Message, MissingFact
from notifications.messages import AssignedLead
from notifications.notifier import BadChannel, Channel, ChannelSetting, Desk, Notifier, Parcel, channels
from notifications.preview import OFFICE
from notifications.transport import Refused, Unreachable
from tests.receiver import receiving, says

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123").decode()
DESK = Desk(
    OFFICE, "tuijinban@example.org", lambda: datetime(2026, 7, 16, 2, 0, tzinfo=UTC), "https://expedite.example.org"
)
HOSTILE = '喆镕"},{"x":1} \\" \n[点我](https://evil.example/a) <@all> **急** `rm` www.evil.example ![](http://e) </p><script>alert(1)</script>'


def parcel(**chosen: Any) -> Parcel:
    """A parcel of the message that hands a case to its lead."""
    facts = AssignedLead.example().facts() | chosen.pop("facts", {})
    return Parcel(**{
        "id": 7, "code": "assigned_lead", "recipient": "供电公司", "locale": "zh", "variables": facts,
        "message_id": "<abc123@example.org>", "channel": "robot", "case_code": facts["case_code"], **chosen,
    })  # fmt: skip


def setting(url: str = "", **chosen: Any) -> ChannelSetting:
    """A channel's setting that may speak to this machine."""
    return ChannelSetting(
        **{"name": "robot", "kind": "webhook", "url": url, "private": ("127.0.0.1",), "timeout": 2.0, **chosen}
    )


def hand_over(made: Channel, one: Parcel) -> Refused | None:
    """Open the channel, send, close it."""
    with made as channel:
        return channel.send(one)


def test_a_webhook_gets_event_recipient_and_variables_signed() -> None:
    """The body is the message's facts, and a receiver can check who sent it with the library of the standard."""
    with receiving(says(200)) as receiver:
        assert hand_over(webhook_channel(setting(receiver.url, secret=SECRET), DESK), parcel()) is None
    (posted,) = receiver.posted
    said = json.loads(posted.body)
    assert said["event"] == "assigned_lead"
    assert said["recipient"] == "供电公司"
    assert said["variables"]["title"] == AssignedLead.example().title
    assert said["link"] == f"https://expedite.example.org/board/case/{said['case_code']}"
    assert said["id"] == posted.headers["webhook-id"] == "msg_abc123"
    Webhook(SECRET).verify(posted.body, posted.headers)


def test_a_webhook_without_a_secret_is_not_signed() -> None:
    """The signature is the receiver's choice."""
    with receiving(says(200)) as receiver:
        assert hand_over(webhook_channel(setting(receiver.url), DESK), parcel()) is None
    assert "webhook-signature" not in receiver.posted[0].headers


def test_a_template_decides_the_form() -> None:
    """Places become values or parts of a text; facts are reached by name, unknown ones are null."""
    template = '{"to": "{recipient}", "n": 1, "text": "{case_code}：{subject}", "list": ["{variables.supporters}", "{variables.none}"]}'
    with receiving(says(200)) as receiver:
        hand_over(webhook_channel(setting(receiver.url, template=template), DESK), parcel())
    said = json.loads(receiver.posted[0].body)
    code = AssignedLead.example().case_code
    assert said["to"] == "供电公司"
    assert said["n"] == 1
    assert said["text"].startswith(f"{code}：[{code}] 请签收并办理：")
    assert said["list"] == [[dict(unit) for unit in AssignedLead.example().supporters], None]


@pytest.mark.parametrize(
    "template", ["{", '{"a": "{password}"}', '{"a": "{variables.a.b}", "b": "{event.x}"}', '["{__class__}"]']
)
def test_a_template_that_cannot_be_filled_is_refused_at_once(template: str) -> None:
    """In the policy's check, not when the first message is owed."""
    with pytest.raises(BadTemplate):
        read_template(template)


@given(text=st.text(max_size=80))
def test_no_text_leaves_the_string_that_it_was_put_in(text: str) -> None:
    """Quotes, braces, places and line breaks of a reporter stay inside one JSON string."""
    template = read_template('{"a": "x{subject}y", "b": "{subject}", "c": "z"}')
    said = json.loads(json.dumps(filled(template, {"subject": text, "locale": "zh"})))
    assert said == {"a": f"x{text}y", "b": text, "c": "z"}


def test_hostile_words_break_no_robots_message() -> None:
    """No link, mention, image or emphasis of a reporter's own in the group."""
    for make, ok in ((wecom_channel, '{"errcode":0}'), (dingtalk_channel, '{"errcode":0,"errmsg":"ok"}')):
        with receiving(says(200, ok.encode())) as receiver:
            assert hand_over(make(setting(receiver.url), DESK), parcel(facts={"title": HOSTILE})) is None
        markdown = json.loads(receiver.posted[0].body)["markdown"]
        text = markdown.get("content") or markdown["text"]
        first = next(line for line in text.splitlines() if "喆镕" in line)
        assert first.startswith("**")
        assert first.endswith("**")
        assert not set("[]<>`#|~@*") & set(first.strip("*"))
        assert "://" not in first
        assert "www." not in text
        assert text.count("](") == 1
        assert "evil.example" not in text.partition("](")[2]


@given(text=st.text(max_size=60))
def test_tamed_text_holds_no_markup(text: str) -> None:
    """Whatever people write: one line, nothing that marks up."""
    said = tamed(text)
    assert not set("[]<>*`#|~@\\\r\n") & set(said)
    assert "://" not in said


def test_a_robot_is_told_what_until_when_and_where() -> None:
    """Number, title, due date and the board's address: what a group may know, in the channel's language."""
    with receiving(says(200, b'{"errcode":0,"errmsg":"ok"}')) as receiver:
        hand_over(
            wecom_channel(setting(receiver.url), DESK),
            parcel(links={"act": "https://expedite.example.org/act/SECRET-TOKEN"}),
        )
        hand_over(wecom_channel(setting(receiver.url), DESK), parcel(locale="en"))
    zh, en = (json.loads(one.body)["markdown"]["content"] for one in receiver.posted)
    code = AssignedLead.example().case_code
    assert f"［{code}］ 请签收并办理：" in zh
    assert "> 时限：" in zh
    assert f"[查看](https://expedite.example.org/board/case/{code})" in zh
    assert "Please sign for and handle" in en
    assert "> Due: " in en
    assert "SECRET-TOKEN" not in receiver.posted[0].body.decode()


def test_dingtalk_is_signed_as_its_robots_ask() -> None:
    """Milliseconds and secret, HMAC-SHA256 by the secret, base64, percent-encoded, added to the address."""
    with receiving(says(200, b'{"errcode":0}')) as receiver:
        assert hand_over(dingtalk_channel(setting(receiver.url, secret="SECabc"), DESK), parcel()) is None
    asked = parse_qs(urlsplit(receiver.posted[0].path).query)
    moment = asked["timestamp"][0]
    mac = hmac.new(b"SECabc", f"{moment}\nSECabc".encode(), hashlib.sha256).digest()
    assert asked["sign"] == [base64.b64encode(mac).decode()]
    assert asked["room"] == ["7"]
    assert abs(int(moment) / 1000 - datetime.now(UTC).timestamp()) < 60


@pytest.mark.parametrize(
    ("make", "answer", "permanent"),
    [
        (wecom_channel, b'{"errcode":45009,"errmsg":"api freq out of limit"}', False),
        (wecom_channel, b'{"errcode":93000,"errmsg":"invalid webhook url"}', True),
        (dingtalk_channel, b'{"errcode":130101,"errmsg":"send too fast"}', False),
        (dingtalk_channel, b'{"errcode":310000,"errmsg":"sign not match"}', True),
        (wecom_channel, b"<html>proxy</html>", False),
        (wecom_channel, b'{"errcode":', False),
        (wecom_channel, b"[]", False),
    ],
)
def test_a_robot_that_answers_200_may_have_refused(
    make: Callable[[ChannelSetting, Desk], Channel], answer: bytes, permanent: bool
) -> None:
    """Both services say in the body what became of a message."""
    with receiving(says(200, answer)) as receiver:
        refused = hand_over(make(setting(receiver.url), DESK), parcel())
    assert refused is not None
    assert refused.permanent is permanent


@given(text=st.text(max_size=40), size=st.integers(min_value=3, max_value=60))
def test_a_cut_ends_between_characters(text: str, size: int) -> None:
    """The services count bytes: a cut text is at most as long, and readable."""
    text = text.encode("utf-8", "ignore").decode()
    said = cut(text, size)
    assert len(said.encode()) <= size
    assert said == text or (said.endswith("…") and text.startswith(said[:-1]))


@pytest.mark.parametrize("make", [webhook_channel, wecom_channel, dingtalk_channel])
def test_a_channel_that_is_set_up_wrongly_names_the_setting(make: Callable[[ChannelSetting, Desk], Channel]) -> None:
    """The operator reads which setting it is, and the address, which may be a secret, is not repeated."""
    with pytest.raises(BadChannel, match="EXPEDITE_CHANNEL_ROBOT_URL"):
        make(setting(), DESK)
    with pytest.raises(BadChannel, match="https address") as refusal:
        make(setting("http://hooks.example.org/key-4711"), DESK)
    assert "4711" not in str(refusal.value)
    if make is webhook_channel:
        with pytest.raises(BadChannel) as refusal:
            make(setting("https://hooks.example.org/", secret="short-secret"), DESK)
        assert "short-secret" not in str(refusal.value)


@pytest.mark.parametrize("name", sorted(Message.registry))
def test_every_message_fits_every_channel(name: str, tmp_path: Path) -> None:
    """Values and sheets can be made of each, in both languages."""
    for locale in ("zh", "en"):
        one = parcel(code=name, locale=locale, variables=Message.registry[name].example().facts())
        assert values_of(one, DESK)["subject"]
        assert hand_over(FileChannel(setting(kind="file", folder=tmp_path), DESK), one) is None
    assert len(list((tmp_path / "2026-07-16").iterdir())) == 1


def test_a_sheet_names_its_recipient_and_has_a_line_to_sign_on(tmp_path: Path) -> None:
    """For bodies that are reached by paper: no link, no script, one file per message however often it is sent."""
    channel = FileChannel(setting(kind="file", folder=tmp_path), DESK)
    for _ in range(2):
        assert hand_over(channel, parcel(recipient='<b>供电公司</b> "喆"', facts={"title": HOSTILE})) is None
    (page,) = (tmp_path / "2026-07-16").iterdir()
    text = page.read_text("utf-8")
    assert page.name == f"{AssignedLead.example().case_code}-assigned_lead-7.html".replace("_", "-")
    assert (
        "送达：&lt;b&gt;供电公司&lt;/b&gt; &#34;喆&#34;" in text
        or "送达：&lt;b&gt;供电公司&lt;/b&gt; &quot;喆&quot;" in text
    )
    assert "签收人" in text
    assert "<script>" not in text
    assert "2026年7月16日" in text


def test_a_folder_that_cannot_be_written_is_no_fault_of_the_message(tmp_path: Path) -> None:
    """A full disk passes: nothing half written stays under the sheet's name."""
    (tmp_path / "taken").write_text("a file where the folder should be")
    with pytest.raises(Unreachable):
        hand_over(FileChannel(setting(kind="file", folder=tmp_path / "taken"), DESK), parcel())


class Recorder:
    """A channel of a test's own, as a plug-in may bring one."""

    def __init__(self, answer: Refused | Exception | None = None) -> None:
        self.answer, self.sent, self.opened, self.closed = answer, 0, 0, 0

    def __enter__(self) -> Self:
        self.opened += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closed += 1

    def send(self, one: Parcel) -> Refused | None:
        """Count, and answer as told."""
        self.sent += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def test_each_channel_has_one_session_a_batch() -> None:
    """Opened for the first parcel, closed with the batch, never opened when nothing is for it."""
    one, other = Recorder(), Recorder()
    with Notifier({"mail": lambda: one, "robot": lambda: other}) as notifier:
        for _ in range(3):
            assert notifier.send(parcel(channel="mail")) is None
    assert (one.opened, one.sent, one.closed) == (1, 3, 1)
    assert other.opened == 0


def test_mail_that_cannot_be_reached_waits_and_is_not_tried_again_in_the_batch() -> None:
    """A dead server costs one timeout a batch, not one a message."""
    dead = Recorder(Unreachable("no answer"))
    with Notifier({"mail": lambda: dead}) as notifier:
        for _ in range(3):
            with pytest.raises(Unreachable, match="no answer"):
                notifier.send(parcel(channel="mail"))
    assert dead.sent == 1


@pytest.mark.parametrize("fault", [Unreachable("gone"), BadChannel("robot", "has no address"), ZeroDivisionError()])
def test_a_copys_channel_that_fails_holds_up_no_mail(fault: Exception) -> None:
    """Somebody else's code and somebody else's server: its copies wait, the mail goes."""
    mail, robot = Recorder(), Recorder(fault)
    with Notifier({"mail": lambda: mail, "robot": lambda: robot}) as notifier:
        refused = [notifier.send(parcel()) for _ in range(2)]
        assert notifier.send(parcel(channel="mail")) is None
        unknown = notifier.send(parcel(channel="nobody"))
    assert [one is not None and not one.permanent for one in (*refused, unknown)] == [True] * 3
    assert robot.sent == 1


def test_a_session_that_ends_badly_undoes_nothing() -> None:
    """The other sessions are closed all the same, and the batch goes on to be marked."""

    class Stubborn(Recorder):
        def __exit__(self, *told: object) -> None:
            raise OSError("no goodbye")

    mail, robot = Recorder(), Stubborn()
    with Notifier({"mail": lambda: mail, "robot": lambda: robot}) as notifier:
        assert [notifier.send(parcel(channel=way)) for way in ("mail", "robot")] == [None, None]
    assert mail.closed == 1


def test_a_parcel_that_cannot_be_made_fails_alone() -> None:
    """The exception names the fact; the next parcel of the channel goes."""
    broken = Recorder(MissingFact("assigned_lead", "title", "is missing"))
    with Notifier({"robot": lambda: broken}) as notifier:
        for _ in range(2):
            with pytest.raises(MissingFact):
                notifier.send(parcel())
    assert broken.sent == 2


def test_nothing_of_a_restricted_case_goes_another_way_than_mail() -> None:
    """Groups and printers are no holders of the case, whoever owed them a copy."""
    mail, robot = Recorder(), Recorder()
    with Notifier({"mail": lambda: mail, "robot": lambda: robot}) as notifier:
        refused = notifier.send(parcel(sealed=True))
        assert notifier.send(parcel(sealed=True, channel="mail")) is None
    assert refused is not None
    assert refused.permanent
    assert robot.opened == 0


def test_an_installed_package_can_bring_a_channel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An entry point of the group expedite.channels is a kind that policies may name; it cannot take the place of mail."""
    info = tmp_path / "sms_gateway-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: sms-gateway\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[expedite.channels]\nsms = sms_gateway:make\nmail = sms_gateway:make\n")
    (tmp_path / "sms_gateway.py").write_text("def make(setting, desk):\n    return ('sms', setting.name)\n")
    monkeypatch.syspath_prepend(tmp_path)
    channels.cache_clear()
    try:
        found = channels()
        made: Any = found["sms"](setting(name="texts", kind="sms"), DESK)
        assert made == ("sms", "texts")
        assert found["mail"].__module__ == "notifications.channel_mail"
    finally:
        channels.cache_clear()
