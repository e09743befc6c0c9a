"""What programs ask to change: the desk's steps on cases, recorded as asserted for a person of the desk, and reports.

The rules, the casebook and the receiver are those of every other way in. Each request carries an id of its sender's: it is done
once, and repeating it returns what came of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy.orm import Session

from domain.case import Actor
from domain.lifecycle import ACTIONS, DESK_STEPS, FACTOR_STEPS, PROXY_STEPS, Party
from domain.policy import Label
from domain.refusals import FieldRefused, Refused
from models.case import Case
from models.engine import hold
from models.intake import DeliveryState, Trust
from models.office import Command
from services.api_cases import allowed_json, find_case
from services.api_keys import ApiKey
from services.board_steps import SPEAKER, actors
from services.board_users import BoardRole, BoardUser
from services.casebook import Casebook, Request, open_casebook
from services.chain import canonical
from services.intake import SIGNED_TYPE, Receipt, store
from services.office import Office, digest
from services.refusal_words import in_words
from services.report import clean, read_report

STEPS = frozenset(name for name in (*DESK_STEPS, *FACTOR_STEPS) if Party.APPROVER not in ACTIONS[name].by)
"""What a key of the desk may do: nothing that an approver decides, though a clerk may record it from paper."""
LONGEST_SPEAKER = 120


@dataclass(frozen=True, slots=True)
class Asked:
    """A step that a program asks for. `on_behalf` is the account of the desk for whom it speaks, `spoken_for` who spoke for
    the enterprise, where it records that.
    """

    action: str
    on_behalf: str
    fields: Mapping[str, object] = field(default_factory=dict)
    spoken_for: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it. `problem` is None when it was done, else a stable code; `field` names what has to be mended.

    `allowed` is what may be done instead, as `api_cases.allowed_json` gives it; `seq` the case's last line of history.
    """

    code: str
    status: str
    seq: int
    problem: str | None = None
    detail: Label | None = None
    field: str | None = None
    allowed: tuple[Mapping[str, Any], ...] = ()
    repeated: bool = False

    @property
    def done(self) -> bool:
        """Whether the step was taken."""
        return self.problem is None


class Reused(Exception):
    """An id that was used before, for something else."""


def take_step(office: Office, key: ApiKey, code: str, asked: Asked, request_id: str) -> Answer | None:
    """Take a step of the desk on a case; None where there is no such case for this key. A refusal is an answer and kept too.

    Raises Reused.
    """
    command_id, content = command_of(key, request_id), _content(code, asked)
    with office.writing() as session:
        # Two that send the same at once are one.
        hold(session, f"command {command_id}")
        known = session.get(Command, command_id)
        if known is not None:
            return _again(known, content)
        case = find_case(session, office, key, code)
        if case is None:
            return None
        answer = _perform(office, session, key, case, asked)
        session.add(Command(id=command_id, at=office.now(), result=_kept(answer, content)))
        session.flush()
    return answer


def command_of(key: ApiKey, request_id: str) -> str:
    """The id of a command: two programs may count in the same way."""
    return "api-" + digest(key.name, request_id)[:60]


def _content(code: str, asked: Asked) -> str:
    said = {
        "code": code.upper(),
        "action": asked.action,
        "on_behalf": asked.on_behalf,
        "fields": dict(asked.fields),
        "spoken_for": asked.spoken_for,
    }
    return digest(canonical(said))


def _perform(office: Office, session: Session, key: ApiKey, case: Case, asked: Asked) -> Answer:
    book = open_casebook(office, session)
    try:
        actor = _actor(office, book, key, asked)
        known = {f.name for f in ACTIONS[asked.action].fields}
        strange = next((name for name in asked.fields if name not in known), None)
        if strange is not None:
            raise FieldRefused("field_unknown", "Field {field} is not one of {action}: it takes {known}.", {
                "field": f"fields.{strange}"[:80], "action": asked.action, "known": ", ".join(sorted(known)) or "none",
            })  # fmt: skip
    except Refused as refused:
        return _refused(office, case, refused)
    [result] = book.apply([Request(case.id, asked.action, actor, asked.fields)])
    if result.refusal is not None:
        return _refused(office, case, result.refusal)
    session.refresh(case)
    return Answer(case.code, case.status.value, case.seq)


def _actor(office: Office, book: Casebook, key: ApiKey, asked: Asked) -> Actor:
    """In what capacity a named person of the desk takes the step; asserted, because a key is nobody. Raises Refused."""
    action = ACTIONS.get(asked.action)
    if action is None or asked.action not in STEPS or asked.action in office.policy.head_link_steps:
        name = action.label if action is not None else Label(asked.action, asked.action)
        raise Refused(
            "by_a_person",
            "{name} is decided by a person, through their own link.",
            {"name": name.en, "name_zh": name.zh},
        )
    person = BoardUser(asked.on_behalf, BoardRole.DESK, asked.on_behalf, "")
    held = actors(book.people, person, office.today(), f"api:{key.name}")
    if not held:
        raise FieldRefused("not_of_the_desk", "Field {field}: {problem}.", {
            "field": "on_behalf", "problem": f"{asked.on_behalf!r} is no account that acts for the desk today",
        })  # fmt: skip
    speaker = clean(asked.spoken_for, SPEAKER, LONGEST_SPEAKER)
    own = next((actor for party, actor in held.items() if party in action.by), None)
    if own is None:
        own = held.get(Party.CLERK) or next(iter(held.values()))
        if asked.action in PROXY_STEPS:
            return replace(own, asserted=True, spoken_for=speaker or None)
    return replace(own, asserted=True)


def _refused(office: Office, case: Case, refused: Refused) -> Answer:
    said = _words(refused)
    where = refused.facts.get("field")
    if refused.code == "speaker_missing":
        where = SPEAKER
    elif where is not None and refused.code in ("field_missing", "field_wrong") and where != SPEAKER:
        where = f"fields.{where}"
    return Answer(
        case.code, case.status.value, case.seq, refused.code, said, str(where) if where is not None else None,
        tuple(allowed_json(office, one.action, one.by, one.until) for one in refused.allowed),
    )  # fmt: skip


def _words(refused: Refused) -> Label:
    facts = refused.facts
    match refused.code:
        case "by_a_person":
            return Label(f"“{facts['name_zh']}”须由本人通过个人链接办理。", refused.text.format(**facts))
        case "not_of_the_desk":
            return Label("“on_behalf”须为今日可代表推进办办理的账号。", refused.text.format(**facts))
        case "field_unknown":
            return Label(f"没有“{facts['field']}”这一字段；可填：{facts['known']}。", refused.text.format(**facts))
        case _:
            return in_words(refused)


def _kept(answer: Answer, content: str) -> dict[str, Any]:
    return {
        "content": content, "code": answer.code, "status": answer.status, "seq": answer.seq, "problem": answer.problem,
        "detail": [answer.detail.zh, answer.detail.en] if answer.detail is not None else None, "field": answer.field, "allowed": [dict(one) for one in answer.allowed],
    }  # fmt: skip


def _again(known: Command, content: str) -> Answer:
    kept = known.result
    if kept.get("content") != content:
        raise Reused
    return Answer(
        kept["code"], kept["status"], kept["seq"], kept["problem"], Label(*kept["detail"]) if kept["detail"] else None, kept["field"],
        tuple(kept["allowed"]), repeated=True,
    )  # fmt: skip


def hand_in(office: Office, key: ApiKey, report: Mapping[str, Any], request_id: str) -> Receipt:
    """Store a report of a trusted program, as a signed delivery is stored; it becomes a case in the receiver's next batch.

    Raises FieldRefused for what the receiver could not read.
    """
    read_report(report)
    body = canonical({"type": SIGNED_TYPE, "data": dict(report)}).encode()
    return store(
        office, f"api:{key.name}", command_of(key, request_id), Trust.SIGNED, DeliveryState.WAITING, body,
        "application/json",
    )  # fmt: skip
