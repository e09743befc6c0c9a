"""What the desk does: dispatch, settle, decline, merge, amend, rule, reassign, follow up, reopen."""

from __future__ import annotations

import pytest

from domain.case import Actor
from domain.lifecycle import Party
from models import case as tables
from models.directory import Contact, Project
from services.office import Office
from tests.builders import AREA, LEAD, PLANNING, ROADS, Difficulty, local, report, unrouted

OTHER_FIRM = {"name": "另一家企业", "contact": "办公室", "email": "other@example.com"}


def started_at(it: Difficulty, moment: str) -> set[str]:
    """The kinds of clocks that started at a moment."""
    return {c["kind"] for c in it.json["clocks"] if local(c["started"]).endswith(moment)}


# -- dispatch ----------------------------------------------------------------------------------------------------------------


def test_dispatch_starts_the_leads_and_the_supporters_clocks(office: Office) -> None:
    """In progress on the lead's rung; triage is met; each supporter has a clock of its own."""
    it = unrouted(office).at("2026-07-16 11:00").by_clerk("dispatch", case_class="hard")
    case = it.case
    assert (case.status, case.lead, case.supporters) == ("in_progress", LEAD, (ROADS, PLANNING))
    assert (case.rung, case.round, case.cycle, case.case_class) == (3, 1, 1, "hard")
    assert it.clock("triage")["state"] == "met"
    assert it.open_clocks() == {
        "sign_for", "contact", "return_window", "close", "plan", "interim", "rung_stay", "answer",
    }  # fmt: skip
    assert {c["subject"] for c in it.json["clocks"] if c["kind"] == "answer"} == {ROADS, PLANNING}
    assert it.due("close") == "Thu 2026-08-06 17:30"
    assert it.json["due"] == it.json["original_due"]
    assert (it.due("plan"), it.due("interim")) == ("Tue 2026-07-21 17:30", "Thu 2026-07-23 17:30")


def test_an_area_leads_on_the_second_rung(office: Office) -> None:
    """A case is dispatched once to the right rung, it does not climb from the first."""
    assert unrouted(office).by_clerk("dispatch", lead=AREA, supporters=[]).case.rung == 2


def test_an_ordinary_case_owes_no_plan_and_no_interim_report(office: Office) -> None:
    """Only what the class says is owed."""
    it = unrouted(office).by_clerk("dispatch", case_class="ordinary", supporters=[])
    assert not {"plan", "interim", "answer"} & it.open_clocks()


def test_a_critical_case_is_copied_to_the_desks_head_and_the_deputy_chief(office: Office) -> None:
    """Severity 3, and two working hours for the first contact."""
    it = unrouted(office).by_clerk("dispatch", severity="3")
    assert it.due("contact") == "Thu 2026-07-16 12:00"
    assert len(it.told("case_update")) == 2


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"lead": ""}, "lead"), ({"lead": "D99"}, "lead"), ({"case_class": ""}, "case_class"), ({"case_class": "tracking"}, "case_class"),
     ({"supporters": ["D99"]}, "supporters"), ({"severity": "4"}, "severity")],
)  # fmt: skip
def test_dispatch_names_its_mistakes(office: Office, fields: dict[str, object], field: str) -> None:
    """Tracking is reached by `track` alone; units are of the directory."""
    assert unrouted(office).refused("dispatch", Party.CLERK, **fields).facts["field"] == field


# -- settle_on_spot, decline ---------------------------------------------------------------------------------------------------


def test_settled_on_the_spot_is_replied_without_a_sign_off(office: Office) -> None:
    """And somebody else follows up: whoever settled it is refused."""
    it = unrouted(office).by_clerk("settle_on_spot")
    assert (it.status, it.case.outcome, it.approvals()) == ("replied", "resolved", [])
    assert it.open_clocks() == {"follow_up"}
    assert it.clock("triage")["state"] == "met"
    assert it.refused("record_follow_up", Party.CLERK).code == "handled_it"


def test_the_follow_up_is_asked_of_somebody_who_did_not_handle_the_case(office: Office) -> None:
    """The only clerk settled it: the project's commissioner is asked; where the commissioner did, the clerk."""
    by_clerk = unrouted(office).by_clerk("settle_on_spot")
    assert [g["party"] for g in by_clerk.granted("follow_up_due") if g] == ["commissioner"]
    by_commissioner = unrouted(office).act("settle_on_spot", Party.COMMISSIONER)
    assert [g["party"] for g in by_commissioner.granted("follow_up_due") if g] == ["clerk"]


@pytest.mark.parametrize("fields", [{"outcome": "promised"}, {"outcome": "declined"}, {"outcome": ""}, {"text": ""}])
def test_settling_needs_an_outcome_and_a_text(office: Office, fields: dict[str, object]) -> None:
    """What is promised or declined is not settled."""
    assert unrouted(office).refused("settle_on_spot", Party.CLERK, **fields).facts["field"] in fields


def test_a_declined_case_is_closed_and_can_be_disputed(office: Office) -> None:
    """With a reason; the enterprise brings it back as new, without a lead."""
    it = unrouted(office)
    assert it.refused("decline", Party.DESK_HEAD, reason="").facts["field"] == "reason"
    it.by_head("decline")
    assert (it.status, it.case.outcome, it.open_clocks()) == ("closed", "declined", set())
    it.by_firm("dispute")
    assert (it.status, it.case.round, it.case.rung) == ("new", 2, 2)
    assert it.open_clocks() == {"triage"}


# -- merge -----------------------------------------------------------------------------------------------------------------------


def test_merging_closes_the_case_and_tells_the_reporters_of_both(office: Office) -> None:
    """The target's first reporter rates; the newcomer is informed and may not."""
    target, it = report(office), report(office, enterprise=OTHER_FIRM)
    it.by_clerk("merge", target=target.code.lower())
    assert (it.status, it.case.outcome, it.open_clocks()) == ("closed", "merged", set())
    assert it.told("case_closed")[0] == "other@example.com"
    assert target.told("enterprise_update") == ["p02@example.com", "other@example.com"]
    assert target.events("merged_in")[0]["facts"] == {"code": it.code}
    assert len(target.case.reporters) == 2
    newcomer = Actor(Party.ENTERPRISE, "link", contact=target.case.reporters[1])
    target.replied()
    assert target.refused("confirm", newcomer).code == "not_principal"
    assert target.attempt("supplement", newcomer).done
    assert target.by_firm("confirm").status == "closed"


def test_a_case_merges_into_a_replied_one(office: Office) -> None:
    """Replied is open."""
    target = report(office).replied()
    assert report(office, enterprise=OTHER_FIRM).by_clerk("merge", target=target.code).status == "closed"


def test_what_a_case_cannot_merge_into(office: Office) -> None:
    """Itself, a closed one, one that was merged itself, one that does not exist, none."""
    it, closed, merged = report(office), report(office).replied().by_firm("confirm"), report(office)
    merged.by_clerk("merge", target=it.code)
    for target in (it.code, closed.code, merged.code, "DIF-1999-0001", ""):
        assert it.refused("merge", Party.CLERK, target=target).facts["field"] == "target"


def test_a_case_merged_reopened_and_merged_again(office: Office) -> None:
    """The link between the two is there already."""
    target, it = report(office), report(office, enterprise=OTHER_FIRM)
    it.by_clerk("merge", target=target.code).by_head("reopen").by_clerk("merge", target=target.code)
    with office.reading() as session:
        assert session.query(tables.CaseLink).filter_by(case_id=it.id).count() == 1


# -- amend -----------------------------------------------------------------------------------------------------------------------


def test_amending_the_class_recalculates_from_the_old_start(office: Office) -> None:
    """The original due date stays; a shorter class ends plan and interim report; nothing is started twice."""
    it = report(office).at("2026-07-17 10:00").by_head("amend", case_class="hard", severity="")
    assert (it.due("close"), local(it.json["original_due"])) == ("Thu 2026-08-06 17:30", "Thu 2026-07-30 17:30")
    assert it.json["due"] == it.clock("close")["due"] == it.clock("rung_stay")["due"]
    assert (it.due("interim"), it.due("plan")) == ("Thu 2026-07-23 17:30", "Wed 2026-07-22 17:30")
    it.by_head("amend", case_class="ordinary", severity="")
    assert it.due("close") == "Thu 2026-07-23 17:30"
    assert not {"plan", "interim"} & it.open_clocks()


def test_amending_the_severity_recalculates_the_first_contact(office: Office) -> None:
    """Two working hours from the dispatch, not from the amendment."""
    it = report(office).at("2026-07-16 11:00").by_clerk("amend", severity="3")
    assert it.due("contact") == "Thu 2026-07-16 12:00"


def test_amending_supporters_starts_and_ends_their_clocks(office: Office) -> None:
    """Who supports no more owes no answer; who joins has the whole limit."""
    it = report(office).at("2026-07-17 10:00").by_clerk("amend", supporters=[PLANNING, "D10"], severity="")
    assert it.case.supporters == (PLANNING, "D10")
    assert it.clock("answer", ROADS)["state"] == "superseded"
    assert it.due("answer", "D10") == "Wed 2026-07-22 17:30"
    assert it.due("answer", PLANNING) == "Tue 2026-07-21 17:30"
    assert it.refused("answer", Party.SUPPORTER, ROADS).code == "not_supporter"


def test_a_supporter_that_joins_while_suspended_waits_as_well(office: Office) -> None:
    """Of its three working days the first that counts is the one on which the work went on."""
    it = report(office).by_lead("ask_suspension").decide().by_clerk("amend", supporters=["D10"], severity="")
    assert it.clock("answer", "D10")["state"] == "paused"
    it.at("2026-07-20 10:00").by_clerk("resume")
    assert it.due("answer", "D10") == "Wed 2026-07-22 17:30"


def test_amending_the_project_brings_its_area(office: Office) -> None:
    """The area of the case is that of its project."""
    it = report(office).by_clerk("amend", project="p01", severity="")
    with office.reading() as session:
        assert session.get_one(Project, "P01").area_id == it.case.area
    assert it.case.project == "P01"


def test_a_class_amended_while_suspended_counts_after_the_suspension(office: Office) -> None:
    """What is stored is what the clock's own history gives: ten more working days than five, less the pause."""
    it = report(office).by_lead("ask_suspension").decide()
    it.at("2026-07-20 10:00").by_head("amend", case_class="ordinary", severity="")
    assert it.json["due"] is None
    it.at("2026-07-21 10:00").by_clerk("resume")
    # Five working days after the 16th, less the 17th and the 20th, whose closings were paused: the 21st to the 27th.
    assert it.due("close") == local(it.json["due"]) == "Mon 2026-07-27 17:30"


def test_an_amendment_takes_back_no_extension(office: Office) -> None:
    """Granted to the 6th of August, it stays there when the new class would end earlier."""
    it = report(office).by_lead("ask_extension").decide().decide()
    it.by_head("amend", case_class="ordinary", severity="")
    assert it.due("close") == "Thu 2026-08-06 17:30"


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"reason": ""}, "reason"), ({"severity": ""}, "case_class"), ({"project": "P99"}, "project"), ({"category": "nonsense"}, "category"),
     ({"severity": "9"}, "severity"), ({"supporters": ["D99"]}, "supporters")],
)  # fmt: skip
def test_amend_names_its_mistakes(office: Office, fields: dict[str, object], field: str) -> None:
    """A reason and at least one change; projects and categories that exist."""
    assert report(office).refused("amend", Party.CLERK, **fields).facts["field"] == field


def test_the_class_is_the_heads_and_never_tracking(office: Office) -> None:
    """A clerk amends the rest; a tracked case gets its class by `untrack`."""
    it = report(office)
    assert it.refused("amend", Party.CLERK, case_class="hard").code == "class_by_head"
    assert it.refused("amend", Party.DESK_HEAD, case_class="tracking").facts["field"] == "case_class"
    it.by_head("track").decide()
    assert it.refused("amend", Party.DESK_HEAD, case_class="hard").facts["field"] == "case_class"
    assert "interim" in it.open_clocks()


@pytest.mark.parametrize("status", ["new", "replied"])
def test_supporters_are_not_amended_where_nobody_works(office: Office, status: str) -> None:
    """New has none yet, replied needs none any more."""
    it = unrouted(office) if status == "new" else report(office).replied()
    assert it.refused("amend", Party.CLERK, supporters=[ROADS]).facts["field"] == "supporters"


# -- rule, reassign --------------------------------------------------------------------------------------------------------------


def test_a_ruling_is_final_for_the_unit_named(office: Office) -> None:
    """In progress with the new lead, who signs for it anew and may not send it back; the closing date stays."""
    it = report(office).by_lead("send_back").at("2026-07-16 15:00").by_head("rule")
    assert (it.status, it.case.lead, it.case.rung) == ("in_progress", ROADS, 3)
    assert (it.clock("ruling")["state"], it.due("close")) == ("met", "Thu 2026-07-30 17:30")
    assert {"sign_for", "contact"} <= started_at(it, "15:00")
    assert "return_window" not in it.open_clocks()
    assert it.refused("send_back", Party.LEAD).code == "ruled"
    assert {c["owner"] for c in it.json["clocks"] if c["kind"] in ("close", "interim") and c["state"] == "running"} == {
        ROADS
    }
    assert it.refused("reply", Party.LEAD, LEAD).code == "not_lead"


def test_a_supporter_that_leads_owes_no_answer_to_itself(office: Office) -> None:
    """Roads was a supporter."""
    it = report(office).by_head("reassign")
    assert it.case.supporters == (PLANNING,)
    assert it.clock("answer", ROADS)["state"] == "superseded"


def test_reassigning_keeps_the_closing_date_and_opens_a_window(office: Office) -> None:
    """The lead's open clocks pass on; a contact that was made is not asked again."""
    it = report(office).by_lead("contact").at("2026-07-20 10:00").by_head("reassign")
    assert (it.case.lead, it.due("close")) == (ROADS, "Thu 2026-07-30 17:30")
    assert started_at(it, "07-20 10:00") == {"sign_for", "return_window"}
    assert it.clock("contact")["state"] == "met"
    assert it.due("return_window") == "Tue 2026-07-21 17:30"


@pytest.mark.parametrize(
    ("fields", "field"), [({"lead": LEAD}, "lead"), ({"lead": "D99"}, "lead"), ({"reason": ""}, "reason")]
)
def test_reassign_names_its_mistakes(office: Office, fields: dict[str, object], field: str) -> None:
    """Not to the same unit, not to none, not without a reason."""
    assert report(office).refused("reassign", Party.DESK_HEAD, **fields).facts["field"] == field


def test_reassigned_from_tracking_a_case_has_a_closing_date_again(office: Office) -> None:
    """In the class that it had; the next report stays owed."""
    it = report(office).by_head("track").decide().at("2026-07-17 10:00").by_head("reassign")
    assert (it.status, it.case.case_class, it.due("close")) == ("in_progress", "complex", "Fri 2026-07-31 17:30")
    assert it.clock("tracking_end")["state"] == "met"
    assert local(it.json["original_due"]) == "Thu 2026-07-30 17:30"


def test_reassigned_from_a_consultation_the_consultation_is_over(office: Office) -> None:
    """Its clock is met."""
    it = report(office).by_head("call_consultation").by_head("reassign")
    assert (it.status, it.clock("consultation")["state"]) == ("in_progress", "met")


def test_a_higher_rung_is_kept_whoever_leads(office: Office) -> None:
    """Reassigned to an area, a case that climbed does not climb down."""
    it = report(office).by_firm("appeal").by_head("reassign", lead=AREA)
    assert it.case.rung == 4


# -- record_follow_up ------------------------------------------------------------------------------------------------------------


def test_answered_with_ratings_closes(office: Office) -> None:
    """Both ratings are asked for."""
    it = report(office).replied()
    assert it.refused("record_follow_up", Party.CLERK, attitude="").facts["field"] == "attitude"
    assert it.refused("record_follow_up", Party.CLERK, result="6").facts["field"] == "result"
    it.by_clerk("record_follow_up")
    assert (it.status, it.json["ratings"]) == ("closed", {"result": 5, "attitude": 4})
    assert it.clock("follow_up")["state"] == "met"


@pytest.mark.parametrize(
    "fields", [{"answer": "not_solved", "text": "没有解决"}, {"answer": "answered", "result": "2", "attitude": "5"}]
)
def test_not_solved_or_rated_at_the_policys_line_is_done_again(office: Office, fields: dict[str, object]) -> None:
    """Round 2, one rung up."""
    it = report(office).replied().by_clerk("record_follow_up", **fields)
    assert (it.status, it.case.round, it.case.rung) == ("in_progress", 2, 4)


def test_not_reached_is_recorded_and_tried_again(office: Office) -> None:
    """The status stays, the clock starts anew."""
    it = report(office).replied().at("2026-07-17 10:00").by_clerk("record_follow_up", answer="not_reached")
    assert (it.status, it.case.attempts, it.due("follow_up")) == ("replied", 1, "Tue 2026-07-21 17:30")


def test_the_desks_head_follows_up_only_where_nobody_else_can(office: Office) -> None:
    """A clerk is there who did not handle it; once both clerk and commissioner did, the head may."""
    it = report(office).replied()
    assert it.refused("record_follow_up", Party.DESK_HEAD).code == "left_to_staff"
    both = unrouted(office).act("supplement", Party.COMMISSIONER).by_clerk("dispatch")
    both.act("contact", Party.COMMISSIONER).replied()
    assert both.refused("record_follow_up", Party.COMMISSIONER).code == "handled_it"
    settled = unrouted(office, project="").by_clerk("settle_on_spot")
    assert [g["party"] for g in settled.granted("follow_up_due") if g] == ["desk_head"]
    assert settled.by_head("record_follow_up").status == "closed"


# -- reopen ----------------------------------------------------------------------------------------------------------------------


def test_the_desks_head_reopens_with_a_reason(office: Office) -> None:
    """A new cycle with a closing date of its class; ratings, redos and extensions begin anew."""
    it = report(office).replied().by_firm("dispute").replied().by_firm("confirm").at("2026-08-10 10:00")
    assert it.refused("reopen", Party.DESK_HEAD, reason="").facts["field"] == "reason"
    it.by_head("reopen")
    case = it.case
    assert (case.status, case.cycle, case.round, case.redos, case.outcome) == ("in_progress", 2, 1, 0, None)
    assert it.json["ratings"] == {"result": None, "attitude": None}
    assert it.open_clocks() == {"close", "rung_stay"}
    assert (it.due("close"), local(it.json["original_due"])) == ("Mon 2026-08-24 17:30", "Thu 2026-07-30 17:30")
    assert it.case.rung == 4


def test_without_a_lead_it_is_new_again(office: Office) -> None:
    """And the desk's clock runs."""
    it = unrouted(office).by_head("decline").by_head("reopen")
    assert (it.status, it.case.cycle, it.open_clocks()) == ("new", 2, {"triage"})


def test_reporters_are_told_only_by_their_own_case(office: Office) -> None:
    """No mail of a case goes to another firm."""
    report(office, enterprise=OTHER_FIRM)
    it = report(office).replied().by_firm("confirm")
    with office.reading() as session:
        mine = {c.email for c in session.query(Contact) if c.id in it.case.reporters}
    told = {
        address for message in ("case_opened", "enterprise_update", "reply_to_confirm") for address in it.told(message)
    }
    assert told == mine == {"p02@example.com"}
