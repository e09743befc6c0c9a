"""The directory, edited: shown as a difference, applied once, and everything that was open follows whoever answers now."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from domain.case import Actor, Audience
from domain.lifecycle import Party, Status
from domain.meetings import last_meeting
from domain.obligations import obligations
from domain.policy import Role
from models.case import Case
from models.clock import Clock
from models.directory import Account, AccountRole, DirectoryChange, Project, Substitution, Unit
from models.office import AccessLink, Outbox, OutboxState
from services.audit import verify
from services.case_files import load_cases
from services.casebook import open_casebook
from services.desk import StepResult
from services.directory_change import (
    Difference,
    DirectoryProposal,
    Edit,
    PersonAdded,
    PersonBack,
    PersonChanged,
    PersonLeft,
    RoleGiven,
    RoleTaken,
    SubstitutionAdded,
    SubstitutionEnded,
    UnitAdded,
    UnitChanged,
    UnitClosed,
    UnitMerged,
    UnreadableEdits,
    edit_json,
    read_edits,
)
from services.directory_edit import apply, former_names, propose
from services.office import Office
from services.outbox import claim
from services.page_types import LinkRefused
from services.pages import act, act_page
from services.people import load_people
from services.sweep import sweep
from tests.builders import DESK, LEAD, PLANNING, ROADS, Difficulty, everything_of, local, report, standing
from tests.services.test_concurrency import at_once

At = Callable[[str], datetime]
WATER, HEIR = "D13", "D90"
TODAY = date(2026, 7, 16)

NEW_UNIT = UnitAdded(
    unit=HEIR, kind="utility", zh="城市能源集团", short_zh="能源集团", en="City Energy Group", short_en="City Energy",
    email="energy@example.org",
)  # fmt: skip


def proposal(*edits: Edit) -> DirectoryProposal:
    """Edits to be made together."""
    return DirectoryProposal(tuple(edits))


def change(office: Office, *edits: Edit, command: str = "") -> StepResult:
    """Show a change and apply it."""
    wanted = proposal(*edits)
    difference = propose(office, wanted)
    assert difference.mistakes == (), [str(m) for m in difference.mistakes]
    result = apply(office, wanted, command or f"run-{len(changes(office))}", "desk", difference.digest)
    assert result.done, result.message
    return result


def changes(office: Office) -> list[DirectoryChange]:
    """What was recorded."""
    with office.reading() as session:
        return list(session.scalars(select(DirectoryChange).order_by(DirectoryChange.id)))


def said(difference: Difference) -> str:
    """What a difference says in English."""
    return "\n".join(line.en for line in difference.lines)


def wrong(office: Office, *edits: Edit) -> str:
    """What is wrong with edits; nothing may be written for them."""
    difference = propose(office, proposal(*edits))
    before = everything_of(office)
    refused = apply(office, proposal(*edits), "wrong", "desk", difference.digest)
    assert not refused.done
    assert everything_of(office) == before
    assert all(m.remedy.zh and m.remedy.en and m.problem.zh for m in difference.mistakes)
    return "\n".join(str(mistake) for mistake in difference.mistakes)


def letters(office: Office) -> dict[str, tuple[str, str]]:
    """Send what is owed: token → (account, message)."""
    found = {}
    for letter in claim(office, "test", 500):
        with office.writing() as session:
            row = session.get_one(Outbox, letter.id)
            row.state, row.sent_at = OutboxState.SENT, office.now()
            if "act" in letter.parts[0].links and row.account_id:
                found[letter.parts[0].links["act"].rpartition("/")[2]] = (row.account_id, row.message)
    return found


def links_of(office: Office, account: str) -> list[tuple[str, str | None, str | None, bool]]:
    """An account's links: party, unit, principal, whether it still opens."""
    with office.reading() as session:
        rows = session.scalars(select(AccessLink).where(AccessLink.account_id == account).order_by(AccessLink.id))
        return [(r.party, r.unit_id, r.principal_id, r.revoked_at is None) for r in rows]


def told(office: Office, message: str) -> list[tuple[str | None, str | None]]:
    """To whom a message is owed, and for whom its link stands in."""
    with office.reading() as session:
        rows = session.scalars(
            select(Outbox).where(Outbox.message == message, Outbox.state != OutboxState.VOID).order_by(Outbox.id)
        )
        return [(r.account_id, (r.grant or {}).get("principal")) for r in rows]


# -- showing and applying ----------------------------------------------------------------------------------------------


@pytest.mark.sqlite
def test_a_difference_shows_old_and_new_and_writes_nothing(office: Office) -> None:
    """In both languages, with what follows: cases that move, categories that are routed elsewhere, roles left empty."""
    report(office)
    before = everything_of(office)
    found = propose(
        office,
        proposal(
            NEW_UNIT, UnitMerged(unit=LEAD, into=HEIR), UnitChanged(unit="D01", short_zh="发改委", short_en="Reform")
        ),
    )
    assert everything_of(office) == before
    text = said(found)
    assert "Merge a unit into another: D08 Power Supply → D90 City Energy" in text
    assert "D01 Chinese short name 发改局 → 发改委" in text
    assert "nobody would hold: Unit liaison of D90 City Energy" in text
    assert "nobody would hold: Unit head of D90 City Energy" in text
    assert "the policy routes to D08 (Power, " in text
    assert "1 open case(s) of D08 follow to D90" in text
    assert all(line.zh and line.zh != line.en for line in found.lines)


def test_only_what_was_shown_is_applied(office: Office) -> None:
    """Somebody else's change in between makes it another difference: it has to be looked at again."""
    wanted = proposal(UnitMerged(unit=LEAD, into=WATER))
    shown = propose(office, wanted).digest
    change(office, RoleTaken(account="L13", role="liaison", unit=WATER))
    before = everything_of(office)
    refused = apply(office, wanted, "later", "desk", shown)
    assert not refused.done
    assert "no longer what was shown" in refused.message
    assert everything_of(office) == before
    assert apply(office, wanted, "later", "desk", propose(office, wanted).digest).done


@pytest.mark.sqlite
def test_a_case_that_comes_in_between_does_not_change_the_digest(office: Office) -> None:
    """How many cases move may change from minute to minute."""
    wanted = proposal(UnitMerged(unit=LEAD, into=WATER))
    shown = propose(office, wanted).digest
    it = report(office)
    assert apply(office, wanted, "run", "desk", shown).done
    assert it.case.lead == WATER


def test_a_command_is_done_once(office: Office) -> None:
    """A run that is asked for again returns what was stored."""
    it = report(office)
    first = change(office, UnitMerged(unit=LEAD, into=WATER), command="run")
    before = everything_of(office)
    assert apply(office, proposal(UnitMerged(unit=LEAD, into=WATER)), "run", "desk", "") == first
    assert everything_of(office) == before
    assert len(it.events("succeeded")) == 1


def test_the_record_keeps_who_what_and_the_words(office: Office) -> None:
    """Old names stay there, and are found for old documents."""
    change(office, UnitChanged(unit=LEAD, short_zh="电力公司", short_en="Power"), command="run-7")
    [row] = changes(office)
    assert (row.by, row.command_id) == ("desk", "run-7")
    assert row.changes[0]["edit"] == "change_unit"
    assert row.changes[0]["before"]["short_zh"] == "供电公司"
    assert any("电力公司" in line["zh"] for line in row.changes[-1]["shown"])
    with office.reading() as session:
        assert [label.zh for label in former_names(session)[LEAD]] == ["供电公司"]


@pytest.mark.parametrize("edits", [
    (NEW_UNIT, UnitMerged(unit=LEAD, into=HEIR), RoleGiven(account="L08", role="liaison", unit=HEIR)),
    (SubstitutionAdded(absent="L08", substitute="L13", first_day=TODAY, last_day=TODAY), SubstitutionEnded(absent="L08", substitute="L13")),
    (PersonAdded(account="X1", title_zh="专员", title_en="Officer", unit=LEAD, email="x1@example.org"), PersonChanged(account="X1", unit=WATER)),
    (PersonLeft(account="L08"), PersonBack(account="L08"), UnitClosed(unit="D09", successor="D04", people_follow=True)),
])  # fmt: skip
def test_edits_survive_json(edits: tuple[Edit, ...]) -> None:
    """What the record keeps can be read again as the same edits."""
    assert read_edits([edit_json(edit) for edit in edits]) == proposal(*edits)


def test_all_that_cannot_be_read_is_named_at_once() -> None:
    """Unknown edits, missing and strange fields, bad days and flags."""
    with pytest.raises(UnreadableEdits) as found:
        read_edits([
            {"edit": "sell_unit", "unit": "D08"}, {"edit": "merge_unit", "unit": "D08", "colour": "red"},
            {"edit": "add_substitution", "absent": "L08", "substitute": "L13", "first_day": "soon", "last_day": "2026-07-20"},
            {"edit": "change_unit", "unit": "D08", "city_level": "perhaps"},
        ])  # fmt: skip
    where = [mistake.where for mistake in found.value.mistakes]
    assert where == ["edit 1", "edit 2 · into", "edit 2 · colour", "edit 3 · first_day", "edit 4 · city_level"]


@pytest.mark.sqlite
@pytest.mark.parametrize(("edits", "expected"), [
    ((UnitMerged(unit="D99", into=WATER),), "edit 1 · unit: there is no unit 'D99'"),
    ((UnitMerged(unit=LEAD, into=LEAD),), "is the unit itself"),
    ((UnitMerged(unit=DESK, into=WATER),), "the desk's own unit in the policy"),
    ((UnitMerged(unit=LEAD, into=WATER), UnitMerged(unit=WATER, into=LEAD)), "edit 2 · into: unit D08 is no longer active"),
    ((UnitMerged(unit="D01", into="D02"), UnitMerged(unit="D02", into="D04"), UnitMerged(unit="D04", into="D05"),
      UnitMerged(unit="D05", into="D06")), "longer than three, or a circle: D01 → D02 → D04 → D05 → D06"),
    ((NEW_UNIT, NEW_UNIT), "D90 is taken"),
    ((UnitChanged(unit=LEAD, zh="x" * 121),), "edit 1 · zh: is empty, too long"),
    ((UnitChanged(unit=LEAD, short_en="Power\r\nBcc: a@b.cc"),), "control characters"),
    ((UnitChanged(unit=LEAD, short_zh="供电公司"),), "changes nothing"),
    ((PersonChanged(account="L08", email="gongdian lly@example.org"),), "is not an address"),
    ((PersonChanged(account="L08", email="SHUIQI-lly@example.org"),), "is the mailbox of L13"),
    ((PersonLeft(account="L99"),), "there is no person 'L99'"),
    ((PersonBack(account="L08"),), "is in use already"),
    ((RoleGiven(account="L08", role="king"),), "'king' is none of the choices"),
    ((RoleGiven(account="L08", role="liaison"),), "changes nothing"),
    ((RoleTaken(account="L08", role="liaison", unit=WATER),), "does not hold that role"),
    ((SubstitutionAdded(absent="L08", substitute="L08", first_day=TODAY, last_day=TODAY),), "is the absent person"),
    ((SubstitutionAdded(absent="L08", substitute="L13", first_day=TODAY, last_day=TODAY - timedelta(1)),), "before the first day"),
    ((SubstitutionAdded(absent="L08", substitute="L13", first_day=date(2026, 7, 1), last_day=date(2026, 7, 10)),), "has passed"),
    ((SubstitutionAdded(absent="L08", substitute="L13", first_day=TODAY, last_day=date(2026, 7, 20)),
      SubstitutionAdded(absent="L08", substitute="L01", first_day=date(2026, 7, 18), last_day=date(2026, 7, 30))), "L13 stands in already"),
    ((SubstitutionEnded(absent="L08", substitute="L13"),), "there is no such substitution"),
])  # fmt: skip
def test_what_cannot_be_is_refused_with_its_remedy(office: Office, edits: tuple[Edit, ...], expected: str) -> None:
    """Each mistake names edit and field; nothing is written."""
    assert expected in wrong(office, *edits)


@pytest.mark.sqlite
def test_mistakes_are_all_shown_at_once(office: Office) -> None:
    """An edit with a mistake does not hide those of the others."""
    found = propose(
        office,
        proposal(PersonLeft(account="L99"), UnitChanged(unit="D01", short_zh="发改委"), PersonLeft(account="L98")),
    )
    assert [m.where for m in found.mistakes] == ["edit 1 · account", "edit 3 · account"]


@pytest.mark.sqlite
def test_a_chain_that_is_too_long_is_mended_by_a_nearer_successor(office: Office) -> None:
    """A unit that ended long ago can be given a later successor."""
    change(office, UnitMerged(unit="D01", into="D02"))
    change(office, UnitMerged(unit="D02", into="D04"))
    change(office, UnitMerged(unit="D04", into="D05"))
    change(office, UnitMerged(unit="D01", into="D05"), UnitMerged(unit="D05", into="D06"))
    with office.reading() as session:
        assert session.get_one(Unit, "D01").successor_id == "D05"


# -- a unit that is merged or closed -----------------------------------------------------------------------------------


def test_a_place_in_a_consultation_follows_the_successor(office: Office, at: At) -> None:
    """It is invited to the one to come, hears of its end, and nobody is invited for the unit that is no more."""
    it = report(office).by_head("call_consultation", participants=["D10"], date="2026-07-20")
    before = len(it.told("called_to_consultation"))
    change(office, UnitMerged(unit="D10", into=WATER))
    meeting = last_meeting(it.case)
    assert meeting is not None
    assert "D10" not in meeting.units
    assert meeting.units.count(WATER) == 1
    assert len(it.told("called_to_consultation")) == before + 1
    assert it.told("called_to_consultation")[-1] == "shuiqi-lly@example.org"
    at("2026-07-20 11:00")
    it.by_head("conclude")
    assert "shuiqi-lly@example.org" in it.told("consultation_concluded")
    assert verify(office).findings == ()


def test_a_successor_that_was_invited_itself_is_not_invited_again(office: Office) -> None:
    """Two places become one."""
    it = report(office).by_head("call_consultation", participants=["D10", WATER], date="2026-07-20")
    before = it.told("called_to_consultation")
    change(office, UnitMerged(unit="D10", into=WATER))
    meeting = last_meeting(it.case)
    assert meeting is not None
    assert meeting.units.count(WATER) == 1
    assert it.told("called_to_consultation") == before


def test_open_work_follows_the_successor(office: Office, at: At) -> None:
    """Lead, clocks with their dates, the decision that is open; a line in the history; the enterprise is told."""
    it = report(office)
    dues = {c["kind"]: c["due"] for c in it.json["clocks"] if c["state"] == "running"}
    at("2026-07-17 09:00")
    it.by_lead("sign_for").by_lead("ask_extension")
    at("2026-07-17 10:00")
    change(office, UnitMerged(unit=LEAD, into=WATER))
    case = it.case
    assert case.lead == WATER
    assert {c.owner_unit for c in case.clocks if c.open} <= {WATER, ROADS, PLANNING, None}
    assert it.due("close") == local(dues["close"])
    assert it.due("contact") == local(dues["contact"])
    [event] = it.events("succeeded")
    assert event["facts"] == {"from": LEAD, "to": WATER, "parts": ["lead"], "by": "desk"}
    assert event["actor"]["party"] == "rule"
    [approval] = case.approvals
    assert (approval.unit, approval.steps[0].unit, approval.steps[0].account) == (WATER, WATER, "H13")
    assert it.told("work_passed_on") == ["shuiqi-lly@example.org"]
    assert it.granted("work_passed_on") == [{"party": "lead", "unit": WATER, "principal": None}]
    assert it.told("approval_asked")[-1] == "shuiqi-fzr@example.org"
    assert it.told("enterprise_update") == ["p02@example.com"]
    assert verify(office).findings == ()
    it.decide().decide()
    assert it.due("close") == "Thu 2026-08-06 17:30"


def test_what_the_successor_already_owes_it_owes_once(office: Office) -> None:
    """A lead that merges into its supporter leads, and supports no more; a supporter that merges into the lead is done."""
    first, second = report(office), report(office)
    second.by_head("reassign", lead=WATER)
    change(office, UnitMerged(unit=LEAD, into=ROADS))
    change(office, UnitMerged(unit=PLANNING, into=WATER))
    assert (first.case.lead, first.case.supporters) == (ROADS, (WATER,))
    assert (second.case.lead, second.case.supporters) == (WATER, (ROADS,))
    assert first.clock("answer", ROADS)["state"] == "superseded"
    assert {c.owner_unit for c in second.case.clocks if c.kind == "answer" and c.open} == {ROADS}
    assert verify(office).findings == ()


@pytest.mark.sqlite
def test_a_supporters_answer_is_the_successors(office: Office) -> None:
    """The same date; the successor's officer answers, the former one's link is refused."""
    it = report(office)
    due = it.due("answer", PLANNING)
    change(office, UnitMerged(unit=PLANNING, into="D04"))
    assert it.case.supporters == (ROADS, "D04")
    assert it.due("answer", "D04") == due
    assert it.refused("answer", former_officer(PLANNING)).code == "not_supporter"
    it.act("answer", Party.SUPPORTER, "D04")
    assert it.clock("answer", "D04")["state"] == "met"


def former_officer(unit: str) -> Actor:
    """A supporter's officer of a unit, as a link made long ago knows them."""
    return Actor(Party.SUPPORTER, "link", account="L03", unit=unit)


@pytest.mark.sqlite
def test_a_duty_is_the_successors(office: Office, at: At) -> None:
    """Its date stays, and its button comes with the successor's link."""
    it = report(office).by_head("call_consultation").by_head("conclude", duties="D01;出具意见;2026-07-28")
    due = it.due("duty")
    change(office, UnitClosed(unit="D01", successor="D02"))
    assert {c.owner_unit for c in it.case.clocks if c.kind == "duty" and c.open} == {"D02"}
    assert it.due("duty") == due
    assert it.granted("work_passed_on") == [{"party": "duty_unit", "unit": "D02", "principal": None}]
    it.act("fulfil", Party.DUTY_UNIT, "D02")
    assert it.clock("duty")["state"] == "met"


@pytest.mark.sqlite
def test_no_right_of_return_is_reborn(office: Office, at: At) -> None:
    """What the former unit used up, or let pass, its successor cannot use again."""
    returned = report(office).by_lead("send_back").by_head("rule", lead=PLANNING)
    late = report(office)
    ruled = report(office).by_lead("send_back").by_head("rule", lead=ROADS)
    change(office, UnitMerged(unit=LEAD, into=WATER))
    change(office, UnitMerged(unit=ROADS, into="D04"))
    returned.by_head("reassign", lead=WATER)
    assert returned.refused("send_back", Party.LEAD).code == "returned_once"
    assert ruled.case.lead == "D04"
    assert ruled.refused("send_back", Party.LEAD).code == "ruled"
    at("2026-07-20 09:00")
    sweep(office)
    assert late.refused("send_back", Party.LEAD).code == "window_over"


@pytest.mark.sqlite
def test_a_window_that_is_open_stays_open_until_its_date(office: Office, at: At) -> None:
    """The successor may return what its predecessor still might have returned."""
    it = report(office)
    until = it.due("return_window")
    change(office, UnitMerged(unit=LEAD, into=WATER))
    assert it.due("return_window") == until
    assert it.by_lead("send_back").status == "disputed"


def test_links_of_the_former_unit_end_and_the_successors_officers_get_new_ones(office: Office) -> None:
    """Sent ones are refused, those not sent yet are never made."""
    first = report(office)
    old = next(token for token, (account, _) in letters(office).items() if account == "L08")
    second = report(office)
    change(office, UnitMerged(unit=LEAD, into=WATER))
    with pytest.raises(LinkRefused, match="revoked"):
        act_page(office, old)
    with office.reading() as session:
        states = session.scalars(select(Outbox.state).where(Outbox.account_id == "L08", Outbox.case_id == second.id))
        assert set(states) == {OutboxState.VOID}
    new = [
        token
        for token, (account, message) in letters(office).items()
        if (account, message) == ("L13", "work_passed_on")
    ]
    assert [act(office, token, "sign_for", {}).done for token in new] == [True, True]
    assert [it.events("sign_for")[0]["actor"]["account"] for it in (first, second)] == ["L13", "L13"]


@pytest.mark.sqlite
@pytest.mark.parametrize("status", [s for s in Status if s not in (Status.NEW, Status.CLOSED)])
def test_a_case_of_any_status_follows(office: Office, status: Status) -> None:
    """Wherever it stands, whatever waits."""
    it = standing(office, status)
    state = it.status
    change(
        office,
        NEW_UNIT,
        UnitMerged(unit=LEAD, into=HEIR),
        RoleGiven(account="L08", role="liaison", unit=HEIR),
        RoleGiven(account="H08", role="unit_head", unit=HEIR),
    )
    assert (it.case.lead, it.status) == (HEIR, state)
    assert LEAD not in {c.owner_unit for c in it.case.clocks if c.open}
    assert verify(office).findings == ()


@pytest.mark.sqlite
def test_a_closed_case_keeps_its_lead_until_it_is_taken_up_again(office: Office) -> None:
    """What is done was done by the former unit; the work that comes again is its successor's."""
    it = standing(office, Status.CLOSED)
    change(office, UnitMerged(unit=LEAD, into=WATER))
    assert it.case.lead == LEAD
    it.by_head("reopen")
    assert (it.case.lead, it.status) == (WATER, "in_progress")
    assert [e["action"] for e in it.events("succeeded", "reopen")] == ["succeeded", "reopen"]
    assert it.told("assigned_lead")[-1] == "shuiqi-lly@example.org"


@pytest.mark.sqlite
def test_a_promise_is_the_successors(office: Office) -> None:
    """Closed with a date: the lead still owes it."""
    it = report(office).replied(outcome="promised", date="2026-09-30").by_firm("confirm")
    change(office, UnitMerged(unit=LEAD, into=WATER))
    assert it.case.lead == WATER
    assert it.granted("work_passed_on") == [{"party": "lead", "unit": WATER, "principal": None}]
    it.by_lead("deliver").decide()
    assert it.status == "replied"


@pytest.mark.sqlite
def test_restricted_cases_follow_and_are_never_named(office: Office) -> None:
    """Counted like any other, told to their holders alone."""
    it = report(office)
    with office.writing() as session:
        session.execute(update(Case).values(restricted=True))
    wanted = proposal(UnitMerged(unit=LEAD, into=WATER))
    difference = propose(office, wanted)
    result = change(office, *wanted.edits)
    assert it.case.lead == WATER
    assert "1 open case(s) of D08" in said(difference)
    assert it.code not in said(difference) + result.message + str([row.changes for row in changes(office)])
    assert it.told("work_passed_on") == ["shuiqi-lly@example.org"]


@pytest.mark.sqlite
def test_an_areas_cases_and_projects_follow(office: Office) -> None:
    """The area of a project is a unit like any other."""
    it = report(office, category="labour")
    assert it.case.area == "A02"
    change(office, UnitMerged(unit="A02", into="A03", people_follow=True))
    assert it.case.area == "A03"
    with office.reading() as session:
        assert session.scalar(select(func.count()).where(Project.area_id == "A02")) == 0
        roles = set(
            session.execute(
                select(AccountRole.role, AccountRole.unit_id).where(AccountRole.account_id == "J02")
            ).tuples()
        )
        assert {unit for _, unit in roles} == {"A03"}


@pytest.mark.sqlite
def test_new_reports_go_to_the_successor(office: Office) -> None:
    """The policy still names the former unit."""
    change(office, UnitMerged(unit=LEAD, into=WATER))
    assert report(office).case.lead == WATER


@pytest.mark.sqlite
def test_a_renamed_and_merged_unit_in_the_middle_of_a_life(office: Office, at: At) -> None:
    """Dispatched to one, renamed, merged, replied by the successor, confirmed: one history, names of today."""
    it = report(office)
    at("2026-07-17 09:00")
    it.by_lead("sign_for").by_lead("contact")
    change(office, UnitChanged(unit=LEAD, short_zh="电力公司", short_en="Power"))
    assert it.case.lead == LEAD
    change(office, NEW_UNIT, UnitMerged(unit=LEAD, into=HEIR, people_follow=True))
    at("2026-07-20 09:00")
    it.replied().by_firm("confirm")
    assert it.status == "closed"
    assert it.case.lead == HEIR
    assert it.events("reply")[0]["actor"]["account"] == "L08"
    with office.reading() as session:
        assert load_people(session, office.policy).label(LEAD).zh == "电力公司"
    assert verify(office).findings == ()


# -- people and roles --------------------------------------------------------------------------------------------------


def test_who_has_left_has_no_links_and_the_next_holder_gets_them(office: Office) -> None:
    """A new liaison takes over: the old links are refused, the new ones say why and until when."""
    it = report(office)
    old = next(token for token, (account, _) in letters(office).items() if account == "L08")
    change(
        office, PersonLeft(account="L08"),
        PersonAdded(account="L88", title_zh="供电公司新联络员", title_en="New liaison", unit=LEAD, email="l88@example.org", locale="en"),
        RoleGiven(account="L88", role="liaison", unit=LEAD),
    )  # fmt: skip
    with pytest.raises(LinkRefused, match="revoked"):
        act_page(office, old)
    assert told(office, "work_passed_on") == [("L88", None)]
    [facts] = it.told_facts("work_passed_on")
    assert (facts["part"]["en"], facts["due"]) == ("Lead unit", it.case.due.isoformat() if it.case.due else None)
    [new] = letters(office)
    assert act(office, new, "sign_for", {}).done


@pytest.mark.sqlite
def test_whoever_is_left_answers_up_the_ladder(office: Office) -> None:
    """Nobody takes over: the unit's head gets the lead's link, and gives it back when somebody is named."""
    report(office)
    letters(office)
    change(office, PersonLeft(account="L08"))
    assert told(office, "work_passed_on") == [("H08", None)]
    letters(office)
    assert ("lead", LEAD, None, True) in links_of(office, "H08")
    change(office, PersonBack(account="L08"))
    letters(office)
    assert ("lead", LEAD, None, False) in links_of(office, "H08")
    assert links_of(office, "L08") == [("lead", LEAD, None, False), ("lead", LEAD, None, True)]


def test_a_role_that_is_taken_takes_its_links(office: Office) -> None:
    """The decision that is open is asked of the next head; who has two roles keeps the other's links."""
    it = report(office).by_lead("reply")
    letters(office)
    change(
        office,
        RoleTaken(account="H08", role="unit_head", unit=LEAD),
        RoleGiven(account="H13", role="unit_head", unit=LEAD),
    )
    assert {alive for party, _, _, alive in links_of(office, "H08") if party == "approver"} == {False}
    [step] = it.case.approvals[0].steps
    assert step.account == "H13"
    assert it.granted("work_passed_on") == [{"party": "approver", "unit": LEAD, "step": step.id, "principal": None}]
    token = next(token for token, (account, _) in letters(office).items() if account == "H13")
    assert act(office, token, "approve", {}).done
    assert it.status == "replied"


@pytest.mark.sqlite
def test_a_clerks_links_follow_the_desk(office: Office) -> None:
    """What waits for the desk is mailed to whoever sits there now."""
    it = standing(office, Status.NEW)
    change(
        office, PersonLeft(account="R06"),
        PersonAdded(account="R66", title_zh="新分办员", title_en="New clerk", unit=DESK, email="r66@example.org"),
        RoleGiven(account="R66", role="dispatch_clerk", unit=DESK),
    )  # fmt: skip
    assert it.granted("work_passed_on") == [{"party": "clerk", "unit": None, "step": None, "principal": None}]
    assert it.told("work_passed_on") == ["r66@example.org"]


# -- concurrency -------------------------------------------------------------------------------------------------------


def test_of_two_that_apply_at_once_one_is_told_to_look_again(office: Office) -> None:
    """Both saw the same directory; only one of them can be right about what follows."""
    it = report(office)
    first, second = proposal(UnitMerged(unit=LEAD, into=WATER)), proposal(UnitMerged(unit=LEAD, into="D01"))
    shown = [propose(office, one).digest for one in (first, second)]
    results = at_once(
        office,
        lambda mine: apply(mine, first, "a", "desk", shown[0]),
        lambda mine: apply(mine, second, "b", "desk", shown[1]),
    )
    assert sorted(result.done for result in results) == [False, True]
    assert it.case.lead == (WATER if results[0].done else "D01")
    assert len(it.events("succeeded")) == 1
    assert len(changes(office)) == 1


def test_the_same_command_twice_at_once_is_one(office: Office) -> None:
    """A run that two workers took up."""
    report(office)
    wanted = proposal(UnitMerged(unit=LEAD, into=WATER))
    shown = propose(office, wanted).digest
    first, second = at_once(
        office,
        lambda mine: apply(mine, wanted, "run", "desk", shown),
        lambda mine: apply(mine, wanted, "run", "desk", shown),
    )
    assert first == second
    assert first.done
    assert len(changes(office)) == 1


def test_an_act_and_a_merge_at_once_lose_nothing(office: Office) -> None:
    """Whoever comes second sees what the first one wrote."""
    its = [report(office) for _ in range(6)]
    tokens = [
        token for token, (account, message) in letters(office).items() if (account, message) == ("L08", "assigned_lead")
    ]
    wanted = proposal(UnitMerged(unit=LEAD, into=WATER))
    shown = propose(office, wanted).digest

    def sign(mine: Office) -> list[bool]:
        done = []
        for token in tokens:
            try:
                done.append(act(mine, token, "sign_for", {}).done)
            except LinkRefused:
                done.append(False)
        return done

    signed, applied = at_once(office, sign, lambda mine: [apply(mine, wanted, "run", "desk", shown).done])
    assert applied == [True]
    assert {it.case.lead for it in its} == {WATER}
    assert sum(1 for it in its if it.events("sign_for")) == sum(signed)
    assert verify(office).findings == ()


# -- what holds after any sequence of edits ----------------------------------------------------------------------------


def reachable(office: Office) -> None:
    """Every open case has an active lead whose officers are found, and every open clock an active owner."""
    with office.reading() as session:
        book = open_casebook(office, session)
        ids = list(session.scalars(select(Case.id).where(Case.status != Status.CLOSED)))
        active = set(session.scalars(select(Unit.id).where(Unit.active)))
        in_use = set(session.scalars(select(Account.id).where(Account.active)))
        for case in load_cases(session, ids, lock=False).values():
            if case.lead is not None:
                assert case.lead in active
                found = book.find(Audience(Role.LIAISON, case.lead), case)
                assert found
                assert {one.person.id for one in found} <= in_use
            assert set(case.supporters) <= active
        owners = session.scalars(select(Clock.owner_unit).where(Clock.state.in_(("running", "paused"))))
        assert {owner for owner in owners if owner is not None} <= active


def without_link(office: Office) -> list[str]:
    """Who is asked for something today, and has neither a link to do it nor a mail that brings one."""
    missing = []
    with office.reading() as session:
        book = open_casebook(office, session)
        ids = list(session.scalars(select(Case.id).where(Case.status != Status.CLOSED)))
        mails = session.scalars(select(Outbox).where(Outbox.state == OutboxState.OWED, Outbox.account_id.is_not(None)))
        has = {
            (m.case_id, m.account_id, g["party"], g.get("step") or g.get("unit"), g.get("principal"))
            for m in mails
            if (g := m.grant) is not None
        }
        for case in load_cases(session, ids, lock=False).values():
            for owed in obligations(case):
                if owed.part in (Party.CLERK, Party.DESK_HEAD):
                    # The desk works on the board; it is written to when something is to be decided.
                    continue
                for found in book.find(owed.to, case):
                    principal = found.principal.id if found.principal else None
                    wanted = (case.id, found.person.id, owed.part.value, owed.step or owed.unit, principal)
                    if wanted not in has:
                        missing.append(str(wanted))
    return missing


def some_edits(chance: random.Random, office: Office) -> list[Edit]:
    """Edits that a desk might make next, right or wrong."""
    with office.reading() as session:
        units = list(session.scalars(select(Unit.id).where(Unit.active, Unit.id != DESK)))
        people = list(session.scalars(select(Account.id).where(Account.active)))
        gone = list(session.scalars(select(Account.id).where(Account.active.is_(False))))
        roles = list(session.execute(select(AccountRole.account_id, AccountRole.role, AccountRole.unit_id)).tuples())
    unit, other = chance.sample(units, 2)
    one, two = chance.sample(people, 2)
    number = chance.randrange(1000)
    account, role, of = chance.choice(roles)
    day = office.today() + timedelta(chance.randrange(4))
    new = UnitAdded(
        unit=f"N{number}", kind="department", zh=f"新局{number}", short_zh=f"新局{number}", en=f"Bureau {number}",
        short_en=f"Bureau {number}", email=f"n{number}@example.org",
    )  # fmt: skip
    options: list[list[Edit]] = [
        [UnitMerged(unit=unit, into=other, people_follow=chance.random() < 0.5)],
        [new, UnitMerged(unit=unit, into=new.unit), RoleGiven(account=one, role="liaison", unit=new.unit)],
        [UnitChanged(unit=unit, short_zh=f"局{number}")],
        [PersonLeft(account=one)],
        [PersonLeft(account=one), RoleGiven(account=two, role="liaison", unit=unit)],
        [PersonBack(account=chance.choice(gone))] if gone else [PersonChanged(account=one, unit=unit)],
        [RoleTaken(account=account, role=role.value, unit=of or "")],
        [RoleGiven(account=one, role=chance.choice(["liaison", "unit_head", "dispatch_clerk"]), unit=unit)],
        [SubstitutionAdded(absent=one, substitute=two, first_day=day, last_day=day + timedelta(chance.randrange(5)))],
    ]
    return chance.choice(options)


@pytest.mark.sqlite
@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", [1, 20])
def test_after_any_edits_every_open_case_has_somebody(office: Office, at: At, seed: int) -> None:
    """Random edits over five days with cases in the middle of their lives: active leads that are reached, active owners."""
    live_through(office, at, seed, days=5)


def test_so_it_is_on_either_database(office: Office, at: At) -> None:
    """Two days of the same."""
    live_through(office, at, 4, days=2)


def live_through(office: Office, at: At, seed: int, days: int) -> None:
    """Let a desk edit at random for some days, with a sweep each morning; nobody and nothing may be lost on the way."""
    chance = random.Random(seed)
    several: list[Callable[[Difficulty], object]] = [
        lambda it: it.by_lead("send_back", suggested="D10"), lambda it: it.by_lead("reply"), lambda it: it.by_lead("ask_suspension").decide(),
        lambda it: it.by_head("call_consultation").by_head("conclude"), lambda it: it.replied(), lambda it: it,
    ]  # fmt: skip
    for act_on in several:
        act_on(report(office, category=chance.choice(["power", "land", "labour", "logistics_utilities"])))
    made = 0
    for day in range(days):
        at(f"2026-07-{17 + day} 09:00")
        sweep(office)
        for turn in range(3):
            wanted = proposal(*some_edits(chance, office))
            difference = propose(office, wanted)
            made += apply(office, wanted, f"{day}.{turn}", "desk", difference.digest).done
            reachable(office)
            assert "\n".join(without_link(office)) == ""
    assert made >= days
    for number in range(1, 1 + len(several)):
        # A unit is succeeded once: nothing is left that would be followed again and again.
        passed = [
            (e["facts"]["from"], e["facts"]["to"])
            for e in Difficulty(office, f"DIF-2026-{number:04d}").events("succeeded")
        ]
        assert len(passed) == len(set(passed))
    assert verify(office).findings == ()


def test_a_substitution_row_is_one_row_however_it_is_changed(office: Office) -> None:
    """Ended early it has another last day; taken back before it began it is gone."""
    change(
        office,
        SubstitutionAdded(absent="L08", substitute="L13", first_day=date(2026, 7, 14), last_day=date(2026, 7, 30)),
    )
    change(office, SubstitutionEnded(absent="L08", substitute="L13", last_day=date(2026, 7, 20)))
    change(
        office, SubstitutionAdded(absent="L01", substitute="L13", first_day=date(2026, 8, 1), last_day=date(2026, 8, 3))
    )
    change(office, SubstitutionEnded(absent="L01", substitute="L13"))
    with office.reading() as session:
        rows = [(r.absent_id, r.first_day, r.last_day) for r in session.scalars(select(Substitution))]
    assert rows == [("L08", date(2026, 7, 14), date(2026, 7, 20))]
    reachable(office)
