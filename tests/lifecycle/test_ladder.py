"""The ladder: one climb per cause, the stay on a rung, the top of it, and to whom an overdue closing day belongs."""

from __future__ import annotations

from domain.lifecycle import Party
from models.directory import Substitution
from services.office import Office
from tests.builders import LEAD, PLANNING, ROADS, Difficulty, report


def causes(it: Difficulty) -> list[str]:
    """Why the case climbed, without the parts that name clock, cycle and round."""
    return [e["facts"]["cause"].split(":")[0] for e in it.events("climbed")]


def sweep_days(it: Difficulty, *days: str) -> None:
    """Sweep in the morning and after closing of each day."""
    for day in days:
        it.sweep_at(f"2026-{day} 08:30")
        it.sweep_at(f"2026-{day} 17:31")


# -- one climb per cause ---------------------------------------------------------------------------------------------------------------


def test_an_overdue_case_climbs_once_for_being_late(office: Office) -> None:
    """The stay on the rung ends with the closing day and yields to the red notice; after it the next stay begins."""
    it = report(office)
    sweep_days(it, "07-30", "07-31", "08-03")
    assert (it.case.rung, it.clock("rung_stay")["state"]) == (3, "expired")
    sweep_days(it, "08-04", "08-05", "08-10")
    assert (it.case.rung, causes(it)) == (4, ["overdue"])
    assert it.due("rung_stay") == "Tue 2026-08-18 17:30"


def test_a_case_that_nobody_closes_goes_on_climbing_rung_by_rung(office: Office) -> None:
    """Each after that rung's own limit: ten working days on the fourth."""
    it = report(office)
    sweep_days(it, "08-04", "08-18")
    assert (it.case.rung, causes(it)) == (5, ["overdue", "stay"])


def test_a_stay_that_ends_before_the_closing_day_lasts_until_it(office: Office) -> None:
    """The later of the rung's limit (five working days on the third) and the closing day (ten)."""
    assert report(office).due("rung_stay") == "Thu 2026-07-30 17:30"


def test_a_stay_longer_than_the_closing_day_is_the_rungs(office: Office) -> None:
    """Ten working days on the fourth rung for an ordinary case of five."""
    it = report(office).by_head("amend", case_class="ordinary", severity="").by_firm("appeal")
    assert it.due("rung_stay") == "Thu 2026-07-30 17:30"
    assert it.due("close") == "Thu 2026-07-23 17:30"


def test_the_stay_waits_with_the_case(office: Office) -> None:
    """After a suspension the case does not climb for the time that it stood still."""
    it = report(office).by_lead("ask_suspension", date="2026-08-14").decide()
    it.sweep_at("2026-08-14 17:30")
    it.sweep_at("2026-08-17 08:30")
    assert (it.status, it.case.rung) == ("in_progress", 3)
    assert it.due("rung_stay") == it.due("close") == "Thu 2026-08-27 17:30"


def test_each_redo_climbs_once_and_redone_twice_adds_none(office: Office) -> None:
    """Round 3 stands two rungs up."""
    it = report(office)
    for _ in range(2):
        it.replied().by_firm("dispute")
    assert (it.case.round, it.case.rung, causes(it)) == (3, 5, ["redo", "redo"])


def test_the_same_cause_never_climbs_twice(office: Office) -> None:
    """An appeal and the head's word on one rung are two causes; sweeping again adds nothing."""
    it = report(office).by_firm("appeal").act("escalate", Party.UNIT_HEAD)
    assert (it.case.rung, causes(it)) == (5, ["appeal", "head"])
    sweep_days(it, "07-17")
    assert it.case.rung == 5


def test_a_supporter_that_is_late_does_not_climb(office: Office) -> None:
    """The delay is the supporter's, the case stays where it is."""
    it = report(office)
    sweep_days(it, "07-22", "07-24", "07-27")
    assert (it.case.rung, [n["colour"] for n in it.json["notices"] if n["owner"] == ROADS]) == (3, ["yellow", "red"])


# -- the top -----------------------------------------------------------------------------------------------------------------------------


def test_at_the_top_causes_are_recorded_and_nothing_climbs(office: Office) -> None:
    """Rung 7 has no stay; the desk's head owes a report."""
    it = report(office)
    for _ in range(4):
        it.by_firm("appeal")
    assert (it.case.rung, "rung_stay" in it.open_clocks(), "city_report" in it.open_clocks()) == (7, False, True)
    it.act("escalate", Party.UNIT_HEAD)
    sweep_days(it, "08-04")
    assert it.case.rung == 7
    assert [e["facts"]["cause"].split(":")[0] for e in it.events("cause_recorded")] == ["head", "overdue"]


# -- who is told of a climb ----------------------------------------------------------------------------------------------------------------


def test_the_holders_of_both_rungs_are_told_and_nobody_twice(office: Office) -> None:
    """The new holder that the case is theirs, the old one that it is no more."""
    it = report(office).by_firm("appeal")
    told = it.told("climbed")
    assert len(told) == len(set(told)) == 3
    assert [f["you_hold"] for f in it.told_facts("climbed")] == [True, False, False]


def test_who_holds_both_rungs_gets_one_mail(office: Office) -> None:
    """The deputy chief stands in for the chief: the climb from five to six is told to both roles, in one mail."""
    it = report(office).by_firm("appeal").by_firm("appeal")
    with office.writing() as session:
        session.add(
            Substitution(absent_id="R01", substitute_id="R02", first_day=office.today(), last_day=office.today())
        )
    try:
        before = len(it.told("climbed"))
        it.by_firm("appeal")
        assert len(it.told("climbed")) == before + 1
    finally:
        with office.writing() as session:
            session.query(Substitution).delete()


def test_a_case_without_area_or_lead_is_nobody_elses_business(office: Office) -> None:
    """Climbing to the second rung it is told to the desk, not to every area's officers."""
    it = report(office, category="unknown", project="").by_firm("appeal")
    assert (it.case.rung, it.status) == (2, "new")
    assert len(set(it.told("climbed"))) == 2


# -- whose delay ---------------------------------------------------------------------------------------------------------------------------


def owner_of_yellow(it: Difficulty) -> str:
    """Who the closing day's yellow notice says is late."""
    it.sweep_at("2026-07-31 08:30")
    [owner] = [n["owner"] for n in it.json["notices"] if n["clock"] == "close" and n["colour"] == "yellow"]
    return str(owner)


def test_an_overdue_closing_day_is_the_leads(office: Office) -> None:
    """When nobody before it in the order is late."""
    it = report(office).act("answer", Party.SUPPORTER, ROADS).act("answer", Party.SUPPORTER, PLANNING)
    assert owner_of_yellow(it) == LEAD


def test_before_the_lead_it_is_the_supporters_that_is_overdue_longest(office: Office) -> None:
    """Of two, the one whose answer was due first."""
    it = report(office).act("answer", Party.SUPPORTER, ROADS).at("2026-07-20 10:00")
    it.by_clerk("amend", supporters=[ROADS, "D10", PLANNING], severity="")
    assert owner_of_yellow(it) == PLANNING


def test_before_the_supporters_it_is_the_desks_in_a_dispute_or_a_consultation(office: Office) -> None:
    """A consultation called for a day after the closing day."""
    assert owner_of_yellow(report(office).by_head("call_consultation", date="2026-08-05")) == "O01"
