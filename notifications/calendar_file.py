"""Writes calendars (RFC 5545): the file that goes along with a mail, and the feed that a person's own calendar reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from icalendar import Calendar, Event

Method = Literal["REQUEST", "CANCEL", "PUBLISH"]
PRODUCT = "-//Expedite//Calendar 1//EN"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. A due date has a `start` alone and takes nobody's time; a meeting has an `end` and does.

    `uid` stays the same for an entry however often it is sent; `sequence` grows with each change of it.
    """

    uid: str
    start: datetime
    summary: str
    end: datetime | None = None
    sequence: int = 0
    location: str | None = None
    description: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """A person or an office with a mailbox, as calendars name them."""

    name: str
    address: str


def write_calendar(
    entries: Sequence[Entry],
    method: Method,
    *,
    zone: ZoneInfo,
    stamp: datetime,
    organizer: Named,
    attendee: Named | None = None,
    name: str = "",
    refresh: timedelta | None = None,
) -> bytes:
    """The calendar as text, moments in `zone` with its rules beside them.

    A REQUEST names its one `attendee`, of whom no answer is asked: nobody would read it. `refresh` says how often a feed is
    worth reading again.
    """
    # A quarter of a second of imports, needed for a few mails in a hundred.
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    if name:
        calendar.add("name", name)
        calendar.add("x-wr-calname", name)
    if refresh is not None:
        calendar.add("refresh-interval", refresh, parameters={"VALUE": "DURATION"})
        calendar.add("x-published-ttl", f"PT{int(refresh.total_seconds() // 60)}M")
    for entry in entries:
        calendar.add_component(_event(entry, method, zone, stamp, organizer, attendee))
    _add_zone(calendar, entries)
    return bytes(calendar.to_ical())


def _event(
    entry: Entry, method: Method, zone: ZoneInfo, stamp: datetime, organizer: Named, attendee: Named | None
) -> Event:
    from icalendar import Event

    event = Event()
    event.add("uid", entry.uid)
    event.add("sequence", entry.sequence)
    event.add("dtstamp", stamp.astimezone(UTC))
    event.add("dtstart", entry.start.astimezone(zone))
    if entry.end is not None:
        event.add("dtend", entry.end.astimezone(zone))
    event.add("summary", entry.summary)
    for field, value in (("location", entry.location), ("description", entry.description), ("url", entry.url)):
        if value:
            event.add(field, value)
    event.add("transp", "TRANSPARENT" if entry.end is None else "OPAQUE")
    event.add("status", "CANCELLED" if method == "CANCEL" else "CONFIRMED")
    if entry.end is None:
        return event
    event.add("organizer", _mailbox(organizer, {}))
    if attendee is not None:
        event.add("attendee", _mailbox(attendee, {"ROLE": "REQ-PARTICIPANT", "RSVP": "FALSE"}))
    return event


def _mailbox(who: Named, parameters: dict[str, str]) -> object:
    from icalendar import vCalAddress, vText

    found = vCalAddress(f"mailto:{who.address}")
    # A quotation mark cannot stand in a parameter (RFC 5545, 3.2).
    for key, value in {"CN": who.name.replace('"', "'"), **parameters}.items():
        found.params[key] = vText(value)
    return found


def _add_zone(calendar: Calendar, entries: Sequence[Entry]) -> None:
    years = [entry.start.year for entry in entries]
    if years:
        calendar.add_missing_timezones(first_date=date(min(years) - 1, 1, 1), last_date=date(max(years) + 1, 12, 31))
