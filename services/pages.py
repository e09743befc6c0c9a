"""The personal pages: what a link shows, and what its holder does there. Looking never changes anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.case import Case
from domain.draft import Draft
from domain.effects_duty import duties_owed
from domain.files import WITH_FILES
from domain.labels import PARTY_LABELS
from domain.lifecycle import ACTIONS, Action, Party
from domain.meetings import convening
from domain.policy import Label
from domain.rules import CLOCK_OF, offered
from models import case as tables
from models.directory import Contact
from models.intake import Delivery, DeliveryState
from services.attachments import HeldFile, files_behind, files_of, of_case
from services.calendar_feed import subscribed
from services.case_files import Surroundings, load_cases
from services.case_view import (
    clock_lines,
    people_of,
    timeline,
)
from services.confirmations import NOT_ASKED, was_asked
from services.done_already import report_decided
from services.edits import edit_of, said_of_decision
from services.explain import explain_lines
from services.factor_view import cover, factor_sheet, stage_names
from services.form import FormChoices, form_choices, submit_form
from services.health import health
from services.identities import unheard_by
from services.links import Grant, find_expired, resolve
from services.office import Office
from services.once import do_once
from services.owing import insert_once, outbox_row, root_id
from services.page_actions import perform
from services.page_choices import called, fields_of_button
from services.page_parts import asked_lines, contact_lines, decided_line, reply_lines
from services.page_types import ActPage, Button, Done, LinkRefused, ReportPage, TrackPage
from services.people import People
from services.report_notes import TRIAGING, notes_of
from services.said_lines import said_lines
from services.waiting_reports import REPORTER, accept, dismiss

__all__ = [
    "FormChoices",
    "act",
    "act_page",
    "confirm_report",
    "form_choices",
    "health",
    "new_link",
    "submit_form",
    "track_act",
    "track_page",
]


def _draft(office: Office, session: Session, case: Case, grant: Grant, people: People) -> Draft:
    return Draft(
        case, office.now(), grant.actor(), office.policy, office.time, Surroundings(session, people, office.in_force)
    )


def _case(session: Session, case_id: int) -> Case:
    # A page may show what is done: closed cases and decided approvals too. Looking takes no lock.
    return load_cases(session, [case_id], lock=False)[case_id]


def _buttons(office: Office, draft: Draft, people: People) -> tuple[Button, ...]:
    found = []
    first = "call_consultation" if convening(draft.case, office.policy) else ""
    for action in offered(draft):
        clock = draft.case.open_clock(CLOCK_OF.get(action.name, ""), _subject(action, draft))
        until = clock.due if clock is not None else None
        files = office.policy.form.files if action.name in WITH_FILES else None
        fields = fields_of_button(office, people, action, draft)
        found.append(
            Button(called(action, draft.case), fields, until, files, owed=action.name in _OWED or action.name == first)
        )
    order = list(ACTIONS)
    return tuple(
        sorted(found, key=lambda b: (b.action.name != first, _ORDER.get(b.action.name, 50), order.index(b.action.name)))
    )


# What a person owes, the most pressing first. What they only may do comes after, and never stands open: a return, an appeal.
_ORDER = {
    "approve": 0,
    "pass_stage": 0,
    "grant": 1,
    "refuse": 1,
    "hand_back": 2,
    "resubmit": 2,
    "reject_stage": 3,
    "sign_for": 2,
    "contact": 3,
    "answer": 3,
    "fulfil": 3,
    "confirm": 4,
    "dispute": 5,
    "reply": 6,
    "record_follow_up": 6,
    "report": 7,
}
_OWED = _ORDER.keys() - {"report"}


def _subject(action: Action, draft: Draft) -> str | None:
    if action.name == "fulfil":
        return next((duty.subject for duty in sorted(duties_owed(draft), key=lambda c: c.due or draft.now)), None)
    return draft.actor.unit if action.name == "answer" else None


# -- officers ----------------------------------------------------------------------------------------------------------


def act_page(office: Office, token: str) -> ActPage | ReportPage:
    """What an officer's link shows. Raises LinkRefused."""
    with office.reading() as session:
        grant = resolve(session, token, office.real_now())
        if grant.account is None:
            raise LinkRefused("unknown", False)
        people = people_of(session, office)
        if grant.case_id is None:
            return _report_page(session, office, grant, people)
        row = session.get_one(tables.Case, grant.case_id)
        case = _case(session, grant.case_id)
        draft = _draft(office, session, case, grant, people)
        decided = decided_line(session, grant, people)
        capacity = PARTY_LABELS[grant.party]
        unit = people.label(grant.unit) if grant.unit else None
        person, stages = people.persons.get(grant.account), stage_names(office, case)
        return ActPage(
            person=people.label(grant.account),
            capacity=Label(f"{capacity.zh} · {unit.zh}", f"{capacity.en} · {unit.en}") if unit else capacity,
            principal=people.label(grant.principal) if grant.principal else None, case=cover(session, office, row, case, people),
            contact=contact_lines(session, row), clocks=clock_lines(session, office, row.id, people),
            timeline=timeline(session, row.id, people, public=False, policy=office.policy, stages=stages),
            buttons=() if decided is not None else _buttons(office, draft, people),
            asked=asked_lines(office, session, grant, people, stages), done_already=decided, locale=person.locale if person else "zh",
            factor=factor_sheet(office, session, case, people), subscribed=subscribed(office, session, grant.account),
            files=files_behind(session, grant),
            why=tuple((one.label, one.reader_words, one.result) for one in explain_lines(session, office, row.id)),
            notes=notes_of(row) if grant.party in TRIAGING else (),
        )  # fmt: skip


def _report_page(session: Session, office: Office, grant: Grant, people: People) -> ReportPage:
    row = session.get_one(Delivery, grant.delivery_id)
    person = people.persons.get(grant.account or "")
    due = office.time.due(row.received_at, office.policy.limits.report_waiting).at
    return ReportPage(
        row.receipt,
        row.received_at,
        due,
        said_lines(office, session, row, stranger=False),
        row.state.value,
        person.locale if person else "zh",
        files_of(session, None, row.id),
        edit_of(session, office.policy, row) if row.state is DeliveryState.UNCONFIRMED else None,
        NOT_ASKED not in row.flags,
    )


def act(
    office: Office,
    token: str,
    action: str,
    values: Mapping[str, str],
    files: Sequence[HeldFile] = (),
    command: str = "",
) -> Done:
    """Act through an officer's link; a `command` is done once. Raises LinkRefused, FilesUnavailable; a refusal by the rules
    is an answer.
    """

    def do(session: Session) -> Done:
        grant = resolve(session, token, office.real_now())
        if grant.account is None:
            raise LinkRefused("unknown", False)
        if grant.case_id is None:
            return _decide_report(session, office, grant, action)
        grant = _held(office, session, token, grant)
        return perform(office, session, grant, action, values, files)

    return do_once(office, command, do)


def _held(office: Office, session: Session, token: str, grant: Grant) -> Grant:
    """The grant once its case is held: it may have been revoked by whom this one waited for. Raises LinkRefused."""
    session.execute(select(tables.Case.id).where(tables.Case.id == grant.case_id).with_for_update())
    session.expire_all()
    return resolve(session, token, office.real_now())


def _decide_report(session: Session, office: Office, grant: Grant, action: str) -> Done:
    row = session.get_one(Delivery, grant.delivery_id)
    word = {"accept": accept, "dismiss": dismiss}.get(action)
    if word is None:
        return Done(False, Label("没有这个操作。", "There is no such action."))
    if word(session, office, row, grant.account or "clerk"):
        return said_of_decision(action, row)
    return report_decided(session, office, row, people_of(session, office))


# -- enterprises -------------------------------------------------------------------------------------------------------


def track_page(office: Office, token: str) -> TrackPage:
    """What an enterprise's link shows. Raises LinkRefused."""
    with office.reading() as session:
        grant, delivery = _tracked(session, office, token)
        if grant.case_id is None:
            if delivery is None:
                raise LinkRefused("unknown", False)
            stage = {
                DeliveryState.UNCONFIRMED: "unconfirmed", DeliveryState.QUARANTINED: "quarantined",
                DeliveryState.DISMISSED: "dismissed",
            }.get(delivery.state, "received")  # fmt: skip
            said = (
                said_lines(office, session, delivery, stranger=True)
                if stage == "unconfirmed" and _mailed(grant)
                else ()
            )
            return TrackPage(
                stage,
                delivery.receipt,
                delivery.received_at,
                delivery.locale,
                said=said,
                files=files_behind(session, grant),
                mailed=_mailed(grant),
                asked=was_asked(session, delivery),
            )
        return _case_page(session, office, grant, delivery)


def _mailed(grant: Grant) -> bool:
    """Whether a link came by mail: whoever sent the report has another one, and must not confirm for the address's owner."""
    return grant.link_id is not None and grant.party is Party.ENTERPRISE


def _tracked(session: Session, office: Office, token: str) -> tuple[Grant, Delivery | None]:
    grant = resolve(session, token, office.real_now())
    if grant.account is not None:
        raise LinkRefused("unknown", False)
    delivery = session.get(Delivery, grant.delivery_id) if grant.delivery_id is not None else None
    if grant.case_id is None:
        grant = of_case(session, grant)
    return grant, delivery


def _case_page(session: Session, office: Office, grant: Grant, delivery: Delivery | None) -> TrackPage:
    people = people_of(session, office)
    row = session.get_one(tables.Case, grant.case_id)
    case = _case(session, row.id)
    draft = _draft(office, session, case, grant, people)
    reporter = session.scalars(
        select(tables.Reporter).where(tables.Reporter.case_id == row.id, tables.Reporter.contact_id == grant.contact)
    ).first()
    contact = session.get(Contact, grant.contact) if grant.contact is not None else None
    first = (
        delivery or session.scalars(select(Delivery).where(Delivery.case_id == row.id).order_by(Delivery.id)).first()
    )
    principal = reporter is None or reporter.kind == "principal"
    # Reporters of a merged matter are not told of each other.
    own = contact is not None and contact.enterprise_id == row.enterprise_id
    head = cover(session, office, row, case, people, reveal=own)
    unheard = unheard_by(session, row.id, grant.contact)
    buttons = _buttons(office, draft, people)
    if not principal:
        buttons = tuple(b for b in buttons if b.action.name in ("supplement", "withdraw"))
    return TrackPage(
        stage="case", receipt=first.receipt if first else row.code, received_at=first.received_at if first else row.opened_at,
        locale=contact.locale if contact else "zh", case=head if own else replace(head, detail=""),
        reply=reply_lines(office, session, row), buttons=buttons,
        timeline=timeline(session, row.id, people, public=True, policy=office.policy, stages=stage_names(office, case), unheard=unheard), principal=principal, factor=factor_sheet(office, session, case, people),
        files=files_behind(session, grant), mailed=_mailed(grant),
    )  # fmt: skip


def confirm_report(office: Office, token: str) -> Done:
    """The reporter confirms that they sent the report. Raises LinkRefused."""
    with office.writing() as session:
        grant, delivery = _tracked(session, office, token)
        if delivery is None:
            raise LinkRefused("unknown", False)
        if not _mailed(grant):
            return Done(False, Label("请通过邮件中的链接确认。", "Please confirm through the link in our mail."))
        if accept(session, office, delivery, REPORTER):
            return Done(True, Label("已确认，您的报告即将立案分办。", "Confirmed. Your report becomes a case now."))
        return report_decided(session, office, delivery, people_of(session, office))


def track_act(
    office: Office,
    token: str,
    action: str,
    values: Mapping[str, str],
    files: Sequence[HeldFile] = (),
    command: str = "",
) -> Done:
    """Act through an enterprise's link; a `command` is done once. Raises LinkRefused, FilesUnavailable; a refusal by the rules
    is an answer.
    """

    def do(session: Session) -> Done:
        grant, _ = _tracked(session, office, token)
        return perform(office, session, grant, action, values, files)

    return do_once(office, command, do)


# -- new links ---------------------------------------------------------------------------------------------------------


def new_link(office: Office, token: str) -> bool:
    """Mail a new link to the person of an expired one, to the address on record; False where that is not possible."""
    now: datetime = office.now()
    with office.writing() as session:
        old = find_expired(session, token)
        if old is None or old.case_id is None:
            return False
        people = people_of(session, office)
        row = session.get_one(tables.Case, old.case_id)
        person = people.persons.get(old.account_id or "")
        contact = session.get(Contact, old.contact_id) if old.contact_id is not None else None
        address = person.email if person else contact.email if contact else None
        if not address:
            return False
        domain = office.mail_domain
        insert_once(session, [outbox_row(
            key=f"new_link:{old.id}:{now:%Y-%m-%dT%H}", message="new_link", address=address,
            locale=person.locale if person else contact.locale if contact else "zh", now=now, domain=domain,
            facts={"case_code": row.code, "title": row.title}, case_id=row.id, account=old.account_id, contact=old.contact_id,
            grant={"party": old.party, "unit": old.unit_id, "step": old.step_id, "principal": old.principal_id},
            root=root_id(row.code, domain),
        )])  # fmt: skip
        return True
