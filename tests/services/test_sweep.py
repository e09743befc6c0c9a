"""The sweep: every due step once, whoever sweeps and however often; numbers without gap; a dry run writes nothing."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event, func, select, update

from domain.lifecycle import Party
from domain.refusals import FieldRefused
from models.case import Case
from models.clock import Clock, ClockEvent, Notice
from models.intake import DeliveryState, Trust
from models.office import NumberSeries, Outbox
from services import sweep as sweeping
from services.casebook import open_casebook
from services.identities import UNNAMED
from services.intake import store
from services.leases import last_beat
from services.numbers import draw
from services.office import Office, open_office
from services.receiver import receive_waiting
from services.settings import Settings
from services.sweep import sweep
from services.sweep_pieces import abreast
from services.waiting_reports import start_clock
from tests.builders import PLANNING, ROADS, envelope, everything_of, moment, report, unrouted

At = Callable[[str], datetime]

pytestmark = pytest.mark.each_database


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
    assert sum(iter(lambda: len(receive_waiting(office).cases), 0)) == count


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


def test_many_at_once_leave_no_gap_and_nothing_undone(office: Office, at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    """On PostgreSQL batches go abreast: each step once, numbers in a row, and what fails is set aside alone."""
    several(office, 8)
    monkeypatch.setattr(sweeping, "BATCH", 2)
    monkeypatch.setattr(sweeping, "MANY", 4)
    at("2026-08-04 08:30")
    with office.writing() as session:
        broken = session.scalars(select(Clock).where(Clock.kind == "close").order_by(Clock.id)).first()
        assert broken is not None
        aside, broken.policy_version, broken.kind = broken.id, "", "no such kind"
    done = sweep(office)
    assert aside in {one.clock for one in done.stuck}
    issued = numbers(office)
    assert sorted(issued) == list(range(1, len(issued) + 1))
    assert (done.notices, len(issued) > 8) == (len(issued), True)
    with office.reading() as session:
        left = set(session.scalars(select(Clock.case_id).where(Clock.next_action_at <= office.now())))
        assert len(left) == 1
        steps = session.execute(select(ClockEvent.clock_id, ClockEvent.step).where(ClockEvent.step.is_not(None))).all()
        assert len(steps) == len(set(steps))


@pytest.mark.sqlite
def test_a_piece_has_all_clocks_of_its_cases_and_nothing_of_no_case_goes_beside_another() -> None:
    """Clocks of a case take their steps in turn; what belongs to no case comes after all that does, alone."""
    due = [(1, 7, None, None), (2, None, 5, None), (3, 8, None, None), (4, 7, None, None), (5, 9, None, None)]
    taken: list[list[int]] = []
    abreast(lambda some: taken.append([row[0] for row in some]), due, lambda: 1, 2, lambda: False)
    assert sorted(taken[:-1]) == [[1, 4], [3], [5]]
    assert taken[-1] == [2]


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
        assert [(r.account_id, r.case_id, r.grant) for r in rows] == [
            ("R06", None, {"party": "clerk", "principal": None})
        ] * 2
    assert numbers(office) == [1, 2]


def test_no_step_is_taken_for_a_case_that_was_closed_meanwhile(office: Office, at: At) -> None:
    """Closed cases own no clock that acts."""
    it = report(office).act("withdraw", Party.ENTERPRISE)
    at("2026-08-20 08:30")
    assert sweep(office).examined == 0
    assert it.status == "closed"


# -- a clock whose step fails ----------------------------------------------------------------------------------------------


def poisoned(office: Office, *codes: str, kinds: tuple[str, ...] = ("sign_for",)) -> None:
    """Let the steps of some clocks of these cases fail: they are of a kind that no rule knows."""
    with office.writing() as session:
        ids = select(Case.id).where(Case.code.in_(codes))
        session.execute(update(Clock).where(Clock.case_id.in_(ids), Clock.kind.in_(kinds)).values(kind="unheard_of"))


def told(office: Office) -> list[dict[str, object]]:
    """What the operator is told of steps that failed."""
    with office.reading() as session:
        return [row.facts for row in session.scalars(select(Outbox).where(Outbox.message == "step_failed"))]


def test_a_clock_whose_step_fails_stops_no_other(office: Office, at: At) -> None:
    """Alone it stays as it was and due; all others take theirs, those of its own case too, with numbers in a row."""
    several(office, 7)
    poisoned(office, "DIF-2026-0003")
    at("2026-08-04 08:30")
    done = sweep(office)
    assert {s.case for s in done.steps if s.clock == "sign_for"} == {f"DIF-2026-{n:04d}" for n in (1, 2, 4, 5, 6, 7)}
    assert {s.case for s in done.steps if s.clock == "close"} == {f"DIF-2026-{n:04d}" for n in range(1, 8)}
    assert [(s.case, s.kind, s.problem) for s in done.stuck] == [("DIF-2026-0003", "unheard_of", "KeyError")]
    assert numbers(office) == list(range(1, done.notices + 1))
    with office.reading() as session:
        due = session.execute(select(Clock.case_id, Clock.kind).where(Clock.next_action_at <= office.now())).all()
        assert [tuple(row) for row in due] == [(3, "unheard_of")]


def test_the_operator_is_told_once_of_a_case_whose_steps_fail(office: Office, at: At) -> None:
    """Not of each clock, and not with every sweep; the sweep's sign of life counts them."""
    several(office, 2)
    poisoned(office, "DIF-2026-0001", kinds=("sign_for", "contact"))
    at("2026-08-04 08:30")
    first = sweep(office)
    assert len(first.stuck) == 2
    at("2026-08-04 08:40")
    again = sweep(office)
    assert (again.steps, len(again.stuck)) == ((), len(first.stuck))
    [facts] = told(office)
    assert (facts["case_code"], facts["problem"]) == ("DIF-2026-0001", "KeyError")
    with office.reading() as session:
        beat = last_beat(session, "sweep")
        assert beat is not None
        assert beat.detail["stuck"] == len(first.stuck)


def test_a_restricted_case_whose_steps_fail_is_not_named(office: Office, at: At) -> None:
    """Neither in the sweep's report nor to the operator."""
    several(office, 1)
    poisoned(office, "DIF-2026-0001")
    with office.writing() as session:
        session.execute(update(Case).values(restricted=True))
    at("2026-08-04 08:30")
    assert {s.case for s in sweep(office).stuck} == {UNNAMED}
    assert [f["case_code"] for f in told(office)] == [UNNAMED]


def test_a_clock_that_is_mended_takes_the_steps_it_owes(office: Office, at: At) -> None:
    """Nothing was lost while it was stuck."""
    several(office, 1)
    poisoned(office, "DIF-2026-0001")
    at("2026-08-04 08:30")
    assert "unheard_of" not in {s.clock for s in sweep(office).steps}
    with office.writing() as session:
        session.execute(update(Clock).where(Clock.kind == "unheard_of").values(kind="sign_for"))
    done = sweep(office)
    assert done.stuck == ()
    assert [(s.clock, s.step) for s in done.steps] == [("sign_for", "yellow"), ("sign_for", "expire")]


def test_a_dry_run_goes_around_a_case_whose_steps_fail(office: Office, at: At) -> None:
    """It shows what the sweep then does, and tells nobody."""
    several(office, 3)
    poisoned(office, "DIF-2026-0002")
    at("2026-08-04 08:30")
    before = everything_of(office)
    shown = sweep(office, dry_run=True)
    assert everything_of(office) == before
    done = sweep(office)
    # Around what fails a sweep goes on in other batches, so in another order.
    assert Counter(shown.steps) == Counter(done.steps)
    assert shown.stuck == done.stuck


def test_a_sweep_in_which_too_much_fails_has_failed(office: Office, at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails for all is no accident of single cases: whoever watches the sweep sees it fail."""
    several(office, 3)
    poisoned(office, *(f"DIF-2026-{n:04d}" for n in (1, 2, 3)))
    monkeypatch.setattr(sweeping, "ENOUGH", 3)
    at("2026-08-04 08:30")
    with pytest.raises(KeyError):
        sweep(office)


# -- outages and years -----------------------------------------------------------------------------------------------------


def test_after_an_outage_only_the_highest_colours_go_out(office: Office, at: At) -> None:
    """Three days without a sweep, 500 cases: a colour a clock, what it passed over is recorded, numbers without gap."""
    several(office, 500)
    at("2026-07-31 08:30")
    sweep(office)
    before = len(numbers(office))
    at("2026-08-04 08:30")
    done = sweep(office)
    taken = Counter((s.case, s.clock) for s in done.steps if s.step in {"blue", "yellow", "red"})
    answers = {(s.case, s.clock) for s in done.steps if s.clock in ("answer", "duty")}
    assert all(times == 1 for key, times in taken.items() if key not in answers)
    assert numbers(office) == list(range(1, before + done.notices + 1))
    with office.reading() as session:
        steps = session.execute(
            select(ClockEvent.clock_id, ClockEvent.round, ClockEvent.cycle, ClockEvent.step).where(
                ClockEvent.step.is_not(None)
            )
        ).all()
        colours = session.execute(select(Notice.clock_id, Notice.colour).where(Notice.issued_at == office.now())).all()
    assert len(steps) == len(set(steps))
    assert len({row.clock_id for row in colours}) == len(colours)


def test_what_an_outage_skipped_is_recorded_as_skipped(office: Office, at: At) -> None:
    """Of a closing day that passed by five working days, red goes out; blue and yellow are on record as skipped."""
    it = report(office)
    at("2026-08-12 08:30")
    sweep(office)
    assert [n["colour"] for n in it.json["notices"] if n["clock"] == "close"] == ["red"]
    with office.reading() as session:
        rows = session.execute(
            select(ClockEvent.step, ClockEvent.what)
            .join(Clock, Clock.id == ClockEvent.clock_id)
            .where(Clock.kind == "close", ClockEvent.step.is_not(None))
            .order_by(ClockEvent.id)
        ).all()
    assert [(row.step, row.what.value) for row in rows] == [("blue", "skipped"), ("yellow", "skipped"), ("red", "step")]


def test_numbers_begin_anew_with_the_year(settings: Settings, office: Office, at: At) -> None:
    """By the office's midnight, for two who sweep at once: each year's numbers are in a row, none twice."""
    at("2026-12-25 09:00")
    several(office, 4)
    at("2026-12-31 23:50")
    first = sweep(office)
    at("2027-01-01 00:10")
    several_more(office, 2)
    at("2027-01-12 09:00")
    mine = [open_office(settings) for _ in range(2)]
    for one in mine:
        one.fixed = office.now()
    threads = [threading.Thread(target=sweep, args=(one,)) for one in mine]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for one in mine:
        one.close()
    with office.reading() as session:
        issued = sorted(
            (int(year), int(n))
            for year, n in (re.findall(r"\d+", number) for number in session.scalars(select(Notice.number)))
        )
    of = {year: [n for y, n in issued if y == year] for year in (2026, 2027)}
    assert of[2026] == list(range(1, first.notices + 1))
    assert first.notices > 0
    assert of[2027] == list(range(1, len(of[2027]) + 1))
    assert len(of[2027]) > 0


@pytest.mark.parametrize("batch", [1, 300])
def test_where_a_batch_ends_does_not_matter(
    office: Office, at: At, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    """The answer to the yellow notice is late, and the red one takes its place: nobody is reproached for both, even one by one."""
    it = report(office).by_lead("contact")
    for unit in (ROADS, PLANNING):
        it.act("answer", Party.SUPPORTER, unit)
    for day in ("2026-07-20", "2026-07-23", "2026-07-28", "2026-07-31"):
        it.sweep_at(f"{day} 09:00")
        it.by_lead("report")
    before = len(it.json["notices"])
    monkeypatch.setattr("services.sweep.BATCH", batch)
    at("2026-08-04 09:00")
    foretold = sweep(office, dry_run=True)
    done = sweep(office)
    assert sorted(foretold.steps, key=str) == sorted(done.steps, key=str)
    assert [(n["clock"], n["colour"], n["owner"]) for n in it.json["notices"][before:]] == [("close", "red", "D08")]


def test_looks_share_a_transaction_until_something_is_written(office: Office) -> None:
    """Many small questions are one look; whoever looks after a writing sees what was written."""
    begun: list[object] = []
    event.listen(office.engine, "begin", begun.append)

    def cases() -> int:
        with office.reading() as session:
            return session.scalar(select(func.count()).select_from(Case)) or 0

    with office.looking():
        assert [cases(), cases(), cases()] == [0, 0, 0]
        assert len(begun) == 1
        report(office)
        assert cases() == 1
    begun.clear()
    assert (cases(), cases(), len(begun)) == (1, 1, 2)
