"""Factor requests against bad input, at once, replayed from their events, and as the demo district's register says."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from models.case import Case, Event
from models.factor import FactorGrant, FactorRequest, FactorStage
from services.audit import verify
from services.case_view import case_json
from services.desk import StepResult
from services.directory_file import load_seed
from services.factor_rows import FactorsFile
from services.factor_view import factor_json
from services.guarantees import advance, request
from services.office import Office, open_office
from services.outbox import owed
from services.page_types import Done
from services.pages import act
from services.seed import DEMO, seed
from tests.mailroom import Mail, deliver_all

LAND: dict[str, Any] = {
    "type": "land", "item": "工业用地供应", "quantity": "118", "unit": "亩", "needed_by": "2027-06-30", "project": "P07"
}  # fmt: skip


def counts(office: Office) -> tuple[int, ...]:
    """How much is stored."""
    tables = (Case, FactorRequest, FactorStage, FactorGrant, Event)
    with office.reading() as session:
        return tuple(session.scalar(select(func.count()).select_from(table)) or 0 for table in tables)


def opened(office: Office, **changed: object) -> str:
    """A land request's code."""
    said = request(office, LAND | changed, f"open-{len(changed)}-{counts(office)[0]}")
    assert said.done, said.message
    return said.case


_commands = iter(range(10**6))


def desk(office: Office, code: str, step: str, **fields: object) -> StepResult:
    """One step of the desk."""
    [result] = advance(office, step, [code], fields, f"desk-{next(_commands)}")
    return result


def state(office: Office, code: str) -> dict[str, Any]:
    """The request as machines see it."""
    found = factor_json(office, code)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("changed", "field", "word"),
    [
        ({"unit": "kVA"}, "unit", "cannot be converted"), ({"type": "power", "unit": "亩"}, "unit", "cannot be converted"),
        ({"unit": "acre"}, "unit", "not a known unit"), ({"quantity": "-82"}, "quantity", "above zero"),
        ({"quantity": "0"}, "quantity", "above zero"), ({"quantity": "99999999"}, "quantity", "largest"),
        ({"quantity": "1e3"}, "quantity", "digits"), ({"quantity": ""}, "quantity", "missing"), ({"type": "moonlight"}, "type", "land"),
        ({"type": ""}, "type", "missing"), ({"item": " "}, "item", "missing"), ({"project": "P99"}, "project", "no project"),
        ({"project": ""}, "project", "missing"), ({"needed_by": "2026-07-15"}, "needed_by", "passed"),
        ({"needed_by": "2060-01-01"}, "needed_by", "years ahead"), ({"needed_by": "tomorrow"}, "needed_by", "YYYY-MM-DD"),
        ({"needed_by": ""}, "needed_by", "missing"), ({"difficulty": "DIF-1999-0001"}, "difficulty", "no difficulty"),
        ({"lead": "D99"}, "lead", "D99"), ({"type": "power", "unit": "", "attributes": "supply=triple"}, "attributes", "dual"),
        ({"attributes": "colour=red"}, "attributes", "colour"), ({"type": "labour", "unit": "人", "quantity": "1.5"}, "quantity", "whole"),
    ],
)  # fmt: skip
def test_a_request_that_cannot_be_is_refused_and_nothing_is_stored(
    office: Office, changed: dict[str, object], field: str, word: str
) -> None:
    """Each mistake names its field and what to write; no code is used up."""
    before = counts(office)
    said = request(office, LAND | changed, "run-1")
    assert not said.done
    assert f"Field {field}" in said.message
    assert word in said.message
    assert counts(office) == before
    assert opened(office) == "FAC-2026-0001"


@pytest.mark.parametrize(
    ("step", "fields", "field", "word"),
    [
        ("grant", {"quantity": "119", "document": "x"}, "quantity", "above the gap"),
        ("grant", {"quantity": "-1", "document": "x"}, "quantity", "above zero"),
        ("grant", {"quantity": "1", "document": ""}, "document", "missing"),
        ("grant", {"quantity": "1", "document": "x", "date": "2026-07-01"}, "date", "before the request"),
        ("grant", {"quantity": "1", "document": "x", "date": "2026-08-01"}, "date", "future"),
        ("grant", {"quantity": "1", "measure": "kVA", "document": "x"}, "measure", "cannot be converted"),
        ("grant", {"quantity": "1000", "measure": "m2", "document": "used"}, "document", "another grant"),
        ("grant", {"quantity": "1", "document": "浙土字 [2026] 1号"}, "document", "another grant"),
        ("pass_stage", {}, "document", "missing"),
        ("pass_stage", {"document": "x", "stage": "listing"}, "stage", "waiting"),
        ("pass_stage", {"document": "x", "stage": "nonsense"}, "stage", "no stage"),
        ("reject_stage", {"document": "x", "reason": "y"}, "basis", "missing"),
        ("draw", {"grant": "nowhere", "quantity": "1"}, "grant", "no grant"),
        ("renew", {"grant": "used", "document": "y", "expires": "2027-01-01"}, "grant", "no last day"),
        ("defer", {"date": "2026-12-01", "reason": "y"}, "date", "not after"),
        ("draw", {"grant": "used", "quantity": "11"}, "quantity", "above the 10"),
    ],
)  # fmt: skip
def test_a_step_that_cannot_be_is_refused_and_changes_nothing(
    office: Office, step: str, fields: dict[str, object], field: str, word: str
) -> None:
    """Above the gap, before the request, in another kind of unit, under a number that another request of the type bears."""
    other = opened(office)
    assert desk(office, other, "grant", quantity="5", document="浙土字〔2026〕1号").done
    code = opened(office, item="二期")
    assert desk(office, code, "grant", quantity="10", document="used").done
    before, stood = counts(office), state(office, code)
    result = desk(office, code, step, **fields)
    assert not result.done
    assert f"Field {field}" in result.message
    assert word in result.message
    assert (counts(office), state(office, code)) == (before, stood)


def test_one_number_may_serve_another_type(office: Office) -> None:
    """A number is used once within a type."""
    assert desk(office, opened(office), "grant", quantity="5", document="1号").done
    power = opened(office, type="power", unit="kVA", project="P02")
    assert desk(office, power, "grant", quantity="5", document="1号").done


def test_what_is_for_difficulties_is_refused_for_a_request_and_the_other_way(office: Office) -> None:
    """Each kind of case has its own steps, and the refusal names what is possible."""
    code = opened(office)
    assert not desk(office, code, "dispatch", lead="D03").done
    assert "nothing" not in desk(office, code, "review", text="x").message.split(".")[0]
    assert not desk(office, code, "reopen_stage", reason="x").done
    assert not desk(office, code, "unblock").done


def test_blocked_deferred_and_withdrawn(office: Office, at: Callable[[str], datetime]) -> None:
    """What holds a request up is a fact of its own; deferred, its day moves and the first one stays; withdrawn, it is closed."""
    code = opened(office)
    assert desk(office, code, "block", reason="廊道未定").done
    assert state(office, code)["status"] == "blocked"
    assert desk(office, code, "unblock").done
    assert desk(office, code, "defer", date="2028-03-31", reason="列入明年计划").done
    deferred = state(office, code)
    assert (deferred["status"], deferred["needed_by"]) == ("deferred", "2027-06-30")
    [clock] = [c for c in deferred["clocks"] if c["kind"] == "needed_by"]
    assert (clock["due"][:10], clock["original_due"][:10]) == ("2028-03-31", "2027-06-30")
    assert not desk(office, code, "withdraw").done
    assert desk(office, code, "withdraw", spoken_for="王经理,电话").done
    gone = state(office, code)
    assert (gone["status"], gone["light"], gone["case_status"]) == ("withdrawn", "closed", "closed")
    assert not [s for s in gone["stages"] if s["state"] in ("open", "returned")]
    assert not [c for c in gone["clocks"] if c["state"] in ("running", "paused")]


def replayed(
    events: list[dict[str, Any]], stages: list[str]
) -> tuple[dict[str, tuple[str, str, str | None]], dict[str, str]]:
    """Ledger and chain as the history tells them: document → (quantity, drawn, expires), stage → state."""
    ledger: dict[str, tuple[str, str, str | None]] = {}
    chain = dict.fromkeys(stages, "waiting")
    granted_at: dict[str, str] = {}
    names = {
        "pass_stage": "done",
        "reject_stage": "rejected",
        "skip_stage": "skipped",
        "stage_opened": "open",
        "stage_closed": "waiting",
    }
    for event in events:
        facts, action = event["facts"], event["action"]
        document = str(facts.get("document"))
        match action:
            case "grant":
                ledger[document] = (facts["quantity"], "0", facts.get("expires"))
                granted_at[document] = facts["stage"]
            case "draw":
                ledger[document] = (ledger[document][0], facts["drawn"], ledger[document][2])
            case "renew":
                ledger[document] = (*ledger[document][:2], facts["expires"])
            case "hand_back":
                chain[facts["subject"]] = "returned"
            case "supplement" | "resubmit":
                chain = {k: "open" if v == "returned" else v for k, v in chain.items()}
            case _ if action in names:
                chain[facts["stage"]] = names[action]
    return ledger, chain


def test_the_history_gives_the_same_state(office: Office) -> None:
    """Nothing of ledger and chain stands in the tables that its events do not say."""
    code = opened(office)
    steps: list[tuple[str, dict[str, object]]] = [
        ("grant", {"quantity": "30", "document": "1号", "expires": "2026-12-31"}), ("draw", {"grant": "1号", "quantity": "10"}),
        ("pass_stage", {"document": "a"}), ("return_stage", {"reason": "缺图"}), ("resubmit", {"text": "已补"}),
        ("pass_stage", {"document": "b", "quantity": "2", "measure": "ha"}), ("pass_stage", {"document": "c", "stage": "balance"}),
        ("reject_stage", {"document": "d", "stage": "quota", "reason": "无指标", "basis": "年度计划"}),
        ("reopen_stage", {"stage": "quota", "reason": "已追加"}), ("skip_stage", {"stage": "quota", "reason": "不占指标"}),
        ("renew", {"grant": "1号", "document": "续1号", "expires": "2027-12-31"}), ("return_stage", {"reason": "缺图"}),
        ("reopen_stage", {"stage": "plan_check", "reason": "规划调整"}),
    ]  # fmt: skip
    for step, fields in steps:
        result = desk(office, code, step, **fields)
        assert result.done, (step, result.message)
        now = state(office, code)
        ledger, chain = replayed(now["events"], [s["code"] for s in now["stages"]])
        assert chain == {s["code"]: s["state"] for s in now["stages"]}, step
        assert ledger == {
            g["document"]: (str(g["quantity"]), str(g["drawn"]), g["expires_on"]) for g in now["grants"]
        }, step
        assert now["granted"] + now["gap"] == now["requested"]
    assert verify(office).findings == ()


def together(*calls: Callable[[], object]) -> list[object]:
    """What calls that start at the same moment come to."""
    gate, results = threading.Barrier(len(calls)), [None] * len(calls)

    def run(place: int, call: Callable[[], object]) -> None:
        gate.wait()
        results[place] = call()  # type: ignore[call-overload]  # a list of objects

    threads = [threading.Thread(target=run, args=(n, call)) for n, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return list(results)


def token(mail: Mail) -> str:
    """The personal link's token in a mail."""
    return next(link for link in mail.links if "/act/" in link).rsplit("/", 1)[1]


def test_of_two_grants_at_once_one_wins_and_the_other_is_told(office: Office) -> None:
    """Together they would be above the request: the second is refused with the gap that is left."""
    code = opened(office)
    second = open_office(office.settings)
    second.fixed = office.fixed
    done = together(
        lambda: desk(office, code, "grant", quantity="100", document="1号"), lambda: desk(second, code, "grant", quantity="100", document="2号")
    )  # fmt: skip
    second.close()
    results = [r for r in done if isinstance(r, StepResult)]
    assert sorted(r.done for r in results) == [False, True]
    assert "above the gap of 18" in next(r.message for r in results if not r.done)
    assert state(office, code)["granted"] == 100


def test_of_two_requests_that_use_one_number_at_once_one_wins(office: Office) -> None:
    """The number serves one grant of the type, whichever request comes first."""
    codes = [opened(office), opened(office, item="二期")]
    second = open_office(office.settings)
    second.fixed = office.fixed
    done = together(
        lambda: desk(office, codes[0], "grant", quantity="1", document="同号"), lambda: desk(second, codes[1], "grant", quantity="1", document="同号")
    )  # fmt: skip
    second.close()
    assert sorted(r.done for r in done if isinstance(r, StepResult)) == [False, True]


def test_of_two_decisions_at_once_one_counts(office: Office) -> None:
    """The same link used twice at the same moment passes one stage, not two."""
    code = opened(office)
    [link] = [token(m) for m in deliver_all(office) if m.message == "approval_asked"]
    second = open_office(office.settings)
    second.fixed = office.fixed
    done = together(lambda: act(office, link, "pass_stage", {}), lambda: act(second, link, "pass_stage", {}))
    second.close()
    assert sorted(d.done for d in done if isinstance(d, Done)) == [False, True]
    assert [s["state"] for s in state(office, code)["stages"]][:3] == ["done", "open", "waiting"]


# -- the demo district -------------------------------------------------------------------------------------------------


@pytest.fixture
def taken_over(office: Office, at: Callable[[str], datetime]) -> Office:
    """The demo office on its Thursday at nine, with both registers."""
    at("2026-07-16 09:00")
    done = seed(office, [DEMO / "difficulties.yaml", DEMO / "factors.yaml"])
    assert (done.cases, done.factors) == (51, 20)
    return office


def test_the_registers_requests_stand_as_it_says(taken_over: Office) -> None:
    """Status, granted, gap, stage, lead and difficulty of all twenty; no mail is owed; seeding again changes nothing."""
    file = load_seed(DEMO / "factors.yaml")
    assert isinstance(file, FactorsFile)
    for row in file.factors:
        found = state(taken_over, row.code)
        got = (
            found["status"],
            str(found["granted"]),
            str(found["gap"]),
            found["stage"],
            found["lead"],
            found["difficulty"],
        )
        assert got == (row.sample.status, row.sample.granted, row.sample.gap, row.stage, row.lead, row.difficulty), (
            row.code
        )
    assert state(taken_over, "FAC-2026-0003")["drawn"] == 12000
    assert not owed(taken_over)
    assert seed(taken_over, [DEMO / "factors.yaml"]).factors == 0
    assert opened(taken_over) == "FAC-2026-0021"
    assert case_json(taken_over, "FAC-2026-0019") is not None
