"""The engine of approvals: who is asked, one after the other or side by side, and when a decision is reached.

Pure: it looks at steps and says what they come to. Opening clocks and owing mails is `domain.effects_approval`.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from domain.case import Approval, ApprovalStep, Case
from domain.clocks import Clock
from domain.lifecycle import ApprovalKind
from domain.policy import Role

UNIT_ROLES = frozenset({Role.LIAISON, Role.UNIT_HEAD, Role.AREA_OFFICER})
"""Roles that somebody holds for a unit."""

UNDECIDED = frozenset({"waiting", "open", "returned"})


class Verdict(StrEnum):
    """What an approval has come to."""

    OPEN = "open"
    GRANTED = "granted"
    REFUSED = "refused"


def in_turn(roles: Sequence[Role], unit: str | None) -> tuple[list[ApprovalStep], dict[int, int]]:
    """Steps asked one after the other."""
    return [ApprovalStep(n, role, _unit(role, unit), group=n) for n, role in enumerate(roles, 1)], {}


def side_by_side(roles: Sequence[Role], unit: str | None, needed: int) -> tuple[list[ApprovalStep], dict[int, int]]:
    """Steps asked at the same time, of which `needed` have to agree."""
    return [ApprovalStep(n, role, _unit(role, unit)) for n, role in enumerate(roles, 1)], {1: needed}


def _unit(role: Role, unit: str | None) -> str | None:
    return unit if role in UNIT_ROLES else None


def group_verdict(approval: Approval, group: int) -> Verdict:
    """What a group has come to. A step that was passed up counts for nothing: its successor stands in the same group."""
    steps = [step for step in approval.steps if step.group == group and step.state != "passed_up"]
    needed = approval.needs.get(group, len(steps))
    agreed = sum(1 for step in steps if step.state == "granted")
    undecided = sum(1 for step in steps if step.state in UNDECIDED)
    if agreed >= needed:
        return Verdict.GRANTED
    return Verdict.OPEN if agreed + undecided >= needed else Verdict.REFUSED


def verdict(approval: Approval) -> Verdict:
    """What the approval has come to: granted when every group is, refused as soon as one can no longer be."""
    found = [group_verdict(approval, group) for group in sorted({step.group for step in approval.steps})]
    if Verdict.REFUSED in found:
        return Verdict.REFUSED
    return Verdict.GRANTED if all(one is Verdict.GRANTED for one in found) else Verdict.OPEN


def to_open(approval: Approval) -> list[ApprovalStep]:
    """The waiting steps that are to be asked now: those of the first group that has not agreed yet."""
    for group in sorted({step.group for step in approval.steps}):
        if group_verdict(approval, group) is not Verdict.GRANTED:
            return [step for step in approval.steps if step.group == group and step.state == "waiting"]
    return []


def decides(approval: Approval, step: ApprovalStep) -> bool:
    """Whether a yes at this step would grant the whole approval."""
    before = step.state
    step.state = "granted"
    try:
        return verdict(approval) is Verdict.GRANTED
    finally:
        step.state = before


# -- the clock of a step ------------------------------------------------------------------------------------------------


def clock_kind(approval: Approval) -> str:
    """Which clock an approval's steps have: a stage has one for its whole decision, other approvals one for each step."""
    return "factor_stage" if approval.kind is ApprovalKind.STAGE else "approval_step"


def clock_subject(approval: Approval, step: ApprovalStep) -> str:
    """The subject of a step's clock: the stage's code; else the kind, with the step's number where several run at once."""
    if approval.kind is ApprovalKind.STAGE:
        return approval.subject
    alone = sum(1 for other in approval.steps if other.group == step.group and other.state != "passed_up") == 1
    return approval.kind.value if alone else f"{approval.kind.value}#{step.seq}"


def clock_of(case: Case, approval: Approval, step: ApprovalStep) -> Clock | None:
    """The open clock of a step, if it has one."""
    return case.open_clock(clock_kind(approval), clock_subject(approval, step))


def step_of(case: Case, clock: Clock) -> tuple[Approval, ApprovalStep] | None:
    """The approval and the undecided step that a clock belongs to, if any."""
    for approval in case.approvals:
        if approval.state != "open" or clock_kind(approval) != clock.kind:
            continue
        for step in approval.steps:
            if step.state in ("open", "returned") and clock_subject(approval, step) == clock.subject:
                return approval, step
    return None
