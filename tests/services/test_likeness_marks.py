"""Reports as numbers: they are as alike as their wording is, and no pair is left out that would be alike."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.likeness import alike, bag_of
from services.likeness_marks import marked

words = st.lists(
    st.sampled_from(
        [
            "电源",
            "廊道",
            "电压暂降",
            "停线",
            "排管施工",
            "变压器",
            "110",
            "kV",
            "3,000",
            "feeder",
            "cables",
            "治理",
            "电",
            "电源电源",
        ]
    ),
    max_size=12,
).map(" ".join)


@given(words, words, words, words)
def test_numbers_are_as_alike_as_the_bags(title: str, detail: str, other_title: str, other_detail: str) -> None:
    """Equal tokens count as often as they stand in both."""
    a = (bag_of(title), bag_of(f"{title}\n{detail}"))
    b = (bag_of(other_title), bag_of(f"{other_title}\n{other_detail}"))
    places: dict[tuple[str, int], int] = {}
    first, second = marked(a, places), marked(b, places)
    assert first.alike(second) == pytest.approx(alike(a, b))
    assert first.alike(second) == second.alike(first)


@given(words, words, words, words, st.floats(0.05, 0.95))
def test_what_is_alike_has_enough_in_common(
    title: str, detail: str, other_title: str, other_detail: str, line: float
) -> None:
    """The number of common tokens below which pairs are not compared is never above that of a pair that is alike."""
    places: dict[tuple[str, int], int] = {}
    first = marked((bag_of(title), bag_of(f"{title}\n{detail}")), places)
    second = marked((bag_of(other_title), bag_of(f"{other_title}\n{other_detail}")), places)
    if first.alike(second) >= line:
        assert (first.whole & second.whole).bit_count() >= min(first.needs(line), second.needs(line)) - 1e-9


@given(words, words, words, words, st.floats(0.05, 0.95))
def test_a_likeness_from_the_line_on_is_told_exactly(
    title: str, detail: str, other_title: str, other_detail: str, line: float
) -> None:
    """Whoever asks from a line on gets the likeness itself at or above it, and less than the line below it."""
    a = (bag_of(title), bag_of(f"{title}\n{detail}"))
    b = (bag_of(other_title), bag_of(f"{other_title}\n{other_detail}"))
    exact, told = alike(a, b), alike(a, b, line)
    assert told == exact if exact >= line else told <= exact
