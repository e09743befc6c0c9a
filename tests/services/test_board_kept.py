"""Counts that are kept: a quick one never is, a slow one is shown again while it is counted anew, and nobody counts it twice at once."""

from __future__ import annotations

import threading
import time

import pytest
from sqlalchemy.orm import Session

from services import board_kept
from services.board_kept import kept
from services.office import Office

pytestmark = pytest.mark.sqlite


class Counter:
    """Counts how often it was asked; the answer waits until it is let go."""

    def __init__(self) -> None:
        self.asked = 0
        self.go = threading.Event()

    def __call__(self, _session: Session) -> int:
        """One more."""
        self.asked += 1
        assert self.go.wait(10)
        return self.asked


@pytest.fixture
def counter() -> Counter:
    """One that answers at once."""
    made = Counter()
    made.go.set()
    return made


def settle(office: Office, counter: Counter, least: int) -> None:
    """Wait until it was asked so often and the answer is there."""
    until = time.monotonic() + 10
    while counter.asked < least and time.monotonic() < until:
        time.sleep(0.005)
    time.sleep(0.05)


def test_what_is_quick_is_counted_each_time(office: Office, counter: Counter) -> None:
    """A small office sees the present moment."""
    assert [kept(office, "x", counter) for _ in range(3)] == [1, 2, 3]


def test_what_is_slow_is_shown_again_and_then_counted_anew(
    office: Office, counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within a minute the same; later the last count at once, and the new one at the next look."""
    monkeypatch.setattr(board_kept, "LONG", -1.0)
    assert [kept(office, "x", counter) for _ in range(3)] == [1, 1, 1]
    assert kept(office, "y", counter) == 2
    counter.go.clear()
    assert kept(office, "x", counter, fresh=0) == 1
    counter.go.set()
    settle(office, counter, 3)
    assert kept(office, "x", counter) == 3


def test_a_page_does_not_wait_longer_than_it_may(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not ready is None; what was begun is finished beside it, once, however many ask."""
    monkeypatch.setattr(board_kept, "LONG", -1.0)
    slow = Counter()
    assert [kept(office, "x", slow, patience=0.01) for _ in range(3)] == [None, None, None]
    slow.go.set()
    assert kept(office, "x", slow) == 1
    assert slow.asked == 1


def test_the_next_day_and_another_policy_are_counted_anew(
    office: Office, counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is kept is of one day and one policy."""
    monkeypatch.setattr(board_kept, "LONG", -1.0)
    assert kept(office, "x", counter) == 1
    office.fixed = office.now().replace(day=20)
    assert kept(office, "x", counter) == 2


def test_a_mistake_is_told_and_not_kept(office: Office, counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks is told; the next one counts again."""
    monkeypatch.setattr(board_kept, "LONG", 0.05)

    def wrong(_session: Session) -> int:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        kept(office, "x", wrong)
    assert kept(office, "x", counter) == 1


def test_what_is_kept_has_an_end(office: Office, counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many different questions do not fill the memory: the longest kept go first."""
    monkeypatch.setattr(board_kept, "LONG", -1.0)
    monkeypatch.setattr(board_kept, "MOST", 10)
    for n in range(30):
        kept(office, n, counter)
    assert len(board_kept._shelf(office).entries) <= 11
    assert kept(office, 29, counter) == 30
