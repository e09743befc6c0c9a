"""Real mail in tests: what the outbox owes is delivered over SMTP to a local server, and read back."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select

from models.office import Outbox
from notifications.catcher import Catcher
from notifications.caught import caught, to_json
from services.office import Office
from services.outbox import deliver, owed
from services.outbox_parcel import BUNDLE


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as it arrived, with the name of the message that it was."""

    message: str
    to: str
    subject: str
    text: str
    html: str
    links: tuple[str, ...]
    message_id: str
    references: tuple[str, ...]
    auto_submitted: str


def mail_rules(office: Office, **rules: Any) -> None:
    """Change the office's rules of mail. Those of most tests let each mail go by itself at any hour: what they are about is
    what is owed; tests of hours, rates and bundles say their own.
    """
    policy = office.policy
    office.in_force = replace(office.in_force, policy=replace(policy, mail=replace(policy.mail, **rules)))


def catcher_of(office: Office) -> Catcher:
    """A mail server of the office's own, listening; whoever starts it stops it."""
    catcher = Catcher(office.settings.data / "mail.sqlite", port=0)
    catcher.start()
    office.settings.smtp_url = f"smtp://127.0.0.1:{catcher.port}"
    return catcher


def deliver_all(office: Office, running: Catcher | None = None) -> list[Mail]:
    """Deliver everything owed through yagmail and SMTP; the mails that arrived, in the order of their arrival.

    `running` is the office's catcher where one runs already.
    """
    path = office.settings.data / "mail.sqlite"
    before = _count(path)
    catcher = running or catcher_of(office)
    try:
        while owed(office):
            deliver(office)
    finally:
        if running is None:
            catcher.stop()
    with office.reading() as session:
        names: dict[str | None, str] = {}
        for mail_id, message in session.execute(select(Outbox.mail_id, Outbox.message)).tuples():
            names[mail_id] = BUNDLE if mail_id in names else message
    # The new ones only: a story with many mails would read the first ones again and again.
    rows = [to_json(row) for row in caught(path, limit=_count(path) - before)]
    return [_mail(row, names) for row in reversed(rows)]


def _count(path: Any) -> int:
    if not path.exists():
        return 0
    with sqlite3.connect(path) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return sum(database.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables[:1])  # noqa: S608 - own table


def _mail(row: Any, names: dict[str | None, str]) -> Mail:
    references = row["references"] or ()
    return Mail(
        names[row["message_id"]], row["to"] if isinstance(row["to"], str) else row["to"][0], row["subject"], row["text"], row["html"],
        tuple(row["links"]), row["message_id"], tuple([references] if isinstance(references, str) else references), row["auto_submitted"],
    )  # fmt: skip
