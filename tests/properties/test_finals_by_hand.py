"""What may still be done with a case that is closed, outcome by outcome, and what no sequence of actions may lose: typed in by hand.

Nothing here is derived from the table under test: a table that made a final status reopenable would pass its own enumeration.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from domain.case import Case
from domain.clocks import Moment
from domain.draft import Draft
from domain.lifecycle import ACTIONS, Party
from domain.refusals import Refused
from domain.rules import check
from services.case_files import Surroundings, read_moments
from services.casebook import open_casebook
from services.office import Office
from tests.builders import Difficulty, report, unrouted
from tests.conftest import THURSDAY
from tests.lifecycle.conftest import shared  # noqa: F401  # a fixture
from tests.lifecycle.test_never import begin, undone

FIRM, HEAD_OF_DESK, LEAD = Party.ENTERPRISE, Party.DESK_HEAD, Party.LEAD


@pytest.fixture
def office(shared: Office) -> Office:  # noqa: F811  # the fixture of that name
    """The module's office, on Thursday 2026-07-16 at 10:00 again."""
    shared.fixed = THURSDAY.astimezone(UTC)
    return shared


def rated(it: Difficulty) -> Difficulty:
    """The enterprise has had its word."""
    return it.by_firm("confirm", result="5", attitude="5")


def unrated(it: Difficulty) -> Difficulty:
    """Three attempts that reached nobody: closed by the clock."""
    for day in ("2026-07-17", "2026-07-20", "2026-07-22"):
        it.at(f"{day} 09:00").by_clerk("record_follow_up", answer="not_reached")
    it.sweep_at("2026-07-24 18:00")
    return it


def without_response(it: Difficulty) -> Difficulty:
    """Suspended for the enterprise until the cap."""
    it.by_lead("ask_suspension", cause="awaiting_enterprise", date="2026-07-20").decide()
    it.sweep_at("2026-07-28 09:00")
    it.by_clerk("record_follow_up", answer="answered", result="4", attitude="4")
    return it


def third_dispute_refused(it: Difficulty) -> Difficulty:
    """Done again twice, disputed a third time, and the deputy chief says no."""
    for _ in range(3):
        it.replied().by_firm("dispute")
    return it.decide("refuse")


MERGE = {"reason": "同一事项"}
ENDED: dict[str, tuple[Callable[[Office], Difficulty], set[tuple[str, Party]]]] = {
    "resolved, rated": (lambda o: rated(report(o).replied()), {("reopen", HEAD_OF_DESK)}),
    "resolved, unrated": (lambda o: unrated(report(o).replied()), {("reopen", HEAD_OF_DESK), ("dispute", FIRM)}),
    "partial, rated": (lambda o: rated(report(o).replied(outcome="partial")), {("reopen", HEAD_OF_DESK)}),
    "explained, unrated": (
        lambda o: unrated(report(o).replied(outcome="explained", policy="第三条")),
        {("reopen", HEAD_OF_DESK), ("dispute", FIRM)},
    ),
    "promised, rated": (
        lambda o: rated(report(o).replied(outcome="promised", date="2026-09-01")),
        {("reopen", HEAD_OF_DESK), ("deliver", LEAD)},
    ),
    "promised, unrated": (
        lambda o: unrated(report(o).replied(outcome="promised", date="2026-09-01")),
        {("reopen", HEAD_OF_DESK), ("deliver", LEAD), ("dispute", FIRM)},
    ),
    "declined": (lambda o: unrouted(o).by_head("decline"), {("reopen", HEAD_OF_DESK), ("dispute", FIRM)}),
    "no_response": (lambda o: without_response(report(o)), {("reopen", HEAD_OF_DESK), ("dispute", FIRM)}),
    "withdrawn": (lambda o: report(o).by_firm("withdraw"), {("reopen", HEAD_OF_DESK)}),
    "merged": (lambda o: report(o).by_clerk("merge", target=report(o).code, **MERGE), {("reopen", HEAD_OF_DESK)}),
    "reasonable_explanation": (lambda o: third_dispute_refused(report(o)), {("reopen", HEAD_OF_DESK)}),
}
"""How a case ended, and all that may be done with it then, by whom."""

EVERYBODY = [
    Party.CLERK, Party.DESK_HEAD, Party.COMMISSIONER, Party.LEAD, Party.SUPPORTER, Party.UNIT_HEAD, Party.DUTY_UNIT, Party.ENTERPRISE,
    Party.DEPUTY_CHIEF, Party.CHIEF, Party.APPROVER, Party.OBSERVER,
]  # fmt: skip
"""Whoever is a person or a unit; what the rules and the clocks do by themselves is no action of anybody."""


def allowed(it: Difficulty) -> set[tuple[str, Party]]:
    """Everything that anybody may do now: each action is asked for by each party as its link would know it."""
    found, case = set(), it.case
    with undone(it.office) as session:
        book = open_casebook(it.office, session)
        place = Surroundings(session, book.people, book.in_force, {case.id: case})
        for party in EVERYBODY:
            draft = Draft(case, book.now, it.actor(party), book.policy, book.time, place)
            for name in ACTIONS:
                with suppress(Refused):
                    check(draft, name)
                    found.add((name, party))
    return found


@pytest.mark.parametrize("ending", ENDED)
def test_a_closed_case_allows_just_this(office: Office, ending: str) -> None:
    """Final is final: of all actions by all parties only those typed in above."""
    make, expected = ENDED[ending]
    it = make(office)
    assert it.status == "closed"
    assert it.case.outcome == ending.partition(",")[0]
    assert allowed(it) == expected


@pytest.mark.parametrize("ending", [name for name, (_, may) in ENDED.items() if ("dispute", FIRM) in may])
def test_the_window_for_a_dispute_ends(office: Office, ending: str) -> None:
    """Ten working days after the closing, to the closing minute; a minute later it is over."""
    it = ENDED[ending][0](office)
    closed = it.case.closed_at
    assert closed is not None
    window = office.time.due(closed, office.policy.limits.dispute_window).at
    it.office.fixed = window
    assert ("dispute", FIRM) in allowed(it)
    it.at(f"{office.time.local(window):%Y-%m-%d} 17:31")
    assert it.refused("dispute", FIRM).code == "dispute_over"


def histories(case: Case, session: Session) -> dict[int, list[Moment]]:
    """The events of each open clock of a case."""
    return {c.id: read_moments(session, c.id) for c in case.clocks if c.id is not None}


@given(chance=st.randoms(use_true_random=False), steps=st.integers(10, 30))
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
def test_no_sequence_rewrites_what_a_clock_has_seen(shared: Office, chance: Random, steps: int) -> None:  # noqa: F811
    """Whatever is done, a clock's events are only added to: no start is moved, no pause and no step is forgotten."""
    with undone(shared) as session:
        walk = begin(open_casebook(shared, session, now=THURSDAY.astimezone(UTC)), chance)
        before = histories(walk.case(), session)
        for _ in range(steps):
            walk.step()
            case = walk.case()
            after = {i: read_moments(session, i) for i in before} | histories(case, session)
            for clock, events in before.items():
                assert after[clock][: len(events)] == events, walk.done[-6:]
            before = after
            assert all(c.started == after[c.id or 0][0].at for c in case.clocks), walk.done[-6:]
