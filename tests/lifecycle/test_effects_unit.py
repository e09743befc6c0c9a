"""What the units do: sign for, contact, send back, answer, report, ask for more time, reply, deliver."""

from __future__ import annotations

import pytest

from domain.lifecycle import Party
from services.office import Office
from tests.builders import AREA, DESK, LEAD, PLANNING, ROADS, local, report


def test_signing_for_meets_its_clock_once(office: Office) -> None:
    """The status stays; a second time is refused."""
    it = report(office).by_lead("sign_for")
    assert (it.status, it.clock("sign_for")["state"]) == ("in_progress", "met")
    assert it.refused("sign_for", Party.LEAD).code == "signed_for"


def test_another_unit_does_not_sign_for_the_lead(office: Office) -> None:
    """A link of a former lead grants nothing."""
    assert report(office).refused("sign_for", Party.LEAD, ROADS).code == "not_lead"


def test_the_leads_contact_signs_for_the_case_too(office: Office) -> None:
    """How and what was said are on record."""
    it = report(office)
    assert it.refused("contact", Party.LEAD, how="").facts["field"] == "how"
    assert it.refused("contact", Party.LEAD, text="").facts["field"] == "text"
    it.by_lead("contact")
    assert (it.clock("contact")["state"], it.clock("sign_for")["state"]) == ("met", "met")
    assert it.events("contact")[0]["text"] == {"how": "电话", "text": "已了解情况"}


@pytest.mark.parametrize("party", [Party.SUPPORTER, Party.COMMISSIONER])
def test_others_may_make_the_contact_but_not_sign(office: Office, party: Party) -> None:
    """The contact is met, the signature still owed by the lead."""
    it = report(office).act("contact", party)
    assert (it.clock("contact")["state"], it.clock("sign_for")["state"]) == ("met", "running")


# -- send_back -----------------------------------------------------------------------------------------------------------------


def test_sending_back_owes_a_ruling(office: Office) -> None:
    """Disputed; the desk's head rules within a working day; the rest of the clocks runs on."""
    it = report(office).by_lead("send_back")
    assert (it.status, it.case.lead, it.due("ruling")) == ("disputed", LEAD, "Fri 2026-07-17 17:30")
    assert it.open_clocks() == {"ruling", "contact", "close", "interim", "answer", "rung_stay"}
    assert (it.clock("sign_for")["state"], it.clock("return_window")["state"]) == ("met", "met")
    assert len(it.told("ruling_needed")) == 1


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"reason": ""}, "reason"), ({"basis": ""}, "basis"), ({"suggested": ""}, "suggested"), ({"suggested": LEAD}, "suggested"),
     ({"suggested": "D99"}, "suggested")],
)  # fmt: skip
def test_sending_back_needs_reason_basis_and_another_unit(
    office: Office, fields: dict[str, object], field: str
) -> None:
    """Each mistake by name."""
    assert report(office).refused("send_back", Party.LEAD, **fields).facts["field"] == field


def test_after_the_window_a_case_is_kept(office: Office) -> None:
    """One working day, to the minute."""
    it = report(office)
    it.at("2026-07-17 17:31")
    refusal = it.refused("send_back", Party.LEAD)
    assert (refusal.code, "2026-07-17 17:30" in str(refusal)) == ("window_over", True)
    it.at("2026-07-17 17:30").by_lead("send_back")
    assert it.status == "disputed"


def test_a_unit_sends_a_case_back_once(office: Office) -> None:
    """Also when it leads again later."""
    it = report(office).by_lead("send_back").by_head("rule")
    it.by_head("reassign", lead=PLANNING).by_head("reassign", lead=LEAD)
    assert it.refused("send_back", Party.LEAD).code == "returned_once"


def test_at_the_second_return_the_fallback_unit_leads_with_one_climb(office: Office) -> None:
    """The area, which sent nothing back; nobody rules any more."""
    it = report(office).by_lead("send_back").by_head("call_consultation").by_head("reassign")
    it.by_lead("send_back", suggested=PLANNING)
    assert (it.status, it.case.lead, it.case.rung) == ("in_progress", AREA, 4)
    assert [e["facts"]["cause"] for e in it.events("climbed")] == ["returned_twice:1"]
    assert it.events("fallback_leads")[0]["facts"]["lead"] == AREA
    assert it.refused("send_back", Party.LEAD).code == "window_over"


def test_the_fallback_is_never_a_unit_that_sent_the_case_back(office: Office) -> None:
    """The area did: the desk's own unit leads."""
    it = report(office).by_head("reassign", lead=AREA).by_lead("send_back", suggested=ROADS)
    it.by_head("call_consultation").by_head("reassign").by_lead("send_back", suggested=PLANNING)
    assert (it.case.lead, it.case.rung) == (DESK, 4)


def test_when_every_fallback_unit_sent_it_back_the_desks_head_owes_a_ruling(office: Office) -> None:
    """It does not go back to one of them, and somebody still holds it."""
    it = report(office).by_head("reassign", lead=AREA).by_lead("send_back", suggested=ROADS)
    it.by_head("call_consultation").by_head("reassign", lead=DESK).by_lead("send_back", suggested=PLANNING)
    assert it.status == "disputed"
    assert "ruling" in it.open_clocks()


# -- answer, report --------------------------------------------------------------------------------------------------------------


def test_an_answer_meets_the_supporters_own_clock(office: Office) -> None:
    """Only its own; the lead is told."""
    it = report(office)
    assert it.refused("answer", Party.SUPPORTER, ROADS, text="").facts["field"] == "text"
    assert it.refused("answer", Party.SUPPORTER, "D10").code == "not_supporter"
    it.act("answer", Party.SUPPORTER, ROADS)
    assert (it.clock("answer", ROADS)["state"], it.clock("answer", PLANNING)["state"]) == ("met", "running")
    assert it.told("case_update")


def test_a_report_meets_the_interim_clock_and_starts_the_next(office: Office) -> None:
    """Every three working days for a complex case."""
    it = report(office)
    assert it.refused("report", Party.LEAD, text="").facts["field"] == "text"
    it.at("2026-07-20 10:00").by_lead("report")
    assert [c["state"] for c in it.json["clocks"] if c["kind"] == "interim"] == ["met", "running"]
    assert it.due("interim") == "Thu 2026-07-23 17:30"


def test_the_first_report_of_a_hard_case_is_its_plan(office: Office) -> None:
    """It meets both."""
    it = report(office).by_head("amend", case_class="hard", severity="").by_lead("report")
    assert (it.clock("plan")["state"], "interim" in it.open_clocks()) == ("met", True)


# -- reply -----------------------------------------------------------------------------------------------------------------------


def test_a_reply_counts_when_it_is_signed(office: Office) -> None:
    """Until then status and clocks stand; signing meets the closing day, and the contact never made is superseded."""
    it = report(office).by_lead("reply")
    assert (it.status, it.approvals()) == ("in_progress", [("sign_off", "open")])
    assert {"close", "contact", "rung_stay"} <= it.open_clocks()
    assert it.clock("sign_for")["state"] == "met"
    it.decide()
    assert (it.status, it.case.outcome, it.open_clocks()) == ("replied", "resolved", {"follow_up"})
    states = {kind: it.clock(kind)["state"] for kind in ("close", "rung_stay", "contact", "answer", "interim")}
    assert states == {
        "close": "met",
        "rung_stay": "met",
        "contact": "superseded",
        "answer": "superseded",
        "interim": "superseded",
    }
    assert it.due("follow_up") == "Mon 2026-07-20 17:30"


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"outcome": ""}, "outcome"), ({"outcome": "declined"}, "outcome"), ({"text": ""}, "text"), ({"document": ""}, "document"),
     ({"outcome": "explained"}, "policy"), ({"outcome": "promised"}, "date"), ({"outcome": "promised", "date": "2026-07-16"}, "date")],
)  # fmt: skip
def test_a_reply_needs_what_its_outcome_needs(office: Office, fields: dict[str, object], field: str) -> None:
    """A policy when explained, a day to come when promised."""
    assert report(office).refused("reply", Party.LEAD, **fields).facts["field"] == field


def test_one_reply_at_a_time(office: Office) -> None:
    """While one waits for its sign-off there is no second."""
    assert report(office).by_lead("reply").refused("reply", Party.LEAD).code == "approval_open"


def test_a_tracked_case_is_replied_to_as_well(office: Office) -> None:
    """The end of its tracking is met."""
    it = report(office).by_head("track").decide().replied()
    assert (it.status, it.clock("tracking_end")["state"], it.open_clocks()) == ("replied", "met", {"follow_up"})


# -- ask_extension -----------------------------------------------------------------------------------------------------------------


def test_an_extension_moves_the_closing_day_when_it_is_granted(office: Office) -> None:
    """The head signs, the desk's head grants; the original date stays; the stay on the rung waits with it."""
    it = report(office).by_lead("ask_extension")
    assert it.due("close") == "Thu 2026-07-30 17:30"
    it.decide()
    assert (it.due("close"), it.approvals()) == ("Thu 2026-07-30 17:30", [("extension", "open")])
    it.decide()
    assert it.due("close") == it.due("rung_stay") == local(it.json["due"]) == "Thu 2026-08-06 17:30"
    assert local(it.json["original_due"]) == local(it.clock("close")["original_due"]) == "Thu 2026-07-30 17:30"
    assert it.case.extensions == 1


def test_the_second_extension_is_the_deputy_chiefs_and_there_is_no_third(office: Office) -> None:
    """Count by class and policy."""
    it = report(office).by_lead("ask_extension").decide().decide()
    it.by_lead("ask_extension", date="2026-08-13").decide()
    assert it.approver().account == "R02"
    it.decide()
    assert it.refused("ask_extension", Party.LEAD, date="2026-08-20").code == "extensions_used"


def test_an_immediate_case_is_not_extended(office: Office) -> None:
    """Its class allows none."""
    it = report(office).by_head("amend", case_class="immediate", severity="")
    assert it.refused("ask_extension", Party.LEAD, date="2026-07-20").code == "extensions_used"


def test_more_time_is_asked_before_the_case_is_due(office: Office) -> None:
    """At its closing minute it still may, after it no more."""
    it = report(office).at("2026-07-30 17:31")
    assert it.refused("ask_extension", Party.LEAD).code == "after_due"
    it.at("2026-07-30 17:30").by_lead("ask_extension")
    assert it.approvals() == [("extension", "open")]


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"date": ""}, "date"), ({"date": "2026-07-30"}, "date"), ({"date": "2026-07-10"}, "date"), ({"date": "2026-08-14"}, "date"),
     ({"date": "nächste Woche"}, "date"), ({"reason": ""}, "reason"), ({"progress": ""}, "progress")],
)  # fmt: skip
def test_an_extension_is_later_and_no_longer_than_the_limit(
    office: Office, fields: dict[str, object], field: str
) -> None:
    """Ten working days from the 30th of July end on the 13th of August."""
    it = report(office)
    assert it.refused("ask_extension", Party.LEAD, **fields).facts["field"] == field
    assert it.attempt("ask_extension", it.actor(Party.LEAD), date="2026-08-13").done


# -- deliver -----------------------------------------------------------------------------------------------------------------------


def test_what_was_promised_is_delivered_in_a_new_cycle(office: Office) -> None:
    """Before the date, signed by the head; the enterprise is asked again."""
    it = report(office).replied(outcome="promised", date="2026-09-30").by_firm("confirm")
    assert (it.status, it.due("promised")) == ("closed", "Wed 2026-09-30 17:30")
    assert it.refused("deliver", Party.LEAD, document="").facts["field"] == "document"
    it.at("2026-09-01 10:00").by_lead("deliver")
    assert (it.status, it.approvals()[-1]) == ("closed", ("delivery", "open"))
    it.decide()
    case = it.case
    assert (case.status, case.outcome, case.cycle, case.round, case.redos) == ("replied", "resolved", 2, 1, 0)
    assert (it.clock("promised")["state"], it.open_clocks()) == ("met", {"follow_up"})


def test_only_what_was_promised_can_be_delivered(office: Office) -> None:
    """A case closed otherwise has nothing to deliver."""
    assert report(office).replied().by_firm("confirm").refused("deliver", Party.LEAD).code == "nothing_promised"


def test_a_promise_not_kept_reopens_at_its_date(office: Office) -> None:
    """In progress with the lead, a new cycle; a delivery that waits for its sign-off lapses."""
    it = report(office).replied(outcome="promised", date="2026-07-31").by_firm("confirm")
    it.at("2026-07-31 16:00").by_lead("deliver").sweep_at("2026-07-31 17:30")
    assert (it.status, it.case.cycle, it.case.outcome) == ("in_progress", 2, None)
    assert (it.clock("promised")["state"], it.approvals()[-1]) == ("expired", ("delivery", "lapsed"))
    assert it.due("close") == "Fri 2026-08-14 17:30"
