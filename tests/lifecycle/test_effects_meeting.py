"""What meetings and leaders decide: instructions and their duties, consultations and their conclusions."""

from __future__ import annotations

import pytest

from domain.lifecycle import Party
from services.office import Office
from tests.builders import LEAD, PLANNING, ROADS, report, unrouted


def test_an_instruction_may_give_a_duty(office: Office) -> None:
    """The status stays; the unit named owes what is said by the day."""
    it = report(office).act("instruct", Party.DEPUTY_CHIEF, None, unit=ROADS, date="2026-07-24")
    assert (it.status, it.due("duty"), it.clock("duty")["owner"]) == ("in_progress", "Fri 2026-07-24 17:30", ROADS)


def test_an_instruction_without_a_duty_is_words(office: Office) -> None:
    """By deputy chief or chief, in every open status."""
    for it in (unrouted(office), report(office), report(office).replied()):
        clocks = it.open_clocks()
        it.act("instruct", Party.CHIEF)
        assert it.open_clocks() == clocks
        assert it.events("instruct")[0]["text"] == {"text": "请加快"}


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"text": ""}, "text"), ({"unit": ROADS}, "date"), ({"unit": ROADS, "date": "2026-07-16"}, "date"),
     ({"unit": "D99", "date": "2026-07-24"}, "unit"), ({"unit": ROADS, "date": "soon"}, "date")],
)  # fmt: skip
def test_instruct_names_its_mistakes(office: Office, fields: dict[str, object], field: str) -> None:
    """A duty needs a unit of the directory and a day to come."""
    assert report(office).refused("instruct", Party.CHIEF, **fields).facts["field"] == field


def test_a_replied_case_gets_no_duty(office: Office) -> None:
    """Only the follow-up runs there."""
    it = report(office).replied()
    assert it.refused("instruct", Party.CHIEF, unit=ROADS, date="2026-07-24").facts["field"] == "unit"
    assert it.open_clocks() == {"follow_up"}


def test_the_unit_named_fulfils_its_own_duty_only(office: Office) -> None:
    """Whatever its part in the case: the lead and a supporter through the link that they have."""
    it = report(office)
    it.by_head("call_consultation").by_head(
        "conclude", duties=f"{ROADS};出具路由;2026-07-28\n{LEAD};敷设电缆;2026-07-30\nD10;开挖许可;2026-07-29"
    )
    assert it.refused("fulfil", Party.SUPPORTER, PLANNING).code == "not_by_you"
    assert it.refused("fulfil", Party.DUTY_UNIT, "D07").code == "no_duty"
    assert it.refused("fulfil", Party.DUTY_UNIT, "D10", text="").facts["field"] == "text"
    it.act("fulfil", Party.SUPPORTER, ROADS).act("fulfil", Party.DUTY_UNIT, "D10").by_lead("fulfil")
    duties = {c["owner"]: c["state"] for c in it.json["clocks"] if c["kind"] == "duty"}
    assert duties == {ROADS: "met", LEAD: "met", "D10": "met"}
    assert it.refused("fulfil", Party.DUTY_UNIT, "D10").code == "no_duty"


def test_a_new_duty_ends_no_other(office: Office) -> None:
    """Two given, the first done, a third given: the second still runs."""
    it = report(office)
    for unit in (PLANNING, ROADS):
        it.act("instruct", Party.CHIEF, None, unit=unit, date="2026-07-24")
    it.act("fulfil", Party.DUTY_UNIT, PLANNING).act("instruct", Party.CHIEF, None, unit=ROADS, date="2026-07-27")
    assert [c["state"] for c in it.json["clocks"] if c["kind"] == "duty"] == ["met", "running", "running"]


def test_two_duties_of_one_unit_are_told_both(office: Office) -> None:
    """Neither mail swallows the other."""
    it = (
        report(office)
        .by_head("call_consultation")
        .by_head("conclude", duties=f"{ROADS};甲;2026-07-28\n{ROADS};乙;2026-07-29")
    )
    told = dict(zip(it.told("consultation_concluded"), it.told_facts("consultation_concluded"), strict=True))
    assert [[d["what"] for d in f["duties"]] for f in told.values() if f["duties"]] == [["甲", "乙"]]


# -- consultations -----------------------------------------------------------------------------------------------------------------


def test_a_consultation_owes_its_conclusion_after_its_date(office: Office) -> None:
    """Three working days after Monday; the return window is over, the rest runs on."""
    it = report(office).by_head("call_consultation")
    assert (it.status, it.due("consultation")) == ("consultation", "Thu 2026-07-23 17:30")
    assert it.open_clocks() == {"sign_for", "contact", "close", "interim", "answer", "rung_stay", "consultation"}
    assert it.clock("return_window")["state"] == "superseded"


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"participants": []}, "participants"), ({"participants": ["D99"]}, "participants"), ({"date": "2026-07-16"}, "date"), ({"date": ""}, "date")],
)  # fmt: skip
def test_a_consultation_needs_participants_and_a_day(office: Office, fields: dict[str, object], field: str) -> None:
    """Each mistake by name."""
    assert report(office).refused("call_consultation", Party.DESK_HEAD, **fields).facts["field"] == field


def test_concluded_with_duties_work_goes_on(office: Office) -> None:
    """In progress, the duties run, no climb."""
    it = report(office).by_head("call_consultation").by_head("conclude")
    assert (it.status, it.case.rung, it.due("duty")) == ("in_progress", 3, "Tue 2026-07-28 17:30")
    assert it.clock("consultation")["state"] == "met"
    assert it.events("conclude")[0]["text"] == {"minutes": "确定路由"}


def test_no_agreement_climbs_one_rung_each_time(office: Office) -> None:
    """A second consultation without agreement is another cause."""
    it = report(office)
    for rung in (4, 5):
        it.by_head("call_consultation").by_head("conclude", duties="", no_agreement="yes")
        assert (it.status, it.case.rung) == ("in_progress", rung)


def test_called_from_a_dispute_it_must_name_the_lead(office: Office) -> None:
    """The ruling is met by the call; the lead named signs for the case and has no window."""
    it = report(office).by_lead("send_back").by_head("call_consultation")
    assert it.clock("ruling")["state"] == "met"
    assert it.refused("conclude", Party.DESK_HEAD).facts["field"] == "lead"
    it.by_head("conclude", lead=ROADS, duties="")
    assert (it.status, it.case.lead) == ("in_progress", ROADS)
    assert "sign_for" in it.open_clocks()
    assert "return_window" not in it.open_clocks()


def test_only_the_consultation_called_from_the_dispute_needs_a_lead(office: Office) -> None:
    """Reassigned meanwhile, the next consultation of the round is an ordinary one."""
    it = report(office).by_lead("send_back").by_head("call_consultation").by_head("reassign")
    it.by_head("call_consultation").by_head("conclude")
    assert it.status == "in_progress"


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"minutes": ""}, "minutes"), ({"duties": ""}, "duties"), ({"duties": "D14;路由"}, "duties"), ({"duties": "D99;路由;2026-07-28"}, "duties"),
     ({"duties": "D14;路由;2026-07-01"}, "date"), ({"lead": "D99"}, "lead")],
)  # fmt: skip
def test_conclude_names_its_mistakes(office: Office, fields: dict[str, object], field: str) -> None:
    """Minutes, and duties or no agreement."""
    it = report(office).by_head("call_consultation")
    assert it.refused("conclude", Party.DESK_HEAD, **fields).facts["field"] == field
