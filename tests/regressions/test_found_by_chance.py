"""Faults that the random office found (`tests/model`), each cut down to the few steps that show it."""

from __future__ import annotations

import pytest

from domain.case import Actor
from domain.lifecycle import Party
from services.casebook import Request, open_casebook
from services.directory_change import DirectoryProposal, UnitMerged
from services.directory_edit import apply, propose
from services.office import Office
from tests.builders import DESK, LEAD, PLANNING, ROADS, Difficulty, report
from tests.regressions.test_known_failures import HEAD, ROADS_HEAD, away, stands_in


def as_firm(it: Difficulty, contact: int, action: str, **fields: object) -> None:
    """A reporter acts, by their own link."""
    with it.office.writing() as session:
        request = Request(it.id, action, Actor(Party.ENTERPRISE, "link", contact=contact), fields)
        [result] = open_casebook(it.office, session).apply([request])
    assert result.done, str(result.refusal)


def test_a_reporter_who_left_is_informed_again_by_a_merge(office: Office) -> None:
    """Whoever withdrew from a case and reported the matter again was told nothing once the two were merged."""
    target = report(office)
    second = report(
        office, enterprise={"name": "另一企业", "contact": "联络员", "email": "second@example.com", "phone": "1"}
    )
    second.by_clerk("merge", target=target.code, reason="同一事项")
    first, joined = target.case.reporters
    as_firm(target, joined, "withdraw")
    assert list(target.case.reporters) == [first]
    again = report(
        office, enterprise={"name": "另一企业", "contact": "联络员", "email": "second@example.com", "phone": "1"}
    )
    again.by_clerk("merge", target=target.code, reason="同一事项")
    assert list(target.case.reporters) == [first, joined]


@pytest.mark.sqlite
def test_a_dispute_is_not_returned_to_the_enterprise(office: Office) -> None:
    """A returned dispute waited for ever: its clock stood still, and nobody was told that anything was missing."""
    it = report(office)
    for _ in range(3):
        it.replied().by_firm("dispute")
    deputy = it.approver("dispute")
    assert it.refused("hand_back", deputy, reason="缺材料").code == "not_returned"
    it.decide(kind="dispute")
    assert (it.status, it.json["round"]) == ("in_progress", 4)


@pytest.mark.sqlite
def test_a_tracked_case_that_is_done_again_has_its_own_class_back(office: Office) -> None:
    """Replied to while it was tracked and disputed, a case went on in the class `tracking`, which allows no extension."""
    it = report(office).by_head("track").decide()
    it.at("2026-07-20 09:00").replied().by_firm("dispute")
    assert it.case.case_class == "complex"
    it.by_lead("ask_extension", date="2026-07-28")


@pytest.mark.sqlite
def test_of_two_late_approvers_the_delay_is_whose_who_was_asked_first(office: Office) -> None:
    """The database's order decided to whom an overdue day belonged."""
    it = report(office).by_lead("contact")
    it.at("2026-07-27 10:00").by_lead("ask_extension", date="2026-08-05").decide()
    it.at("2026-07-28 10:00").by_lead("reply")
    # The desk's head was asked on the 27th, the unit's own head on the 28th: both are beyond their day.
    it.sweep_at("2026-07-31 08:30")
    late = [n["owner"] for n in it.json["notices"] if (n["clock"], n["colour"]) == ("close", "yellow")]
    assert late == [DESK]


@pytest.mark.sqlite
def test_an_overdue_day_without_a_late_approver_is_the_leads(office: Office) -> None:
    """An approver who still has time answers for nothing."""
    it = report(office).by_lead("contact")
    for unit in (ROADS, PLANNING):
        it.act("answer", Party.SUPPORTER, unit)
    it.at("2026-07-30 17:00").by_lead("ask_suspension")
    it.sweep_at("2026-07-31 08:30")
    assert [n["owner"] for n in it.json["notices"] if (n["clock"], n["colour"]) == ("close", "yellow")] == [LEAD]


@pytest.mark.sqlite
def test_what_was_supplemented_is_asked_of_whoever_answers_now(office: Office) -> None:
    """A decision that had been returned stayed with the person who returned it, also when they were away by then."""
    it = report(office).by_lead("reply")
    it.decide("hand_back", reason="缺照片")
    stands_in(office, away(HEAD, ROADS_HEAD))
    it.by_lead("resubmit", text="照片已补")
    assert it.approver().account == ROADS_HEAD


def test_a_successor_that_leads_explains_no_late_answer(office: Office) -> None:
    """The supporter's unit took over the lead: its answer was not owed any more, but the explanation of its delay was."""
    it = report(office)
    it.by_head("reassign", lead="D10")
    it.sweep_at("2026-07-22 09:00")
    assert [c["owner"] for c in it.json["clocks"] if c["kind"] == "duty" and c["state"] == "running"].count(ROADS) == 1
    merged = DirectoryProposal((UnitMerged(unit="D10", into=ROADS),))
    assert apply(office, merged, "merged", "R05", propose(office, merged).digest).done
    case = it.case
    assert (case.lead, ROADS in case.supporters) == (ROADS, False)
    explains = [c.note for c in case.clocks if c.kind == "duty" and c.open and c.owner_unit == ROADS]
    assert not any("answer" in note for note in explains)
