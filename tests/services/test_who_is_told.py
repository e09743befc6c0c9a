"""Who is told what: each cause of a climb with its mails, one mail per person, and nothing of the inside to a reporter."""

from __future__ import annotations

from collections.abc import Callable
from email import message_from_bytes
from email.policy import default

import pytest
from sqlalchemy import select

from domain.lifecycle import Party
from domain.policy import Role
from models.directory import Account, AccountRole, Contact
from notifications.caught import caught
from services.office import Office
from tests.builders import PLANNING, REPORT, ROADS, Difficulty, report
from tests.mailroom import deliver_all

pytestmark = pytest.mark.sqlite

REPORTER = str(REPORT["enterprise"]["email"])
REMARK = "金丝雀\uff1a内部意见 l08@example.org"


def overdue(it: Difficulty) -> None:
    """Three working days past the closing day, 2026-07-30."""
    it.sweep_at("2026-08-04 17:31")


def returned_twice(it: Difficulty) -> None:
    """The first lead sends it back, and so does the one to which the desk gives it then."""
    it.by_lead("send_back").by_head("call_consultation").by_head("reassign", lead=ROADS).by_lead(
        "send_back", suggested=PLANNING
    )


def unruled(it: Difficulty) -> None:
    """The first lead sends it back, and nobody rules in time."""
    it.by_lead("send_back").sweep_at("2026-07-22 09:00")


CAUSES: dict[str, tuple[Callable[[Difficulty], object], str]] = {
    "three working days overdue": (overdue, "overdue"),
    "sent back twice": (returned_twice, "returned_twice"),
    "no ruling in time": (unruled, "no_ruling"),
    "redone": (lambda it: it.replied().by_firm("dispute"), "redo"),
    "redone twice": (lambda it: it.replied().by_firm("dispute").replied().by_firm("dispute"), "redo"),
    "the unit's head asks": (lambda it: it.act("escalate", Party.UNIT_HEAD), "head"),
    "the enterprise appeals": (lambda it: it.by_firm("appeal"), "appeal"),
}  # fmt: skip


@pytest.mark.parametrize("name", CAUSES)
def test_each_cause_climbs_once_and_tells_both_holders(office: Office, name: str) -> None:
    """LIFECYCLE, Rules: one climb per cause. The new holder is told that they hold it, the old one that they do not; no mail twice."""
    happen, mark = CAUSES[name]
    it = report(office)
    happen(it)
    climbs = it.events("climbed")
    assert [event["facts"]["cause"].split(":")[0] for event in climbs] == [mark] * len(climbs)
    assert len(climbs) == (2 if name == "redone twice" else 1)
    told = list(zip(it.told("climbed"), it.told_facts("climbed"), strict=True))
    for event in climbs:
        of_this = [(to, facts) for to, facts in told if facts["to_rung"] == office_rung(office, event["facts"]["to"])]
        assert {facts["you_hold"] for _, facts in of_this} == {True, False}
        assert len({to for to, _ in of_this}) == len(of_this)
        assert len({str(facts["cause"]) for _, facts in of_this}) == 1
    before = len(told)
    it.sweep_at("2026-08-04 17:32")
    if name == "three working days overdue":
        assert len(it.told("climbed")) == before


def office_rung(office: Office, number: int) -> dict[str, str]:
    """A rung's name as mails have it."""
    label = office.policy.rung(number).label
    return {"zh": label.zh, "en": label.en}


def test_several_roles_of_one_person_give_one_mail(office: Office) -> None:
    """The head of a unit who is its liaison too gets the yellow notice once."""
    it = report(office)
    unit = it.case.lead
    with office.writing() as session:
        head = session.scalars(
            select(AccountRole).where(AccountRole.role == Role.UNIT_HEAD, AccountRole.unit_id == unit)
        ).one()
        liaisons = session.scalars(
            select(AccountRole).where(AccountRole.role == Role.LIAISON, AccountRole.unit_id == unit)
        ).all()
        for one in liaisons:
            one.account_id = head.account_id
        address = session.get_one(Account, head.account_id).email
    it.sweep_at("2026-07-31 18:00")
    numbers = [facts["number"] for to, facts in zip(it.told("supervision_notice"), it.told_facts("supervision_notice"), strict=True) if to == address]  # fmt: skip
    assert numbers
    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_no_mail_to_a_reporter_shows_the_inside_of_the_office(office: Office, locale: str) -> None:
    """No officer's address, post or remark in subject, text, page or headers, whatever officers wrote (zammad 1121)."""
    it = report(office)
    with office.writing() as session:
        for contact in session.scalars(select(Contact).where(Contact.email == REPORTER)):
            contact.locale = locale
    it.by_lead("send_back", reason=REMARK).by_head("rule", reason=REMARK, lead=PLANNING)
    it.by_lead("sign_for").by_lead("contact", how=REMARK, text=REMARK)
    it.by_lead("ask_extension", reason=REMARK, progress=REMARK).decide("refuse", reason=REMARK)
    it.by_head("call_consultation", agenda=REMARK, place=REMARK).by_head("conclude", minutes=REMARK)
    it.by_lead("reply").decide().by_firm("dispute")
    it.act("escalate", Party.UNIT_HEAD, reason=REMARK)
    it.sweep_at("2026-08-10 09:00")
    it.by_lead("reply").decide().by_firm("confirm")
    deliver_all(office)
    with office.reading() as session:
        people = list(session.scalars(select(Account)))
    sent = [row for row in caught(office.settings.data / "mail.sqlite", limit=500) if row.recipients == (REPORTER,)]
    assert len(sent) >= 6
    inside = {p.email for p in people} - {office.policy.mail.reply_to, REPORTER}
    for row in sent:
        mail = message_from_bytes(row.raw, policy=default)
        body = [part.get_content() for part in mail.walk() if part.get_content_maintype() == "text"]
        said = "\n".join([*(f"{k}: {v}" for k, v in mail.items()), *body])
        assert "金丝雀" not in said
        assert [address for address in inside if address in said] == []
        assert [p.title_zh for p in people if p.title_zh in said] == []
        assert str(mail["Subject"]).startswith(f"[{it.code}]") or "R-" in str(mail["Subject"])
