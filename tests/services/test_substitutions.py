"""Who is away and who stands in: both are told, the links begin and end with the days, the record names the two."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from domain.lifecycle import Status
from domain.policy import Role
from models.directory import AccountRole, Substitution
from models.office import Outbox, Setting
from services.directory_change import (
    PersonLeft,
    RoleGiven,
    SubstitutionAdded,
    SubstitutionEnded,
    UnitMerged,
)
from services.directory_edit import propose
from services.office import Office
from services.pages import act, act_page
from services.people import load_people
from services.substitutions import FOLLOWED
from services.sweep import sweep
from tests.builders import LEAD, report, standing
from tests.services.test_concurrency import at_once
from tests.services.test_directory_edit import change, letters, links_of, proposal, said, told

At = Callable[[str], datetime]
TODAY, FRIDAY, MONDAY = date(2026, 7, 16), date(2026, 7, 17), date(2026, 7, 20)


def away(absent: str, substitute: str, first: date = TODAY, last: date = FRIDAY) -> SubstitutionAdded:
    """Somebody is away, and somebody stands in."""
    return SubstitutionAdded(absent=absent, substitute=substitute, first_day=first, last_day=last)


def facts_of(office: Office, message: str) -> list[dict[str, Any]]:
    """The facts of the messages of a kind, in order."""
    with office.reading() as session:
        return list(session.scalars(select(Outbox.facts).where(Outbox.message == message).order_by(Outbox.id)))


def acting(office: Office, role: Role, unit: str | None, day: date) -> list[tuple[str, str | None]]:
    """Who answers for a role on a day, and for whom."""
    with office.reading() as session:
        found = load_people(session, office.policy).find(role, unit, None, day)
    return [(one.person.id, one.principal.id if one.principal else None) for one in found]


# -- told and named (glpi 19626) ---------------------------------------------------------------------------------------


@pytest.mark.sqlite
def test_both_are_told_for_whom_and_from_when_to_when(office: Office) -> None:
    """The substitute and the absent one, at once when it is arranged, however far ahead."""
    change(office, away("L08", "L13", MONDAY, date(2026, 7, 31)))
    assert told(office, "substitution_told") == [("L08", None), ("L13", None)]
    one, other = facts_of(office, "substitution_told")
    assert (one["day"], one["last_day"], one["absent"]["zh"]) == ("2026-07-20", "2026-07-31", "供电公司联络员")
    assert (one["to_substitute"], other["to_substitute"], other["ended"]) == (False, True, False)


def test_what_a_substitute_does_is_recorded_in_both_names(office: Office) -> None:
    """glpi 19626: a substitute who is not told or not named."""
    it = report(office)
    letters(office)
    change(office, away("L08", "L13"))
    token = next(token for token, (account, message) in letters(office).items() if message == "work_passed_on")
    page = act_page(office, token)
    assert act(office, token, "sign_for", {}).done
    actor = it.events("sign_for")[0]["actor"]
    assert (actor["account"], actor["principal"], actor["unit"]) == ("L13", "L08", LEAD)
    assert "供电公司联络员" in str(page)


@pytest.mark.sqlite
def test_a_substitute_who_holds_the_role_as_well_acts_in_their_own_name(office: Office) -> None:
    """Two liaisons of a unit, one away: the other is not recorded as acting for somebody else."""
    change(office, RoleGiven(account="H08", role="liaison", unit=LEAD))
    change(office, away("L08", "H08"))
    assert acting(office, Role.LIAISON, LEAD, TODAY) == [("H08", None)]


@pytest.mark.sqlite
def test_somebody_who_arranged_it_by_hand_is_told_by_the_sweep(office: Office, at: At) -> None:
    """A row that came another way (an import, an older release) is followed on its day."""
    it = report(office)
    with office.writing() as session:
        session.add(Substitution(absent_id="L08", substitute_id="L13", first_day=MONDAY, last_day=MONDAY))
    sweep(office)
    assert told(office, "substitution_told") == []
    at("2026-07-20 08:40")
    sweep(office)
    assert told(office, "substitution_told") == [("L08", None), ("L13", None)]
    assert it.granted("work_passed_on") == [{"party": "lead", "unit": LEAD, "step": None, "principal": "L08"}]


# -- links begin and end with the days ---------------------------------------------------------------------------------


def test_one_that_starts_today_brings_the_links_at_once(office: Office) -> None:
    """Lead, supporter and decisions that wait; and once, though the sweep looks too."""
    report(office).by_lead("reply")
    change(office, away("L08", "L13"), away("H08", "H13"), away("L14", "L01"))
    assert told(office, "work_passed_on") == [("L13", "L08"), ("L01", "L14"), ("H13", "H08")]
    sweep(office)
    assert len(told(office, "work_passed_on")) == 3


@pytest.mark.sqlite
def test_one_that_starts_later_brings_them_on_its_day(office: Office, at: At) -> None:
    """The first sweep of the day; the second has nothing left to do."""
    it = report(office)
    change(office, away("L08", "L13", MONDAY, MONDAY))
    sweep(office)
    assert told(office, "work_passed_on") == []
    at("2026-07-20 00:10")
    sweep(office)
    at("2026-07-20 09:00")
    sweep(office)
    assert told(office, "work_passed_on") == [("L13", "L08")]
    assert it.told_facts("work_passed_on")[0]["stands_for"]["en"] == "Liaison, Power Supply"


def test_when_it_is_over_the_substitutes_links_end(office: Office, at: At) -> None:
    """The absent one's own links never ended; what came meanwhile is sent to them."""
    first = report(office)
    letters(office)
    change(office, away("L08", "L13"))
    second = report(office)
    letters(office)
    assert [alive for *_, alive in links_of(office, "L13")] == [True, True]
    at("2026-07-18 00:10")
    sweep(office)
    assert [alive for *_, alive in links_of(office, "L13")] == [False, False]
    assert [alive for *_, alive in links_of(office, "L08")] == [True]
    assert (first.told("work_passed_on")[-1], second.told("work_passed_on")) == (
        "shuiqi-lly@example.org",
        ["gongdian-lly@example.org"],
    )
    assert second.told_facts("work_passed_on")[0]["why"]["en"] == "The substitution is over; you go on"


def test_one_that_is_ended_early_ends_at_once(office: Office) -> None:
    """Both are told; the links end; arranged again, it is told again."""
    report(office)
    change(office, away("L08", "L13"))
    letters(office)
    change(office, SubstitutionEnded(absent="L08", substitute="L13"))
    assert [row["ended"] for row in facts_of(office, "substitution_told")] == [False, False, True, True]
    assert [alive for *_, alive in links_of(office, "L13")] == [False]
    change(office, away("L08", "L13"))
    assert [row["ended"] for row in facts_of(office, "substitution_told")][4:] == [False, False]
    letters(office)
    assert [alive for *_, alive in links_of(office, "L13")] == [False, True]


@pytest.mark.sqlite
def test_a_link_that_is_not_sent_yet_when_it_is_over_is_never_made(office: Office, at: At) -> None:
    """The mail waited over the weekend; the substitution did not."""
    report(office)
    change(office, away("L08", "L13"))
    at("2026-07-20 08:30")
    sweep(office)
    assert "L13" not in {account for account, message in letters(office).values() if message == "work_passed_on"}


@pytest.mark.sqlite
def test_days_on_which_nothing_ran_are_made_up_for(office: Office, at: At) -> None:
    """The machine was off when one substitution ended and another began."""
    report(office)
    change(office, away("L08", "L13"), away("L08", "L01", date(2026, 7, 18), date(2026, 7, 31)))
    letters(office)
    at("2026-07-27 09:00")
    sweep(office)
    letters(office)
    assert [alive for *_, alive in links_of(office, "L13")] == [False]
    assert set(links_of(office, "L01")) == {("lead", LEAD, "L08", True)}


@pytest.mark.sqlite
def test_a_day_of_nobody_away_costs_two_looks(office: Office, at: At) -> None:
    """The hook of the sweep is cheap when the day was followed."""
    sweep(office)
    statements: list[str] = []
    event.listen(office.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    sweep(office)
    assert sum("directory_change" in one for one in statements) == 1
    assert not any("FROM substitution" in one or "FROM account" in one for one in statements)
    with office.reading() as session:
        assert session.get_one(Setting, FOLLOWED).value == "2026-07-16 0"


def test_two_sweeps_at_once_pass_the_work_on_once(office: Office, at: At) -> None:
    """Whoever comes second finds the day followed."""
    report(office)
    change(office, away("L08", "L13", MONDAY, MONDAY))
    at("2026-07-20 08:35")
    at_once(office, sweep, sweep)
    assert told(office, "work_passed_on") == [("L13", "L08")]


@pytest.mark.sqlite
def test_the_absent_clerk_and_head_are_stood_in_for(office: Office) -> None:
    """What waits for the desk: triage for the clerk, a ruling for its head."""
    new, disputed = standing(office, Status.NEW), standing(office, Status.DISPUTED)
    change(office, away("R06", "R11"), away("R05", "R04"))
    assert new.granted("work_passed_on") == [{"party": "clerk", "unit": None, "step": None, "principal": "R06"}]
    assert disputed.granted("work_passed_on") == [
        {"party": "desk_head", "unit": None, "step": None, "principal": "R05"}
    ]


# -- chains (zammad 3694) ----------------------------------------------------------------------------------------------


@pytest.mark.sqlite
def test_a_chain_of_substitutes_is_not_lost(office: Office) -> None:
    """zammad 3694: the substitute is away too; the record names the last one, and the one whose role it is."""
    report(office)
    change(office, away("L08", "L13"), away("L13", "L01"), away("L01", "L02"))
    assert acting(office, Role.LIAISON, LEAD, TODAY) == [("L02", "L08")]
    assert ("L02", "L08") in told(office, "work_passed_on")


@pytest.mark.sqlite
def test_the_chain_follows_when_its_middle_comes_back(office: Office, at: At) -> None:
    """The last one's links end, the middle one gets them."""
    report(office)
    change(office, away("L08", "L13", TODAY, MONDAY), away("L13", "L01"))
    letters(office)
    at("2026-07-18 00:10")
    sweep(office)
    letters(office)
    assert {alive for _, _, principal, alive in links_of(office, "L01") if principal == "L08"} == {False}
    assert set(links_of(office, "L13")) == {("lead", LEAD, "L08", True)}


@pytest.mark.sqlite
def test_chains_that_are_too_deep_or_circular_are_shown(office: Office) -> None:
    """They are allowed, since people are away as they are; work then goes up the ladder, and the difference says so."""
    deep = proposal(away("L08", "L13"), away("L13", "L01"), away("L01", "L02"), away("L02", "L03"))
    assert "substitutes more than three deep (2026-07-16): L08 → L13 → L01 → L02 → L03" in said(propose(office, deep))
    circle = proposal(away("L08", "L13"), away("L13", "L08"))
    assert "substitutes in a circle (2026-07-16): L08 → L13 → L08" in said(propose(office, circle))
    change(office, *circle.edits)
    assert acting(office, Role.LIAISON, LEAD, TODAY) == [("H08", None)]


@pytest.mark.sqlite
def test_nobody_stands_in_for_a_decision_that_they_asked_for(office: Office) -> None:
    """The liaison who asked is the head's substitute: the desk's head decides."""
    it = report(office).by_lead("reply")
    change(office, away("H08", "L08"))
    [step] = it.case.approvals[0].steps
    assert step.account == "R05"
    assert told(office, "work_passed_on") == [("R05", None)]


# -- with everything else ----------------------------------------------------------------------------------------------


@pytest.mark.sqlite
def test_a_substitute_who_leaves_or_whose_unit_ends(office: Office) -> None:
    """Their links end like anybody's; a successor's officer who is away is stood in for."""
    it = report(office)
    change(office, away("L08", "L13"))
    letters(office)
    change(office, PersonLeft(account="L13"))
    assert [alive for *_, alive in links_of(office, "L13")] == [False]
    change(office, away("L01", "L02"), UnitMerged(unit=LEAD, into="D01"))
    assert it.case.lead == "D01"
    assert it.granted("work_passed_on")[-1] == {"party": "lead", "unit": "D01", "principal": "L01"}


@pytest.mark.sqlite
def test_a_silent_replay_follows_nobody(office: Office) -> None:
    """An older register is replayed at moments of the past."""
    with office.writing() as session:
        session.add(Substitution(absent_id="L08", substitute_id="L13", first_day=TODAY, last_day=TODAY))
        session.add(AccountRole(account_id="R06", role=Role.SUPERVISOR, unit_id="O01"))
    sweep(office, silent=True)
    assert told(office, "substitution_told") == []
    sweep(office, dry_run=True, as_of=office.now() + timedelta(days=3))
    assert told(office, "substitution_told") == []


def test_a_substitution_that_was_over_before_anything_ran_is_followed_too(office: Office, at: At) -> None:
    """Asked of the substitute on the one day of it, no sweep on that day: on Monday the head of the desk decides again."""
    sweep(office)
    it = report(office)
    change(office, away("R05", "R04", FRIDAY, FRIDAY))
    at("2026-07-17 10:00")
    it.by_lead("ask_suspension")
    assert it.approver().account == "R04"
    at("2026-07-20 09:00")
    sweep(office)
    assert it.approver().account == "R05"
