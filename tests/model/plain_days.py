"""Days counted one by one: the calendar of 2026 as it hangs on the wall, in the office's own time, without zones.

Written from LIFECYCLE.md (Time) alone, for the reference model: it shares nothing with the product but the rules.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import cache

Limit = tuple[int, str, bool]
"""A number, its unit as the policy writes it, and whether its end rolls to a closing."""

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
HOLIDAYS = frozenset(
    {
        "2026-01-01", "2026-01-02", "2026-01-03", "2026-02-15", "2026-02-16", "2026-02-17", "2026-02-18", "2026-02-19",
        "2026-02-20", "2026-02-21", "2026-02-22", "2026-02-23", "2026-04-04", "2026-04-05", "2026-04-06", "2026-05-01",
        "2026-05-02", "2026-05-03", "2026-05-04", "2026-05-05", "2026-06-19", "2026-06-20", "2026-06-21", "2026-09-25",
        "2026-09-26", "2026-09-27", "2026-10-01", "2026-10-02", "2026-10-03", "2026-10-04", "2026-10-05", "2026-10-06",
        "2026-10-07",
        # 2027 by the law alone, as long as its notice is not out.
        "2027-01-01", "2027-02-05", "2027-02-06", "2027-02-07", "2027-02-08", "2027-02-09", "2027-02-10", "2027-04-05",
        "2027-05-01", "2027-05-02", "2027-05-03", "2027-05-04", "2027-06-09", "2027-09-15", "2027-10-01", "2027-10-02",
        "2027-10-03", "2027-10-04", "2027-10-05",
    }
)  # fmt: skip
MAKE_UP = frozenset({"2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"})
MORNING = (time(8, 30), time(12))
AFTERNOON = (time(13, 30), time(17))
SUMMER_AFTERNOON = (time(14), time(17, 30))


@cache
def works(day: date) -> bool:
    """Whether the office works on that day."""
    said = day.isoformat()
    return said in MAKE_UP or (day.isoweekday() < 6 and said not in HOLIDAYS)


def sessions(day: date) -> list[tuple[datetime, datetime]]:
    """The morning and the afternoon of a working day; none of a free one."""
    if not works(day):
        return []
    later = SUMMER_AFTERNOON if day.month in (7, 8, 9) else AFTERNOON
    return [(datetime.combine(day, opens), datetime.combine(day, closes)) for opens, closes in (MORNING, later)]


def working_day(day: date) -> date:
    """That day, or the next one on which the office works."""
    while not works(day):
        day += DAY
    return day


def opening(day: date) -> datetime:
    """Its opening minute; of a free day that of the next working day."""
    return sessions(working_day(day))[0][0]


def closing(day: date) -> datetime:
    """Its closing minute; of a free day that of the next working day."""
    return sessions(working_day(day))[-1][1]


def days_on(day: date, n: int) -> date:
    """The n-th working day after a day, or before it."""
    step = DAY if n > 0 else -DAY
    for _ in range(abs(n)):
        day += step
        while not works(day):
            day += step
    return day


def working_days(first: date, last: date) -> int:
    """Working days after `first` up to and with `last`; 0 when it is not later."""
    found = 0
    while first < last:
        first += DAY
        found += works(first)
    return found


def ends(kind: str, since: datetime, until: datetime | None = None, n: int = 250) -> list[datetime]:
    """From `since` on, `n` (or all `until` then) of what a limit of that kind is counted in: closings, sessions' closings, or days."""
    found: list[datetime] = []
    day = since.date()
    while until is None or day <= until.date():
        if kind in ("days", "months"):
            found.append(datetime.combine(day, time(23, 59, 59)))
        elif works(day):
            closes = [c for _, c in sessions(day)]
            found += closes if kind == "half_day" else closes[-1:]
        day += DAY
        if until is None and len(found) > n + 2:
            break
    return [end for end in found if end >= since and (until is None or end <= until)]


def closing_from(moment: datetime) -> datetime:
    """The first closing minute from a moment on."""
    return ends("working_days", moment, n=1)[0]


def minutes(a: datetime, b: datetime) -> int:
    """Office minutes from `a` to `b`."""
    found, day = timedelta(), a.date()
    while day <= b.date():
        for opens, closes in sessions(day):
            found += max(min(b, closes) - max(a, opens), timedelta())
        day += DAY
    return found // MINUTE


def add(start: datetime, n: int) -> datetime:
    """`n` office minutes later."""
    day = start.date()
    while n:
        for opens, closes in sessions(day):
            left = (closes - max(start, opens)) // MINUTE
            if left >= n:
                return max(start, opens) + n * MINUTE
            n -= max(left, 0)
        day += DAY
    return start


def due(start: datetime, limit: Limit) -> datetime:
    """When a limit from `start` runs out (LIFECYCLE.md, Time)."""
    n, kind, rolls = limit
    if kind == "working_hours":
        return add(start, 60 * n)
    if kind == "working_days":
        # A start after closing or on a free day counts as the next working day; then the n-th day after it.
        return ends(kind, start, n=n)[n]
    if kind == "half_day":
        inside = any(opens <= start <= closes for opens, closes in sessions(start.date()))
        return ends(kind, start, n=n)[n if inside else n - 1]
    day = start.date() + n * DAY if kind == "days" else months_on(start.date(), n)
    return closing(day) if rolls else datetime.combine(day, time(23, 59, 59))


def months_on(day: date, n: int) -> date:
    """The same day of a later month, or that month's last one."""
    year, month = day.year + (day.month - 1 + n) // 12, (day.month - 1 + n) % 12 + 1
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month, min(day.day, last))
        except ValueError:
            continue
    raise AssertionError(day)


def after_pause(start: datetime, when: datetime, since: datetime, until: datetime, limit: Limit) -> datetime:
    """Where a due moment goes when its clock stood still: what was left to be counted at the pause is left again after it.

    The day (or session) of the start is not counted, so nothing is lost with it.
    """
    _, kind, rolls = limit
    if since >= when:
        return when
    if kind == "working_hours":
        return add(until, minutes(since, when))
    uncounted = ends(kind, start, n=1)[0]
    if kind == "half_day" and not any(opens <= start <= closes for opens, closes in sessions(start.date())):
        uncounted = start - MINUTE
    if rolls:
        days = [end for end in ends(kind, since, until) if uncounted < end < until]
        moved = closing(when.date() + len(days) * DAY)
        return max(moved, closing_from(until)) if until > when else moved
    left = [end for end in ends(kind, since, when) if uncounted < end]
    return [end for end in ends(kind, until, n=len(left) + 2) if end > uncounted][len(left) - 1]


def last_working_day(day: date) -> date:
    """That day, or the working day before it."""
    while not works(day):
        day -= DAY
    return day


def notice_at(start: datetime, when: datetime, limit: Limit | None, days: int) -> datetime | None:
    """When a notice goes out: blue two days ahead, or half way, or not at all; yellow and red days after the due day."""
    due_day = last_working_day(when.date())
    if days > 0:
        return opening(days_on(due_day, days))
    n, kind, _ = limit or (0, "date", False)
    length: float = working_days(start.date(), when.date())
    if limit is None:
        length = max(1, length)
    elif kind == "working_days":
        length = n
    elif kind == "half_day":
        length = n / 2
    elif kind == "working_hours":
        length = n / 7
    if length <= 1:
        return None
    if length >= 4 and opening(days_on(due_day, days)) > start:
        return opening(days_on(due_day, days))
    return add(start, minutes(start, when) // 2)
