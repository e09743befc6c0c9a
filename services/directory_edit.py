"""Changing the directory: a proposal is shown as a difference, and applied in one transaction if it is still the one shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.policy import Label
from models.directory import DirectoryChange
from models.engine import hold
from services.casebook import Casebook, open_casebook
from services.casebook_succession import follow, left_behind
from services.chain import canonical
from services.desk import StepResult, remember, repeated, repeated_in, said
from services.directory_change import Difference, DirectoryProposal, edit_json, mistakes_in_words
from services.directory_follow import how_much, what_follows
from services.directory_rules import Editor
from services.directory_state import Away, Directory, load_directory_state, store_directory_state
from services.handover import Then, end_links, end_substitutes, hand_over
from services.office import Office, digest
from services.people import load_people
from services.substitutions import LOCK, follow_day, tell

NOTHING_TO_DO = Label("没有变更", "There is nothing to change")


@dataclass(frozen=True, slots=True)
class _Planned:
    before: Directory
    after: Directory
    difference: Difference


def propose(office: Office, proposal: DirectoryProposal) -> Difference:
    """What the proposal would change and what would follow, or all that is wrong with it. Nothing is written."""
    with office.reading() as session:
        return _plan(office, session, proposal).difference


def _plan(office: Office, session: Session, proposal: DirectoryProposal) -> _Planned:
    before, today = load_directory_state(session), office.today()
    editor = Editor(before.copied(), office.policy, today)
    editor.make(proposal)
    after = editor.directory
    said = [*editor.lines, *what_follows(office.policy, before, after)]
    seal = digest(canonical([edit_json(edit) for edit in proposal.edits]), *(f"{line.zh}|{line.en}" for line in said))
    counted = (
        how_much(session, before, after, load_people(session, office.policy), today) if not editor.mistakes else []
    )
    difference = Difference((*said, *counted), tuple(editor.mistakes), seal[:16])
    return _Planned(before, after, difference)


def apply(office: Office, proposal: DirectoryProposal, command_id: str, by: str, shown: str) -> StepResult:
    """Apply a proposal whose difference was `shown` (its digest): directory, open cases, links, mails and the record at once.

    Repeating a command returns its result. A refusal (`done` False) has changed nothing and says why; `case` is "directory".
    """
    known = repeated(office, command_id)
    if known is not None:
        return known[0]
    with office.writing() as session:
        known = repeated_in(session, command_id)
        if known is not None:
            return known[0]
        hold(session, LOCK)
        planned = _plan(office, session, proposal)
        refusal = _refusal(proposal, planned.difference, shown)
        if refusal is not None:
            return said("directory", False, refusal)
        change = DirectoryChange(at=office.now(), command_id=command_id, by=by, changes=_record(proposal, planned))
        session.add(change)
        session.flush()
        moved = _carry_out(office, session, planned, change.id, by)
        result = StepResult(
            "directory",
            True,
            f"change {change.id}: {len(proposal.edits)} edit(s), {moved} case(s) followed",
            f"第 {change.id} 次变更：共 {len(proposal.edits)} 项，{moved} 件事项随之移交",
        )
        remember(session, office, command_id, [result])
    return result


def _refusal(proposal: DirectoryProposal, difference: Difference, shown: str) -> Label | None:
    if difference.mistakes:
        return mistakes_in_words(difference.mistakes)
    if not proposal.edits:
        return NOTHING_TO_DO
    if difference.digest != shown.strip():
        return Label(
            "名录或变更内容已与显示差异时不同：请重新查看差异，再按新的校验码执行。",
            "the directory, or what is asked, is no longer what was shown: look at the difference again, then apply that one",
        )
    return None


def _record(proposal: DirectoryProposal, planned: _Planned) -> list[object]:
    """The edits with the names that they replaced, and the words in which the difference was shown."""
    said = [edit_json(edit) for edit in proposal.edits]
    for row in said:
        unit = planned.before.units.get(str(row.get("unit", "")))
        if unit is not None and row["edit"] in ("change_unit", "merge_unit", "close_unit"):
            row["before"] = {"zh": unit.zh, "short_zh": unit.short_zh, "en": unit.en, "short_en": unit.short_en}
    return [*said, {"shown": [{"zh": line.zh, "en": line.en} for line in planned.difference.lines]}]


def _carry_out(office: Office, session: Session, planned: _Planned, change: int, by: str) -> int:
    """Write the directory, then let cases, links and people follow; how many cases moved to another unit."""
    before, after = planned.before, planned.after
    book = open_casebook(office, session)
    follow_day(book)
    then = Then(book.people, office.today())
    store_directory_state(session, before, after)

    ended = [
        u.id for u in after.units.values() if not u.active and (u.id not in before.units or before.units[u.id].active)
    ]
    left = [
        p.id for p in after.persons.values() if not p.active and p.id in before.persons and before.persons[p.id].active
    ]
    kept = after.effective()
    lost = [held for held in before.effective() - kept if held.account not in left]
    end_links(session, book.now, units=ended, accounts=left, roles=lost, kept=kept)
    book = open_casebook(office, session)
    today = then.day
    acting = {a: book.people.acting(a, today) for a in {*then.people.substitutes, *book.people.substitutes}}
    end_substitutes(session, book.now, {a: now for a, now in acting.items() if now != then.people.acting(a, today)})

    moved = follow(book, left_behind(session), by)
    hand_over(book, then, f"change{change}", moved=moved)
    _tell_of_substitutions(book, before, after)
    return len(moved)


def _tell_of_substitutions(book: Casebook, before: Directory, after: Directory) -> None:
    come: list[Away] = [away for away in after.away if away not in before.away]
    begun = {(a.absent, a.substitute, a.first_day) for a in before.away}
    tell(book, [a for a in come if (a.absent, a.substitute, a.first_day) not in begun], ended=False)
    tell(book, [away for away in before.away if away not in after.away], ended=True)


def former_names(session: Session) -> Mapping[str, tuple[Label, ...]]:
    """The names that units had before they were renamed, oldest first, for old documents and the sheet."""
    found: dict[str, list[Label]] = {}
    for changes in session.scalars(select(DirectoryChange.changes).order_by(DirectoryChange.id)):
        for row in changes:
            if isinstance(row, dict) and row.get("edit") == "change_unit" and "before" in row:
                was = Label(row["before"]["short_zh"], row["before"]["short_en"])
                if {"short_zh", "short_en"} & row.keys() and was not in found.setdefault(row["unit"], []):
                    found[row["unit"]].append(was)
    return {unit: tuple(names) for unit, names in found.items()}
