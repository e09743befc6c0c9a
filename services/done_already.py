"""What is asked for a second time: by whom and when it was done before, told as news and not as a mistake."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.label import Label
from domain.labels import PARTY_LABELS
from domain.lifecycle import ACTIONS, Party
from domain.refusals import Refused
from models.case import Case, Event
from models.clock import Clock
from models.intake import Delivery, DeliveryState
from services.event_words import event_label
from services.links import Grant
from services.office import Office
from services.page_parts import decided_line
from services.page_types import Done, TimelineLine
from services.people import People
from services.refusal_words import in_words
from services.waiting_reports import KIND, REPORTER

ONCE = frozenset({"signed_for", "appealed", "escalated", "circular_issued", "approval_open"})
"""Refusals that say that the same step was taken before."""

RULED = frozenset({"appealed"})
"""Those whose rule is told as well: whoever asks again, later and for another reason, learns when it can be asked."""

OWN = frozenset({"no_duty"})
"""Refusals that say so where it was the same unit that took it."""


def done_before(
    session: Session, case_id: int, action: str, refusal: Refused, people: People, grant: Grant | None = None
) -> TimelineLine | None:
    """By whom and when a refused step was taken before, where that is why it is refused; None for any other refusal.

    Whoever clicked twice, or came second, did nothing wrong. `grant` is the link's; the desk on the board has none.
    """
    public = grant is not None and grant.party is Party.ENTERPRISE
    if refusal.code == "nothing_to_decide":
        return decided_line(session, grant, people) if grant is not None else None
    event = _step_before(session, case_id, action, refusal.code)
    if event is None or (refusal.code in OWN and (grant is None or event.actor.get("unit") != grant.unit)):
        return None
    return TimelineLine(event.at, event_label(event.action), _who(event, people, public))


def _who(event: Event, people: People, public: bool) -> Label:
    actor = event.actor
    party, unit = PARTY_LABELS[Party(actor["party"])], actor.get("unit")
    if public or not actor.get("account"):
        return people.label(str(unit)) if unit else party
    return people.label(str(actor["account"]))


def _step_before(session: Session, case_id: int, action: str, code: str) -> Event | None:
    newest = select(Event).where(Event.case_id == case_id).order_by(Event.seq.desc()).limit(1)
    if code in ONCE | OWN:
        return session.scalars(newest.where(Event.action == action)).first()
    if code != "not_from_here":
        return None
    # A case stands where it stands by its last step that leads there: only if that is the one asked for was it done already.
    status = session.scalar(select(Case.status).where(Case.id == case_id))
    leading = [name for name, row in ACTIONS.items() if status in row.targets]
    event = session.scalars(newest.where(Event.action.in_(leading))).first()
    return event if event is not None and event.action == action else None


def already(office: Office, line: TimelineLine, refusal: Refused | None = None) -> Label:
    """Who did it, and when: of two who press at the same moment both are answered."""
    said = _said(office, line.who, line.at, line.what)
    if refusal is None or refusal.code not in RULED:
        return said
    rule = in_words(refusal)
    return Label(f"{said.zh}{rule.zh}", f"{said.en} {rule.en}")


def report_decided(session: Session, office: Office, row: Delivery, people: People) -> Done:
    """The answer to whom a report is decided on already: by whom, when, and how."""
    ended = session.scalar(select(Clock.ended_at).where(Clock.delivery_id == row.id, Clock.kind == KIND))
    at = row.confirmed_at or ended or row.handled_at
    what = (
        Label("不予立案", "dismissed")
        if row.state is DeliveryState.DISMISSED
        else Label("已确认", "confirmed")
        if row.confirmed_by == REPORTER
        else Label("受理", "accepted")
    )
    by = row.confirmed_by
    if by is None or at is None:
        return Done(False, Label("该来件已经处理过。", "This report was dealt with already."), already=True)
    who = PARTY_LABELS[Party.ENTERPRISE] if by == REPORTER else people.label(by) if by in people.persons else _DESK
    return Done(False, _said(office, who, at, what), already=True)


_DESK = Label("推进办", "the desk")


def _said(office: Office, who: Label, at: datetime, what: Label) -> Label:
    when = f"{at.astimezone(office.zone):%Y-%m-%d %H:%M}"
    return Label(f"已由{who.zh}于 {when} 处理：{what.zh}。", f"Already done by {who.en} on {when}: {what.en}.")
