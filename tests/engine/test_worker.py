"""The in-process worker on a real Prefect server."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator

import pytest

from tests.engine.conftest import Api, Workshop, wait_for

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def worker(workshop: Workshop) -> Iterator[subprocess.Popen[bytes]]:
    """One worker for the tests that leave it alive."""
    process = workshop.start_worker()
    yield process
    process.send_signal(signal.SIGTERM)
    process.wait(20)


def test_a_run_asked_for_in_the_ui_starts_at_once(worker: object, workshop: Workshop, api: Api) -> None:
    """The event wakes the worker: a run starts long before the next poll, and ends Completed."""
    run = api.trigger("quick", number=41)
    wait_for(lambda: workshop.diary("quick", number=41), 2.0, "the run")
    wait_for(lambda: api.state(run) == "Completed", 5)


def test_a_run_is_named_by_what_it_does_and_tagged_with_the_case(worker: object, api: Api) -> None:
    """A coordinator finds a run by its name and by the case's code."""
    run = api.trigger("quick", number=42)
    wait_for(lambda: api.state(run) == "Completed", 10)
    assert api.run(run)["name"] == "快 Quick · 42"
    assert "DIF-2026-0042" in api.run(run)["tags"]


def test_a_failed_run_says_why(worker: object, api: Api) -> None:
    """An error in a flow ends its run Failed, with the reason, and the worker goes on."""
    run = api.trigger("failing")
    wait_for(lambda: api.state(run) == "Failed", 10)
    assert "as it was meant to" in api.run(run)["state"]["message"]


def test_waiting_rows_get_a_run_of_their_own(worker: object, workshop: Workshop, api: Api) -> None:
    """A standing flow needs no trigger: what waits is handled by a real flow run, exactly once."""
    workshop.put("letter-1")
    line = wait_for(lambda: workshop.diary("sorted", letter="letter-1"), 5, "the standing run")[0]
    wait_for(lambda: api.state(line["run"]) == "Completed", 10)
    assert "standing" in api.run(line["run"])["tags"]
    assert len(workshop.diary("sorted", letter="letter-1")) == 1


def test_an_idle_standing_flow_makes_no_runs(worker: object, workshop: Workshop, api: Api) -> None:
    """When nothing waits, no run is made."""
    wait_for(lambda: not any((workshop.folder / "tray").iterdir()))
    before = len(api.runs_of("sorting"))
    run = api.trigger("slow", seconds=1.5, number=7)
    wait_for(lambda: api.state(run) == "Completed", 10)
    assert len(api.runs_of("sorting")) == before


def test_rows_that_nobody_can_handle_do_not_keep_runs_coming(worker: object, workshop: Workshop) -> None:
    """A standing run that handled nothing although rows wait is followed by ever longer pauses, not by the next run."""
    before = len(workshop.diary("sorting"))
    workshop.put("stuck")
    wait_for(lambda: len(workshop.diary("sorting")) >= before + 2, 10, "two attempts")
    time.sleep(1.5)
    (workshop.folder / "tray" / "stuck").unlink()
    assert len(workshop.diary("sorting")) <= before + 3


def test_a_scheduled_run_is_made_and_executed(worker: object, workshop: Workshop, api: Api) -> None:
    """The server's scheduler makes runs by the catalogue's schedule, and the worker finds them by polling."""
    line = wait_for(lambda: workshop.diary("tick"), 30, "a scheduled run")[0]
    assert api.run(line["run"])["auto_scheduled"]
    wait_for(lambda: api.state(line["run"]) == "Completed", 10)


def test_on_sqlite_runs_follow_one_another(worker: object, workshop: Workshop, api: Api) -> None:
    """Two runs asked for together do not overlap: on SQLite side by side they collapse."""
    runs = [api.trigger("slow", seconds=0.8, number=number) for number in (11, 12)]
    wait_for(lambda: all(api.state(run) == "Completed" for run in runs), 15)
    stays = sorted(
        (workshop.diary("slow began", number=n)[0]["at"], workshop.diary("slow ended", number=n)[0]["at"])
        for n in (11, 12)
    )
    assert stays[0][1] <= stays[1][0]


def test_a_cancelled_run_stops_at_its_next_look_and_ends_cancelled(
    worker: object, workshop: Workshop, api: Api
) -> None:
    """Cancelling is cooperative: the flow is asked, stops between batches, and the run ends Cancelled."""
    run = api.trigger("slow", seconds=60, number=21)
    wait_for(lambda: workshop.diary("slow began", number=21), 5)
    api.cancel(run)
    wait_for(lambda: workshop.diary("slow ended", number=21), 15, "the flow's end")
    wait_for(lambda: api.state(run) == "Cancelled", 10)
