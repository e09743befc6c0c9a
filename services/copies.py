"""Copies: which of the mails just owed go another way too, by the policy's channels; never those of a restricted case."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from domain.case import Case
from domain.channels import ChannelRule
from models.office import Outbox
from models.rows import insert_rows
from services.office import digest
from services.people import People, Person

if TYPE_CHECKING:
    from services.casebook import Casebook

Row = dict[str, Any]

GROUPS = ("wecom", "dingtalk")
"""The kinds that write to a group: of an event once. All others write to people, and get each recipient's message."""

AT_ONCE = 5
"""Messages that a group gets of one transaction; of more it is told together: robots take twenty a minute, and nobody reads
hundreds.
"""


def owe_copies(book: Casebook, mails: Sequence[Row], cases: Mapping[int, Case]) -> None:
    """Owe to other channels what goes beside `mails`, without anybody's personal link.

    Only what officers get is copied, and only of `cases` that are not restricted: a group is no holder of a case.
    """
    if not book.policy.channels:
        return
    roles = _roles(book.people)
    copies: dict[str, dict[object, Row]] = {}
    for mail in mails:
        case, person = cases.get(mail["case_id"] or 0), book.people.persons.get(mail["account_id"] or "")
        if case is None or case.restricted or person is None:
            continue
        for rule in book.policy.channels:
            if _wanted(rule, mail["message"], person, roles.get(person.id, ())):
                group = rule.kind in GROUPS
                # A mail's key ends with who gets it. Two supporters' letters are one piece of news to a group.
                event = mail["key"].removesuffix(f":{person.id}") if group else mail["key"]
                news = (mail["message"], case.id) if group else event
                copy = _copy(book, rule, mail, person) | {"key": f"{rule.name}:{event}"}
                copies.setdefault(rule.name, {}).setdefault(news, copy)
    for rule in book.policy.channels:
        rows = list(copies.get(rule.name, {}).values())
        if rule.kind in GROUPS and len(rows) > AT_ONCE:
            rows = [_together(book, rule, rows, cases)]
        insert_rows(book.session, Outbox, rows, once_by="key")


def _wanted(rule: ChannelRule, message: str, person: Person, roles: Collection[str]) -> bool:
    if rule.messages and message not in rule.messages:
        return False
    if not (rule.roles or rule.units or rule.accounts):
        return True
    return person.id in rule.accounts or person.unit in rule.units or not set(rule.roles).isdisjoint(roles)


def _copy(book: Casebook, rule: ChannelRule, mail: Row, person: Person) -> Row:
    address = rule.name if rule.kind in GROUPS else person.id
    if rule.kind == "file":
        # A post's title names its unit.
        address = person.title.in_(rule.locale)
    return mail | {
        "channel": rule.name, "address": address, "locale": rule.locale, "account_id": None, "grant": None, "root_id": None,
        "message_id": f"<{uuid.uuid4().hex}@{book.mail_domain}>",
    }  # fmt: skip


def _together(book: Casebook, rule: ChannelRule, rows: Sequence[Row], cases: Mapping[int, Case]) -> Row:
    codes = list(dict.fromkeys(cases[row["case_id"]].code for row in rows))
    if len(codes) == 1:
        # All of one case: its first message says what happened, and the board the rest.
        return rows[0]
    facts = {
        "day": book.now.astimezone(book.time.zone).date().isoformat(),
        "count": len(codes),
        "codes": codes[:AT_ONCE],
    }
    key = f"{rule.name}:several:{digest(*(row['key'] for row in rows))}"
    return rows[0] | {"key": key, "message": "several_notices", "case_id": None, "facts": facts}


def _roles(people: People) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for (role, _), accounts in people.holders.items():
        for account in accounts:
            found.setdefault(account, set()).add(role.value)
    return found
