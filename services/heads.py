"""The daily digest of all heads: stored once an office day and mailed to the supervisor, who so holds what we cannot change."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, insert, or_, select
from sqlalchemy.orm import Session

from domain.policy import Role
from models.audit import HeadDigest, HeadLine
from models.case import Case
from models.engine import hold
from services.chain import canonical
from services.office import Office
from services.owing import insert_once, outbox_row
from services.people import load_people


@dataclass(frozen=True, slots=True)
class Digest:
    """A day's digest. `moved` counts the cases whose history grew since the digest before; `made` is False for a stored one."""

    day: date
    cases: int
    moved: int
    digest: str
    previous: str
    made: bool


def digest_of(day: date, cases: int, previous: str, lines: Sequence[tuple[str, int, str]]) -> str:
    """SHA-256 hex over the day, the number of cases, the digest before and the (code, seq, head) that moved, by code.

    A head that did not move is in an earlier digest, and so in this one through `previous`.
    """
    said = canonical([day.isoformat(), cases, previous, sorted(map(list, lines))])
    return hashlib.sha256(said.encode()).hexdigest()


def has_today(office: Office) -> bool:
    """Whether today's digest is stored."""
    with office.reading() as session:
        return session.get(HeadDigest, office.today()) is not None


def digest_today(office: Office) -> Digest:
    """Store today's digest and owe its mail to the supervisor; the one that is stored already is returned as it is."""
    today = office.today()
    with office.reading() as session:
        known = _stored(session, today)
    if known is not None:
        return known
    with office.writing() as session:
        hold(session, "digest")
        return _stored(session, today) or _make(office, session, today)


def _stored(session: Session, day: date) -> Digest | None:
    row = session.get(HeadDigest, day)
    if row is None:
        return None
    moved = session.scalar(select(func.count()).where(HeadLine.day == day)) or 0
    return Digest(row.day, row.cases, moved, row.digest, row.previous, False)


def _make(office: Office, session: Session, today: date) -> Digest:
    before = session.scalars(select(HeadDigest).order_by(HeadDigest.day.desc()).limit(1)).first()
    previous = before.digest if before is not None else ""
    lines = moved_heads(session)
    known = session.scalar(select(func.count(func.distinct(HeadLine.code)))) or 0
    told = set(session.scalars(select(HeadLine.code).distinct())) if lines else set()
    cases = known + sum(1 for code, _, _ in lines if code not in told)
    made = Digest(today, cases, len(lines), digest_of(today, cases, previous, lines), previous, True)
    session.execute(
        insert(HeadDigest),
        [{"day": today, "made_at": office.now(), "cases": cases, "digest": made.digest, "previous": previous}],
    )
    if lines:
        session.execute(insert(HeadLine), [{"code": c, "day": today, "seq": s, "head": h} for c, s, h in lines])
    _owe(office, session, made)
    return made


def moved_heads(session: Session) -> list[tuple[str, int, str]]:
    """(code, seq, head) of the cases whose history grew since they last stood in a digest."""
    last = select(HeadLine.code, func.max(HeadLine.seq).label("seq")).group_by(HeadLine.code).subquery()
    query = (
        select(Case.code, Case.seq, Case.head_hash)
        .outerjoin(last, last.c.code == Case.code)
        .where(or_(last.c.seq.is_(None), Case.seq > last.c.seq))
        .order_by(Case.code)
    )
    return [(code, seq, head) for code, seq, head in session.execute(query)]


def _owe(office: Office, session: Session, made: Digest) -> None:
    people, now = load_people(session, office.policy), office.now()
    domain = office.mail_domain
    facts = {
        "day": made.day.isoformat(), "cases": made.cases, "moved": made.moved, "digest": made.digest,
        "previous": made.previous or None,
    }  # fmt: skip
    insert_once(session, [
        outbox_row(
            key=f"head_digest:{made.day}:{found.person.id}", message="head_digest", address=found.person.email,
            locale=found.person.locale, facts=facts, now=now, domain=domain, account=found.person.id,
        )
        for found in people.find(Role.SUPERVISOR, None, None, made.day)
    ])  # fmt: skip
