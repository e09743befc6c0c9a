"""What is sent twice from one showing of a page is done once: two clicks, a reload, an impatient phone."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from domain.policy import Label
from models.engine import hold
from models.office import Command
from services.office import Office
from services.page_types import Done


def do_once(office: Office, command: str, do: Callable[[Session], Done]) -> Done:
    """What `do` comes to, in one transaction with the note that the command was done; its first answer when it is repeated.

    What was not done is tried anew. Without a command it is simply done.
    """
    with office.writing() as session:
        if command:
            hold(session, f"command {command}")
            known = session.get(Command, command)
            if known is not None:
                return Done(True, Label(known.result["zh"], known.result["en"]))
        done = do(session)
        if command and done.done:
            said = {"zh": done.message.zh, "en": done.message.en}
            session.add(Command(id=command, at=office.now(), result=said))
        return done
