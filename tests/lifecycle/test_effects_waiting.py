"""A case that waits: suspension with its review, end and cap; tracking and its end."""

from __future__ import annotations

import pytest

from domain.lifecycle import Party
from services.office import Office
from tests.builders import local, report

FOR_FIRM = {"cause": "awaiting_enterprise", "date": "2026-07-24"}


def test_a_granted_suspension_lets_everything_else_stand_still(office: Office) -> None:
    """Review and resumption run, the rest is paused, and nobody can say when the case will be due."""
    it = report(office).by_lead("ask_suspension")
    assert (it.status, it.approvals(), it.approver().account) == ("in_progress", [("suspension", "open")], "R05")
    it.decide()
    assert (it.status, it.json["due"]) == ("suspended", None)
    states = {c["kind"]: c["state"] for c in it.json["clocks"] if c["state"] in ("running", "paused")}
    assert {k for k, s in states.items() if s == "running"} == {"suspension_review", "resume"}
    assert {k for k, s in states.items() if s == "paused"} == {
        "sign_for", "contact", "return_window", "close", "interim", "answer", "rung_stay",
    }  # fmt: skip
    assert (it.due("resume"), it.due("suspension_review")) == ("Fri 2026-08-14 17:30", "Thu 2026-07-30 17:30")


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"cause": "holidays"}, "cause"), ({"cause": ""}, "cause"), ({"date": ""}, "date"), ({"date": "2026-07-16"}, "date"), ({"reason": ""}, "reason"),
     ({"date": "2026-08-31"}, "date"), ({"cause": "awaiting_enterprise", "date": "2026-07-27"}, "date")],
)  # fmt: skip
def test_a_suspension_needs_a_listed_reason_and_a_day_within_its_cap(
    office: Office, fields: dict[str, object], field: str
) -> None:
    """45 calendar days for a public notice, 10 for the enterprise."""
    assert report(office).refused("ask_suspension", Party.LEAD, **fields).facts["field"] == field


def test_an_overdue_case_is_suspended_by_the_deputy_chief(office: Office) -> None:
    """The desk's head decides only before."""
    it = report(office).at("2026-07-31 10:00").by_lead("ask_suspension")
    assert it.approver().account == "R02"


def test_days_already_taken_count_against_the_cap(office: Office) -> None:
    """Five of ten for the enterprise: five are left, also when it never answered."""
    it = report(office).by_lead("ask_suspension", cause="awaiting_enterprise", date="2026-07-24").decide()
    it.at("2026-07-21 10:00").by_firm("supplement")
    refusal = it.refused("ask_suspension", Party.LEAD, cause="awaiting_enterprise", date="2026-07-27")
    assert "5 are left" in str(refusal)
    it.by_lead("ask_suspension", cause="awaiting_enterprise", date="2026-07-26").decide()
    assert it.due("awaiting_enterprise") == "Mon 2026-07-27 17:30"
    it.sweep_at("2026-07-27 17:31")
    it.at("2026-07-28 10:00").by_firm("dispute")
    assert "are left" in str(it.refused("ask_suspension", Party.LEAD, cause="awaiting_enterprise", date="2026-07-29"))


def test_reviewed_it_stays_suspended_until_the_next_review(office: Office) -> None:
    """Ten working days more."""
    it = report(office).by_lead("ask_suspension").decide().at("2026-07-30 10:00")
    assert it.refused("review", Party.DESK_HEAD, text="").facts["field"] == "text"
    it.by_head("review")
    assert (it.status, it.due("suspension_review")) == ("suspended", "Thu 2026-08-13 17:30")


def test_resumed_the_clocks_run_on_with_their_working_time_kept(office: Office) -> None:
    """Two closings that counted were paused, the start day's never did; hours go on to the minute; the notice that was issued stays."""
    it = report(office)
    it.at("2026-07-16 11:00").by_lead("ask_suspension").decide()
    it.at("2026-07-21 15:00").by_clerk("resume")
    assert it.status == "in_progress"
    assert it.due("close") == local(it.json["due"]) == it.due("rung_stay") == "Mon 2026-08-03 17:30"
    # One of four working hours was spent by 11:00: three are left from 15:00, half an hour of them on the next morning.
    assert it.due("contact") == "Wed 2026-07-22 09:00"
    assert local(it.json["original_due"]) == "Thu 2026-07-30 17:30"
    assert (it.clock("resume")["state"], it.clock("suspension_review")["state"]) == ("met", "met")
    assert len(it.told("enterprise_update")) >= 2


def test_the_clock_resumes_at_the_date(office: Office) -> None:
    """By itself, and everybody is told."""
    it = report(office).by_lead("ask_suspension", date="2026-07-24").decide()
    it.sweep_at("2026-07-24 17:29")
    assert it.status == "suspended"
    it.sweep_at("2026-07-24 17:31")
    assert (it.status, it.clock("resume")["state"]) == ("in_progress", "expired")
    assert "suspension_review" not in it.open_clocks()


def test_suspending_takes_back_no_notice(office: Office) -> None:
    """Blue was issued; after the pause the clock goes on to yellow without a second blue."""
    it = report(office)
    it.sweep_at("2026-07-28 08:30")
    it.by_lead("ask_suspension", date="2026-08-04").decide()
    assert "blue" in it.clock("close")["steps"]
    it.at("2026-07-31 10:00").by_clerk("resume")
    assert it.due("close") == "Tue 2026-08-04 17:30"
    it.sweep_at("2026-08-05 08:30")
    colours = [n["colour"] for n in it.json["notices"] if n["clock"] == "close"]
    assert colours == ["blue", "yellow"]


def test_a_suspended_case_climbs_without_waiting_on_the_rung(office: Office) -> None:
    """The enterprise appeals meanwhile: the stay on the new rung begins with the work."""
    it = report(office).by_lead("ask_suspension").decide().by_firm("appeal")
    assert (it.case.rung, "rung_stay" in it.open_clocks()) == (4, False)
    it.at("2026-07-20 10:00").by_clerk("resume")
    assert it.due("rung_stay") == "Mon 2026-08-03 17:30"


# -- no_response ---------------------------------------------------------------------------------------------------------------------


def test_an_enterprise_that_never_answers_is_reminded_and_then_replied_to(office: Office) -> None:
    """At the cap of ten calendar days, whatever day the lead expected; no sign-off; it can still be disputed."""
    it = report(office).by_lead("ask_suspension", cause="awaiting_enterprise", date="2026-07-20").decide()
    assert (it.due("awaiting_enterprise"), it.clock("resume")["state"] if "resume" in it.open_clocks() else None) == (
        "Mon 2026-07-27 17:30",
        None,
    )
    for day in ("2026-07-20 17:31", "2026-07-22 10:00", "2026-07-24 10:00", "2026-07-27 17:29"):
        it.sweep_at(day)
        assert it.status == "suspended"
    assert len(it.events("reminded")) == 2
    assert it.json["notices"] == []
    it.sweep_at("2026-07-27 17:31")
    assert (it.status, it.case.outcome, it.approvals()) == ("replied", "no_response", [("suspension", "granted")])
    assert it.open_clocks() == {"follow_up"}


# -- track, untrack --------------------------------------------------------------------------------------------------------------------


def test_tracking_is_granted_by_the_deputy_chief(office: Office) -> None:
    """No closing day any more; the next report, a year, and what contact and supporters owe."""
    it = report(office).by_head("track")
    assert (it.status, it.approver().account) == ("in_progress", "R02")
    it.decide()
    assert (it.status, it.case.case_class, it.json["due"]) == ("tracking", "tracking", None)
    assert it.open_clocks() == {"interim", "tracking_end", "contact", "answer"}
    assert (it.due("interim"), local(it.json["original_due"])) == ("Thu 2026-08-20 17:30", "Thu 2026-07-30 17:30")
    assert it.due("tracking_end")[:14] == "Fri 2027-07-16"


@pytest.mark.parametrize(
    ("fields", "field"), [({"reason": ""}, "reason"), ({"date": ""}, "date"), ({"date": "2026-07-16"}, "date")]
)
def test_tracking_needs_a_reason_and_the_next_report(office: Office, fields: dict[str, object], field: str) -> None:
    """Each mistake by name."""
    assert report(office).refused("track", Party.DESK_HEAD, **fields).facts["field"] == field


def test_in_tracking_a_report_is_owed_every_month(office: Office) -> None:
    """The next one starts with each."""
    it = report(office).by_head("track").decide().at("2026-08-19 10:00").by_lead("report")
    # Saturday the 19th is free, Sunday the 20th is a make-up day.
    assert it.due("interim") == "Sun 2026-09-20 17:30"


def test_untracked_a_case_has_a_class_and_a_closing_day_again(office: Office) -> None:
    """And the reports of that class."""
    it = report(office).by_head("track").decide().at("2026-07-20 10:00")
    assert it.refused("untrack", Party.DESK_HEAD, case_class="tracking").facts["field"] == "case_class"
    assert it.refused("untrack", Party.DESK_HEAD, case_class="").facts["field"] == "case_class"
    it.by_head("untrack", case_class="complex")
    assert (it.status, it.due("close"), it.due("interim")) == (
        "in_progress",
        "Mon 2026-08-03 17:30",
        "Thu 2026-07-23 17:30",
    )
    assert (it.clock("tracking_end")["state"], local(it.json["original_due"])) == ("met", "Thu 2026-07-30 17:30")
    assert "rung_stay" in it.open_clocks()
