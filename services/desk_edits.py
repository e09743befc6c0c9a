"""What the desk asks to change from one form: the directory, the policy or the calendar; shown first, then applied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from domain.policy import Label
from domain.working_time import CalendarError
from services import calendar_edits, policy_versions
from services.desk import StepResult, remember, repeated, repeated_in, said
from services.directory_change import (
    CALENDAR,
    EDITS,
    POLICY,
    SEVERAL,
    SHEET,
    WHAT_LABELS,
    Difference,
    DirectoryProposal,
    Mistake,
    UnreadableEdits,
    mistakes_in_words,
    read_edit,
    read_edits,
)
from services.directory_edit import NOTHING_TO_DO, apply, propose
from services.directory_import import read_workbook
from services.directory_state import load_directory_state
from services.marked_yaml import FileMistakes
from services.office import Office, digest
from services.rule_words import difference_label, mistake_label

FOLDERS = {SHEET: "directories", POLICY: "policies", CALENDAR: "calendars"}
"""Where in the data folder a file that is named is looked for."""

LARGEST = 5_000_000
"""Bytes that such a file may have."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked: one edit with its fields, or a text (of edits, policy or calendar), or a file of the data folder.

    `recalculate`: a new policy also counts for clocks that are open.
    """

    what: str
    fields: Mapping[str, object] = field(default_factory=dict)
    text: str = ""
    file: str = ""
    recalculate: bool = False


class Unusable(Exception):
    """What is asked cannot be read; `mistakes` says why."""

    def __init__(self, *mistakes: Mistake) -> None:
        super().__init__("; ".join(str(m) for m in mistakes))
        self.mistakes = mistakes


def show(office: Office, asked: Asked) -> Difference:
    """What would change, or every mistake; nothing is written."""
    try:
        if asked.what in (POLICY, CALENDAR):
            return _show_rules(office, asked.what, _text(office, asked), recalculate=asked.recalculate)
        return propose(office, _proposal(office, asked))
    except Unusable as unusable:
        return Difference((), unusable.mistakes, "")


def carry_out(office: Office, asked: Asked, command_id: str, by: str, shown: str) -> StepResult:
    """Apply what was shown under that digest. Repeating a command returns its result; a refusal has changed nothing."""
    try:
        if asked.what in (POLICY, CALENDAR):
            return _apply_rules(office, asked, _text(office, asked), command_id, by, shown)
        return apply(office, _proposal(office, asked), command_id, by, shown)
    except Unusable as unusable:
        return said(asked.what, False, mistakes_in_words(unusable.mistakes))


# -- the directory -----------------------------------------------------------------------------------------------------


def _proposal(office: Office, asked: Asked) -> DirectoryProposal:
    if asked.what == SEVERAL:
        return _several(_text(office, asked))
    if asked.what == SHEET:
        return sheet_proposal(office, _bytes(office, asked))
    if asked.what not in EDITS:
        known = ", ".join(WHAT_LABELS)
        raise Unusable(
            Mistake(
                "what",
                Label(f"没有“{asked.what}”", f"there is no {asked.what!r}"),
                Label(f"可选：{known}", f"choose one of {known}"),
            )
        )
    mistakes: list[Mistake] = []
    made = read_edit({"edit": asked.what, **asked.fields}, asked.what, mistakes)
    if made is None:
        raise Unusable(*mistakes)
    return DirectoryProposal((made,))


def sheet_proposal(office: Office, content: bytes) -> DirectoryProposal:
    """The edits that a workbook asks for. Raises Unusable with every mistake, those of the edits themselves among them."""
    with office.reading() as session:
        directory = load_directory_state(session)
    proposal, mistakes = read_workbook(content, directory, office.today())
    if mistakes:
        raise Unusable(*mistakes, *propose(office, proposal).mistakes)
    return proposal


def _several(text: str) -> DirectoryProposal:
    remedy = Label(
        "每项一条，例如 - {edit: merge_unit, unit: D08, into: D13}",
        "write a list, e.g. - {edit: merge_unit, unit: D08, into: D13}",
    )
    try:
        rows = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        rows = None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Unusable(Mistake("text", Label("不是变更清单", "is no list of edits"), remedy))
    try:
        return read_edits(rows)
    except UnreadableEdits as unreadable:
        raise Unusable(*unreadable.mistakes) from unreadable


# -- texts and files ---------------------------------------------------------------------------------------------------


def _text(office: Office, asked: Asked) -> str:
    if asked.text.strip():
        return asked.text
    try:
        return _bytes(office, asked).decode("utf-8-sig")
    except UnicodeDecodeError as unreadable:
        raise Unusable(
            Mistake(asked.file, Label("不是 UTF-8 文本", "is no UTF-8 text"), Label("另存为 UTF-8", "save it as UTF-8"))
        ) from unreadable


def _bytes(office: Office, asked: Asked) -> bytes:
    """The file's content: in its folder of the data folder, and nowhere else."""
    folder = (office.settings.data / FOLDERS.get(asked.what, "")).resolve()
    name = asked.file.strip()
    remedy = Label(
        f"把文件放进数据文件夹的 {folder.name}，只填文件名",
        f"put the file into {folder.name} of the data folder and write its name",
    )
    if not name or asked.what not in FOLDERS:
        raise Unusable(
            Mistake(
                "text",
                Label("未填写", "is missing"),
                Label("填写内容，或填写文件名", "write the text, or a file's name"),
            )
        )
    path = (folder / name).resolve()
    if not _inside(path, folder) or not path.is_file():
        raise Unusable(Mistake("file", Label(f"没有文件“{name}”", f"there is no file {name!r}"), remedy))
    if path.stat().st_size > LARGEST:
        raise Unusable(Mistake("file", Label("文件过大", "is too large"), remedy))
    return path.read_bytes()


def _inside(path: Path, folder: Path) -> bool:
    return folder in path.parents


# -- policy and calendar -----------------------------------------------------------------------------------------------


def _show_rules(office: Office, what: str, text: str, *, recalculate: bool) -> Difference:
    if what == POLICY:
        found = policy_versions.difference(office, text)
        lines, mistakes = found.lines, found.mistakes
    else:
        days = calendar_edits.difference(office, text)
        lines, mistakes = days.lines, days.mistakes
    shown = tuple(difference_label(line) for line in lines)
    if what == POLICY and recalculate and shown:
        shown += (Label("未办结事项的时限按新规则重新计算", "open clocks are reckoned anew by the new policy"),)
    wrong = tuple(Mistake(what, mistake_label(one), Label("改正后再试", "mend it and try again")) for one in mistakes)
    return Difference(shown, wrong, digest(what, text, recalculate, *lines)[:16])


def _apply_rules(office: Office, asked: Asked, text: str, command_id: str, by: str, shown: str) -> StepResult:
    known = repeated(office, command_id)
    if known is not None:
        return known[0]
    found = _show_rules(office, asked.what, text, recalculate=asked.recalculate)
    if found.mistakes:
        return said(asked.what, False, mistakes_in_words(found.mistakes))
    if not found.lines:
        return said(asked.what, False, NOTHING_TO_DO)
    if found.digest != shown.strip():
        return StepResult(
            asked.what,
            False,
            "this is no longer what was shown: look at the difference again, then apply that one",
            "内容已与显示差异时不同：请重新查看差异，再按新的校验码执行。",
        )
    try:
        if asked.what == POLICY:
            adopted = policy_versions.adopt(office, text, recalculate=asked.recalculate, by=by)
            done = Label(
                f"规则 {adopted.version[:12]} 已生效，{adopted.recalculated} 件事项的时限有变动",
                f"policy {adopted.version[:12]} is in force; dates moved in {adopted.recalculated} case(s)",
            )
        else:
            applied = calendar_edits.apply(office, text, by=by)
            done = Label(
                f"日历 {applied.version} 已生效，{applied.recalculated} 件事项的时限有变动",
                f"calendar {applied.version} counts; dates moved in {applied.recalculated} case(s)",
            )
    except (FileMistakes, CalendarError, ValueError) as refused:
        why = "；".join(mistake_label(line).zh for line in str(refused).splitlines())
        return said(asked.what, False, Label(f"未执行：{why}", str(refused)))
    result = said(asked.what, True, done)
    with office.writing() as session:
        known = repeated_in(session, command_id)
        if known is not None:
            return known[0]
        remember(session, office, command_id, [result])
    return result
