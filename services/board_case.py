"""A case's page on the board: everything about it for the desk, for readers without texts and without who is not to be named."""

from __future__ import annotations

from datetime import datetime, time

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from domain.approvals import clock_kind, clock_subject
from domain.case import Case
from domain.clocks import CLOCKS
from domain.label import named as called
from domain.labels import APPROVAL_LABELS
from domain.lifecycle import ApprovalKind, Status
from domain.policy import Label
from models import case as tables
from models.clock import Clock, Notice
from models.directory import Contact, Enterprise
from services.attachments import files_of
from services.board_steps import run_links, step_forms
from services.board_types import ApprovalLine, CasePage, LinkedCase, NoticeLine, ReporterLine, RunLink
from services.board_users import BoardUser
from services.case_files import load_cases
from services.case_view import clock_lines, people_of, timeline
from services.explain import explain_lines
from services.factor_view import cover, factor_sheet, stage_names
from services.identities import withheld_among
from services.office import Office
from services.people import People
from services.report_notes import notes_of
from services.run_links import registered
from services.similar import likely_duplicates

_REPORTER_LABELS = {
    "principal": Label("首位反映人", "First reporter"),
    "informed": Label("其他反映人", "Another reporter"),
    "left": Label("已撤回", "Left"),
}
_LINK_LABELS = {
    "merged_into": (Label("并入", "Merged into"), Label("并入本事项", "Merged into this one")),
    "blocks": (Label("影响", "Blocks"), Label("受其影响", "Blocked by")),
    "guarantees": (Label("保障对象", "Guarantees what is lacking for"), Label("要素保障", "Factor request for it")),
    "same_cause": (Label("同一原因", "Same cause"), Label("同一原因", "Same cause")),
}

Document = tuple[Label, str, datetime | None]


def case_page(office: Office, user: BoardUser, code: str) -> CasePage | None:
    """A case as `user` may see it; None where there is none, or none for them."""
    with office.reading() as session:
        row = session.scalars(select(tables.Case).where(tables.Case.code == code)).first()
        if row is None or (row.restricted and not user.desk):
            return None
        people = people_of(session, office)
        case = load_cases(session, [row.id], lock=False)[row.id]
        withheld = row.id in withheld_among(session, [row.id])
        lines = timeline(
            session,
            row.id,
            people,
            public=False,
            policy=office.policy,
            stages=stage_names(office, case),
            texts=user.desk,
        )
        return CasePage(
            head=cover(session, office, row, case, people, reveal=user.desk), withheld=withheld, restricted=row.restricted,
            clocks=clock_lines(session, office, row.id, people), approvals=_approvals(office, case, people),
            timeline=lines, notices=_notices(office, session, row.id, people),
            documents=_documents(office, session, row, case), related=_related(session, row.id, user),
            alike=_alike(session, office, row, user), reporters=_reporters(session, row.id, user),
            links=_links(office, session, case, people, user) if user.desk and not row.restricted else (),
            forms=step_forms(office, session, case, people, user) if user.desk and row.restricted else (),
            explained=explain_lines(session, office, row.id), factor=factor_sheet(office, session, case, people),
            files=files_of(session, row.id) if user.desk else (),
            notes=notes_of(row) if user.desk else (),
        )  # fmt: skip


def _links(office: Office, session: Session, case: Case, people: People, user: BoardUser) -> tuple[RunLink, ...] | None:
    engine = registered(session)
    return run_links(office, session, case, people, user, engine) if engine is not None else None


def _approvals(office: Office, case: Case, people: People) -> tuple[ApprovalLine, ...]:
    lines = []
    for approval in case.approvals:
        if approval.state != "open":
            continue
        steps = []
        for step in approval.steps:
            if step.state in ("open", "returned"):
                clock = case.open_clock(clock_kind(approval), clock_subject(approval, step))
                person = people.label(step.account) if step.account else Label("—", "—")
                steps.append((office.policy.roles[step.role], person, clock.due if clock else None))
        asked_by = (
            people.label(approval.unit or approval.asked_by or "") if approval.unit or approval.asked_by else None
        )
        lines.append(ApprovalLine(APPROVAL_LABELS[approval.kind], asked_by, approval.asked_at, tuple(steps)))
    return tuple(lines)


def _notices(office: Office, session: Session, case_id: int, people: People) -> tuple[NoticeLine, ...]:
    rows = session.execute(
        select(Notice, Clock.kind).join(Clock, Clock.id == Notice.clock_id).where(Notice.case_id == case_id).order_by(Notice.id)
    )  # fmt: skip
    return tuple(
        NoticeLine(
            row.number, row.colour.value, office.policy.notices[row.colour].label, CLOCKS[kind].label,
            people.label(row.owner) if row.owner != "approver" else Label("审批人", "The approver"), row.issued_at, row.overdue_days,
            row.answer_by,
        )
        for row, kind in rows
    )  # fmt: skip


def _documents(office: Office, session: Session, row: tables.Case, case: Case) -> tuple[Document, ...]:
    """The numbers under which something was decided: the case's own, those of signed replies, of grants."""
    own = (
        ()
        if row.document_number == row.code
        else ((Label("受理文号", "Registered as"), row.document_number, row.opened_at),)
    )
    approvals = session.execute(
        select(tables.Approval.kind, tables.Approval.facts, tables.Approval.asked_at)
        .where(tables.Approval.case_id == row.id, tables.Approval.state == "granted")
        .order_by(tables.Approval.id)
    )
    found: list[Document] = [
        (APPROVAL_LABELS[kind], str(facts["document"]), at)
        for kind, facts, at in approvals
        if kind in (ApprovalKind.SIGN_OFF, ApprovalKind.DELIVERY) and facts.get("document")
    ]
    for granted in case.factor.grants if case.factor is not None else ():
        moment = datetime.combine(granted.on, time(), office.zone)
        found.append((Label("批复", "Grant"), granted.document, moment))
    return (*own, *found)


def _related(session: Session, case_id: int, user: BoardUser) -> tuple[LinkedCase, ...]:
    """Cases linked with this one either way; restricted ones for the desk alone."""
    link, other = tables.CaseLink, aliased(tables.Case)
    lines = []
    for mine, theirs, way in ((link.case_id, link.target_id, 0), (link.target_id, link.case_id, 1)):
        query = (
            select(link.kind, other.code, other.title)
            .join(other, other.id == theirs)
            .where(mine == case_id)
            .order_by(link.id)
        )
        if not user.desk:
            query = query.where(other.restricted.is_(False))
        for kind, code, title in session.execute(query):
            how = _LINK_LABELS[kind][way] if kind in _LINK_LABELS else Label(kind, kind)
            lines.append(LinkedCase(how, code, title))
    return tuple(lines)


def _alike(session: Session, office: Office, row: tables.Case, user: BoardUser) -> tuple[LinkedCase, ...]:
    """Likely duplicates, with the reasons: for the clerk who may merge them."""
    if not user.desk or row.status is Status.CLOSED or row.restricted:
        return ()
    how = Label("可能重复", "Likely the same")
    return tuple(
        LinkedCase(how, one.code, one.title, one.reasons) for one in likely_duplicates(session, office, row.id)
    )


def _reporters(session: Session, case_id: int, user: BoardUser) -> tuple[ReporterLine, ...]:
    r = tables.Reporter
    rows = session.execute(
        select(r.kind, r.withheld, Contact, Enterprise)
        .join(Contact, Contact.id == r.contact_id)
        .join(Enterprise, Enterprise.id == Contact.enterprise_id)
        .where(r.case_id == case_id)
        .order_by(r.id)
    )
    lines = []
    for kind, withheld, contact, firm in rows:
        secret = withheld and not user.desk
        reach = tuple(str(said) for said in (contact.phone, contact.email) if said) if user.desk else ()
        lines.append(ReporterLine(
            _REPORTER_LABELS.get(kind, Label(kind, kind)), None if secret else called(firm.name, firm.name_en), contact.name if user.desk else None, reach, withheld
        ))  # fmt: skip
    return tuple(lines)
