"""The receiver's batches: what many reports cost together, and that each still becomes what it would alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from models.case import Case, Reporter
from models.directory import Contact, Enterprise
from models.intake import Delivery, DeliveryState, Trust
from services.intake import store
from services.office import Office
from services.receiver import receive_waiting

pytestmark = pytest.mark.each_database

CATEGORIES = ("power", "roads", "land", "water")


def deliver(office: Office, first: int, count: int) -> None:
    """Store so many signed reports of as many firms, with titles of their own."""
    for n in range(first, first + count):
        data = {
            "enterprise": {"name": f"第{n}号企业", "contact": "联络员", "email": f"firm{n}@example.com"}, "project": f"P{n % 12 + 1:02d}",
            "category": CATEGORIES[n % 4], "severity": 1, "title": f"事项{n}", "detail": "说明",
        }  # fmt: skip
        body = json.dumps({"type": "difficulty.reported", "data": data}).encode()
        store(office, "standard", f"key-{n}", Trust.SIGNED, DeliveryState.WAITING, body, None)


@contextmanager
def statements(office: Office) -> Iterator[list[str]]:
    """What is said to the database within."""
    said: list[str] = []

    def listen(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        said.append(statement)

    event.listen(office.engine, "before_cursor_execute", listen)
    try:
        yield said
    finally:
        event.remove(office.engine, "before_cursor_execute", listen)


def test_forty_reports_cost_as_many_statements_as_ten(office: Office) -> None:
    """New firms, new contacts, cases, clocks, mails: each table is written at once, whatever comes in."""
    deliver(office, 0, 10)
    with statements(office) as few:
        assert receive_waiting(office).taken == 10
    deliver(office, 10, 40)
    with statements(office) as many:
        assert receive_waiting(office).taken == 40
    assert len(many) <= len(few) + 5
    assert len(many) < 60


def test_each_report_of_a_batch_keeps_its_own_firm_contact_and_case(office: Office) -> None:
    """What is written at once is not mixed up, and the deliveries are settled with what they became."""
    deliver(office, 0, 30)
    receive_waiting(office)
    with office.reading() as session:
        rows = session.execute(
            select(
                Delivery.delivery_key, Delivery.state, Case.title, Enterprise.name, Contact.email, Delivery.handled_at
            )
            .join(Case, Case.id == Delivery.case_id)
            .join(Reporter, (Reporter.case_id == Case.id) & (Reporter.kind == "principal"))
            .join(Contact, (Contact.id == Reporter.contact_id) & (Contact.id == Delivery.contact_id))
            .join(Enterprise, (Enterprise.id == Case.enterprise_id) & (Enterprise.id == Contact.enterprise_id))
            .order_by(Delivery.id)
        ).all()
    assert [tuple(row[:5]) for row in rows] == [
        (f"key-{n}", DeliveryState.DONE, f"事项{n}", f"第{n}号企业", f"firm{n}@example.com") for n in range(30)
    ]
    assert {row.handled_at for row in rows} == {office.now()}


def test_what_was_settled_together_is_what_the_session_then_sees(office: Office) -> None:
    """A later step of the same transaction, or a flush, neither sees nor writes what the deliveries were before."""
    deliver(office, 0, 3)
    with statements(office) as said:
        receive_waiting(office)
    writes = [one for one in said if one.replace('"', "").startswith("UPDATE delivery")]
    assert len(writes) == 1
    with office.writing() as session:
        assert _waiting(session) == []


def _waiting(session: Session) -> list[int]:
    return list(session.scalars(select(Delivery.id).where(Delivery.state == DeliveryState.WAITING)))
