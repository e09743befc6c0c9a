"""A random office against the plain model of LIFECYCLE.md: hundreds of cases, months, every role, on both databases.

`EXPEDITE_MODEL_SEEDS` and `EXPEDITE_MODEL_DAYS` make it longer: seeds are run from 1 on. A difference is told with the shortest
journal of the case that still shows it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from itertools import groupby
from pathlib import Path
from random import Random

import pytest

from services.office import Office, open_office
from services.settings import Settings
from tests import postgres
from tests.model import plain_days as plain
from tests.model.journal import Author, Op
from tests.model.paired import Difference, Pair
from tests.model.plain_office import PlainOffice
from tests.model.policies import policies

SEEDS = int(os.environ.get("EXPEDITE_MODEL_SEEDS", "2"))
DAYS = int(os.environ.get("EXPEDITE_MODEL_DAYS", "40"))
STARTS = [date(2026, 1, 26), date(2026, 4, 20), date(2026, 7, 6), date(2026, 9, 14)]
"""Before the Spring Festival, before May Day, in the summer hours, before National Day with its make-up days."""

NewOffice = Callable[[], "Iterator[Office]"]


@pytest.fixture
def new_office(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> NewOffice:
    """Offices on fresh databases of the kind that the test runs on, one after the other."""
    made = iter(range(1000))

    def make() -> Iterator[Office]:
        folder, url = tmp_path / f"office{next(made)}", ""
        folder.mkdir()
        server = None
        if database.startswith("sqlite"):
            shutil.copy(request.getfixturevalue("sqlite_template"), folder / "expedite.sqlite")
        else:
            server = request.getfixturevalue("postgres_template")
            url = server.create(postgres.TEMPLATE)
        office = open_office(
            Settings(data=folder, database_url=url, mail_from="e@example.org", secret_key="t", _env_file=None)
        )
        try:
            yield office
        finally:
            office.close()
            if server is not None:
                server.drop(url)

    return make


@contextmanager
def pair(new_office: NewOffice) -> Iterator[Pair]:
    """A fresh office of the product, and one of the model."""
    made = new_office()
    try:
        yield Pair(next(made), PlainOffice(datetime.combine(STARTS[0], time())), policies())
    finally:
        for _ in made:
            pass


def shows(new_office: NewOffice, ops: Sequence[Op], case: str) -> str | None:
    """What a journal shows for a case; None when both say the same."""
    with pair(new_office) as both:
        try:
            for _, moment in groupby(ops, key=lambda op: (op.at, op.what)):
                both.play(list(moment))
            both.check_always()
        except Difference as found:
            return str(found) if found.case == case else None
    return None


def shortest(new_office: NewOffice, ops: list[Op], case: str, tries: int = 60) -> tuple[str, list[Op]]:
    """A journal without what the difference does not need: other cases first, then piece by piece."""
    told = shows(new_office, ops, case) or "not shown again"
    near = {case} | {op.fields["target"] for op in ops if op.case == case and op.action == "merge"}
    mine = [op for op in ops if not op.case or op.case in near or op.fields.get("target") == case]
    size = max(1, len(mine) // 2)
    if (again := shows(new_office, mine, case)) is not None:
        told, ops = again, mine
    while size and tries:
        for first in range(0, len(ops), size):
            fewer = ops[:first] + ops[first + size :]
            tries -= 1
            if tries < 0:
                return told, ops
            if (again := shows(new_office, fewer, case)) is not None:
                told, ops = again, fewer
                break
        else:
            size //= 2
    return told, ops


@pytest.mark.timeout(600 + 60 * DAYS * SEEDS)
@pytest.mark.parametrize("seed", range(1, SEEDS + 1))
def test_a_random_office_is_what_the_plain_model_says(new_office: NewOffice, seed: int) -> None:
    """Status, lead, rung, clocks with their owners and dates, approvals and who is asked, notices, refusals: after every moment."""
    chance = Random(seed)
    with pair(new_office) as both:
        author = Author(chance, both.model, policies=tuple(both.policies), merges=[("D02", "D03"), ("D10", "D14")])
        written: list[Op] = []
        try:
            for number, moment in enumerate(author.write(STARTS[seed % len(STARTS)], DAYS)):
                written += moment
                both.play(moment)
                if number % 90 == 89:
                    both.check_always()
            both.check_always()
        except Difference as found:
            failed = found.case
        else:
            assert both.done > both.refused > 0, "the journal goes nowhere"
            return
    told, ops = shortest(new_office, written, failed)
    pytest.fail("\n".join([f"seed {seed}: {told}", *(f"  {op}" for op in ops)]), pytrace=False)


def test_the_journal_goes_everywhere() -> None:
    """The model alone, over some months: every status, every action, every colour, the top rung, units merged, policies changed."""
    statuses: set[str] = set()
    done: set[str] = set()
    for seed in range(1, 5):
        model = PlainOffice(datetime.combine(STARTS[0], time()))
        for moment in Author(Random(seed), model).write(STARTS[seed % 4], 60):
            for op in moment:
                match op.what:
                    case "report":
                        model.report(op.case, op.fields["project"], op.fields["severity"], op.fields["route"])
                    case "act" if model.act(op.case, op.action, op.who, op.fields) is None:
                        done.add(op.action)
                    case "sweep":
                        model.sweep(op.at)
            statuses |= {case.status for case in model.cases.values()}
    assert statuses == {"new", "in_progress", "disputed", "consultation", "suspended", "tracking", "replied", "closed"}
    assert len(done) >= 34, sorted(done)


# -- the model's own calendar, by the examples of the specification -----------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "limit", "due"),
    [
        ("2026-07-16 10:00", (5, "working_days", False), "2026-07-23 17:30"),
        ("2026-07-16 18:00", (1, "working_days", False), "2026-07-20 17:30"),
        ("2026-07-16 16:30", (2, "working_hours", False), "2026-07-17 09:30"),
        ("2026-07-16 10:00", (8, "working_hours", False), "2026-07-17 11:00"),
        ("2026-09-18 10:00", (2, "working_days", False), "2026-09-21 17:30"),
        ("2026-09-30 10:00", (5, "working_days", False), "2026-10-13 17:00"),
        ("2026-02-13 10:00", (3, "working_days", False), "2026-02-25 17:00"),
        ("2026-12-30 10:00", (3, "working_days", False), "2027-01-05 17:00"),
        ("2026-07-16 10:00", (1, "half_day", False), "2026-07-16 17:30"),
        ("2026-07-16 15:00", (1, "half_day", False), "2026-07-17 12:00"),
    ],
)
def test_the_model_counts_as_the_specification_says(start: str, limit: plain.Limit, due: str) -> None:
    """The eight rows of LIFECYCLE.md, Time, and its two half days."""
    assert plain.due(datetime.fromisoformat(start), limit) == datetime.fromisoformat(due)


def test_the_models_calendar_is_the_products(office: Office) -> None:
    """Day by day through 2026 and 2027: the list typed in for the model, and what the country's schedule says."""
    day = date(2026, 1, 1)
    while day.year < 2028:
        assert plain.works(day) == office.time.is_working_day(day), day
        if plain.works(day):
            assert office.time.local(office.time.closing(day)).replace(tzinfo=None) == plain.closing(day)
        day += timedelta(days=1)
