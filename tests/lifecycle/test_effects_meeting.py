"""What meetings and leaders decide: instructions and their duties, consultations and their conclusions."""

from __future__ import annotations

import pytest

from domain.lifecycle import Party
from domain.meetings import convening
from models.directory import Unit
from services.office import Office
from services.refusal_words import in_words
from services.sweep import sweep
from tests.builders import AREA, LEAD, PLANNING, ROADS, local, report, unrouted


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


# -- who is called, and told -------------------------------------------------------------------------------------------------------


def test_everybody_who_takes_part_is_called_once(office: Office) -> None:
    """Lead, supporters and participants; with day, time, place and who comes. A guest looks on; it has no part yet."""
    it = report(office).by_head(
        "call_consultation", participants=["D10", ROADS], time="14:30", place="302", text="定廊道"
    )
    [facts, *_] = it.told_facts("called_to_consultation")
    assert (local(facts["at"]), facts["place"], facts["agenda"]) == ("Mon 2026-07-20 06:30", "302", "定廊道")
    assert len(it.told("called_to_consultation")) == len(set(it.told("called_to_consultation"))) == 4
    parties = {(g or {})["unit"]: (g or {})["party"] for g in it.granted("called_to_consultation")}
    assert parties == {LEAD: "lead", ROADS: "supporter", PLANNING: "supporter", "D10": "observer"}
    assert it.events("call_consultation")[0]["facts"] == {
        "participants": ["D10", ROADS], "date": "2026-07-20", "time": "14:30", "place": "302",
    }  # fmt: skip


def test_without_a_time_it_begins_when_the_office_opens(office: Office) -> None:
    """On a make-up Sunday too: it is a working day."""
    it = report(office).by_head("call_consultation")
    assert local(it.told_facts("called_to_consultation")[0]["at"]) == "Mon 2026-07-20 00:30"
    it = report(office).by_head("call_consultation", date="2026-09-20")
    assert local(it.told_facts("called_to_consultation")[0]["at"]) == "Sun 2026-09-20 00:30"


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"date": "2026-07-18"}, "date", "2026-07-18 is a day off; the next working time is 2026-07-20 08:30"),
        ({"date": "2026-10-01", "time": "09:00"}, "date", "2026-10-01 is a day off; the next working time is 2026-10-08 08:30"),
        ({"time": "07:00"}, "time", "2026-07-20 07:00 is outside office hours; the next working time is 2026-07-20 08:30"),
        ({"time": "12:00"}, "time", "2026-07-20 12:00 is outside office hours; the next working time is 2026-07-20 14:00"),
        ({"date": "2026-07-24", "time": "20:00"}, "time", "2026-07-24 20:00 is outside office hours; the next working time is 2026-07-27 08:30"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("action", ["call_consultation", "move_consultation"])
def test_units_meet_when_the_office_works(
    office: Office, action: str, fields: dict[str, object], field: str, said: str
) -> None:
    """A day off and an hour outside office hours are refused by name, with the next working time, in both languages."""
    it = report(office)
    if action == "move_consultation":
        it.by_head("call_consultation", date="2026-07-21")
        fields = {"date": "2026-07-20"} | fields
    refusal = it.refused(action, Party.DESK_HEAD, **fields)
    assert (refusal.facts["field"], refusal.facts["problem"]) == (field, said)
    zh = in_words(refusal).zh
    assert said.rpartition("time is ")[2] in zh
    assert "working" not in zh


@pytest.mark.parametrize("time", ["25:00", "noon", "8"])
def test_a_time_is_hours_and_minutes(office: Office, time: str) -> None:
    """Anything else is refused by name."""
    assert report(office).refused("call_consultation", Party.DESK_HEAD, time=time).facts["field"] == "time"


def test_the_enterprise_is_told_of_the_day(office: Office) -> None:
    """Not of who comes, nor of what is to be said."""
    it = report(office).by_head("call_consultation", text="内部议题")
    said = it.told_facts("enterprise_update")[-1]
    assert said["what"] == {"zh": "定于2026年7月20日会商", "en": "A consultation takes place on 2026-07-20"}
    assert "内部议题" not in str(it.told_facts("enterprise_update"))


@pytest.mark.parametrize(
    ("action", "party"),
    [("reassign", Party.DESK_HEAD), ("withdraw", Party.ENTERPRISE), ("merge", Party.CLERK)],
)
def test_a_consultation_that_is_not_held_is_cancelled(office: Office, action: str, party: Party) -> None:
    """With everybody who was called, the guest too; the same number, so that their calendars know which."""
    more = {"target": report(office).code} if action == "merge" else {}
    it = report(office).by_head("call_consultation", participants=["D10"]).act(action, party, **more)
    assert sorted(it.told("consultation_cancelled")) == sorted(it.told("called_to_consultation"))
    assert [f["number"] for f in it.told_facts("consultation_cancelled")] == [1] * 4


def test_one_concluded_early_has_minutes_and_no_cancellation(office: Office) -> None:
    """The units met before the day: the minutes say so, once to each who was called, and the enterprise hears of it."""
    it = report(office).by_head("call_consultation", participants=["D10"]).by_head("conclude")
    assert it.told("consultation_cancelled") == []
    minutes = it.told_facts("consultation_concluded")
    assert sorted(it.told("consultation_concluded")) == sorted(it.told("called_to_consultation"))
    assert {local(f["planned"]) for f in minutes} == {"Mon 2026-07-20 00:30"}
    assert it.told_facts("enterprise_update")[-1]["what"]["zh"] == "会商已提前召开\uff0c原定时间不再召开"


def test_minutes_of_a_consultation_on_its_day_say_nothing_of_another(office: Office) -> None:
    """It was held as it was called."""
    it = report(office).by_head("call_consultation").at("2026-07-20 16:00").by_head("conclude")
    assert {f["planned"] for f in it.told_facts("consultation_concluded")} == {None}


def test_a_consultation_is_moved(office: Office) -> None:
    """Everybody who was called reads the new moment beside the old one, once; the conclusion is owed after the new day."""
    it = report(office).by_head("call_consultation", participants=["D10"], time="14:30", place="302")
    assert it.due("consultation") == "Thu 2026-07-23 17:30"
    it.by_head("move_consultation", date="2026-07-22", place="201", reason="图纸未齐")
    assert (it.status, it.due("consultation")) == ("consultation", "Mon 2026-07-27 17:30")
    assert sorted(it.told("consultation_moved")) == sorted(it.told("called_to_consultation"))
    [said, *_] = it.told_facts("consultation_moved")
    assert (local(said["at"]), local(said["was"])) == ("Wed 2026-07-22 06:30", "Mon 2026-07-20 06:30")
    assert (said["place"], said["was_at"], said["reason"], said["number"], said["moves"]) == (
        "201",
        "302",
        "图纸未齐",
        1,
        1,
    )
    assert it.told_facts("enterprise_update")[-1]["what"]["zh"] == "会商改期至2026年7月22日"
    assert it.told("consultation_cancelled") == []
    [line] = it.events("move_consultation")
    assert line["facts"] == {"date": "2026-07-22", "time": "14:30", "place": "201", "was": "2026-07-20 14:30"}
    assert line["text"] == {"reason": "图纸未齐"}
    clocks = [c for c in it.json["clocks"] if c["kind"] == "consultation"]
    assert [(c["state"], c["original_due"][:10]) for c in clocks] == [("running", "2026-07-23")]


def test_a_moved_consultation_is_late_by_its_new_day(office: Office) -> None:
    """Neither yellow nor a climb by the old day; both by the new one."""
    it = report(office).by_head("call_consultation").by_head("move_consultation", date="2026-07-27")
    it.at("2026-07-28 09:00")
    sweep(office)
    assert not [n for n in it.json["notices"] if n["clock"] == "consultation"]
    it.at("2026-08-05 09:00")
    sweep(office)
    assert [n["colour"] for n in it.json["notices"] if n["clock"] == "consultation"] == ["red"]


def test_it_is_moved_as_often_as_needed_and_then_cancelled(office: Office) -> None:
    """Each time counts, so that calendars take the newest; one that had not taken place may still be moved."""
    it = report(office).by_head("call_consultation").by_head("move_consultation")
    it.at("2026-07-23 10:00").by_head("move_consultation", date="2026-07-23", time="15:00").by_head("reassign")
    assert {f["moves"] for f in it.told_facts("consultation_moved")} == {1, 2}
    assert {(f["number"], f["moves"]) for f in it.told_facts("consultation_cancelled")} == {(1, 2)}


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"date": ""}, "date"), ({"reason": ""}, "reason"), ({"date": "2026-07-20"}, "date"), ({"date": "2026-07-16"}, "date"),
     ({"date": "2026-07-18"}, "date"), ({"time": "noon"}, "time")],
)  # fmt: skip
def test_moving_names_its_mistakes(office: Office, fields: dict[str, object], field: str) -> None:
    """A moment to come, in office hours, another than before, and why."""
    it = report(office).by_head("call_consultation")
    assert it.refused("move_consultation", Party.DESK_HEAD, **fields).facts["field"] == field


def test_only_a_consultation_is_moved_and_by_the_head_alone(office: Office) -> None:
    """Before it is called there is nothing to move; a clerk moves none."""
    assert report(office).refused("move_consultation", Party.DESK_HEAD).code == "not_from_here"
    it = report(office).by_head("call_consultation")
    assert it.refused("move_consultation", Party.CLERK).code == "not_by_you"


def test_one_that_was_held_is_not_cancelled(office: Office) -> None:
    """From its beginning on it is a fact."""
    it = report(office).by_head("call_consultation").at("2026-07-20 08:30").by_head("conclude")
    assert it.told("consultation_cancelled") == []


def test_a_second_consultation_is_another_one(office: Office) -> None:
    """Each has its own number; the end of the second says nothing of the first."""
    it = report(office).by_head("call_consultation").at("2026-07-20 16:00").by_head("conclude")
    it.by_head("call_consultation", date="2026-07-24").by_head("reassign")
    assert {f["number"] for f in it.told_facts("called_to_consultation")} == {1, 2}
    assert {f["number"] for f in it.told_facts("consultation_cancelled")} == {2}


def test_the_minutes_go_to_everybody_with_their_own_duties(office: Office) -> None:
    """Each reads what it has to do itself; a guest with a duty gets the link to report it, the others keep their part."""
    it = report(office).by_head("call_consultation", participants=["D10"])
    it.by_head("conclude", duties=f"D10;开挖许可;2026-07-29\n{ROADS};出具路由;2026-07-28")
    grants = {(g or {})["unit"]: (g or {})["party"] for g in it.granted("consultation_concluded")}
    assert grants == {LEAD: "lead", ROADS: "supporter", PLANNING: "supporter", "D10": "duty_unit"}
    told = it.told_facts("consultation_concluded")
    assert [[d["what"] for d in f["duties"]] for f in told] == [[], ["出具路由"], [], ["开挖许可"]]
    assert {(f["minutes"], f["agreed"]) for f in told} == {("确定路由", True)}


def test_a_duty_without_words_is_refused(office: Office) -> None:
    """Nobody can do what nobody wrote down."""
    it = report(office).by_head("call_consultation")
    assert it.refused("conclude", Party.DESK_HEAD, duties="D14; ;2026-07-28").facts["field"] == "duties"


# -- a rung that is a joint meeting ---------------------------------------------------------------------------------------------


def test_a_case_that_climbs_to_a_meeting_rung_is_to_be_convened(office: Office) -> None:
    """The desk's head is told, with who would take part; once called, concluded or not, it is no longer to be convened."""
    it = report(office)
    assert not convening(it.case, office.policy)
    it.act("escalate", Party.UNIT_HEAD)
    assert convening(it.case, office.policy)
    told = [f for f in it.told_facts("climbed") if f["you_hold"]]
    assert [p["en"] for p in told[0]["participants"]] == [
        office_label(office, u) for u in (LEAD, ROADS, PLANNING, AREA)
    ]
    assert all(not f["participants"] for f in it.told_facts("climbed") if not f["you_hold"])
    it.by_head("call_consultation")
    assert not convening(it.case, office.policy)
    it.by_head("conclude")
    assert not convening(it.case, office.policy)


def test_no_agreement_leads_on_from_the_meeting_rung(office: Office) -> None:
    """Rung 5 is a leader's, who convenes nobody."""
    it = report(office).act("escalate", Party.UNIT_HEAD).by_head("call_consultation")
    it.by_head("conclude", duties="", no_agreement="yes")
    assert (it.case.rung, convening(it.case, office.policy)) == (5, False)


def test_a_consultation_called_below_counts_for_the_rung_it_is_concluded_on(office: Office) -> None:
    """It climbed while the units met: nobody is called together twice for one conclusion."""
    it = report(office).by_head("call_consultation").act("escalate", Party.UNIT_HEAD).by_head("conclude")
    assert (it.case.rung, it.status, convening(it.case, office.policy)) == (4, "in_progress", False)


# -- the city -------------------------------------------------------------------------------------------------------------------


def test_the_monthly_report_to_the_city_starts_the_next(office: Office) -> None:
    """On the top rung alone, by the desk's head, with a document."""
    it = report(office)
    assert it.refused("report_to_city", Party.DESK_HEAD).code == "not_with_city"
    it = unrouted(office).by_head("dispatch", rung="7")
    assert it.due("city_report") == "Sun 2026-08-16 23:59"
    assert it.refused("report_to_city", Party.DESK_HEAD, document="").facts["field"] == "document"
    it.at("2026-08-10 10:00").by_head("report_to_city")
    assert [c["state"] for c in it.json["clocks"] if c["kind"] == "city_report"] == ["met", "running"]
    assert it.due("city_report")[4:14] == "2026-09-10"
    assert it.events("report_to_city")[0]["text"] == {"text": "已报市专班"}


def office_label(office: Office, unit: str) -> str:
    """A unit's short name."""
    with office.reading() as session:
        return session.get_one(Unit, unit).short_en
