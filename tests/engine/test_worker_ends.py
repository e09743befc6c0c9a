"""What becomes of runs when their worker ends, gently or not."""

from __future__ import annotations

import signal

import pytest

from tests.engine.conftest import Api, Workshop, wait_for

pytestmark = pytest.mark.engine


def test_sigterm_lets_runs_end_and_leaves_schedules_alone(workshop: Workshop, api: Api) -> None:
    """A worker that is asked to stop finishes the run under way, exits 0, takes no new one, and pauses no schedule."""
    worker = workshop.start_worker()
    run = api.trigger("slow", seconds=2, number=1)
    wait_for(lambda: workshop.diary("slow began", number=1), 5)
    waiting = api.trigger("quick", number=1)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(20) == 0
    assert workshop.diary("slow ended", number=1)
    assert api.state(run) == "Completed"
    assert api.state(waiting) in {"Scheduled", "Late"}
    assert all(schedule["active"] for schedule in api.deployment("ticking")["schedules"])


def test_what_a_killed_worker_left_is_done_by_the_next(workshop: Workshop, api: Api) -> None:
    """A run asked for in the UI is executed again under its own id; a standing one is closed, and its rows are handled."""
    worker = workshop.start_worker()
    run = api.trigger("slow", seconds=3, number=2)
    wait_for(lambda: workshop.diary("slow began", number=2), 10)
    worker.kill()
    worker.wait()
    assert api.state(run) == "Running"

    successor = workshop.start_worker()
    wait_for(lambda: api.state(run) == "Completed", 25, "the run's second attempt")
    assert [line["run"] for line in workshop.diary("slow began", number=2)] == [str(run)] * 2
    assert len(workshop.diary("slow ended", number=2)) == 1

    workshop.put("long-letter")
    first = wait_for(lambda: workshop.diary("sorted", letter="long-letter"), 10)[0]
    successor.kill()
    successor.wait()
    workshop.start_worker()
    wait_for(lambda: api.state(first["run"]) == "Crashed", 25, "the closing of the standing run")
    wait_for(lambda: not any((workshop.folder / "tray").iterdir()), 20, "the rows to be handled")
    assert workshop.diary("sorted", letter="long-letter")[-1]["run"] != first["run"]
