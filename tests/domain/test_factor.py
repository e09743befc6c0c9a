"""The ledger and the chain of a factor request: they balance, and exactly the right stages are open, whatever happens."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.approvals import Verdict, decides, in_turn, side_by_side, to_open, verdict
from domain.case import Approval
from domain.factor import (
    FINISHED,
    Factor,
    FactorStatus,
    Grant,
    Stage,
    StageState,
    check_grant,
    same_document,
    settle,
    status,
)
from domain.lifecycle import ApprovalKind, Status
from domain.policy import Role
from domain.refusals import FieldRefused

DAY = date(2026, 7, 16)
QUANTITY = st.decimals(min_value=Decimal("0.01"), max_value=Decimal(500), places=2)


def land(*grants: Grant, requested: str = "118", needed_by: date = date(2026, 12, 31)) -> Factor:
    """A request of the day with these grants."""
    return Factor("land", "工业用地", Decimal(requested), "亩", DAY, needed_by, grants=list(grants))


def grant(quantity: str, document: str = "1号", on: date = DAY, expires: date | None = None) -> Grant:
    """A grant."""
    return Grant(Decimal(quantity), on, document, "conversion", expires_on=expires)


@given(st.lists(st.tuples(QUANTITY, st.integers(0, 30), st.none() | st.integers(-5, 40), QUANTITY), max_size=12))
def test_granted_and_gap_are_the_request_at_every_moment(tries: list[tuple[Decimal, int, int | None, Decimal]]) -> None:
    """Whatever is tried on whatever day, and on every day after it: figures balance, none is below zero, drawn is granted."""
    factor = land(requested="300")
    today = DAY
    for number, (quantity, later, lasts, drawn) in enumerate(tries):
        today += timedelta(days=later)
        expires = None if lasts is None else today + timedelta(days=lasts)
        made = Grant(quantity, today, f"{number}号", "conversion", expires_on=expires)
        try:
            check_grant(factor, made, today)
        except FieldRefused:
            continue
        made.drawn = min(drawn, quantity)
        factor.grants.append(made)
    for after in range(60):
        figures = factor.figures(today + timedelta(days=after))
        assert figures.granted + figures.gap == factor.requested
        assert 0 <= figures.drawn <= figures.granted <= factor.requested


@pytest.mark.parametrize(
    ("bad", "field", "word"),
    [
        (grant("37", "2号"), "quantity", "above the gap of 36"),
        (grant("1", "2号", on=DAY - timedelta(days=1)), "date", "before the request"),
        (grant("1", "2号", on=DAY + timedelta(days=1)), "date", "in the future"),
        (grant("1", "2号", expires=DAY - timedelta(days=1)), "expires", "has passed"),
        (grant("1", "浙土字[2026] 1 号"), "document", "used for another grant"),
    ],
)  # fmt: skip
def test_a_grant_that_cannot_be_is_refused_by_field(bad: Grant, field: str, word: str) -> None:
    """Above the gap, before the request, in the future, expired already, under a number that was used: brackets do not matter."""
    with pytest.raises(FieldRefused, match=word) as refused:
        check_grant(land(grant("82", "浙土字〔2026〕1号")), bad, DAY)
    assert refused.value.facts["field"] == field


def test_a_grant_holds_on_its_last_day_and_not_after() -> None:
    """Then its quantity is missing again."""
    factor = land(grant("118", expires=DAY))
    assert factor.figures(DAY).gap == 0
    assert factor.figures(DAY + timedelta(days=1)).gap == 118


def test_document_numbers_are_compared_without_blanks_and_kinds_of_brackets() -> None:
    """〔2026〕 and [2026] are typed for each other."""
    assert (
        same_document("浙土字〔2026〕1号") == same_document("浙土字 [2026] 1号") != same_document("浙土字〔2026〕2号")
    )


LATE = date(2026, 6, 1)


@pytest.mark.parametrize(
    ("factor", "case", "outcome", "signed", "expected"),
    [
        (land(), Status.IN_PROGRESS, None, False, "registered"),
        (land(), Status.IN_PROGRESS, None, True, "in_progress"),
        (land(grant("82")), Status.IN_PROGRESS, None, True, "partial"),
        (land(grant("118")), Status.IN_PROGRESS, None, True, "fulfilled"),
        (land(grant("118")), Status.CLOSED, "resolved", True, "fulfilled"),
        (land(grant("118")), Status.CLOSED, "withdrawn", True, "withdrawn"),
        (land(needed_by=LATE), Status.IN_PROGRESS, None, True, "overdue"),
        (land(grant("1"), needed_by=LATE), Status.IN_PROGRESS, None, True, "partial"),
        (land(), Status.SUSPENDED, None, True, "suspended"),
        (land(grant("118", expires=DAY - timedelta(days=1))), Status.IN_PROGRESS, None, True, "in_progress"),
    ],
)  # fmt: skip
def test_the_status_follows_from_the_facts(
    factor: Factor, case: Status, outcome: str | None, signed: bool, expected: str
) -> None:
    """Nobody sets it."""
    assert status(factor, case, outcome, signed, DAY) is FactorStatus(expected)


def test_blocked_deferred_and_rejected_are_facts_too() -> None:
    """A rejection is told before a block, a block before a plan; a plan is over after its day."""
    factor = land(needed_by=LATE)
    factor.deferred_until = DAY
    assert status(factor, Status.IN_PROGRESS, None, True, DAY) is FactorStatus.DEFERRED
    assert status(factor, Status.IN_PROGRESS, None, True, DAY + timedelta(days=1)) is FactorStatus.OVERDUE
    factor.blocked_reason = "廊道未定"
    assert status(factor, Status.IN_PROGRESS, None, True, DAY) is FactorStatus.BLOCKED
    factor.stages = [Stage("a", 1, 1, "D03", StageState.REJECTED)]
    assert status(factor, Status.IN_PROGRESS, None, True, DAY) is FactorStatus.REJECTED


# -- the chain ---------------------------------------------------------------------------------------------------------

GROUPS = st.lists(st.integers(1, 3), min_size=1, max_size=5)
STEPS = st.lists(
    st.tuples(st.sampled_from(["done", "skipped", "rejected", "returned", "again"]), st.integers(0, 20)), max_size=30
)


@given(GROUPS, STEPS)
def test_a_chain_has_exactly_the_open_stages_that_its_rule_says(sizes: list[int], steps: list[tuple[str, int]]) -> None:
    """Open are the unfinished, not rejected stages of the first unfinished group, and no other."""
    groups = [group for group, size in enumerate(sizes, 1) for _ in range(size)]
    stages = [Stage(f"s{n}", n, group, "D03") for n, group in enumerate(groups, 1)]
    settle(stages)
    for what, pick in steps:
        stage = stages[pick % len(stages)]
        if what == "again":
            if stage.state in FINISHED or stage.state is StageState.REJECTED:
                stage.state = StageState.WAITING
        elif stage.state in (StageState.OPEN, StageState.RETURNED):
            stage.state = StageState(what)
        settle(stages)
        left = [s for s in stages if s.state not in (StageState.DONE, StageState.SKIPPED)]
        first = min((s.group for s in left), default=0)
        expected = {s.code for s in left if s.group == first and s.state is not StageState.REJECTED}
        assert {s.code for s in stages if s.state in (StageState.OPEN, StageState.RETURNED)} == expected


# -- the engine of approvals -------------------------------------------------------------------------------------------

ROLES = (Role.LIAISON, Role.UNIT_HEAD, Role.DEPUTY_CHIEF, Role.CHIEF)


def asked(roles: tuple[Role, ...], mode: str, needed: int = 1) -> Approval:
    """An approval whose first steps are asked."""
    steps, needs = in_turn(roles, "D03") if mode == "in_turn" else side_by_side(roles, "D03", needed)
    approval = Approval(ApprovalKind.STAGE, None, datetime(2026, 7, 16, 2, tzinfo=UTC), {}, steps, needs=needs)
    for step in to_open(approval):
        step.state = "open"
    return approval


@given(
    st.integers(1, 4),
    st.integers(1, 4),
    st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=12),
    st.booleans(),
)
def test_an_approval_asks_whom_its_rule_says_and_ends_as_it_must(
    size: int, quorum: int, votes: list[tuple[int, bool]], turns: bool
) -> None:
    """In turn one is asked at a time; side by side all; granted by the needed number, refused once that cannot be reached."""
    roles, needed = ROLES[:size], min(quorum, size)
    approval = asked(roles, "in_turn" if turns else "quorum", needed)
    for pick, yes in votes:
        open_now = [s for s in approval.steps if s.state == "open"]
        if verdict(approval) is not Verdict.OPEN:
            break
        assert len(open_now) == (1 if turns else size - sum(s.state in ("granted", "refused") for s in approval.steps))
        step = open_now[pick % len(open_now)]
        would = decides(approval, step)
        step.state = "granted" if yes else "refused"
        assert (verdict(approval) is Verdict.GRANTED) is (yes and would)
        for following in to_open(approval):
            following.state = "open"
    said = [s.state for s in approval.steps]
    agreed, against = said.count("granted"), said.count("refused")
    if turns:
        expected = Verdict.REFUSED if against else Verdict.GRANTED if agreed == size else Verdict.OPEN
    else:
        expected = Verdict.GRANTED if agreed >= needed else Verdict.REFUSED if size - against < needed else Verdict.OPEN
    assert verdict(approval) is expected
