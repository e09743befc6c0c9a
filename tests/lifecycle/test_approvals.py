"""Decisions that named persons take: who is asked, what a link may decide, what lapses, and what happens when nobody decides."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.case import Actor
from domain.lifecycle import Party
from domain.policy import Role
from models import case as tables
from services.office import Office
from tests.builders import Difficulty, holder, report


def open_step(it: Difficulty, kind: str) -> int:
    """The open step of an open approval."""
    step = it.approver(kind).step
    assert step
    return step


# -- who decides -------------------------------------------------------------------------------------------------------------------


def test_one_after_the_other_is_asked(office: Office) -> None:
    """The unit's head first; the desk's head only when the unit's head has signed."""
    it = report(office).by_lead("ask_extension")
    assert it.approver().account == holder(office, Role.UNIT_HEAD, "D08")
    assert len(it.told("approval_asked")) == 1
    it.decide()
    assert it.approver().account == "R05"
    assert len(it.told("approval_asked")) == 2


def test_a_link_to_decide_is_for_one_step_of_one_approval(office: Office) -> None:
    """Extension and suspension asked at once: the desk head's link is for the suspension, not for the unit head's signature."""
    it = report(office).by_lead("ask_extension").by_lead("ask_suspension")
    grants = [grant["step"] for grant in it.granted("approval_asked") if grant]
    assert grants == [open_step(it, "extension"), open_step(it, "suspension")]
    assert len(set(grants)) == 2


def test_a_step_that_is_not_open_decides_nothing(office: Office) -> None:
    """Used once, or never asked, or without naming a step: nothing to decide."""
    it = report(office).by_lead("ask_extension")
    used = it.approver()
    it.decide()
    for actor in (used, replace(used, step=0), replace(used, step=None)):
        assert it.refused("approve", actor).code == "nothing_to_decide"
        assert it.refused("refuse", actor).code == "nothing_to_decide"


def test_a_refusal_needs_a_reason_and_ends_the_approval(office: Office) -> None:
    """The asker is told; the status stands."""
    it = report(office).by_lead("reply")
    assert it.refused("refuse", it.approver(), reason="").facts["field"] == "reason"
    it.decide("refuse")
    assert (it.status, it.approvals()) == ("in_progress", [("sign_off", "refused")])
    assert [f["decision"]["en"] for f in it.told_facts("approval_decided")] == ["Refused"]
    assert it.replied().status == "replied"


def test_nobody_decides_what_they_asked(office: Office) -> None:
    """The same account, or somebody in its place, is refused; it is not even asked."""
    it = report(office)
    head = holder(office, Role.UNIT_HEAD, "D08")
    assert it.attempt("ask_extension", Actor(Party.LEAD, "link", account=head, unit="D08")).done
    asked = it.approver()
    assert asked.account == "R05"
    assert it.refused("approve", replace(asked, account=head)).code == "self_approval"
    assert it.refused("approve", replace(asked, account="L08", principal=head)).code == "self_approval"
    it.decide()
    assert it.approvals() == [("extension", "open")]


def test_one_of_a_kind_is_open_at_a_time(office: Office) -> None:
    """A second of the same kind is refused, one of another is not."""
    it = report(office).by_lead("ask_extension").by_lead("ask_suspension").by_lead("reply").by_head("track")
    for action in ("ask_extension", "ask_suspension", "reply"):
        assert it.refused(action, Party.LEAD).code == "approval_open"
    assert it.refused("track", Party.DESK_HEAD).code == "approval_open"


# -- lapsing -----------------------------------------------------------------------------------------------------------------------


def test_open_approvals_lapse_when_the_status_changes(office: Office) -> None:
    """Recorded, and each asker told: the unit for its extension, the desk's head for the tracking."""
    it = report(office).by_lead("ask_extension").by_head("track").by_head("call_consultation")
    assert it.approvals() == [("extension", "lapsed"), ("tracking", "lapsed")]
    assert len(it.events("approval_lapsed")) == 2
    assert "approval_step" not in it.open_clocks()
    told = it.told("approval_decided")
    assert len(told) == 2
    assert len(set(told)) == 2
    assert it.refused("approve", it.approver()).code == "nothing_to_decide"


def test_open_approvals_lapse_when_the_lead_changes(office: Office) -> None:
    """The status is the same, the lead another."""
    it = report(office).by_lead("reply").by_head("reassign")
    assert (it.status, it.approvals()) == ("in_progress", [("sign_off", "lapsed")])


def test_an_approval_granted_lets_the_others_lapse(office: Office) -> None:
    """The reply is signed: nobody extends it any more."""
    it = report(office).by_lead("ask_extension").by_lead("reply").decide(kind="sign_off")
    assert it.approvals() == [("extension", "lapsed"), ("sign_off", "granted")]


def test_what_does_not_change_status_or_lead_lets_nothing_lapse(office: Office) -> None:
    """A contact, an appeal, an instruction."""
    it = report(office).by_lead("reply").by_lead("contact").by_firm("appeal").act("instruct", Party.CHIEF)
    assert it.approvals() == [("sign_off", "open")]


# -- undecided -----------------------------------------------------------------------------------------------------------------------


def test_a_sign_off_undecided_goes_up_the_ladder(office: Office) -> None:
    """Each has a working day: the unit's head, the desk's head, the deputy chief, the chief; there it stays."""
    it = report(office).by_lead("reply")
    for moment, account in (
        ("07-17 17:30", "R05"),
        ("07-20 17:30", "R02"),
        ("07-21 17:30", "R01"),
        ("07-24 17:30", "R01"),
    ):
        it.sweep_at(f"2026-{moment}")
        assert it.approver().account == account
    assert it.approvals() == [("sign_off", "open")]
    assert it.decide().status == "replied"


@pytest.mark.parametrize(("action", "party"), [("ask_suspension", Party.LEAD), ("track", Party.DESK_HEAD)])
def test_suspension_and_tracking_undecided_are_refused(office: Office, action: str, party: Party) -> None:
    """At the limit of a working day."""
    it = report(office).act(action, party)
    it.sweep_at("2026-07-17 17:29")
    assert it.approvals()[0][1] == "open"
    it.sweep_at("2026-07-17 17:31")
    assert (it.approvals()[0][1], it.status) == ("refused", "in_progress")
    assert len(it.told("approval_decided")) == 1


def test_an_extension_undecided_is_refused_when_close_falls_due(office: Office) -> None:
    """Not at its own limit, and without any other clock having to act; the approver is noticed meanwhile."""
    it = report(office).by_lead("contact").by_lead("report").by_lead("ask_extension").decide()
    it.sweep_at("2026-07-30 17:29")
    assert it.approvals() == [("extension", "open")]
    assert [n["colour"] for n in it.json["notices"] if n["clock"] == "approval_step"] == ["red"]
    it.sweep_at("2026-07-30 17:30")
    assert (it.approvals(), it.due("close")) == ([("extension", "refused")], "Thu 2026-07-30 17:30")
    assert [f["decision"]["en"] for f in it.told_facts("approval_decided")] == ["Refused"]


def test_an_extension_is_not_granted_after_the_closing_day(office: Office) -> None:
    """Also before the sweep has come."""
    it = report(office).by_lead("ask_extension").decide().at("2026-07-30 17:31")
    assert it.refused("approve", it.approver()).code == "too_late"


def test_a_dispute_undecided_goes_up_to_the_chief(office: Office) -> None:
    """The case stays replied and is held by somebody all the time."""
    it = report(office)
    for _ in range(3):
        it.replied().by_firm("dispute")
    it.sweep_at("2026-07-17 17:31")
    assert (it.approver().account, it.status, it.open_clocks()) == ("R01", "replied", {"approval_step"})


def test_a_reply_awaiting_its_sign_off_does_not_stop_close(office: Office) -> None:
    """Yellow comes; it belongs to the approvers who let their limits pass."""
    it = report(office).at("2026-07-28 10:00").by_lead("reply")
    it.sweep_at("2026-07-29 17:30")
    it.sweep_at("2026-07-31 08:30")
    [yellow] = [n for n in it.json["notices"] if n["clock"] == "close" and n["colour"] == "yellow"]
    # The unit head and the desk head let it pass: it is with the deputy chief.
    assert yellow["owner"] == "O03"
    assert it.decide().clock("close")["state"] == "met"


def test_who_decided_is_on_record(office: Office) -> None:
    """Account, moment and reason, with the step."""
    it = report(office).by_lead("reply").at("2026-07-16 11:00").decide("refuse", reason="请补充图纸")
    with office.reading() as session:
        [step] = session.query(tables.ApprovalStep).join(tables.Approval, tables.Approval.id == tables.ApprovalStep.approval_id).filter(
            tables.Approval.case_id == it.id)  # fmt: skip
        assert (step.state, step.decided_by, step.reason) == (
            "refused",
            holder(office, Role.UNIT_HEAD, "D08"),
            "请补充图纸",
        )
        assert step.decided_at == office.now()
