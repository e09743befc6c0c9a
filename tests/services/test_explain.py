"""Tests of the explanation of a case's dates: what it says is what the product stores, in words an official can follow."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from random import Random

import pytest
from sqlalchemy import select, update

from domain.case import CLOCK_ACTOR
from domain.clocks import ClockState
from domain.draft import Draft
from domain.effects_clock import owner_of
from domain.explain_walk import Why
from domain.ladder import overdue_days as counted_days
from domain.lifecycle import Party
from domain.policy import Label
from models.clock import Clock
from services.attribution import overdue_days
from services.calendar_edits import apply as apply_calendar
from services.case_files import Surroundings, load_cases
from services.explain import ExplainedClock, Explanation, explain, explain_lines
from services.explain_json import explanation_json
from services.office import Office
from services.people import load_people
from services.sweep import sweep
from tests.builders import DESK, LEAD, PLANNING, ROADS, Difficulty, report


def explained(it: Difficulty) -> Explanation:
    """The case's explanation; every stored date must be the replayed one."""
    found = explain(it.office, it.code)
    assert found is not None
    assert [f"{clock.kind}: {clock.result.en}" for clock in found.clocks if not clock.agrees] == []
    return found


def clock_of(found: Explanation, kind: str, subject: str | None = None) -> ExplainedClock:
    """The newest clock of a kind."""
    return next(c for c in found.clocks if c.kind == kind and subject in (None, c.subject))


def test_the_rule_is_named_with_its_versions(office: Office) -> None:
    """Where the limit stands in the policy, which policy, which calendar."""
    it = report(office)
    found = explained(it)
    keys = {c.kind: c.rule.key for c in found.clocks}
    assert keys == {
        "triage": "limits.triage", "sign_for": "limits.sign_for", "contact": "severities.2.first_contact",
        "return_window": "limits.return_window", "close": "classes.complex.close", "interim": "classes.complex.interim",
        "rung_stay": "rungs.3.limit", "answer": "limits.answer",
    }  # fmt: skip
    close = clock_of(found, "close")
    assert (close.rule.policy, close.rule.calendar) == (office.policy.version, office.time.version)
    assert close.rule.policy_adopted is not None
    assert close.rule_words == Label("10个工作日（classes.complex.close）", "10 working days (classes.complex.close)")
    it.replied().by_firm("dispute")
    assert clock_of(explained(it), "close").rule.key == "limits.redo"


@pytest.mark.parametrize(("at", "colour"), [("2026-07-22 08:30", "yellow"), ("2026-07-25 08:30", "red")])
def test_an_answer_to_a_notice_is_owed_by_the_notices_own_rule(office: Office, at: str, colour: str) -> None:
    """Its limit stands with the colour, not with the limits of the steps, also where two colours allow the same time."""
    it = report(office)
    it.sweep_at(at)
    answers = [c for c in explained(it).clocks if c.kind == "duty" and c.open]
    assert f"notices.{colour}.answer_within" in {c.rule.key for c in answers}
    assert {c.rule.key for c in answers} <= {"notices.yellow.answer_within", "notices.red.answer_within"}


def test_a_pause_says_for_what_by_whom_and_how_much_of_the_cap_is_used(office: Office) -> None:
    """Ten days are allowed for the enterprise's papers; three are used."""
    it = (
        report(office)
        .at("2026-07-20 15:00")
        .by_lead("ask_suspension", cause="awaiting_enterprise", date="2026-07-28")
        .decide()
    )
    it.at("2026-07-21 09:00")
    standing = clock_of(explained(it), "close")
    assert standing.result.en == "it stands still with 9 working days left"
    it.at("2026-07-23 11:00").by_firm("supplement")
    close = clock_of(explained(it), "close")
    [pause] = [line for line in close.lines if "paused:" in line.why.en]
    assert pause.why.en == "paused: Waiting for the enterprise (owed by the enterprise; 3 of 10 days used)"
    assert pause.why.zh == "暂停：待企业补正（由企业补正，已用3／10天）"
    assert close.result.en == "10 working days in all: due Tue 2026-08-04 17:30; as stored"


def test_holidays_are_named_and_make_up_days_counted(office: Office) -> None:
    """National Day, its weekend and the Saturday that is worked for it."""
    it = report(office).at("2026-09-30 10:00").by_head("amend", case_class="hard", severity="")
    it.act("instruct", Party.CHIEF)
    close = clock_of(explained(it.by_lead("report").at("2026-09-30 10:05")), "interim")
    said = [(line.span.en, line.counted, line.why.en) for line in close.lines]
    assert said == [
        ("Wed 2026-09-30 10:00 – 24:00", False, "the start day does not count"),
        ("Thu 2026-10-01 – Fri 2026-10-02", False, "public holiday: National Day"),
        ("Sat 2026-10-03 – Sun 2026-10-04", False, "weekend"),
        ("Mon 2026-10-05", False, "public holiday: National Day (observed)"),
        ("Tue 2026-10-06 – Wed 2026-10-07", False, "public holiday: in exchange for a make-up working day"),
        ("Thu 2026-10-08", True, "working day"),
        ("Fri 2026-10-09", True, "working day"),
        ("Sat 2026-10-10", True, "make-up working day"),
        ("Sun 2026-10-11", False, "weekend"),
        ("Mon 2026-10-12", True, "working day"),
        ("Tue 2026-10-13 00:00 – 17:00", True, "working day"),
    ]


def test_a_day_that_the_office_took_off_is_its_own_and_moves_the_date_on_record(office: Office) -> None:
    """The office's note is the reason; the change of calendar is on the list, with the date before and after."""
    it = report(office)
    apply_calendar(office, "day,hours,note\n2026-07-22,off,台风停工\n", by="O01")
    close = clock_of(explained(it), "close")
    [off] = [line for line in close.lines if "own calendar" in line.why.en]
    assert off.why.zh == "本单位安排放假（台风停工）"
    assert close.rule.calendar == office.time.version
    assert [change.en for change in close.changes] == [
        "Thu 2026-07-16 10:00 recalculated after a change of calendar or policy, the calendar changed, "
        "Thu 2026-07-30 17:30 → Fri 2026-07-31 17:30"
    ]


def test_a_day_that_is_worked_after_all_brings_no_date_forward(office: Office) -> None:
    """The count would end earlier; the stretch to the date that was told says why it stays."""
    it = report(office)
    apply_calendar(office, "day,hours,note\n2026-07-25,work,\n", by="O01")
    close = clock_of(explained(it), "close")
    assert close.account.due is not None
    assert close.account.due.at == close.stored
    assert close.account.intervals[-1].why in (Why.KEPT, Why.OFFICE_TIME)
    assert close.result.en.endswith("due Thu 2026-07-30 17:30; as stored")


def test_a_stored_date_that_differs_is_said(office: Office) -> None:
    """Whoever changed a row by hand is found out where people look."""
    it = report(office)
    with office.writing() as session:
        session.execute(update(Clock).where(Clock.case_id == it.id, Clock.kind == "close").values(due=office.now()))
    found = explain(office, it.code)
    assert found is not None
    assert [c.kind for c in found.clocks if not c.agrees] == ["close"]
    assert "STORED AS Thu 2026-07-16 10:00" in clock_of(found, "close").result.en


def test_the_machines_form_has_every_interval_and_the_words_of_none(office: Office) -> None:
    """Moments in the office's zone, amounts with their unit, ended clocks too."""
    it = report(office).by_lead("contact").at("2026-07-31 10:00")
    found = explanation_json(office, explained(it))
    assert json.loads(json.dumps(found)) == found
    contact = next(c for c in found["clocks"] if c["kind"] == "contact")
    assert (contact["state"], contact["unit"], contact["owed"], contact["counted"]) == ("met", "minutes", 240, 240)
    assert [(i["begin"], i["amount"]) for i in contact["intervals"] if i["counted"]] == [
        ("2026-07-16T10:00:00+08:00", 120), ("2026-07-16T14:00:00+08:00", 120),
    ]  # fmt: skip
    assert found["overdue_by_owner"] == {PLANNING: 1} or found["overdue_by_owner"] == {ROADS: 1}


def test_the_boards_lines_are_the_open_clocks_by_due_date(office: Office) -> None:
    """What a case's page shows under each date."""
    it = report(office)
    with office.reading() as session:
        lines = explain_lines(session, office, it.id)
    assert {line.kind for line in lines} == it.open_clocks()
    dues = [line.stored for line in lines if line.stored is not None]
    assert dues == sorted(dues)
    assert all(line.result.zh and line.result.en and line.lines for line in lines)


def test_an_unknown_code_has_no_explanation(office: Office) -> None:
    """None, which the command turns into a refusal."""
    assert explain(office, "DIF-2026-9999") is None


def test_former_leads_and_merged_supporters_keep_their_days(office: Office) -> None:
    """A reassignment after the closing day leaves the days before it with who led then."""
    it = report(office).act("answer", Party.SUPPORTER, ROADS).act("answer", Party.SUPPORTER, PLANNING)
    it.at("2026-08-04 10:00").by_head("reassign", lead="D10").at("2026-08-05 18:00")
    assert explained(it).by_unit() == {LEAD: 2, "D10": 2}


# -- the figures and the notices name the same one -----------------------------------------------------------------------

ACTS: list[tuple[str, Party, str | None]] = [
    ("contact", Party.LEAD, None), ("answer", Party.SUPPORTER, ROADS), ("answer", Party.SUPPORTER, PLANNING),
    ("call_consultation", Party.DESK_HEAD, None), ("conclude", Party.DESK_HEAD, None), ("reply", Party.LEAD, None),
    ("send_back", Party.LEAD, None), ("rule", Party.DESK_HEAD, None), ("ask_suspension", Party.LEAD, None),
    ("resume", Party.CLERK, None), ("reassign", Party.DESK_HEAD, None), ("approve", Party.APPROVER, None),
    ("hand_back", Party.APPROVER, None), ("resubmit", Party.LEAD, None), ("amend", Party.DESK_HEAD, None),
    ("ask_extension", Party.LEAD, None), ("supplement", Party.ENTERPRISE, None), ("dispute", Party.ENTERPRISE, None),
]  # fmt: skip


def owner_now(it: Difficulty) -> str | None:
    """Who is late with the closing date now, as a notice would say; None when nobody is, or the clock stands still."""
    office = it.office
    with office.reading() as session:
        case = load_cases(session, [it.id], lock=False)[it.id]
        people = load_people(session, office.policy)
        place = Surroundings(session, people, office.in_force)
        draft = Draft(case, office.now(), CLOCK_ACTOR, office.policy, office.time, place)
        close = case.open_clock("close")
        if close is None or close.state is not ClockState.RUNNING or not counted_days(close.due, draft.now, draft.time):
            return None
        return owner_of(draft, close)


@pytest.mark.sqlite
@pytest.mark.parametrize("seed", range(6))
def test_whose_a_day_is_agrees_with_who_the_notices_name(office: Office, seed: int) -> None:
    """Whatever happens to a case over three months: today's owner is the one that a notice of this moment would name."""
    chance = Random(seed)
    it = report(office)
    day, judged = date(2026, 7, 17), set()
    for _ in range(60):
        hour, minute = chance.choice(((8, 30), (9, 30), (11, 0), (15, 0), (17, 30), (18, 0)))
        it.at(f"{day} {hour:02}:{minute:02}")
        for _ in range(chance.choice((0, 0, 1))):
            action, party, unit = chance.choice(ACTS)
            if action == "amend":
                it.attempt(action, it.actor(party), case_class=chance.choice(("ordinary", "complex")), severity="")
            elif action in ("call_consultation", "ask_extension", "ask_suspension", "conclude"):
                later = f"{day + timedelta(days=chance.randrange(1, 9))}"
                more = {"duties": f"{ROADS};出具路由;{later}"} if action == "conclude" else {"date": later}
                it.attempt(action, it.actor(party, unit), **more)
            else:
                it.attempt(action, it.actor(party, unit))
        if chance.random() < 0.5:
            sweep(office)
        named = owner_now(it)
        with office.reading() as session:
            days = overdue_days(session, office, [it.id])[it.id]
        # What is done after closing is judged on the next day.
        if named is not None and office.time.is_working_day(day) and office.now() <= office.time.closing(day):
            judged.add(named)
            assert (days[-1].day, days[-1].owner) == (day, named), f"{seed}, {day} {hour}:{minute}"
        day += timedelta(days=chance.randrange(1, 3))
    assert explained(it).clocks
    assert judged <= {LEAD, ROADS, PLANNING, DESK, "O03", "D10"}


@pytest.mark.sqlite
def test_every_clock_of_the_random_lives_is_stored_as_explained(office: Office) -> None:
    """Two cases with a pause, an extension, an amendment and a redo between them; no clock is left out."""
    one = report(office).at("2026-07-17 09:00").by_lead("contact").by_lead("ask_extension").decide().decide()
    one.at("2026-07-20 15:00").by_lead("ask_suspension").decide().at("2026-08-03 09:10").by_clerk("resume")
    one.by_head("amend", case_class="hard", severity="").at("2026-08-05 10:00").replied().by_firm("dispute")
    found = explained(one)
    with office.reading() as session:
        rows = session.scalars(select(Clock.id).where(Clock.case_id == one.id)).all()
    assert sorted(c.id for c in found.clocks) == sorted(rows)
    assert {"extended", "paused"} <= {i.why.value for c in found.clocks for i in c.account.intervals}


def test_an_officer_reads_the_limit_in_words_and_what_has_moved_the_date(office: Office) -> None:
    """No key of the policy; a half day is said as people say it; the stay on a rung names why it is longer than its limit."""
    said = {c.kind: c.reader_words for c in explained(report(office)).clocks}
    assert said["sign_for"] == Label("半个工作日", "half a working day")
    assert said["rung_stay"].zh.startswith("5个工作日；")
    assert "not before the closing date" in said["rung_stay"].en
    assert not any(re.search(r"[a-z_]+\.[a-z_0-9]+", words.zh + words.en) for words in said.values())
