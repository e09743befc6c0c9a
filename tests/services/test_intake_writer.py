"""The writer of deliveries: those that come together are one transaction, and each has its own end."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from time import monotonic, sleep
from typing import Any

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import DBAPIError, OperationalError

from models.engine import writing
from models.intake import Delivery, DeliveryState, Trust
from services import intake_writer
from services.intake import Receipt, new_receipt, new_row, store
from services.intake_writer import _of_all, writer_of
from services.office import Office, open_office

pytestmark = [pytest.mark.timeout(120), pytest.mark.each_database]


def put(office: Office, key: str, source: str = "standard") -> Receipt:
    """Store a delivery."""
    return store(office, source, key, Trust.SIGNED, DeliveryState.WAITING, key.encode("utf-8", "replace"), None)


def stored(office: Office) -> list[tuple[str, str]]:
    """(key, receipt) of what is stored, in its order."""
    with office.reading() as session:
        return [
            (key, receipt)
            for key, receipt in session.execute(select(Delivery.delivery_key, Delivery.receipt).order_by(Delivery.id))
        ]


def together(office: Office, works: list[Callable[[], Any]], *more: Callable[[], Any], of_more: int = 0) -> list[Any]:
    """Let all of them wait for the writer in this order, `more` with so many deliveries after them, and go on at once; what each
    returned or raised.
    """
    writer = writer_of(office)
    with ThreadPoolExecutor(len(works) + len(more)) as pool:
        # As if one were at work already: nobody takes what waits.
        busy = threading.Event()
        writer._thread = threading.Thread(target=busy.wait, args=(60,), daemon=True)
        writer._thread.start()
        began = []
        for n, work in enumerate(works):
            began.append(pool.submit(work))
            while len(writer._waiting) <= n:
                sleep(0.001)
        began += [pool.submit(work) for work in more]
        while len(writer._waiting) < len(works) + of_more:
            sleep(0.001)
        busy.set()
        writer._thread = threading.Thread(target=writer._keep, daemon=True)
        writer._thread.start()
        return [one.exception(60) or one.result() for one in began]


def commits(office: Office) -> list[int]:
    """Grows with each transaction that is committed from now on."""
    seen: list[int] = []
    event.listen(office.engine, "commit", lambda _connection: seen.append(1))
    return seen


def test_what_waits_is_one_transaction_in_the_order_of_its_arrival(office: Office) -> None:
    """Sixteen at once are committed once, and stand in the table as they came."""
    keys = [f"key-{n}" for n in (3, 1, 2, *range(4, 17))]
    seen = commits(office)
    receipts = together(office, [partial(put, office, key) for key in keys])
    assert len(seen) == 1
    assert stored(office) == [(key, one.receipt) for key, one in zip(keys, receipts, strict=True)]
    assert not any(one.duplicate for one in receipts)


def test_the_same_delivery_sixteen_times_at_once_is_stored_once(office: Office) -> None:
    """All get one receipt, and one of them is told that it is new."""
    receipts = together(office, [lambda: put(office, "same")] * 16)
    assert [receipt for _, receipt in stored(office)] == list({one.receipt for one in receipts})
    assert sum(not one.duplicate for one in receipts) == 1
    assert len({one.track for one in receipts}) == 16


def test_sixteen_clients_repeat_themselves_without_order(office: Office) -> None:
    """Each of twenty deliveries is sent by every client: twenty rows, one receipt each."""
    with ThreadPoolExecutor(16) as pool:
        sent = list(pool.map(lambda n: (f"key-{n % 20}", put(office, f"key-{n % 20}").receipt), range(320)))
    assert sorted(set(sent)) == sorted(stored(office))
    assert len(stored(office)) == 20


def test_the_same_key_of_two_processes_is_stored_once(office: Office) -> None:
    """Two offices have a writer each: the database decides."""
    other = open_office(office.settings.model_copy())
    other.fixed = office.fixed
    try:
        with ThreadPoolExecutor(16) as pool:
            sent = list(pool.map(lambda n: put((office, other)[n % 2], f"key-{n // 2}").receipt, range(80)))
    finally:
        other.close()
    assert {receipt for _, receipt in stored(office)} == set(sent)
    assert len(stored(office)) == 40


def test_a_delivery_that_cannot_be_written_fails_alone(office: Office) -> None:
    """Half a character is no text for either database; those beside it are stored, in their order."""
    answers = together(office, [partial(put, office, key) for key in ("a", "b", "half \ud800", "c")])
    assert isinstance(answers[2], UnicodeEncodeError)
    assert stored(office) == [(key, answers[n].receipt) for n, key in ((0, "a"), (1, "b"), (3, "c"))]


def test_a_value_that_the_table_refuses_fails_alone(office: Office) -> None:
    """The database's own refusal, a moment without a zone's too, is that delivery's."""
    row = {
        "receipt": new_receipt(), "source": "standard", "delivery_key": "x", "trust": Trust.SIGNED, "state": DeliveryState.WAITING,
        "received_at": office.now(), "content_type": None, "body": None, "body_hash": "", "locale": "zh", "track_hash": None, "flags": [],
        "extra": {},
    }  # fmt: skip
    answers = together(
        office, [lambda: put(office, "a"), lambda: writer_of(office).put(office, row), lambda: put(office, "b")]
    )
    assert isinstance(answers[1], DBAPIError)
    assert [key for key, _ in stored(office)] == ["a", "b"]


def test_a_store_that_fails_fails_for_all_and_works_again(office: Office) -> None:
    """Without the table nobody is told that anything is stored; when it is back the sender's repetition is new."""
    with writing(office.engine) as session:
        session.execute(text("ALTER TABLE delivery RENAME TO away"))
    answers = together(office, [partial(put, office, key) for key in ("a", "b", "c")])
    assert all(isinstance(one, DBAPIError) for one in answers)
    with writing(office.engine) as session:
        session.execute(text("ALTER TABLE away RENAME TO delivery"))
    assert put(office, "a").duplicate is False
    assert [key for key, _ in stored(office)] == ["a"]


@pytest.mark.parametrize(("state", "of_all"), [("40P01", False), ("40001", False), ("08006", True), (None, True)])
def test_a_deadlock_is_tried_again_alone_and_a_lost_server_is_not(state: str | None, of_all: bool) -> None:
    """Two groups with the same keys in another order may meet; one key waits for nobody."""
    problem = Exception("said by the driver")
    problem.sqlstate = state  # type: ignore[attr-defined]  # as psycopg's errors have it
    assert _of_all(OperationalError("INSERT", {}, problem)) is of_all


CHILD = """
import json, os, signal, sys
from models.intake import DeliveryState, Trust
from services.intake import store
from services.office import open_office
from services.settings import Settings
office = open_office(Settings(_env_file=None, **json.loads(sys.argv[1])))
store(office, "standard", "msg_1", Trust.SIGNED, DeliveryState.WAITING, b"{}", None)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_process_that_dies_before_its_answer_has_stored_the_delivery(office: Office) -> None:
    """The sender repeats it, and gets the receipt of the one that is there."""
    said = office.settings
    facts = {
        "data": str(said.data),
        "database_url": said.database_url,
        "smtp_url": "",
        "mail_from": said.mail_from,
        "policy": str(said.policy),
    }
    died = subprocess.run(
        [sys.executable, "-c", CHILD, json.dumps(facts)], env=dict(os.environ), timeout=60, check=False
    )
    assert died.returncode == -signal.SIGKILL
    [(key, receipt)] = stored(office)
    again = put(office, key)
    assert again == replace(again, receipt=receipt, duplicate=True)
    with office.reading() as session:
        assert session.scalar(select(func.count()).select_from(Delivery)) == 1


def test_coroutines_and_threads_share_one_transaction(office: Office) -> None:
    """An event loop is told of its deliveries in its own thread, a thread in its own; whoever went away is stored as well."""
    given = [
        new_row(office, "standard", f"key-{n}", Trust.SIGNED, DeliveryState.WAITING, b"%d" % n, None)[1]
        for n in range(6)
    ]

    again = {**given[1], "receipt": new_receipt()}

    async def through_a_loop() -> list[bool]:
        gone = asyncio.create_task(writer_of(office).put_soon(office, given[0]))
        stay = [asyncio.create_task(writer_of(office).put_soon(office, row)) for row in (*given[1:4], again)]
        for _ in range(2):
            await asyncio.sleep(0)
        gone.cancel()
        return list(await asyncio.gather(*stay))

    seen = commits(office)
    answers = together(
        office, [lambda: writer_of(office).put(office, given[5])], lambda: asyncio.run(through_a_loop()), of_more=5
    )
    assert answers == [True, [True, True, True, False]]
    assert len(seen) == 1
    assert sorted(key for key, _ in stored(office)) == [f"key-{n}" for n in (0, 1, 2, 3, 5)]


def of_the_loop(office: Office, *keys: str) -> tuple[list[bool], list[str]]:
    """Store deliveries through one event loop, all at once; what each was told, and the threads that wrote."""
    writers: list[str] = []

    def note(_connection: object) -> None:
        writers.append("loop" if threading.current_thread() is threading.main_thread() else "writer")

    rows = [
        new_row(office, "standard", key, Trust.SIGNED, DeliveryState.WAITING, key.encode(), None)[1] for key in keys
    ]

    async def all_at_once() -> list[bool]:
        return list(await asyncio.gather(*(writer_of(office).put_soon(office, row) for row in rows)))

    event.listen(office.engine, "commit", note)
    try:
        return asyncio.run(all_at_once()), writers
    finally:
        event.remove(office.engine, "commit", note)


def test_what_comes_alone_is_written_where_it_came(office: Office) -> None:
    """One to an event loop beside a file needs no other thread; several, or one to a server, do."""
    with office.reading():
        pass  # The policy in force was looked at just now.
    here = "loop" if office.engine.dialect.name == "sqlite" else "writer"
    assert of_the_loop(office, "a") == ([True], [here])
    assert of_the_loop(office, "a")[0] == [False]
    told, writers = of_the_loop(office, "b", "c", "d")
    assert (told, set(writers)) == ([True, True, True], {"writer"})
    assert of_the_loop(office, "e") == ([True], ["writer"])
    assert [key for key, _ in stored(office)] == ["a", "b", "c", "d", "e"]


@pytest.mark.sqlite
def test_a_file_that_another_one_writes_to_holds_no_event_loop_up(office: Office) -> None:
    """The delivery waits with the thread while the loop goes on, and is stored when the other one is done."""
    with office.reading():
        pass
    row = new_row(office, "standard", "a", Trust.SIGNED, DeliveryState.WAITING, b"a", None)[1]

    async def beside() -> tuple[bool, int]:
        turns = 0
        with writing(office.engine) as session:
            session.execute(select(Delivery.id))
            put = asyncio.create_task(writer_of(office).put_soon(office, row))
            for _ in range(20):
                await asyncio.sleep(0.005)
                turns += not put.done()
        return await put, turns

    assert asyncio.run(beside()) == (True, 20)
    assert [key for key, _ in stored(office)] == ["a"]


@pytest.mark.sqlite
def test_a_slow_file_is_the_threads(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a delivery held the event loop up for long, the next ones do not."""
    monkeypatch.setattr(intake_writer, "QUICK", 0.0)
    with office.reading():
        pass
    assert of_the_loop(office, "a") == ([True], ["loop"])
    assert of_the_loop(office, "b") == ([True], ["writer"])


def test_a_coroutine_gets_the_error_of_its_own_delivery(office: Office) -> None:
    """Two at once through a loop: the one that no database takes fails, the other is stored."""
    rows = [
        new_row(office, "standard", key, Trust.SIGNED, DeliveryState.WAITING, body, None)[1]
        for key, body in (("a", b"1"), ("\ud800", b"2"))
    ]

    async def both() -> list[bool | BaseException]:
        put = writer_of(office).put_soon
        return await asyncio.gather(*(put(office, row) for row in rows), return_exceptions=True)

    good, bad = asyncio.run(both())
    assert good is True
    assert isinstance(bad, UnicodeEncodeError)


def test_the_thread_ends_when_nothing_comes_and_starts_again(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """No thread stays behind for a database that nobody delivers to."""
    monkeypatch.setattr(intake_writer, "IDLE", 0.05)
    put(office, "a")
    writer, until = writer_of(office), monotonic() + 20
    while writer._thread is not None:
        assert monotonic() < until
        sleep(0.01)
    put(office, "b")
    assert [key for key, _ in stored(office)] == ["a", "b"]


def test_whoever_waits_behind_a_store_that_fails_is_told_at_once(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full queue does not wait for the same end piece by piece."""
    monkeypatch.setattr(intake_writer, "MOST", 2)
    tries: list[int] = []
    event.listen(office.engine, "handle_error", lambda _context: tries.append(1))
    with writing(office.engine) as session:
        session.execute(text("ALTER TABLE delivery RENAME TO away"))
    answers = together(office, [partial(put, office, f"key-{n}") for n in range(9)])
    assert all(isinstance(one, DBAPIError) for one in answers)
    expected = (
        1 if office.engine.dialect.name == "sqlite" else 9
    )  # PostgreSQL says that this statement is wrong, not the store.
    assert len(tries) <= expected * 2


def test_the_same_bytes_under_other_ids_are_one_delivery(office: Office) -> None:
    """A sender that repeats itself under a new id, at once or later, gets the first receipt; other bytes are another delivery."""

    def send(key: str, body: bytes = b'{"type": "difficulty.reported"}', source: str = "standard") -> Receipt:
        return store(office, source, key, Trust.SIGNED, DeliveryState.WAITING, body, None)

    at_once = together(office, [partial(send, key) for key in ("a", "b", "c")])
    later, other, elsewhere = send("d"), send("e", b"other"), send("f", source="desk")
    assert {one.receipt for one in [*at_once, later]} == {at_once[0].receipt}
    assert [one.duplicate for one in [*at_once, later, other, elsewhere]] == [False, True, True, True, False, False]
    assert [key for key, _ in stored(office)] == ["a", "e", "f"]
