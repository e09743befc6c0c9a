"""How the outbox sends: rates that hold over all workers, office hours, and what waits for one reader as one mail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from threading import Thread

import pytest
from sqlalchemy import select, update

from domain.mail_rules import QuietHours, Rates
from models.case import Case
from models.intake import DeliveryState, Trust
from models.office import AccessLink, Outbox, OutboxState
from services.form import submit_form
from services.health import health
from services.inbox import messages
from services.intake import store
from services.office import Office
from services.outbox import LEASE, claim, deliver, owed, retry
from services.outbox_due import rates_hold
from services.pages import act_page
from services.receiver import receive_waiting
from services.sweep import sweep
from tests.builders import envelope, report
from tests.mailroom import mail_rules
from tests.notifications.conftest import MailServer

At = Callable[[str], datetime]

FORM = {
    "enterprise": "禾城新客科技有限公司", "contact": "王先生", "category": "power", "severity": "1", "title": "临时用电不足", "detail": "",
}  # fmt: skip
OPERATOR = "operator@example.org"


@pytest.fixture
def server(office: Office) -> Iterator[MailServer]:
    """A real mail server that the office sends to."""
    made = MailServer()
    made.start()
    office.settings.smtp_url = made.url()
    yield made
    made.stop()


def owe_receipts(office: Office, count: int, start: int = 0) -> None:
    """Owe `count` receipts, each to an address of its own."""
    for n in range(start, start + count):
        submit_form(office, FORM | {"email": f"new{n}@example.com", "nonce": f"n-{n}"}, "zh")


def rows(office: Office) -> list[Outbox]:
    """The outbox, oldest first."""
    with office.reading() as session:
        return list(session.scalars(select(Outbox).order_by(Outbox.id)))


def mails(server: MailServer) -> list[EmailMessage]:
    """What arrived, in order."""
    return [message_from_bytes(raw, policy=policy.default) for _, _, raw in server.received]


def words(mail: EmailMessage) -> str:
    """The plain text of a mail."""
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def to(server: MailServer, address: str) -> list[EmailMessage]:
    """The mails to an address."""
    return [mail for mail in mails(server) if mail["To"] == address]


def settle(office: Office) -> None:
    """Let what is owed so far be as if it had been sent long ago."""
    with office.writing() as session:
        session.execute(
            update(Outbox).values(
                state=OutboxState.SENT, sent_at=office.now() - timedelta(days=3), mail_id=Outbox.message_id
            )
        )


# -- rates -------------------------------------------------------------------------------------------------------------


def test_rates_hold_over_minute_hour_and_day(office: Office, server: MailServer, at: At) -> None:
    """Never more than the policy says within any minute, hour and day; what waits says what for and until when."""
    mail_rules(office, rates=Rates(3, 7, 9, local=True))
    owe_receipts(office, 12)
    begin, sent = office.now(), list[datetime]()
    while office.now() < begin + timedelta(days=1, minutes=2):
        while owed(office):
            sent += [office.now()] * deliver(office).sent
        waiting = messages(office, "owed")
        if waiting:
            assert {row["waits_for"] for row in waiting} == {"rates"}
            until = datetime.fromisoformat(waiting[0]["until"])
            assert until > office.now()
            office.fixed = until - timedelta(seconds=1)
            assert not owed(office)
            office.fixed = until
        else:
            break
    assert len(sent) == len(server.received) == 12
    for span, most in Rates(3, 7, 9).windows():
        assert max(sum(moment <= one < moment + span for one in sent) for moment in sent) == most
    assert sent[-1] - sent[0] == timedelta(days=1)


@pytest.mark.each_database
def test_two_workers_share_one_rate(office: Office, server: MailServer) -> None:
    """Both look at the same moment: together they send no more than one would."""
    mail_rules(office, rates=Rates(5, local=True))
    owe_receipts(office, 12)
    workers = [Thread(target=lambda: [deliver(office, 4) for _ in range(4)]) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert len(server.received) == 5


def test_what_a_worker_is_about_to_send_counts_already(office: Office, server: MailServer) -> None:
    """A claim takes its share of the rate, until it is given back or its lease is over."""
    mail_rules(office, rates=Rates(5, local=True))
    owe_receipts(office, 9)
    assert len(claim(office, "slow", 3)) == 3
    assert deliver(office).sent == 2
    office.fixed = office.now() + LEASE + timedelta(seconds=1)
    assert deliver(office).sent == 5


def test_what_goes_first_when_not_all_may(office: Office, server: MailServer) -> None:
    """Red notices and critical cases, then receipts, then the oldest."""
    report(office)
    report(office, severity=3)
    owe_receipts(office, 1)
    mail_rules(office, rates=Rates(1, local=True))
    came = []
    while owed(office):
        came += [name for name, _, _ in deliver(office).messages]
        office.fixed = office.now() + timedelta(minutes=1)
    with office.reading() as session:
        critical = session.scalars(select(Case.id).where(Case.severity == 3)).one()
    ranks = [
        0 if row.case_id == critical else 1 if row.message in ("confirm_report", "case_opened") else 2
        for row in sent_in_order(office)
    ]
    assert ranks == sorted(ranks)
    assert set(ranks) == {0, 1, 2}


def sent_in_order(office: Office) -> list[Outbox]:
    """The outbox in the order in which it was sent."""
    return sorted(rows(office), key=lambda row: (row.sent_at or office.now(), row.id))


def test_a_mail_server_on_this_machine_keeps_its_own_queue(office: Office) -> None:
    """The demo's catcher is not slowed down; an office that wants its relay slowed down says so."""
    for url, held in (
        ("smtp://127.0.0.1:25", False), ("smtp://localhost", False), ("smtp://[::1]:2525", False), ("", True),
        ("smtps://user:secret@smtp.example.org:465", True),
    ):  # fmt: skip
        office.settings.smtp_url = url
        assert rates_hold(office) is held, url
    mail_rules(office, rates=Rates(local=True))
    office.settings.smtp_url = "smtp://127.0.0.1:25"
    assert rates_hold(office)


# -- hours -------------------------------------------------------------------------------------------------------------


def test_at_night_only_what_cannot_wait_goes(office: Office, server: MailServer, at: At) -> None:
    """A receipt at once; the officers' mails in the morning of the next working day, unless the case is critical."""
    mail_rules(office, quiet=QuietHours())
    at("2026-07-17 21:00")
    it, critical = report(office), report(office, severity=3)
    while owed(office):
        deliver(office)
    sent = [row for row in rows(office) if row.state is OutboxState.SENT]
    assert {row.message for row in sent if row.case_id == it.id} == {"case_opened"}
    assert {row.state for row in rows(office) if row.case_id == critical.id} == {OutboxState.SENT}
    assert {(row["waits_for"], row["until"]) for row in messages(office, "owed")} == {
        ("quiet hours", "2026-07-20T07:30:00+08:00")
    }
    assert health(office)["lag_seconds"]["mail"] == 0
    at("2026-07-19 15:00")
    assert not owed(office)
    at("2026-07-20 07:30")
    assert owed(office)
    assert health(office)["ok"], "what was held back until now is not late"
    deliver(office)
    assert {row.state for row in rows(office)} == {OutboxState.SENT}


# -- together ----------------------------------------------------------------------------------------------------------


def several(office: Office, count: int, *, spread: bool = False) -> None:
    """Difficulties taken up in one batch; their mails are owed at one moment."""
    categories = list(office.policy.categories) if spread else ["power"]
    for n in range(count):
        store(
            office, "standard", f"s{n}-{office.now():%H%M%S}", Trust.SIGNED, DeliveryState.WAITING,
            envelope(title=f"第{n}项", category=categories[n % len(categories)]), "application/json",
        )  # fmt: skip
    taken = 0
    while done := len(receive_waiting(office).cases):
        taken += done
    assert taken == count


def test_what_waits_for_one_reader_is_one_mail(office: Office, server: MailServer) -> None:
    """Three cases for an officer: one table with code, matter, time and a link each, which open their pages."""
    mail_rules(office, bundle_minutes=0)
    several(office, 3)
    while owed(office):
        deliver(office)
    [lead] = to(server, "gongdian-lly@example.org")
    text = words(lead)
    assert "3" in lead["Subject"]
    for n in range(1, 4):
        assert f"DIF-2026-000{n}" in text
        assert f"第{n - 1}项" in text
    links = [word for word in text.split() if "/act/" in word]
    assert len(set(links)) == 3
    for link in links:
        act_page(office, link.rsplit("/", 1)[1])
    mine = [row for row in rows(office) if row.address == "gongdian-lly@example.org"]
    assert {row.mail_id for row in mine} == {lead["Message-ID"]}
    assert lead["Message-ID"] not in {row.message_id for row in mine}
    # The reporter's receipts are each their own.
    assert len(to(server, "p02@example.com")) == 3
    assert Counter(mail["To"] for mail in mails(server)).most_common(1)[0][1] == 3


def test_one_that_waits_alone_goes_as_itself(office: Office, server: MailServer) -> None:
    """With its own subject, thread and Message-ID."""
    mail_rules(office, bundle_minutes=0)
    it = report(office)
    deliver(office)
    [mail] = to(server, "gongdian-lly@example.org")
    [row] = [row for row in rows(office) if row.address == "gongdian-lly@example.org"]
    assert mail["Message-ID"] == row.message_id == row.mail_id
    assert mail["Subject"].startswith(f"[{it.code}]")
    assert mail["References"] == row.root_id


def test_a_window_gathers_what_comes_within_it(office: Office, server: MailServer, at: At) -> None:
    """The first waits for it to be over; the later ones go along with it, and do not wait for their own."""
    mail_rules(office, bundle_minutes=10)
    report(office)
    at("2026-07-16 10:09")
    report(office)
    while owed(office):
        deliver(office)
    assert to(server, "gongdian-lly@example.org") == []
    assert {row["waits_for"] for row in messages(office, "owed")} == {"others to the same reader"}
    at("2026-07-16 10:10")
    deliver(office)
    assert len(to(server, "gongdian-lly@example.org")) == 1
    assert not owed(office)


@pytest.mark.each_database
def test_a_bundle_that_was_fixed_comes_again_as_it_was(office: Office, server: MailServer, at: At) -> None:
    """Killed between claim and mark: the same mail with the same Message-ID; what was owed since goes in another one."""
    mail_rules(office, bundle_minutes=0)
    several(office, 2)
    before = {letter.address: (letter.message_id, letter.ids) for letter in claim(office, "dead", 50)}
    at("2026-07-16 10:30")
    several(office, 2)
    after = claim(office, "next", 50)
    assert len({letter.message_id for letter in after}) == len(after)
    mine = sorted((letter.message_id, letter.ids) for letter in after if letter.address == "gongdian-lly@example.org")
    assert len(mine) == 2
    assert before["gongdian-lly@example.org"] in mine


def test_a_fixed_bundle_stays_whole_at_night(office: Office, server: MailServer, at: At) -> None:
    """An urgent part of it may not drag half of it through the quiet hours: one Message-ID is one mail."""
    mail_rules(office, bundle_minutes=0, urgent_alone=0, quiet=QuietHours())
    report(office)
    report(office, severity=3)
    at("2026-07-16 19:59")
    before = {letter.address: letter.ids for letter in claim(office, "dead", 50)}
    at("2026-07-16 21:00")
    after = {letter.address: letter.ids for letter in claim(office, "next", 50)}
    assert len(before["gongdian-lly@example.org"]) == 2
    assert after["gongdian-lly@example.org"] == before["gongdian-lly@example.org"]


def test_a_server_that_could_not_be_reached_fixes_nothing(office: Office, server: MailServer, at: At) -> None:
    """What was put together and never handed over is put together anew, with all that waits by then."""
    mail_rules(office, bundle_minutes=0)
    office.settings.smtp_url = "smtp://127.0.0.1:1"
    several(office, 2)
    assert deliver(office).sent == 0
    assert {row.mail_id for row in rows(office)} == {None}
    office.settings.smtp_url = server.url()
    at("2026-07-16 10:00")
    office.fixed = office.now() + timedelta(seconds=20)
    several(office, 2)
    while owed(office):
        deliver(office)
    [mail] = to(server, "gongdian-lly@example.org")
    assert [f"DIF-2026-000{n}" in words(mail) for n in range(1, 5)] == [True] * 4


def test_a_part_that_cannot_be_written_fails_alone(office: Office, server: MailServer) -> None:
    """The others go; the failed one, mended and owed again, goes by itself under its own Message-ID."""
    mail_rules(office, bundle_minutes=0)
    several(office, 3)
    broken = next(row for row in rows(office) if row.address == "gongdian-lly@example.org")
    with office.writing() as session:
        session.execute(update(Outbox).where(Outbox.id == broken.id).values(facts={}))
    while owed(office):
        deliver(office)
    assert [row.id for row in rows(office) if row.state is OutboxState.FAILED] == [broken.id]
    with office.writing() as session:
        session.execute(update(Outbox).where(Outbox.id == broken.id).values(facts=broken.facts))
    assert retry(office, [broken.id]) == 1
    deliver(office)
    first, second = to(server, "gongdian-lly@example.org")
    assert "2" in first["Subject"]
    assert second["Message-ID"] == broken.message_id


def test_a_restricted_case_in_a_bundle_says_its_code_alone(office: Office, server: MailServer) -> None:
    """No word of the matter, as in a mail of its own."""
    mail_rules(office, bundle_minutes=0)
    several(office, 2)
    with office.writing() as session:
        session.execute(update(Case).where(Case.code == "DIF-2026-0001").values(restricted=True))
    while owed(office):
        deliver(office)
    [mail] = to(server, "gongdian-lly@example.org")
    assert "第0项" not in words(mail)
    assert "第1项" in words(mail)
    assert "DIF-2026-0001" in words(mail)


def test_messages_about_one_case_share_its_thread_and_a_link(office: Office, server: MailServer, at: At) -> None:
    """Two notices of a case to one person: its code in the subject, one link that opens it, and each document's."""
    it = report(office)
    settle(office)
    mail_rules(office, bundle_minutes=0)
    at("2026-07-28 09:00")
    sweep(office)
    with office.writing() as session:
        session.execute(
            update(Outbox).where(Outbox.message != "supervision_notice").values(state=OutboxState.VOID, sent_at=None)
        )
    shared = Counter(row.address for row in rows(office) if row.state is OutboxState.OWED)
    while owed(office):
        deliver(office)
    [address] = [one for one, count in shared.items() if count > 1][:1]
    bundle = to(server, address)[-1]
    assert bundle["Subject"].startswith(f"[{it.code}]")
    assert bundle["References"] == next(row.root_id for row in rows(office) if row.case_id == it.id)
    numbers = [row.facts["number"] for row in rows(office) if row.mail_id == bundle["Message-ID"]]
    assert len(numbers) > 1
    for number in numbers:
        assert number in words(bundle)
    pages = {word for word in words(bundle).split() if "/act/" in word and "/notice/" not in word}
    documents = {word for word in words(bundle).split() if "/notice/" in word}
    assert len(documents) == len(numbers)
    with office.reading() as session:
        links = session.scalars(
            select(AccessLink.id).where(AccessLink.account_id == "L08", AccessLink.case_id == it.id)
        ).all()
    assert len(pages) <= len(links) + 1


# -- after an outage ---------------------------------------------------------------------------------------------------


@pytest.mark.each_database
@pytest.mark.timeout(300)
def test_three_days_of_outage_with_500_cases_are_one_mail_for_each_person(
    office: Office, server: MailServer, at: At
) -> None:
    """Everything was down for 72 hours while first contacts and answers fell due: at most as many mails as people, each a
    digest of the highest colours, and every notice in exactly one of them.
    """
    mail_rules(office, bundle_minutes=0, quiet=QuietHours())
    several(office, 500, spread=True)
    settle(office)
    sweep(office)
    at("2026-07-19 10:05")
    before = len(rows(office))
    notices = sweep(office).notices
    at("2026-07-20 08:00")
    owing = rows(office)[before:]
    assert notices > 500
    assert len({row.case_id for row in owing}) == 500
    colours = Counter(
        (row.case_id, row.address, row.facts["clock"]["en"]) for row in owing if row.message == "supervision_notice"
    )
    assert max(colours.values()) == 1, "only the highest colour of a clock"
    while owed(office):
        deliver(office)
    assert {row.state for row in rows(office)} == {OutboxState.SENT}
    came = Counter(str(mail["To"]) for mail in mails(server))
    assert set(came) == {row.address for row in owing}
    assert max(came.values()) == 1
    said = {str(mail["To"]): words(mail) for mail in mails(server)}
    assert all(row.facts["number"] in said[row.address] for row in owing if row.message == "supervision_notice")


# -- refused -----------------------------------------------------------------------------------------------------------


def test_the_operator_is_told_of_refused_mail_once_an_hour(office: Office, server: MailServer, at: At) -> None:
    """One mail for all that was refused since the last one; nothing when nothing new was."""
    server.on_rcpt = lambda to: None if to == OPERATOR else "550 no such user"
    owe_receipts(office, 3)
    while owed(office):
        deliver(office)
    owe_receipts(office, 2, start=3)
    while owed(office):
        deliver(office)
    assert ["3" in mail["Subject"] for mail in to(server, OPERATOR)] == [True]
    assert "new0@example.com: 550 no such user" in words(to(server, OPERATOR)[0])
    at("2026-07-16 11:01")
    owe_receipts(office, 1, start=5)
    while owed(office):
        deliver(office)
    _, second = to(server, OPERATOR)
    assert "new5@example.com" in words(second)
    assert "new3@example.com" in words(second)
    assert "new0@example.com" not in words(second)


def test_a_mail_to_the_operator_that_is_refused_tells_nobody(office: Office, server: MailServer, at: At) -> None:
    """No loop: an operator's mailbox that is closed brings no further mail to it, however long it is tried."""
    server.on_rcpt = lambda _: "550 no such user"
    owe_receipts(office, 1)
    for _ in range(30):
        deliver(office)
        office.fixed = office.now() + timedelta(minutes=30)
    assert Counter(row.message for row in rows(office)) == {"confirm_report": 1, "mail_refused": 1}
