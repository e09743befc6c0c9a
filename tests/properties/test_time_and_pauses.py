"""Properties of working time and of a clock's history over random calendars: what a pause costs, and what it never costs.

`tests/domain/test_working_time.py` has the properties of single questions; these are about several pauses and whole histories.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import assume, given
from hypothesis import strategies as st

from domain.clocks import Happening, Moment, always, due_at_pause, replay
from domain.policy import Limit, Session, Unit
from domain.working_time import Day, OutsideCalendarError, WorkingTime

MINUTE = timedelta(minutes=1)
MORNING = Session(time(8, 30), time(12))
WEEKDAY = (MORNING, Session(time(13, 30), time(17)))
SUMMER = (MORNING, Session(time(14), time(17, 30)))
ODD = (Session(time(0), time(6)), Session(time(22), time(23, 59)))
ZONES = [
    ZoneInfo(name) for name in ("Asia/Shanghai", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "UTC")
]
WORKING = (Unit.WORKING_HOURS, Unit.WORKING_DAYS, Unit.HALF_DAY)
DAYS = 220


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[Day], ZoneInfo]:
    """Seven months around two changes of the clocks: makeup days, a free week, summer hours that begin on some day."""
    first = date(2026, draw(st.sampled_from([2, 8])), draw(st.integers(1, 28)))
    summer = draw(st.integers(0, DAYS))
    free = draw(st.integers(0, 120))
    length = draw(st.integers(0, 9))
    makeup = draw(st.frozensets(st.integers(0, DAYS - 1), max_size=6))
    night = draw(st.frozensets(st.integers(0, DAYS - 1), max_size=3))
    days = []
    for n in range(DAYS):
        day = first + timedelta(days=n)
        works = n in makeup or (day.weekday() < 5 and not free <= n < free + length)
        hours = ODD if n in night else SUMMER if n >= summer else WEEKDAY
        days.append(Day(day, hours if works else (), announced=n < 150))
    return days, draw(st.sampled_from(ZONES))


def offices() -> st.SearchStrategy[WorkingTime]:
    """The same as an office's calendar."""
    return tables().map(lambda table: WorkingTime(*table))


def moment_in(office: WorkingTime, minutes: int) -> datetime:
    """So many minutes after the first midnight of the calendar."""
    return datetime.combine(office.first, time(), office.zone).astimezone(UTC) + minutes * MINUTE


minutes = st.integers(0, 60 * 24 * 60)
units = st.sampled_from(Unit)
working_limits = st.builds(Limit, st.integers(1, 12), st.sampled_from(WORKING))
limits = st.one_of(
    working_limits,
    st.builds(Limit, st.integers(1, 20), st.just(Unit.DAYS), st.booleans()),
    st.builds(Limit, st.integers(1, 2), st.just(Unit.MONTHS), st.booleans()),
)


@st.composite
def cuts(draw: st.DrawFn, pauses: int, longest: int = 5 * 24 * 60) -> list[int]:
    """Minutes at which a clock starts, is paused, runs on, is paused …: strictly one after the other."""
    gaps = draw(st.lists(st.integers(1, longest), min_size=2 * pauses, max_size=2 * pauses))
    at, found = draw(st.integers(0, 30 * 24 * 60)), []
    found.append(at)
    for gap in gaps:
        at += gap
        found.append(at)
    return found


def history(office: WorkingTime, at: Sequence[int], limit: Limit, skip: int | None = None) -> list[Moment]:
    """A clock that was started, and paused and resumed in turn; `skip` leaves one of the pauses out."""
    first, *rest = (moment_in(office, m) for m in at)
    found = [Moment(first, Happening.STARTED, limit)]
    for number, (since, until) in enumerate(zip(rest[::2], rest[1::2], strict=True)):
        if number != skip:
            found += [Moment(since, Happening.PAUSED), Moment(until, Happening.RESUMED)]
    return found


def due_of(moments: Sequence[Moment], office: WorkingTime) -> datetime:
    """What the history gives; examples that leave the calendar are let go."""
    try:
        due = replay(moments, always(office))
    except OutsideCalendarError:
        assume(False)
        raise
    assert due is not None
    return due.at


# -- add and subtract -----------------------------------------------------------------------------------------------------


@given(offices(), minutes, st.integers(1, 20_000))
def test_what_was_added_can_be_taken_back(office: WorkingTime, start: int, added: int) -> None:
    """Forwards and backwards again is where one was, or the office minute that counts the same."""
    begun = moment_in(office, start)
    try:
        end = office.add_minutes(begun, added)
    except OutsideCalendarError:
        assume(False)
        raise
    back = office.add_minutes(end, -added)
    assert office.working_minutes(back, begun) == 0
    assert office.add_minutes(back, added) == end


@given(offices(), minutes, st.integers(0, 4_000), st.integers(0, 4_000))
def test_minutes_may_be_added_at_once_or_one_after_the_other(
    office: WorkingTime, start: int, one: int, other: int
) -> None:
    """Adding is a walk: it does not matter where one rests."""
    begun = moment_in(office, start)
    try:
        at_once = office.add_minutes(begun, one + other)
    except OutsideCalendarError:
        assume(False)
        raise
    rested = office.add_minutes(office.add_minutes(begun, one), other)
    assert office.working_minutes(begun, rested) == office.working_minutes(begun, at_once) == one + other


@given(offices(), minutes, minutes, minutes)
def test_counted_time_adds_up(office: WorkingTime, a: int, b: int, c: int) -> None:
    """From a to c is from a to b and from b to c, in whatever order they stand; so with days."""
    x, y, z = (moment_in(office, m) for m in (a, b, c))
    assert office.working_minutes(x, z) == office.working_minutes(x, y) + office.working_minutes(y, z)
    assert office.working_days_between(x, z) == office.working_days_between(x, y) + office.working_days_between(y, z)


# -- pauses ---------------------------------------------------------------------------------------------------------------


@given(offices(), minutes, st.integers(1, 60), st.integers(0, 20), st.floats(0, 1), st.floats(0, 1))
def test_a_pause_outside_office_time_costs_hours_nothing(
    office: WorkingTime, start: int, hours: int, after: int, early: float, late: float
) -> None:
    """Nights, weekends and free weeks are no time that could be lost or won."""
    begun = moment_in(office, start)
    closes = office.closing(office.local(begun).date() + timedelta(days=after))
    free = office.opening(office.local(closes).date() + timedelta(days=1)) - closes
    since, until = (closes + free * part // MINUTE * MINUTE for part in sorted((early, late)))
    moments = [Moment(begun, Happening.STARTED, Limit(hours, Unit.WORKING_HOURS))]
    without = due_of(moments, office)
    paused = due_of([*moments, Moment(since, Happening.PAUSED), Moment(until, Happening.RESUMED)], office)
    assert office.working_minutes(without, paused) == 0


@given(offices(), cuts(2), working_limits)
def test_hours_and_days_lose_just_what_was_paused(office: WorkingTime, at: list[int], limit: Limit) -> None:
    """Of hours the office minutes of the pauses that began in time; of days those on whose closing minute it was paused."""
    moments = history(office, at, limit)
    plain, due = due_of(moments[:1], office), due_of(moments, office)
    if limit.unit is Unit.WORKING_HOURS:
        lost, reached = 0, plain
        for since, until in zip(moments[1::2], moments[2::2], strict=True):
            if since.at < reached:
                lost += office.working_minutes(since.at, until.at)
                reached = due_of(history(office, at, limit)[: moments.index(until) + 1], office)
        assert office.working_minutes(plain, due) == lost
    else:
        assert due >= plain


@given(offices(), cuts(3), limits, st.integers(0, 2))
def test_one_pause_less_is_never_due_later(office: WorkingTime, at: list[int], limit: Limit, skip: int) -> None:
    """Monotonic: whoever waits longer is due later, or at the same time, and never earlier than without any pause."""
    fewer, all_of_them = due_of(history(office, at, limit, skip), office), due_of(history(office, at, limit), office)
    assert due_of(history(office, at[:1], limit), office) <= fewer <= all_of_them


@given(offices(), cuts(1), limits.filter(lambda limit: not limit.roll), st.floats(0, 1))
def test_a_pause_cut_in_two_is_the_same_pause(office: WorkingTime, at: list[int], limit: Limit, where: float) -> None:
    """Resumed and paused again in the same minute: nothing was won and nothing lost."""
    middle = at[1] + round((at[2] - at[1]) * where)
    cut = [at[0], at[1], middle, middle, at[2]]
    assert due_of(history(office, at, limit), office) == due_of(history(office, cut, limit), office)


@given(offices(), cuts(3, 24 * 60), st.builds(Limit, st.integers(10, 20), st.sampled_from(WORKING)))
def test_each_pause_counts_for_itself(office: WorkingTime, at: list[int], limit: Limit) -> None:
    """Pauses that all lie before the due moment without them: the ends they cover are added up, in whatever order one counts."""
    plain = due_of(history(office, at[:1], limit), office)
    assume(moment_in(office, at[-1]) < plain)
    due = due_of(history(office, at, limit), office)
    apart = [due_of(history(office, [at[0], *pair], limit), office) for pair in zip(at[1::2], at[2::2], strict=True)]
    if limit.unit is Unit.WORKING_HOURS:
        gained = sum(office.working_minutes(plain, one) for one in apart)
        assert office.working_minutes(plain, due) == gained
    elif limit.unit is Unit.WORKING_DAYS:
        gained = sum(office.working_days_between(plain, one) for one in apart)
        assert office.working_days_between(plain, due) == gained


# -- the fold -------------------------------------------------------------------------------------------------------------


@st.composite
def lives(draw: st.DrawFn) -> tuple[WorkingTime, list[datetime], list[Moment]]:
    """A clock's whole life: pauses, extensions, new limits, passing on and steps, in any order that can happen.

    With it every closing minute by which its limit is counted: of days, or of sessions.
    """
    days, zone = draw(tables())
    office, limit = WorkingTime(days, zone), draw(working_limits)
    closes = [d.sessions if limit.unit is Unit.HALF_DAY else d.sessions[-1:] for d in days]
    ends = [
        datetime.combine(day.date, one.closes, zone).astimezone(UTC)
        for day, some in zip(days, closes, strict=True)
        for one in some
    ]
    at, paused = draw(st.integers(0, 20 * 24 * 60)), False
    moments = [Moment(moment_in(office, at), Happening.STARTED, limit)]
    for _ in range(draw(st.integers(1, 9))):
        at += draw(st.integers(1, 3 * 24 * 60))
        now = moment_in(office, at)
        what = draw(st.sampled_from(["pause", "extend", "recalculate", "adjust", "pass", "step"]))
        if what == "pause" or (paused and what == "extend"):
            moments.append(Moment(now, Happening.RESUMED if paused else Happening.PAUSED))
            paused = not paused
        elif what == "extend":
            # More time is later than what was told.
            try:
                told = due_at_pause(moments, always(office))
            except OutsideCalendarError:
                assume(False)
                raise
            assert told is not None
            day = (office.local(max(told.at, now)) + timedelta(days=draw(st.integers(1, 30)))).date()
            assume(day <= office.last - timedelta(days=14))
            moments.append(Moment(now, Happening.EXTENDED, due=office.closing(day)))
        elif what in ("recalculate", "adjust"):
            happening = Happening.RECALCULATED if what == "recalculate" else Happening.ADJUSTED
            new = Limit(draw(st.integers(1, 12)), limit.unit) if draw(st.booleans()) else None
            moments.append(Moment(now, happening, new))
        else:
            moments.append(
                Moment(now, Happening.PASSED_ON if what == "pass" else Happening.STEP, reason="D14", step="blue")
            )
    return office, ends, moments


def plainly(moments: Sequence[Moment], office: WorkingTime, ends: list[datetime]) -> datetime:
    """The same history told with the least: what was left when a pause began is left again when it ends."""
    start, limit = moments[0].at, moments[0].limit
    assert limit is not None
    due = office.due(start, limit).at
    granted: datetime | None = None
    since: datetime | None = None
    waits: list[tuple[datetime, datetime]] = []

    def anew(limit: Limit) -> datetime:
        found = office.due(start, limit).at
        for begun, ended in waits:
            found = waited(found, begun, ended, limit)
        return found if granted is None else max(found, granted)

    def waited(due: datetime, begun: datetime, ended: datetime, limit: Limit) -> datetime:
        if begun >= due:
            return due
        if limit.unit is Unit.WORKING_HOURS:
            return office.add_minutes(ended, office.working_minutes(begun, due))
        started = next((e for e in ends if e >= start), start)
        if limit.unit is Unit.HALF_DAY and not in_session(office, start):
            started = start - MINUTE
        left = sum(1 for e in ends if max(begun, started + MINUTE) <= e <= due)
        return [e for e in ends if e >= ended and e > started][left - 1]

    for moment in moments[1:]:
        if moment.what is Happening.PAUSED:
            since = moment.at
        elif moment.what is Happening.RESUMED:
            assert since is not None
            due = waited(due, since, moment.at, limit)
            granted = waited(granted, since, moment.at, limit) if granted is not None else None
            waits.append((since, moment.at))
            since = None
        elif moment.what is Happening.EXTENDED:
            assert moment.due is not None
            due = granted = moment.due
        elif moment.what is Happening.RECALCULATED:
            limit = moment.limit or limit
            due = anew(limit)
        elif moment.what is Happening.ADJUSTED:
            limit = moment.limit or limit
            due = max(due, anew(limit))
    return due


def in_session(office: WorkingTime, at: datetime) -> bool:
    """Whether a moment lies in a session, its closing minute included."""
    return office.is_office_time(at) or office.is_office_time(at - MINUTE)


@given(lives())
def test_the_fold_of_any_history_is_the_plain_telling_of_it(
    life: tuple[WorkingTime, list[datetime], list[Moment]],
) -> None:
    """Pauses, extensions, new rules: `replay` and a telling that shares no line with it give one date."""
    office, ends, moments = life
    try:
        expected = plainly(moments, office, ends)
        found = due_at_pause(moments, always(office))
    except (OutsideCalendarError, IndexError):
        assume(False)
        raise
    assert found is not None
    assert found.at == expected


@given(lives())
def test_a_told_history_stays_told(life: tuple[WorkingTime, list[datetime], list[Moment]]) -> None:
    """Each further event changes what is due by its own rule alone: no date comes earlier but by a rule's own change."""
    office, _, moments = life
    try:
        dues = [due_at_pause(moments[: n + 1], always(office)) for n in range(len(moments))]
    except OutsideCalendarError:
        assume(False)
        raise
    for (before, after), moment in zip(pairwise(dues), moments[1:], strict=True):
        assert before is not None
        assert after is not None
        if moment.what in (Happening.RESUMED, Happening.ADJUSTED):
            assert after.at >= before.at
        elif moment.what not in (Happening.RECALCULATED, Happening.EXTENDED):
            assert after == before
