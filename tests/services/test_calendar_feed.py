"""A person's calendar: their due dates and consultations in the office's zone, behind an address of its own."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from icalendar import Calendar, Event
from sqlalchemy import select, update

from domain.lifecycle import Party
from domain.policy import Role
from models.case import Case
from models.directory import Account
from models.office import AccessLink, Outbox
from services.calendar_feed import feed, subscribe, unsubscribe
from services.links import hash_token
from services.office import Office
from services.page_types import LinkRefused
from services.pages import act, act_page, new_link
from tests.builders import LEAD, PLANNING, ROADS, Difficulty, holder, local, report
from tests.conftest import SHANGHAI
from tests.mailroom import Mail, deliver_all


def token_in(mail: Mail) -> str:
    """The token of the first personal address of a mail."""
    return mail.links[0].rsplit("/", 1)[1].removesuffix(".ics")


def own(office: Office, mails: list[Mail], to: str) -> str:
    """The token of somebody's page."""
    return token_in(next(mail for mail in mails if mail.to == to and "/act/" in mail.links[0]))


def address_of(office: Office, role: Role, unit: str | None = None) -> str:
    """The mailbox of whoever holds a role."""
    account = holder(office, role, unit)
    with office.reading() as session:
        return str(session.scalar(select(Account.email).where(Account.id == account)))


def calendar_token(office: Office, page_token: str) -> str:
    """Subscribe on a page; the token that the mail brings."""
    assert subscribe(office, page_token).done
    [mail] = [mail for mail in deliver_all(office) if mail.message == "calendar_link"]
    assert mail.links[0].startswith("http://127.0.0.1:8080/calendar/")
    assert mail.links[0].endswith(".ics")
    return token_in(mail)


def entries(office: Office, token: str) -> dict[str, Event]:
    """The calendar's entries by their summary."""
    calendar = Calendar.from_ical(feed(office, token).decode())
    found = [entry for entry in calendar.walk("VEVENT") if isinstance(entry, Event)]
    assert len({str(e["uid"]) for e in found}) == len(found)
    return {str(e["summary"]): e for e in found}


@pytest.fixture
def it(office: Office) -> Difficulty:
    """A case of the power company, supported by roads and planning."""
    return report(office)


def test_the_lead_s_officer_sees_what_the_lead_owes(office: Office, it: Difficulty) -> None:
    """Every date as the case has it, at the office's hour, and nothing of other units."""
    token = calendar_token(office, own(office, deliver_all(office), address_of(office, Role.LIAISON, LEAD)))
    shown = {name: e.decoded("dtstart") for name, e in entries(office, token).items()}
    assert shown[f"办结 {it.code}"] == datetime(2026, 7, 30, 17, 30, tzinfo=SHANGHAI)
    assert shown[f"首次联系 {it.code}"].strftime("%a %Y-%m-%d %H:%M") == it.due("contact")
    assert all(start.utcoffset() == timedelta(hours=8) for start in shown.values())
    assert not any("配合" in name or "层级" in name for name in shown)


def test_a_supporter_s_officer_sees_the_answer_alone(office: Office, it: Difficulty) -> None:
    """And no longer once it was given; a duty instead when there is one."""
    token = calendar_token(office, own(office, deliver_all(office), address_of(office, Role.LIAISON, ROADS)))
    assert set(entries(office, token)) == {f"配合答复 {it.code}"}
    it.act("answer", Party.SUPPORTER, ROADS).act("instruct", Party.CHIEF, None, unit=ROADS, date="2026-07-24")
    shown = entries(office, token)
    assert set(shown) == {f"交办任务 {it.code}"}
    assert shown[f"交办任务 {it.code}"].decoded("dtstart") == datetime(2026, 7, 24, 17, 30, tzinfo=SHANGHAI)


def test_consultations_stand_in_the_calendar_until_they_are_over(office: Office, it: Difficulty) -> None:
    """With their place and length; called off, they are gone."""
    token = calendar_token(office, own(office, deliver_all(office), address_of(office, Role.LIAISON, PLANNING)))
    it.by_head("call_consultation", time="14:30", place="302")
    meeting = entries(office, token)[f"会商 {it.code}"]
    assert meeting.decoded("dtstart") == datetime(2026, 7, 20, 14, 30, tzinfo=SHANGHAI)
    assert meeting.decoded("dtend") - meeting.decoded("dtstart") == timedelta(hours=2)
    assert str(meeting["location"]) == "302"
    it.by_head("conclude")
    assert f"会商 {it.code}" not in entries(office, token)


def test_who_decides_sees_until_when(office: Office, it: Difficulty) -> None:
    """The head of the lead's unit, asked to sign the reply, and nobody else for it."""
    head = address_of(office, Role.UNIT_HEAD, LEAD)
    it.by_lead("reply")
    token = calendar_token(office, own(office, deliver_all(office), head))
    shown = entries(office, token)
    assert (
        local(it.clock("approval_step")["due"])
        == f"{shown[f'审批：答复签发 {it.code}'].decoded('dtstart'):%a %Y-%m-%d %H:%M}"
    )


def test_what_is_late_and_what_is_estimated_says_so(office: Office, it: Difficulty) -> None:
    """A date that passed stays until it is met."""
    token = calendar_token(office, own(office, deliver_all(office), address_of(office, Role.LIAISON, ROADS)))
    it.at("2026-07-22 09:00")
    assert set(entries(office, token)) == {f"逾期：配合答复 {it.code}"}


def test_a_restricted_case_is_a_restricted_matter(office: Office, it: Difficulty) -> None:
    """No code, no place: only that there is something, and when."""
    token = calendar_token(office, own(office, deliver_all(office), address_of(office, Role.LIAISON, LEAD)))
    it.by_head("call_consultation", place="302室")
    with office.writing() as session:
        session.execute(update(Case).values(restricted=True))
    text = feed(office, token).decode().replace("\r\n ", "")
    assert it.code not in text.upper()
    assert "302室" not in text
    assert "限制知悉事项" in text


def test_no_calendar_holds_a_word_of_the_matter(office: Office, it: Difficulty) -> None:
    """Codes and kinds of steps: no title, no enterprise, nobody's name."""
    token = calendar_token(office, own(office, deliver_all(office), address_of(office, Role.LIAISON, LEAD)))
    text = feed(office, token).decode().replace("\r\n ", "")
    for secret in ("第二路电源", "钠能", "example.com", "act/"):
        assert secret not in text


def test_a_new_address_ends_the_old_one(office: Office, it: Difficulty) -> None:
    """And stopping ends the last; the page says whether there is one."""
    page = own(office, deliver_all(office), address_of(office, Role.LIAISON, LEAD))
    first = calendar_token(office, page)
    it.at("2026-07-16 10:05")
    second = calendar_token(office, page)
    with pytest.raises(LinkRefused, match="revoked"):
        feed(office, first)
    assert entries(office, second)
    shown = act_page(office, page)
    assert getattr(shown, "subscribed", None) is True
    assert unsubscribe(office, page).done
    with pytest.raises(LinkRefused, match="revoked"):
        feed(office, second)


def test_the_address_is_kept_as_a_hash_and_opens_nothing_else(office: Office, it: Difficulty) -> None:
    """It shows dates: no page, no action, no new link; and a page's link is no calendar."""
    page = own(office, deliver_all(office), address_of(office, Role.LIAISON, LEAD))
    token = calendar_token(office, page)
    with office.reading() as session:
        assert session.scalar(select(AccessLink.id).where(AccessLink.token_hash == hash_token(token))) is not None
        assert token not in str([(row.facts, row.grant) for row in session.scalars(select(Outbox))])
    for wrong in (
        lambda: act_page(office, token),
        lambda: act(office, token, "sign_for", {}),
        lambda: subscribe(office, token),
    ):
        with pytest.raises(LinkRefused, match="unknown"):
            wrong()
    assert new_link(office, token) is False
    for nothing in (page, "guessed", ""):
        with pytest.raises(LinkRefused, match="unknown"):
            feed(office, nothing)


def test_who_left_has_no_calendar(office: Office, it: Difficulty) -> None:
    """An account that is no longer active sees nothing any more."""
    box = address_of(office, Role.LIAISON, LEAD)
    token = calendar_token(office, own(office, deliver_all(office), box))
    with office.writing() as session:
        session.execute(update(Account).where(Account.email == box).values(active=False))
    with pytest.raises(LinkRefused):
        feed(office, token)


def test_an_enterprise_has_no_calendar_of_the_office_s(office: Office, it: Difficulty) -> None:
    """Its link is for its case."""
    mail = next(mail for mail in deliver_all(office) if "/track/" in mail.links[0])
    with pytest.raises(LinkRefused):
        subscribe(office, token_in(mail))
