"""Counts kept by the sweep: the pages of every process find them, while they are recent, of this day and of this policy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from domain.publication import PublicRules
from models.kept import KeptCount
from services import board_counts, board_kept
from services.board_counts import MATTERS, Count, a_year, closed_of, figures_of, keep_counts, thirteen_weeks, usual
from services.board_kept import name_of
from services.in_force import InForce
from services.office import Office
from tests.builders import report

At = Callable[[str], datetime]


@pytest.fixture(autouse=True)
def _every_count_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """As with a hundred thousand cases."""
    monkeypatch.setattr(board_counts, "LONG", -1.0)
    monkeypatch.setattr(board_kept, "LONG", -1.0)


def names(office: Office) -> list[str]:
    """What is kept."""
    with office.reading() as session:
        return list(session.scalars(select(KeptCount.name).order_by(KeptCount.name)))


def no_counting(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on whoever counts fails."""

    def fails(*_: object) -> None:
        raise AssertionError("counted")

    for name in ("figures", "light_history", "load_closed", "public_figures"):
        monkeypatch.setattr(board_counts, name, fails)


@pytest.mark.each_database
def test_every_usual_count_comes_back_as_it_was(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read from the database equals what was counted, figure by figure."""
    office.in_force = _published(office)
    for title in ("甲", "乙", "丙"):
        report(office, title=title).replied().by_firm("confirm")
    counted = {}
    with office.reading() as session:
        for one in usual(office):
            counted[one.key] = one.count(session, office)
    assert keep_counts(office) == len(counted) == len(names(office)) >= 7
    no_counting(monkeypatch)
    board_kept._shelves.clear()
    shown = {one.key: one.shown(office) for one in usual(office) if one is not MATTERS}
    assert shown == {key: value for key, value in counted.items() if key != "matters"}
    assert counted[closed_of(*thirteen_weeks(office)).key][0].total == 3


def _published(office: Office) -> InForce:
    office.followed = float("inf")
    return replace(office.in_force, policy=replace(office.policy, public=PublicRules(enabled=True)))


def test_what_was_kept_is_shown_until_it_is_old(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """For some sweeps' time; then the page counts itself, because no sweep seems to come."""
    wanted = figures_of(*_this_year(office))
    keep_counts(office)
    report(office)
    shown = wanted.shown(office)
    assert shown is not None
    assert shown.received == 0
    with office.writing() as session:
        session.execute(
            update(KeptCount).values(took=0.0, counted_at=office.real_now() - timedelta(seconds=board_kept.SWEPT + 1))
        )
    board_kept._shelves.clear()
    shown = wanted.shown(office)
    assert shown is not None
    assert shown.received == 1


def test_a_new_sweep_is_seen_by_a_process_that_showed_the_one_before(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process looks again when what it has is no longer fresh."""
    monkeypatch.setattr(board_counts, "AGAIN", timedelta())
    monkeypatch.setattr(board_counts, "SHARE", 0)
    wanted = Count(
        figures_of(*_this_year(office)).key, figures_of(*_this_year(office)).count, board_counts._FIGURES, 0.0
    )
    keep_counts(office)
    first = wanted.shown(office)
    report(office)
    keep_counts(office)
    no_counting(monkeypatch)
    second = wanted.shown(office)
    assert first is not None
    assert second is not None
    assert (first.received, second.received) == (0, 1)


def test_a_sweep_does_not_count_again_what_is_recent(office: Office) -> None:
    """Two sweeps within some minutes count once."""
    assert keep_counts(office) > 0
    assert keep_counts(office) == 0


def test_the_next_day_has_counts_of_its_own(office: Office, at: At) -> None:
    """The periods end today: after midnight they are others, and yesterday's go."""
    keep_counts(office)
    before = names(office)
    at("2026-07-17 00:10")
    assert keep_counts(office) == len(before)
    assert names(office) != before
    assert name_of(figures_of(*_this_year(office)).key) in names(office)
    with office.reading() as session:
        assert session.scalars(select(KeptCount.day).distinct()).all() == [office.today()]


def test_one_count_that_fails_leaves_the_others(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is logged and counted by the page that shows it."""

    def fails(*_: object) -> None:
        raise ValueError("no")

    monkeypatch.setattr(board_counts, "light_history", fails)
    first, last = thirteen_weeks(office)
    keep_counts(office)
    assert "lights" not in {name.split(":")[0] for name in names(office)}
    assert name_of(closed_of(a_year(office, first, last), last).key) in names(office)


def test_what_an_older_version_wrote_is_counted_anew(office: Office) -> None:
    """A row that cannot be read is as good as none."""
    keep_counts(office)
    with office.writing() as session:
        session.execute(update(KeptCount).values(value={"counted": {"another": "shape"}}))
    shown = figures_of(*_this_year(office)).shown(office)
    assert shown is not None
    assert shown.received == 0


def test_a_small_office_keeps_nothing(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is counted quickly is counted when it is shown, and what was kept when it took long goes."""
    keep_counts(office)
    monkeypatch.setattr(board_counts, "LONG", 1000.0)
    monkeypatch.setattr(board_counts, "AGAIN", timedelta())
    monkeypatch.setattr(board_counts, "SHARE", 0)
    assert keep_counts(office) == 0
    with office.reading() as session:
        assert session.scalar(select(func.count()).select_from(KeptCount)) == 0


def _this_year(office: Office) -> tuple[date, date]:
    today = office.today()
    return today.replace(month=1, day=1), today
