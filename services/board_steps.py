"""What the desk does on the board: its steps on restricted cases, registering a difficulty, and the links to the engine's forms.

Everything else goes through the engine's UI; a restricted case never does, because runs are kept beyond its holders.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.case import Actor, Case
from domain.draft import Draft
from domain.labels import PARTY_LABELS
from domain.lifecycle import ACTIONS, DESK_STEPS, FACTOR_STEPS, PROXY_STEPS, Action, FieldKind, Kind, Party
from domain.policy import Label, Role
from domain.refusals import FieldRefused
from domain.rules import CLOCK_OF, offered
from models import case as tables
from services.attachments import HeldFile
from services.board_types import RunLink, StepForm
from services.board_users import BoardUser
from services.case_files import Surroundings
from services.casebook import Request, open_casebook
from services.desk import StepResult, register
from services.done_already import already, done_before
from services.office import Office
from services.page_choices import field_of
from services.page_types import Choice, Done, FormField
from services.people import People
from services.refusal_words import allowed_now, in_words
from services.report import read_report
from services.run_links import Registered

CHANNEL = "board"
SPEAKER, THROUGH = "spoken_for", "through"
PROXY_FIELDS = (
    FormField(SPEAKER, FieldKind.LINE, Label("由谁提出", "Who spoke for the enterprise"), True),
    FormField(
        THROUGH, FieldKind.LINE, Label("通过何种渠道", "Through which channel"), True,
        (
            Choice("phone", Label("电话", "Phone")), Choice("visit", Label("走访", "Visit")),
            Choice("meeting", Label("会议", "Meeting")), Choice("letter", Label("来信", "Letter")),
        ),
    ),
)  # fmt: skip
"""What a step needs that records what an enterprise said."""
_ANYBODY = "?"
"""Stands for the speaker while it is only asked whether a step may be taken."""
_ROLES = ((Party.DESK_HEAD, Role.DESK_HEAD), (Party.CLERK, Role.CLERK))


def actors(people: People, user: BoardUser, today: date, channel: str = CHANNEL) -> dict[Party, Actor]:
    """In what capacities of the desk a user acts today, the head's first; substitutes act in their principal's.

    Without an account both are asserted, as in the engine's UI; with one only what that person holds.
    """
    if user.account is None:
        return {party: Actor(party, channel, asserted=True) for party, _ in _ROLES}
    found: dict[Party, Actor] = {}
    for party, role in _ROLES:
        for one in people.find(role, None, None, today):
            if one.person.id == user.account and one.role is role:
                absent = one.principal.id if one.principal else None
                found[party] = Actor(party, channel, account=user.account, principal=absent)
    return found


def _actor(action: Action, capacities: Mapping[Party, Actor], speaker: str) -> Actor | None:
    """The capacity in which a step is taken: the strongest that the table names; any of the desk's to speak for an enterprise."""
    for party, actor in capacities.items():
        if party in action.by:
            return actor
    if action.name not in PROXY_STEPS or not capacities:
        return None
    first = capacities.get(Party.CLERK) or next(iter(capacities.values()))
    return Actor(
        first.party, first.channel, account=first.account, asserted=first.asserted, principal=first.principal, spoken_for=speaker or None
    )  # fmt: skip


def _may(office: Office, action: Action, actor: Actor) -> bool:
    """What the policy reserves for the head's own link needs a person who is known."""
    return action.name not in office.policy.head_link_steps or not actor.asserted


def _offered(
    office: Office, session: Session, case: Case, people: People, capacities: Mapping[Party, Actor]
) -> Iterator[tuple[Action, Actor]]:
    steps = DESK_STEPS if case.kind is Kind.DIFFICULTY else FACTOR_STEPS
    place = Surroundings(session, people, office.in_force)
    rows: dict[Actor, frozenset[str]] = {}
    for name in steps:
        actor = _actor(ACTIONS[name], capacities, _ANYBODY)
        if actor is None or not _may(office, ACTIONS[name], actor):
            continue
        if actor not in rows:
            draft = Draft(case, office.now(), actor, office.policy, office.time, place)
            rows[actor] = frozenset(action.name for action in offered(draft))
        if name in rows[actor]:
            yield ACTIONS[name], actor


def step_forms(office: Office, session: Session, case: Case, people: People, user: BoardUser) -> tuple[StepForm, ...]:
    """The steps that a user of the desk may take on a case now, each with its fields."""
    forms = []
    for action, actor in _offered(office, session, case, people, actors(people, user, office.today())):
        proxy = actor.spoken_for is not None
        fields = tuple(field_of(office, people, action, f, case) for f in action.fields)
        forms.append(StepForm(
            action, action.label, PARTY_LABELS[Party.ENTERPRISE if proxy else actor.party], fields + (PROXY_FIELDS if proxy else ()),
            _until(case, action), proxy,
        ))  # fmt: skip
    return tuple(sorted(forms, key=lambda form: form.proxy))


def _until(case: Case, action: Action) -> datetime | None:
    clock = case.open_clock(CLOCK_OF.get(action.name, ""))
    return clock.due if clock is not None else None


def run_links(
    office: Office, session: Session, case: Case, people: People, user: BoardUser, engine: Registered
) -> tuple[RunLink, ...]:
    """Links to the engine's form for each step that the desk may take now: there everybody is asserted, nobody known."""
    deployment, many = (
        ("coordinate-difficulty", "cases") if case.kind is Kind.DIFFICULTY else ("advance-factor", "requests")
    )
    capacities = actors(people, BoardUser(user.name, user.role, None, ""), office.today(), "prefect")
    links = []
    for action, _ in _offered(office, session, case, people, capacities):
        address = engine.link(deployment, {many: [case.code], "step": action.name})
        if address is not None:
            links.append(RunLink(action.name, action.label, address))
    return tuple(links)


def take_step(office: Office, user: BoardUser, code: str, name: str, values: Mapping[str, str]) -> Done | None:
    """Take a step on a restricted case; None where there is no such case. A refusal by the rules is an answer."""
    with office.writing() as session:
        case_id = session.scalar(select(tables.Case.id).where(tables.Case.code == code, tables.Case.restricted))
        if case_id is None:
            return None
        action = ACTIONS.get(name)
        if action is None:
            return Done(False, Label("没有这个操作。", "There is no such action."))
        speaker = values.get(SPEAKER, "").strip()
        if speaker and values.get(THROUGH):
            speaker = f"{speaker} ({values[THROUGH]})"
        book = open_casebook(office, session)
        capacities = actors(book.people, user, office.today())
        # Whoever may not act at all is told by the rules what is allowed, as a clerk would be.
        actor = _actor(action, capacities, speaker) or next(
            iter(capacities.values()), Actor(Party.OBSERVER, CHANNEL, account=user.account)
        )
        if not _may(office, action, actor):
            return Done(False, Label("该步骤须由推进办主任本人办理。", "This step is for the desk's head in person."))
        fields = {
            f.name: values[f.name].split(",") if f.kind is FieldKind.UNITS else values[f.name]
            for f in action.fields
            if values.get(f.name)
        }
        [result] = book.apply([Request(case_id, name, actor, fields)])
        before = result.refusal and done_before(session, case_id, name, result.refusal, book.people)
    if result.refusal is not None and before:
        return Done(False, already(office, before, result.refusal), allowed=allowed_now(result.refusal), already=True)
    if result.refusal is None:
        return Done(True, Label(f"已记录：{action.label.zh}。", f"Done: {action.label.en}."))
    field = SPEAKER if result.refusal.code == "speaker_missing" else result.refusal.facts.get("field")
    return Done(False, in_words(result.refusal), str(field) if field else None, allowed_now(result.refusal))


def register_on_board(
    office: Office, user: BoardUser, values: Mapping[str, str], command_id: str, files: Sequence[HeldFile] = ()
) -> StepResult:
    """Register a difficulty on an enterprise's behalf, restricted or without naming who reports, if ticked; done once per id.

    Raises FieldRefused naming the form's own field, FilesUnavailable.
    """
    return register(office, read_on_board(user, values), command_id, CHANNEL, files)


def read_on_board(user: BoardUser, values: Mapping[str, str]) -> dict[str, Any]:
    """The form's values as a report; FieldRefused names the form's own field."""
    firm = {k: values.get(k, "") for k in ("uscc", "contact", "phone", "email")}
    report: dict[str, Any] = {
        "enterprise": firm | {"name": values.get("enterprise", ""), "locale": values.get("locale", "zh")},
        **{k: values.get(k, "") for k in ("title", "detail", "project", "category", "severity", "channel")},
        "restricted": bool(values.get("restricted")), "withheld": bool(values.get("withheld")), "by": user.account,
    }  # fmt: skip
    try:
        read_report(report)
    except FieldRefused as refusal:
        named = str(refusal.facts.get("field", "")).removeprefix("enterprise.")
        field = "enterprise" if named == "name" else named
        raise FieldRefused(refusal.code, refusal.text, {**refusal.facts, "field": field}) from None
    return report
