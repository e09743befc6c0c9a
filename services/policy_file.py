"""A district's policy file: read, checked, and each mistake named by file, line and key (DESIGN.md 1.7).

The keys of the file are the fields of `domain.policy`; how limits and hours are written is decided here.
"""

from __future__ import annotations

import hashlib
import re
from datetime import time
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from domain.policy import Label, Limit, Policy, Session, Unit
from services.marked_yaml import Entry, FileMistakes, Mistake, Report, compose, read_text, suggest
from services.policy_check import check_rules
from services.record_reader import RecordReader

if TYPE_CHECKING:
    from services.directory_file import DirectoryFile

SCHEMA = "expedite/policy/1"

LIMIT_FORM = "`2 working hours`, `5 working days`, `half day`, `30 days` or `1 month, rolls`"
"""How limits are written; `rolls` moves the end of a calendar limit to the next working day's closing."""

LONGEST_LIMIT = 3660
"""In the limit's own unit. More is a slip of the hand, and reaches past every calendar."""

_UNITS = {
    "working hour": Unit.WORKING_HOURS,
    "working day": Unit.WORKING_DAYS,
    "day": Unit.DAYS,
    "month": Unit.MONTHS,
}
_LIMIT = re.compile(r"(?P<value>-?[0-9]+(?:\.[0-9]+)?)\s*(?P<unit>[^,]*?)\s*(?P<roll>,\s*rolls)?")
_SESSION = re.compile(r"([0-2][0-9]):([0-5][0-9])-([0-2][0-9]):([0-5][0-9])")
_TIME = re.compile(r"([0-2][0-9]):([0-5][0-9])")
_MONTH_DAY = re.compile(r"([0-1][0-9])-([0-3][0-9])")
_LONGEST_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class PolicyMistakes(FileMistakes):
    """The policy cannot be used; `mistakes` names each mistake by file, line and key."""


def load_policy(path: Path) -> Policy:
    """The policy in the file; PolicyMistakes when it cannot be read or breaks a rule of its own."""
    try:
        text = read_text(path)
    except FileMistakes as found:
        raise PolicyMistakes(found.mistakes) from found
    return parse_policy(text, path.name)


@lru_cache(maxsize=16)
def parse_policy(text: str, file: str = "policy.yaml") -> Policy:
    """The policy that `text` says, e.g. of an earlier version; PolicyMistakes (naming `file`) when it breaks a rule.

    Whoever reads the same text again gets the same policy: nothing changes one.
    """
    policy, report = _read(text, file)
    if report.mistakes:
        raise PolicyMistakes(report.mistakes)
    return policy


def check_policy(path: Path, directory: DirectoryFile | None) -> list[Mistake]:
    """Every mistake in the file, by line; with a `directory` also unknown units and roles that nobody holds."""
    try:
        policy, report = _read(read_text(path), path.name)
    except FileMistakes as found:
        return list(found.mistakes)
    if directory is not None:
        from services.policy_check_people import check_people  # a seed's rows: whoever opens an office needs none

        check_people(policy, directory, report)
    return list(report.mistakes)


def policy_version(text: str) -> str:
    """The SHA-256 of the text, in hexadecimal: the version stamped on what the policy decides."""
    return hashlib.sha256(text.encode()).hexdigest()


def _read(text: str, file: str) -> tuple[Policy, Report]:
    try:
        top = compose(text, file)
    except FileMistakes as found:
        raise PolicyMistakes(found.mistakes) from found
    report = top.report
    found_keys = top.mapping()
    _check_schema(top, None if found_keys is None else found_keys.pop("schema", None))
    reader = RecordReader(
        report,
        {
            Limit: read_limit,
            Session: _read_session,
            time: _read_time,
            ZoneInfo: _read_zone,
            tuple[int, int]: _read_month_day,
            tuple[tuple[int, Label], ...]: lambda entry: tuple(
                sorted(reader.value(dict[int, Label], entry).items(), reverse=True)
            ),
        },
    )
    policy = reader.fill(Policy, top, found_keys, version=policy_version(text))
    if found_keys is not None:
        check_rules(policy, report)
    return policy, report


def _check_schema(top: Entry, entry: Entry | None) -> None:
    """The file has to say that it is a policy, and of which form."""
    if entry is None:
        top.report.add("schema", "is missing", f"begin the file with `schema: {SCHEMA}`", top.line)
    elif entry.scalar != SCHEMA:
        entry.wrong(f"{entry.scalar!r} is not the form of a policy", f"write `schema: {SCHEMA}`")


def read_limit(entry: Entry) -> Limit | None:
    """A limit as LIMIT_FORM shows; None after naming the mistake."""
    written = entry.scalar
    if written is None:
        keys = [node.value for node, _ in entry.node.value] if entry.kind == "a mapping" else []
        problem = "is a limit without a unit" if keys == ["value"] else f"is {entry.kind} where a limit is expected"
        entry.wrong(problem, f"write {LIMIT_FORM}")
        return None
    if written.strip() == "half day":
        return Limit(1, Unit.HALF_DAY)
    match = _LIMIT.fullmatch(written.strip())
    if match is None:
        entry.wrong(f"{written!r} is not a limit", f"write {LIMIT_FORM}")
        return None
    value, word, roll = match["value"], match["unit"], match["roll"] is not None
    unit = _UNITS.get(word.removesuffix("s"))
    if not word:
        entry.wrong(f"{written!r} is a limit without a unit", f"say of what: {LIMIT_FORM}")
    elif unit is None:
        entry.wrong(
            f"{word!r} is not a unit of time", f"{suggest(word, [f'{name}s' for name in _UNITS])} ({LIMIT_FORM})"
        )
    elif not re.fullmatch(r"[1-9][0-9]*", value):
        entry.wrong(f"{written!r} is not a whole number above zero", f"write {LIMIT_FORM}")
    elif int(value) > LONGEST_LIMIT:
        entry.wrong(f"{written!r} is longer than any calendar reaches", f"write at most {LONGEST_LIMIT}")
    elif roll and unit not in (Unit.DAYS, Unit.MONTHS):
        entry.wrong(f"{written!r} already ends on a working day", "leave out `, rolls`")
    else:
        return Limit(int(value), unit, roll)
    return None


def _read_session(entry: Entry) -> Session | None:
    match = _SESSION.fullmatch(entry.scalar or "")
    if match is not None and int(match[1]) < 24 and int(match[3]) < 24:
        opens, closes = time(int(match[1]), int(match[2])), time(int(match[3]), int(match[4]))
        if opens < closes:
            return Session(opens, closes)
        entry.wrong(f"closes at {closes:%H:%M}, before it opens at {opens:%H:%M}", "write the earlier time first")
    else:
        entry.wrong(f"{entry.scalar!r} is not a stretch of office time", 'write it as "08:30-12:00"')
    return None


def _read_time(entry: Entry) -> time | None:
    match = _TIME.fullmatch(entry.scalar or "")
    if match is not None and int(match[1]) < 24:
        return time(int(match[1]), int(match[2]))
    entry.wrong(f"{entry.scalar!r} is not a time of day", 'write it in quotes as "07:30"')
    return None


def _read_month_day(entry: Entry) -> tuple[int, int] | None:
    match = _MONTH_DAY.fullmatch(entry.scalar or "")
    if match is not None:
        month, day = int(match[1]), int(match[2])
        if 1 <= month <= 12 and 1 <= day <= _LONGEST_MONTHS[month - 1]:
            return month, day
    entry.wrong(f"{entry.scalar!r} is not a day of the year", 'write month and day as "07-01"')
    return None


def _read_zone(entry: Entry) -> ZoneInfo | None:
    try:
        return ZoneInfo(entry.scalar or "")
    except (KeyError, ValueError, OSError):
        entry.wrong(f"{entry.scalar!r} is not a time zone", "use a name like Asia/Shanghai")
        return None
