"""What a sweep at some moment would send to whom, and which cases would climb: looked at, never written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from sqlalchemy import select
from sqlalchemy.exc import InterfaceError, OperationalError

from domain.draft import Draft
from domain.policy import Label
from models.clock import Clock
from services.case_files import load_cases
from services.casebook import Casebook, Ticked, open_casebook
from services.identities import UNNAMED
from services.milestone_sweep import plan_slips
from services.node_risk import plan_climbs
from services.office import Office
from services.plan_overdue import plan_unruled
from services.waiting_reports import plan_waiting

AT_ONCE = 200
"""Cases looked at together."""

NOTICE, WAITING, NODE, RULING = "supervision_notice", "report_waiting", "milestone_notice", "milestone_ruling_late"
REPORTERS = Label("企业报送人", "the enterprise's reporters")
RESTRICTED = Label("保密事项（不列明）", "restricted cases, not named")


@dataclass(frozen=True, slots=True)
class Sent:
    """The mails of one kind to one recipient: account id ("" for reporters, UNNAMED for all of restricted cases) and post;
    a notice's colour and clock, "" for other mails; the cases (or receipts), and how many restricted ones.
    """

    to: str
    post: Label
    message: str
    colour: str
    clock: str
    cases: tuple[str, ...]
    restricted: int


@dataclass(frozen=True, slots=True)
class Climb:
    """The cases that would climb from one rung to another, and how many restricted ones."""

    start: int
    end: int
    cases: tuple[str, ...]
    restricted: int


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What one sweep as of a moment would send, with nothing swept in between.

    `examined` clocks, and the steps that each would take; `failed` cases could not be looked at whole: `problems` are those of
    their clocks, by id.
    """

    as_of: datetime
    sent: tuple[Sent, ...]
    climbs: tuple[Climb, ...]
    failed: int
    examined: int
    ticked: tuple[Ticked, ...]
    problems: Mapping[int, Exception]


@dataclass(slots=True)
class _Group:
    cases: dict[str, None] = field(default_factory=dict)
    restricted: set[str] = field(default_factory=set)

    def add(self, code: str, restricted: bool) -> None:
        if restricted:
            self.restricted.add(code)
        else:
            self.cases[code] = None


Key = tuple[str, str, str, str]
"""Recipient, message, colour, clock."""


@dataclass(slots=True)
class _Found:
    sent: dict[Key, _Group] = field(default_factory=dict)
    climbs: dict[tuple[int, int], _Group] = field(default_factory=dict)
    posts: dict[str, Label] = field(default_factory=dict)
    ticked: list[Ticked] = field(default_factory=list)
    failed: set[int] = field(default_factory=set)
    """Cases, and waiting reports' clocks, that could not be looked at whole."""
    problems: dict[int, Exception] = field(default_factory=dict)

    def send(self, to: str, message: str, code: str, restricted: bool, colour: str = "", clock: str = "") -> None:
        # Of a restricted case not even its holders are named: a run's table outlives what may be redacted here.
        key = (UNNAMED if restricted else to, message, colour, clock)
        self.sent.setdefault(key, _Group()).add(code, restricted)

    def climb(self, start: int, end: int, code: str, restricted: bool) -> None:
        self.climbs.setdefault((start, end), _Group()).add(code, restricted)

    def post(self, to: str) -> Label:
        return {"": REPORTERS, UNNAMED: RESTRICTED}.get(to) or self.posts.get(to, Label(to, to))


def never() -> bool:
    """A look that nobody asks to stop."""
    return False


def what_if(office: Office, as_of: datetime | None = None, should_stop: Callable[[], bool] = never) -> WhatIf:
    """Work out one sweep as of `as_of` (any moment; None: the office's now) and write nothing.

    After a pause only the highest colour of a clock is due, so a moment far ahead shows what is said then, not all before it.
    """
    at, found = as_of or office.now(), _Found()
    with office.reading() as session:
        rows = session.execute(
            select(Clock.id, Clock.case_id, Clock.delivery_id, Clock.milestone_id)
            .where(Clock.next_action_at.is_not(None), Clock.next_action_at <= at)
            .order_by(Clock.next_action_at, Clock.id)
        ).all()
    by_case: dict[int, list[int]] = {}
    for clock_id, case_id, *_ in rows:
        if case_id is not None:
            by_case.setdefault(case_id, []).append(clock_id)
    for slice_ in _slices(by_case):
        if should_stop():
            break
        _look(office, at, slice_, found)
    _look_at_others(office, at, [row[0] for row in rows if row[2] is not None], found, plan_waiting, WAITING)
    _look_at_climbs(office, at, found)
    for plan, message in ((plan_slips, NODE), (plan_unruled, RULING)):
        _look_at_others(office, at, [row[0] for row in rows if row[3] is not None], found, plan, message)
    return WhatIf(
        at,
        tuple(
            Sent(to, found.post(to), message, colour, clock, tuple(group.cases), len(group.restricted))
            for (to, message, colour, clock), group in sorted(found.sent.items(), key=lambda one: one[0])
        ),
        tuple(
            Climb(start, end, tuple(group.cases), len(group.restricted))
            for (start, end), group in sorted(found.climbs.items(), key=lambda one: one[0])
        ),
        len(found.failed),
        len(rows),
        tuple(found.ticked),
        found.problems,
    )


def _slices(by_case: Mapping[int, Sequence[int]]) -> Iterator[Mapping[int, Sequence[int]]]:
    items = iter(by_case.items())
    while part := dict(islice(items, AT_ONCE)):
        yield part


Told = tuple[Draft, list[tuple[str, str, str]], list[tuple[str, str]]]
"""A draft, its notices as (account, colour, clock), its other mails as (account or "", message)."""


def _look(office: Office, at: datetime, due: Mapping[int, Sequence[int]], found: _Found) -> None:
    """Plan the cases of a slice; where that fails, each alone, and then without the clocks that fail alone: a sweep sets
    those aside, tells the operator, and logs why.
    """
    try:
        ticked, told = _plan(office, at, due)
    except (OperationalError, InterfaceError):
        raise
    except Exception as problem:
        if len(due) > 1:
            for case_id, clocks in due.items():
                _look(office, at, {case_id: clocks}, found)
            return
        [(case_id, clocks)] = due.items()
        found.failed.add(case_id)
        broken = {clock: why for clock in clocks if (why := _why_not(office, at, case_id, clock)) is not None}
        found.problems |= broken or dict.fromkeys(clocks, problem)
        left = [clock for clock in clocks if clock not in found.problems]
        if left:
            _look(office, at, {case_id: left}, found)
        return
    found.ticked += ticked
    _told_of(found, told)


def _told_of(found: _Found, told: Sequence[Told]) -> None:
    for draft, notices, mails in told:
        code, secret = draft.case.code, draft.case.restricted
        for to, colour, clock_kind in notices:
            found.send(to, NOTICE, code, secret, colour, clock_kind)
        for to, message in mails:
            found.send(to, message, code, secret)
        for event in draft.events:
            if event.action == "climbed":
                found.climb(int(str(event.facts["from"])), int(str(event.facts["to"])), code, secret)


def _look_at_climbs(office: Office, at: datetime, found: _Found) -> None:
    """Plan the climbs of cases that hold up a key node at risk."""
    with office.reading() as session:
        book = open_casebook(office, session, now=at)
        _told_of(found, [(draft, *_told(book, draft)) for draft in plan_climbs(book)])


def _plan(office: Office, at: datetime, due: Mapping[int, Sequence[int]]) -> tuple[list[Ticked], list[Told]]:
    with office.reading() as session:
        book = open_casebook(office, session, now=at)
        drafts, ticked = book.plan(load_cases(session, list(due), lock=False), due)
        return ticked, [(draft, *_told(book, draft)) for draft in drafts]


def _why_not(office: Office, at: datetime, case_id: int, clock: int) -> Exception | None:
    """What a clock's step alone fails of."""
    try:
        _plan(office, at, {case_id: [clock]})
    except (OperationalError, InterfaceError):
        raise
    except Exception as problem:
        return problem
    return None


def _told(book: Casebook, draft: Draft) -> tuple[list[tuple[str, str, str]], list[tuple[str, str]]]:
    notices = [
        (one.person.id, notice.colour.value, notice.clock.kind)
        for notice in draft.notices for to in notice.to for one in book.find(to, draft.case)
    ]  # fmt: skip
    mails: list[tuple[str, str]] = []
    for owed in draft.owed:
        whom = [""] if owed.to.reporters else [one.person.id for one in book.find(owed.to, draft.case)]
        mails += [(to, owed.message) for to in whom]
    return notices, mails


Plan = Callable[[Casebook, Sequence[int]], tuple[object, list[Ticked]]]
"""What plans the steps of clocks that belong to no case."""


def _look_at_others(
    office: Office, at: datetime, clocks: Sequence[int], found: _Found, plan: Plan, message: str
) -> None:
    """Plan what clocks of no case would do: waiting reports', and those of nodes."""
    try:
        with office.reading() as session:
            book = open_casebook(office, session, now=at)
            _, ticked = plan(book, clocks)
            found.posts = {person.id: person.title for person in book.people.persons.values()}
    except (OperationalError, InterfaceError):
        raise
    except Exception as problem:
        for clock in clocks:
            if len(clocks) > 1:
                _look_at_others(office, at, [clock], found, plan, message)
            else:
                found.failed.add(-clock)
                found.problems[clock] = problem
        return
    found.ticked += ticked
    for one in ticked:
        for colour in one.steps:
            for to in one.to:
                found.send(to, message, one.code, False, colour, one.clock)
