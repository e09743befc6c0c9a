"""The edits that the desk may make of the directory, as values; how each is read from JSON, and what showing them came to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, asdict, dataclass, fields
from datetime import date
from typing import Any, Union, get_args, get_type_hints

from domain.policy import Label


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitAdded:
    """A new unit under a stable id. `kind`: department, utility, area or office."""

    unit: str
    kind: str
    zh: str
    short_zh: str
    en: str
    short_en: str
    email: str
    city_level: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitChanged:
    """New names or a new mailbox of a unit; what is empty stays. Its id, and so its work, stays the same."""

    unit: str
    zh: str = ""
    short_zh: str = ""
    en: str = ""
    short_en: str = ""
    email: str = ""
    city_level: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitMerged:
    """A unit becomes part of another one, which takes over its open work; `people_follow`: its people keep their roles there."""

    unit: str
    into: str
    people_follow: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitClosed:
    """A unit ends; `successor` takes over its open work."""

    unit: str
    successor: str
    people_follow: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonAdded:
    """A new account, known by post; `locale` is the language of its mails."""

    account: str
    title_zh: str
    title_en: str
    unit: str
    email: str
    locale: str = "zh"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonChanged:
    """Another title, unit, mailbox or language of an account; what is empty stays."""

    account: str
    title_zh: str = ""
    title_en: str = ""
    unit: str = ""
    email: str = ""
    locale: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonLeft:
    """An account is used no more: its links end, its roles count for nothing."""

    account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonBack:
    """An account is used again, with the roles that it has."""

    account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleGiven:
    """An account holds a role, for a unit (the account's own if none is named)."""

    account: str
    role: str
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleTaken:
    """An account holds a role no more."""

    account: str
    role: str
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubstitutionAdded:
    """Somebody stands in for somebody from the first to the last day, both inclusive."""

    absent: str
    substitute: str
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class SubstitutionEnded:
    """A substitution ends after `last_day`, or before today where none is named; one that has not begun is taken back.

    `first_day` tells several of the same two people apart.
    """

    absent: str
    substitute: str
    first_day: date | None = None
    last_day: date | None = None


Edit = Union[  # noqa: UP007 - get_args below reads it
    UnitAdded, UnitChanged, UnitMerged, UnitClosed, PersonAdded, PersonChanged, PersonLeft, PersonBack, RoleGiven, RoleTaken,
    SubstitutionAdded, SubstitutionEnded,
]  # fmt: skip

EDITS: dict[str, type[Edit]] = {
    "add_unit": UnitAdded, "change_unit": UnitChanged, "merge_unit": UnitMerged, "close_unit": UnitClosed,
    "add_person": PersonAdded, "change_person": PersonChanged, "person_left": PersonLeft, "person_back": PersonBack,
    "give_role": RoleGiven, "take_role": RoleTaken,
    "add_substitution": SubstitutionAdded, "end_substitution": SubstitutionEnded,
}  # fmt: skip
"""Each edit by the name that the drop-down and the change record use."""

EDIT_LABELS: dict[str, Label] = {
    "add_unit": Label("新增单位", "Add a unit"),
    "change_unit": Label("单位更名或改邮箱", "Rename a unit, or change its mailbox"),
    "merge_unit": Label("单位并入", "Merge a unit into another"),
    "close_unit": Label("撤销单位并指定承接单位", "Close a unit and name its successor"),
    "add_person": Label("新增人员", "Add a person"),
    "change_person": Label("人员信息变更", "Change a person's title, unit or mailbox"),
    "person_left": Label("人员离任停用", "A person has left"),
    "person_back": Label("人员恢复启用", "A person is back"),
    "give_role": Label("任岗", "Give a role"),
    "take_role": Label("免岗", "Take a role away"),
    "add_substitution": Label("新增代理", "Add a substitution"),
    "end_substitution": Label("结束代理", "End a substitution"),
}


SEVERAL, SHEET, POLICY, CALENDAR = "several", "sheet", "policy", "calendar"
WHAT_LABELS: dict[str, Label] = {
    **EDIT_LABELS,
    SEVERAL: Label("多项变更（文本）", "Several edits at once (text)"),
    SHEET: Label("按工作簿更新名录", "The directory's workbook"),
    POLICY: Label("更换规则", "The policy"),
    CALENDAR: Label("本办日历", "The office's own days"),
}
"""What the desk may ask to change from one form, by the name that its drop-down uses."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with an edit: `where` names the edit or the cell, `remedy` says what to write instead."""

    where: str
    problem: Label
    remedy: Label

    def __str__(self) -> str:
        return f"{self.where}: {self.problem.en}; {self.remedy.en}"


def mistakes_in_words(mistakes: Sequence[Mistake]) -> Label:
    """All mistakes, each with its place and remedy."""
    zh = "；".join(f"{one.where}：{one.problem.zh}，{one.remedy.zh}" for one in mistakes)
    return Label(zh, "; ".join(str(one) for one in mistakes))


@dataclass(frozen=True, slots=True)
class DirectoryProposal:
    """Edits to be made together, in order. `origins` say for each where its fields came from, if not from a list: field →
    cell of a sheet, "" → the cell of the whole edit.
    """

    edits: tuple[Edit, ...]
    origins: tuple[Mapping[str, str], ...] = ()

    def where(self, number: int, field: str = "") -> str:
        """How a mistake names the edit with that number, counted from 0."""
        if number < len(self.origins):
            return self.origins[number].get(field) or self.origins[number][""]
        return f"edit {number + 1}" + (f" · {field}" if field else "")


@dataclass(frozen=True, slots=True)
class Difference:
    """What a proposal would change: old → new and what follows, in words; every mistake; the digest that applying asks for.

    The digest covers the edits and the words, save how many cases move, which may change from minute to minute.
    """

    lines: tuple[Label, ...]
    mistakes: tuple[Mistake, ...]
    digest: str


class UnreadableEdits(ValueError):
    """Edits that cannot be read; `mistakes` names each."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("\n".join(str(m) for m in mistakes))
        self.mistakes = tuple(mistakes)


def name_of(edit: Edit) -> str:
    """The name under which an edit is known."""
    return next(name for name, kind in EDITS.items() if type(edit) is kind)


def edit_json(edit: Edit) -> dict[str, Any]:
    """An edit as JSON, without what it leaves as it is."""
    said = {k: v.isoformat() if isinstance(v, date) else v for k, v in asdict(edit).items() if v not in (None, "")}
    return {"edit": name_of(edit), **said}


def read_edits(rows: Sequence[Mapping[str, object]]) -> DirectoryProposal:
    """A proposal from mappings that each name their `edit`; UnreadableEdits names all that cannot be read."""
    edits: list[Edit] = []
    mistakes: list[Mistake] = []
    for number, row in enumerate(rows):
        made = read_edit(row, f"edit {number + 1}", mistakes)
        if made is not None:
            edits.append(made)
    if mistakes:
        raise UnreadableEdits(mistakes)
    return DirectoryProposal(tuple(edits))


def read_edit(row: Mapping[str, object], where: str, mistakes: list[Mistake]) -> Edit | None:
    """An edit from a mapping; what is wrong is added to `mistakes`."""
    given = {str(k): v for k, v in row.items() if v not in (None, "", "—")}
    name = str(given.pop("edit", ""))
    kind = EDITS.get(name)
    if kind is None:
        problem = Label(f"没有“{name}”这种变更", f"{name!r} is no edit of the directory")
        mistakes.append(
            Mistake(where, problem, Label(f"可选：{'、'.join(EDITS)}", f"choose one of {', '.join(EDITS)}"))
        )
        return None
    before, hints = len(mistakes), get_type_hints(kind)
    values: dict[str, Any] = {}
    for one in fields(kind):
        if one.name not in given:
            if one.default is MISSING:
                mistakes.append(
                    Mistake(f"{where} · {one.name}", Label("未填写", "is missing"), Label("请填写", "fill it in"))
                )
            continue
        values[one.name] = _value(given.pop(one.name), hints[one.name], f"{where} · {one.name}", mistakes)
    for stranger in given:
        problem = Label(f"“{name}”没有这一栏", f"is no field of {name}")
        known = ", ".join(f.name for f in fields(kind))
        mistakes.append(Mistake(f"{where} · {stranger}", problem, Label(f"可填：{known}", f"its fields are {known}")))
    return kind(**values) if len(mistakes) == before else None


def _value(said: object, hint: object, where: str, mistakes: list[Mistake]) -> object:
    kinds = get_args(hint) or (hint,)
    if bool in kinds:
        if isinstance(said, bool):
            return said
        mistakes.append(
            Mistake(
                where,
                Label("应为是或否", "is neither true nor false"),
                Label("填 true 或 false", "write true or false"),
            )
        )
        return None
    if date in kinds:
        try:
            return said if isinstance(said, date) else date.fromisoformat(str(said).strip()[:10])
        except ValueError:
            problem = Label(f"“{said}”不是日期", f"{said!r} is no day")
            mistakes.append(Mistake(where, problem, Label("写作 2026-07-20", "write it as 2026-07-20")))
            return None
    return str(said).strip()
