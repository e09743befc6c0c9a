"""The directory as a workbook: out and in without a difference, every mistake by sheet and cell, no formula either way."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import update

from domain.policy import Limit
from domain.policy import Unit as LimitUnit
from models.directory import Account, Unit
from services.desk_edits import Asked, Unusable, carry_out, sheet_proposal, show
from services.directory_change import (
    PersonAdded,
    PersonLeft,
    RoleGiven,
    RoleTaken,
    SubstitutionAdded,
    SubstitutionEnded,
    UnitAdded,
    UnitChanged,
    UnitMerged,
)
from services.directory_edit import apply, propose
from services.directory_sheet import AWAY, NO, PEOPLE, ROLES, UNITS, Sheet, export_directory
from services.office import Office
from services.policy_file import load_policy
from tests.builders import everything_of
from tests.mailroom import mail_rules
from tests.services.test_directory_edit import change

pytestmark = pytest.mark.sqlite


def edited(office: Office, edit: Callable[[Any], None]) -> bytes:
    """The office's workbook after somebody worked on it in Excel."""
    book = load_workbook(io.BytesIO(export_directory(office)))
    edit(book)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def cell(book: Any, sheet: Sheet, key: str, column: str) -> Any:
    """The cell of a column in the row that begins with `key`."""
    keys = [c.key for c in sheet.columns]
    for row in book[sheet.name].iter_rows(min_row=2):
        if str(row[0].value).split(" · ")[0] == key:
            return row[keys.index(column)]
    raise AssertionError(f"no row {key}")


def mistakes(office: Office, content: bytes) -> list[str]:
    """Every mistake of a workbook, as the command prints it."""
    try:
        proposal = sheet_proposal(office, content)
    except Unusable as unusable:
        return [str(m) for m in unusable.mistakes]
    return [str(m) for m in propose(office, proposal).mistakes]


def test_out_and_in_is_no_difference(office: Office) -> None:
    """Also with a substitution, an ended unit, a person who left, and texts that look like formulas."""
    change(
        office, UnitMerged(unit="D08", into="D13"), PersonLeft(account="L09"),
        SubstitutionAdded(absent="L01", substitute="L02", first_day=date(2026, 7, 20), last_day=date(2026, 7, 31)),
        UnitChanged(unit="D01", short_zh="=发改委", zh="-发改委", en="+Reform", short_en="@Reform"),
    )  # fmt: skip
    assert sheet_proposal(office, export_directory(office)).edits == ()


def test_what_looks_like_a_formula_is_written_as_text(office: Office) -> None:
    """No cell of the workbook is a formula, whatever a title says."""
    with office.writing() as session:
        session.execute(update(Account).where(Account.id == "L08").values(title_zh='=HYPERLINK("http://x","y")'))
        session.execute(update(Unit).where(Unit.id == "D08").values(short_en="@SUM(A1)"))
    content = export_directory(office)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        pages = [archive.read(name) for name in archive.namelist() if name.startswith("xl/worksheets/")]
    assert not any(b"<f>" in page for page in pages)
    assert cell(load_workbook(io.BytesIO(content)), PEOPLE, "L08", "title_zh").value == '=HYPERLINK("http://x","y")'


def test_the_workbook_explains_itself(office: Office) -> None:
    """A how-to in both languages first, headers in both, drop-downs where there is something to choose."""
    book = load_workbook(io.BytesIO(export_directory(office)))
    assert book.sheetnames[:5] == ["说明 how to", UNITS.name, PEOPLE.name, ROLES.name, AWAY.name]
    assert book["lists"].sheet_state == "hidden"
    how = [[c.value for c in row] for row in book["说明 how to"].iter_rows(min_row=2)]
    assert all(zh and en for _, zh, en in how)
    for sheet in (UNITS, PEOPLE, ROLES, AWAY):
        assert [c.value for c in book[sheet.name][1]] == [c.header for c in sheet.columns]
        validated = {str(v.sqref).split(":")[0] for v in book[sheet.name].data_validations.dataValidation}
        assert len(validated) == sum(1 for c in sheet.columns if c.choices)
    assert cell(book, UNITS, "D08", "kind").value == "utility · 公用事业单位 / Utility"


def test_a_former_name_stands_on_the_units_line(office: Office) -> None:
    """So that who reads an old document finds the unit."""
    change(office, UnitChanged(unit="D08", short_zh="电力公司", short_en="Power"))
    book = load_workbook(io.BytesIO(export_directory(office)))
    assert cell(book, UNITS, "D08", "formerly").value == "供电公司 / Power Supply"


def test_a_worked_on_sheet_becomes_edits(office: Office) -> None:
    """Rows changed, added and removed; a unit that ends names its successor, in whatever order the rows stand."""
    change(
        office,
        SubstitutionAdded(absent="L01", substitute="L02", first_day=date(2026, 7, 20), last_day=date(2026, 7, 31)),
    )

    def work(book: Any) -> None:
        units, people, roles, away = (book[s.name] for s in (UNITS, PEOPLE, ROLES, AWAY))
        cell(book, UNITS, "D01", "short_zh").value = "发改委"
        for old, new in (("D13", "D90"), ("D08", "D13")):
            cell(book, UNITS, old, "active").value = NO
            cell(book, UNITS, old, "successor").value = f"{new} · whatever"
        units.append(
            [
                "D90",
                "utility",
                "城市能源集团",
                "能源集团",
                "City Energy Group",
                "City Energy",
                "energy@example.org",
                "否",
                "是",
            ]
        )
        cell(book, PEOPLE, "L09", "active").value = "no"
        people.append(["L90", "能源集团联络员", "Liaison, City Energy", "D90", "l90@example.org", "zh", "yes"])
        roles.append(["L90", "liaison", "D90"])
        for number, row in enumerate(roles.iter_rows(min_row=2), 2):
            if str(row[0].value).startswith("L10 "):
                roles.delete_rows(number)
                break
        away.delete_rows(2)
        away.append(["L02", "L03", date(2026, 7, 20), "2026-07-21"])

    content = edited(office, work)
    edits = sheet_proposal(office, content).edits
    assert [type(edit) for edit in edits] == [
        UnitChanged, UnitAdded, UnitMerged, UnitMerged, PersonLeft, PersonAdded, RoleTaken, RoleGiven, SubstitutionEnded, SubstitutionAdded,
    ]  # fmt: skip
    assert [(e.unit, e.into) for e in edits if isinstance(e, UnitMerged)] == [("D08", "D13"), ("D13", "D90")]
    proposal = sheet_proposal(office, content)
    assert apply(office, proposal, "sheet", "operator", propose(office, proposal).digest).done
    again = sheet_proposal(office, content)
    assert again.edits == ()
    assert sheet_proposal(office, export_directory(office)).edits == ()


def test_every_mistake_names_its_cell_at_once(office: Office) -> None:
    """Formulas, bad days, unknown units, doubled rows, missing texts: all of them, each with a remedy."""

    def spoil(book: Any) -> None:
        cell(book, UNITS, "D14", "short_zh").value = "=1+1"
        cell(book, UNITS, "D02", "city_level").value = "perhaps"
        cell(book, PEOPLE, "L08", "email").value = None
        book[AWAY.name].append(["L01", "L02", "2026-13-01", "2026-07-31"])
        book[PEOPLE.name].append([c.value for c in book[PEOPLE.name][2]])

    before = everything_of(office)
    found = mistakes(office, edited(office, spoil))
    assert any(m.startswith("单位 units!D") and "holds a formula; write what it should say" in m for m in found)
    assert any(m.startswith("单位 units!H") and "neither yes nor no" in m for m in found)
    assert any(m.startswith("人员 people!E") and "Mailbox is missing" in m for m in found)
    assert any("代理 substitutions!C2: '2026-13-01' is no day" in m for m in found)
    assert any(m.startswith("人员 people!A") and "stands twice" in m for m in found)
    assert everything_of(office) == before


def test_mistakes_of_the_rules_name_their_cells_too(office: Office) -> None:
    """What an edit may not say is said of the cell that says it."""

    def spoil(book: Any) -> None:
        cell(book, PEOPLE, "L08", "unit").value = "D99"
        cell(book, PEOPLE, "L09", "email").value = "no address"
        cell(book, UNITS, "D01", "active").value = NO
        book[ROLES.name].append(["L01", "king", "D01"])

    found = mistakes(office, edited(office, spoil))
    assert any(m.startswith("单位 units!J") and "the successor is missing" in m for m in found)
    assert any(m.startswith("人员 people!D") and "there is no unit 'D99'" in m for m in found)
    assert any(m.startswith("人员 people!E") and "is not an address" in m for m in found)
    assert any(m.startswith("岗位 roles!B") and "'king' is none of the choices" in m for m in found)


@pytest.mark.parametrize(("spoil", "expected"), [
    (lambda book: book.remove(book[ROLES.name]), "岗位 roles: is missing"),
    (lambda book: book[UNITS.name].delete_cols(3), "单位 units!1: has no column"),
    (lambda book: book[PEOPLE.name].delete_rows(2), "人员 people: the row of "),
])  # fmt: skip
def test_a_torn_workbook_is_refused(office: Office, spoil: Callable[[Any], None], expected: str) -> None:
    """A sheet, a column or a person's row that is gone is a slip, not a wish."""
    assert any(m.startswith(expected) for m in mistakes(office, edited(office, spoil)))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no zip", b"<html></html>", "姓名,单位\n".encode()])
def test_what_is_no_workbook_is_refused(office: Office, content: bytes) -> None:
    """Whatever somebody picked by mistake."""
    assert mistakes(office, content) == ["workbook: is no Excel workbook; save it as .xlsx"]


def test_a_workbook_that_unpacks_to_too_much_is_refused(office: Office) -> None:
    """A small file that would fill the memory."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 150_000_000)
    assert mistakes(office, file.getvalue()) == ["workbook: is too large; keep the directory's sheets alone"]


# -- from the desk's form ----------------------------------------------------------------------------------------------


def test_a_workbook_in_the_data_folder_is_shown_and_applied(office: Office) -> None:
    """By its name; only from the folder for it."""
    folder = office.settings.data / "directories"
    folder.mkdir()
    (folder / "july.xlsx").write_bytes(
        edited(office, lambda b: setattr(cell(b, UNITS, "D01", "short_zh"), "value", "发改委"))
    )
    (office.settings.data / "outside.xlsx").write_bytes(b"x")
    asked = Asked("sheet", file="july.xlsx")
    found = show(office, asked)
    assert "D01 Chinese short name 发改局 → 发改委" in found.lines[0].en
    assert carry_out(office, asked, "run", "desk", found.digest).done
    for name in ("../outside.xlsx", "", "none.xlsx", str(office.settings.data / "outside.xlsx")):
        assert show(office, Asked("sheet", file=name)).mistakes


def test_edits_as_text_are_read_all_at_once(office: Office) -> None:
    """A list in YAML, for several edits that belong together."""
    text = "- {edit: merge_unit, unit: D08, into: D13}\n- {edit: person_left, account: L08}\n"
    found = show(office, Asked("several", text=text))
    assert found.mistakes == ()
    assert carry_out(office, Asked("several", text=text), "run", "desk", found.digest).done
    for wrong in ("", "unit: D08", "- 7", "- {edit: merge_unit, unit: D08}", "[" * 2000):
        assert show(office, Asked("several", text=wrong)).mistakes


def test_a_policy_is_shown_and_applied(office: Office) -> None:
    """From a text or a file of the folder `policies`; the digest stands for what was shown."""
    text = office.settings.policy.read_text("utf-8").replace("answer: 3 working days", "answer: 4 working days")
    in_force = load_policy(office.settings.policy).mail
    mail_rules(office, quiet=in_force.quiet, bundle_minutes=in_force.bundle_minutes)
    folder = office.settings.data / "policies"
    folder.mkdir()
    (folder / "new.yaml").write_text(text, "utf-8")
    asked = Asked("policy", file="new.yaml")
    found = show(office, asked)
    assert [line.en for line in found.lines] == ["limits.answer: 3 working days -> 4 working days"]
    assert not carry_out(office, asked, "run", "desk", "").done
    done = carry_out(office, asked, "run", "desk", found.digest)
    assert done.done, done.message
    assert carry_out(office, asked, "run", "desk", "") == done
    assert office.policy.limits.answer.value == 4
    assert show(office, Asked("policy", text="schema: nonsense")).mistakes


def test_the_offices_own_days_are_shown_and_applied(office: Office) -> None:
    """The calendar's CSV, by the same two runs."""
    asked = Asked("calendar", text="day,hours,note\n2026-07-20,off,停电检修\n")
    found = show(office, asked)
    assert "2026-07-20" in found.lines[0].en
    assert carry_out(office, asked, "run", "desk", found.digest).done
    friday = office.now() + timedelta(days=1)
    assert office.time.local(office.time.due(friday, Limit(1, LimitUnit.WORKING_DAYS)).at).date() == date(2026, 7, 21)
    assert show(office, asked).lines == ()
    assert show(office, Asked("calendar", text="day,hours,note\nno day,off,\n")).mistakes
