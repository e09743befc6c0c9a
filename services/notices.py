"""Supervision notices as documents: what stands on each, for who holds a link to its case or signs in to the board."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from itertools import takewhile

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.clocks import CLOCKS, due_at_pause
from domain.labels import clock_name
from domain.policy import Label, NoticeRule, Policy, Role
from models.case import Case, Event, EventText
from models.clock import Clock, Notice
from services.board_users import BoardUser
from services.case_files import read_moments
from services.case_view import people_of
from services.links import resolve
from services.office import Office
from services.page_types import LinkRefused
from services.people import People

APPROVER = Label("审批人", "The approver")
_BRACKETED = re.compile(r"\s*[(\uff08][^)\uff09]*[)\uff09]")


@dataclass(frozen=True, slots=True)
class NoticeEntry:
    """A notice in a list."""

    number: str
    colour: str
    label: Label
    clock: Label
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class NoticeSheet:
    """A notice as its document shows it.

    `due` is what was due when it was issued, `late` the working days since then, `basis` the policy's rule and
    `policy` the version whose rule it is; `answer_by` is None where no answer is owed.
    """

    number: str
    colour: str
    label: Label
    issuer: Label
    issued_at: datetime
    to: tuple[Label, ...]
    copies: tuple[Label, ...]
    case_code: str
    title: str
    clock: Label
    owner: Label
    due: datetime | None
    late: int
    basis: Label
    policy: str
    answer_by: datetime | None
    locale: str | None = None
    of_plan: bool = False
    """Of a node of a project's plan, or of a ruling on one: `case_code` is the project's."""
    calendar_days: bool = False
    """Whether `late` counts calendar days, as slip does, and not working days."""
    project: Label | None = None
    """The project of a notice of its plan."""
    node: Label | None = None
    """The node that it is about, or whose planned day is to be ruled on."""
    planned: date | None = None
    """The node's planned day when the notice was issued."""
    excused: int = 0
    """Heat-stop days by which it was due later than planned."""
    expected: int | None = None
    """Calendar days by which the forecast would have it late, where those are more than had passed."""
    reason: str | None = None
    """Why it was issued, where a person did so by hand; None where the clock did."""


def notices_behind(office: Office, token: str) -> tuple[NoticeEntry, ...]:
    """The notices of the case that an officer's link is for, oldest first. Raises LinkRefused."""
    with office.reading() as session:
        case_id, _ = held_case(session, office, token)
        rows = session.execute(
            select(Notice, Clock.kind).join(Clock, Clock.id == Notice.clock_id).where(Notice.case_id == case_id).order_by(Notice.id)
        )  # fmt: skip
        return tuple(
            NoticeEntry(row.number, row.colour.value, office.policy.notices[row.colour].label, CLOCKS[kind].label, row.issued_at)
            for row, kind in rows
        )  # fmt: skip


def notice_behind(office: Office, token: str, number: str) -> NoticeSheet | None:
    """A notice of the case that an officer's link is for; None where the case has no such notice. Raises LinkRefused."""
    with office.reading() as session:
        case_id, account = held_case(session, office, token)
        people = people_of(session, office)
        reader = people.persons.get(account)
        return _sheet(office, session, people, case_id, number, reader.locale if reader else "zh")


def notice_on_board(office: Office, user: BoardUser, code: str, number: str) -> NoticeSheet | None:
    """A notice of a case as `user` may see it; None where there is none, or none for them."""
    with office.reading() as session:
        row = session.execute(select(Case.id, Case.restricted).where(Case.code == code)).first()
        if row is None or (row.restricted and not user.desk):
            return None
        return _sheet(office, session, people_of(session, office), row.id, number, None)


def held_case(session: Session, office: Office, token: str) -> tuple[int, str]:
    """Case and account of an officer's link; reporters see no notices."""
    grant = resolve(session, token, office.real_now())
    if grant.account is None or grant.case_id is None:
        raise LinkRefused("unknown", False)
    return grant.case_id, grant.account


def _sheet(
    office: Office, session: Session, people: People, case_id: int, number: str, locale: str | None
) -> NoticeSheet | None:
    found = session.execute(
        select(Notice, Clock, Case.code, Case.title)
        .join(Clock, Clock.id == Notice.clock_id)
        .join(Case, Case.id == Notice.case_id)
        .where(Notice.case_id == case_id, Notice.number == number)
    ).first()
    if found is None:
        return None
    notice, clock, code, title = found
    policy = office.in_force.policy_of(session, clock.policy_version)
    rule = policy.notices[notice.colour]
    return NoticeSheet(
        notice.number, notice.colour.value, plain(rule.label), issuer(policy), notice.issued_at, names(office, people, notice, copy=False),
        names(office, people, notice, copy=True), code, title, clock_name(clock.kind, clock.subject),
        people.label(notice.owner) if notice.owner != "approver" else APPROVER, due_then(office, session, clock, notice), notice.overdue_days,
        basis(rule), clock.policy_version[:12], notice.answer_by, locale,
        reason=_reason(session, case_id, notice, clock) if rule.by_hand else None,
    )  # fmt: skip


def _reason(session: Session, case_id: int, notice: Notice, clock: Clock) -> str | None:
    """What the head of the desk wrote, "" where that was removed since; None where nothing was."""
    rows = session.execute(
        select(Event.facts, EventText.text)
        .join(EventText, (EventText.case_id == Event.case_id) & (EventText.seq == Event.seq))
        .where(Event.case_id == case_id, Event.action == "circular", Event.at == notice.issued_at)
    )
    about = {"clock": clock.kind, "subject": clock.subject}
    found = next((row for row in rows if about.items() <= row.facts.items()), None)
    return None if found is None else (found.text or {}).get("reason", "")


def names(office: Office, people: People, notice: Notice, *, copy: bool) -> tuple[Label, ...]:
    """The posts of those it went to; of who has left since, the role."""
    names: list[Label] = []
    for said in notice.recipients:
        if bool(said["copy"]) is copy:
            person = people.persons.get(said["account"])
            names.append(person.title if person else office.policy.roles[Role(said["role"])])
    return tuple(dict.fromkeys(names))


def due_then(office: Office, session: Session, clock: Clock, notice: Notice) -> datetime | None:
    """The due moment that counted when the notice was issued: the clock may have been extended since."""
    before = takewhile(lambda moment: moment.at <= notice.issued_at, read_moments(session, clock.id))
    due = due_at_pause(before, lambda version: office.in_force.calendar(session, version))
    return due.at if due is not None else clock.due


def issuer(policy: Policy) -> Label:
    """The office by its full name, as documents are headed: without what stands in brackets, the district before it."""
    district, office = plain(policy.district), plain(policy.office)
    # An office is often called "the district's ..." by itself: then the district's last character stands there already.
    rest = office.zh.removeprefix(district.zh[-1:])
    return Label(district.zh + rest, f"{district.en} {office.en}")


def plain(label: Label) -> Label:
    """A label as a document is headed: without what stands in brackets."""
    return Label(_BRACKETED.sub("", label.zh), _BRACKETED.sub("", label.en))


def basis(rule: NoticeRule) -> Label:
    """The policy's rule in words."""
    name = plain(rule.label)
    days, many = abs(rule.days), "" if abs(rule.days) == 1 else "s"
    if rule.days < 0:
        return Label(
            f"督办规则：到期前{days}个工作日发出{name.zh}",
            f"Supervision rules: {name.en}, {days} working day{many} before the due day",
        )
    by_hand = Label("由推进办主任签发", "issued by the head of the desk") if rule.by_hand else None
    return Label(
        f"督办规则：超期{days}个工作日发出{name.zh}" + (f"，{by_hand.zh}" if by_hand else ""),
        f"Supervision rules: {name.en}, {days} working day{many} overdue" + (f", {by_hand.en}" if by_hand else ""),
    )
