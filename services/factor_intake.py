"""Factor requests that came in through the form: opened when they are confirmed, each in a savepoint of its own."""

from __future__ import annotations

from collections.abc import Sequence

from domain.case import Actor
from domain.lifecycle import Party
from domain.refusals import FieldRefused, wrong
from models.directory import Project
from models.intake import Delivery, DeliveryState, Trust
from services.casebook import Casebook
from services.factor_opening import NewFactor, open_factors
from services.factor_request import read_factor
from services.project_search import named_by_stranger
from services.report import Report, parse_body
from services.senders import find_projects, find_senders

FACTOR = "factor"
"""Marks a delivery as a factor request."""


def is_factor(row: Delivery) -> bool:
    """Whether the delivery's body asks for a factor. Raises FieldRefused for a body that cannot be read."""
    return parse_body(row.body).get("kind") == FACTOR


def open_requests(book: Casebook, rows: Sequence[tuple[Delivery, Report]]) -> tuple[list[str], int]:
    """Open the requests; their codes, and how many could not be read and wait in quarantine with the reason."""
    codes, quarantined = [], 0
    for row, report in rows:
        try:
            with book.session.begin_nested():
                codes.append(_open(book, row, report))
        except FieldRefused as refusal:
            row.state, row.problem = DeliveryState.QUARANTINED, str(refusal)
            quarantined += 1
    return codes, quarantined


def _open(book: Casebook, row: Delivery, report: Report) -> str:
    said = parse_body(row.body).get("factor")
    received = row.received_at.astimezone(book.time.zone).date()
    asked = read_factor(book.policy, book.time, said if isinstance(said, dict) else {}, received)
    project = known_project(book, asked.project)
    if row.trust is Trust.PUBLIC and not named_by_stranger(project, asked.project):
        raise _unknown(asked.project)
    [sender] = find_senders(book.session, [(report, row.confirmed_at)])
    contact = sender.contact
    actor = Actor(Party.ENTERPRISE, "form", contact=contact.id)
    [(case_id, code)] = open_factors(
        book, [NewFactor(asked, project, actor, row.source, contact.id, asked_on=received)]
    )
    row.state, row.case_id, row.handled_at, row.contact_id = DeliveryState.DONE, case_id, book.now, contact.id
    book.session.flush()
    return code


def known_project(book: Casebook, said: str) -> Project:
    """The project by code or name; a factor is guaranteed for a project, so an unknown one is refused."""
    [project] = find_projects(book.session, [said])
    if project is None:
        raise _unknown(said)
    return project


def _unknown(said: str) -> FieldRefused:
    return wrong("project", f"{said!r} is no project of this district; name it by its code, e.g. P02")
