"""Outgoing webhooks: what happens to a case is told once, signed, without a word that a person wrote; and copies beside mails."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from standardwebhooks import Webhook
from typer.testing import CliRunner

from deployments.cli import app
from domain.channels import HOOK_EVENTS, ChannelRule, HookRule
from domain.lifecycle import Party
from models.case import Case
from models.office import Outbox, OutboxState
from services.channels import desk_of, notifier
from services.desk import register
from services.hooks import UnknownWay, paused, resume, try_out, ways_out
from services.office import Office
from services.outbox import LEASE, claim
from services.outbox_parcel import parcel_of
from services.sweep import sweep
from tests.builders import REPORT, report
from tests.mailroom import deliver_all
from tests.receiver import Receiver, in_turn, receiving, says

SECRET = "whsec_" + base64.b64encode(b"the-first-secret-of-it").decode()
NEWER = "whsec_" + base64.b64encode(b"the-second-secret-of-it").decode()
At = Callable[[str], datetime]
RULE = HookRule("ledger")
COPY = ChannelRule("group", "wecom", units=("D08",), messages=("assigned_lead",))


@pytest.fixture
def receiver(office: Office, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """A receiver that the office's hook and channel are set to."""
    with receiving() as found:
        monkeypatch.setenv("EXPEDITE_HOOK_LEDGER_URL", found.url)
        monkeypatch.setenv("EXPEDITE_HOOK_LEDGER_SECRET", SECRET)
        monkeypatch.setenv("EXPEDITE_CHANNEL_GROUP_URL", found.url)
        office.settings.http_private = "127.0.0.1"
        yield found


def with_hooks(office: Office, *rules: HookRule, channels: tuple[ChannelRule, ...] = ()) -> None:
    """Put a policy with these hooks and channels in force for this process."""
    office.in_force = replace(office.in_force, policy=replace(office.policy, hooks=rules, channels=channels))


def rows(office: Office, channel: str = "hook:ledger") -> list[Outbox]:
    """What is or was owed to a channel, oldest first."""
    with office.reading() as session:
        return list(session.scalars(select(Outbox).where(Outbox.channel == channel).order_by(Outbox.id)))


def told(receiver: Receiver) -> list[dict[str, Any]]:
    """The payloads that arrived."""
    return [json.loads(one.body) for one in receiver.posted]


def test_what_happens_to_a_case_is_told_in_order_and_signed(office: Office, at: At, receiver: Receiver) -> None:
    """Opened and assigned at once; each is verified by the standard's own library, and none twice."""
    with_hooks(office, RULE)
    case = report(office)
    deliver_all(office)
    assert [one["type"] for one in told(receiver)] == ["case.opened", "case.assigned"]
    for posted in receiver.posted:
        Webhook(SECRET).verify(posted.body, posted.headers)
    first = told(receiver)[1]
    assert first["data"] == {
        "code": case.code, "kind": "difficulty", "status": "in_progress", "outcome": None, "light": "green", "rung": case.case.rung, "round": 1,
        "cycle": 1, "lead": "D08", "due": case.json["due"], "estimated": False,
        "link": f"http://127.0.0.1:8080/board/case/{case.code}",
    }  # fmt: skip
    case.by_lead("sign_for")
    deliver_all(office)
    assert len(receiver.posted) == 2
    assert {row.state for row in rows(office)} == {OutboxState.SENT}


@pytest.mark.sqlite
def test_no_word_that_a_person_wrote_is_told(office: Office, receiver: Receiver) -> None:
    """Neither title nor text, name or address: whoever keeps the ledger sees numbers, states and dates."""
    with_hooks(office, RULE)
    case = report(office)
    case.by_lead("send_back")
    deliver_all(office)
    sent = json.dumps(told(receiver), ensure_ascii=False)
    firm: dict[str, str] = REPORT["enterprise"]
    for word in (REPORT["title"], REPORT["detail"], firm["name"], firm["email"], "不属本单位职责", "@"):
        assert word not in sent


def test_a_restricted_case_is_told_to_nobody(office: Office, receiver: Receiver) -> None:
    """Its number alone would say that there is one."""
    with_hooks(office, RULE, channels=(COPY, replace(COPY, name="paper", kind="file", units=())))
    register(office, REPORT | {"restricted": True}, "restricted-1", channel="board")
    with office.reading() as session:
        assert session.scalars(select(Case.restricted)).all() == [True]
    assert rows(office) + rows(office, "group") + rows(office, "paper") == []


@pytest.mark.sqlite
def test_a_hook_gets_the_events_that_it_asked_for(office: Office, receiver: Receiver) -> None:
    """Another hook of the same office gets its own."""
    with_hooks(office, HookRule("ledger", events=("assigned",)), HookRule("other", events=("opened", "closed")))
    report(office)
    assert [row.facts["type"] for row in rows(office)] == ["case.assigned"]
    assert [row.facts["type"] for row in rows(office, "hook:other")] == ["case.opened"]


@pytest.mark.sqlite
def test_every_event_that_a_hook_may_ask_for_happens(office: Office, at: At, receiver: Receiver) -> None:
    """A case that goes through all of it: no name of an event is promised for nothing."""
    with_hooks(office, RULE)
    case = report(office)
    case.by_lead("send_back").by_head("rule", lead="D08")
    case.by_lead("ask_suspension").decide().by_clerk("resume")
    at("2026-08-28 09:00")
    sweep(office)
    case.replied().by_firm("dispute").replied().by_firm("confirm").by_head("reopen")
    assert {row.facts["type"].removeprefix("case.") for row in rows(office)} == set(HOOK_EVENTS)
    assert len({row.key for row in rows(office)}) == len(rows(office))


def test_what_is_undone_is_not_told(office: Office, receiver: Receiver) -> None:
    """Owed in the transaction that writes the event: a rollback takes both back."""
    with_hooks(office, RULE)
    case = report(office)
    before = len(rows(office))
    assert case.attempt("sign_for", case.actor(Party.CLERK)).refusal is not None
    assert len(rows(office)) == before


def test_a_refused_delivery_comes_again_with_the_same_id(office: Office, at: At, receiver: Receiver) -> None:
    """500, then 200: the receiver can tell that it is the same, and the new moment is signed anew."""
    with_hooks(office, HookRule("ledger", events=("opened",)))
    receiver.answer = in_turn(500, 200)
    report(office)
    deliver_all(office)
    (row,) = rows(office)
    assert (row.state, row.attempts) == (OutboxState.OWED, 1)
    assert "500" in (row.problem or "")
    office.fixed = office.now() + timedelta(minutes=2)
    deliver_all(office)
    assert rows(office)[0].state is OutboxState.SENT
    one, other = receiver.posted
    assert one.headers["webhook-id"] == other.headers["webhook-id"]
    assert one.body == other.body
    Webhook(SECRET).verify(other.body, other.headers)


def test_what_arrived_and_was_not_marked_comes_again_with_the_same_id(office: Office, receiver: Receiver) -> None:
    """A worker that dies between the receiver's answer and our commit: at least once, and the receiver can tell."""
    with_hooks(office, HookRule("ledger", events=("opened",)))
    report(office)
    hooked = [letter for letter in claim(office, "dead", 50) if letter.channel == "hook:ledger"]
    with notifier(office) as post:
        for letter in hooked:
            parcel, _ = parcel_of(letter, desk_of(office).line, "2026-07-16")
            assert parcel is not None
            assert post.send(parcel) is None
    office.fixed = office.now() + 2 * LEASE
    deliver_all(office)
    one, other = receiver.posted
    assert one.headers["webhook-id"] == other.headers["webhook-id"]
    assert rows(office)[0].state is OutboxState.SENT


def test_a_receiver_that_stays_away_is_given_up_and_holds_up_no_mail(office: Office, receiver: Receiver) -> None:
    """After 1, 5, 30, 120 and 480 minutes it shows as failed, like any message; the mails went at once."""
    with_hooks(office, HookRule("ledger", events=("opened",)))
    receiver.answer = says(503)
    report(office)
    assert {mail.message for mail in deliver_all(office)} >= {"assigned_lead", "case_opened"}
    for minutes in (2, 6, 31, 121, 481):
        office.fixed = office.now() + timedelta(minutes=minutes)
        deliver_all(office)
    (row,) = rows(office)
    assert (row.state, row.attempts) == (OutboxState.FAILED, 6)
    assert len(receiver.posted) == 6


@pytest.mark.sqlite
def test_a_receiver_that_hangs_costs_one_timeout_a_batch(
    office: Office, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten deliveries wait behind the first one's silence, and are not tried one after the other."""
    done = threading.Event()

    def hang(handler: Any) -> None:
        done.wait(30)

    receiver.answer = hang
    monkeypatch.setattr("services.channels.HTTP_TIMEOUT", 0.3)
    with_hooks(office, RULE)
    for _ in range(3):
        report(office)
    deliver_all(office)
    done.set()
    assert len(receiver.posted) == 1
    assert {row.state for row in rows(office)} == {OutboxState.OWED}
    assert all("in time" in (row.problem or "") for row in rows(office))


def test_a_hook_whose_receiver_is_gone_rests(office: Office, receiver: Receiver) -> None:
    """410 ends it: that delivery shows as failed, what was still owed is void, and nothing more is owed until it is resumed."""
    with_hooks(office, RULE)
    receiver.answer = says(410)
    report(office)
    deliver_all(office)
    states = [row.state for row in rows(office)]
    assert states[0] is OutboxState.FAILED
    assert "hooks resume ledger" in (rows(office)[0].problem or "")
    assert OutboxState.OWED not in states
    assert len(receiver.posted) == 1
    report(office)
    assert len(rows(office)) == 2
    with office.reading() as session:
        assert paused(session) == {"ledger": office.now()}
    assert resume(office, "ledger")
    assert not resume(office, "ledger")
    receiver.answer = says(204)
    report(office)
    deliver_all(office)
    assert [one["type"] for one in told(receiver)[1:]] == ["case.opened", "case.assigned"]


@pytest.mark.sqlite
def test_a_secret_can_be_changed_without_a_gap(
    office: Office, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While two are set, receivers with either one verify."""
    monkeypatch.setenv("EXPEDITE_HOOK_LEDGER_SECRET", f"{NEWER} {SECRET}")
    with_hooks(office, HookRule("ledger", events=("opened",)))
    report(office)
    deliver_all(office)
    (posted,) = receiver.posted
    for secret in (SECRET, NEWER):
        Webhook(secret).verify(posted.body, posted.headers)


@pytest.mark.sqlite
@pytest.mark.parametrize("missing", ["SECRET", "URL"])
def test_a_hook_that_is_not_set_up_waits_and_says_what_is_missing(
    office: Office, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    """Unsigned nothing goes out."""
    monkeypatch.delenv(f"EXPEDITE_HOOK_LEDGER_{missing}")
    with_hooks(office, HookRule("ledger", events=("opened",)))
    report(office)
    deliver_all(office)
    assert receiver.posted == []
    assert f"EXPEDITE_HOOK_LEDGER_{missing}" in (rows(office)[0].problem or "")


@pytest.mark.sqlite
def test_an_address_inside_is_refused_unless_the_operator_names_it(office: Office, receiver: Receiver) -> None:
    """The policy alone cannot make the office's server speak to its neighbours."""
    office.settings.http_private = ""
    with_hooks(office, HookRule("ledger", events=("opened",)))
    report(office)
    deliver_all(office)
    assert receiver.connections == 0
    assert "EXPEDITE_HTTP_PRIVATE" in (rows(office)[0].problem or "")


def test_a_group_reads_of_an_event_once_and_without_a_link_of_anybodys(office: Office, receiver: Receiver) -> None:
    """The mail is the record: it goes as ever, and the group's robot tells that there is one."""
    receiver.answer = says(200, b'{"errcode":0}')
    with_hooks(office, channels=(COPY,))
    case = report(office)
    mails = [mail for mail in deliver_all(office) if mail.message == "assigned_lead"]
    assert mails
    (content,) = [one["markdown"]["content"] for one in told(receiver)]
    assert f"/board/case/{case.code}" in content
    assert "/act/" not in content
    (row,) = rows(office, "group")
    assert (row.state, row.grant, row.account_id) == (OutboxState.SENT, None, None)


@pytest.mark.sqlite
def test_two_supporters_letters_are_one_piece_of_news(office: Office, receiver: Receiver) -> None:
    """A group does not read the same line twice because two units were written to."""
    with_hooks(office, channels=(ChannelRule("group", "wecom", messages=("assigned_supporter",)),))
    case = report(office)
    assert len(case.told("assigned_supporter")) > 2
    assert len(rows(office, "group")) == 1


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("rule", "copied"),
    [
        (ChannelRule("group", "wecom"), True),
        (ChannelRule("group", "wecom", roles=("liaison",)), True),
        (ChannelRule("group", "wecom", roles=("chief",)), False),
        (ChannelRule("group", "wecom", units=("D03",), messages=("assigned_lead",)), False),
        (ChannelRule("group", "wecom", messages=("supervision_notice",)), False),
    ],
)
def test_the_policy_says_what_is_copied(office: Office, receiver: Receiver, rule: ChannelRule, copied: bool) -> None:
    """By message, and by who gets it; what reporters get is never copied."""
    with_hooks(office, channels=(rule,))
    report(office)
    found = rows(office, "group")
    assert bool(found) is copied
    assert "case_opened" not in {row.message for row in found}


def test_a_group_is_told_of_many_cases_together(office: Office, at: At, receiver: Receiver) -> None:
    """After an outage hundreds of notices go out in one sweep: robots take twenty messages a minute, and nobody reads more."""
    for n in range(8):
        report(office, title=f"第{n}件", enterprise=REPORT["enterprise"] | {"email": f"p{n}@example.com"})
    rule = ChannelRule("group", "wecom", messages=("supervision_notice",))
    with_hooks(office, channels=(rule, replace(rule, name="paper", kind="file")))
    receiver.answer = says(200, b'{"errcode":0}')
    at("2026-08-05 09:00")
    sweep(office)
    deliver_all(office)
    (content,) = [
        one["markdown"]["content"] for one in told(receiver) if "件事项有新的通知" in one["markdown"]["content"]
    ]
    assert content.startswith("**8 件事项有新的通知：DIF-2026-0001、DIF-2026-0002、")
    assert content.endswith("[查看](http://127.0.0.1:8080/board)")
    assert len(rows(office, "paper")) >= 8


@pytest.mark.sqlite
def test_paper_is_written_for_each_recipient(office: Office, receiver: Receiver) -> None:
    """An office without internet serves its mails by hand: a sheet for each, with unit and post."""
    with_hooks(office, channels=(ChannelRule("paper", "file", messages=("assigned_lead", "assigned_supporter")),))
    report(office)
    deliver_all(office)
    sheets = sorted((office.settings.data / "printed" / "paper" / "2026-07-16").iterdir())
    assert len(sheets) == len(rows(office, "paper")) >= 3
    assert all("送达：" in sheet.read_text("utf-8") for sheet in sheets)


@pytest.mark.sqlite
def test_a_try_by_hand_is_signed_and_written_down_nowhere(office: Office, receiver: Receiver) -> None:
    """The operator sees whether the receiver takes it; 410 to a try lets nothing rest."""
    with_hooks(office, RULE)
    assert try_out(office, notifier(office), "ledger") is None
    Webhook(SECRET).verify(receiver.posted[0].body, receiver.posted[0].headers)
    assert told(receiver)[0]["type"] == "test"
    receiver.answer = says(410)
    refused = try_out(office, notifier(office), "ledger")
    assert refused is not None
    assert refused.code == 410
    with office.reading() as session:
        assert paused(session) == {}
    assert rows(office) == []
    with pytest.raises(UnknownWay, match="ledger"):
        try_out(office, notifier(office), "nobody")


@pytest.mark.sqlite
def test_a_channel_can_be_tried_by_hand(office: Office, receiver: Receiver) -> None:
    """The group reads that it is a test, in its language; what the robot refuses is said."""
    with_hooks(office, RULE, channels=(ChannelRule("group", "wecom"), ChannelRule("paper", "file", locale="en")))
    receiver.answer = says(200, b'{"errcode":0}')
    assert try_out(office, notifier(office), "group") is None
    assert "通知通道测试（2026年7月16日）" in told(receiver)[0]["markdown"]["content"]
    receiver.answer = says(200, b'{"errcode":93000,"errmsg":"invalid webhook url"}')
    refused = try_out(office, notifier(office), "group")
    assert refused is not None
    assert (refused.code, refused.text) == (93000, "invalid webhook url")
    assert try_out(office, notifier(office), "paper") is None
    (sheet,) = (office.settings.data / "printed" / "paper" / "2026-07-16").iterdir()
    assert "The channel is being tried" in sheet.read_text("utf-8")
    with pytest.raises(UnknownWay, match="ledger, group, paper"):
        try_out(office, notifier(office), "nobody")


def test_the_operator_sees_hooks_and_what_became_of_their_deliveries(office: Office, receiver: Receiver) -> None:
    """By state, as the outbox has them."""
    with_hooks(office, HookRule("ledger", events=("opened",)), HookRule("idle"))
    report(office)
    found = {one.rule.name: one for one in ways_out(office)}
    assert list(found) == ["ledger", "idle"]
    assert found["ledger"].deliveries == {"owed": 1}
    assert found["idle"].deliveries == {"owed": 2}
    deliver_all(office)
    assert ways_out(office)[0].deliveries == {"sent": 1}


@pytest.mark.sqlite
def test_the_command_refuses_what_there_is_not(office: Office) -> None:
    """Exit status 1, with the names that there are."""
    runner = CliRunner()
    data = ["--data", str(office.settings.data)]
    said = runner.invoke(app, ["hooks", "list", *data])
    assert said.exit_code == 0, said.output
    assert "names no hooks and no channels" in said.output
    assert runner.invoke(app, ["hooks", "test", "nobody", *data]).exit_code == 1
    assert runner.invoke(app, ["hooks", "resume", "nobody", *data]).exit_code == 1
