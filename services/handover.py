"""Links follow whoever answers now: when people, roles or substitutes change, the former ones' links end, the next get new ones.

Compared is who answered for each thing that open cases ask, before and after. Restricted cases are passed on like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from domain.case import Case
from domain.clocks import CLOCKS
from domain.lifecycle import Party
from domain.obligations import Obligation, obligations
from domain.policy import Label, Role
from models import case as tables
from models.case import Approval, ApprovalStep
from models.clock import Clock
from models.office import AccessLink, Outbox, OutboxState
from notifications.message import words
from services.case_files import chunks, load_cases
from services.casebook import Casebook
from services.casebook_succession import OPEN_STATES, ask_again_who_decides, cases_of_units
from services.directory_state import Held
from services.handover_reports import reports_passed_on
from services.letters import Writer
from services.owing import insert_once, outbox_row, root_id
from services.people import UP, Found, People

Row = dict[str, Any]

OFFICER_PARTIES = (Party.LEAD, Party.SUPPORTER, Party.DUTY_UNIT, Party.OBSERVER)
PARTIES_OF_ROLE: dict[Role, tuple[Party, ...]] = {
    Role.LIAISON: OFFICER_PARTIES, Role.AREA_OFFICER: OFFICER_PARTIES, Role.UNIT_HEAD: (Party.UNIT_HEAD,),
    Role.CLERK: (Party.CLERK,), Role.DESK_HEAD: (Party.DESK_HEAD,), Role.COMMISSIONER: (Party.COMMISSIONER,),
    Role.DEPUTY_CHIEF: (Party.DEPUTY_CHIEF,), Role.EXECUTIVE_DEPUTY: (Party.DEPUTY_CHIEF,), Role.CHIEF: (Party.CHIEF,),
}  # fmt: skip
"""In which capacities a role's links stand."""

OF_UNITS = frozenset({Role.LIAISON, Role.AREA_OFFICER, Role.UNIT_HEAD})
LEADERS = (Role.CLERK, Role.DESK_HEAD, Role.DEPUTY_CHIEF, Role.EXECUTIVE_DEPUTY, Role.CHIEF)

STANDS_IN = Label("按代理安排，由您代理其工作", "You stand in for the person named")
IS_BACK = Label("代理期结束，由您继续办理", "The substitution is over; you go on")
NEXT_HOLDER = Label("人员或岗位调整", "People or roles have changed")


@dataclass(frozen=True, slots=True)
class Then:
    """The people of the office on a day: those before a change, or on the day before today."""

    people: People
    day: date


# -- what is concerned -------------------------------------------------------------------------------------------------


def concerned(session: Session, before: Then, after: Then) -> list[int]:
    """Cases that ask something of a unit or a role for which others answer now."""
    units = {
        unit
        for unit in {*before.people.units, *after.people.units}
        for role in (Role.LIAISON, Role.UNIT_HEAD)
        if _answering(before, role, unit) != _answering(after, role, unit)
    }
    roles = [role for role in LEADERS if _acting(before, role) != _acting(after, role)]
    return sorted({*cases_of_units(session, units), *_cases_of_roles(session, _leading_to(roles))})


def _answering(then: Then, role: Role, unit: str) -> list[tuple[str, str | None]]:
    asked = replace(then.people, unfilled=set())
    return [_who(found) for found in asked.find(role, unit, None, then.day)]


def _acting(then: Then, role: Role) -> list[tuple[str, str | None]]:
    return [(a, then.people.acting(a, then.day)) for a in then.people.holders.get((role, None), [])]


def _leading_to(roles: Collection[Role]) -> set[Role]:
    """These roles and those that fall back to one of them, when nobody holds them or their holder is who asked."""
    found = set(roles)
    while below := {role for role, up in UP.items() if up in found} - found:
        found |= below
    return found


def _who(found: Found) -> tuple[str, str | None]:
    return found.person.id, found.principal.id if found.principal is not None else None


def _cases_of_roles(session: Session, roles: Collection[Role]) -> set[int]:
    if not roles:
        return set()
    owners = {Party.CLERK} if Role.CLERK in roles else set()
    owners |= {Party.DESK_HEAD} if Role.DESK_HEAD in roles else set()
    kinds = [kind.name for kind in CLOCKS.values() if kind.owner in owners]
    found = session.scalars(select(Clock.case_id).where(Clock.kind.in_(kinds), Clock.state.in_(OPEN_STATES)))
    steps = session.scalars(
        select(Approval.case_id)
        .join(ApprovalStep, ApprovalStep.approval_id == Approval.id)
        .where(Approval.state == "open", ApprovalStep.state == "open", ApprovalStep.role.in_(roles))
    )
    return {i for i in (*found, *steps) if i is not None}


# -- who gets links ----------------------------------------------------------------------------------------------------


def hand_over(book: Casebook, before: Then, key: str, *, moved: Mapping[int, Collection[str]] | None = None) -> int:
    """Mail links to those who answer now and did not `before`, and end the links of those who do not answer any more.

    `key` makes each owed once; units that took a case over a moment ago (`moved`, by case) have been written to. How many
    links are owed.
    """
    after = Then(book.people, book.now.astimezone(book.time.zone).date())
    noon = datetime.combine(before.day, time(12), book.time.zone)
    past = replace(book, people=replace(before.people, unfilled=set()), now=noon)
    clerks = past.people.find(Role.CLERK, None, None, before.day)
    rows: list[Row] = reports_passed_on(book, clerks, key)
    for some in chunks(concerned(book.session, before, after)):
        cases = load_cases(book.session, some)
        ask_again_who_decides(book, list(cases.values()))
        titles: dict[int, str] = dict(
            book.session.execute(select(tables.Case.id, tables.Case.title).where(tables.Case.id.in_(some)))
            .tuples()
            .all()
        )
        for case in cases.values():
            for owed in obligations(case):
                if owed.unit is not None and owed.unit in (moved or {}).get(case.id, ()):
                    continue
                rows += _pass_on(book, past, case, titles[case.id], owed, key)
    insert_once(book.session, rows)
    return len(rows)


def _pass_on(book: Casebook, past: Casebook, case: Case, title: str, owed: Obligation, key: str) -> list[Row]:
    then = {_who(found) for found in past.find(owed.to, case)}
    now = {_who(found): found for found in book.find(owed.to, case)}
    day = book.now.astimezone(book.time.zone).date()
    for account, principal in then - now.keys():
        # Who is away keeps the links: what they do there is theirs. Who stood in is told by `end_substitutes`.
        if principal is None and book.people.acting(account, day) == account:
            _end(book.session, book.now, _these(case.id, owed, account, None))
    came = [found for who, found in now.items() if who not in then]
    return [
        _row(book, past, case, title, owed, found, key)
        for found in came
        if not _has_link(book.session, case.id, owed, *_who(found))
    ]


def _row(book: Casebook, past: Casebook, case: Case, title: str, owed: Obligation, found: Found, key: str) -> Row:
    person, principal = found.person, found.principal
    was_away = past.people.acting(person.id, past.now.date()) != person.id and person.id in past.people.persons
    why = STANDS_IN if principal is not None else IS_BACK if was_away else NEXT_HOLDER
    writer = Writer(book.policy, book.people, book.time)
    facts = {
        "case_code": case.code, "title": title,
        **writer.passed_on(owed.part, owed.unit, None, words(why), owed.due, found),
    }  # fmt: skip
    place = f"{owed.part.value}:{owed.unit or ''}:{owed.step or ''}"
    return outbox_row(
        key=f"passed_on:{case.id}:{place}:{person.id}:{principal.id if principal else ''}:{key}", message="work_passed_on",
        address=person.email, locale=person.locale, facts=facts, now=book.now, domain=book.mail_domain,
        grant={"party": owed.part.value, "unit": owed.unit, "step": owed.step, "principal": principal.id if principal else None},
        case_id=case.id, account=person.id, root=root_id(case.code, book.mail_domain),
    )  # fmt: skip


def _these(case_id: int, owed: Obligation, account: str, principal: str | None) -> ColumnElement[bool]:
    link = AccessLink
    return and_(
        link.case_id == case_id, link.account_id == account, link.party == owed.part.value,
        link.unit_id.is_not_distinct_from(owed.unit) if owed.step is None else link.step_id == owed.step,
        link.principal_id.is_not_distinct_from(principal),
    )  # fmt: skip


def _has_link(session: Session, case_id: int, owed: Obligation, account: str, principal: str | None) -> bool:
    these = _these(case_id, owed, account, principal)
    return session.scalar(select(AccessLink.id).where(these, AccessLink.revoked_at.is_(None)).limit(1)) is not None


# -- whose links end ---------------------------------------------------------------------------------------------------


def end_links(
    session: Session,
    now: datetime,
    *,
    units: Collection[str],
    accounts: Collection[str],
    roles: Iterable[Held],
    kept: Collection[Held],
) -> int:
    """End the links of closed units, of accounts no longer in use, and of roles that were lost (`kept`: those still held).

    Links not mailed yet are not made either. How many ended.
    """
    link, ended = AccessLink, 0
    if units:
        ended += _end(session, now, link.unit_id.in_(units))
        _void(session, lambda row, grant: grant.get("unit") in units)
    if accounts:
        ended += _end(session, now, or_(link.account_id.in_(accounts), link.principal_id.in_(accounts)))
        _void(session, lambda row, grant: row.account_id in accounts or grant.get("principal") in accounts)
    everywhere = {(held.account, held.role) for held in kept if held.role not in OF_UNITS}
    for held in roles:
        # Whose role is the whole office's holds it, whatever unit it stands under.
        if (held.account, held.role) not in everywhere:
            ended += _end_role(session, now, held, kept)
    return ended


def _end_role(session: Session, now: datetime, lost: Held, kept: Collection[Held]) -> int:
    link = AccessLink
    unit = lost.unit if lost.role in OF_UNITS else None
    still = {
        party
        for held in kept
        if held.account == lost.account and (held.role not in OF_UNITS or held.unit == lost.unit)
        for party in PARTIES_OF_ROLE.get(held.role, ())
    }
    parties = [p.value for p in PARTIES_OF_ROLE.get(lost.role, ()) if p not in still]
    theirs = or_(link.account_id == lost.account, link.principal_id == lost.account)
    of_unit = link.unit_id == unit if unit is not None else link.id.is_not(None)
    steps = select(ApprovalStep.id).where(
        ApprovalStep.role == lost.role, *([ApprovalStep.unit_id == unit] if unit is not None else [])
    )
    ended = _end(session, now, and_(theirs, link.party.in_(parties), of_unit))
    ended += _end(session, now, and_(theirs, link.party == Party.APPROVER.value, link.step_id.in_(steps)))
    decided = set(session.scalars(steps))
    _void(
        session,
        lambda row, grant: (
            lost.account in (row.account_id, grant.get("principal"))
            and (
                (grant.get("party") in parties and unit in (None, grant.get("unit")))
                or (grant.get("party") == Party.APPROVER.value and grant.get("step") in decided)
            )
        ),
    )
    return ended


def end_substitutes(session: Session, now: datetime, acting: Mapping[str, str | None]) -> int:
    """End the links of whoever stood in for these accounts and does not act for them now (account → who acts today)."""
    link, ended = AccessLink, 0
    for absent, instead in acting.items():
        others = link.account_id != instead if instead not in (None, absent) else link.account_id.is_not(None)
        ended += _end(session, now, and_(link.principal_id == absent, others))
        _void(session, _stands_in_wrongly(absent, instead if instead != absent else None))
    return ended


def _stands_in_wrongly(absent: str, instead: str | None) -> Callable[[Outbox, Row], bool]:
    return lambda row, grant: grant.get("principal") == absent and row.account_id != instead


def _end(session: Session, now: datetime, these: ColumnElement[bool]) -> int:
    done = session.execute(
        update(AccessLink)
        .where(these, AccessLink.revoked_at.is_(None))
        .values(revoked_at=now)
        .execution_options(synchronize_session=False)
    )
    return int(getattr(done, "rowcount", 0))


def _void(session: Session, which: Callable[[Outbox, Row], bool]) -> None:
    """What is owed and not sent yet would make a link when it is sent."""
    for row in session.scalars(select(Outbox).where(Outbox.state == OutboxState.OWED, Outbox.account_id.is_not(None))):
        if row.grant is not None and which(row, row.grant):
            row.state = OutboxState.VOID
        elif row.grant is not None and "several" in row.grant:
            kept = {name: grant for name, grant in row.grant["several"].items() if not which(row, grant)}
            row.grant = row.grant | {"several": kept}
    session.flush()
