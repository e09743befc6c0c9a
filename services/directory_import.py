"""The directory's workbook, in: each sheet read cell by cell, compared with the directory, and made into edits.

Every mistake names sheet and cell with its remedy; all are found at once. Formulas are refused, whatever they would give.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from openpyxl import load_workbook
from openpyxl.cell.cell import Cell
from openpyxl.utils.exceptions import InvalidFileException

from domain.policy import Label
from services.directory_change import (
    DirectoryProposal,
    Edit,
    Mistake,
    PersonAdded,
    PersonBack,
    PersonChanged,
    PersonLeft,
    RoleGiven,
    RoleTaken,
    SubstitutionAdded,
    SubstitutionEnded,
    UnitAdded,
    UnitChanged,
    UnitMerged,
)
from services.directory_sheet import AWAY, BETWEEN, PEOPLE, ROLES, SHEETS, UNITS, Column, Sheet
from services.directory_state import Away, Directory

LARGEST = 5_000_000
"""Bytes that a workbook may have; unpacked, twenty times that."""

MOST_ROWS = 5_000
_YES = frozenset({"是", "yes", "y", "true", "1"})
_NO = frozenset({"否", "no", "n", "false", "0"})

Cells = dict[str, str]
Value = str | bool | date | None


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a sheet: its values and cells by column."""

    values: Mapping[str, Value]
    cells: Cells

    def text(self, key: str) -> str:
        """The text of a cell, "" when it is empty."""
        value = self.values.get(key)
        return value if isinstance(value, str) else ""

    def flag(self, key: str) -> bool:
        """Whether a cell says yes."""
        return self.values.get(key) is True

    def origin(self, **named: str) -> Cells:
        """Where the fields of an edit stand: by their own names, or as `named` (field → column); "" is the first cell."""
        return {"": next(iter(self.cells.values())), **self.cells, **{f: self.cells[c] for f, c in named.items()}}


@dataclass(slots=True)
class _Reading:
    """What was read of a workbook and what is wrong with it."""

    mistakes: list[Mistake] = field(default_factory=list)
    lines: dict[str, list[Line]] = field(default_factory=dict)

    def wrong(self, where: str, problem: Label, remedy: Label) -> None:
        """Add a mistake."""
        self.mistakes.append(Mistake(where, problem, remedy))


def read_workbook(content: bytes, directory: Directory, today: date) -> tuple[DirectoryProposal, tuple[Mistake, ...]]:
    """The edits that would make the directory what the workbook says, and every mistake of its cells."""
    reading = _Reading()
    book = _opened(content, reading)
    if book is None:
        return DirectoryProposal(()), tuple(reading.mistakes)
    for sheet in SHEETS:
        if sheet.name not in book.sheetnames:
            names = "、".join(book.sheetnames)
            reading.wrong(
                sheet.name, Label(f"没有此工作表（现有：{names}）", f"is missing (there are: {names})"),
                Label("从 expedite export directory 导出的工作簿开始", "start from what `expedite export directory` writes"),
            )  # fmt: skip
            continue
        reading.lines[sheet.key] = list(_lines(book[sheet.name], sheet, reading))
    made = [] if len(reading.lines) < len(SHEETS) else list(_edits(reading, directory, today))
    return DirectoryProposal(tuple(e for e, _ in made), tuple(o for _, o in made)), tuple(reading.mistakes)


def _opened(content: bytes, reading: _Reading) -> Any:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
        if len(content) > LARGEST or size > LARGEST * 20:
            reading.wrong(
                "workbook",
                Label("文件过大", "is too large"),
                Label("只保留名录的各工作表", "keep the directory's sheets alone"),
            )
            return None
        return load_workbook(io.BytesIO(content), data_only=False, keep_links=False)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError, SyntaxError):
        reading.wrong(
            "workbook", Label("不是 Excel 工作簿", "is no Excel workbook"), Label("另存为 .xlsx", "save it as .xlsx")
        )
        return None


def _lines(page: Any, sheet: Sheet, reading: _Reading) -> Iterator[Line]:
    rows = page.iter_rows(max_row=MOST_ROWS + 2)
    places = _columns(next(rows, ()), sheet, reading)
    if places is None:
        return
    for row in rows:
        by_place = {cell.column: cell for cell in row}
        cells = {c.key: by_place[place] for c, place in places if place in by_place}
        if all(_blank(cell) for cell in cells.values()):
            continue
        if row[0].row > MOST_ROWS:
            reading.wrong(
                sheet.name,
                Label(f"超过 {MOST_ROWS} 行", f"has more than {MOST_ROWS} rows"),
                Label("请删减", "shorten it"),
            )
            return
        before = len(reading.mistakes)
        values = {c.key: _value(c, cells[c.key], f"{sheet.name}!{cells[c.key].coordinate}", reading) for c, _ in places}
        if len(reading.mistakes) == before:
            yield Line(values, {key: f"{sheet.name}!{cell.coordinate}" for key, cell in cells.items()})


def _columns(head: tuple[Cell, ...], sheet: Sheet, reading: _Reading) -> list[tuple[Column, int]] | None:
    found = {"".join(str(cell.value or "").split()).casefold(): cell.column for cell in head}
    wanted = [column for column in sheet.columns if not column.read_only]
    places = [(column, found.get("".join(column.header.split()).casefold())) for column in wanted]
    for column, place in places:
        if place is None:
            reading.wrong(
                f"{sheet.name}!1", Label(f"没有“{column.header}”一列", f"has no column {column.header!r}"),
                Label("恢复该列的表头", "put the header back"),
            )  # fmt: skip
    known = [(column, place) for column, place in places if place is not None]
    return known if len(known) == len(wanted) else None


def _blank(cell: Cell) -> bool:
    return cell.value is None or not str(cell.value).strip()


def _value(column: Column, cell: Cell, where: str, reading: _Reading) -> Value:
    if cell.data_type == "f":
        reading.wrong(
            where, Label("含有公式", "holds a formula"), Label("改为直接填写内容", "write what it should say")
        )
        return None
    if cell.data_type == "e":
        reading.wrong(
            where, Label("含有错误值", "holds an error"), Label("改为直接填写内容", "write what it should say")
        )
        return None
    if _blank(cell):
        if column.required:
            reading.wrong(
                where, Label(f"“{column.name.zh}”未填写", f"{column.name.en} is missing"), Label("请填写", "fill it in")
            )
        return None
    if column.choices == "days":
        return _day(cell, where, reading)
    said = cell.value
    text = str(int(said)) if isinstance(said, float) and said.is_integer() else str(said).strip()
    if column.choices == "yes_no":
        word = text.split()[0].casefold()
        if word not in _YES | _NO:
            reading.wrong(
                where,
                Label(f"“{text}”既不是也不否", f"{text!r} is neither yes nor no"),
                Label("填 是 或 否", "write yes or no"),
            )
        return word in _YES
    return text.split(BETWEEN, 1)[0].strip() if column.choices else text


def _day(cell: Cell, where: str, reading: _Reading) -> date | None:
    said: object = cell.value
    if isinstance(said, datetime):
        return said.date()
    if isinstance(said, date):
        return said
    try:
        return date.fromisoformat(str(said).strip())
    except ValueError:
        reading.wrong(
            where, Label(f"“{said}”不是日期", f"{said!r} is no day"), Label("写作 2026-07-20", "write it as 2026-07-20")
        )
        return None


Made = tuple[Edit, Cells]


def _edits(reading: _Reading, directory: Directory, today: date) -> Iterator[Made]:
    """In the order in which they can be made: units first, those that end in the order of their succession."""
    units = _keyed(reading, UNITS, lambda line: line.text("unit"), directory.units)
    people = _keyed(reading, PEOPLE, lambda line: line.text("account"), directory.persons)
    yield from _unit_edits(reading, units, directory)
    yield from _people_edits(people, directory)
    yield from _role_edits(reading, directory)
    yield from _away_edits(reading, directory, today)


def _keyed(reading: _Reading, sheet: Sheet, key: Callable[[Line], str], known: Mapping[str, object]) -> dict[str, Line]:
    found: dict[str, Line] = {}
    for line in reading.lines[sheet.key]:
        if key(line) in found:
            reading.wrong(
                line.origin()[""],
                Label(f"{key(line)} 出现两次", f"{key(line)} stands twice"),
                Label("只保留一行", "keep one of the rows"),
            )
        found[key(line)] = line
    for missing in known.keys() - found.keys() if not reading.mistakes else ():
        reading.wrong(
            sheet.name, Label(f"缺少 {missing} 一行", f"the row of {missing} is missing"),
            Label("恢复该行；不再使用的请把“启用”改为否", "put it back; set it to not active if it is no longer used"),
        )  # fmt: skip
    return found


def _unit_edits(reading: _Reading, lines: Mapping[str, Line], directory: Directory) -> Iterator[Made]:
    ending: dict[str, Made] = {}
    names = ("zh", "short_zh", "en", "short_en", "email")
    for unit_id, line in lines.items():
        known, origin = directory.units.get(unit_id), line.origin()
        said = {name: line.text(name) for name in names}
        if known is None:
            city, kind = line.flag("city_level"), line.text("kind")
            yield UnitAdded(unit=unit_id, kind=kind, city_level=city, **said), origin
        else:
            changed = {name: text for name, text in said.items() if text and text != getattr(known, name)}
            city_level = line.flag("city_level") if line.flag("city_level") != known.city_level else None
            if changed or city_level is not None:
                yield UnitChanged(unit=unit_id, city_level=city_level, **changed), origin
            if line.text("kind") != known.kind:
                reading.wrong(
                    origin["kind"],
                    Label("单位类型不能更改", "a unit keeps its kind"),
                    Label(f"恢复为 {known.kind}", f"put {known.kind} back"),
                )
        active, successor = (known.active, known.successor or "") if known else (True, "")
        heir = line.text("successor")
        if line.flag("active"):
            if not active:
                reading.wrong(
                    origin["active"],
                    Label("已停用的单位不再启用", "a unit that has ended stays so"),
                    Label("另加一个新单位", "add a new unit instead"),
                )
            elif heir:
                reading.wrong(
                    origin["successor"],
                    Label("启用中的单位没有承接单位", "an active unit has no successor"),
                    Label("清空，或把“启用”改为否", "clear it, or set the unit to not active"),
                )
        elif not heir and (active or successor):
            reading.wrong(
                origin["successor"],
                Label("未填写承接单位", "the successor is missing"),
                Label("填写承接其工作的单位", "name the unit that takes over its work"),
            )
        elif heir and (active or heir != successor):
            ending[unit_id] = UnitMerged(unit=unit_id, into=heir), line.origin(into="successor")
    yield from _in_succession(ending)


def _in_succession(ending: dict[str, Made]) -> Iterator[Made]:
    """A unit that takes over another and ends itself ends after it."""
    left = dict(ending)
    while left:
        heirs = {edit.into for edit, _ in left.values() if isinstance(edit, UnitMerged)}
        ready = [unit for unit in left if unit not in heirs] or list(left)
        for unit in ready:
            yield left.pop(unit)


def _people_edits(lines: Mapping[str, Line], directory: Directory) -> Iterator[Made]:
    names = ("title_zh", "title_en", "unit", "email", "locale")
    after: list[Made] = []
    for account, line in lines.items():
        known, origin = directory.persons.get(account), line.origin()
        said = {name: line.text(name) for name in names}
        if known is None:
            after.append((PersonAdded(account=account, **said), origin))
            if not line.flag("active"):
                after.append((PersonLeft(account=account), origin))
            continue
        if known.active and not line.flag("active"):
            yield PersonLeft(account=account), origin
        elif line.flag("active") and not known.active:
            after.append((PersonBack(account=account), origin))
        changed = {name: text for name, text in said.items() if text != getattr(known, name)}
        if changed:
            after.append((PersonChanged(account=account, **changed), origin))
    yield from after


def _role_edits(reading: _Reading, directory: Directory) -> Iterator[Made]:
    wanted: dict[tuple[str, str, str], Line] = {}
    for line in reading.lines[ROLES.key]:
        wanted.setdefault((line.text("account"), line.text("role"), line.text("unit")), line)
    held = {(h.account, h.role.value, h.unit or ""): h for h in directory.held}
    if not reading.mistakes:
        for gone, was in held.items():
            if gone not in wanted:
                yield RoleTaken(account=was.account, role=was.role.value, unit=was.unit or ""), {"": f"{ROLES.name}!A1"}
    for (account, role, unit), line in wanted.items():
        if (account, role, unit) not in held:
            yield RoleGiven(account=account, role=role, unit=unit), line.origin()


def _away_edits(reading: _Reading, directory: Directory, today: date) -> Iterator[Made]:
    wanted: dict[Away, Line] = {}
    for line in reading.lines[AWAY.key]:
        first, last = line.values.get("first_day"), line.values.get("last_day")
        if isinstance(first, date) and isinstance(last, date):
            wanted.setdefault(Away(line.text("absent"), line.text("substitute"), first, last), line)
    present = [away for away in directory.away if away.last_day >= today]
    if not reading.mistakes:
        for away in present:
            if away not in wanted:
                ended = SubstitutionEnded(absent=away.absent, substitute=away.substitute, first_day=away.first_day)
                yield ended, {"": f"{AWAY.name}!A1"}
    for away, line in wanted.items():
        if away not in directory.away:
            added = SubstitutionAdded(
                absent=away.absent, substitute=away.substitute, first_day=away.first_day, last_day=away.last_day
            )
            yield added, line.origin()
