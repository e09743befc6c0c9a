"""What a sweep would send: what it then sends, by recipient; restricted cases counted only; nothing is written."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from deployments.cli import app
from models.case import Case
from models.clock import Clock
from models.intake import DeliveryState, Trust
from models.office import Outbox
from services.identities import UNNAMED
from services.intake import store
from services.office import Office
from services.settings import Settings
from services.sweep import sweep
from services.waiting_reports import start_clock
from services.what_if import what_if
from tests.builders import envelope, everything_of, moment, report, unrouted

At = Callable[[str], datetime]


def foretold(office: Office) -> Counter[tuple[str, str, str]]:
    """(recipient, message, case) of every mail that a sweep now would send."""
    return Counter((one.to, one.message, code) for one in what_if(office).sent for code in one.cases)


def owed(office: Office, before: set[int]) -> Counter[tuple[str, str, str]]:
    """The same of the mails that are owed now and were not `before`."""
    with office.reading() as session:
        codes = dict(session.execute(select(Case.id, Case.code)).tuples().all())
        rows = session.scalars(select(Outbox).where(Outbox.id.not_in(before), Outbox.case_id.is_not(None))).all()
    return Counter((row.account_id or "", row.message, codes[row.case_id or 0]) for row in rows)


def so_far(office: Office) -> set[int]:
    """The mails that were owed."""
    with office.reading() as session:
        return set(session.scalars(select(Outbox.id)))


@pytest.mark.parametrize("day", ["2026-07-24 08:30", "2026-08-04 08:30", "2026-08-20 08:30"])
def test_what_is_foretold_is_what_the_sweep_sends(office: Office, at: At, day: str) -> None:
    """Each recipient, kind of mail and case, after days and after weeks."""
    report(office)
    report(office)
    unrouted(office)
    at(day)
    said, before = foretold(office), so_far(office)
    sweep(office)
    sent = owed(office, before)
    assert set(said) == set(sent)
    assert said


def test_the_whole_database_is_unchanged(office: Office) -> None:
    """At any moment, past or to come."""
    report(office)
    unrouted(office)
    before = everything_of(office)
    for days in (-1, 0, 10, 60):
        what_if(office, office.now() + timedelta(days=days))
    assert what_if(office, office.now() + timedelta(days=60)).sent
    assert everything_of(office) == before


def test_climbs_are_foretold_with_their_rungs(office: Office, at: At) -> None:
    """A red closing date climbs once; so it was said."""
    it = report(office)
    at("2026-08-20 08:30")
    climbs = [(one.start, one.end, one.cases) for one in what_if(office).climbs]
    first = it.json["rung"]
    sweep(office)
    assert climbs
    assert climbs[0] == (first, first + 1, (it.code,))
    assert climbs[-1][1] == it.json["rung"]


def test_notices_say_colour_and_clock(office: Office, at: At) -> None:
    """By recipient, who is named by post."""
    it = unrouted(office)
    at("2026-07-20 08:30")
    [one] = [one for one in what_if(office).sent if one.message == "supervision_notice"]
    assert (one.to, one.colour, one.clock, one.cases, one.restricted) == ("R06", "yellow", "triage", (it.code,), 0)
    assert one.post.zh != one.post.en


def test_restricted_cases_are_counted_and_neither_they_nor_their_holders_named(office: Office) -> None:
    """Prefect keeps a run's table beyond our redaction."""
    secret, plain = report(office), report(office)
    with office.writing() as session:
        session.execute(update(Case).where(Case.code == secret.code).values(restricted=True))
    seen = what_if(office, moment(office, "2026-08-20 08:30"))
    assert secret.code not in repr(seen)
    assert plain.code in repr(seen)
    assert {one.to for one in seen.sent if one.restricted} == {UNNAMED}
    assert {one.restricted for one in seen.sent if one.to == UNNAMED} == {1}
    assert all(one.cases == () for one in seen.sent if one.to == UNNAMED)


def test_reports_that_wait_are_foretold_by_receipt(office: Office) -> None:
    """To the clerk, who accepts or dismisses them."""
    receipt = store(
        office, "form", "w", Trust.PUBLIC, DeliveryState.UNCONFIRMED, envelope(), "application/json",
        then=lambda session, new_id, _: _begin(office, session, new_id),
    ).receipt  # fmt: skip
    [one] = what_if(office, moment(office, "2026-07-20 08:30")).sent
    assert (one.to, one.message, one.cases) == ("R06", "report_waiting", (receipt,))


def _begin(office: Office, session: Session, delivery: int) -> None:
    start_clock(session, office.policy, office.time, delivery, office.now())


@pytest.mark.sqlite
def test_a_case_that_cannot_be_looked_at_is_counted_and_hides_no_other(office: Office) -> None:
    """As a sweep sets the clock aside, and goes on."""
    broken, whole = report(office), report(office)
    with office.writing() as session:
        clocks = select(Case.id).where(Case.code == broken.code).scalar_subquery()
        session.execute(update(Clock).where(Clock.case_id == clocks).values(kind="no_such_kind"))
    seen = what_if(office, moment(office, "2026-08-20 08:30"))
    assert seen.failed == 1
    # The kind of each of its clocks is unknown, so that not one of them could be looked at.
    assert len(seen.problems) > 1
    assert {code for one in seen.sent for code in one.cases} == {whole.code}


@pytest.mark.sqlite
def test_the_command_says_who_would_get_what(office: Office, settings: Settings, at: At) -> None:
    """For people a line per recipient, for machines the same as JSON; a real sweep's lines are as before."""
    it = report(office)
    ask = ["sweep", "--data", str(settings.data), "--dry-run", "--as-of", "2026-12-01T09:00"]
    told = CliRunner().invoke(app, ask)
    assert told.exit_code == 0, told.output
    assert "Supervision notice" in told.output
    assert it.code in told.output
    said = json.loads(CliRunner().invoke(app, [*ask, "--json"]).output)
    assert {"as_of", "dry_run", "examined", "steps", "notices", "seconds", "stuck", "sent", "climbs", "failed"} == set(
        said
    )
    assert said["failed"] == 0
    assert any(it.code in one["cases"] for one in said["sent"])


@pytest.mark.sqlite
def test_what_was_set_aside_is_named_to_people_and_machines(office: Office, settings: Settings, at: At) -> None:
    """By a real sweep and by a dry one: case, clock and the kind of problem, and never what the problem says."""
    it = report(office)
    with office.writing() as session:
        session.execute(update(Clock).where(Clock.kind == "contact").values(kind="no_such_kind"))
    ask = ["sweep", "--data", str(settings.data)]
    for more in (["--dry-run", "--as-of", "2026-12-01T09:00"],):
        said = json.loads(CliRunner().invoke(app, [*ask, *more, "--json"]).output)
        assert [(one["case"], one["kind"], one["problem"]) for one in said["stuck"]] == [
            (it.code, "no_such_kind", "KeyError")
        ]
        told = CliRunner().invoke(app, [*ask, *more])
        assert f"{it.code} no_such_kind" in told.output


def test_a_dry_run_plans_once(office: Office) -> None:
    """The steps and who would get what come from one look: they cannot tell two stories, and cost one."""
    report(office)
    done = sweep(office, moment(office, "2026-08-20 08:30"), dry_run=True)
    assert done.ahead is not None
    assert done.examined == done.ahead.examined > 0
    noticed = {(code, one.clock, one.colour) for one in done.ahead.sent if one.colour for code in one.cases}
    assert noticed == {
        (step.case, step.clock, step.step) for step in done.steps if step.step in ("blue", "yellow", "red")
    }
