"""What the office's charts show, counted from cases and their clocks: plain values, before anything is drawn.

Difficulties alone, restricted ones nowhere. Every day is of the office's zone, and a day's lights are those at its end (today's:
now), told by the rules of `domain.lights` from what the clocks' histories say of that moment.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from statistics import median

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from domain.clocks import ClockState, Happening, Moment, replay
from domain.lifecycle import Kind
from domain.lights import Light
from models.case import Case, Event
from models.clock import Clock, ClockEvent
from services.board_lights import edges, not_restricted
from services.case_files import read_all_moments
from services.figure_rows import CaseRow
from services.office import Office

OPEN_LIGHTS = (Light.GREEN, Light.BLUE, Light.YELLOW, Light.RED, Light.GREY)
"""The lights of open cases, in the order in which they are stacked."""
WIDEST = 25
"""Working days; what took longer is counted together."""

_OPENING = ("close", "triage", "follow_up")
"""One of these starts when a closed case is opened again."""

Conditions = tuple[ColumnElement[bool], ...]
Segment = tuple[datetime, datetime | None, datetime | None, bool]
"""A stretch of a case's life: from, until (None: still), the due moment in it, and whether it was suspended."""


@dataclass(frozen=True, slots=True)
class LightHistory:
    """How many open cases showed each light at the end of each day."""

    days: tuple[date, ...]
    counts: dict[Light, tuple[int, ...]]

    @property
    def open(self) -> tuple[int, ...]:
        """How many were open, day by day."""
        return tuple(map(sum, zip(*self.counts.values(), strict=True)))


@dataclass(frozen=True, slots=True)
class Distribution:
    """How many cases were answered within n working days (the place in `cases`); the last place is WIDEST and more.

    `median` and `ninetieth` (nearest rank) are None where there is none.
    """

    cases: tuple[int, ...]
    median: float | None
    ninetieth: int | None

    @property
    def total(self) -> int:
        """How many cases there are in all."""
        return sum(self.cases)


@dataclass(frozen=True, slots=True)
class Month:
    """The cases closed in a month, by outcome; how many of them count at all, and as how many solved (DOMAIN.md 1.7)."""

    first: date
    outcomes: dict[str, int]
    solved: float
    counted: int

    @property
    def closed(self) -> int:
        """How many were closed."""
        return sum(self.outcomes.values())

    def outcomes_of(self, codes: Sequence[str]) -> int:
        """How many ended in one of these outcomes."""
        return sum(self.outcomes.get(code, 0) for code in codes)


# -- lights, day by day ------------------------------------------------------------------------------------------------


def light_history(session: Session, office: Office, first: date, last: date) -> LightHistory:
    """The lights of the days `first` to `last`, inclusive, not after today; from the day before the first open case on.

    Raises OutsideCalendarError.
    """
    last = min(last, office.today())
    days = tuple(first + timedelta(days=n) for n in range(max(0, (last - first).days) + 1))
    moments = [
        min(datetime.combine(day + timedelta(days=1), time(), office.zone) - timedelta(microseconds=1), office.now())
        for day in days
    ]
    at = [edges(moment, office.policy, office.time) for moment in moments]
    reds, yellows, blues = [e.red for e in at], [max(e.red, e.yellow) for e in at], [e.blue for e in at]
    steps = {light: [0] * (len(days) + 1) for light in OPEN_LIGHTS}

    def add(light: Light, begins: int, ends: int) -> None:
        if begins < ends:
            steps[light][begins] += 1
            steps[light][ends] -= 1

    for began, ended, due, suspended in _segments(session, office, moments[0], moments[-1]):
        i, j = bisect_left(moments, began), bisect_left(moments, ended) if ended is not None else len(days)
        if suspended or due is None:
            add(Light.GREY if suspended else Light.GREEN, i, j)
            continue
        blue, yellow, red = (bisect_right(edge, due) for edge in (blues, yellows, reds))
        add(Light.GREEN, i, min(j, blue))
        add(Light.BLUE, max(i, blue), min(j, yellow))
        add(Light.YELLOW, max(i, blue, yellow), min(j, red))
        add(Light.RED, max(i, red), j)
    counts = {light: _summed(line) for light, line in steps.items()}
    # An office that began within the period has no empty months before it.
    begun = next((n for n in range(len(days)) if any(line[n] for line in counts.values())), len(days) - 1)
    begun = max(0, begun - 1)
    return LightHistory(days[begun:], {light: line[begun:] for light, line in counts.items()})


def _summed(steps: Sequence[int]) -> tuple[int, ...]:
    found, now = [], 0
    for step in steps[:-1]:
        now += step
        found.append(now)
    return tuple(found)


def _segments(session: Session, office: Office, begins: datetime, ends: datetime) -> Iterable[Segment]:
    """The stretches of all cases that were open between two moments: with their closing clock, and before, between and after."""
    lived: Conditions = (
        Case.kind == Kind.DIFFICULTY, not_restricted(), Case.opened_at <= ends, or_(Case.closed_at.is_(None), Case.closed_at >= begins),
    )  # fmt: skip
    clocks: dict[int, list[Segment]] = {}
    bare = select(Clock.id, Clock.case_id, Clock.started, Clock.ended_at, Clock.due, Clock.state).join(
        Case, Case.id == Clock.case_id
    )
    rows = session.execute(bare.where(*lived, Clock.kind == "close").order_by(Clock.id)).all()
    told = read_all_moments(session, _with_history(session, lived))
    for clock_id, case_id, started, ended, due, state in rows:
        if case_id is None:
            continue
        moments = told.get(clock_id)
        clocks.setdefault(case_id, []).extend(
            _folded(office, session, moments, ended) if moments else [(started, ended, due, state is ClockState.PAUSED)]
        )
    gaps = _closed_between(session, lived)
    for case_id, opened, closed in session.execute(select(Case.id, Case.opened_at, Case.closed_at).where(*lived)):
        before: datetime | None = opened
        for segment in clocks.get(case_id, ()):
            if before is not None and segment[0] > before:
                yield from _without(gaps.get(case_id, ()), before, segment[0])
            yield segment
            before = segment[1] if segment[1] is None or before is None else max(before, segment[1])
        if before is not None and (closed is None or closed > before):
            yield from _without(gaps.get(case_id, ()), before, closed)


def _without(gaps: Sequence[tuple[datetime, datetime]], begins: datetime, ends: datetime | None) -> Iterable[Segment]:
    """A stretch without a closing clock, as far as the case was open in it."""
    for gap_begins, gap_ends in gaps:
        if gap_begins >= begins and (ends is None or gap_begins < ends):
            yield begins, gap_begins, None, False
            begins = gap_ends
    if ends is None or begins < ends:
        yield begins, ends, None, False


def _with_history(session: Session, lived: Conditions) -> list[int]:
    """The closing clocks whose due moment ever moved."""
    moved = (Happening.PAUSED, Happening.RESUMED, Happening.EXTENDED, Happening.RECALCULATED, Happening.ADJUSTED)
    query = (
        select(ClockEvent.clock_id)
        .join(Clock, Clock.id == ClockEvent.clock_id)
        .join(Case, Case.id == Clock.case_id)
        .where(*lived, Clock.kind == "close", ClockEvent.what.in_(moved))
        .distinct()
    )
    return list(session.scalars(query))


def _folded(office: Office, session: Session, moments: Sequence[Moment], ended: datetime | None) -> list[Segment]:
    """A clock whose due moment moved, event by event."""
    found: list[Segment] = []
    due: datetime | None = None
    for n, moment in enumerate(moments):
        until = moments[n + 1].at if n + 1 < len(moments) else ended
        now = replay(moments[: n + 1], lambda v: office.in_force.calendar(session, v))
        due = now.at if now is not None else due
        if until is None or until > moment.at:
            found.append((moment.at, until, due, now is None))
    return found


def _closed_between(session: Session, lived: Conditions) -> dict[int, list[tuple[datetime, datetime]]]:
    """When cases that were closed and opened again stood closed."""
    again = (*lived, or_(Case.cycle > 1, Case.round > 1))
    closed = session.execute(
        select(Event.case_id, Event.at)
        .join(Case, Case.id == Event.case_id)
        .where(*again, Event.action == "closed", or_(Case.closed_at.is_(None), Event.at < Case.closed_at))
        .order_by(Event.id)
    ).all()
    started: dict[int, list[datetime]] = defaultdict(list)
    if closed:
        query = select(Clock.case_id, Clock.started).join(Case, Case.id == Clock.case_id)
        for case_id, at in session.execute(query.where(*again, Clock.kind.in_(_OPENING)).order_by(Clock.started)):
            if case_id is not None:
                started[case_id].append(at)
    found: dict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
    for case_id, at in closed:
        later = next((moment for moment in started[case_id] if moment > at), None)
        if later is not None:
            found[case_id].append((at, later))
    return found


# -- what was closed ---------------------------------------------------------------------------------------------------


def resolving(cases: Iterable[CaseRow]) -> Distribution:
    """How long the signed replies of closed cases took, in working days."""
    days = sorted(case.days_to_reply for case in cases if case.days_to_reply is not None)
    counted = Counter(min(n, WIDEST) for n in days)
    return Distribution(
        tuple(counted[n] for n in range(WIDEST + 1)), median(days) if days else None,
        days[-(-9 * len(days) // 10) - 1] if days else None,
    )  # fmt: skip


def monthly(office: Office, cases: Iterable[CaseRow], first: date, last: date) -> tuple[Month, ...]:
    """The months to that of `last`, from the first since `first` in which anything was closed, each with what was closed in it."""
    months: dict[date, Counter[str]] = {}
    month = first.replace(day=1)
    while month <= last:
        months[month] = Counter()
        month = (month + timedelta(days=32)).replace(day=1)
    for case in cases:
        if case.closed_on is not None and case.outcome is not None and case.closed_on.replace(day=1) in months:
            months[case.closed_on.replace(day=1)][case.outcome] += 1
    while len(months) > 1 and not months[min(months)]:
        del months[min(months)]
    weights = {code: rule.solved for code, rule in office.policy.outcomes.items()}
    return tuple(
        Month(
            month, dict(counts), sum(n * (weights.get(code) or 0) for code, n in counts.items()),
            sum(n for code, n in counts.items() if weights.get(code) is not None),
        )
        for month, counts in months.items()
    )  # fmt: skip
