"""Likely duplicates of a difficulty: open ones that may be the same matter, each with the reasons. Nothing is ever merged by itself.

Candidates come from indexed queries and are then scored, so that a hundred thousand cases are not read. The score is in
points, 0 to 100, and the policy's `similarity` says from where on it counts:

- same project and category already open: 50 (DOMAIN.md 1.4: suggest merging);
- else same enterprise or same project: 35 with the same category, 15 without;
- same contact: 10;
- worded alike: up to 80, by the share of wording in common (`services.likeness`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from domain.case import Audience
from domain.draft import Draft
from domain.lifecycle import Kind, Status
from domain.likeness import Similarity
from domain.policy import Label, Role
from models.case import Case, Reporter
from models.directory import Contact, Enterprise, Project
from notifications.message import Line, line
from services.identities import withheld_among
from services.likeness import Bag, alike, bag_of
from services.office import Office

MOST = 5
"""So many are shown: a longer list is read by nobody."""

NEAREST = 40
"""So many candidates share a project, an enterprise or a category with a case and are scored."""

MONTH = timedelta(days=30)
_OPEN = tuple(status for status in Status if status is not Status.CLOSED)

PROJECT_AND_CATEGORY, NEAR_AND_CATEGORY, NEAR, CONTACT, WORDING = 50, 35, 15, 10, 80


@dataclass(frozen=True, slots=True)
class Likeness:
    """An open case that may be the same as the one asked about: why, and how likely in points (0 to 100)."""

    code: str
    title: str
    reasons: tuple[Label, ...]
    score: int


@dataclass(frozen=True, slots=True)
class _Report:
    """What a case is compared by. `enterprise` and `contact` are None where the reporter's identity is withheld."""

    id: int
    code: str
    title: str
    project: str | None
    category: str | None
    enterprise: int | None
    contact: str | None
    bags: tuple[Bag, Bag]


def likely_duplicates(session: Session, office: Office, case_id: int) -> tuple[Likeness, ...]:
    """Open cases that may be the same as this one, the likeliest first, at most five; merged and restricted ones never."""
    return find_alike(session, office.policy.similarity, office.now(), [case_id]).get(case_id, ())


def find_alike(
    session: Session, rules: Similarity, now: datetime, case_ids: Sequence[int], *, earlier: bool = False
) -> dict[int, tuple[Likeness, ...]]:
    """The same for several cases at once; with `earlier` among the cases before each only. Closed cases and factor requests have none."""
    asked = _reports(session, case_ids, Case.status.in_(_OPEN))
    if not asked:
        return {}
    since = now - rules.months * MONTH
    near: list[tuple[InstrumentedAttribute[int | None] | InstrumentedAttribute[str | None], Collection[object], bool]]
    near = [
        (Case.project_id, {r.project for r in asked.values()} - {None}, False),
        (Case.enterprise_id, {r.enterprise for r in asked.values()} - {None}, False),
        (Case.category, {r.category for r in asked.values()} - {None}, True),
    ]
    ids: set[int] = set()
    for column, values, recent in near:
        if values:
            more = (Case.opened_at >= since,) if recent else ()
            ids |= _candidates(session, column, values, newest=recent, where=more)
    others = _reports(session, sorted(ids), Case.restricted.is_(False))
    neighbours = _neighbours(others.values())
    return {i: _best(report, neighbours, rules, earlier) for i, report in asked.items()}


def _candidates(
    session: Session,
    column: InstrumentedAttribute[int | None] | InstrumentedAttribute[str | None],
    values: Collection[object],
    *,
    newest: bool,
    where: Sequence[ColumnElement[bool]],
) -> set[int]:
    """Open difficulties with one of `values`, at most `NEAREST` for each."""
    # Of a project's or an enterprise's the oldest: in a flood of repeats all of them point to the first.
    order = Case.id.desc() if newest else Case.id
    place = func.row_number().over(partition_by=column, order_by=order).label("place")
    found = (
        select(Case.id, place)
        .where(
            column.in_(values), Case.status.in_(_OPEN), Case.kind == Kind.DIFFICULTY, Case.restricted.is_(False), *where
        )
        .subquery()
    )
    return set(session.scalars(select(found.c.id).where(found.c.place <= NEAREST)))


def _reports(session: Session, ids: Sequence[int], where: ColumnElement[bool]) -> dict[int, _Report]:
    """What cases are compared by."""
    query = (
        select(
            Case.id, Case.code, Case.title, Case.detail, Case.project_id, Case.category, Case.enterprise_id, Enterprise.name,
            Enterprise.name_en, Project.name_zh, Project.name_en.label("project_en"), Contact.email,
        )
        .outerjoin(Enterprise, Enterprise.id == Case.enterprise_id)
        .outerjoin(Project, Project.id == Case.project_id)
        .outerjoin(Reporter, (Reporter.case_id == Case.id) & (Reporter.kind == "principal"))
        .outerjoin(Contact, Contact.id == Reporter.contact_id)
        .where(Case.id.in_(ids), Case.kind == Kind.DIFFICULTY, where)
        .order_by(Case.id)
    )  # fmt: skip
    found: dict[int, _Report] = {}
    hidden = withheld_among(session, ids)
    for row in session.execute(query):
        names = tuple(n for n in (row.name, row.name_en, row.name_zh, row.project_en) if n)
        whole = bag_of(f"{row.title}\n{row.detail}", names)
        # That two reports have the same sender would say who sent them.
        enterprise, contact = (None, None) if row.id in hidden else (row.enterprise_id, row.email)
        found[row.id] = _Report(
            row.id, row.code, row.title, row.project_id, row.category, enterprise, contact, (bag_of(row.title, names), whole)
        )  # fmt: skip
    return found


def _best(
    report: _Report, near: Mapping[tuple[str, object], Sequence[_Report]], rules: Similarity, earlier: bool
) -> tuple[Likeness, ...]:
    scored = []
    others = {other.id: other for key in _keys(report) for other in near.get(key, ())}
    for other in others.values():
        if other.id == report.id or (earlier and other.id > report.id):
            continue
        score, reasons = _score(report, other, rules)
        if score >= rules.suggest_at:
            scored.append((-score, other.id, Likeness(other.code, other.title, reasons, min(100, score))))
    return tuple(likeness for _, _, likeness in sorted(scored, key=lambda one: one[:2])[:MOST])


def _neighbours(others: Collection[_Report]) -> dict[tuple[str, object], list[_Report]]:
    """Who shares what candidates are looked for by: comparing the wording of all others would cost the most."""
    found: dict[tuple[str, object], list[_Report]] = defaultdict(list)
    for other in others:
        for key in _keys(other):
            found[key].append(other)
    # What a case of another project brought in is no more of a neighbour than the ones looked for.
    return {key: near[-NEAREST:] if key[0] == "category" else near[:NEAREST] for key, near in found.items()}


def _keys(report: _Report) -> list[tuple[str, object]]:
    shared = (("project", report.project), ("enterprise", report.enterprise), ("category", report.category))
    return [(name, value) for name, value in shared if value is not None]


def _score(a: _Report, b: _Report, rules: Similarity) -> tuple[int, tuple[Label, ...]]:
    """The points, past 100 where more agrees than it takes, and the reasons where they come to a suggestion."""
    project = a.project is not None and a.project == b.project
    enterprise = a.enterprise is not None and a.enterprise == b.enterprise
    category = a.category is not None and a.category == b.category
    contact = a.contact is not None and a.contact == b.contact
    both = project and category
    near = NEAR_AND_CATEGORY if category else NEAR
    points = (PROJECT_AND_CATEGORY if both else near if project or enterprise else 0) + CONTACT * contact
    if points + WORDING < rules.suggest_at:
        return points, ()
    # Below this share the wording adds nothing, or not enough: it need not be known exactly.
    least = max(rules.alike / 100, (rules.suggest_at - points - 1) / WORDING)
    share = alike(a.bags, b.bags, least - 0.001)
    worded = share * 100 >= rules.alike
    score = points + round(WORDING * share) * worded
    if score < rules.suggest_at:
        return score, ()
    said = (
        (both, Label("同一项目、同一类别，尚未办结", "same project and category, still open")),
        (project and not category, Label("同一项目", "same project")),
        (enterprise, Label("同一企业", "same enterprise")),
        (contact, Label("同一联系人", "same contact")),
        (worded, Label(f"表述相近（{share:.0%}）", f"worded alike ({share:.0%})")),
    )
    return score, tuple(label for holds, label in said if holds)


# -- telling the desk --------------------------------------------------------------------------------------------------


def tell_desk(session: Session, rules: Similarity, drafts: Sequence[Draft]) -> Mapping[int, tuple[Likeness, ...]]:
    """Let the desk know of new cases that may be the same as earlier ones; what was found, by case id.

    Where the desk is asked to dispatch, that mail says it. For a case that the rules dispatched the clerk is written to if
    the likeliest passes the policy's line: once a day for one project (or enterprise) and category, so that a sender who
    repeats itself a hundred times does not do so in the clerk's mailbox.
    """
    if not drafts:
        return {}
    found = find_alike(session, rules, drafts[0].now, [draft.case.id for draft in drafts], earlier=True)
    for draft in drafts:
        likely = found.get(draft.case.id, ())
        if not likely:
            continue
        lines = lines_of(likely)
        asked = [i for i, owed in enumerate(draft.owed) if owed.message == "triage_needed"]
        for i in asked:
            draft.owed[i] = replace(draft.owed[i], facts={**draft.owed[i].facts, "alike": lines})
        if not asked and likely[0].score >= rules.tell_at:
            draft.owe("likely_duplicate", Audience(Role.CLERK), alike=lines)
            day = draft.time.local(draft.now).date()
            about = draft.case.code if draft.case.restricted else draft.case.project or likely[0].code
            key = f"likely_duplicate:{about}:{draft.case.category}:{day}"
            draft.owed[-1] = replace(draft.owed[-1], key=key)
    return found


def lines_of(likely: Sequence[Likeness]) -> tuple[Line, ...]:
    """Likely duplicates as rows of a mail: the code, and why."""
    return tuple(
        line(
            Label(one.code, one.code),
            Label(
                f"{one.title}（{'；'.join(r.zh for r in one.reasons)}）",
                f"{one.title} ({'; '.join(r.en for r in one.reasons)})",
            ),
        )
        for one in likely
    )
