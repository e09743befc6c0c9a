"""Factor guarantees asked for by a command: opening a request, and the desk's steps on it, each done once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from domain.case import Actor
from domain.lifecycle import FACTOR_STEPS, Party
from domain.refusals import Refused
from services.casebook import open_casebook
from services.desk import StepResult, coordinate, remember, repeated, repeated_in, said
from services.factor_intake import known_project
from services.factor_opening import NewFactor, open_factors
from services.factor_request import FactorAsked, read_factor
from services.office import Office
from services.refusal_words import told


def request(office: Office, data: Mapping[str, Any], command_id: str, channel: str = "prefect") -> StepResult:
    """Open a factor request for a project; a refusal is a result, and then nothing is stored."""
    known = repeated(office, command_id)
    if known is not None:
        return known[0]
    given = {k: v for k, v in data.items() if v not in (None, "", "—", [], ())}
    try:
        asked = read_factor(office.policy, office.time, given, office.today())
        with office.writing() as session:
            known = repeated_in(session, command_id)
            if known is not None:
                return known[0]
            result = _open(office, session, asked, Actor(Party.CLERK, channel, asserted=True))
            remember(session, office, command_id, [result])
    except Refused as refusal:
        return said("", False, told(refusal))
    return result


def _open(office: Office, session: Session, asked: FactorAsked, actor: Actor) -> StepResult:
    book = open_casebook(office, session)
    new = NewFactor(asked, known_project(book, asked.project), actor, actor.channel)
    [(_, code)] = open_factors(book, [new])
    return StepResult(code, True, f"registered as {code}", f"已登记，编号 {code}")


def advance(
    office: Office,
    step: str,
    codes: Sequence[str],
    fields: Mapping[str, object],
    command_id: str,
    channel: str = "prefect",
) -> list[StepResult]:
    """Take one of the desk's steps on each request: record a stage's decision or a grant from paper, draw, block, defer."""
    return coordinate(office, step, codes, fields, command_id, channel, FACTOR_STEPS)
