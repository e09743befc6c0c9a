"""What the enterprise does, and what the clock does when it is silent."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.case import Actor
from domain.lifecycle import Party
from services.office import Office
from tests.builders import LEAD, ROADS, report, unrouted

OTHER_FIRM = {"name": "另一家企业", "contact": "办公室", "email": "other@example.com"}


def test_a_supplement_is_told_to_the_lead(office: Office) -> None:
    """The status stays."""
    it = report(office)
    assert it.refused("supplement", Party.ENTERPRISE, text="").facts["field"] == "text"
    it.by_firm("supplement")
    assert (it.status, len(it.told("case_update"))) == ("in_progress", 1)


@pytest.mark.parametrize("party", [Party.ENTERPRISE, Party.COMMISSIONER])
def test_a_supplement_ends_the_wait_for_the_enterprise(office: Office, party: Party) -> None:
    """In progress again; what was waited does not count."""
    it = report(office).by_lead("ask_suspension", cause="awaiting_enterprise", date="2026-07-24").decide()
    it.at("2026-07-20 10:00").act("supplement", party)
    assert (it.status, it.due("close"), it.clock("awaiting_enterprise")["state"]) == (
        "in_progress",
        "Fri 2026-07-31 17:30",
        "met",
    )


def test_a_supplement_ends_no_other_suspension(office: Office) -> None:
    """A public notice goes on whatever the enterprise adds."""
    it = report(office).by_lead("ask_suspension").decide().by_firm("supplement")
    assert it.status == "suspended"
    assert {"resume", "suspension_review"} <= it.open_clocks()


# -- confirm, dispute ----------------------------------------------------------------------------------------------------------------


def test_confirmed_with_two_ratings_it_is_closed(office: Office) -> None:
    """Both, on the policy's scale."""
    it = report(office).replied()
    for fields, field in (
        ({"result": ""}, "result"),
        ({"attitude": ""}, "attitude"),
        ({"result": "0"}, "result"),
        ({"result": "fünf"}, "result"),
    ):
        assert it.refused("confirm", Party.ENTERPRISE, **fields).facts["field"] == field
    it.by_firm("confirm")
    assert (it.status, it.case.outcome, it.json["ratings"]) == ("closed", "resolved", {"result": 5, "attitude": 4})
    assert it.clock("follow_up")["state"] == "met"


@pytest.mark.parametrize(("rating", "status"), [("3", "closed"), ("2", "in_progress"), ("1", "in_progress")])
def test_a_result_at_or_below_the_policys_line_is_a_dispute(office: Office, rating: str, status: str) -> None:
    """The attitude alone disputes nothing."""
    assert report(office).replied().by_firm("confirm", result=rating, attitude="1").status == status


def test_a_dispute_is_a_redo_one_rung_up(office: Office) -> None:
    """Round 2, five working days, the closing clock anew; no plan, no interim report, no signature is asked again."""
    it = report(office).replied()
    assert it.refused("dispute", Party.ENTERPRISE, reason="").facts["field"] == "reason"
    it.at("2026-07-17 10:00").by_firm("dispute")
    case = it.case
    assert (case.status, case.round, case.cycle, case.rung, case.redos, case.outcome) == (
        "in_progress",
        2,
        1,
        4,
        1,
        None,
    )
    assert (it.due("close"), it.open_clocks()) == ("Fri 2026-07-24 17:30", {"close", "rung_stay"})
    assert it.due("rung_stay") == "Fri 2026-07-31 17:30"
    assert it.clock("close")["round"] == 2


def test_the_third_dispute_is_the_deputy_chiefs(office: Office) -> None:
    """Two redos climb once each; the third opens a decision: redo, or closed as a reasonable explanation, final."""
    it = report(office)
    for redo in (1, 2):
        it.replied().by_firm("dispute")
        assert (it.case.rung, it.case.round) == (3 + redo, 1 + redo)
    it.replied().by_firm("dispute")
    assert (it.status, it.case.rung, it.approvals()[-1], it.approver().account) == (
        "replied",
        5,
        ("dispute", "open"),
        "R02",
    )
    assert it.open_clocks() == {"approval_step"}
    for action, party in (
        ("dispute", Party.ENTERPRISE),
        ("confirm", Party.ENTERPRISE),
        ("record_follow_up", Party.CLERK),
    ):
        assert it.refused(action, party).code == "with_deputy"


@pytest.mark.parametrize(
    ("decision", "expected"),
    [("approve", ("in_progress", 4, 6, None)), ("refuse", ("closed", 3, 5, "reasonable_explanation"))],
)
def test_what_the_deputy_chief_decides(
    office: Office, decision: str, expected: tuple[str, int, int, str | None]
) -> None:
    """Granted: once more, one rung up. Refused: closed, and that is final."""
    it = report(office)
    for _ in range(3):
        it.replied().by_firm("dispute")
    it.decide(decision)
    assert (it.status, it.case.round, it.case.rung, it.case.outcome) == expected
    if it.status == "closed":
        assert it.refused("dispute", Party.ENTERPRISE).code == "final"


def test_a_closed_case_is_disputed_within_ten_working_days(office: Office) -> None:
    """Declined on the 16th: until the 30th of July, 17:30."""
    it = unrouted(office).by_head("decline").at("2026-07-30 17:31")
    refusal = it.refused("dispute", Party.ENTERPRISE)
    assert (refusal.code, "2026-07-30 17:30" in str(refusal)) == ("dispute_over", True)
    assert it.at("2026-07-30 17:30").by_firm("dispute").status == "new"


def test_a_rated_case_is_final(office: Office) -> None:
    """The enterprise said that it was solved."""
    assert report(office).replied().by_firm("confirm").refused("dispute", Party.ENTERPRISE).code == "final"


def test_a_promise_closed_unrated_is_disputed_and_never_comes_due(office: Office) -> None:
    """Its clock is met by the dispute; the third one waits for the deputy chief with no promise running behind."""
    it = report(office)
    for _ in range(2):
        it.replied().by_firm("dispute")
    it.replied(outcome="promised", date="2026-09-30")
    for _ in range(3):
        it.by_clerk("record_follow_up", answer="not_reached")
    it.sweep_at("2026-07-20 17:31")
    assert (it.status, "promised" in it.open_clocks()) == ("closed", True)
    it.by_firm("dispute")
    assert (it.status, it.open_clocks(), it.clock("promised")["state"]) == ("closed", {"approval_step"}, "met")
    it.decide("refuse")
    assert (it.case.outcome, it.open_clocks()) == ("reasonable_explanation", set())


# -- lapse ---------------------------------------------------------------------------------------------------------------------------


def test_a_case_lapses_only_after_three_recorded_attempts(office: Office) -> None:
    """Two are not enough however late it is; after the third it closes when its clock is due, unrated, its outcome as it was."""
    it = report(office).replied()
    for _ in range(2):
        it.by_clerk("record_follow_up", answer="not_reached")
    it.sweep_at("2026-08-20 10:00")
    assert it.status == "replied"
    assert it.refused("lapse", Party.CLOCK).code == "attempts"
    it.by_clerk("record_follow_up", answer="not_reached").sweep_at("2026-08-24 17:31")
    assert (it.status, it.case.outcome, it.json["ratings"]) == (
        "closed",
        "resolved",
        {"result": None, "attitude": None},
    )
    assert it.at("2026-08-25 10:00").by_firm("dispute").status == "in_progress"


# -- appeal, escalate ------------------------------------------------------------------------------------------------------------------


def test_an_enterprise_appeals_once_per_rung(office: Office) -> None:
    """Each appeal climbs to a rung where there is one more; the status stays."""
    it = report(office)
    assert it.refused("appeal", Party.ENTERPRISE, reason="").facts["field"] == "reason"
    for rung in (4, 5, 6, 7):
        it.by_firm("appeal")
        assert (it.case.rung, it.status) == (rung, "in_progress")
    it.by_firm("appeal")
    assert it.refused("appeal", Party.ENTERPRISE).code == "appealed"


def test_a_unit_head_escalates_once_per_rung(office: Office) -> None:
    """The head of a unit that has a part in the case; at the top a second time on the same rung is refused."""
    it = report(office)
    assert it.refused("escalate", Party.UNIT_HEAD, reason="").facts["field"] == "reason"
    assert it.refused("escalate", Party.UNIT_HEAD, "D07").code == "no_part"
    it.act("escalate", Party.UNIT_HEAD, LEAD)
    assert it.case.rung == 4
    for _ in range(4):
        it.act("escalate", Party.UNIT_HEAD, ROADS)
    assert it.case.rung == 7
    assert it.refused("escalate", Party.UNIT_HEAD, LEAD).code == "escalated"


# -- withdraw --------------------------------------------------------------------------------------------------------------------------


def test_withdrawn_by_its_only_reporter_it_is_closed(office: Office) -> None:
    """And final."""
    it = report(office).by_firm("withdraw")
    assert (it.status, it.case.outcome, it.open_clocks()) == ("closed", "withdrawn", set())
    assert it.refused("dispute", Party.ENTERPRISE).code == "final"


def test_of_several_reporters_only_one_leaves_and_the_next_becomes_principal(office: Office) -> None:
    """Whoever left does nothing here any more."""
    it = report(office)
    for name in ("甲", "乙"):
        report(office, enterprise=OTHER_FIRM | {"name": name, "email": f"{name}@example.com"}).by_clerk(
            "merge", target=it.code
        )
    first, second, third = it.case.reporters
    it.by_firm("withdraw")
    assert (it.status, it.case.reporters) == ("in_progress", (second, third))
    gone = Actor(Party.ENTERPRISE, "link", contact=first)
    assert it.refused("supplement", gone).code == "not_reporter"
    # The third is informed only; when it leaves, the principal stays the principal.
    assert it.attempt("withdraw", Actor(Party.ENTERPRISE, "link", contact=third)).done
    assert it.case.reporters == (second,)
    assert it.by_firm("withdraw").status == "closed"


def test_a_clerk_withdraws_for_the_principal_only(office: Office) -> None:
    """The others go on."""
    it = report(office)
    report(office, enterprise=OTHER_FIRM).by_clerk("merge", target=it.code)
    _, second = it.case.reporters
    assert it.attempt("withdraw", replace(Actor(Party.CLERK, "prefect", asserted=True), spoken_for="项目联络员")).done
    assert (it.status, it.case.reporters) == ("in_progress", (second,))
