"""What counts now, policy and calendar, and what counted before: each version is read once and kept."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.policy import Policy
from domain.working_time import WorkingTime
from models.calendar import CalendarVersion
from models.office import PolicyVersion, Setting
from services.calendar_versions import working_time
from services.policy_file import PolicyMistakes, parse_policy

logger = logging.getLogger("expedite.in_force")

POLICY, CALENDAR = "policy in force", "calendar in force"
"""Keys of `setting`: the version of the policy and the number of the calendar that count now."""

ADJUSTED_CALENDAR, ADJUST_POLICY = "calendar open clocks go by", "policy open clocks are to go by"
"""Keys of `setting`: up to which calendar open clocks were reckoned anew; to which policy they still have to be, if any."""


@dataclass(slots=True)
class InForce:
    """The policy and the calendar that count, and those of earlier versions that open clocks still keep."""

    policy: Policy
    time: WorkingTime
    policies: dict[str, Policy] = field(default_factory=dict)
    calendars: dict[int, WorkingTime] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def calendar(self, session: Session, version: int | None) -> WorkingTime:
        """The calendar of a version, of None the present one. LookupError for one that was never kept."""
        if version is None or version == self.time.version:
            return self.time
        with self.lock:
            if version not in self.calendars:
                row = session.get(CalendarVersion, version)
                if row is None:
                    raise LookupError(f"there is no calendar version {version}")
                self.calendars[version] = working_time(row, self.policy.zone)
            return self.calendars[version]

    def policy_of(self, session: Session, version: str) -> Policy:
        """The policy of a version; the present one where that was never kept, or cannot be read by this release."""
        if version in ("", self.policy.version):
            return self.policy
        with self.lock:
            if version not in self.policies:
                self.policies[version] = read_policy(session, version) or self.policy
            return self.policies[version]

    def follow(self, session: Session) -> InForce:
        """What counts according to the database: this, or its successor, which keeps what was read."""
        policy_version, calendar = versions(session)
        same_policy = policy_version in ("", self.policy.version)
        if same_policy and calendar in (None, self.time.version):
            return self
        policy = self.policy if same_policy else read_policy(session, policy_version) or self.policy
        self.policies[self.policy.version] = self.policy
        if self.time.version is not None:
            self.calendars[self.time.version] = self.time
        return InForce(policy, self.calendar(session, calendar), self.policies, self.calendars, self.lock)


def versions(session: Session) -> tuple[str, int | None]:
    """The version of the policy in force, and the number of the calendar; empty and None where none is yet."""
    found = select(Setting.key, Setting.value).where(Setting.key.in_((POLICY, CALENDAR)))
    said: dict[str, str] = dict(session.execute(found).tuples().all())
    return said.get(POLICY, ""), int(said[CALENDAR]) if CALENDAR in said else None


def read_policy(session: Session, version: str) -> Policy | None:
    """A kept policy; None (told in the log) when its text is missing or this release cannot read it."""
    row = session.get(PolicyVersion, version)
    if row is None:
        return None
    try:
        return parse_policy(row.text, f"policy {version[:12]}")
    except PolicyMistakes as mistakes:
        logger.error("the policy of version %s cannot be read by this release: %s", version[:12], mistakes)
        return None


def put(session: Session, key: str, value: str) -> None:
    """Set a setting."""
    row = session.get(Setting, key)
    if row is None:
        session.add(Setting(key=key, value=value))
    else:
        row.value = value
    session.flush()
