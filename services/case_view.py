"""Reading a case for people and machines: its cover, its history in plain words, its clocks and notices."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.clocks import CLOCKS, ClockState
from domain.files import FILES_ADDED
from domain.label import named as called
from domain.labels import PARTY_LABELS, STATUS_LABELS, clock_name
from domain.ladder import overdue_days
from domain.lifecycle import Party, Status
from domain.lights import LIGHT_LABELS, light_of
from domain.policy import Label, Policy
from models import case as tables
from models import clock as clock_tables
from models.directory import Enterprise, Project
from services.climb_words import climb_lines
from services.event_words import event_label
from services.identities import names_reporter, withheld_among
from services.meeting_lines import clock_note, meeting_facts
from services.office import Office
from services.page_types import CaseHead, ClockLine, Pairs, TimelineLine
from services.people import People, load_people

PUBLIC_EVENTS = frozenset({
    "reported", "dispatch", "sign_for", "contact", "rule", "reassign", "supplement", "suspended", "resume", "tracking_began", "replied",
    "settle_on_spot", "decline", "confirm", "dispute", "record_follow_up", "redo", "climbed", "appeal", "withdraw", "merge", "closed",
    "reopen", "succeeded", "call_consultation", "move_consultation", "conclude", "lapse", "untrack", "no_response", "merged_in", "reminded",
    "requested", "stage_opened", "pass_stage", "grant", "hand_back", "resubmit", "reject_stage", "skip_stage", "reopen_stage", "draw",
    "renew", "grant_expired", "block", "unblock", "defer", FILES_ADDED,
})  # fmt: skip
"""What an enterprise sees of the history; internal remarks are not among it."""

PUBLIC_TEXT = frozenset({
    "hand_back", "reject_stage", "grant", "defer", "supplement", "dispute", "appeal", "confirm", "withdraw", "settle_on_spot",
    "decline", FILES_ADDED,
})  # fmt: skip
"""Lines whose text the enterprise wrote itself, or which is addressed to it."""

TEXT_LABELS: dict[str, Label] = {
    "text": Label("内容", "Text"),
    "reason": Label("理由", "Reason"),
    "why": Label("原因", "Why"),
    "how": Label("方式", "How"),
    "basis": Label("依据", "Basis"),
    "minutes": Label("纪要", "Minutes"),
    "policy": Label("政策依据", "Policy cited"),
    "progress": Label("进展", "Progress"),
    "conditions": Label("附加条件", "Conditions"),
    "note": Label("说明", "Remarks"),
    "names": Label("文件", "Files"),
}


def holder_of(row: tables.Case, people: People, office: Office) -> Label:
    """Who must act now, as far as the case's status and rung say."""
    policy = office.policy
    desk = people.label(policy.desk_unit)
    if row.status in (Status.NEW, Status.DISPUTED, Status.CONSULTATION):
        return desk
    if row.status is Status.REPLIED:
        return Label("企业确认（推进办回访）", "The enterprise, to confirm (the desk follows up)")
    if row.status is Status.CLOSED:
        return Label("—", "—")
    return people.label(row.lead_id) if row.lead_id else desk


def case_head(session: Session, office: Office, row: tables.Case, people: People, *, reveal: bool = False) -> CaseHead:
    """The cover of a case; who reported it is left out where it is withheld, unless `reveal`."""
    policy = office.policy
    withheld = not reveal and row.id in withheld_among(session, [row.id])
    firm = session.get(Enterprise, row.enterprise_id) if row.enterprise_id else None
    project = session.get(Project, row.project_id) if row.project_id else None
    light = light_of(row.status, row.due, office.now(), policy, office.time)
    category = policy.categories.get(row.category or "")
    outcome = policy.outcomes.get(row.outcome or "")
    named = (
        Label(project.name_zh, project.name_en)
        if project
        else Label(row.project_said, row.project_said)
        if row.project_said
        else None
    )
    return CaseHead(
        code=row.code, document=row.document_number, title=row.title, detail=row.detail, status=STATUS_LABELS[row.status],
        status_code=row.status.value, light=light.value, light_label=LIGHT_LABELS[light], rung=row.rung,
        rung_label=policy.rung(row.rung).label, round=row.round, cycle=row.cycle, category=category.label if category else None,
        case_class=policy.classes[row.case_class].label if row.case_class in policy.classes else None,
        severity=policy.severities[row.severity].label, enterprise=None if withheld else called(firm.name, firm.name_en) if firm else Label("—", "—"),
        project=None if withheld and names_reporter(row.enterprise_id, project.enterprise_id if project else None) else named,
        lead=people.label(row.lead_id) if row.lead_id else None, supporters=tuple(people.label(u) for u in supporters_of(session, row.id)),
        holder=holder_of(row, people, office), due=row.due, original_due=row.original_due, estimated=row.estimated,
        outcome=outcome.label if outcome and row.status in (Status.REPLIED, Status.CLOSED) else None, opened_at=row.opened_at,
        closed_at=row.closed_at, result=row.rating_result, attitude=row.rating_attitude, withheld=withheld,
    )  # fmt: skip


def supporters_of(session: Session, case_id: int) -> Sequence[str]:
    """The units that support a case now."""
    a = tables.Assignment
    return session.scalars(
        select(a.unit_id).where(a.case_id == case_id, a.part == "supporter", a.until.is_(None)).order_by(a.id)
    ).all()


def events_of(session: Session, case_id: int) -> list[tuple[tables.Event, Mapping[str, Any]]]:
    """A case's events with their texts, in order; a redacted text is empty."""
    e, t = tables.Event, tables.EventText
    rows = session.execute(
        select(e, t.text)
        .outerjoin(t, (t.case_id == e.case_id) & (t.seq == e.seq))
        .where(e.case_id == case_id)
        .order_by(e.seq)
    )
    return [(event, text or {}) for event, text in rows]


def timeline(
    session: Session,
    case_id: int,
    people: People,
    *,
    public: bool,
    stages: Mapping[str, Label] | None = None,
    texts: bool = True,
    unheard: Collection[int] = (),
    policy: Policy | None = None,
) -> tuple[TimelineLine, ...]:
    """The history in plain words.

    `public` leaves out what is internal and names no person; without `texts` nobody's words are in it, and never those of the
    contacts `unheard`; `stages` names a request's stages, `policy` the rungs of a climb.
    """
    lines = []
    for event, text in events_of(session, case_id):
        if public and (event.action not in PUBLIC_EVENTS or _internal_files(event)):
            continue
        shown = text if texts and (not public or event.action in PUBLIC_TEXT) else {}
        if unheard and (event.actor.get("contact") in unheard or event.actor.get("spoken_for")):
            shown = {}
        said = tuple((TEXT_LABELS.get(k, Label(k, k)), str(v)) for k, v in shown.items())
        lines.append(
            TimelineLine(
                event.at,
                _what(event),
                _who(event, people, public=public),
                _facts(event, stages or {})
                + climb_lines(event.action, event.facts, policy, public=public)
                + meeting_facts(event.action, event.facts, people, public=public or not texts)
                + said,
                event.seq if event.action == "conclude" and texts and not public else None,
            )
        )
    return tuple(lines)


def _what(event: tables.Event) -> Label:
    if event.action != FILES_ADDED:
        return event_label(event.action)
    n = len(event.facts.get("files", ()))
    return Label(f"添加了 {n} 个文件", f"{n} files added" if n > 1 else "1 file added")


def _internal_files(event: tables.Event) -> bool:
    """Files of an office: the enterprise finds those of a signed reply with it."""
    return event.action == FILES_ADDED and event.actor.get("contact") is None


def _facts(event: tables.Event, stages: Mapping[str, Label]) -> Pairs:
    """What of a line's facts belongs into its words: the figures of a ledger are its history."""
    facts = event.facts
    if event.action == "node_at_risk":
        name = Label(str(facts.get("zh", facts["node"])), str(facts.get("en", facts["node"])))
        return (Label("节点", "Node"), name), (Label("计划时间", "Planned for"), str(facts["plan"]))
    if event.action not in FACTOR_EVENTS:
        return ()
    lines: list[tuple[Label, Label | str]] = []
    stage = str(facts.get("stage") or facts.get("subject") or "")
    if stage:
        lines.append((Label("环节", "Stage"), stages.get(stage, stage)))
    if facts.get("quantity"):
        lines.append((Label("数量", "Quantity"), f"{facts['quantity']} {facts.get('unit', '')}".strip()))
    return (*lines, *((label, str(facts[key])) for key, label in _FACT_LABELS.items() if facts.get(key)))


FACTOR_EVENTS = frozenset({
    "requested", "stage_opened", "stage_closed", "pass_stage", "grant", "reject_stage", "skip_stage", "reopen_stage", "draw", "renew",
    "grant_expired", "defer", "hand_back",
})  # fmt: skip

_FACT_LABELS = {
    "document": Label("文号", "Document"), "expires": Label("有效期至", "Valid until"),
    "until": Label("计划日期", "Planned for"), "needed_by": Label("最晚需要时间", "Needed by"), "gap": Label("缺口", "Gap"),
}  # fmt: skip


def _who(event: tables.Event, people: People, *, public: bool) -> Label:
    actor, facts = event.actor, event.facts
    party = PARTY_LABELS.get(Party(actor["party"]), Label("—", "—"))
    unit = actor.get("unit")
    if event.action == "succeeded":
        old, new = people.label(str(facts["from"])), people.label(str(facts["to"]))
        return Label(f"{old.zh} → {new.zh}", f"{old.en} → {new.en}")
    if event.action in ("dispatch", "rule", "reassign", "fallback_leads") and facts.get("lead"):
        name = people.label(str(facts["lead"]))
        return Label(f"{party.zh} → {name.zh}", f"{party.en} → {name.en}")
    if public or not actor.get("account"):
        return people.label(str(unit)) if unit else party
    name = people.label(str(actor["account"]))
    if actor.get("principal"):
        absent = people.label(str(actor["principal"]))
        return Label(f"{name.zh}（代 {absent.zh}）", f"{name.en} (for {absent.en})")
    return name


def clock_lines(session: Session, office: Office, case_id: int, people: People) -> tuple[ClockLine, ...]:
    """The deadlines that run or stand still."""
    c = clock_tables.Clock
    rows = session.scalars(
        select(c)
        .where(c.case_id == case_id, c.state.in_((ClockState.RUNNING, ClockState.PAUSED)), c.kind != "rung_stay")
        .order_by(c.due)
    )
    return tuple(
        ClockLine(
            clock_name(r.kind, r.subject), people.label(r.owner_unit) if r.owner_unit else PARTY_LABELS[CLOCKS[r.kind].owner], r.due,
            r.estimated, overdue_days(r.due, office.now(), office.time), r.state is ClockState.PAUSED, clock_note(session, office, r),
        )
        for r in rows
    )  # fmt: skip


def case_json(office: Office, code: str) -> dict[str, Any] | None:
    """A case for machines: `expedite case CODE --json`. Moments are ISO 8601 in the office's zone. None if there is none."""
    with office.reading() as session:
        row = session.scalars(select(tables.Case).where(tables.Case.code == code.strip().upper())).first()
        if row is None:
            return None
        light = light_of(row.status, row.due, office.now(), office.policy, office.time)
        withheld = bool(withheld_among(session, [row.id]))
        project = session.get(Project, row.project_id) if row.project_id else None
        secret = withheld and names_reporter(row.enterprise_id, project.enterprise_id if project else None)
        return {
            "code": row.code, "kind": row.kind.value, "status": row.status.value, "rung": row.rung, "round": row.round,
            "cycle": row.cycle, "lead": row.lead_id, "supporters": list(supporters_of(session, row.id)), "class": row.case_class,
            "severity": row.severity, "category": row.category, "project": None if secret else row.project_id or row.project_said, "due": at(office, row.due),
            "original_due": at(office, row.original_due), "estimated": row.estimated, "light": light.value, "outcome": row.outcome,
            "ratings": {"result": row.rating_result, "attitude": row.rating_attitude}, "title": row.title, "source": row.source,
            "document": row.document_number, "opened_at": at(office, row.opened_at), "closed_at": at(office, row.closed_at),
            "flags": row.flags,
            "events": [
                {
                    "seq": e.seq, "at": at(office, e.at), "action": e.action, "actor": _actor_json(e.actor, withheld), "facts": e.facts, "text": dict(text),
                    "policy": e.policy_version[:12], "hash": e.hash,
                }
                for e, text in events_of(session, row.id)
            ],
            "clocks": _clocks_json(session, office, row.id),
            "notices": _notices_json(session, office, row.id),
        }  # fmt: skip


def _actor_json(actor: Mapping[str, Any], withheld: bool) -> dict[str, Any]:
    """Who acted; where the reporter is withheld, not who spoke for them."""
    return {key: value for key, value in actor.items() if not (withheld and key == "spoken_for")}


def at(office: Office, moment: datetime | None) -> str | None:
    """A moment in the office's zone, to the second."""
    return None if moment is None else moment.astimezone(office.zone).isoformat(timespec="seconds")


def _clocks_json(session: Session, office: Office, case_id: int) -> list[dict[str, Any]]:
    c = clock_tables.Clock
    return [
        {
            "kind": r.kind, "owner": r.owner_unit, "subject": r.subject, "note": r.note, "state": r.state.value, "started": at(office, r.started),
            "limit": f"{r.limit_value} {r.limit_unit.value}" if r.limit_unit else None, "due": at(office, r.due),
            "original_due": at(office, r.original_due), "estimated": r.estimated, "round": r.round, "cycle": r.cycle,
            "steps": r.done.split(), "next_step": r.next_step, "next_action_at": at(office, r.next_action_at),
            "ended_at": at(office, r.ended_at),
        }
        for r in session.scalars(select(c).where(c.case_id == case_id).order_by(c.id))
    ]  # fmt: skip


def _notices_json(session: Session, office: Office, case_id: int) -> list[dict[str, Any]]:
    n = clock_tables.Notice
    rows = session.execute(
        select(n, clock_tables.Clock.kind)
        .join(clock_tables.Clock, clock_tables.Clock.id == n.clock_id)
        .where(n.case_id == case_id)
        .order_by(n.id)
    )
    return [
        {
            "number": r.number, "colour": r.colour.value, "clock": kind, "issued_at": at(office, r.issued_at), "owner": r.owner,
            "overdue_days": r.overdue_days, "answer_by": at(office, r.answer_by), "round": r.round, "cycle": r.cycle,
            "to": r.recipients,
        }
        for r, kind in rows
    ]  # fmt: skip


def people_of(session: Session, office: Office) -> People:
    """The directory, for names."""
    return load_people(session, office.policy)
