"""The one-page story of the rules of a case, told end to end, with every date and clock that it names."""

from __future__ import annotations

import pytest

from domain.lifecycle import Party
from services.numbers import raise_to
from services.office import Office
from tests.builders import LEAD, PLANNING, ROADS, local, report

FIRM = "p02@example.com"


def test_the_story_of_the_second_power_feed(office: Office) -> None:
    """Reported, dispatched, supported late, refused more time, answered in part, disputed, done again, confirmed."""
    with office.writing() as session:
        raise_to(session, "difficulty", 2026, 60)

    # Thursday 16 July, 10:00: the report, opened and dispatched by the rules.
    it = report(office)
    assert it.code == "DIF-2026-0061"
    case = it.json
    assert (case["category"], case["severity"], case["class"], case["lead"]) == ("power", 2, "complex", LEAD)
    assert sorted(case["supporters"]) == sorted([ROADS, PLANNING])
    assert (case["status"], case["rung"], case["round"], case["cycle"]) == ("in_progress", 3, 1, 1)
    assert it.due("sign_for") == "Thu 2026-07-16 17:30"
    assert it.due("contact") == "Thu 2026-07-16 16:00"
    assert it.due("close") == local(case["due"]) == local(case["original_due"]) == "Thu 2026-07-30 17:30"
    assert it.due("answer", ROADS) == it.due("answer", PLANNING) == "Tue 2026-07-21 17:30"
    assert {e["actor"]["party"] for e in it.events("dispatch")} == {"rule"}
    boxes = it.told("assigned_lead") + it.told("assigned_supporter")
    assert len(set(boxes)) == len(boxes) == 3
    assert it.told("case_opened") == [FIRM]

    # The power company contacts the plant; roads answers, planning does not.
    it.at("2026-07-16 14:40").by_lead("contact")
    assert (it.clock("contact")["state"], it.clock("sign_for")["state"]) == ("met", "met")
    it.at("2026-07-20 09:00").act("answer", Party.SUPPORTER, ROADS)
    assert it.clock("answer", ROADS)["state"] == "met"
    it.sweep_at("2026-07-21 08:30")
    it.by_lead("report")
    it.sweep_at("2026-07-22 08:30")
    it.sweep_at("2026-07-24 08:30")
    late = [(n["colour"], n["owner"], local(n["issued_at"])) for n in it.json["notices"] if n["clock"] == "answer"]
    assert late == [
        ("blue", PLANNING, "Tue 2026-07-21 08:30"),
        ("yellow", PLANNING, "Wed 2026-07-22 08:30"),
        ("red", PLANNING, "Fri 2026-07-24 08:30"),
    ]
    assert it.json["rung"] == 3

    # 27 July: five more days are asked for and signed; on the 28th the desk's head refuses.
    it.at("2026-07-27 10:00").by_lead("ask_extension", date="2026-08-06").decide()
    it.at("2026-07-28 09:00").decide("refuse")
    assert it.approvals() == [("extension", "refused")]
    assert (it.due("close"), it.json["status"]) == ("Thu 2026-07-30 17:30", "in_progress")

    # 30 July: partly solved, signed by the head.
    it.at("2026-07-30 11:00").by_lead("reply", outcome="partial", document="鸳供电〔2026〕8号")
    assert it.json["status"] == "in_progress"
    it.at("2026-07-30 15:00").decide()
    case = it.json
    assert (case["status"], case["outcome"]) == ("replied", "partial")
    assert it.clock("close")["state"] == "met"
    assert it.due("follow_up") == "Mon 2026-08-03 17:30"
    assert it.told("reply_to_confirm") == [FIRM]

    # Not solved: round 2, one rung up, five working days.
    it.at("2026-07-31 09:00").by_firm("dispute")
    case = it.json
    assert (case["status"], case["rung"], case["round"], case["cycle"]) == ("in_progress", 4, 2, 1)
    assert it.due("close") == local(case["due"]) == "Fri 2026-08-07 17:30"
    assert local(case["original_due"]) == "Thu 2026-07-30 17:30"

    # A consultation names a corridor; the lead replies solved, its head signs; the plant confirms with two ratings.
    it.by_head("call_consultation", date="2026-08-03")
    it.at("2026-08-03 16:00").by_head("conclude", duties=f"{ROADS};出具廊道路由;2026-08-05")
    it.at("2026-08-05 10:00").act("fulfil", Party.DUTY_UNIT, ROADS)
    it.at("2026-08-06 10:00").replied(outcome="resolved")
    it.at("2026-08-07 09:00").by_firm("confirm", result="5", attitude="4")
    case = it.json
    assert (case["status"], case["outcome"], case["round"], case["rung"]) == ("closed", "resolved", 2, 4)
    assert case["ratings"] == {"result": 5, "attitude": 4}
    assert it.open_clocks() == set()

    # Everything above is in its history, each line with a person and a rule.
    lines = [e["action"] for e in it.events()]
    for line in ("reported", "dispatch", "contact", "answer", "notice", "ask_extension", "approve", "refuse", "reply", "replied",
                 "dispute", "redo", "climbed", "call_consultation", "conclude", "fulfil", "confirm", "closed"):  # fmt: skip
        assert line in lines
    assert all(e["actor"]["party"] and e["policy"] for e in it.events())
    assert [e["seq"] for e in it.events()] == list(range(1, len(lines) + 1))


@pytest.mark.sqlite
def test_nobody_else_but_the_plant_has_the_last_word(office: Office) -> None:
    """After the reply neither the lead nor its head closes the case."""
    it = report(office).replied()
    for party in (Party.LEAD, Party.UNIT_HEAD, Party.SUPPORTER):
        assert it.refused("confirm", party).code == "not_by_you"
