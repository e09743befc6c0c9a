"""Rulings on planned days that are not made in time: colours, and the way up the ladder."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import delete, select

from models.clock import Clock, ClockEvent, Notice
from models.milestone import MilestoneChange, MilestoneEntry
from models.office import Outbox
from services.audit import verify
from services.casebook import open_casebook
from services.digest import read_entries
from services.links import mint
from services.milestone_rulings import plan_page, rule_on_change
from services.office import Office
from services.plan_notices import plan_notice_on_board
from services.sweep import sweep
from tests.services.test_milestones import mails, record

Set = Callable[[str], datetime]


@pytest.fixture
def asked(office: Office, at: Set) -> Office:
    """On Thursday 16 July another day was asked for the ground of P02; R02 has to rule until Friday 17 July, 17:30."""
    at("2026-07-16 09:00")
    assert record(office, "plan", "started", "2026-08-20").done
    assert record(office, "change", date="2026-09-10", reason="更换桩机").done
    return office


def rulings(office: Office) -> list[tuple[str, int, str]]:
    """(state, round, steps) of the clocks of rulings."""
    with office.reading() as session:
        rows = session.scalars(select(Clock).where(Clock.kind == "plan_change").order_by(Clock.id))
        return [(row.state.value, row.round, row.done) for row in rows]


def notices(office: Office) -> list[tuple[str, str, int, list[tuple[str, bool]]]]:
    """(colour, owner, working days late, to whom and whether as a copy)."""
    with office.reading() as session:
        rows = session.scalars(select(Notice).where(Notice.milestone_id.is_not(None)).order_by(Notice.id))
        return [
            (n.colour.value, n.owner, n.overdue_days, [(r["account"], r["copy"]) for r in n.recipients]) for n in rows
        ]


def change_of(office: Office) -> MilestoneChange:
    """The change that was asked for."""
    with office.reading() as session:
        return session.scalars(select(MilestoneChange)).one()


def link(office: Office, mail: Outbox) -> str:
    """The token of a mail's link."""
    assert mail.grant is not None
    with office.writing() as session:
        return mint(session, office, mail.grant, case_id=None, delivery_id=None, account=mail.account_id, contact=None)


def test_an_undecided_change_turns_yellow_then_red_and_goes_to_the_chief(asked: Office, at: Set) -> None:
    """One working day late it is yellow for who rules, three days late red, and then it is the chief's to decide."""
    at("2026-07-17 17:00")
    assert sweep(asked).notices == 0
    at("2026-07-20 17:35")
    sweep(asked)
    at("2026-07-22 17:35")
    sweep(asked)
    sweep(asked)
    assert [(colour, owner, late) for colour, owner, late, _ in notices(asked)] == [
        ("yellow", "R02", 1),
        ("red", "R02", 3),
    ]
    assert all(to[0] == ("R02", False) and ("R05", True) in to for *_, to in notices(asked))
    assert rulings(asked)[0][:2] == ("expired", 1)
    assert rulings(asked)[1][:2] == ("running", 2)
    assert change_of(asked).decider_id == "R01"
    first, second = mails(asked, "milestone_change_asked")
    assert (first.account_id, second.account_id) == ("R02", "R01")
    assert second.facts["passed_from"] is not None
    with asked.reading() as session:
        [entry] = session.scalars(select(MilestoneEntry).where(MilestoneEntry.what == "passed_up"))
        assert entry.note == "R02"
    assert verify(asked).findings == ()


def test_who_was_passed_over_reads_so_and_decides_no_more(asked: Office, at: Set) -> None:
    """The old link shows the plan and takes no ruling; the chief's link does."""
    [mail] = mails(asked, "milestone_change_asked")
    old = link(asked, mail)
    at("2026-07-23 09:00")
    sweep(asked)
    assert plan_page(asked, old).change is None
    late = rule_on_change(asked, old, "approve", {})
    assert not late.done
    assert "next in rank" in late.message.en
    new = link(asked, mails(asked, "milestone_change_asked")[1])
    assert rule_on_change(asked, new, "approve", {}).done
    assert change_of(asked).decided_by == "R01"
    assert [state for state, *_ in rulings(asked)] == ["expired", "met"]
    at("2026-08-10 09:00")
    assert sweep(asked).notices == 0


def test_with_the_chief_it_stays_and_is_red_once_more(asked: Office, at: Set) -> None:
    """Above the chief there is nobody: the chief gets the colours, and the ruling stays the chief's."""
    for day in ("2026-07-23", "2026-07-28", "2026-07-29", "2026-08-10"):
        at(f"{day} 09:00")
        sweep(asked)
    assert [(owner, colour) for colour, owner, _, _ in notices(asked)] == [
        ("R02", "red"),
        ("R01", "yellow"),
        ("R01", "red"),
    ]
    assert change_of(asked).decider_id == "R01"
    assert len(mails(asked, "milestone_change_asked")) == 2


@pytest.mark.parametrize("action", ["approve", "refuse"])
def test_a_ruling_in_time_leaves_nothing_to_climb(asked: Office, at: Set, action: str) -> None:
    """Whatever was ruled, its clock is met."""
    [mail] = mails(asked, "milestone_change_asked")
    assert rule_on_change(asked, link(asked, mail), action, {"remark": "先抢工期"}).done
    at("2026-08-10 09:00")
    assert sweep(asked).notices == 0
    assert [state for state, *_ in rulings(asked)] == ["met"]


def test_a_node_that_was_reached_needs_no_ruling(asked: Office, at: Set) -> None:
    """The change lapses with its clock."""
    at("2026-07-17 09:00")
    assert record(asked, "actual", date="2026-07-17").done
    at("2026-08-10 09:00")
    assert sweep(asked).notices == 0
    assert [state for state, *_ in rulings(asked)] == ["superseded"]


def test_the_mail_and_the_document_say_what_waits_since_when(asked: Office, at: Set) -> None:
    """Both name the ruling, who owes it and since when, in working days."""
    at("2026-07-20 17:35")
    sweep(asked)
    mine = [m for m in mails(asked, "milestone_ruling_late") if not m.facts["is_copy"]]
    assert [(m.account_id, m.facts["overdue"], m.facts["passed_to"]) for m in mine] == [("R02", 1, None)]
    assert mine[0].grant is not None
    assert mine[0].grant["change"] == change_of(asked).id
    sheet = plan_notice_on_board(asked, "P02", mine[0].facts["number"])
    assert sheet is not None
    assert (sheet.clock.en, sheet.late, sheet.calendar_days) == ("Ruling on a planned day", 1, False)
    assert "1 working day overdue" in sheet.basis.en


def test_the_morning_digest_counts_a_ruling_in_working_days_and_a_node_in_calendar_days(asked: Office, at: Set) -> None:
    """A node's slip and its light are calendar days; what a person owes is counted in working days."""
    assert record(asked, "plan", "piling", "2026-07-17").done
    at("2026-07-27 08:00")
    with asked.reading() as session:
        entries = read_entries(open_casebook(asked, session))
    [node] = [e for e in entries["R11"] if e.calendar_days]
    assert (node.days, node.colour) == (10, "yellow")
    [ruling] = [e for e in entries["R02"] if e.grant.get("change")]
    assert (ruling.days, ruling.calendar_days, ruling.part.value) == (6, False, "late")


@pytest.mark.each_database
def test_a_ruling_asked_for_before_rulings_had_clocks_gets_its_own(asked: Office, at: Set) -> None:
    """The first sweep starts it, once, from the moment of the request; what was late meanwhile is issued as after an outage."""
    with asked.writing() as session:
        ids = session.scalars(select(Clock.id).where(Clock.kind == "plan_change")).all()
        session.execute(delete(ClockEvent).where(ClockEvent.clock_id.in_(ids)))
        session.execute(delete(Clock).where(Clock.id.in_(ids)))
    at("2026-07-17 10:00")
    assert sweep(asked).notices == 0
    sweep(asked)
    with asked.reading() as session:
        [clock] = session.scalars(select(Clock).where(Clock.kind == "plan_change"))
        due = clock.due.astimezone(asked.zone) if clock.due else None
        assert (clock.started, clock.policy_version) == (change_of(asked).asked_at, asked.policy.version)
        assert f"{due:%Y-%m-%d %H:%M}" == "2026-07-17 17:30"
    at("2026-07-20 17:35")
    sweep(asked)
    assert [colour for colour, *_ in notices(asked)] == ["yellow"]
    [mail] = mails(asked, "milestone_change_asked")
    assert rule_on_change(asked, link(asked, mail), "approve", {}).done
    assert sweep(asked).notices == 0
    assert [state for state, *_ in rulings(asked)] == ["met"]
    assert verify(asked).findings == ()
