"""Where the words of an event stand beside the history: mails and copies, approvals, clocks. What redaction can reach, it blanks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.case import Approval, ApprovalStep
from models.clock import Clock
from models.office import Outbox, OutboxState

REMOVED = "〔已删除 removed〕"
"""What stands in the place of words that were removed."""

SHORTEST = 4
"""Characters that make words worth looking for elsewhere; shorter ones, e.g. a code, could be anybody's."""

PART = 12
"""Characters from which on words are also looked for within longer ones, e.g. a reason within a sentence of a mail."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How many places were blanked, and how many mails and copies had gone out with the words: those nobody can call back."""

    blanked: int
    mails: int
    copies: int


def blank_elsewhere(session: Session, case_id: int, text: Mapping[str, Any]) -> Reach:
    """Blank the words of an event of a case wherever else the database has them.

    A mail that has not gone yet goes without them.
    """
    words = sorted({said for said in _texts(text) if len(said) >= SHORTEST}, key=len, reverse=True)
    blanked = mails = copies = 0
    if not words:
        return Reach(0, 0, 0)
    for row in session.scalars(select(Outbox).where(Outbox.case_id == case_id).order_by(Outbox.id)):
        facts = _without(row.facts, words)
        if facts != row.facts:
            row.facts = facts
            blanked += 1
            if row.state is OutboxState.SENT:
                mails, copies = mails + (row.channel == "mail"), copies + (row.channel != "mail")
    for approval in session.scalars(select(Approval).where(Approval.case_id == case_id).order_by(Approval.id)):
        facts = _without(approval.facts, words)
        if facts != approval.facts:
            approval.facts = facts
            blanked += 1
    steps = select(ApprovalStep).join(Approval, Approval.id == ApprovalStep.approval_id)
    for step in session.scalars(steps.where(Approval.case_id == case_id).order_by(ApprovalStep.id)):
        blanked += _blank(step, "reason", words)
    for clock in session.scalars(select(Clock).where(Clock.case_id == case_id).order_by(Clock.id)):
        blanked += _blank(clock, "note", words)
    session.flush()
    return Reach(blanked, mails, copies)


def _blank(row: object, name: str, words: list[str]) -> bool:
    before = getattr(row, name)
    after = _without(before, words)
    if after == before:
        return False
    setattr(row, name, after)
    return True


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value.strip()
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)


def _without(value: Any, words: list[str]) -> Any:
    """The same value with the words replaced, however deep they stand."""
    if isinstance(value, str):
        said = value.strip()
        for one in words:
            if said == one:
                return REMOVED
            if len(one) >= PART:
                value = value.replace(one, REMOVED)
        return value
    if isinstance(value, Mapping):
        return {key: _without(one, words) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_without(one, words) for one in value]
    return value
