"""The morning digest: who gets which, when, how often, and how it is stopped."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update
from typer.testing import CliRunner

from deployments.cli import app
from domain.lifecycle import Party
from domain.policy import Role
from models.case import Case
from models.clock import Clock
from models.directory import Account
from models.office import AccessLink, Outbox
from notifications.message import SEALED_TITLE
from services.digest import DigestReport, send_digests
from services.directory_change import RoleGiven, RoleTaken
from services.milestone_rulings import plan_page, rule_on_change
from services.milestones import set_milestone
from services.office import Office
from services.page_types import LinkRefused
from services.pages import act, act_page
from services.settings import Settings
from services.sweep import sweep
from services.unsubscribe import digest_choice, send_again, stop_digest
from tests.builders import LEAD, PLANNING, ROADS, everything_of, holder, report, unrouted
from tests.mailroom import Mail, deliver_all
from tests.services.test_concurrency import at_once
from tests.services.test_directory_edit import change

At = Callable[[str], datetime]


def address_of(office: Office, account: str | None) -> str:
    """An account's mailbox."""
    with office.reading() as session:
        return str(session.scalar(select(Account.email).where(Account.id == account)))


def digests(office: Office) -> dict[str, Mail]:
    """The digests among the mails that are delivered now, by recipient."""
    found = [mail for mail in deliver_all(office) if mail.message == "morning_digest"]
    assert len({mail.to for mail in found}) == len(found)
    return {mail.to: mail for mail in found}


def lines(done: DigestReport) -> dict[str, dict[str, int]]:
    """The counts of each account's parts."""
    return {line.account: line.counts for line in done.lines}


def test_an_officer_reads_what_is_due_today_and_what_is_late(office: Office, at: At) -> None:
    """The lead's contact is late on Friday afternoon's next morning; each supporter's answer is due on Tuesday."""
    it = report(office)
    deliver_all(office)
    at("2026-07-21 08:10")
    send_digests(office)
    got = digests(office)
    roads = got[address_of(office, holder(office, Role.LIAISON, ROADS))]
    assert it.code in roads.text
    assert "今日到期（1 件）" in roads.text
    assert "配合答复" in roads.text
    assert "已逾期" not in roads.text
    lead = got[address_of(office, holder(office, Role.LIAISON, LEAD))]
    assert "已逾期（1 件）" in lead.text
    assert "首次联系" in lead.text


def test_each_matter_has_its_own_personal_link(office: Office, at: At) -> None:
    """A link of the digest opens the case as the officer's own page does, and acts as any other."""
    first, second = report(office), report(office)
    deliver_all(office)
    at("2026-07-21 08:10")
    send_digests(office)
    mail = digests(office)[address_of(office, holder(office, Role.LIAISON, ROADS))]
    tokens = [link.rsplit("/", 1)[1] for link in dict.fromkeys(mail.links) if "/act/" in link]
    codes = {act_page(office, token).case.code: token for token in tokens}  # type: ignore[union-attr]  # no waiting reports
    assert set(codes) == {first.code, second.code}
    assert act(office, codes[first.code], "answer", {"text": "同意占用道路"}).done
    assert first.clock("answer", ROADS)["state"] == "met"
    assert second.clock("answer", ROADS)["state"] == "running"


def test_who_owes_nothing_gets_nothing(office: Office, at: At) -> None:
    """On the morning of the day on which nothing falls due, nobody is written to; so with an empty office."""
    assert send_digests(office, dry_run=True).lines == ()
    report(office)
    at("2026-07-16 11:00")
    assert holder(office, Role.LIAISON, ROADS) not in lines(send_digests(office))


def test_the_digest_goes_once_a_day(office: Office, at: At) -> None:
    """By schedule and again by hand, even when more has fallen due meanwhile: one mail a person and day."""
    report(office)
    at("2026-07-21 08:10")
    done = send_digests(office)
    assert done.mails == len(done.lines) > 1
    before = everything_of(office)
    again = send_digests(office)
    assert (again.sent_before, again.lines) == (True, ())
    assert everything_of(office) == before
    at("2026-07-22 08:10")
    assert send_digests(office).mails >= 1


@pytest.mark.parametrize(
    ("day", "free"),
    [("2026-09-19 08:10", True), ("2026-09-20 08:10", False), ("2026-10-01 08:10", True), ("2026-07-19 08:10", True)],
)
def test_free_days_are_the_calendar_s(office: Office, at: At, day: str, free: bool) -> None:
    """None on a weekend or National Day; on a make-up Sunday as on any working day."""
    report(office)
    at(day)
    done = send_digests(office)
    assert done.free_day is free
    assert bool(done.lines) is not free


def test_a_dry_run_writes_nothing(office: Office, at: At) -> None:
    """It says who would get what, as often as asked and on a free day too."""
    report(office)
    at("2026-07-19 08:10")
    before = everything_of(office)
    assert lines(send_digests(office, dry_run=True)) == lines(send_digests(office, dry_run=True)) != {}
    assert everything_of(office) == before


def test_a_decision_waits_for_its_approver_every_morning(office: Office, at: At) -> None:
    """An extension that was asked stands in the digest of whoever is to decide, and no longer once it is decided."""
    it = report(office)
    at("2026-07-20 16:00")
    asked = it.by_lead("ask_extension").approver().account
    deliver_all(office)
    at("2026-07-21 08:10")
    send_digests(office)
    mail = digests(office)[address_of(office, asked)]
    assert "审批：" in mail.text
    assert it.code in mail.text
    it.decide("refuse")
    at("2026-07-22 08:10")
    assert asked not in lines(send_digests(office))


def test_clerks_read_what_waits_for_triage(office: Office, at: At) -> None:
    """A case that no rule could send anywhere waits for the desk."""
    it = unrouted(office)
    deliver_all(office)
    at("2026-07-17 08:10")
    send_digests(office)
    mail = digests(office)[address_of(office, "R06")]
    assert it.code in mail.text
    assert "分办" in mail.text


def test_leaders_read_what_is_red_in_their_scope_and_whose_delay_it_is(office: Office, at: At) -> None:
    """The unit's head, the desk's, the project's deputy chief and the chief; the supporter that is late longest is named."""
    it = report(office)
    at("2026-08-06 08:10")
    sweep(office)
    deliver_all(office)
    send_digests(office)
    got = digests(office)
    head = holder(office, Role.UNIT_HEAD, LEAD)
    for account in (head, "R05", "R02", "R01"):
        text = got[address_of(office, account)].text
        assert it.code in text
    chief = got[address_of(office, "R01")]
    assert "红灯事项（1 件）" in chief.text
    assert "责任单位" in chief.text
    other = holder(office, Role.UNIT_HEAD, "D05")
    assert address_of(office, other) not in got


def test_a_restricted_case_is_a_code_and_a_link(office: Office, at: At) -> None:
    """No title, step, date or unit of it is written, and leaders who hold no part of it read nothing."""
    it = report(office, title="涉密线路改迁", detail="不宜公开")
    with office.writing() as session:
        session.get_one(Case, it.id).restricted = True
    deliver_all(office)
    at("2026-08-06 08:10")
    send_digests(office)
    got = digests(office)
    mine = got[address_of(office, holder(office, Role.LIAISON, LEAD))]
    for mail in got.values():
        assert "涉密线路" not in mail.text + mail.html + mail.subject
    row = mine.text.split(it.code)[1].split("https://")[0].split("http://")[0]
    assert row.strip("：\n") == "打开办理页面"
    assert address_of(office, "R01") not in got
    assert SEALED_TITLE["zh"] not in mine.text


def test_it_is_read_in_the_reader_s_language(office: Office, at: At) -> None:
    """English for an account whose language is English."""
    report(office)
    with office.writing() as session:
        session.get_one(Account, holder(office, Role.LIAISON, ROADS)).locale = "en"
    deliver_all(office)
    at("2026-07-21 08:10")
    send_digests(office)
    mail = digests(office)[address_of(office, holder(office, Role.LIAISON, ROADS))]
    assert "Due today (1)" in mail.text
    assert "Supporter's answer" in mail.text


def test_reporters_get_none(office: Office, at: At) -> None:
    """Whatever waits for an enterprise is told in mails of its own."""
    it = report(office)
    it.replied()
    at("2026-07-21 08:10")
    send_digests(office)
    with office.reading() as session:
        rows = session.scalars(select(Outbox).where(Outbox.message == "morning_digest")).all()
    assert all(row.account_id is not None and row.contact_id is None for row in rows)


def test_many_matters_are_counted_and_thirty_listed(office: Office, at: At) -> None:
    """A mail stays readable, and makes no more links than it shows."""
    for _ in range(32):
        report(office)
    with office.writing() as session:
        for row in session.scalars(select(Outbox)):
            session.delete(row)
    at("2026-07-21 08:10")
    send_digests(office)
    mail = digests(office)[address_of(office, holder(office, Role.LIAISON, PLANNING))]
    assert "今日到期（32 件）" in mail.text
    assert "2 件未列出" in mail.text
    with office.reading() as session:
        made = session.scalar(
            select(func.count()).where(
                AccessLink.account_id == holder(office, Role.LIAISON, PLANNING),
                AccessLink.party == Party.SUPPORTER.value,
            )
        )
    assert made == 30


def test_a_late_node_and_a_change_to_be_ruled_on_stand_in_the_digests_of_who_answers_and_who_rules(
    office: Office, at: At
) -> None:
    """Each with a link to the plan; the light of a node is that of its last notice."""
    plan = {"project": "P02", "node": "started"}
    assert set_milestone(office, {"what": "plan", "date": "2026-07-20", **plan}, "m-1").done
    at("2026-07-28 07:30")
    sweep(office)
    assert set_milestone(office, {"what": "change", "date": "2026-08-31", "reason": "台风停工", **plan}, "m-2").done
    deliver_all(office)
    at("2026-07-28 08:10")
    send_digests(office)
    got = digests(office)
    answers, rules = got[address_of(office, "R11")], got[address_of(office, "R02")]
    assert "P02" in answers.text
    assert "▲ 逾期" in answers.text
    assert "计划调整待裁定" in rules.text
    assert "待您处理（1 件）" in rules.text
    for mail in (answers, rules):
        token = next(link for link in mail.links if "/act/" in link).rsplit("/", 1)[1]
        assert plan_page(office, token).plan.code == "P02"
    token = next(link for link in rules.links if "/act/" in link).rsplit("/", 1)[1]
    assert rule_on_change(office, token, "approve", {}).done


def test_who_lost_a_part_before_the_mail_went_out_gets_no_link_to_it(office: Office, at: At) -> None:
    """A digest that waits for the mail server makes only the links that its reader may still have."""
    it = report(office)
    deliver_all(office)
    at("2026-07-21 08:10")
    send_digests(office)
    officer = holder(office, Role.LIAISON, ROADS)
    assert officer is not None
    change(
        office, RoleGiven(account="L13", role="liaison", unit=ROADS), RoleTaken(account=officer, role="liaison", unit=ROADS)
    )  # fmt: skip
    mails = deliver_all(office)
    [mail] = [mail for mail in mails if mail.to == address_of(office, officer) and mail.message == "morning_digest"]
    assert it.code in mail.text
    assert not any("/act/" in link for link in mail.links)
    passed = [mail for mail in mails if mail.message == "work_passed_on"]
    assert address_of(office, "L13") in {mail.to for mail in passed}


def test_two_workers_at_once_send_one_each(office: Office, at: At) -> None:
    """However many ask for the morning's digests at the same moment."""
    report(office)
    at("2026-07-21 08:10")
    done = at_once(office, *[lambda mine: send_digests(mine)] * 4)
    assert sorted(bool(one.lines) for one in done) == [False, False, False, True]
    with office.reading() as session:
        rows = session.scalars(select(Outbox.account_id).where(Outbox.message == "morning_digest")).all()
    assert len(rows) == len(set(rows)) > 1


@pytest.mark.sqlite
def test_the_command_owes_them_once_and_says_to_whom(office: Office, settings: Settings, at: At) -> None:
    """For people and for machines."""
    report(office)
    ask = ["digest", "--data", str(settings.data)]
    with office.writing() as session:
        # The command's office goes by its own clock.
        session.execute(update(Clock).where(Clock.kind == "contact").values(due=office.now() - timedelta(days=400)))
    dry = json.loads(CliRunner().invoke(app, [*ask, "--dry-run", "--json"]).output)
    assert dry["dry_run"]
    assert holder(office, Role.LIAISON, LEAD) in {line["account"] for line in dry["lines"]}
    told = CliRunner().invoke(app, [*ask, "--dry-run"])
    assert told.exit_code == 0
    assert f"{len(dry['lines'])} mails (dry run)" in told.output


# -- stopping it -----------------------------------------------------------------------------------------------------------


def unsubscribing(mail: Mail) -> str:
    """The token by which a digest is stopped."""
    [link] = {link for link in mail.links if "/unsubscribe/" in link}
    return link.rsplit("/", 1)[1]


def test_who_stopped_it_gets_it_no_more_and_every_duty_as_before(office: Office, at: At) -> None:
    """Notices are no subscription; "send it again" brings the digest back."""
    report(office)
    deliver_all(office)
    at("2026-07-21 08:10")
    send_digests(office)
    roads = address_of(office, holder(office, Role.LIAISON, ROADS))
    token = unsubscribing(digests(office)[roads])
    assert not digest_choice(office, token).stopped
    stop_digest(office, token)
    stop_digest(office, token)
    assert digest_choice(office, token).stopped
    at("2026-07-23 08:10")
    sweep(office)
    done = send_digests(office)
    assert [line.account for line in done.lines if line.stopped] == [holder(office, Role.LIAISON, ROADS)]
    mails = deliver_all(office)
    assert [mail.message for mail in mails if mail.to == roads] == ["supervision_notice"]
    send_again(office, token)
    at("2026-07-24 08:10")
    send_digests(office)
    assert roads in digests(office)


def test_only_the_digest_s_own_link_stops_it(office: Office, at: At) -> None:
    """A case's link does not, nor does the stopping link open anything else."""
    report(office)
    deliver_all(office)
    at("2026-07-21 08:10")
    send_digests(office)
    mail = digests(office)[address_of(office, holder(office, Role.LIAISON, ROADS))]
    token = unsubscribing(mail)
    with pytest.raises(LinkRefused):
        act_page(office, token)
    page = next(link for link in mail.links if "/act/" in link).rsplit("/", 1)[1]
    for wrong in (page, "guessed"):
        with pytest.raises(LinkRefused):
            stop_digest(office, wrong)
