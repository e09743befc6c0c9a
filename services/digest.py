"""The morning digest: once an office day, one mail to each person who owes something, never to one who stopped it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.policy import Colour, Label
from models.engine import hold
from models.office import MailStop
from notifications.message import words
from notifications.messages.morning_digest import DUE_TODAY, LATE, RED, WAITING, DigestRow, DigestSection
from services.casebook import Casebook, open_casebook
from services.digest_plan import plan_entries
from services.digest_rows import Entry, Part, owed_entries, red_entries, report_entries
from services.leases import last_beat, write_beat
from services.links import UNSUBSCRIBE
from services.office import Office
from services.owing import insert_once, outbox_row
from services.people import Person

MESSAGE = "morning_digest"
LISTED = 30
"""Of each part so many are listed, each with its link; the others are counted."""

LABELS = {Part.LATE: LATE, Part.TODAY: DUE_TODAY, Part.WAITING: WAITING, Part.RED: RED}


@dataclass(frozen=True, slots=True)
class DigestLine:
    """Who gets a digest (account and post), how many matters of each part it has, and whether they stopped it."""

    account: str
    post: Label
    counts: dict[str, int]
    stopped: bool


@dataclass(frozen=True, slots=True)
class DigestReport:
    """What a morning came to. `free_day`: nobody is written to; `sent_before`: today's were owed already.

    `lines` are those whose mail was owed now, or in a dry run would be.
    """

    day: date
    free_day: bool
    sent_before: bool
    lines: tuple[DigestLine, ...]
    dry_run: bool

    @property
    def mails(self) -> int:
        """How many mails were owed, or would be."""
        return sum(not line.stopped for line in self.lines)


def send_digests(office: Office, dry_run: bool = False) -> DigestReport:
    """Owe today's digests, once: a second call of the day, or one on a free day of the calendar, owes nothing.

    A dry run says who would get what, on any day and again and again.
    """
    today = office.today()
    free = not office.time.is_working_day(today)
    with office.reading() as session:
        before = _sent(session, today)
        if (free or before) and not dry_run:
            return DigestReport(today, free, before, (), dry_run)
        book = open_casebook(office, session)
        found = read_entries(book)
        people = book.people.persons
        stopped = set(session.scalars(select(MailStop.account_id).where(MailStop.message == MESSAGE)))
    lines = tuple(
        DigestLine(account, people[account].title, dict(Counter(e.part.value for e in entries)), account in stopped)
        for account, entries in sorted(found.items())
    )
    if dry_run:
        return DigestReport(today, free, before, lines, dry_run)
    rows = [_mail(book, office, today, people[line.account], found[line.account]) for line in lines if not line.stopped]
    with office.writing() as session:
        hold(session, MESSAGE)
        if _sent(session, today):
            return DigestReport(today, free, True, (), dry_run)
        insert_once(session, rows)
        write_beat(session, office, MESSAGE, {"day": today.isoformat(), "mails": len(rows)})
    return DigestReport(today, free, False, lines, dry_run)


def read_entries(book: Casebook) -> dict[str, list[Entry]]:
    """By account, everything that its holder's digest says at the book's moment; who has nothing is not in it."""
    found: dict[str, list[Entry]] = defaultdict(list)
    for account, entry in (*owed_entries(book), *report_entries(book), *plan_entries(book)):
        found[account].append(entry)
    for account, entry in red_entries(book):
        # Who is late with a case is told so; the same case again as red would say nothing more.
        if not any(e.case_id == entry.case_id for e in found[account] if e.part is Part.LATE):
            found[account].append(entry)
    order = list(Part)
    for entries in found.values():
        entries.sort(key=lambda e: (order.index(e.part), -e.days, e.due is None, e.due or book.now, e.code))
    return {account: entries for account, entries in found.items() if entries}


def _sent(session: Session, today: date) -> bool:
    beat = last_beat(session, MESSAGE)
    return beat is not None and beat.detail.get("day") == today.isoformat()


def _mail(book: Casebook, office: Office, today: date, person: Person, entries: Sequence[Entry]) -> dict[str, Any]:
    grants: dict[str, dict[str, Any]] = {}
    names: dict[str, str] = {}
    sections: list[DigestSection] = []
    for part in Part:
        of_part = [entry for entry in entries if entry.part is part]
        rows = [_row(book, entry, _link(entry, grants, names)) for entry in of_part[:LISTED]]
        if rows:
            sections.append({"label": LABELS[part], "count": len(of_part), "rows": rows})
    return outbox_row(
        key=f"{MESSAGE}:{today}:{person.id}", message=MESSAGE, address=person.email, locale=person.locale, now=office.now(),
        domain=office.mail_domain, account=person.id, facts={"day": today.isoformat(), "sections": sections},
        grant={"party": UNSUBSCRIBE, "several": grants},
    )  # fmt: skip


def _link(entry: Entry, grants: dict[str, dict[str, Any]], names: dict[str, str]) -> str:
    """The name of an entry's link; entries that let their reader do the same on the same case share one."""
    grant = entry.grant | {"case_id": entry.case_id, "delivery_id": entry.delivery_id}
    name = names.setdefault(str(sorted(grant.items(), key=lambda item: item[0])), str(len(names) + 1))
    grants[name] = grant
    return name


def _row(book: Casebook, entry: Entry, link: str) -> DigestRow:
    notices = book.policy.notices
    late = [c for c in (Colour.YELLOW, Colour.RED) if 0 < notices[c].days <= entry.days]
    colour = entry.colour if entry.colour is not None else late[-1].value if late else ""
    return {
        "code": entry.code, "title": entry.title, "steps": [words(step) for step in entry.steps],
        "due": entry.due.isoformat() if entry.due is not None else None, "estimated": entry.estimated, "days": entry.days,
        "colour": colour, "owner": words(entry.owner) if entry.owner is not None else None,
        "stands_for": words(entry.stands_for) if entry.stands_for is not None else None, "link": link,
        "calendar_days": entry.calendar_days,
    }  # fmt: skip
