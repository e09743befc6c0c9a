"""What of the outbox may go now: what is due, what waits for office hours, for others, for a sweep, or for the rates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from domain.mail_rules import Urgency, left
from models.office import Outbox, OutboxState
from services.catching_up import CatchingUp, caught_up
from services.office import Office

MAIL, HOOK = "mail", "hook"
"""As `notifications.notifier` names them, which only who sends loads."""

OWED = Outbox.state == OutboxState.OWED


@dataclass(frozen=True, slots=True)
class Gate:
    """What holds mail back at a moment. `free` is how many mails the rates still let through (None: any number), `again` from
    when on they do; `quiet` and `opening` say the same of ordinary mail and the office's hours.
    """

    now: datetime
    quiet: bool
    opening: datetime
    catching_up: CatchingUp
    free: int | None
    again: datetime | None
    gathers: timedelta
    """How long an ordinary mail waits for others."""

    def due(self) -> ColumnElement[bool]:
        """Which messages go now; also which of them make a claim begin."""
        begins = self.goes_along()
        if self.gathers:
            begins &= or_(
                self._waits_for_nothing(), Outbox.mail_id.is_not(None), Outbox.owed_at <= self.now - self.gathers
            )
        return and_(begins, Outbox.not_before <= self.now)

    def goes_along(self) -> ColumnElement[bool]:
        """Which messages may go when another one to the same reader goes; whether each is due is another question."""
        found = [OWED]
        if self.quiet:
            found.append(self._waits_for_nothing())
        if self.catching_up.running:
            found.append(or_(Outbox.owed_at.not_in(self.catching_up.moments), Outbox.urgency == Urgency.PROMPT))
        if self.free == 0:
            found.append(Outbox.channel != MAIL)
        return and_(*found)

    @staticmethod
    def _waits_for_nothing() -> ColumnElement[bool]:
        # Other systems have no evenings.
        return or_(Outbox.urgency < Urgency.ORDINARY, Outbox.channel.startswith(f"{HOOK}:"))


@dataclass(frozen=True, slots=True)
class Wait:
    """Why a message that is owed does not go, and until when; None where nobody can say."""

    reason: str
    until: datetime | None


def why_waits(holds: Gate, row: Outbox) -> Wait:
    """Why an owed message waits: what holds it longest is named."""
    mail, ordinary = row.channel == MAIL, row.urgency >= Urgency.ORDINARY and not row.channel.startswith(f"{HOOK}:")
    gathered = row.owed_at + holds.gathers
    if row.leased_by is not None and row.not_before > holds.now:
        return Wait("being sent", row.not_before)
    if row.not_before > holds.now:
        return Wait("try again", row.not_before)
    if holds.catching_up.running and row.urgency != Urgency.PROMPT and row.owed_at in holds.catching_up.moments:
        return Wait("the sweep that catches up", None)
    if ordinary and holds.quiet:
        return Wait("quiet hours", holds.opening)
    if ordinary and row.mail_id is None and gathered > holds.now:
        return Wait("others to the same reader", gathered)
    if mail and holds.free == 0:
        return Wait("rates", holds.again)
    return Wait("its turn", None)


def gate(session: Session, office: Office) -> Gate:
    """What holds mail back now."""
    now, rules = office.now(), office.policy.mail
    quiet = rules.quiet is not None and rules.quiet.covers(now, office.time)
    opening = rules.quiet.opening(now, office.time) if rules.quiet is not None else now
    free, again = _left(session, office, now)
    return Gate(
        now, quiet, opening, caught_up(session, office), free, again, timedelta(minutes=rules.bundle_minutes or 0)
    )


def owed(office: Office) -> bool:
    """Whether a message is to be sent now; where nothing is owed, one look into an index that holds only what is owed."""
    with office.reading() as session:
        if not session.scalar(select(exists().where(OWED, Outbox.not_before <= office.now()))):
            return False
        return bool(session.scalar(select(exists().where(gate(session, office).due()))))


def overdue_since(session: Session, office: Office) -> datetime | None:
    """Since when the oldest message is due that nothing holds back, or held back until lately; None where none is."""
    holds, quiet = gate(session, office), office.policy.mail.quiet
    oldest = select(func.min(Outbox.not_before)).where(holds.due())
    if quiet is None or holds.quiet:
        return session.scalar(oldest)
    at_any_hour = session.scalar(oldest.where(Outbox.urgency < Urgency.ORDINARY))
    by_day = session.scalar(oldest.where(Outbox.urgency >= Urgency.ORDINARY))
    if by_day is not None:
        by_day = max(by_day, quiet.opened(holds.now, office.time))
    return min((moment for moment in (at_any_hour, by_day) if moment is not None), default=None)


def rates_hold(office: Office) -> bool:
    """Whether the policy's rates hold for the mail server that is set."""
    return office.policy.mail.rates.local or not _on_this_machine(office.settings.smtp_url)


def _on_this_machine(smtp_url: str) -> bool:
    try:
        host = urlsplit(smtp_url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _left(session: Session, office: Office, now: datetime) -> tuple[int | None, datetime | None]:
    """What the rates leave: mails that were sent count, and those that some worker is about to send."""
    windows = office.policy.mail.rates.windows()
    if not windows or not rates_hold(office):
        return None, None
    longest, most = windows[-1][0], max(most for _, most in windows)
    # Those under way first: one that is sent between the two questions counts twice, and never not at all.
    leased = session.scalar(
        select(func.count(Outbox.mail_id.distinct())).where(
            OWED, Outbox.leased_by.is_not(None), Outbox.not_before > now, Outbox.channel == MAIL
        )
    )
    sent = session.scalars(
        select(func.max(Outbox.sent_at).label("at"))
        .where(Outbox.sent_at > now - longest, Outbox.channel == MAIL)
        .group_by(func.coalesce(Outbox.mail_id, Outbox.message_id))
        .order_by(func.max(Outbox.sent_at).desc())
        .limit(most)
    ).all()
    moments = [moment for moment in sent if moment is not None]
    return left([*moments, *[now] * (leased or 0)], office.policy.mail.rates, now)
