"""The sweep: every due step once, whoever sweeps and however often; numbers without gap; a dry run writes nothing."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event, func, select

from domain.lifecycle import Party
from domain.refusals import FieldRefused
from models.clock import Clock, ClockEvent, Notice
from models.intake import DeliveryState, Trust
from models.office import NumberSeries, Outbox
from services import sweep as sweeping
from services.casebook import open_casebook
from services.intake import store
from services.numbers import draw
from services.office import Office, open_office
from services.receiver import receive_waiting
from services.settings import Settings
from services.sweep import sweep
from services.waiting_reports import start_clock
from tests.builders import envelope, everything_of, moment, report, unrouted

At = Callable[[str], datetime]


def numbers(office: Office) -> list[int]:
    """The numbers of all notices, in order."""
    with office.reading() as session:
        return [int(re.findall(r"\d+", n)[-1]) for n in session.scalars(select(Notice.number).order_by(Notice.id))]


def several(office: Office, count: int) -> None:
    """Difficulties taken up in one batch."""
    for n in range(count):
        store(
            office,
            "standard",
            f"s{n}",
            Trust.SIGNED,
            DeliveryState.WAITING,
            envelope(title=f"第{n}项"),
            "application/json",
        )
    assert len(receive_waiting(office).cases) == count


def test_swept_twice_nothing_is_issued_twice(office: Office, at: At) -> None:
    """The second sweep finds nothing to do and changes nothing but its own sign of life."""
    several(office, 3)
    at("2026-08-04 08:30")
    first = sweep(office)
    issued = numbers(office)
    with office.reading() as session:
        mails = session.scalar(select(func.count()).select_from(Outbox))
    again = sweep(office)
    assert first.notices == len(issued) > 0
    assert (again.examined, again.steps, again.notices) == (0, (), 0)
    assert numbers(office) == issued
    with office.reading() as session:
        assert session.scalar(select(func.count()).select_from(Outbox)) == mails


def test_two_sweeps_at_once_issue_once(settings: Settings, office: Office, at: At) -> None:
    """Two threads, each an office of its own: each step once, numbers without gap."""
    several(office, 6)
    now = at("2026-08-04 08:30")
    others = [open_office(settings) for _ in range(2)]
    barrier, reports, problems = threading.Barrier(2), [], []

    def run(mine: Office) -> None:
        mine.fixed = now
        barrier.wait(timeout=10)
        try:
            reports.append(sweep(mine))
        except Exception as problem:
            problems.append(problem)

    threads = [threading.Thread(target=run, args=(o,)) for o in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    for other in others:
        other.close()
    assert problems == []
    with office.reading() as session:
        steps = session.execute(select(ClockEvent.clock_id, ClockEvent.step).where(ClockEvent.step.is_not(None))).all()
        assert len(steps) == len(set(steps))
    issued = numbers(office)
    assert sum(r.notices for r in reports) == len(issued)
    assert sorted(issued) == list(range(1, len(issued) + 1))


def test_a_rollback_returns_its_numbers(office: Office) -> None:
    """What was drawn in a transaction that failed is drawn again."""

    def draw_and_fail() -> None:
        with office.writing() as session:
            assert list(draw(session, "notice", 2026, 3)) == [1, 2, 3]
            raise RuntimeError

    with pytest.raises(RuntimeError):
        draw_and_fail()
    with office.writing() as session:
        assert list(draw(session, "notice", 2026, 2)) == [1, 2]


def test_a_sweep_that_dies_leaves_nothing_behind(office: Office, at: At) -> None:
    """Killed before its commit, and asked for again: as if it had been the first."""
    several(office, 2)
    now = at("2026-08-04 08:30")
    before = everything_of(office)

    def tick_and_die() -> None:
        with office.writing() as session:
            due = {c.case_id: [c.id] for c in session.scalars(select(Clock).where(Clock.kind == "close")) if c.case_id}
            assert open_casebook(office, session, now=now).tick(due)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tick_and_die()
    assert everything_of(office) == before
    sweep(office)
    assert numbers(office) == list(range(1, len(numbers(office)) + 1))


def test_numbers_are_drawn_in_a_row_over_batches(office: Office, at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small batches, no gap, every due step taken."""
    several(office, 5)
    monkeypatch.setattr(sweeping, "BATCH", 3)
    at("2026-08-04 08:30")
    done = sweep(office)
    issued = numbers(office)
    assert issued == list(range(1, len(issued) + 1))
    assert done.notices == len(issued)
    with office.reading() as session:
        assert session.scalar(select(func.count()).where(Clock.next_action_at <= office.now())) == 0
        assert session.scalar(select(NumberSeries.last).where(NumberSeries.series == "notice")) == len(issued)


def test_a_dry_run_shows_the_steps_and_writes_nothing(office: Office, at: At) -> None:
    """What the sweep then really does is what was shown."""
    several(office, 3)
    at("2026-08-04 08:30")
    before = everything_of(office)
    shown = sweep(office, dry_run=True)
    assert everything_of(office) == before
    done = sweep(office)
    assert (shown.dry_run, shown.steps, shown.notices) == (True, done.steps, done.notices)


def test_a_moment_to_come_is_for_dry_runs_only(office: Office) -> None:
    """A dry run may look ahead; a real one is refused by name, and writes nothing."""
    report(office)
    before = everything_of(office)
    later = office.now() + timedelta(days=30)
    with pytest.raises(FieldRefused) as caught:
        sweep(office, as_of=later)
    assert (caught.value.facts["field"], "dry run" in str(caught.value)) == ("as_of", True)
    assert sweep(office, as_of=later, dry_run=True).notices > 0
    assert everything_of(office) == before


def test_a_sweep_as_of_a_moment_past_takes_what_was_due_then(office: Office, at: At) -> None:
    """And leaves the rest."""
    it = report(office)
    at("2026-08-04 08:30")
    sweep(office, as_of=moment(office, "2026-07-28 08:30"))
    assert [n["colour"] for n in it.json["notices"] if n["clock"] == "close"] == ["blue"]


def test_the_report_names_case_clock_step_and_people(office: Office, at: At) -> None:
    """As `expedite sweep --json` prints it; a silent step goes to nobody."""
    it = unrouted(office)
    at("2026-07-20 08:30")
    [step] = sweep(office).steps
    assert (step.case, step.clock, step.step, step.to) == (it.code, "triage", "yellow", ("R06",))


def test_a_sweep_can_be_asked_to_stop(office: Office, at: At) -> None:
    """Before the next batch; what is left is done by the next sweep."""
    several(office, 2)
    at("2026-08-04 08:30")
    assert sweep(office, should_stop=lambda: True).examined == 0
    assert sweep(office).examined > 0


@pytest.mark.sqlite
def test_a_batch_costs_the_same_statements_whatever_its_size(office: Office, at: At) -> None:
    """No statement per case: a sweep of twelve cases is as many statements as one of two."""
    counted: list[str] = []
    event.listen(office.engine, "before_cursor_execute", lambda *args: counted.append(args[2]))

    def statements(count: int, day: str) -> int:
        at("2026-07-16 10:00")
        several_more(office, count)
        at(day)
        counted.clear()
        sweep(office)
        return len(counted)

    few, many = statements(2, "2026-07-24 08:30"), statements(12, "2026-07-24 08:30")
    assert many <= few + 4


def several_more(office: Office, count: int) -> None:
    """Difficulties with keys of their own."""
    for _ in range(count):
        report(office)


def waiting_report(office: Office, key: str) -> str:
    """A report from the public form that nobody has confirmed."""
    return store(
        office, "form", key, Trust.PUBLIC, DeliveryState.UNCONFIRMED, envelope(), "application/json",
        then=lambda session, new_id, _: void(start_clock(session, office.policy, office.time, new_id, office.now())),
    ).receipt  # fmt: skip


def void(_: object) -> None:
    """Nothing."""


def test_reports_that_wait_have_a_clock_of_one_working_day(office: Office, at: At) -> None:
    """No case, yet a numbered notice to the clerk and a mail with a link; once."""
    receipts = {waiting_report(office, key) for key in "ab"}
    at("2026-07-20 08:30")
    done = sweep(office)
    assert {s.case for s in done.steps if s.clock == "report_waiting"} == receipts
    assert sweep(office).steps == ()
    with office.reading() as session:
        rows = session.scalars(select(Outbox).where(Outbox.message == "report_waiting")).all()
        assert [(r.account_id, r.case_id, r.grant) for r in rows] == [("R06", None, {"party": "clerk"})] * 2
    assert numbers(office) == [1, 2]


def test_no_step_is_taken_for_a_case_that_was_closed_meanwhile(office: Office, at: At) -> None:
    """Closed cases own no clock that acts."""
    it = report(office).act("withdraw", Party.ENTERPRISE)
    at("2026-08-20 08:30")
    assert sweep(office).examined == 0
    assert it.status == "closed"
