"""Letters as parcels: a message goes as itself; several become the rows of one mail, of which none spoils the others."""

from __future__ import annotations

from typing import Any

from domain.mail_rules import Urgency
from notifications.message import MissingFact, UnknownMessage, from_facts
from notifications.messages.bundle import BundleRow
from notifications.notifier import Parcel
from notifications.render import OfficeLine, locale_of, subject_of
from services.outbox_claim import Letter, Part

BUNDLE = "bundle"

UNTIL = ("answer_by", "answer_due", "decide_by", "rule_by", "sign_for_due", "first_contact_due", "due")
"""The facts that say by when a reader is asked for something, what is asked first before the rest."""


def parcel_of(letter: Letter, line: OfficeLine, day: str) -> tuple[Parcel | None, dict[int, str]]:
    """The parcel of a letter, and the messages that cannot be a part of it with what is wrong; None if none can.

    `day` is the office's, as an ISO date.
    """
    if len(letter.parts) == 1:
        return _alone(letter, letter.parts[0]), {}
    rows: list[BundleRow] = []
    links: dict[str, str] = {}
    broken: dict[int, str] = {}
    shown: list[Part] = []
    for part in letter.parts:
        try:
            rows.append(_row(part, letter.locale, line, links))
        except (MissingFact, UnknownMessage) as problem:
            broken[part.id] = str(problem)
        else:
            shown.append(part)
    if not rows:
        return None, broken
    codes, roots = {row["code"] for row in rows}, {part.root_id for part in shown}
    facts: dict[str, Any] = {"day": day, "case_code": codes.pop() if len(codes) == 1 else None, "rows": rows}
    parcel = Parcel(
        id=letter.id, code=BUNDLE, recipient=letter.address, locale=letter.locale, variables=facts, message_id=letter.message_id,
        links=links, root_id=roots.pop() if len(roots) == 1 else None,
    )  # fmt: skip
    return parcel, broken


def _alone(letter: Letter, part: Part) -> Parcel:
    return Parcel(
        id=part.id, code=part.message, recipient=letter.address, locale=letter.locale, variables=part.facts,
        message_id=letter.message_id, links=part.links, root_id=part.root_id, sealed=part.restricted, detail=part.detail,
        channel=letter.channel,
    )  # fmt: skip


def _row(part: Part, locale: str, line: OfficeLine, links: dict[str, str]) -> BundleRow:
    message = from_facts(part.message, part.facts)
    if part.restricted:
        message = message.sealed(locale_of(locale))
    facts = message.facts()
    until = next((str(facts[name]) for name in UNTIL if facts.get(name) is not None), None)
    number = facts.get("number")
    page = next((part.links[name] for name in message.links if name in part.links), None)
    if page is None and not message.link_optional:
        raise MissingFact(part.message, "links", f"must hold one of {', '.join(message.links)}")
    return {
        "code": part.case_code, "what": subject_of(message, locale, line), "until": until,
        "urgent": part.urgency == Urgency.URGENT, "number": str(number) if number is not None else None,
        "link": _named(links, page), "document": _named(links, part.links.get("notice")),
    }  # fmt: skip


def _named(links: dict[str, str], url: str | None) -> str | None:
    """The name under which a mail's links hold `url`, which several rows may share."""
    if url is None:
        return None
    known = next((name for name, other in links.items() if other == url), None)
    if known is None:
        known = str(len(links) + 1)
        links[known] = url
    return known
