"""What is hidden stays hidden: whoever has all the shown cells and their sum cannot reckon a hidden one."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from domain.publication import hidden_cells, hidden_rates, joined

COUNTS = st.lists(st.integers(0, 30), max_size=12)
LEAST = st.integers(3, 8)


def possible(shown_sum: int, total: int, hidden: int) -> list[set[int]]:
    """Every value that each hidden cell may have, by trying all: they add up to what is missing, and none is empty."""
    missing = total - shown_sum
    found: list[set[int]] = [set() for _ in range(hidden)]
    for values in product(range(1, missing + 1), repeat=hidden):
        if sum(values) == missing:
            for place, value in enumerate(values):
                found[place].add(value)
    return found


@given(st.lists(st.integers(0, 6), max_size=5), st.integers(3, 5))
def test_the_complement_attack_finds_nothing(counts: list[int], least: int) -> None:
    """By trying every table that fits what is shown: a hidden cell may be as large as any that is shown, or as small as one."""
    hidden = hidden_cells(counts, least)
    if not hidden:
        return
    shown = sum(count for place, count in enumerate(counts) if place not in hidden)
    for values in possible(shown, sum(counts), len(hidden)):
        assert 1 in values
        assert max(values) >= least


@given(COUNTS, LEAST)
def test_no_small_cell_is_shown(counts: list[int], least: int) -> None:
    """And no cell is hidden without a small one, nor a cell of nobody."""
    hidden = hidden_cells(counts, least)
    small = {place for place, count in enumerate(counts) if 0 < count < least}
    if hidden is None:
        assert small
        return
    assert small <= hidden
    assert bool(small) == bool(hidden)
    assert all(counts[place] for place in hidden)


@given(COUNTS, LEAST)
def test_no_more_is_hidden_than_has_to_be(counts: list[int], least: int) -> None:
    """Without the largest of those that are hidden beside the small ones, a small one could be told."""
    hidden = hidden_cells(counts, least) or frozenset()
    besides = sorted((place for place in hidden if counts[place] >= least), key=lambda place: counts[place])
    if besides:
        rest = [counts[place] for place in hidden if place != besides[-1]]
        assert len(rest) < 2 or sum(rest) - len(rest) + 1 < least


def test_by_hand() -> None:
    """One small cell takes its next neighbour with it; two that are small give each other away if their sum is small."""
    assert hidden_cells([20, 3, 9, 6, 0], 5) == frozenset({1, 3})
    assert hidden_cells([20, 3, 9, 4, 0], 5) == frozenset({1, 3})
    assert hidden_cells([20, 1, 9, 1], 5) == frozenset({1, 2, 3})
    assert hidden_cells([20, 9, 6], 5) == frozenset()
    assert hidden_cells([1, 1, 1, 1, 1], 5) is None
    assert hidden_cells([3], 5) is None
    assert hidden_cells([3, 0], 5) is None
    assert hidden_cells([], 5) == frozenset()


@given(st.lists(st.integers(0, 12), max_size=14), LEAST, st.integers(0, 12))
def test_a_later_month_takes_nothing_apart(counts: list[int], least: int, later: int) -> None:
    """Rows have enough cases each, and those that were published stay as they were: no difference between two pages tells a month."""
    rows = joined(counts, least)
    place = 0
    for length in rows:
        assert sum(counts[place : place + length]) >= least
        place += length
    assert sum(counts[place:]) < least
    assert joined([*counts, later], least)[: len(rows)] == rows


LINES = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=5)


@given(LINES, st.integers(3, 5))
def test_rates_give_no_small_answer_away(lines: list[tuple[int, int]], least: int) -> None:
    """Each answer behind a shown rate is nobody's or of enough; a hidden one may be nobody's, or enough, by all that is shown."""
    hidden = hidden_rates(lines, least)
    small = {place for place, line in enumerate(lines) if any(0 < n < least for n in line)}
    if hidden is None:
        assert small
        return
    assert small <= hidden
    assert len(hidden) != 1
    for answer in (0, 1):
        together = sum(lines[place][answer] for place in hidden)
        assert together == 0 or together >= least


def test_rates_by_hand() -> None:
    """Two late of six take the next line along with which late ones are enough; a line of a hidden row is hidden too."""
    assert hidden_rates([(4, 2), (12, 8), (30, 0)], 5) == frozenset({0, 1})
    assert hidden_rates([(6, 2), (30, 0), (40, 0)], 5) is None
    assert hidden_rates([(6, 0), (30, 0), (0, 0)], 5) == frozenset()
    assert hidden_rates([(6, 0), (30, 0), (50, 0)], 5, rows=(0, 1)) == frozenset({0, 1})
    assert hidden_rates([], 5) == frozenset()
