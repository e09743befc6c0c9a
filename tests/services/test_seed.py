"""The demo district: its register is replayed as actions at their dates, and stands as its data say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from services.audit import verify
from services.case_view import case_json
from services.directory_file import DifficultiesFile, DifficultyRow, load_seed
from services.office import Office
from services.outbox import owed
from services.seed import DEMO, seed
from services.sweep import sweep

STATUS = {
    "extended": "in_progress",
    "extension_pending": "in_progress",
    "escalated": "in_progress",
    "redo": "in_progress",
}
"""The sample's twelve states that are not ours: facts beside the status with us."""

DIFFERENT = {
    # A redo climbs one rung with us; the sample's level stayed.
    "DIF-2026-0018": {"rung"},
    # In dispute the unit that sent it back stays on record as lead until the ruling, on its rung.
    "DIF-2026-0042": {"rung", "lead"},
    # A closing day is set at dispatch, not before.
    "DIF-2026-0060": {"due", "original_due"},
    # Tracking is reached by `track` alone, so these were dispatched with a closing day first, which is never overwritten.
    **{f"DIF-2026-{n:04d}": {"original_due"} for n in (6, 15, 31, 48, 51, 55)},
}


def register() -> tuple[DifficultyRow, ...]:
    """The rows of the demo's register."""
    file = load_seed(DEMO / "difficulties.yaml")
    assert isinstance(file, DifficultiesFile)
    return file.difficulties


@pytest.fixture
def seeded(office: Office, at: Callable[[str], datetime]) -> Office:
    """The demo office on its Thursday at nine, with the register."""
    at("2026-07-16 09:00")
    assert seed(office, [DEMO / "difficulties.yaml"]).cases == 51
    return office


@pytest.mark.sqlite
def test_the_register_stands_as_the_sample_says(seeded: Office) -> None:
    """Status, rung, light, dates, lead and outcome equal the sample's, but for the differences that are written down."""
    for row in register():
        case, sample = case_json(seeded, row.code), row.sample
        assert case is not None
        want = {
            "status": STATUS.get(sample.status, sample.status), "rung": sample.level, "light": sample.light,
            "original_due": sample.original_due and sample.original_due.isoformat(), "due": sample.due and sample.due.isoformat(),
            "lead": row.lead, "outcome": sample.outcome,
        }  # fmt: skip
        got = {k: case[k][:10] if k.endswith("due") and case[k] else case[k] for k in want}
        assert {k for k in want if want[k] != got[k]} == DIFFERENT.get(row.code, set()), (row.code, want, got)


def test_a_replay_owes_no_mail_and_repeats_nothing(seeded: Office) -> None:
    """History is history: nobody is written to about it, it verifies, and seeding again changes nothing."""
    assert not owed(seeded)
    report = verify(seeded)
    assert (report.cases, report.findings) == (51, ())
    assert report.clocks > 200
    again = seed(seeded, [DEMO / "difficulties.yaml"])
    assert (again.cases, again.known) == (0, 51)


@pytest.mark.sqlite
def test_old_notices_are_answered(seeded: Office) -> None:
    """What a register's notice asked for counts as answered in time; those of these days are still to be."""
    duties = [c for row in register() for c in (case_json(seeded, row.code) or {})["clocks"] if c["kind"] == "duty"]
    assert {c["state"] for c in duties} == {"met", "running"}
    assert all(c["due"] > "2026-07-16T09:00" for c in duties if c["state"] == "running")
    assert all(c["ended_at"] < c["due"] for c in duties if c["state"] == "met")


@pytest.mark.sqlite
def test_the_next_case_follows_the_registers_last(seeded: Office) -> None:
    """Codes go on after the register's."""
    from services.desk import register as report

    said = report(seeded, {"enterprise": {"name": "新客"}, "title": "x", "category": "power"}, "run-1")
    assert said.case == "DIF-2026-0061"


@pytest.mark.sqlite
def test_the_first_sweep_issues_no_colour_that_the_register_has_issued(seeded: Office) -> None:
    """Overdue cases had their yellow and red; the first sweep reminds of what is due soon, and issues nothing twice."""
    steps = [(s.case, s.clock, s.step) for s in sweep(seeded).steps if s.step != "expire"]
    assert len(steps) == len(set(steps))
    assert {step for _, clock, step in steps if clock == "close"} == {"blue"}
    assert sweep(seeded).steps == ()
