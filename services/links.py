"""Personal links: random tokens, stored hashed, for one person, one case and one capacity; checked against the present state."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from domain.case import Actor
from domain.clocks import ClockState
from domain.lifecycle import Party
from models.case import ApprovalStep, Assignment, Case
from models.clock import Clock
from models.intake import Delivery
from models.office import AccessLink
from models.rows import insert_rows
from services.office import Office
from services.page_types import LinkRefused

TOKEN_BYTES = 24
AREA_RUNG = 2
_OPEN = (ClockState.RUNNING, ClockState.PAUSED)

CALENDAR = "calendar"
"""The party of a link that shows a person's dates to their own calendar, and does nothing."""
CALENDAR_VALID = timedelta(days=400)

UNSUBSCRIBE = "unsubscribe"
"""The party of a link that ends a kind of mail, and does nothing else; it works as long as a calendar's address."""

PLAN = "milestone"
"""The party of a link to a project's plan, and to a change of it that its holder rules on."""

OF_NO_CASE = frozenset({CALENDAR, UNSUBSCRIBE, PLAN})
"""Parties whose links open no page of a case."""


def new_token() -> str:
    """192 random bits, safe in a URL."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def hash_token(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Grant:
    """What a link lets its holder do."""

    link_id: int | None
    case_id: int | None
    delivery_id: int | None
    account: str | None
    contact: int | None
    party: Party
    unit: str | None
    step: int | None
    principal: str | None

    def actor(self) -> Actor:
        """The holder as the rules know them."""
        return Actor(
            self.party,
            "link",
            account=self.account,
            contact=self.contact,
            unit=self.unit,
            step=self.step,
            principal=self.principal,
        )


class Mint:
    """Makes the links of one transaction and writes them together at its end. Validity runs in real time."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._now = office.real_now()
        self._rows: list[dict[str, Any]] = []

    def link(
        self,
        grant: Mapping[str, Any],
        *,
        case_id: int | None,
        delivery_id: int | None,
        account: str | None,
        contact: int | None,
    ) -> str:
        """The token of a new link; only its hash is kept."""
        token, party = new_token(), str(grant["party"])
        self._rows.append({
            "token_hash": hash_token(token), "case_id": case_id, "delivery_id": delivery_id, "account_id": account,
            "contact_id": contact, "party": party, "unit_id": grant.get("unit"), "step_id": grant.get("step"),
            "milestone_id": grant.get("milestone"), "change_id": grant.get("change"), "principal_id": grant.get("principal"),
            "made_at": self._now, "expires_at": self._now + _valid(self._office, party),
        })  # fmt: skip
        return token

    def several(self, account: str | None, grants: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
        """The links of a mail about several cases: tokens by the names of their `grants`, each of which names its case
        (`case_id`) or waiting report (`delivery_id`).
        """
        return {
            name: self.link(
                grant, case_id=grant.get("case_id"), delivery_id=grant.get("delivery_id"), account=account, contact=None
            )
            for name, grant in grants.items()
        }  # fmt: skip

    def write(self, session: Session) -> None:
        """Keep what was made."""
        rows, self._rows = self._rows, []
        insert_rows(session, AccessLink, rows)


def mint(
    session: Session,
    office: Office,
    grant: dict[str, Any],
    *,
    case_id: int | None,
    delivery_id: int | None,
    account: str | None,
    contact: int | None,
) -> str:
    """Make one link and return its token."""
    made = Mint(office)
    token = made.link(grant, case_id=case_id, delivery_id=delivery_id, account=account, contact=contact)
    made.write(session)
    return token


def _valid(office: Office, party: str) -> timedelta:
    return CALENDAR_VALID if party in (CALENDAR, UNSUBSCRIBE) else timedelta(days=office.policy.mail.link_valid_days)


def resolve_calendar(session: Session, token: str, now: datetime) -> str:
    """The account whose calendar stands behind a token. Raises LinkRefused, also for a link to anything else."""
    return resolve_own(session, token, now, CALENDAR)


def resolve_own(session: Session, token: str, now: datetime, party: str) -> str:
    """The account behind a link of one of the parties `OF_NO_CASE`. Raises LinkRefused, also for a link to anything else."""
    return str(own_link(session, token, now, party).account_id)


def own_link(session: Session, token: str, now: datetime, party: str) -> AccessLink:
    """The link of one of the parties `OF_NO_CASE`, which has an account. Raises LinkRefused."""
    row = session.scalars(select(AccessLink).where(AccessLink.token_hash == hash_token(token))).first()
    if row is None or row.party != party or row.account_id is None:
        raise LinkRefused("unknown", False)
    if row.revoked_at is not None or row.expires_at < now:
        raise LinkRefused("revoked", False)
    return row


def is_plan(session: Session, token: str) -> bool:
    """Whether a token is, or was, a link to a project's plan."""
    party = session.scalar(select(AccessLink.party).where(AccessLink.token_hash == hash_token(token)))
    return party == PLAN


def resolve(session: Session, token: str, now: datetime) -> Grant:
    """The grant behind a token. Raises LinkRefused: unknown, revoked or expired. `now` is real time."""
    row = session.scalars(select(AccessLink).where(AccessLink.token_hash == hash_token(token))).first()
    if row is None:
        return _track_grant(session, token)
    if row.party in OF_NO_CASE:
        raise LinkRefused("unknown", False)
    if row.revoked_at is not None:
        raise LinkRefused("revoked", False)
    if _beyond_holders(session, row):
        raise LinkRefused("revoked", False)
    if row.expires_at < now:
        raise LinkRefused("expired", True)
    return Grant(
        row.id, row.case_id, row.delivery_id, row.account_id, row.contact_id, Party(row.party), row.unit_id, row.step_id,
        row.principal_id,
    )  # fmt: skip


def _beyond_holders(session: Session, link: AccessLink) -> bool:
    """Whether a link shows a restricted case to a unit that has no part in it any more; other cases it may still look at."""
    if link.case_id is None or link.unit_id is None:
        return False
    case = session.execute(select(Case.restricted, Case.rung, Case.area_id).where(Case.id == link.case_id)).one()
    if not case.restricted or (case.rung == AREA_RUNG and case.area_id == link.unit_id):
        return False
    of_case, unit = Assignment.case_id == link.case_id, link.unit_id
    parts = (
        exists().where(of_case, Assignment.unit_id == unit, Assignment.until.is_(None)),
        exists().where(Clock.case_id == link.case_id, Clock.owner_unit == unit, Clock.state.in_(_OPEN)),
        exists().where(ApprovalStep.id == link.step_id, ApprovalStep.state == "open"),
    )
    return not session.scalar(select(or_(*parts)))


def _track_grant(session: Session, token: str) -> Grant:
    row = session.scalars(select(Delivery).where(Delivery.track_hash == hash_token(token))).first()
    if row is None:
        raise LinkRefused("unknown", False)
    return Grant(None, row.case_id, row.id, None, row.contact_id, Party.ENTERPRISE, None, None, None)


def find_expired(session: Session, token: str) -> AccessLink | None:
    """The link behind an expired token that was not revoked, for "send me a new link"."""
    row = session.scalars(select(AccessLink).where(AccessLink.token_hash == hash_token(token))).first()
    if row is None or row.party in OF_NO_CASE or row.revoked_at is not None or _beyond_holders(session, row):
        return None
    return row
