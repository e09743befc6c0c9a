"""Reports that nobody has confirmed follow whoever is clerk: the former clerk's links end, the next one gets links."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest
from sqlalchemy.orm import Session

from models.intake import DeliveryState, Trust
from services.directory_change import RoleGiven, RoleTaken, SubstitutionAdded
from services.intake import store
from services.office import Office
from services.page_types import LinkRefused, ReportPage
from services.pages import act, act_page
from services.sweep import sweep
from services.waiting_reports import start_clock
from tests.builders import envelope
from tests.mailroom import deliver_all
from tests.services.test_directory_edit import change

At = Callable[[str], datetime]
OTHER = "R11"
"""Somebody who is no clerk."""


def waiting(office: Office, key: str = "w") -> str:
    """A report that nobody has confirmed; its receipt."""

    def begin(session: Session, new_id: int, _: object) -> None:
        start_clock(session, office.policy, office.time, new_id, office.now())

    return store(
        office, "form", key, Trust.PUBLIC, DeliveryState.UNCONFIRMED, envelope(), "application/json", then=begin
    ).receipt


def tokens(office: Office) -> list[tuple[str, str]]:
    """The mails about waiting reports that are delivered now: recipient and the link's token."""
    return [
        (mail.to, next(link for link in mail.links if "/act/" in link).rsplit("/", 1)[1])
        for mail in deliver_all(office)
        if mail.message == "report_waiting"
    ]


def test_the_next_clerk_gets_the_links_and_the_former_one_s_end(office: Office, at: At) -> None:
    """Of reports that clerks were written to; each once."""
    receipt = waiting(office)
    at("2026-07-20 09:00")
    sweep(office)
    [(_, old)] = tokens(office)
    change(
        office, RoleGiven(account=OTHER, role="dispatch_clerk", unit="O01"),
        RoleTaken(account="R06", role="dispatch_clerk", unit="O01"),
    )  # fmt: skip
    [(_, new)] = tokens(office)
    page = act_page(office, new)
    assert isinstance(page, ReportPage)
    assert page.receipt == receipt
    with pytest.raises(LinkRefused):
        act(office, old, "dismiss", {})
    assert act(office, new, "accept", {}).done
    sweep(office)
    assert tokens(office) == []


def test_a_report_of_which_no_clerk_was_told_yet_is_told_at_its_hour(office: Office, at: At) -> None:
    """To whoever is clerk then, once."""
    waiting(office)
    change(
        office, RoleGiven(account=OTHER, role="dispatch_clerk", unit="O01"),
        RoleTaken(account="R06", role="dispatch_clerk", unit="O01"),
    )  # fmt: skip
    assert tokens(office) == []
    at("2026-07-20 09:00")
    sweep(office)
    assert len(tokens(office)) == 1


def test_a_substitute_gets_them_and_loses_them(office: Office, at: At) -> None:
    """For the days of the substitution."""
    waiting(office)
    at("2026-07-20 09:00")
    sweep(office)
    tokens(office)
    day = date(2026, 7, 20)
    change(office, SubstitutionAdded(absent="R06", substitute=OTHER, first_day=day, last_day=day))
    [(_, theirs)] = tokens(office)
    assert isinstance(act_page(office, theirs), ReportPage)
    at("2026-07-21 09:00")
    sweep(office)
    with pytest.raises(LinkRefused):
        act_page(office, theirs)
