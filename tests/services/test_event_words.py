"""Names of a history's lines: what was done is told in the past, where a button says what to do."""

from __future__ import annotations

import pytest

from domain.lifecycle import ACTIONS
from services.event_words import EVENT_LABELS, event_label


@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_what_was_done_is_told_in_the_past(action: str) -> None:
    """A history reads as a report, not as a list of orders."""
    said = event_label(action).en
    assert action in EVENT_LABELS
    assert any(
        word.lower().endswith(("ed", "given", "sent", "respond", "taken", "withdrawn")) for word in said.split()
    ), said


def test_a_rating_is_not_called_a_confirmation() -> None:
    """A low rating takes the case up again: the history must not say that it was confirmed."""
    assert (event_label("confirm").zh, event_label("confirm").en) == ("企业评价", "Rated")
