"""What the board shows: plain values, names in both languages, ready to be printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from domain.lifecycle import Action
from domain.lights import Light
from domain.policy import Label
from services.explain import ExplainedClock
from services.page_types import CaseHead, Choice, ClockLine, FactorSheet, FileLine, FormField, TimelineLine


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed to; "" for everything. `holder` is desk, enterprise or a unit, `since` and `until` are days
    between which a case was reported (ISO, inclusive), `q` is what is searched for.
    """

    light: str = ""
    status: str = ""
    unit: str = ""
    rung: str = ""
    project: str = ""
    category: str = ""
    kind: str = ""
    holder: str = ""
    area: str = ""
    case_class: str = ""
    since: str = ""
    until: str = ""
    q: str = ""
    after: str = ""
    """The key of the row after which the page begins."""


@dataclass(frozen=True, slots=True)
class BoardRow:
    """A case on a list. `late` working days overdue; names that are withheld are None."""

    code: str
    kind: str
    title: str
    light: str
    light_label: Label
    status: Label
    status_code: str
    rung: int
    rung_label: Label
    enterprise: Label | None
    withheld: bool
    project: Label | None
    lead: Label | None
    holder: Label
    due: datetime | None
    estimated: bool
    late: int
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class LightCount:
    """How many cases show a light."""

    light: Light
    label: Label
    count: int


@dataclass(frozen=True, slots=True)
class GroupLine:
    """A line of a grouped list: a project, a unit or a rung (`value` for the link), its open cases by light, and their sum."""

    value: str
    label: Label
    counts: Mapping[str, int]
    total: int


@dataclass(frozen=True, slots=True)
class ListChoices:
    """What the filters of the list offer."""

    lights: tuple[Choice, ...]
    statuses: tuple[Choice, ...]
    units: tuple[Choice, ...]
    rungs: tuple[Choice, ...]
    projects: tuple[Choice, ...]
    categories: tuple[Choice, ...]
    kinds: tuple[Choice, ...]
    holders: tuple[Choice, ...]
    areas: tuple[Choice, ...]
    classes: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class BoardList:
    """The list: counters under the other filters, a page of rows, and the key of the next page ("" at the end)."""

    counters: tuple[LightCount, ...]
    rows: tuple[BoardRow, ...]
    after: str
    filters: Filters
    choices: ListChoices


@dataclass(frozen=True, slots=True)
class RunLink:
    """A desk step whose prefilled form stands in the engine's UI."""

    step: str
    label: Label
    address: str


@dataclass(frozen=True, slots=True)
class TodoItem:
    """One thing to do: what is shown, where it is done (a path of ours, or an address of the engine's UI), and until when."""

    text: Label
    link: str
    due: datetime | None = None
    note: Label | None = None
    lines: tuple[tuple[str, str], ...] = ()
    """Cases that belong to it: code, title."""
    run: RunLink | None = None
    """The engine's form in which it is done, filled in as far as it is known."""


@dataclass(frozen=True, slots=True)
class Todo:
    """One kind of thing to do: how many there are in all, and the first of them."""

    name: str
    label: Label
    count: int
    items: tuple[TodoItem, ...]
    more: str = ""
    """Where all of them stand, if there are more."""


@dataclass(frozen=True, slots=True)
class LateClock:
    """What is late in a case: which duty, whose, and by how many working days (0: since today)."""

    what: Label
    owner: Label
    late: int


@dataclass(frozen=True, slots=True)
class Why:
    """Why a case is late: to whom the overdue days of its closing date belong (LIFECYCLE.md, Rules), and what else is late in it."""

    owners: tuple[tuple[Label, int], ...]
    clocks: tuple[LateClock, ...]


@dataclass(frozen=True, slots=True)
class BoardFront:
    """The board's first page."""

    counters: tuple[LightCount, ...]
    projects: tuple[GroupLine, ...]
    units: tuple[GroupLine, ...]
    rungs: tuple[GroupLine, ...]
    urgent: tuple[BoardRow, ...]
    why: Mapping[str, Why]
    """Why each urgent case is late, by its code."""
    restricted: int
    todo: tuple[Todo, ...]


@dataclass(frozen=True, slots=True)
class ApprovalLine:
    """An open approval: what is asked, by whom, since when, and the steps that are asked now with their limits."""

    kind: Label
    asked_by: Label | None
    asked_at: datetime
    steps: tuple[tuple[Label, Label, datetime | None], ...]
    """Role, person and until when, of each step that is open."""


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """A supervision notice that was issued."""

    number: str
    colour: str
    label: Label
    clock: Label
    owner: Label
    issued_at: datetime
    overdue_days: int
    answer_by: datetime | None


@dataclass(frozen=True, slots=True)
class ReporterLine:
    """Who reported: principal, informed or left; names are None where they are withheld from the viewer."""

    kind: Label
    enterprise: Label | None
    name: str | None
    reach: tuple[str, ...]
    withheld: bool


@dataclass(frozen=True, slots=True)
class LinkedCase:
    """A case that belongs to this one, and how."""

    how: Label
    code: str
    title: str
    reasons: tuple[Label, ...] = ()


@dataclass(frozen=True, slots=True)
class StepForm:
    """A desk step that is taken on our own page. `proxy` records what an enterprise said: then its speaker is asked for."""

    action: Action
    label: Label
    party: Label
    fields: tuple[FormField, ...]
    until: datetime | None
    proxy: bool = False
    files: None = None
    """The board's own forms take no files yet; the macro that draws them asks."""


@dataclass(frozen=True, slots=True)
class CasePage:
    """A case on the board. `links` are the engine's forms, None before it was registered; `forms` are our own."""

    head: CaseHead
    withheld: bool
    restricted: bool
    clocks: tuple[ClockLine, ...]
    approvals: tuple[ApprovalLine, ...]
    timeline: tuple[TimelineLine, ...]
    notices: tuple[NoticeLine, ...]
    documents: tuple[tuple[Label, str, datetime | None], ...]
    related: tuple[LinkedCase, ...]
    alike: tuple[LinkedCase, ...]
    reporters: tuple[ReporterLine, ...]
    links: tuple[RunLink, ...] | None
    forms: tuple[StepForm, ...]
    explained: tuple[ExplainedClock, ...] = ()
    factor: FactorSheet | None = None
    files: tuple[FileLine, ...] = ()
    notes: tuple[Label, ...] = ()
    """What could not be made out in the report, for the desk."""
