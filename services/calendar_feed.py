"""A person's dates as a calendar that other programs read: what they owe until when, and the consultations they are called to.

The address is mailed to the person and shown nowhere, so that whoever gets hold of one case's link learns nothing of the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from domain.approvals import clock_of
from domain.clocks import CLOCKS, ClockState
from domain.labels import APPROVAL_LABELS
from domain.lifecycle import Party, Status
from domain.meetings import LASTS, read_meeting
from domain.policy import Label, Role
from models import case as tables
from models.clock import Clock
from models.office import AccessLink
from notifications.calendar_file import Entry, Named, write_calendar
from services.case_files import load_cases
from services.links import CALENDAR, resolve, resolve_calendar
from services.office import Office
from services.owing import insert_once, outbox_row
from services.page_types import Done, LinkRefused
from services.people import UNIT_ROLES, People, load_people

REFRESH = timedelta(hours=1)
MOST = 500
"""Dates that a feed shows, the next ones first."""

OF_UNITS = tuple(
    name
    for name, row in CLOCKS.items()
    if row.owner in (Party.LEAD, Party.SUPPORTER, Party.DUTY_UNIT) and name not in ("rung_stay", "return_window")
)
"""What a unit owes; the others only limit a right or move the case by themselves."""

CONSULTATION = Label("会商", "Consultation")
RESTRICTED = Label("限制知悉事项", "Restricted matter")
APPROVAL = Label("审批", "Decide")
TITLE = Label("督办时限", "Due dates")


# -- the address -----------------------------------------------------------------------------------------------------------


def subscribe(office: Office, token: str) -> Done:
    """Mail the holder of a personal link the address of their calendar; one that they had before ends. Raises LinkRefused."""
    with office.writing() as session:
        account = _account(office, session, token)
        person = load_people(session, office.policy).persons.get(account)
        if person is None:
            raise LinkRefused("unknown", False)
        _revoke(office, session, account)
        now = office.now()
        insert_once(session, [outbox_row(
            key=f"calendar_link:{account}:{now:%Y-%m-%dT%H:%M}", message="calendar_link", address=person.email, locale=person.locale,
            account=account, facts={"day": office.today().isoformat()}, now=now, domain=office.mail_domain, grant={"party": CALENDAR},
        )])  # fmt: skip
    return Done(True, Label("日历地址已发送到您的邮箱。", "The address of your calendar was mailed to you."))


def unsubscribe(office: Office, token: str) -> Done:
    """End the calendar of the holder of a personal link. Raises LinkRefused."""
    with office.writing() as session:
        _revoke(office, session, _account(office, session, token))
    return Done(True, Label("日历订阅已停止。", "Your calendar's address leads nowhere from now on."))


def subscribed(office: Office, session: Session, account: str) -> bool:
    """Whether a person has a calendar address that works."""
    found = select(AccessLink.id).where(
        AccessLink.account_id == account, AccessLink.party == CALENDAR, AccessLink.revoked_at.is_(None),
        AccessLink.expires_at > office.real_now(),
    )  # fmt: skip
    return session.scalar(found.limit(1)) is not None


def _account(office: Office, session: Session, token: str) -> str:
    grant = resolve(session, token, office.real_now())
    if grant.account is None:
        raise LinkRefused("unknown", False)
    return grant.account


def _revoke(office: Office, session: Session, account: str) -> None:
    session.execute(
        update(AccessLink)
        .where(AccessLink.account_id == account, AccessLink.party == CALENDAR, AccessLink.revoked_at.is_(None))
        .values(revoked_at=office.real_now())
    )


# -- the feed --------------------------------------------------------------------------------------------------------------


def feed(office: Office, token: str) -> bytes:
    """The calendar behind an address (RFC 5545). Raises LinkRefused, also for somebody who is no longer there.

    It says codes and kinds of steps, no titles and nobody's name: calendars are kept by others. Of a restricted case it says
    that there is one.
    """
    with office.reading() as session:
        account = resolve_calendar(session, token, office.real_now())
        people = load_people(session, office.policy)
        person = people.persons.get(account)
        if person is None:
            raise LinkRefused("unknown", False)
        locale = person.locale
        today = office.today()
        units = frozenset(_units(people, account, today))
        desk = [p for p, role in _DESK if account in _holders(people, role, None, today)]
        entries = [
            *_dates(session, office, units, desk, locale),
            *_decisions(session, office, account, locale),
            *_meetings(session, office, units, bool(desk), locale),
        ]
    return write_calendar(
        sorted(entries, key=lambda entry: (entry.start, entry.uid))[:MOST], "PUBLISH", zone=office.zone, stamp=office.now(),
        organizer=Named(office.policy.office.in_(locale), office.policy.mail.reply_to),
        name=f"{office.policy.office.in_(locale)} · {TITLE.in_(locale)}", refresh=REFRESH,
    )  # fmt: skip


_DESK = ((Party.CLERK, Role.CLERK), (Party.DESK_HEAD, Role.DESK_HEAD))


def _holders(people: People, role: Role, unit: str | None, today: date) -> set[str]:
    found = people.find(role, unit, None, today)
    # Whoever takes the place of a liaison that there is not, has the unit's dates; other empty roles owe nothing.
    return {f.person.id for f in found if f.fell_back_from is None or f.fell_back_from is Role.LIAISON}


def _units(people: People, account: str, today: date) -> Iterator[str]:
    """The units that a person answers for today, as a substitute too."""
    for unit, facts in people.units.items():
        if facts.active and any(account in _holders(people, role, unit, today) for role in UNIT_ROLES):
            yield unit


def _dates(session: Session, office: Office, units: frozenset[str], desk: list[Party], locale: str) -> Iterator[Entry]:
    owed = [name for name, row in CLOCKS.items() if row.owner in desk]
    rows = session.execute(
        select(Clock.id, Clock.kind, Clock.due, Clock.estimated, tables.Case.code, tables.Case.restricted)
        .join(tables.Case, tables.Case.id == Clock.case_id)
        .where(
            Clock.state == ClockState.RUNNING, Clock.due.is_not(None),
            or_(Clock.owner_unit.in_(units) & Clock.kind.in_(OF_UNITS), Clock.kind.in_(owed)),
        )
        .order_by(Clock.due, Clock.id)
        .limit(MOST)
    )  # fmt: skip
    for clock_id, kind, due, estimated, code, restricted in rows:
        yield _due(office, f"clock-{clock_id}", CLOCKS[kind].label, due, _case(code, restricted), locale, estimated)


def _decisions(session: Session, office: Office, account: str, locale: str) -> Iterator[Entry]:
    s, a = tables.ApprovalStep, tables.Approval
    asked = select(a.case_id).join(s, s.approval_id == a.id)
    ids = session.scalars(asked.where(s.account_id == account, s.state == "open", a.state == "open").distinct()).all()
    for case in load_cases(session, ids, lock=False).values():
        for approval in case.approvals:
            for step in approval.steps:
                clock = clock_of(case, approval, step) if step.account == account and step.state == "open" else None
                if clock is None or clock.due is None or clock.state is not ClockState.RUNNING:
                    continue
                kind = APPROVAL_LABELS[approval.kind]
                what = Label(f"{APPROVAL.zh}：{kind.zh}", f"{APPROVAL.en}: {kind.en}")
                yield _due(
                    office,
                    f"step-{step.id}",
                    what,
                    clock.due,
                    _case(case.code, case.restricted),
                    locale,
                    clock.estimated,
                )


def _meetings(session: Session, office: Office, units: frozenset[str], at_desk: bool, locale: str) -> Iterator[Entry]:
    c = tables.Case
    rows = session.execute(select(c.id, c.code, c.restricted, c.marks).where(c.status == Status.CONSULTATION))
    for case_id, code, restricted, marks in rows:
        meeting = read_meeting(marks)
        if meeting is None or not (at_desk or units.intersection(meeting.units)):
            continue
        yield Entry(
            f"meeting-{case_id}-{meeting.number}@{office.mail_domain}", meeting.start,
            f"{CONSULTATION.in_(locale)} {_case(code, restricted).in_(locale)}", meeting.start + LASTS,
            sequence=meeting.moves, location=None if restricted else meeting.place or None,
        )  # fmt: skip


def _case(code: str, restricted: bool) -> Label:
    return RESTRICTED if restricted else Label(code, code)


def _due(office: Office, uid: str, what: Label, due: datetime, case: Label, locale: str, estimated: bool) -> Entry:
    late = Label("逾期：", "Overdue: ").in_(locale) if due < office.now() else ""
    mark = Label("（推定）", " (estimated)").in_(locale) if estimated else ""
    return Entry(f"{uid}@{office.mail_domain}", due, f"{late}{what.in_(locale)} {case.in_(locale)}{mark}")
