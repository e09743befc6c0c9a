"""The directory as one Excel workbook, out: a how-to, units, people, roles, substitutions, with drop-downs and both languages.

Every text is written as text: what looks like a formula stays what it looks like.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]  # it has no types and no stubs

from domain.policy import Label, Role
from services.directory_edit import former_names
from services.directory_file import UnitType
from services.directory_state import Directory, load_directory_state
from services.office import Office

BETWEEN = " · "
"""Between a code and its name in a cell; only the code is read back."""

YES, NO = "是 yes", "否 no"
LOCALES = ("zh", "en")
KINDS = {
    UnitType.DEPARTMENT: Label("部门", "Department"), UnitType.UTILITY: Label("公用事业单位", "Utility"),
    UnitType.AREA: Label("镇街道、园区", "Town or park"), UnitType.OFFICE: Label("机关办公室", "Office"),
}  # fmt: skip
ROOM = 400
"""Rows below the last one in which the drop-downs still work."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a sheet. `choices` names its drop-down; what is `read_only` is ignored when the workbook is read."""

    key: str
    name: Label
    width: int = 16
    choices: str = ""
    required: bool = True
    read_only: bool = False

    @property
    def header(self) -> str:
        """What stands at its top."""
        return f"{self.name.zh} {self.name.en}"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of the workbook and its columns."""

    key: str
    name: str
    columns: tuple[Column, ...]


UNITS = Sheet("units", "单位 units", (
    Column("unit", Label("单位编号", "Unit id"), 12), Column("kind", Label("类型", "Kind"), 28, "kinds"),
    Column("zh", Label("中文全称", "Chinese name"), 34), Column("short_zh", Label("中文简称", "Chinese short name"), 20),
    Column("en", Label("英文全称", "English name"), 40), Column("short_en", Label("英文简称", "English short name"), 22),
    Column("email", Label("邮箱", "Mailbox"), 26, required=False), Column("city_level", Label("市级", "Of the city"), 14, "yes_no"),
    Column("active", Label("启用", "Active"), 12, "yes_no"),
    Column("successor", Label("承接单位", "Successor"), 30, "units", required=False),
    Column("formerly", Label("曾用名（不读入）", "Formerly (not read)"), 30, required=False, read_only=True),
))  # fmt: skip
PEOPLE = Sheet("people", "人员 people", (
    Column("account", Label("人员编号", "Person id"), 14), Column("title_zh", Label("职务（中文）", "Title in Chinese"), 28),
    Column("title_en", Label("职务（英文）", "Title in English"), 32), Column("unit", Label("所在单位", "Unit"), 30, "units"),
    Column("email", Label("邮箱", "Mailbox"), 28), Column("locale", Label("语言", "Language"), 12, "locales"),
    Column("active", Label("启用", "Active"), 12, "yes_no"),
))  # fmt: skip
ROLES = Sheet("roles", "岗位 roles", (
    Column("account", Label("人员", "Person"), 38, "people"), Column("role", Label("岗位", "Role"), 40, "roles"),
    Column("unit", Label("所任单位", "For unit"), 30, "units", required=False),
))  # fmt: skip
AWAY = Sheet("substitutions", "代理 substitutions", (
    Column("absent", Label("被代理人", "Away"), 38, "people"), Column("substitute", Label("代理人", "Substitute"), 38, "people"),
    Column("first_day", Label("起日", "First day"), 14, "days"), Column("last_day", Label("止日", "Last day"), 14, "days"),
))  # fmt: skip
SHEETS = (UNITS, PEOPLE, ROLES, AWAY)

HOW_TO = (
    Label("本工作簿是全部单位、人员、岗位和代理的完整清单。", "This workbook is the whole directory: units, people, roles and substitutions."),
    Label("直接修改单元格；新增时在表末添加一行，编号自定，以后不再改变。", "Change cells as needed; to add, write a row at the end with an id of your own, which never changes."),
    Label("单位合并或撤销：把“启用”改为否，并填写承接单位；未办结事项自动转给承接单位。", "To merge or close a unit, set it to not active and name its successor: open work follows."),
    Label("人员离任：把“启用”改为否，不要删除该行。", "When somebody has left, set them to not active; do not delete the row."),
    Label("免岗或结束代理：删除“岗位”“代理”表中的相应行。", "To take a role away or to end a substitution, delete its row."),
    Label("带下拉列表的单元格只需以编号开头，名称仅供阅读。", "Where there is a drop-down only the code counts; the name behind it is for reading."),
    Label("请勿填写公式；日期写作 2026-07-20。", "Write no formulas; write days as 2026-07-20."),
    Label("读入时先显示差异，确认后才生效：expedite import directory 文件.xlsx，再加 --apply。", "Reading it shows the difference first: expedite import directory FILE.xlsx, then again with --apply."),
)  # fmt: skip


def coded(code: str, label: Label | None) -> str:
    """A code with its name behind it, as a cell shows it."""
    return f"{code}{BETWEEN}{label.zh} / {label.en}" if label is not None else code


def export_directory(office: Office) -> bytes:
    """The workbook of the directory as it stands: substitutions that are over are left out."""
    with office.reading() as session:
        directory, former = load_directory_state(session), former_names(session)
    rows = sheet_rows(directory, former, office.policy.roles, office.today())
    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(file, options) as book:
        styles = {
            "head": book.add_format({"bold": True, "bg_color": "#DCE6F1", "border": 1, "text_wrap": True, "valign": "top"}),
            # Text stays text even after somebody has edited the cell.
            "text": book.add_format({"num_format": "@", "valign": "top"}),
            "quoted": book.add_format({"num_format": "@", "valign": "top", "quote_prefix": True}),
            "day": book.add_format({"num_format": "yyyy-mm-dd", "align": "left"}),
            "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
        }  # fmt: skip
        _how_to(book, styles)
        lists = _lists(directory, office.policy.roles)
        sheets = [book.add_worksheet(sheet.name) for sheet in SHEETS]
        places = _write_lists(book, lists)
        for sheet, page in zip(SHEETS, sheets, strict=True):
            _write_sheet(page, sheet, rows[sheet.key], styles, places)
    return file.getvalue()


def sheet_rows(
    directory: Directory, former: Mapping[str, Sequence[Label]], roles: Mapping[Role, Label], today: date
) -> dict[str, list[dict[str, str | date]]]:
    """What stands in the sheets, by sheet and column."""
    units = {u.id: u.label for u in directory.units.values()}
    people = {p.id: p.label for p in directory.persons.values()}
    return {
        "units": [
            {
                "unit": u.id, "kind": coded(u.kind, KINDS[UnitType(u.kind)]), "zh": u.zh, "short_zh": u.short_zh, "en": u.en,
                "short_en": u.short_en, "email": u.email, "city_level": YES if u.city_level else NO, "active": YES if u.active else NO,
                "successor": coded(u.successor, units.get(u.successor)) if u.successor else "",
                "formerly": "；".join(f"{n.zh} / {n.en}" for n in former.get(u.id, ())),
            }
            for u in directory.units.values()
        ],
        "people": [
            {
                "account": p.id, "title_zh": p.title_zh, "title_en": p.title_en, "unit": coded(p.unit, units.get(p.unit)),
                "email": p.email, "locale": p.locale, "active": YES if p.active else NO,
            }
            for p in directory.persons.values()
        ],
        "roles": [
            {
                "account": coded(h.account, people.get(h.account)), "role": coded(h.role.value, roles.get(h.role)),
                "unit": coded(h.unit, units.get(h.unit)) if h.unit else "",
            }
            for h in directory.held
        ],
        "substitutions": [
            {
                "absent": coded(a.absent, people.get(a.absent)), "substitute": coded(a.substitute, people.get(a.substitute)),
                "first_day": a.first_day, "last_day": a.last_day,
            }
            for a in directory.away
            if a.last_day >= today
        ],
    }  # fmt: skip


def _lists(directory: Directory, roles: Mapping[Role, Label]) -> dict[str, list[str]]:
    return {
        "kinds": [coded(kind.value, label) for kind, label in KINDS.items()],
        "yes_no": [YES, NO],
        "locales": list(LOCALES),
        "roles": [coded(role.value, label) for role, label in roles.items()],
        "units": [coded(u.id, u.label) for u in directory.units.values() if u.active],
        "people": [coded(p.id, p.label) for p in directory.persons.values() if p.active],
    }


def _how_to(book: Any, styles: Mapping[str, Any]) -> None:
    page = book.add_worksheet("说明 how to")
    page.set_column(0, 0, 6)
    page.set_column(1, 2, 70)
    for column, text in enumerate(("", "怎样填写", "How to fill it in")):
        page.write_string(0, column, text, styles["head"])
    for row, said in enumerate(HOW_TO, 1):
        page.write_number(row, 0, row, styles["wrap"])
        page.write_string(row, 1, said.zh, styles["wrap"])
        page.write_string(row, 2, said.en, styles["wrap"])


def _write_lists(book: Any, lists: Mapping[str, Sequence[str]]) -> dict[str, str]:
    page = book.add_worksheet("lists")
    page.hide()
    places = {}
    for column, (name, entries) in enumerate(lists.items()):
        for row, entry in enumerate(entries):
            page.write_string(row, column, entry)
        letter = chr(ord("A") + column)
        places[name] = f"=lists!${letter}$1:${letter}${max(1, len(entries))}"
    return places


def _write_sheet(
    page: Any,
    sheet: Sheet,
    rows: Sequence[Mapping[str, str | date]],
    styles: Mapping[str, Any],
    places: Mapping[str, str],
) -> None:
    page.freeze_panes(1, 1)
    page.autofilter(0, 0, max(1, len(rows)), len(sheet.columns) - 1)
    for number, column in enumerate(sheet.columns):
        page.set_column(number, number, column.width, styles["day" if column.choices == "days" else "text"])
        page.write_string(0, number, column.header, styles["head"])
        for row, values in enumerate(rows, 1):
            value = values[column.key]
            if isinstance(value, date):
                page.write_datetime(row, number, value, styles["day"])
            elif value:
                page.write_string(row, number, value, styles["quoted" if value[0] in "=+-@\t" else "text"])
        _validate(page, number, column, len(rows) + ROOM, places)


def _validate(page: Any, number: int, column: Column, last: int, places: Mapping[str, str]) -> None:
    if column.choices == "days":
        page.data_validation(1, number, last, number, {
            "validate": "date", "criteria": ">", "value": date(2000, 1, 1), "error_type": "warning",
            "error_title": "日期 Day", "error_message": "写作 2026-07-20 / write it as 2026-07-20",
        })  # fmt: skip
    elif column.choices:
        # A warning only: what a row of this very workbook adds is not on the list yet.
        page.data_validation(1, number, last, number, {
            "validate": "list", "source": places[column.choices], "error_type": "warning", "ignore_blank": True,
            "error_title": column.name.en, "error_message": "不在列表中 / not on the list",
        })  # fmt: skip
