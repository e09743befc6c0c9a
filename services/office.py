"""The office: what every use-case needs of its installation, opened once a process; and the one clock that rules read."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from domain.policy import Policy
from domain.working_time import WorkingTime
from models.calendar import CalendarDay
from models.engine import hold, make_engine, reading, writing
from models.office import PolicyVersion, Setting
from services.calendar import build_days, load_working_time, store_days
from services.policy_file import parse_policy
from services.settings import Settings

OFFSET = "office_clock_offset_seconds"
DEMO_START = datetime(2026, 7, 16, 1, 0, tzinfo=UTC)
"""Thursday 2026-07-16, 09:00 in the demo district."""

YEARS_BACK, YEARS_AHEAD = 1, 3
ROOM = timedelta(days=730)
"""How far the calendar must reach: the longest limits and their notices end within two years."""


@dataclass(slots=True)
class Office:
    """An installation: settings, database, policy, calendar, and how far its clock stands from real time."""

    settings: Settings
    engine: Engine
    policy: Policy
    time: WorkingTime
    offset: timedelta
    demo: bool
    fixed: datetime | None = None
    """A moment at which the clock stands still, for replays and tests."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def zone(self) -> ZoneInfo:
        """The office's zone."""
        return self.policy.zone

    @property
    def mail_domain(self) -> str:
        """The domain of the sender's address, which Message-IDs end with."""
        return self.settings.sender(self.policy.mail.reply_to).rpartition("@")[2].rstrip(">")

    def now(self) -> datetime:
        """The office clock: the one function that reads the time for rules."""
        return self.fixed or self.real_now() + self.offset

    def real_now(self) -> datetime:
        """Real time, for signatures, tokens, leases and rate limits only."""
        return datetime.now(UTC)

    def today(self) -> date:
        """Today, by the office clock."""
        return self.now().astimezone(self.zone).date()

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """One use-case, one transaction."""
        with writing(self.engine) as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A read-only look."""
        with reading(self.engine) as session:
            yield session

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()


def open_office(settings: Settings) -> Office:
    """Open an installation whose tables are up to date. Raises PolicyMistakes, CalendarError, or the database's errors."""
    engine = make_engine(settings.url)
    text = settings.policy.read_text(encoding="utf-8")
    policy = parse_policy(text, str(settings.policy))
    with reading(engine) as session:
        known = session.get(PolicyVersion, policy.version) is not None
        offset = session.get(Setting, OFFSET)
        last = session.scalar(select(func.max(CalendarDay.day)))
        shift = timedelta(seconds=float(offset.value)) if offset is not None else timedelta()
        reaches = last is not None and last >= (datetime.now(UTC) + shift + ROOM).date()
        time = load_working_time(session, policy) if reaches and known else None
    if time is None:
        with writing(engine) as session:
            _first_use(session, policy, text, datetime.now(UTC) + shift)
            time = load_working_time(session, policy)
    return Office(settings, engine, policy, time, shift, offset is not None)


def _first_use(session: Session, policy: Policy, text: str, now: datetime) -> None:
    # Web app and worker start together.
    hold(session, "first use")
    if session.get(PolicyVersion, policy.version) is None:
        session.add(PolicyVersion(version=policy.version, adopted_at=now, text=text))
    year = now.astimezone(policy.zone).year
    store_days(session, build_days(policy, date(year - YEARS_BACK, 1, 1), date(year + YEARS_AHEAD, 12, 31)))


def set_demo_clock(engine: Engine, now: datetime) -> None:
    """Let a new installation's office clock start at the demo district's moment; a started one runs on."""
    with writing(engine) as session:
        hold(session, "first use")
        if session.get(Setting, OFFSET) is None:
            session.add(Setting(key=OFFSET, value=str((DEMO_START - now).total_seconds())))


_current: Office | None = None
_guard = threading.Lock()


def current_office() -> Office:
    """This process's office, opened on first use from the environment's settings."""
    global _current
    with _guard:
        if _current is None:
            from services.settings import load_settings

            _current = open_office(load_settings())
        return _current


def use_office(office: Office | None) -> None:
    """Make `office` this process's office (None: open anew on next use)."""
    global _current
    with _guard:
        _current = office


def digest(*parts: object) -> str:
    """SHA-256 hex of parts joined by line feeds."""
    return hashlib.sha256("\n".join(str(p) for p in parts).encode()).hexdigest()
