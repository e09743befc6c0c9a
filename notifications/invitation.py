"""The calendar file that goes along with a mail about a meeting, or about duties with a day."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta

from domain.policy import Label
from notifications.calendar_file import Entry, Method, Named, write_calendar
from notifications.envelope import Attachment, bare_address
from notifications.message import Message, parse_moment
from notifications.messages.called_to_consultation import CalledToConsultation
from notifications.messages.consultation_cancelled import ConsultationCancelled
from notifications.messages.consultation_concluded import ConsultationConcluded
from notifications.messages.consultation_moved import ConsultationMoved
from notifications.render import OfficeLine, locale_of
from notifications.wording import one_line

MEETING = Label("会商", "Consultation")
DUTY = Label("交办任务", "Duty")


def calendar_of(
    message: Message,
    links: Mapping[str, str],
    office: OfficeLine,
    *,
    locale: str,
    recipient: str,
    organizer: str,
    lasts: timedelta,
    stamp: datetime,
) -> tuple[Attachment, ...]:
    """The file for one reader of a message; empty for messages without one.

    Calendars are kept by others: they get the case's code and the personal link, no word of the matter itself.
    """
    found = _entries(message, links.get("act"), office, locale, lasts)
    if found is None:
        return ()
    method, entries, name = found
    language = locale_of(locale)
    content = write_calendar(
        entries, method, zone=office.zone, stamp=stamp, organizer=Named(office.office.in_(language), bare_address(organizer)),
        attendee=None if method == "PUBLISH" else Named(bare_address(recipient), bare_address(recipient)),
    )  # fmt: skip
    return (Attachment(f"{name}.ics", f"text/calendar; method={method}; charset=utf-8", content),)


def meeting_uid(code: str, number: int, office: OfficeLine) -> str:
    """The lasting name of a case's n-th consultation, the same in the invitation, in its moves and in its end."""
    return f"{code.lower()}-consultation-{number}@{_domain(office)}"


def _domain(office: OfficeLine) -> str:
    return bare_address(office.reply_to).rpartition("@")[2]


def _entries(
    message: Message, link: str | None, office: OfficeLine, locale: str, lasts: timedelta
) -> tuple[Method, list[Entry], str] | None:
    language = locale_of(locale)
    match message:
        case CalledToConsultation() | ConsultationMoved() | ConsultationCancelled():
            cancelled = isinstance(message, ConsultationCancelled)
            start = parse_moment(message.at)
            entry = Entry(
                meeting_uid(message.case_code, message.number, office), start,
                f"{MEETING.in_(language)} {message.case_code}", start + lasts, message.moves + cancelled,
                one_line(message.place) if message.place else None, url=link,
            )  # fmt: skip
            return "CANCEL" if cancelled else "REQUEST", [entry], f"{message.case_code}-consultation"
        case ConsultationConcluded() if message.duties:
            entries = []
            for duty in message.duties:
                told = hashlib.sha256(f"{duty['what']}|{duty['due']}".encode()).hexdigest()[:16]
                entries.append(Entry(
                    f"{message.case_code.lower()}-duty-{told}@{_domain(office)}", parse_moment(duty["due"]),
                    f"{DUTY.in_(language)} {message.case_code}", url=link,
                ))  # fmt: skip
            return "PUBLISH", entries, f"{message.case_code}-duties"
        case _:
            return None
