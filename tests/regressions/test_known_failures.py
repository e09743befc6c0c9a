"""Failures that other systems are known for, each as a test: what happened there, and what holds here.

The numbers are those of the projects' public threads.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from domain.case import Actor
from domain.lifecycle import Party
from domain.policy import Limit, Unit
from domain.working_time import CalendarError, Day, OutsideCalendarError, WorkingTime
from models.clock import Clock, ClockEvent
from models.office import Outbox
from services import calendar_edits
from services.audit import verify
from services.directory_change import DirectoryProposal, SubstitutionAdded
from services.directory_edit import apply, propose
from services.office import Office
from services.policy_versions import adopt
from tests.builders import LEAD, PLANNING, ROADS, Difficulty, local, moment, report

HEAD, ROADS_HEAD = "H08", "H14"
OFFICER, ROADS_OFFICER, PLANNING_OFFICER = "L08", "L14", "L03"


def suspended(office: Office, until: str = "2026-08-14") -> Difficulty:
    """Reported on Thursday 16 July at 10:00 with ten working days, suspended on Friday the 17th at 10:00."""
    it = report(office)
    it.at("2026-07-17 09:00").by_lead("ask_suspension", date=until)
    return it.at("2026-07-17 10:00").decide()


# -- pauses ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case_class", "due"), [("ordinary", "Tue 2026-07-28 17:30"), ("hard", "Tue 2026-08-11 17:30")]
)
@pytest.mark.parametrize("when", ["2026-07-20 09:00", "2026-07-23 09:00"])
def test_a_pause_is_kept_when_the_rule_changes(office: Office, case_class: str, due: str, when: str) -> None:
    """glpi 6902, 15605: a ticket that waited got another rule, and was due as if it had never waited.

    Here the new limit counts from the old start and every pause stays, whether the rule changes during the pause or after it.
    """
    it = suspended(office)
    for at in sorted([when, "2026-07-22 10:00"]):
        it.at(at)
        if at == when:
            it.by_head("amend", case_class=case_class)
        else:
            it.by_clerk("resume")
    # Three closings, of the 17th, 20th and 21st, fell into the pause.
    assert it.due("close") == due
    assert it.case.due is not None
    assert local(it.case.due.astimezone(office.zone).isoformat()) == due
    assert verify(office).findings == ()


def test_a_pause_is_kept_when_the_policy_changes(office: Office) -> None:
    """glpi 15605, for the whole office: twelve days instead of ten, and the three that were waited."""
    it = suspended(office)
    it.at("2026-07-22 10:00").by_clerk("resume")
    assert it.due("close") == "Tue 2026-08-04 17:30"
    text = office.settings.policy.read_text(encoding="utf-8")
    longer = text.replace("    close: 10 working days", "    close: 12 working days", 1)
    it.at("2026-07-23 09:00")
    assert adopt(office, longer, recalculate=True, by="R05").recalculated == 1
    assert it.due("close") == "Thu 2026-08-06 17:30"
    assert verify(office).findings == ()


def test_nothing_is_violated_while_it_waits(office: Office) -> None:
    """glpi 24481: tickets turned overdue, with notices, although they were pending.

    Here a clock that stands still has no due moment to pass: weeks of sweeps issue nothing, climb nothing, and what is
    resumed has what was left.
    """
    it = report(office).by_lead("contact")
    it.at("2026-07-17 09:00").by_lead("ask_suspension", date="2026-08-14").at("2026-07-17 10:00").decide()
    rung = it.json["rung"]
    for day in range(18, 32):
        it.sweep_at(f"2026-07-{day} 09:00")
    it.sweep_at("2026-08-13 18:00")
    after = it.json
    # The review that the desk owes meanwhile is late; nothing else is.
    assert {n["clock"] for n in after["notices"]} <= {"suspension_review"}
    assert (after["rung"], after["status"]) == (rung, "suspended")
    assert it.case.due is None
    assert {c["state"] for c in after["clocks"] if c["kind"] in ("close", "answer", "interim", "rung_stay")} == {
        "paused"
    }
    it.sweep_at("2026-08-14 17:30")
    assert it.status == "in_progress"
    # Ten days less none, from Monday 17 August on: the start day did not count, nor do the days of the pause.
    assert it.due("close") == "Thu 2026-08-27 17:30"
    it.sweep_at("2026-08-17 08:30")
    assert {n["colour"] for n in it.json["notices"] if n["clock"] != "suspension_review"} <= {"blue"}


def test_what_was_solved_for_a_while_is_no_pause(office: Office) -> None:
    """glpi 23359: the time between solution and reopening was shown, and counted, as pending.

    Here a reply ends its clock as met; what comes after a dispute is a new clock of a new round. No pause is in any history,
    and none of the days counts against what a suspension may last.
    """
    it = report(office).at("2026-07-20 10:00").replied()
    it.at("2026-07-24 10:00").by_firm("dispute")
    it.at("2026-07-27 10:00").replied()
    it.at("2026-07-28 10:00").by_firm("confirm", result="5", attitude="5")
    it.at("2026-08-06 10:00").by_head("reopen")
    with office.reading() as session:
        rows = session.scalars(
            select(ClockEvent.what).join(Clock, Clock.id == ClockEvent.clock_id).where(Clock.case_id == it.id)
        )
        assert {row.value for row in rows} & {"paused", "resumed"} == set()
    closes = [(c["round"], c["cycle"], c["state"]) for c in it.json["clocks"] if c["kind"] == "close"]
    assert sorted(closes) == [(1, 1, "met"), (1, 2, "running"), (2, 1, "met")]
    # All ten days of the enterprise's cap are left.
    it.by_lead("ask_suspension", cause="awaiting_enterprise", date="2026-08-16").decide()
    assert it.due("awaiting_enterprise") == "Mon 2026-08-17 17:30"


# -- counting -------------------------------------------------------------------------------------------------------------


def test_one_working_day_is_not_twenty_four_working_hours(office: Office) -> None:
    """jmix 790: P1D with a business calendar was read as 24 business hours, some three days.

    Here a limit keeps its unit from the policy's text to the stored clock.
    """
    start = moment(office, "2026-07-16 10:00")
    day, hours = (
        office.time.due(start, Limit(1, Unit.WORKING_DAYS)),
        office.time.due(start, Limit(24, Unit.WORKING_HOURS)),
    )
    assert office.time.local(day.at).isoformat()[:16] == "2026-07-17T17:30"
    assert office.time.local(hours.at).isoformat()[:16] == "2026-07-21T15:00"
    it = report(office)
    it.by_head("amend", case_class="immediate")
    assert it.due("close") == "Fri 2026-07-17 17:30"
    with office.reading() as session:
        stored = session.scalars(select(Clock).where(Clock.case_id == it.id, Clock.kind == "close")).one()
        assert (stored.limit_value, stored.limit_unit) == (1, Unit.WORKING_DAYS)


@pytest.mark.timeout(30)
def test_an_empty_calendar_is_an_error_and_never_a_loop(office: Office) -> None:
    """frappe helpdesk, OCA project 73: without a working day the search for the next one never ended.

    Here such a calendar cannot be made, an office cannot decide for it, and a limit beyond the calendar says so at once.
    """
    week = [Day(date(2026, 7, 13) + timedelta(days=n), (), announced=True) for n in range(7)]
    for days in ([], week):
        with pytest.raises(CalendarError):
            WorkingTime(days, office.zone)
    with pytest.raises(OutsideCalendarError):
        office.time.due(office.now(), Limit(50_000, Unit.WORKING_DAYS))
    with pytest.raises(OutsideCalendarError):
        office.time.add_minutes(office.now(), 10**9)

    it = report(office)
    day, rows = office.time.first, ["day,hours,note"]
    while day <= office.time.last:
        rows.append(f"{day},off,")
        day += timedelta(days=1)
    never = "\n".join(rows)
    assert calendar_edits.difference(office, never).mistakes
    with pytest.raises(CalendarError):
        calendar_edits.apply(office, never, by="R05")
    assert it.due("close") == "Thu 2026-07-30 17:30"
    it.sweep_at("2026-07-17 09:00")


def test_a_holiday_entered_afterwards_moves_open_dates_and_never_back(office: Office) -> None:
    """frappe helpdesk 2449: a holiday list that was changed later left the dates of open tickets as they were.

    Here open clocks are reckoned anew, both sides are told, ended ones keep their dates, and a date once told never comes
    earlier when the holiday is taken back.
    """
    it = report(office).at("2026-07-17 10:00").by_lead("contact")
    signed = it.due("sign_for")
    told = len(it.told("case_update")), len(it.told("enterprise_update"))
    it.at("2026-07-20 09:00")
    assert calendar_edits.apply(office, "day,hours,note\n2026-07-24,off,typhoon\n", by="R05").recalculated == 1
    assert it.due("close") == "Fri 2026-07-31 17:30"
    assert it.due("answer", ROADS) == "Tue 2026-07-21 17:30"
    assert it.due("sign_for") == signed
    assert (len(it.told("case_update")), len(it.told("enterprise_update"))) == (told[0] + 1, told[1] + 1)
    calendar_edits.apply(office, "day,hours,note\n", by="R05")
    assert it.due("close") == "Fri 2026-07-31 17:30"
    assert local(it.clock("close")["original_due"]) == "Thu 2026-07-30 17:30"
    assert verify(office).findings == ()


# -- who stands in --------------------------------------------------------------------------------------------------------


def stands_in(office: Office, *edits: SubstitutionAdded) -> None:
    """Enter substitutions as the desk does."""
    proposal = DirectoryProposal(edits)
    shown = propose(office, proposal)
    assert shown.mistakes == ()
    said = ",".join(f"{edit.absent}-{edit.substitute}-{edit.first_day}" for edit in edits)
    assert apply(office, proposal, said, "R05", shown.digest).done


def away(absent: str, substitute: str, first: str = "2026-07-16", last: str = "2026-07-31") -> SubstitutionAdded:
    """Somebody stands in for somebody."""
    return SubstitutionAdded(
        absent=absent, substitute=substitute, first_day=date.fromisoformat(first), last_day=date.fromisoformat(last)
    )


def mails(office: Office, message: str) -> list[tuple[str | None, str | None]]:
    """To which accounts a message is owed, and for whom they act."""
    with office.reading() as session:
        rows = session.scalars(select(Outbox).where(Outbox.message == message).order_by(Outbox.id))
        return [(row.account_id, (row.grant or {}).get("principal")) for row in rows]


def test_a_substitute_is_told_and_named(office: Office) -> None:
    """glpi 19626: only the absent approver was notified, and the record did not show that a substitute had answered.

    Here both are told of the arrangement, the substitute is asked with a link of their own, and the history names both.
    """
    stands_in(office, away(HEAD, ROADS_HEAD))
    assert sorted(mails(office, "substitution_told")) == [(HEAD, None), (ROADS_HEAD, None)]
    it = report(office).by_lead("reply")
    assert mails(office, "approval_asked") == [(ROADS_HEAD, HEAD)]
    step = it.approver()
    assert step.account == ROADS_HEAD
    by_substitute = Actor(Party.APPROVER, "link", account=ROADS_HEAD, step=step.step, principal=HEAD)
    assert it.attempt("approve", by_substitute).done
    actor = it.events("approve")[0]["actor"]
    assert (actor["account"], actor["principal"]) == (ROADS_HEAD, HEAD)


def test_a_substitute_who_begins_while_things_are_open_is_asked_for_them(office: Office) -> None:
    """glpi 19626, for what was asked before the absence: on its first day it is the substitute's to decide."""
    it = report(office).by_lead("reply")
    stands_in(office, away(HEAD, ROADS_HEAD, "2026-07-17"))
    assert it.approver().account == HEAD
    it.sweep_at("2026-07-17 08:30")
    assert it.approver().account == ROADS_HEAD
    assert (ROADS_HEAD, HEAD) in mails(office, "work_passed_on")


def test_a_chain_of_substitutes_is_followed(office: Office) -> None:
    """zammad 3694: A had B as replacement; when B had C, what was A's reached nobody: the first arrangement was lost.

    Here C gets what is A's and what is B's, in the order in which they were arranged or the other way round.
    """
    stands_in(office, away(OFFICER, ROADS_OFFICER))
    stands_in(office, away(ROADS_OFFICER, PLANNING_OFFICER))
    it = report(office)
    assert it.case.lead == LEAD
    assert set(it.case.supporters) == {ROADS, PLANNING}
    assert mails(office, "assigned_lead") == [(PLANNING_OFFICER, OFFICER)]
    assert (PLANNING_OFFICER, ROADS_OFFICER) in mails(office, "assigned_supporter")


def test_a_circle_of_substitutes_goes_up_the_ladder(office: Office) -> None:
    """A stands in for B and B for A: the desk is shown the circle, and what is theirs is asked of the next role, not of nobody."""
    stands_in(office, away(HEAD, ROADS_HEAD))
    circle = propose(office, DirectoryProposal((away(ROADS_HEAD, HEAD),)))
    assert any("in a circle" in line.en for line in circle.lines)
    stands_in(office, away(ROADS_HEAD, HEAD))
    it = report(office).by_lead("reply")
    assert it.approver().account == "R05"
    assert mails(office, "role_unfilled")
