"""Parts of the personal pages: how to reach the enterprise, what is asked, what was decided, the signed reply."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.labels import APPROVAL_LABELS, PARTY_LABELS
from domain.lifecycle import ACTIONS, ApprovalKind, Party, Status
from domain.policy import Label
from models import case as tables
from models.directory import Contact
from services.case_view import TEXT_LABELS
from services.event_words import event_label
from services.letters import FACT_LABELS
from services.links import Grant
from services.office import Office
from services.page_types import Pairs, TimelineLine
from services.people import People


def contact_lines(session: Session, row: tables.Case) -> tuple[tuple[Label, str], ...]:
    """How to reach the principal reporter; nothing where the identity is withheld."""
    r = tables.Reporter
    found = session.execute(
        select(Contact.name, Contact.phone, Contact.email)
        .join(r, r.contact_id == Contact.id)
        .where(r.case_id == row.id, r.kind == "principal", r.withheld.is_(False))
    ).first()
    if found is None:
        return ()
    labels = (Label("联系人", "Contact"), Label("电话", "Phone"), Label("邮箱", "E-mail"))
    return tuple((label, str(value)) for label, value in zip(labels, found, strict=True) if value)


def asked_lines(office: Office, session: Session, grant: Grant, people: People, stages: Mapping[str, Label]) -> Pairs:
    """What the link's holder is asked to decide; `stages` names a request's."""
    if grant.step is None:
        return ()
    approval = session.scalars(
        select(tables.Approval)
        .join(tables.ApprovalStep, tables.ApprovalStep.approval_id == tables.Approval.id)
        .where(tables.ApprovalStep.id == grant.step)
    ).first()
    if approval is None:
        return ()
    lines: list[tuple[Label, Label | str]] = [
        (Label("申请事项", "What is asked"), APPROVAL_LABELS[ApprovalKind(approval.kind)])
    ]
    if approval.unit_id:
        lines.append((Label("申请单位", "Asked by"), people.label(approval.unit_id)))
    return (*lines, *fact_lines(office, approval, stages))


def fact_lines(office: Office, approval: tables.Approval, stages: Mapping[str, Label]) -> Pairs:
    """An approval's facts, each by the name that it has where it was asked for: a new date is not a date of resuming."""
    fields = (field for action in ACTIONS.values() if action.approval == approval.kind for field in action.fields)
    labels = FACT_LABELS | TEXT_LABELS | {field.name: _bare(field.label) for field in fields}
    lines: list[tuple[Label, Label | str]] = []
    for key, value in approval.facts.items():
        if value in (None, ""):
            continue
        said = str(value)
        lines.append((labels.get(key, Label(key, key)), _name_of(office, key, said, stages) or said))
    return tuple(lines)


def _bare(label: Label) -> Label:
    """A field's name without the help in brackets that stands there for whoever fills it in."""
    return Label(label.zh.partition("（")[0], label.en.partition(" (")[0])


def _name_of(office: Office, key: str, code: str, stages: Mapping[str, Label]) -> Label | None:
    """What the code of a fact is called; None for what is no code."""
    match key:
        case "outcome" if code in office.policy.outcomes:
            return office.policy.outcomes[code].label
        case "cause" if code in office.policy.suspension_reasons:
            return office.policy.suspension_reasons[code].label
        case "stage":
            return stages.get(code)
        case _:
            return None


def decided_line(session: Session, grant: Grant, people: People) -> TimelineLine | None:
    """ "Already done by … on …" for an approval step that is no longer open."""
    if grant.step is None:
        return None
    step = session.get(tables.ApprovalStep, grant.step)
    if step is None or step.state == "open":
        return None
    names = {"granted": "approve", "refused": "refuse", "returned": "hand_back"}
    word = event_label(names.get(step.state, "approval_lapsed"))
    who = people.label(step.decided_by) if step.decided_by else PARTY_LABELS[Party.CLOCK]
    approval = session.get_one(tables.Approval, step.approval_id)
    return TimelineLine(step.decided_at or approval.asked_at, word, who)


def reply_lines(office: Office, session: Session, row: tables.Case) -> Pairs:
    """The signed reply, while the case stands replied or closed by it."""
    if row.status not in (Status.REPLIED, Status.CLOSED) or row.outcome in ("withdrawn", "merged"):
        return ()
    approval = session.scalar(
        select(tables.Approval)
        .where(
            tables.Approval.case_id == row.id, tables.Approval.state == "granted",
            tables.Approval.kind.in_((ApprovalKind.SIGN_OFF, ApprovalKind.DELIVERY)),
        )
        .order_by(tables.Approval.id.desc())
        .limit(1)
    )  # fmt: skip
    return fact_lines(office, approval, {}) if approval is not None else ()
