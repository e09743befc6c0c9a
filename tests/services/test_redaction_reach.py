"""What a redaction reaches beside the history, and what it can only count."""

from __future__ import annotations

import json

from sqlalchemy import select

from domain.case import Actor
from domain.lifecycle import Party
from models.case import Approval
from models.office import Outbox
from services.audit import verify
from services.office import Office
from services.redaction import redact
from services.redaction_reach import REMOVED
from tests.builders import Difficulty, report
from tests.mailroom import deliver_all

CLERK = Actor(Party.CLERK, "cli", asserted=True)
WORDS = "负责人王某因病住院，手机一三八零零零零"


def removed(it: Difficulty, action: str) -> dict[str, int]:
    """Redact the event of an action; what the history counts."""
    [event] = it.events(action)[-1:]
    redact(it.office, it.code, event["seq"], "本人要求", CLERK, f"redact-{action}")
    facts = it.events("redacted")[-1]["facts"]
    return {name: facts[name] for name in ("elsewhere", "mails", "copies")}


def everywhere(office: Office) -> str:
    """All that mails and approvals say."""
    with office.reading() as session:
        found = [row.facts for row in session.scalars(select(Outbox))]
        found += [row.facts for row in session.scalars(select(Approval))]
    return json.dumps(found, ensure_ascii=False)


def test_a_mail_that_has_not_gone_goes_without_the_words(office: Office) -> None:
    """What the asker wrote stands in the mail to who decides, and in the approval: both lose it."""
    it = report(office).by_lead("ask_extension", reason=WORDS)
    assert WORDS in everywhere(office)
    counted = removed(it, "ask_extension")
    assert counted["elsewhere"] >= 2
    assert (counted["mails"], counted["copies"]) == (0, 0)
    assert WORDS not in everywhere(office)
    assert all(WORDS not in mail.text for mail in deliver_all(office))
    assert verify(office).findings == ()


def test_a_mail_that_has_gone_is_counted_and_kept_without_the_words(office: Office) -> None:
    """Nobody can call it back: the record says how many there were."""
    it = report(office).by_lead("ask_extension", reason=WORDS)
    deliver_all(office)
    counted = removed(it, "ask_extension")
    assert counted["mails"] >= 1
    assert WORDS not in everywhere(office)


def test_a_signed_reply_that_was_removed_is_shown_to_nobody(office: Office) -> None:
    """The reply's words stand in its approval too, from which the enterprise's page shows them."""
    it = report(office).replied(text=WORDS)
    removed(it, "reply")
    with office.reading() as session:
        facts = [row.facts for row in session.scalars(select(Approval).where(Approval.case_id == it.id))]
    assert WORDS not in json.dumps(facts, ensure_ascii=False)
    assert REMOVED in json.dumps(facts, ensure_ascii=False)
    assert facts[0]["outcome"] == "resolved", "what is no text stays"


def test_other_cases_and_short_words_stay(office: Office) -> None:
    """Words of three characters could be anybody's, and another case's words are its own."""
    one, two = report(office), report(office, title="另一件")
    for it in (one, two):
        it.by_lead("ask_extension", reason=WORDS, progress="已踏勘")
    removed(one, "ask_extension")
    with office.reading() as session:
        facts = {row.case_id: row.facts for row in session.scalars(select(Approval))}
    assert facts[two.id]["reason"] == WORDS
    assert facts[one.id]["progress"] == "已踏勘"
