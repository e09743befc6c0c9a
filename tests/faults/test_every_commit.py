"""A sweep and a delivery, killed at every commit boundary there is: what follows makes it as if nothing had happened."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from email import message_from_bytes
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.engine import make_url

from models.case import Case, Event
from models.clock import Clock, ClockEvent, Notice
from models.intake import DeliveryState, Trust
from models.office import NumberSeries, Outbox, OutboxState
from services.audit import verify
from services.intake import store
from services.office import Office, open_office
from services.outbox import LEASE
from services.receiver import receive_waiting
from services.settings import Settings
from services.sweep import sweep
from tests.builders import envelope
from tests.faults.dying import deliver_all, dies, sweep_small
from tests.notifications.conftest import MailServer
from tests.postgres import PostgresServer

pytestmark = pytest.mark.timeout(180)
At = Callable[[str], datetime]
Copies = Callable[[], AbstractContextManager[Office]]

STRIDE = 29
"""Every so many statements a sweep is killed before one: no multiple of what a batch has, so that each kill hits another."""


@pytest.fixture
def opened_at(office: Office, settings: Settings, tmp_path: Path, request: pytest.FixtureRequest) -> Copies:
    """Copies of the test's office as it stands when the first is asked for; its own connections are closed then."""
    numbers = count()

    @contextmanager
    def copy() -> Iterator[Office]:
        n = next(numbers)
        folder, url = tmp_path / f"copy{n}", settings.database_url
        server: PostgresServer | None = request.getfixturevalue("postgres_server") if url else None
        folder.mkdir()
        office.close()
        if server is not None:
            url = server.create(str(make_url(url).database))
        else:
            shutil.copy(tmp_path / "expedite.sqlite", folder / "expedite.sqlite")
        mine = open_office(settings.model_copy(update={"data": folder, "database_url": url}))
        mine.fixed = office.fixed
        try:
            yield mine
        finally:
            mine.close()
            if server is not None:
                server.drop(url)
            shutil.rmtree(folder)

    return copy


def difficulties(office: Office, number: int) -> None:
    """Difficulties taken up in one batch."""
    for n in range(number):
        store(
            office,
            "standard",
            f"s{n}",
            Trust.SIGNED,
            DeliveryState.WAITING,
            envelope(title=f"第{n}项"),
            "application/json",
        )
    assert len(receive_waiting(office).cases) == number
    if office.engine.dialect.name == "sqlite":
        with office.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def outcome(office: Office) -> dict[str, list[Any]]:
    """All that a sweep leaves behind, named without the database's own keys."""
    with office.reading() as session:
        name = {
            row.id: (row.case_id, row.kind, row.subject, row.round, row.cycle) for row in session.scalars(select(Clock))
        }
        return {
            "notices": [
                (
                    n.number,
                    n.colour,
                    name[n.clock_id],
                    n.issued_at,
                    n.owner,
                    n.overdue_days,
                    n.answer_by,
                    str(n.recipients),
                )
                for n in session.scalars(select(Notice).order_by(Notice.number))
            ],
            "clocks": sorted(
                (str(name[c.id]), str(c.state), str(c.due), c.done, str(c.next_step), str(c.next_action_at))
                for c in session.scalars(select(Clock))
            ),
            "steps": sorted(
                (str(name[e.clock_id]), str(e.what), str(e.step), str(e.at))
                for e in session.scalars(select(ClockEvent))
            ),
            "history": [
                (e.case_id, e.seq, e.action, e.hash)
                for e in session.scalars(select(Event).order_by(Event.case_id, Event.seq))
            ],
            "cases": [
                (c.code, c.status, c.rung, c.marks, c.head_hash)
                for c in session.scalars(select(Case).order_by(Case.id))
            ],
            "mails": sorted((o.message, o.address, str(o.facts)) for o in session.scalars(select(Outbox))),
            "numbers": [
                (s.series, s.last) for s in session.scalars(select(NumberSeries).order_by(NumberSeries.series))
            ],
        }


@pytest.mark.parametrize(
    ("moment", "stride"), [("before commit", 1), ("after commit", 1), ("before statement", STRIDE)]
)
def test_a_sweep_killed_at_any_boundary_and_swept_again_is_as_if_it_had_not_been(
    office: Office, opened_at: Copies, at: At, moment: str, stride: int
) -> None:
    """The n-th commit, for every n there is: same notices with the same numbers, same steps, same histories, same mails."""
    difficulties(office, 2)
    at("2026-08-04 08:30")
    with opened_at() as undisturbed:
        sweep_small(undisturbed)
        expected = outcome(undisturbed)
    issued = [int(row[0].split("〕")[1].removesuffix("号")) for row in expected["notices"]]
    assert sorted(issued) == list(range(1, len(issued) + 1))
    for n in count(stride, stride):
        with opened_at() as mine:
            mine.close()
            died = dies("sweep", mine.settings, mine.now(), moment, n)
            sweep_small(mine)
            assert outcome(mine) == expected, f"killed {moment} {n}"
            assert verify(mine).findings == ()
            assert sweep(mine).steps == ()
        if not died:
            break
    assert n > stride, "the sweep has more boundaries than that"


@pytest.mark.parametrize("moment", ["before commit", "after commit"])
def test_a_delivery_killed_at_any_boundary_sends_nothing_twice_but_the_one_that_was_not_marked(
    office: Office, opened_at: Copies, at: At, moment: str
) -> None:
    """Every mail arrives; one at most twice, with the same Message-ID, and only where the mark of it was not yet written.

    Two cases of one moment: what waits for the same officer is one mail, and comes again as that.
    """
    difficulties(office, 2)
    with office.writing() as session:
        # One receipt is like the other.
        session.execute(
            update(Outbox).where(Outbox.message == "case_opened", Outbox.case_id != 1).values(state=OutboxState.VOID)
        )
    doubled, rows, arrived = 0, list[Any](), Counter[str]()
    for n in count(1):
        server = MailServer()
        server.start()
        try:
            with opened_at() as mine:
                mine.settings.smtp_url = server.url()
                mine.close()
                died = dies("deliver", mine.settings, mine.now(), moment, n)
                # What the dead process had claimed is free again after its lease; the test does not wait for it.
                mine.fixed = mine.now() + LEASE * 2
                deliver_all(mine)
                with mine.reading() as session:
                    owing = select(Outbox.state, Outbox.mail_id).where(Outbox.state != OutboxState.VOID)
                    rows = list(session.execute(owing))
        finally:
            server.stop()
        assert {row.state for row in rows} == {OutboxState.SENT}
        arrived = Counter(str(message_from_bytes(data)["Message-ID"]) for _, _, data in server.received)
        assert set(arrived) == {row.mail_id for row in rows}
        assert len(arrived) < len(rows), "some went together"
        assert sum(arrived.values()) - len(arrived) <= (moment == "before commit"), f"killed {moment} {n}"
        doubled += sum(arrived.values()) - len(arrived)
        if not died:
            break
    assert n > len(arrived), "a delivery has at least a commit for each mail"
    assert (doubled > 0) is (moment == "before commit"), "the one allowed case is there, and it is the only one"
