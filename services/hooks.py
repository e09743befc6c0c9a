"""Outgoing webhooks: what happens to cases is owed to each hook in the transaction that writes it; a hook that is gone rests."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from domain.case import Case
from domain.channels import HOOK_EVENTS, ChannelRule, HookRule
from domain.draft import Draft
from domain.lights import light_of
from models.engine import hold
from models.office import Outbox, OutboxState, Setting
from models.rows import insert_rows
from notifications.notifier import HOOK, Notifier, Parcel
from notifications.transport import Refused
from services.office import Office

if TYPE_CHECKING:
    from services.casebook import Casebook

MESSAGE = "case_event"
"""How the outbox names what is owed to a hook."""

PAUSED = "hook paused: "
"""How the settings are named that say since when a hook rests."""

_EVENT_OF = {action: event for event, actions in HOOK_EVENTS.items() for action in actions}

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class WayState:
    """A hook or a channel as the operator sees it: since when it rests (None: it does not), and its deliveries by state."""

    rule: HookRule | ChannelRule
    paused: datetime | None
    deliveries: Mapping[str, int]


class UnknownWay(LookupError):
    """The policy names no such hook, or no such channel either."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(f"the policy names no {name!r}; there are: {', '.join(known) or 'none'}")


def channel_of(name: str) -> str:
    """The channel of the hook with that name."""
    return f"{HOOK}:{name}"


def owe_hooks(book: Casebook, seqs: Mapping[int, int], drafts: Sequence[Draft]) -> None:
    """Owe what `drafts` record to the hooks that want it; `seqs` is how long each case's history was before.

    Restricted cases are told to nobody. What a hook is told is the case as it stands at the end of the transaction.
    """
    if not book.policy.hooks:
        return
    resting = paused(book.session)
    hooks = [hook for hook in book.policy.hooks if hook.name not in resting]
    seen = dict(seqs)
    state = {draft.case.id: draft.case for draft in drafts}
    rows: list[Row] = []
    for draft in drafts:
        for line in draft.events:
            seen[draft.case.id] += 1
            event = _EVENT_OF.get(line.action)
            if event is None or draft.case.restricted:
                continue
            case = state[draft.case.id]
            told: Row | None = None
            for hook in hooks:
                if hook.events and event not in hook.events:
                    continue
                told = told or _told(book, case, event)
                rows.append(_row(book, hook.name, f"hook:{hook.name}:{case.id}:{seen[case.id]}", told, case))
    insert_rows(book.session, Outbox, rows, once_by="key")


def _row(book: Casebook, hook: str, key: str, told: Row, case: Case) -> Row:
    return {
        "key": key, "message": MESSAGE, "channel": channel_of(hook), "case_id": case.id, "delivery_id": None, "account_id": None,
        "contact_id": None, "address": channel_of(hook), "locale": "en", "facts": told, "grant": None, "state": OutboxState.OWED,
        "owed_at": book.now, "not_before": book.now, "attempts": 0, "message_id": f"<{uuid.uuid4().hex}@{book.mail_domain}>",
        "root_id": None,
    }  # fmt: skip


def _told(book: Casebook, case: Case, event: str) -> Row:
    """A Standard Webhooks payload: ids, states and dates; no title, no name, no text."""
    zone = book.time.zone
    due = case.due.astimezone(zone).isoformat() if case.due is not None else None
    light = light_of(case.status, case.due, book.now, book.policy, book.time)
    return {
        "type": f"case.{event}",
        "timestamp": book.now.astimezone(zone).isoformat(),
        "data": {
            "code": case.code, "kind": case.kind.value, "status": case.status.value, "outcome": case.outcome, "light": light.value,
            "rung": case.rung, "round": case.round, "cycle": case.cycle, "lead": case.lead, "due": due, "estimated": case.estimated,
        },
    }  # fmt: skip


def paused(session: Session) -> dict[str, datetime]:
    """The hooks that rest, and since when."""
    rows = session.scalars(select(Setting).where(Setting.key.startswith(PAUSED)))
    return {row.key.removeprefix(PAUSED): datetime.fromisoformat(row.value) for row in rows}


def pause(office: Office, name: str) -> None:
    """Let a hook rest whose receiver answered that it is gone: nothing more is owed to it, what still was is void."""
    with office.writing() as session:
        hold(session, "hooks")
        if session.get(Setting, PAUSED + name) is None:
            session.add(Setting(key=PAUSED + name, value=office.now().isoformat()))
        session.execute(
            update(Outbox)
            .where(Outbox.channel == channel_of(name), Outbox.state == OutboxState.OWED, Outbox.leased_by.is_(None))
            .values(state=OutboxState.VOID, problem="the hook rests: its receiver answered 410")
        )


def resume(office: Office, name: str) -> bool:
    """Let a hook be told again, of what happens from now on; whether it rested. UnknownWay if the policy has none."""
    known = [rule.name for rule in office.policy.hooks]
    if name not in known:
        raise UnknownWay(name, known)
    with office.writing() as session:
        gone = session.execute(delete(Setting).where(Setting.key == PAUSED + name))
        return bool(getattr(gone, "rowcount", 0))


def ways_out(office: Office) -> list[WayState]:
    """The policy's hooks and channels, in its order."""
    rules: list[tuple[str, HookRule | ChannelRule]] = [
        *((channel_of(hook.name), hook) for hook in office.policy.hooks),
        *((rule.name, rule) for rule in office.policy.channels),
    ]
    with office.reading() as session:
        resting = paused(session)
        counted = session.execute(
            select(Outbox.channel, Outbox.state, func.count())
            .where(Outbox.channel.in_([channel for channel, _ in rules]))
            .group_by(Outbox.channel, Outbox.state)
        ).all()
    return [
        WayState(
            rule, resting.get(rule.name) if isinstance(rule, HookRule) else None,
            {state.value: n for at, state, n in counted if at == channel},
        )
        for channel, rule in rules
    ]  # fmt: skip


def try_out(office: Office, notifier: Notifier, name: str) -> Refused | None:
    """Send a hook or a channel one delivery that says that it is a try, written down nowhere; None when it was taken.

    UnknownWay if the policy has none of that name; of a hook and a channel of one name it is the hook.
    """
    hooks = [rule.name for rule in office.policy.hooks]
    found = next((rule for rule in office.policy.channels if rule.name == name), None)
    message_id, today = f"<{uuid.uuid4().hex}@{office.mail_domain}>", office.today().isoformat()
    if name in hooks:
        told = {"type": "test", "timestamp": office.now().astimezone(office.zone).isoformat(), "data": {}}
        parcel = Parcel(0, MESSAGE, name, "en", told, message_id, channel=channel_of(name))
    elif found is not None:
        parcel = Parcel(0, "channel_tried", name, found.locale, {"day": today}, message_id, channel=name)
    else:
        raise UnknownWay(name, [*hooks, *(rule.name for rule in office.policy.channels)])
    with notifier as post:
        return post.send(parcel)
