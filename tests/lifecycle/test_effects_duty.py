"""Duties: the answer that a notice asks for, which duty is fulfilled, and who is told."""

from __future__ import annotations

import pytest

from domain.lifecycle import Party
from services.office import Office
from tests.builders import DESK, LEAD, PLANNING, ROADS, Difficulty, report, unrouted

YELLOW, RED = "2026-07-24 08:30", "2026-07-28 08:30"
"""An ordinary case of 16 July is due on 23 July: its yellow and red day."""


def late(office: Office) -> Difficulty:
    """A case whose lead will be late with its closing day and with nothing else."""
    return unrouted(office).by_clerk("dispatch", case_class="ordinary", supporters=[]).by_lead("contact")


def duties(it: Difficulty) -> list[tuple[str, str]]:
    """The duties: whose, and how they stand."""
    return [(c["owner"], c["state"]) for c in it.json["clocks"] if c["kind"] == "duty"]


def test_a_yellow_notice_is_to_be_answered(office: Office) -> None:
    """Within the policy's working day; the notice says until when, and its readers can answer."""
    it = late(office)
    it.sweep_at(YELLOW)
    notice = next(n for n in it.json["notices"] if n["colour"] == "yellow")
    assert (notice["answer_by"], duties(it)) == (it.clock("duty")["due"], [(LEAD, "running")])
    assert it.due("duty") == "Mon 2026-07-27 17:30"
    assert it.clock("duty")["subject"] == f"{LEAD}#1"


@pytest.mark.parametrize("party", [Party.LEAD, Party.UNIT_HEAD])
def test_officer_and_head_may_answer(office: Office, party: Party) -> None:
    """The yellow one reaches both, the red one the head."""
    it = late(office)
    it.sweep_at(YELLOW)
    it.act("fulfil", party)
    assert duties(it) == [(LEAD, "met")]
    assert it.events("fulfil")[0]["facts"] == {"unit": LEAD, "answers": ["yellow close"]}
    assert it.clock("close")["state"] == "running"


def test_a_red_notice_takes_the_place_of_the_yellow_one(office: Office) -> None:
    """One answer is owed for one delay; that of the red one is told to the deputy chief too, who had the notice."""
    it = late(office)
    it.sweep_at(YELLOW)
    it.sweep_at(RED)
    assert duties(it) == [(LEAD, "superseded"), (LEAD, "running")]
    told = it.told("case_update")
    it.act("fulfil", Party.UNIT_HEAD)
    new = it.told("case_update")[len(told) :]
    assert len(new) == len(set(new)) == 2
    assert duties(it)[-1] == (LEAD, "met")


def test_an_unanswered_notice_breeds_no_further_ones_and_does_not_climb(office: Office) -> None:
    """The duty has its own yellow and red, which ask for no answer; the climb is the late closing day's, once."""
    it = late(office)
    for day in ("07-24", "07-27", "07-28", "07-29", "07-30", "07-31", "08-03"):
        it.sweep_at(f"2026-{day} 08:30")
        it.sweep_at(f"2026-{day} 17:30")
    assert duties(it) == [(LEAD, "superseded"), (LEAD, "running")]
    notices = [(n["clock"], n["colour"], n["answer_by"] is not None) for n in it.json["notices"]]
    assert [n for n in notices if n[0] in ("close", "duty") and n[1] != "blue"] == [
        ("close", "yellow", True), ("close", "red", True), ("duty", "yellow", False), ("duty", "red", False),
    ]  # fmt: skip
    assert it.case.rung == 4
    assert len(it.events("unanswered")) == 2


def test_an_answer_is_moot_when_what_was_late_is_done(office: Office) -> None:
    """It explains a delay: the supporter answered, there is nothing left to explain."""
    it = report(office).by_lead("contact").by_lead("report")
    it.sweep_at("2026-07-22 08:30")
    assert {ROADS: "running", PLANNING: "running"}.items() <= dict(duties(it)).items()
    it.act("answer", Party.SUPPORTER, ROADS)
    assert {ROADS: "superseded", PLANNING: "running"}.items() <= dict(duties(it)).items()


def test_an_answer_is_moot_when_another_unit_leads(office: Office) -> None:
    """The delay passed on with the case; who comes new explains nothing that was before."""
    it = late(office)
    it.sweep_at(YELLOW)
    it.by_head("reassign", lead="D10")
    assert duties(it) == [(LEAD, "superseded")]


def test_the_desk_answers_for_no_delay_of_its_own(office: Office) -> None:
    """In consultation the closing day's delay is the desk's: the lead is told, and asked for nothing."""
    it = late(office).by_head("call_consultation", date="2026-07-24")
    it.sweep_at(YELLOW)
    assert [(n["owner"], n["answer_by"]) for n in it.json["notices"] if n["colour"] == "yellow"] == [(DESK, None)]
    assert duties(it) == []


def test_an_answer_is_no_work_done(office: Office) -> None:
    """Two are owed, work and an answer: what is not named is the work; each is named by its number."""
    it = late(office)
    it.act("instruct", Party.CHIEF, None, unit=LEAD, date="2026-07-29").sweep_at(YELLOW)
    assert it.refused("fulfil", Party.LEAD, duty=f"{LEAD}#9").facts["field"] == "duty"
    it.by_lead("fulfil", duty=f"{LEAD}#2")
    assert duties(it) == [(LEAD, "running"), (LEAD, "met")]
    it.by_lead("fulfil")
    assert duties(it) == [(LEAD, "met"), (LEAD, "met")]
    assert [e["facts"] for e in it.events("fulfil")] == [
        {"unit": LEAD, "answers": ["yellow close"]}, {"unit": LEAD, "duties": ["请加快"]},
    ]  # fmt: skip


def test_a_text_that_looks_like_a_notice_is_a_duty_like_any_other(office: Office) -> None:
    """What a leader writes is what has to be done, whatever it looks like."""
    it = report(office).act("instruct", Party.CHIEF, None, unit=ROADS, date="2026-07-24", text="yellow close 1")
    it.by_lead("contact")
    assert duties(it) == [(ROADS, "running")]
    it.act("fulfil", Party.SUPPORTER, ROADS)
    assert it.events("fulfil")[0]["facts"] == {"unit": ROADS, "duties": ["yellow close 1"]}


def test_the_desk_and_the_lead_are_told_of_a_duty_done(office: Office) -> None:
    """Who gave it hears of it; whoever answers for the whole too."""
    it = report(office).by_head("call_consultation").by_head("conclude")
    before = len(it.told("case_update"))
    it.act("fulfil", Party.SUPPORTER, ROADS, text="路由已出")
    told = it.told_facts("case_update")[before:]
    assert [f["note"] for f in told] == ["路由已出"] * 2
    assert len(set(it.told("case_update")[before:])) == 2
