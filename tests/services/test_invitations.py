"""Consultations in the calendars of those who are called: what arrives by mail, and what takes it out again."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.message import EmailMessage

import pytest
from icalendar import Calendar, Event

from domain.lifecycle import Party
from notifications.caught import caught, parsed
from services.office import Office
from services.page_types import ActPage
from services.pages import act_page
from tests.builders import AREA, LEAD, PLANNING, ROADS, Difficulty, report
from tests.conftest import SHANGHAI
from tests.mailroom import deliver_all

pytestmark = pytest.mark.sqlite


def files(office: Office, kind: str) -> dict[str, tuple[EmailMessage, EmailMessage]]:
    """The newest mail with a calendar file of a method to each address: address → (mail, attachment)."""
    deliver_all(office)
    found: dict[str, tuple[EmailMessage, EmailMessage]] = {}
    for row in caught(office.settings.data / "mail.sqlite", limit=1000):
        mail = parsed(row)
        for part in mail.iter_attachments():
            if part.get_content_type() == "text/calendar" and part.get_param("method") == kind:
                assert isinstance(part, EmailMessage)
                found.setdefault(row.recipients[0], (mail, part))
    return found


def event_of(part: EmailMessage) -> tuple[Calendar, Event]:
    """The calendar of an attachment, and its one event."""
    calendar = Calendar.from_ical(part.get_content())
    assert isinstance(calendar, Calendar)
    [event] = calendar.walk("VEVENT")
    assert isinstance(event, Event)
    return calendar, event


@pytest.fixture
def called(office: Office) -> Difficulty:
    """A consultation called for Monday 20 July, 14:30, with a unit that has no other part."""
    return report(office).by_head(
        "call_consultation", participants=["D10"], time="14:30", place="302,会议室;东", text="定廊道"
    )


def test_an_invitation_is_a_real_attachment(office: Office, called: Difficulty) -> None:
    """With a name and a method of its own, beside text and HTML; one for each of those called."""
    sent = files(office, "REQUEST")
    assert set(sent) == set(called.told("called_to_consultation"))
    assert len(sent) == 4
    for mail, part in sent.values():
        assert part.get_content_disposition() == "attachment"
        assert part.get_filename() == f"{called.code}-consultation.ics"
        assert (part.get_param("charset"), part.get_content_charset()) == ("utf-8", "utf-8")
        assert mail.get_body(("plain",)) is not None
        assert mail.get_body(("html",)) is not None


def test_the_entry_is_at_the_office_s_hour(office: Office, called: Difficulty) -> None:
    """Half past two in Shanghai wherever it is read, with the rules of that zone beside it; the place as it was typed."""
    _, part = next(iter(files(office, "REQUEST").values()))
    calendar, event = event_of(part)
    start, end = event.decoded("dtstart"), event.decoded("dtend")
    assert start == datetime(2026, 7, 20, 14, 30, tzinfo=SHANGHAI)
    assert start.utcoffset() == timedelta(hours=8)
    assert end - start == timedelta(hours=2)
    assert [str(zone["tzid"]) for zone in calendar.walk("VTIMEZONE")] == ["Asia/Shanghai"]
    assert str(event["location"]) == "302,会议室;东"
    assert str(calendar["method"]) == "REQUEST"


def test_the_entry_says_the_code_and_nothing_of_the_matter(office: Office, called: Difficulty) -> None:
    """Calendars are kept by others: the code, the reader's own link, no title, no agenda, no enterprise."""
    for mail, part in files(office, "REQUEST").values():
        _, event = event_of(part)
        assert str(event["summary"]) in (f"会商 {called.code}", f"Consultation {called.code}")
        body = mail.get_body(("plain",))
        assert body is not None
        assert str(event["url"]) in body.get_content()
        content = part.get_content()
        for secret in ("第二路电源", "定廊道", "湖粲", "钠能"):
            assert secret not in content


def test_nobody_is_asked_to_answer(office: Office, called: Difficulty) -> None:
    """The office reads no mail back: the reader is named, and no reply is wanted."""
    for address, (_, part) in files(office, "REQUEST").items():
        _, event = event_of(part)
        attendee = event["attendee"]
        assert str(attendee) == f"mailto:{address}"
        assert attendee.params["RSVP"] == "FALSE"
        assert str(event["organizer"]) == f"mailto:{office.policy.mail.reply_to}"


def test_a_cancelled_consultation_leaves_the_calendars(office: Office, called: Difficulty) -> None:
    """The same entry with a higher sequence, to each who was called."""
    before = {address: event_of(part)[1] for address, (_, part) in files(office, "REQUEST").items()}
    called.by_head("reassign", lead=ROADS)
    after = {address: event_of(part) for address, (_, part) in files(office, "CANCEL").items()}
    assert set(after) == set(before)
    for address, (calendar, event) in after.items():
        assert event["uid"] == before[address]["uid"]
        assert (str(before[address]["sequence"]), str(event["sequence"])) == ("0", "1")
        assert (str(calendar["method"]), str(event["status"])) == ("CANCEL", "CANCELLED")


def test_a_moved_consultation_moves_in_the_calendars(office: Office, called: Difficulty) -> None:
    """One mail to each: the same entry, a higher sequence, the new hour and place, as a request; its end is higher still."""
    before = {address: event_of(part)[1] for address, (_, part) in files(office, "REQUEST").items()}
    called.by_head("move_consultation", date="2026-07-22", time="09:00", place="201", reason="图纸未齐")
    moved = {address: event_of(part) for address, (_, part) in files(office, "REQUEST").items()}
    assert set(moved) == set(before)
    for address, (calendar, event) in moved.items():
        assert event["uid"] == before[address]["uid"]
        assert (str(calendar["method"]), str(event["sequence"]), str(event["status"])) == ("REQUEST", "1", "CONFIRMED")
        assert event.decoded("dtstart") == datetime(2026, 7, 22, 9, 0, tzinfo=SHANGHAI)
        assert str(event["location"]) == "201"
    assert files(office, "CANCEL") == {}
    called.by_head("reassign", lead=ROADS)
    for _, part in files(office, "CANCEL").values():
        assert str(event_of(part)[1]["sequence"]) == "2"


def test_minutes_before_the_day_cancel_nothing(office: Office, called: Difficulty) -> None:
    """Held early, the consultation has its minutes, which say that there is none on the day any more; no second mail."""
    called.by_head("conclude")
    mails = [mail for mail in deliver_all(office) if mail.message.startswith("consultation_")]
    assert {mail.message for mail in mails} == {"consultation_concluded"}
    assert all("会商已提前召开\uff0c原定2026年7月20日" in mail.text or "held early" in mail.text for mail in mails)
    assert files(office, "CANCEL") == {}


def test_the_next_consultation_is_another_entry(office: Office, called: Difficulty) -> None:
    """Each has its own name for good."""
    first = event_of(files(office, "REQUEST")[called.told("called_to_consultation")[0]][1])[1]
    called.by_head("conclude").by_head("call_consultation", date="2026-07-22")
    second = event_of(files(office, "REQUEST")[called.told("called_to_consultation")[0]][1])[1]
    assert first["uid"] != second["uid"]


def test_duties_come_with_their_days(office: Office, called: Difficulty) -> None:
    """Who got one reads it in their own calendar too; who got none has no file."""
    called.by_head("conclude", duties=f"{ROADS};出具路由;2026-07-28\n{ROADS};公示;2026-07-30")
    sent = files(office, "PUBLISH")
    [(address, (_, part))] = sent.items()
    events = Calendar.from_ical(part.get_content()).walk("VEVENT")
    assert [e.decoded("dtstart") for e in events] == [
        datetime(2026, 7, 28, 17, 30, tzinfo=SHANGHAI), datetime(2026, 7, 30, 17, 30, tzinfo=SHANGHAI),
    ]  # fmt: skip
    assert len({str(e["uid"]) for e in events}) == 2
    assert "出具路由" not in part.get_content()
    assert address in called.told("consultation_concluded")


def test_other_mails_carry_no_file(office: Office) -> None:
    """Only what has a day of its own."""
    report(office).by_lead("contact")
    deliver_all(office)
    assert all(not list(parsed(row).iter_attachments()) for row in caught(office.settings.data / "mail.sqlite"))


def test_who_would_meet_is_ticked_already(office: Office) -> None:
    """On a meeting rung the head's page begins with the call: lead, supporters and area stand first, and are ticked."""
    report(office).act("escalate", Party.UNIT_HEAD)
    [mail] = [m for m in deliver_all(office) if m.message == "climbed" and "召集会商" in m.text]
    page = act_page(office, mail.links[0].rsplit("/", 1)[1])
    assert isinstance(page, ActPage)
    assert page.buttons[0].action.name == "call_consultation"
    [units] = [field for field in page.buttons[0].fields if field.name == "participants"]
    assert units.value.split(",") == [LEAD, ROADS, PLANNING, AREA]
    assert {choice.value for choice in units.choices[:4]} == {LEAD, ROADS, PLANNING, AREA}
