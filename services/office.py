"""The office: what every use-case needs of its installation, opened once a process; and the one clock that rules read."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from time import monotonic
from zoneinfo import ZoneInfo

from sqlalchemy import Engine
from sqlalchemy.orm import Session

import models.tables  # noqa: F401 - a row can refer to any other table: whoever has an office knows them all
from domain.policy import Policy
from domain.working_time import WorkingTime
from models.calendar import CalendarVersion
from models.engine import hold, make_engine, reading, writing
from models.office import PolicyVersion, Setting
from services.calendar_versions import needs_days, renew, working_time
from services.in_force import ADJUSTED_CALENDAR, CALENDAR, POLICY, InForce, put, read_policy, versions
from services.policy_file import parse_policy, policy_version
from services.settings import Settings

OFFSET = "office_clock_offset_seconds"
DEMO_START = datetime(2026, 7, 16, 1, 0, tzinfo=UTC)
"""Thursday 2026-07-16, 09:00 in the demo district."""

FOLLOW_EVERY = 1.0
"""Seconds between two looks at what is in force."""


_LOOK: ContextVar[tuple[Engine | None, Session | None]] = ContextVar("look", default=(None, None))
"""The session of `Office.looking`, and whose it is."""


@dataclass(slots=True)
class Office:
    """An installation: settings, database, what is in force, and how far its clock stands from real time."""

    settings: Settings
    engine: Engine
    in_force: InForce
    offset: timedelta
    demo: bool
    fixed: datetime | None = None
    """A moment at which the clock stands still, for replays and tests."""
    file_differs: bool = False
    """Whether the policy's file says something else than what is in force (`expedite policy apply`)."""
    followed: float = 0.0

    @property
    def policy(self) -> Policy:
        """The policy in force."""
        return self.in_force.policy

    @property
    def time(self) -> WorkingTime:
        """The calendar in force."""
        return self.in_force.time

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
        if (shared := self._shared()) is not None:
            # What it saw is over: whoever looks again sees what was written.
            shared.close()
        with writing(self.engine) as session:
            self.follow(session)
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A read-only look."""
        if (shared := self._shared()) is not None:
            yield shared
            return
        with reading(self.engine) as session:
            self.follow(session)
            yield session

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Let all read-only looks of this thread share a transaction until something is written: one that asks many small questions
        does not begin and end one for each.
        """
        with self.reading() as session:
            before = _LOOK.set((self.engine, session))
            try:
                yield
            finally:
                _LOOK.reset(before)

    def _shared(self) -> Session | None:
        engine, session = _LOOK.get()
        return session if engine is self.engine else None

    def follow(self, session: Session, *, at_once: bool = False) -> None:
        """Go by the policy and calendar that another process has put in force meanwhile; looked up once a second."""
        if not at_once and monotonic() - self.followed < FOLLOW_EVERY:
            return
        self.followed = monotonic()
        self.in_force = self.in_force.follow(session)

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()


def open_office(settings: Settings) -> Office:
    """Open an installation whose tables are up to date. Raises PolicyMistakes, CalendarError, or the database's errors.

    The first opening puts the policy's file in force; from then on the version in the database counts, and the file is only
    compared with it.
    """
    engine = make_engine(settings.url)
    with reading(engine) as session:
        offset = session.get(Setting, OFFSET)
        shift = timedelta(seconds=float(offset.value)) if offset is not None else timedelta()
        now = datetime.now(UTC) + shift
        in_force = _kept(session, now)
    if in_force is None:
        with writing(engine) as session:
            in_force = _first_use(session, settings, now)
    differs = _file_version(settings) not in (None, in_force.policy.version)
    return Office(settings, engine, in_force, shift, offset is not None, file_differs=differs, followed=monotonic())


def _kept(session: Session, now: datetime) -> InForce | None:
    """What the database says is in force; None when something has to be written first."""
    version, calendar = versions(session)
    policy = read_policy(session, version) if version else None
    kept = session.get(CalendarVersion, calendar) if calendar is not None else None
    if policy is None or kept is None or needs_days(session, now):
        return None
    return InForce(policy, working_time(kept, policy.zone))


def _first_use(session: Session, settings: Settings, now: datetime) -> InForce:
    # Web app and worker start together.
    hold(session, "first use")
    version, calendar = versions(session)
    policy = read_policy(session, version) if version else None
    if policy is None:
        text = settings.policy.read_text(encoding="utf-8")
        policy = parse_policy(text, str(settings.policy))
        if session.get(PolicyVersion, policy.version) is None:
            session.add(PolicyVersion(version=policy.version, adopted_at=now, text=text))
        put(session, POLICY, policy.version)
    if calendar is None or session.get(CalendarVersion, calendar) is None or needs_days(session, now):
        renewed = renew(session, policy, now, by="expedite", why="schedule of the country").id
        put(session, CALENDAR, str(renewed))
        if calendar is None:
            # Nothing was reckoned by an earlier one.
            put(session, ADJUSTED_CALENDAR, str(renewed))
        calendar = renewed
    return InForce(policy, working_time(session.get_one(CalendarVersion, calendar), policy.zone))


def _file_version(settings: Settings) -> str | None:
    try:
        return policy_version(settings.policy.read_text(encoding="utf-8"))
    except OSError:
        return None


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


def digest(*parts: object) -> str:
    """SHA-256 hex of parts joined by line feeds."""
    return hashlib.sha256("\n".join(str(p) for p in parts).encode()).hexdigest()
