"""Changing the policy: the difference is shown before it is applied; every version's text is kept.

Open clocks keep the policy that started them, unless they are to be recalculated (DESIGN.md 1.7).
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.clocks import ClockState
from domain.policy import Label, Limit, Policy
from models.clock import Clock
from models.directory import DirectoryChange
from models.engine import hold
from models.office import PolicyVersion
from services.calendar_versions import renew
from services.in_force import ADJUST_POLICY, CALENDAR, POLICY, put, versions
from services.office import Office
from services.policy_file import PolicyMistakes, parse_policy, policy_version
from services.recalculation import adjust_open


@dataclass(frozen=True, slots=True)
class PolicyDifference:
    """What another policy would change: keys with their old and new value, or the mistakes for which it cannot be used.

    `same` when nothing that counts differs; `open_clocks` keep their policy unless they are recalculated.
    """

    version: str
    same: bool
    lines: tuple[str, ...]
    mistakes: tuple[str, ...] = ()
    open_clocks: int = 0


@dataclass(frozen=True, slots=True)
class Adopted:
    """The version that counts now, and in how many cases a date moved."""

    version: str
    recalculated: int


@dataclass(frozen=True, slots=True)
class KeptVersion:
    """A version of the policy that was kept: since when it is known, and how many open clocks go by it."""

    version: str
    known_since: datetime
    in_force: bool
    open_clocks: int


def difference(office: Office, text: str) -> PolicyDifference:
    """What `text` would change of the policy in force."""
    version = policy_version(text)
    try:
        new = parse_policy(text, "policy.yaml")
    except PolicyMistakes as found:
        return PolicyDifference(version, False, (), tuple(str(mistake) for mistake in found.mistakes))
    with office.reading() as session:
        office.follow(session, at_once=True)
        clocks = session.scalar(select(func.count()).select_from(Clock).where(_OPEN)) or 0
    lines = tuple(compare(office.policy, new))
    return PolicyDifference(version, not lines, lines, (), clocks)


_OPEN = Clock.state.in_((ClockState.RUNNING, ClockState.PAUSED))


def compare(old: Policy, new: Policy) -> list[str]:
    """The keys whose values differ, as `classes.complex.close: 10 working days -> 12 working days`."""
    before, after = dict(_flat(old)), dict(_flat(new))
    pairs = [
        (key, before.get(key, NOTHING), after.get(key, NOTHING))
        for key in (*before, *(k for k in after if k not in before))
        if key != "version"
    ]
    return [f"{key}: {old} -> {new}" for key, old, new in pairs if old != new]


NOTHING = "(none)"


def _flat(value: object, key: str = "") -> list[tuple[str, str]]:
    """A policy's values by dotted key, limits and names as people write them."""
    match value:
        case Limit():
            return [(key, shown(value))]
        case Label():
            return [(key, f"{value.zh} / {value.en}")]
        case dict():
            return [pair for name, one in value.items() for pair in _flat(one, f"{key}.{name}".lstrip("."))]
        case tuple() if any(is_dataclass(one) or isinstance(one, tuple) for one in value):
            return [pair for n, one in enumerate(value) for pair in _flat(one, f"{key}.{_name_of(one, n)}")]
        case tuple():
            return [(key, ", ".join(str(one) for one in value) or NOTHING)]
        case _ if is_dataclass(value) and not isinstance(value, type):
            return [
                pair for f in fields(value) for pair in _flat(getattr(value, f.name), f"{key}.{f.name}".lstrip("."))
            ]
        case _:
            return [(key, NOTHING if value is None else str(value))]


def _name_of(one: object, position: int) -> str:
    return str(getattr(one, "code", None) or position + 1)


def shown(limit: Limit) -> str:
    """A limit as the policy's file writes it."""
    unit = limit.unit.value.replace("_", " ")
    if unit == "half day":
        return unit if limit.value == 1 else f"{limit.value} half days"
    counted = unit.removesuffix("s") if limit.value == 1 else unit
    return f"{limit.value} {counted}{', rolls' if limit.roll else ''}"


def text_difference(office: Office, text: str) -> str:
    """The two texts, line against line, for who wants to see the comments too."""
    with office.reading() as session:
        kept = session.get(PolicyVersion, office.policy.version)
    old = kept.text if kept is not None else ""
    return "\n".join(difflib.unified_diff(old.splitlines(), text.splitlines(), "in force", "new", lineterm="", n=1))


def adopt(office: Office, text: str, *, recalculate: bool, by: str) -> Adopted:
    """Put a policy in force, in this process at once and in others within a second. Raises PolicyMistakes.

    New office hours count from today on; what they do to open dates follows as for any change of the calendar.
    """
    new = parse_policy(text, "policy.yaml")
    with office.writing() as session:
        hold(session, "first use")
        office.follow(session, at_once=True)
        now, lines = office.now(), compare(office.policy, new)
        if session.get(PolicyVersion, new.version) is None:
            session.add(PolicyVersion(version=new.version, adopted_at=now, text=text))
        put(session, POLICY, new.version)
        put(session, CALENDAR, str(renew(session, new, now, by=by, why="policy").id))
        if recalculate:
            put(session, ADJUST_POLICY, new.version)
        record_change(
            session, now, by, [f"policy {new.version[:12]}", *lines, *(["recalculated"] if recalculate else [])]
        )
        office.in_force = office.in_force.follow(session)
    return Adopted(new.version, adjust_open(office).moved)


def record_change(session: Session, at: datetime, by: str, lines: list[str]) -> None:
    """Keep what was changed in the words in which it was shown."""
    session.add(DirectoryChange(at=at, command_id=None, by=by, changes=lines))


def kept_versions(office: Office) -> list[KeptVersion]:
    """Every policy that was kept, the newest first."""
    with office.reading() as session:
        in_force, _ = versions(session)
        count = select(Clock.policy_version, func.count()).where(_OPEN).group_by(Clock.policy_version)
        clocks: dict[str, int] = dict(session.execute(count).tuples().all())
        rows = session.scalars(select(PolicyVersion).order_by(PolicyVersion.adopted_at.desc()))
        return [KeptVersion(r.version, r.adopted_at, r.version == in_force, clocks.get(r.version, 0)) for r in rows]


def kept_text(office: Office, version: str) -> str | None:
    """The text of the version that begins so; None when there is none, or several."""
    with office.reading() as session:
        found = session.scalars(select(PolicyVersion.text).where(PolicyVersion.version.startswith(version))).all()
        return found[0] if len(found) == 1 else None
