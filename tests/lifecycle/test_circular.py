"""The circular: by hand, on what has been red for long enough, once, to those whom the policy names."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from domain.case import Actor
from domain.lifecycle import Party
from domain.policy import Colour
from models.clock import Notice
from services.board_users import BoardRole, BoardUser
from services.desk import coordinate
from services.links import mint
from services.notices import notice_on_board
from services.office import Office
from services.pages import act, act_page
from services.redaction import redact
from services.refusal_words import in_words
from tests.builders import Difficulty, report

DESK_USER = BoardUser("desk", BoardRole.DESK, None, "")


@pytest.fixture
def it(office: Office) -> Difficulty:
    """A case that is due on Thursday 2026-07-30 at 17:30."""
    return report(office)


def colours(it: Difficulty) -> list[str]:
    """The colours of the closing clock's notices, in the order of their numbers."""
    with it.office.reading() as session:
        rows = session.execute(
            select(Notice.colour, Notice.clock_id).where(Notice.case_id == it.id).order_by(Notice.id)
        )
        closing = next(c.id for c in it.case.clocks if c.kind == "close")
        return [colour.value for colour, clock in rows if clock == closing]


def red_for(it: Difficulty, day: str) -> Difficulty:
    """The answers are in, and the closing day alone is late; swept in time."""
    for unit in it.case.supporters:
        it.act("answer", Party.SUPPORTER, unit)
    it.by_lead("contact")
    for said in ("2026-07-31 09:00", "2026-08-04 09:00", day):
        it.sweep_at(said)
    return it


def test_what_is_five_days_late_is_made_known_to_the_chief(it: Difficulty) -> None:
    """With a number of the one series, the reason in the history, and no rung climbed by it."""
    red_for(it, "2026-08-06 09:00")
    rung = it.case.rung
    it.by_head("circular", reason="三次催办未果")
    assert colours(it)[-2:] == ["red", "circular"]
    assert it.case.rung == rung
    [event] = it.events("circular")
    assert event["text"] == {"reason": "三次催办未果"}
    told = [facts for facts in it.told_facts("supervision_notice") if facts["colour"] == "circular"]
    assert [(facts["overdue_working_days"], facts["answer_by"]) for facts in told if not facts["is_copy"]] == [
        (5, None)
    ]
    assert {"unit": None, "principal": None, "party": "chief"} in it.granted("supervision_notice")


@pytest.mark.parametrize("day", ["2026-07-20 09:00", "2026-07-31 09:00", "2026-08-05 17:00"])
def test_too_early_it_says_from_when(it: Difficulty, day: str) -> None:
    """Before the red notice and on the fourth late day alike."""
    for unit in it.case.supporters:
        it.act("answer", Party.SUPPORTER, unit)
    it.by_lead("contact").sweep_at(day)
    refusal = it.refused("circular", Party.DESK_HEAD)
    assert (refusal.code, refusal.facts["day"]) == ("circular_early", "2026-08-06")
    assert "2026-08-06" in in_words(refusal).zh
    assert "办结" in in_words(refusal).zh


def test_five_days_late_without_the_red_notice_is_too_early(it: Difficulty) -> None:
    """Who is to be told first was not told yet: the sweep has not run."""
    it.at("2026-08-10 09:00")
    assert it.refused("circular", Party.DESK_HEAD).code == "circular_early"


def test_one_delay_is_made_known_once(it: Difficulty) -> None:
    """The deputy chief's second try is refused, as the desk head's."""
    red_for(it, "2026-08-06 09:00").act("circular", Party.DEPUTY_CHIEF)
    assert it.refused("circular", Party.DEPUTY_CHIEF).code in ("circular_issued", "circular_early")
    assert colours(it).count("circular") == 1


def test_nothing_that_stands_still_is_made_known(it: Difficulty) -> None:
    """While the case is suspended nobody could do anything about it."""
    red_for(it, "2026-08-06 09:00")
    it.by_lead("ask_suspension", date="2026-09-10").decide()
    while any(state == "open" for _, state in it.approvals()):
        it.decide()
    assert it.status == "suspended"
    assert it.refused("circular", Party.DESK_HEAD).code in ("nothing_red", "circular_early")


def test_only_the_desk_s_head_and_a_deputy_chief_issue_it(it: Difficulty) -> None:
    """Nobody who is late, and no clerk."""
    red_for(it, "2026-08-06 09:00")
    for party in (Party.CLERK, Party.LEAD, Party.UNIT_HEAD, Party.ENTERPRISE, Party.CHIEF):
        assert it.refused("circular", party).code == "not_by_you"


def test_the_clock_never_issues_it(it: Difficulty) -> None:
    """However late: it is the policy's `by_hand`."""
    red_for(it, "2026-12-01 09:00")
    assert "circular" not in colours(it)
    assert it.office.policy.notices[Colour.CIRCULAR].by_hand


def test_a_deputy_chief_s_page_offers_it_when_it_may_be(it: Difficulty) -> None:
    """Not a day sooner, and by the link that came with the red notice it is done."""
    office = it.office
    with office.writing() as session:
        token = mint(
            session, office, {"party": "deputy_chief"}, case_id=it.id, delivery_id=None, account="R02", contact=None
        )

    def offered() -> set[str]:
        return {button.action.name for button in act_page(office, token).buttons}  # type: ignore[union-attr]  # a case's link

    red_for(it, "2026-08-05 09:00")
    assert "circular" not in offered()
    it.sweep_at("2026-08-06 09:00")
    assert "circular" in offered()
    assert act(office, token, "circular", {"reason": "久拖未决"}).done


def test_the_desk_issues_it_from_the_engine_s_form(it: Difficulty) -> None:
    """`coordinate-difficulty` offers the step; it is recorded as asserted by the desk."""
    red_for(it, "2026-08-06 09:00")
    [result] = coordinate(it.office, "circular", [it.code], {"reason": "久拖未决"}, "run-circular")
    assert result.done, result.message
    assert colours(it)[-1] == "circular"


def test_the_document_prints_why_and_who_else_hears_of_it(it: Difficulty) -> None:
    """The reason stands on the sheet; the late unit's head, deputy chief, desk and supervisor get copies (DOMAIN.md 1.8)."""
    red_for(it, "2026-08-06 09:00").by_head("circular", reason="三次催办未果\n约谈主要负责人")
    with it.office.reading() as session:
        notice = session.scalars(select(Notice).where(Notice.case_id == it.id, Notice.colour == Colour.CIRCULAR)).one()
    assert [r["role"] for r in notice.recipients if not r["copy"]] == ["chief"]
    assert {r["role"] for r in notice.recipients if r["copy"]} == {
        "unit_head",
        "deputy_chief",
        "dispatch_head",
        "supervisor",
    }
    sheet = notice_on_board(it.office, DESK_USER, it.code, notice.number)
    assert sheet is not None
    assert sheet.reason == "三次催办未果\n约谈主要负责人"
    red = next(facts["number"] for facts in it.told_facts("supervision_notice") if facts["colour"] == "red")
    by_clock = notice_on_board(it.office, DESK_USER, it.code, red)
    assert by_clock is not None
    assert by_clock.reason is None, "the clock gives no reasons"


def test_a_reason_that_was_removed_is_gone_from_the_document(it: Difficulty) -> None:
    """Redaction reaches the sheet: it is printed from the record."""
    red_for(it, "2026-08-06 09:00").by_head("circular", reason="涉及个人信息")
    [event] = it.events("circular")
    redact(it.office, it.code, event["seq"], "个人信息", Actor(Party.DESK_HEAD, "cli"), "redact-1")
    with it.office.reading() as session:
        number = session.scalars(
            select(Notice.number).where(Notice.case_id == it.id, Notice.colour == Colour.CIRCULAR)
        ).one()
    sheet = notice_on_board(it.office, DESK_USER, it.code, number)
    assert sheet is not None
    assert sheet.reason == ""
