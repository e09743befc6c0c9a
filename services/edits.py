"""Edits of a report: what an edit changed, in words for the history, and the two versions side by side for who decides on it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.policy import Label, Policy
from domain.refusals import FieldRefused
from models.case import Case
from models.intake import Delivery, DeliveryState
from services.page_types import Done, Edit
from services.report import Report, read_report

EDITS = "edits"
"""In a delivery's facts: the case that it edits, where a clerk has to decide on that."""

FROM_ELSEWHERE = "edit_from_elsewhere"
"""The flag of an edit that nobody signed, from another address than the case was confirmed from."""

OLDER = "older_edit"
"""The flag of an edit that came after a later one: it changes nothing."""

LONG_AGO = datetime.min.replace(tzinfo=UTC)
Changes = dict[str, tuple[str, str]]
"""What an edit changed: field, as it was, as it is now."""

LONGEST_QUOTE = 300
"""Characters of an answer that a revision's line in the history quotes; the whole stands in the delivery."""

_LABELS = {
    "enterprise": Label("企业", "Enterprise"), "uscc": Label("统一社会信用代码", "Credit code"), "contact": Label("联系人", "Contact"),
    "phone": Label("电话", "Phone"), "email": Label("邮箱", "E-mail"), "project": Label("项目", "Project"),
    "category": Label("类别", "Category"), "severity": Label("紧急程度", "Severity"), "title": Label("标题", "Title"),
    "detail": Label("说明", "Detail"),
}  # fmt: skip
"""What of a report an edit may change."""


def earlier_edits(session: Session, row: Delivery) -> list[Delivery]:
    """The deliveries of the same submission that count or wait, in the order in which they came."""
    return list(session.scalars(
        select(Delivery)
        .where(Delivery.source == row.source, Delivery.entry == row.entry, Delivery.id != row.id)
        .where(Delivery.state.in_((DeliveryState.DONE, DeliveryState.UNCONFIRMED)))
        .order_by(Delivery.id)
    ))  # fmt: skip


def waits_for_clerk(row: Delivery) -> bool:
    """Whether it is an edit from elsewhere that nobody has accepted."""
    return row.state is DeliveryState.UNCONFIRMED and EDITS in row.extra


def newest_of(rows: Sequence[Delivery]) -> Delivery | None:
    """The version that counts: the last edited, and of those the last that came; never one that waits for a clerk."""
    counting = [row for row in rows if not waits_for_clerk(row)]
    return max(counting, key=lambda one: (one.edited_at or LONG_AGO, one.id), default=None)


def own_addresses(rows: Sequence[Delivery]) -> frozenset[str | None]:
    """The addresses that speak for a submission: those by which it became a case, and never one that only tried to edit it."""
    own = (row for row in rows if row.case_id is not None and EDITS not in row.extra and OLDER not in row.flags)
    return frozenset(report_in(row).email for row in own)


def edit_of(session: Session, policy: Policy, row: Delivery) -> Edit | None:
    """Both versions of an edit from elsewhere; None for any other delivery."""
    if EDITS not in row.extra:
        return None
    newest = newest_of(earlier_edits(session, row))
    found = session.execute(select(Case.code, Case.restricted).where(Case.id == row.extra[EDITS])).first()
    if newest is None or found is None:
        return None
    try:
        changes = changed(report_in(newest), report_in(row))
    except FieldRefused:
        return None
    return Edit(
        newest.receipt if found.restricted else found.code,
        tuple(
            (_LABELS[name], _shown(policy, name, old), _shown(policy, name, new))
            for name, (old, new) in changes.items()
        ),
    )


def _shown(policy: Policy, name: str, said: str) -> Label:
    return _meant(policy, name, said) if said else Label("—", "—")


def report_in(row: Delivery) -> Report:
    """The report that a mapped delivery makes."""
    return read_report(row.extra["said"])


def changed(before: Report, after: Report) -> Changes:
    """What an edit changed: field → before and after, as text."""
    pairs = {name: (str(getattr(before, name) or ""), str(getattr(after, name) or "")) for name in _LABELS}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def in_words(locale: str, policy: Policy, changed: Changes) -> str:
    """What an edit changed, line by line, in the language of the form: for the case's history."""
    zh = locale.startswith("zh")
    lines = ["填报人修改了表单\uff1a" if zh else "The reporter changed the form:"]
    for name, (old, new) in changed.items():
        label, before, after = _LABELS[name], _meant(policy, name, old), _meant(policy, name, new)
        lines.append(
            f"{label.zh}\uff1a{_quote(before.zh)} → {_quote(after.zh)}"
            if zh
            else f"{label.en}: {_quote(before.en)} → {_quote(after.en)}"
        )
    return "\n".join(lines)


def _meant(policy: Policy, name: str, said: str) -> Label:
    """A value as people read it."""
    if name == "category" and said in policy.categories:
        return policy.categories[said].label
    if name == "severity" and said.isdecimal() and int(said) in policy.severities:
        return policy.severities[int(said)].label
    return Label(said, said)


def _quote(said: str) -> str:
    said = said or "—"
    return said if len(said) <= LONGEST_QUOTE else said[: LONGEST_QUOTE - 1] + "…"


def said_of_decision(action: str, row: Delivery) -> Done:
    """What accepting or dismissing a report, or an edit of one, is answered with."""
    if action != "accept":
        return Done(True, Label("已关闭。", "Dismissed."))
    if EDITS in row.extra:
        return Done(True, Label("已受理，即将作为修改记入该事项。", "Accepted: the case is being revised."))
    return Done(True, Label("已受理，即将立案分办。", "Accepted: it becomes a case now."))
