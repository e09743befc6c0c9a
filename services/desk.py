"""The desk's own steps, asked for by a command: from the Prefect UI, where nobody is known by name, or the command line.

A command is done once: its id is unique in the database, and repeating it returns the stored result.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.case import Actor
from domain.lifecycle import ACTIONS, DESK_STEPS, FACTOR_STEPS, PROXY_STEPS, Party
from domain.milestones import PLAN_STEPS
from domain.policy import Label
from domain.refusals import Refused
from models.case import Case
from models.directory import Account, Project, Unit
from models.engine import hold
from models.intake import Delivery, DeliveryState, Trust
from models.office import Command
from services.attachments import HeldFile, add_to_delivery
from services.casebook import Request, case_id_of, open_casebook
from services.chain import canonical
from services.directory_change import WHAT_LABELS
from services.identities import UNNAMED
from services.intake import store
from services.kept_problems import STATES, kept_problem
from services.office import Office
from services.receiver import receive_waiting
from services.refusal_words import told
from services.report import read_report
from services.waiting_reports import accept, dismiss

ON_OUR_PAGE = Label(
    "保密事项请在看板的保密事项页（/board/restricted）办理。",
    "A restricted case is handled on our own page, /board/restricted.",
)
ACCEPTED, DISMISSED = Label("已受理", "accepted"), Label("已不予受理", "dismissed")


@dataclass(frozen=True, slots=True)
class StepResult:
    """What became of one case (or report): done or refused, in words; `zh` says what `message` does ("" in older records)."""

    case: str
    done: bool
    message: str
    zh: str = ""

    @property
    def says(self) -> Label:
        """The words in both languages."""
        return Label(self.zh or self.message, self.message)


def said(case: str, done: bool, words: Label) -> StepResult:
    """A result from words in both languages."""
    return StepResult(case, done, words.en, words.zh)


@dataclass(frozen=True, slots=True)
class Choices:
    """What drop-downs offer: (code, name in both languages)."""

    steps: tuple[tuple[str, Label], ...]
    units: tuple[tuple[str, Label], ...]
    classes: tuple[tuple[str, Label], ...]
    severities: tuple[tuple[str, Label], ...]
    categories: tuple[tuple[str, Label], ...]
    outcomes: tuple[tuple[str, Label], ...]
    reasons: tuple[tuple[str, Label], ...]
    factor_steps: tuple[tuple[str, Label], ...]
    factor_types: tuple[tuple[str, Label], ...]
    factor_stages: tuple[tuple[str, Label], ...]
    measures: tuple[tuple[str, Label], ...]
    accounts: tuple[tuple[str, Label], ...]
    roles: tuple[tuple[str, Label], ...]
    changes: tuple[tuple[str, Label], ...]
    projects: tuple[tuple[str, Label], ...]
    nodes: tuple[tuple[str, Label], ...]
    plan_steps: tuple[tuple[str, Label], ...]


def step_choices(office: Office) -> Choices:
    """The present policy's and directory's options."""
    policy = office.policy
    with office.reading() as session:
        units = tuple(
            (u.id, Label(u.short_zh, u.short_en))
            for u in session.scalars(select(Unit).where(Unit.active).order_by(Unit.id))
        )
        accounts = tuple(
            # Those no longer in use too: they may come back.
            (a.id, Label(a.title_zh, a.title_en))
            for a in session.scalars(select(Account).order_by(Account.id))
        )
        projects = tuple(
            (p.id, Label(p.name_zh, p.name_en)) for p in session.scalars(select(Project).order_by(Project.id))
        )
    return Choices(
        steps=tuple((name, ACTIONS[name].label) for name in DESK_STEPS if name not in policy.head_link_steps),
        units=units,
        classes=tuple((c.code, c.label) for c in policy.classes.values() if c.code != "tracking"),
        severities=tuple((str(s.number), s.label) for s in policy.severities.values()),
        categories=tuple((c.code, c.label) for c in policy.categories.values()),
        outcomes=tuple((o, policy.outcomes[o].label) for o in ("resolved", "partial", "explained")),
        reasons=tuple((r.code, r.label) for r in policy.suspension_reasons.values()),
        factor_steps=tuple((name, ACTIONS[name].label) for name in FACTOR_STEPS if name not in policy.head_link_steps),
        factor_types=tuple((t.code, t.label) for t in policy.factor_types.values()),
        factor_stages=tuple(
            {s.code: (s.code, s.label) for t in policy.factor_types.values() for s in t.stages}.values()
        ),
        measures=tuple({u: (u, Label(u, u)) for t in policy.factor_types.values() for u in t.units}.values()),
        accounts=accounts,
        roles=tuple((role.value, label) for role, label in policy.roles.items()),
        changes=tuple(WHAT_LABELS.items()),
        projects=projects,
        nodes=tuple((node.code, node.label) for node in policy.milestones.nodes),
        plan_steps=tuple(PLAN_STEPS.items()),
    )


def desk_actor(step: str, channel: str, spoken_for: str | None) -> Actor:
    """In what capacity the desk takes a step: as its head where the table says so, else as a clerk; asserted, not known."""
    action = ACTIONS.get(step)
    party = Party.DESK_HEAD if action is not None and Party.DESK_HEAD in action.by else Party.CLERK
    return Actor(party, channel, asserted=True, spoken_for=spoken_for or None)


def coordinate(
    office: Office,
    step: str,
    cases: Sequence[str],
    fields: Mapping[str, object],
    command_id: str,
    channel: str = "prefect",
    steps: Sequence[str] = DESK_STEPS,
) -> list[StepResult]:
    """Take one of the desk's `steps` on each case. A refusal is a result; other cases go on.

    A restricted case is refused and not named: what runs do is kept beyond its holders.
    """
    known = repeated(office, command_id)
    if known is not None:
        return known
    problem: Label | None = None
    if step not in steps:
        offered = "、".join(f"{ACTIONS[one].label.zh}（{one}）" for one in steps)
        problem = Label(
            f"“{step}”不是推进办的步骤；可选：{offered}。",
            f"{step} is not a step of the desk; choose one of {', '.join(steps)}",
        )
    elif step in office.policy.head_link_steps:
        problem = Label(
            f"“{ACTIONS[step].label.zh}”须由推进办主任通过个人链接办理（规则 head_link_steps）。",
            f"{step} needs the desk head's own link (policy: head_link_steps)",
        )
    if problem is not None:
        with office.reading() as session:
            hidden = _restricted(session, [c.strip().upper() for c in cases])
        return [said(UNNAMED if c.strip().upper() in hidden else c, False, problem) for c in cases]
    given = {k: v for k, v in fields.items() if v not in (None, "", "—", [], ())}
    spoken_for = str(given.pop("spoken_for", "")) or None
    actor = desk_actor(step, channel, spoken_for if step in PROXY_STEPS else None)
    with office.writing() as session:
        known = repeated_in(session, command_id)
        if known is not None:
            return known
        results = _perform(office, session, step, cases, given, actor)
        remember(session, office, command_id, results)
    return results


def _perform(
    office: Office, session: Session, step: str, cases: Sequence[str], fields: Mapping[str, object], actor: Actor
) -> list[StepResult]:
    codes = list(dict.fromkeys(c.strip().upper() for c in cases if c.strip()))
    restricted = _restricted(session, codes)
    hidden = [said(UNNAMED, False, ON_OUR_PAGE) for code in codes if code in restricted]
    ids = {code: case_id_of(session, code) for code in codes if code not in restricted}
    missing = [
        StepResult(
            code, False, f"{code}: there is no such case; check the code", f"没有编号为 {code} 的事项，请核对编号。"
        )
        for code, i in ids.items()
        if i is None
    ]
    book = open_casebook(office, session)
    found = [Request(i, step, actor, fields) for i in ids.values() if i is not None]
    done = [
        said(r.code, r.done, told(r.refusal, step) if r.refusal else ACTIONS[step].label) for r in book.apply(found)
    ]
    return done + missing + hidden


def _restricted(session: Session, codes: Sequence[str]) -> frozenset[str]:
    return frozenset(session.scalars(select(Case.code).where(Case.code.in_(codes), Case.restricted)))


def register(
    office: Office,
    report: Mapping[str, Any],
    command_id: str,
    channel: str = "prefect",
    files: Sequence[HeldFile] = (),
) -> StepResult:
    """Register a difficulty on an enterprise's behalf; the report is stored like any other, with its files, and opened at once."""

    def then(session: Session, delivery_id: int, _receipt: str) -> None:
        add_to_delivery(session, office, delivery_id, files)

    known = repeated(office, command_id)
    if known is not None:
        return known[0]
    try:
        read_report(report)
    except Refused as refusal:
        return said("", False, told(refusal))
    receipt = store(
        office, channel, command_id, Trust.DESK, DeliveryState.WAITING, canonical(report).encode(), "application/json",
        then=then if files else None,
    )  # fmt: skip
    result = _opened(office, receipt.receipt)
    with office.writing() as session:
        known = repeated_in(session, command_id)
        if known is not None:
            return known[0]
        remember(session, office, command_id, [result])
    return result


def _opened(office: Office, receipt: str) -> StepResult:
    while True:
        with office.reading() as session:
            row = session.scalars(select(Delivery).where(Delivery.receipt == receipt)).one()
            code = session.scalar(select(Case.code).where(Case.id == row.case_id)) if row.case_id else None
        if code is not None:
            return StepResult(code, True, f"registered as {code}", f"已登记，编号 {code}")
        if row.state is not DeliveryState.WAITING:
            state = STATES[row.state].zh
            return StepResult(
                receipt,
                False,
                row.problem or f"the report is {row.state.value}",
                kept_problem(row.problem).zh if row.problem else f"该来件目前为“{state}”。",
            )
        receive_waiting(office)


def accept_reports(office: Office, receipts: Sequence[str], command_id: str) -> list[StepResult]:
    """Let unconfirmed reports become cases on a clerk's word."""
    return _decide_reports(office, receipts, command_id, accepted=True)


def dismiss_reports(office: Office, receipts: Sequence[str], command_id: str) -> list[StepResult]:
    """Let unconfirmed reports go."""
    return _decide_reports(office, receipts, command_id, accepted=False)


def _decide_reports(office: Office, receipts: Sequence[str], command_id: str, *, accepted: bool) -> list[StepResult]:
    known = repeated(office, command_id)
    if known is not None:
        return known
    results = []
    with office.writing() as session:
        known = repeated_in(session, command_id)
        if known is not None:
            return known
        for receipt in dict.fromkeys(r.strip().upper() for r in receipts if r.strip()):
            row = session.scalars(select(Delivery).where(Delivery.receipt == receipt)).first()
            if row is None:
                results.append(
                    StepResult(
                        receipt,
                        False,
                        f"{receipt}: there is no such report; see `expedite inbox list`",
                        f"没有回执号为 {receipt} 的来件，请核对回执号。",
                    )
                )
            elif (accept if accepted else dismiss)(session, office, row, "desk"):
                results.append(said(receipt, True, ACCEPTED if accepted else DISMISSED))
            else:
                results.append(
                    StepResult(
                        receipt,
                        False,
                        f"{receipt} does not wait to be confirmed: it is {row.state.value}",
                        f"{receipt} 不在待确认来件中，目前为“{STATES[row.state].zh}”。",
                    )
                )
        remember(session, office, command_id, results)
    return results


def repeated(office: Office, command_id: str) -> list[StepResult] | None:
    """The stored result of a command that was done before."""
    with office.reading() as session:
        return _stored(session, command_id)


def repeated_in(session: Session, command_id: str) -> list[StepResult] | None:
    """The same once nobody else can be at it: two that ask at once are one command."""
    hold(session, f"command {command_id}")
    return _stored(session, command_id)


def _stored(session: Session, command_id: str) -> list[StepResult] | None:
    row = session.get(Command, command_id)
    return None if row is None else [StepResult(**r) for r in row.result["results"]]


def remember(session: Session, office: Office, command_id: str, results: Sequence[StepResult]) -> None:
    """Store a command's result, in the transaction that did it."""
    session.add(Command(id=command_id, at=office.now(), result={"results": [asdict(r) for r in results]}))
    session.flush()
