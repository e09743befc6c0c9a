"""The writer of deliveries: those that come together are one transaction, and each has its own end."""

from __future__ import annotations

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
from typing import Any

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import DBAPIError, OperationalError

from models.engine import writing
from models.intake import Delivery, DeliveryState, Trust
from services.intake import Receipt, new_receipt, store
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


def together(office: Office, works: list[Callable[[], Any]]) -> list[Any]:
    """Let all of them wait for the writer in this order, and go on at once; what each returned or raised."""
    writer = writer_of(office)
    with ThreadPoolExecutor(len(works)) as pool:
        with writer._turn:
            writer._writing = True
        began = []
        for n, work in enumerate(works):
            began.append(pool.submit(work))
            while len(writer._waiting) <= n:
                threading.Event().wait(0.001)
        with writer._turn:
            writer._writing = False
            writer._turn.notify_all()
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
