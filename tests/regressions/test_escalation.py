"""Escalations that other systems are known to get wrong, each as a test: what happened there, and what holds here.

The numbers are those of the projects' public threads.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from domain.clocks import Happening
from domain.mail_rules import QuietHours
from domain.policy import Role
from models.clock import Clock, ClockEvent, Notice
from models.directory import AccountRole
from models.office import Outbox, OutboxState
from services.office import Office
from services.outbox import deliver, owed
from services.sweep import sweep
from tests.builders import LEAD, moment, report
from tests.mailroom import catcher_of, mail_rules

At = Callable[[str], datetime]


@pytest.mark.sqlite
def test_a_level_fires_once_however_often_the_sweep_runs(office: Office) -> None:
    """glpi 1996, 2408: each run of the job found the level's criterion met again, and sent its mails again until the ticket
    was solved. Here a step that was taken is on record: four weeks of sweeps take each once.
    """
    report(office)
    until, taken = moment(office, "2026-08-13 10:00"), Counter[tuple[str, str]]()
    while office.now() < until:
        office.fixed = office.now() + timedelta(hours=3)
        taken.update((s.clock, s.step) for s in sweep(office).steps)
    assert {("close", "blue"), ("close", "yellow"), ("close", "red")} <= set(taken)
    with office.reading() as session:
        steps = Counter(
            session.execute(
                select(ClockEvent.clock_id, ClockEvent.round, ClockEvent.cycle, ClockEvent.step).where(
                    ClockEvent.step.is_not(None)
                )
            ).tuples()
        )
        notices = Counter(session.execute(select(Notice.clock_id, Notice.colour)).tuples())
        mails = Counter(
            (row.account_id, row.facts["number"])
            for row in session.scalars(select(Outbox).where(Outbox.message == "supervision_notice"))
        )
        recorded = len(session.scalars(select(ClockEvent.id).where(ClockEvent.what == Happening.STEP)).all())
    assert max(steps.values()) == max(notices.values()) == max(mails.values()) == 1
    assert sum(taken.values()) == recorded


def test_reminders_come_on_their_days_beside_a_clock_that_fails(office: Office, at: At) -> None:
    """glpi 24194: reminders set to every two days came after seven and then no more; the case stood still, and nobody was told.

    Here the enterprise is reminded half way and shortly before the end, and then the case goes on without it; a clock of
    another case that fails in every sweep, and comes first in each, delays none of it, and the operator knows.
    """
    broken = report(office)
    with office.writing() as session:
        session.execute(
            update(Clock).where(Clock.case_id == broken.id, Clock.kind == "sign_for").values(kind="unheard_of")
        )
    it = report(office).by_lead("ask_suspension", cause="awaiting_enterprise", date="2026-07-24").decide()
    due = datetime.fromisoformat(it.clock("awaiting_enterprise")["due"])
    came: dict[str, datetime] = {}
    while office.now() < due + timedelta(days=1):
        office.fixed = office.now() + timedelta(hours=6)
        done = sweep(office)
        came |= {s.step: office.now() for s in done.steps if (s.case, s.clock) == (it.code, "awaiting_enterprise")}
    assert list(came) == ["reminder_1", "reminder_2", "expire"]
    assert came["expire"] - due < timedelta(hours=6)
    assert (it.status, it.case.outcome) == ("replied", "no_response")
    with office.reading() as session:
        assert len(session.scalars(select(Outbox.id).where(Outbox.message == "step_failed")).all()) == 1


def test_two_rules_that_name_one_person_give_one_mail(office: Office, at: At) -> None:
    """sentry 124455: a rule of the project and a setting of the person each sent their own mail about the same escalation.

    Here the officer of the lead who is its head as well, and named twice by the notice's rule, gets it once; who holds both
    rungs of a climb is told of it once.
    """
    with office.writing() as session:
        session.add(AccountRole(account_id="L08", role=Role.UNIT_HEAD, unit_id=LEAD))
        session.add(AccountRole(account_id="L08", role=Role.DESK_HEAD, unit_id=None))
    it = report(office)
    at("2026-08-12 08:30")
    sweep(office)
    [red] = [n for n in it.json["notices"] if (n["clock"], n["colour"]) == ("close", "red")]
    with office.reading() as session:
        rows = session.scalars(select(Outbox).where(Outbox.account_id == "L08", Outbox.case_id == it.id)).all()
    numbered = Counter(row.facts["number"] for row in rows if row.message == "supervision_notice")
    assert numbered[red["number"]] == 1
    assert max(numbered.values()) == 1
    climbs = Counter(
        (row.facts["from_rung"]["en"], row.facts["to_rung"]["en"]) for row in rows if row.message == "climbed"
    )
    assert climbs
    assert max(climbs.values()) == 1


def test_two_clocks_that_are_late_together_climb_once_each_for_their_own_cause(office: Office, at: At) -> None:
    """The same family: what several rules find at one moment is one climb for one cause, whichever of them is first."""
    it = report(office)
    at("2026-08-12 08:30")
    sweep(office)
    sweep(office)
    causes = Counter(e["facts"]["cause"] for e in it.events("climbed", "cause_recorded"))
    assert causes
    assert max(causes.values()) == 1
    assert it.case.rung == 3 + len(it.events("climbed"))


def test_no_reminder_at_midnight_or_on_a_weekend(office: Office, at: At) -> None:
    """zammad 4432: reminders reached people at midnight and on Saturdays, since the job ran whenever the clock said so.

    Here a sweep that runs at 23:00 every day, weekends too, records what is due, and its ordinary mails wait for the
    office's hours; red notices do not.
    """
    mail_rules(office, quiet=QuietHours(), bundle_minutes=0)
    report(office)
    until = moment(office, "2026-08-13 10:00")
    catcher = catcher_of(office)
    try:
        deliver(office)
        at("2026-07-16 23:00")
        while office.now() < until:
            sweep(office)
            for hours in (0, 9, 15):
                office.fixed = office.now() + timedelta(hours=hours)
                while owed(office):
                    deliver(office)
    finally:
        catcher.stop()
    with office.reading() as session:
        rows = session.scalars(select(Outbox).order_by(Outbox.id)).all()
    assert {row.state for row in rows} == {OutboxState.SENT}
    quiet = [row for row in rows if row.sent_at is not None and QuietHours().covers(row.sent_at, office.time)]
    assert {(row.message, row.facts.get("colour")) for row in quiet} <= {("supervision_notice", "red")}
    by_night = [row for row in rows if QuietHours().covers(row.owed_at, office.time)]
    assert any(row.facts.get("colour") != "red" for row in by_night), "some were owed when people sleep"
