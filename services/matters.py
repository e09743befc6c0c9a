"""Systemic matters: a difficulty that recurs across enterprises, shown as one.

Cases of one category (and of one area, where the area itself leads the category) are grouped by how alike they are
worded. Groups grow by complete linkage: a case joins only if it is alike to every member. Single linkage would let a chain of
neighbours bring together two ends that have nothing in common, and a matter that leaders read about must hold in each of
its cases. What the desk has confirmed, by linking cases as of the same cause or by merging them, counts as alike whatever
the wording and category: such cases join as one, which is as alike to another as the likest of them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import reduce
from operator import or_ as or_bits

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from domain.labels import STATUS_LABELS
from domain.lifecycle import Kind
from domain.policy import Label
from models.case import Case, CaseLink
from models.directory import Enterprise, Project
from services.identities import withheld_among
from services.likeness import bag_of
from services.likeness_marks import Marked, marked
from services.office import Office

MOST = 600
"""So many cases of a category are compared, the newest ones: more than a city of a million people has of one in a year."""

MONTH = timedelta(days=30)
_ROUNDING = 1e-9
SAME_CAUSE = "same_cause"
_CONFIRMED = (SAME_CAUSE, "merged_into")
_NEVER = ("withdrawn", "declined")
"""Outcomes of what the office did not take on."""


@dataclass(frozen=True, slots=True)
class MatterCase:
    """A case of a matter. `enterprise` is None where the reporter's identity is withheld."""

    code: str
    title: str
    opened: date
    status: Label
    enterprise: str | None


@dataclass(frozen=True, slots=True)
class Matter:
    """A difficulty of several enterprises: how many, its cases from the first on, and by what they belong together."""

    title: Label
    category: str
    enterprises: int
    cases: tuple[MatterCase, ...]
    first: date
    last: date
    reason: Label


@dataclass(frozen=True, slots=True)
class _Report:
    id: int
    code: str
    title: str
    opened: date
    status: Label
    category: str
    area: str | None
    enterprise: int | None
    firm: str | None
    words: Marked


@dataclass(slots=True)
class _Item:
    """A case, or several that the desk has confirmed to be of one cause."""

    reports: list[_Report] = field(default_factory=list)

    @property
    def place(self) -> tuple[str, str | None]:
        """The category that most of them are of, the earliest of equals, and the area."""
        counted = Counter((r.category, r.area) for r in self.reports)
        return max(counted, key=lambda place: counted[place])


def systemic_matters(session: Session, office: Office) -> tuple[Matter, ...]:
    """The matters of the last months that the policy's `systemic` names, those of most enterprises first.

    Restricted cases count nowhere, nor do reports that were withdrawn or not accepted.
    """
    rules = office.policy.systemic
    reports = _reports(session, office)
    items = _confirmed(reports, _links(session, reports))
    groups: dict[tuple[str, str | None], list[_Item]] = defaultdict(list)
    for item in items:
        groups[item.place].append(item)
    found = [
        _matter(cluster, office)
        for place, members in groups.items()
        for cluster in _clusters(members, rules.alike / 100)
        if _enterprises(cluster) >= rules.enterprises
    ]
    return tuple(sorted(found, key=lambda m: (-m.enterprises, -len(m.cases), m.cases[0].code)))


def _reports(session: Session, office: Office) -> dict[int, _Report]:
    since = office.now() - office.policy.systemic.months * MONTH
    place = func.row_number().over(partition_by=Case.category, order_by=Case.id.desc()).label("place")
    newest = (
        select(Case.id, place)
        .where(
            Case.kind == Kind.DIFFICULTY, Case.restricted.is_(False), Case.opened_at >= since, Case.category.is_not(None),
            or_(Case.outcome.is_(None), Case.outcome.not_in(_NEVER)),
        )
        .subquery()
    )  # fmt: skip
    query = (
        select(
            Case.id, Case.code, Case.title, Case.detail, Case.opened_at, Case.status, Case.category, Case.area_id,
            Case.enterprise_id, Enterprise.name, Enterprise.name_en, Project.name_zh, Project.name_en.label("project_en"),
        )
        .join(newest, newest.c.id == Case.id)
        .outerjoin(Enterprise, Enterprise.id == Case.enterprise_id)
        .outerjoin(Project, Project.id == Case.project_id)
        .where(newest.c.place <= MOST)
        .order_by(Case.id)
    )  # fmt: skip
    rows = session.execute(query).all()
    hidden = withheld_among(session, [row.id for row in rows])
    of_areas = {code for code, category in office.policy.categories.items() if category.lead == "area"}
    found, places = {}, dict[tuple[str, int], int]()
    for row in rows:
        names = tuple(n for n in (row.name, row.name_en, row.name_zh, row.project_en) if n)
        found[row.id] = _Report(
            row.id, row.code, row.title, office.time.local(row.opened_at).date(), STATUS_LABELS[row.status], row.category,
            row.area_id if row.category in of_areas else None, row.enterprise_id, None if row.id in hidden else row.name,
            marked((bag_of(row.title, names), bag_of(f"{row.title}\n{row.detail}", names)), places),
        )  # fmt: skip
    return found


def _links(session: Session, reports: Mapping[int, _Report]) -> list[tuple[int, int]]:
    rows = session.execute(select(CaseLink.case_id, CaseLink.target_id).where(CaseLink.kind.in_(_CONFIRMED)))
    return [(a, b) for a, b in rows if a in reports and b in reports]


def _confirmed(reports: Mapping[int, _Report], links: Iterable[tuple[int, int]]) -> list[_Item]:
    """Cases that are linked, however many steps apart, as one item each; by their first case."""
    root = {i: i for i in reports}

    def of(i: int) -> int:
        while root[i] != i:
            root[i] = i = root[root[i]]
        return i

    for a, b in links:
        first, second = sorted((of(a), of(b)))
        root[second] = first
    items: dict[int, _Item] = defaultdict(_Item)
    for i, report in reports.items():
        items[of(i)].reports.append(report)
    return list(items.values())


# -- clusters ----------------------------------------------------------------------------------------------------------


def _clusters(items: Sequence[_Item], line: float) -> list[list[_Item]]:
    """Complete linkage: of the pairs that are alike, the likest first, two groups join if all across them are alike."""
    shares = {pair: share for pair in _pairs(items, line) if (share := _share(items[pair[0]], items[pair[1]])) >= line}
    group = {i: {i} for i in range(len(items))}
    # Of each group, under its first member: what is alike to all of them.
    fitting = {i: {i} for i in range(len(items))}
    for a, b in shares:
        fitting[a].add(b)
        fitting[b].add(a)
    for a, b in sorted(shares, key=lambda pair: (-shares[pair], pair)):
        mine, theirs = group[a], group[b]
        if mine is theirs or not theirs <= fitting[min(mine)]:
            continue
        both = fitting[min(mine)] & fitting[min(theirs)]
        joined = mine | theirs
        fitting[min(joined)] = both
        for i in joined:
            group[i] = joined
    return [[items[i] for i in sorted(members)] for members in {id(m): m for m in group.values()}.values()]


def _share(a: _Item, b: _Item) -> float:
    return max(x.words.alike(y.words) for x in a.reports for y in b.reports)


def _pairs(items: Sequence[_Item], line: float) -> Iterator[tuple[int, int]]:
    """Pairs that have enough tokens in common to be alike at all; comparing the other ones would cost the most."""
    tokens = [reduce(or_bits, (report.words.whole for report in item.reports)) for item in items]
    needed = [min(report.words.needs(line) for report in item.reports) for item in items]
    # From the one that needs most on: each is compared with those that need no less, by its own need.
    order = sorted(range(len(items)), key=lambda i: -needed[i])
    for place, a in enumerate(order):
        mine, least = tokens[a], max(1.0, needed[a] - _ROUNDING)
        for b in order[:place]:
            if (mine & tokens[b]).bit_count() >= least:
                yield (a, b) if a < b else (b, a)


# -- what is shown -----------------------------------------------------------------------------------------------------


def _enterprises(cluster: Sequence[_Item]) -> int:
    return len({r.enterprise for item in cluster for r in item.reports if r.enterprise is not None})


def _matter(cluster: Sequence[_Item], office: Office) -> Matter:
    reports = sorted((r for item in cluster for r in item.reports), key=lambda r: r.id)
    category = _Item(reports).place[0]
    name = (
        office.policy.categories[category].label if category in office.policy.categories else Label(category, category)
    )
    middle = max(reports, key=lambda r: (sum(r.words.alike(other.words) for other in reports), -r.id))
    confirmed = any(len(item.reports) > 1 for item in cluster)
    months, count = office.policy.systemic.months, _enterprises(cluster)
    return Matter(
        title=Label(f"{name.zh}：{middle.title}", f"{name.en}: {middle.title}"), category=category, enterprises=count,
        cases=tuple(MatterCase(r.code, r.title, r.opened, r.status, r.firm) for r in reports),
        first=min(r.opened for r in reports), last=max(r.opened for r in reports),
        reason=Label(
            f"{months}个月内{count}家企业反映，{'推进办已确认部分事项同因，其余' if confirmed else ''}表述相近",
            f"{count} enterprises within {months} months, " + ("linked by the desk or worded alike" if confirmed else "worded alike"),
        ),
    )  # fmt: skip
