"""What a day brings when somebody is away: the substitute gets the links to what is open, and loses them when it is over.

Looked at with every sweep and before every change of the directory, done once a day: the last day that was followed is kept
in the database, so that days on which nothing ran are made up for.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.directory import DirectoryChange
from models.engine import hold
from models.office import Outbox, Setting
from notifications.message import words
from services.casebook import Casebook, open_casebook
from services.casebook_succession import follow, left_behind
from services.directory_state import Away, load_directory_state
from services.handover import Row, Then, end_substitutes, hand_over
from services.office import Office
from services.owing import insert_once, outbox_row
from services.people import People

FOLLOWED = "substitutions followed"
"""Key of `setting`: the last office day whose substitutions were followed, and the last change that was (day, id)."""

LOCK = "directory"
"""What is held while the directory is changed or followed."""


def follow_directory(office: Office) -> None:
    """What the sweep does for the directory: the day's substitutions, and cases that were given to a unit while it was ended.

    The cases are looked for once a day and once after each change: two queries when neither is due.
    """
    with office.reading() as session:
        if _followed(session) == (office.today(), _last_change(session)):
            return
    with office.writing() as session:
        hold(session, LOCK)
        book = open_casebook(office, session)
        follow_day(book)
        follow(book, left_behind(session))
        _remember(session, office.today(), _last_change(session))


def follow_day(book: Casebook) -> None:
    """Make up for the days since the last one followed; nothing when that was today."""
    session, today = book.session, book.now.astimezone(book.time.zone).date()
    followed, change = _followed(session)
    last = followed or today - timedelta(days=1)
    if last >= today:
        return
    people = book.people
    for day in _days_before_a_change(people, last, today):
        acting = {
            a: people.acting(a, today) for a in people.substitutes if people.acting(a, day) != people.acting(a, today)
        }
        end_substitutes(session, book.now, acting)
        if acting:
            hand_over(book, Then(people, day), today.isoformat())
    begun = [a for a in load_directory_state(session).away if last < a.first_day <= today <= a.last_day]
    tell(book, begun, ended=False)
    _remember(session, today, change)


def _days_before_a_change(people: People, last: date, today: date) -> list[date]:
    """The day followed last, and each day since after which somebody was away or back: a substitution that began and ended
    while nothing ran had its own people asked.
    """
    spans = [(first, end) for some in people.substitutes.values() for first, end, _ in some]
    begun = {first - timedelta(days=1) for first, _ in spans if last < first <= today}
    ended = {end for _, end in spans if last <= end < today}
    return sorted({last} | begun | ended)


def tell(book: Casebook, substitutions: Iterable[Away], *, ended: bool) -> None:
    """Tell both people of each substitution, once."""
    insert_once(book.session, [row for away in substitutions for row in _told(book, book.people, away, ended)])


def _told(book: Casebook, people: People, away: Away, ended: bool) -> list[Row]:
    absent, substitute = people.label(away.absent), people.label(away.substitute)
    arrangement = f"substitution:{away.absent}:{away.substitute}:{away.first_day}:{away.last_day}"
    rows = []
    for account in (away.absent, away.substitute):
        person = people.persons.get(account)
        if person is None:
            continue
        # One that was taken back and arranged again is told again.
        times = _said(book.session, f"{arrangement}:{'told' if ended else 'ended'}:{account}")
        key = f"{arrangement}:{'ended' if ended else 'told'}:{account}:{times}"
        rows.append(outbox_row(
            key=key, message="substitution_told", address=person.email, locale=person.locale, account=account, now=book.now,
            domain=book.mail_domain,
            facts={
                "absent": words(absent), "substitute": words(substitute), "day": away.first_day.isoformat(),
                "last_day": away.last_day.isoformat(), "to_substitute": account == away.substitute, "ended": ended,
            },
        ))  # fmt: skip
    return rows


def _said(session: Session, key: str) -> int:
    return session.scalar(select(func.count()).where(Outbox.key.startswith(f"{key}:", autoescape=True))) or 0


def _followed(session: Session) -> tuple[date | None, int]:
    """The last day that was followed, and the last change of the directory after which stragglers were looked for."""
    said = session.scalar(select(Setting.value).where(Setting.key == FOLLOWED))
    if said is None:
        return None, 0
    day, _, change = said.partition(" ")
    return date.fromisoformat(day), int(change)


def _last_change(session: Session) -> int:
    return session.scalar(select(func.max(DirectoryChange.id))) or 0


def _remember(session: Session, day: date, change: int) -> None:
    session.merge(Setting(key=FOLLOWED, value=f"{day.isoformat()} {change}"))
    session.flush()
