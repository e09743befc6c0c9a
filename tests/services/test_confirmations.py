"""How often one address is asked to confirm reports: nobody floods a stranger's mailbox."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from models.intake import Delivery, DeliveryState
from models.office import Outbox
from services.confirmations import NOT_ASKED
from services.form import submit_form
from services.office import Office
from tests.builders import REPORT

Set = Callable[[str], datetime]


def send(office: Office, address: str, n: int) -> None:
    """A report on the public form that names an address."""
    firm = REPORT["enterprise"]
    submit_form(
        office,
        {
            "enterprise": f"{firm['name']}{n}", "contact": "某人", "phone": firm["phone"], "email": address, "project": "P02",
            "category": "power", "severity": "1", "title": f"第{n}件", "detail": "说明", "nonce": f"n{address}{n}",
        },
        "zh",
    )  # fmt: skip


def asked(office: Office) -> list[str]:
    """The addresses that were asked to confirm."""
    with office.reading() as session:
        rows = session.scalars(select(Outbox.address).where(Outbox.message == "confirm_report").order_by(Outbox.id))
        return list(rows)


@pytest.mark.each_database
def test_one_address_gets_so_many_a_day_and_no_more(office: Office, at: Set) -> None:
    """In whatever letter case it is written; the reports beyond wait for a clerk, flagged, and another address is asked as ever."""
    at("2026-07-16 09:00")
    most = office.policy.mail.confirmations_per_day
    for n in range(most + 3):
        send(office, "stranger@example.com" if n % 2 else "Stranger@Example.com", n)
    assert len(asked(office)) == most
    send(office, "other@example.com", 99)
    assert asked(office)[-1] == "other@example.com"
    with office.reading() as session:
        rows = session.scalars(select(Delivery).order_by(Delivery.id)).all()
    assert {row.state for row in rows} == {DeliveryState.UNCONFIRMED}
    assert [row.flags for row in rows] == [[]] * most + [[NOT_ASKED]] * 3 + [[]]


def test_the_next_day_it_may_be_asked_again(office: Office, at: Set, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is one of a day, by real time."""
    at("2026-07-16 09:00")
    most = office.policy.mail.confirmations_per_day
    for n in range(most + 1):
        send(office, "stranger@example.com", n)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    monkeypatch.setattr(Office, "real_now", lambda _: tomorrow)
    send(office, "stranger@example.com", 50)
    assert len(asked(office)) == most + 1
