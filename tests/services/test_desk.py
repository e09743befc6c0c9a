"""The desk's commands: done once, refused in words, and what an enterprise says is recorded with its speaker."""

from __future__ import annotations

from services.case_view import case_json
from services.desk import accept_reports, coordinate, register, step_choices
from services.form import submit_form
from services.office import Office
from services.receiver import receive_waiting
from tests.mailroom import deliver_all

BY_PHONE = {
    "enterprise": {"name": "禾城湖粲钠能有限公司", "contact": "项目联络员", "phone": "0573-80000000", "email": "p02@example.com"},
    "project": "P02", "category": "unclear", "severity": 2, "title": "道路开口审批卡住", "detail": "电话反映",
}  # fmt: skip

DISPATCH = {"lead": "D14", "supporters": ["D10"], "case_class": "complex"}


def test_a_report_by_phone_is_registered_once(office: Office) -> None:
    """The same command again returns the same case."""
    first, again = register(office, BY_PHONE, "run-1"), register(office, BY_PHONE, "run-1")
    assert first.done
    assert first == again
    assert first.case == "DIF-2026-0001"
    case = case_json(office, first.case)
    assert case is not None
    assert case["events"][0]["actor"] == {"party": "clerk", "channel": "prefect", "asserted": True}


def test_a_report_without_a_title_is_refused_by_name(office: Office) -> None:
    """Nothing is stored, and the field is named."""
    result = register(office, BY_PHONE | {"title": ""}, "run-1")
    assert (result.done, "title" in result.message) == (False, True)
    assert case_json(office, "DIF-2026-0001") is None


def test_a_step_is_taken_on_each_case_and_a_refusal_stops_no_other(office: Office) -> None:
    """One dispatched, one refused with what is allowed, one unknown."""
    codes = [register(office, BY_PHONE | {"title": t}, t).case for t in ("a", "b")]
    coordinate(office, "dispatch", codes[:1], DISPATCH, "run-1")
    results = {r.case: r for r in coordinate(office, "dispatch", [*codes, "DIF-1999-0001"], DISPATCH, "run-2")}
    assert [results[c].done for c in (*codes, "DIF-1999-0001")] == [False, True, False]
    assert "Allowed now" in results[codes[0]].message
    assert "check the code" in results["DIF-1999-0001"].message
    case = case_json(office, codes[1])
    assert case is not None
    assert (case["lead"], case["supporters"], case["class"], case["rung"]) == ("D14", ["D10"], "complex", 3)


def test_a_command_repeated_returns_its_result_and_does_nothing(office: Office) -> None:
    """A run that a dead worker left behind is asked for again under its id."""
    code = register(office, BY_PHONE, "run-0").case
    first = coordinate(office, "dispatch", [code], DISPATCH, "run-1")
    before = case_json(office, code)
    assert coordinate(office, "dispatch", [code], DISPATCH, "run-1") == first
    assert case_json(office, code) == before
    assert first[0].done


def test_unknown_units_and_missing_fields_are_named(office: Office) -> None:
    """Each mistake names the field."""
    code = register(office, BY_PHONE, "run-0").case
    for n, (fields, word) in enumerate([({"lead": "D99", "case_class": "complex"}, "D99"), ({"lead": "D14"}, "case_class"),
                                        ({"lead": "D14", "case_class": "tracking"}, "tracking")]):  # fmt: skip
        [result] = coordinate(office, "dispatch", [code], fields, f"run-{n + 1}")
        assert not result.done
        assert word in result.message
    case = case_json(office, code)
    assert case is not None
    assert [e["action"] for e in case["events"]] == ["reported"]


def test_what_an_enterprise_says_needs_its_speaker_and_is_told_to_it(office: Office) -> None:
    """A clerk records an appeal for the enterprise; without naming who spoke it is refused."""
    code = register(office, BY_PHONE, "run-0").case
    coordinate(office, "dispatch", [code], DISPATCH, "run-1")
    deliver_all(office)
    [refused] = coordinate(office, "appeal", [code], {"reason": "太慢"}, "run-2")
    assert not refused.done
    assert coordinate(office, "appeal", [code], {"reason": "太慢", "spoken_for": "王先生,电话"}, "run-3")[0].done
    case = case_json(office, code)
    assert case is not None
    assert case["rung"] == 4
    assert next(e for e in case["events"] if e["action"] == "appeal")["actor"]["spoken_for"] == "王先生,电话"
    assert "p02@example.com" in {m.to for m in deliver_all(office) if m.message == "enterprise_update"}


def test_what_is_not_the_desks_is_refused(office: Office) -> None:
    """An officer's and a leader's steps are not offered to the desk."""
    code = register(office, BY_PHONE, "run-0").case
    offered = {name for name, _ in step_choices(office).steps}
    for n, step in enumerate(
        ("reply", "sign_for", "approve", "instruct", "ask_extension", "no_response", "lapse", "nonsense")
    ):
        assert step not in offered
        assert not coordinate(office, step, [code], {"text": "x"}, f"run-{n + 1}")[0].done


def test_a_clerk_accepts_a_report_that_nobody_confirmed(office: Office) -> None:
    """By its receipt; a second time it no longer waits."""
    form = {
        "enterprise": "新客",
        "email": "new@example.com",
        "title": "缺电",
        "category": "power",
        "severity": "1",
        "nonce": "1",
    }
    receipt = submit_form(office, form, "zh").receipt
    assert accept_reports(office, [receipt, "R-NONE"], "run-1")[0].done
    assert not accept_reports(office, [receipt], "run-2")[0].done
    assert len(receive_waiting(office).cases) == 1
