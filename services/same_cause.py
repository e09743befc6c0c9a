"""What the desk confirms of cases: that they have the same cause, or no longer. A line in each history says so; no status moves."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import delete, insert, or_, select
from sqlalchemy.orm import Session

from domain.case import Actor
from domain.draft import Draft
from domain.lifecycle import Kind
from domain.refusals import Refused
from models import case as tables
from models.engine import hold
from services.case_files import Surroundings, load_cases
from services.casebook import Casebook, open_casebook
from services.casebook_write import as_they_are, write_drafts
from services.desk import StepResult, remember, repeated_in
from services.matters import SAME_CAUSE
from services.office import Office

LINKED, UNLINKED = "same_cause", "same_cause_undone"


def link_same_cause(office: Office, codes: Sequence[str], command_id: str, by: Actor) -> list[StepResult]:
    """Confirm that cases (two or more) have one cause, together with those that each is linked to already.

    Repeating a command returns its stored result. Raises Refused for an unknown code, a factor request's, or that of a
    restricted case, which would stand in the others' histories.
    """
    return _command(office, codes, command_id, by, linked=True)


def unlink_same_cause(office: Office, codes: Sequence[str], command_id: str, by: Actor) -> list[StepResult]:
    """Take cases out of what they were linked to; the others stay linked. Raises Refused as above."""
    return _command(office, codes, command_id, by, linked=False)


def same_cause(session: Session, case_ids: Collection[int]) -> set[int]:
    """The ids of all cases that are linked with these, however many steps apart, themselves included."""
    link, found, new = tables.CaseLink, set(case_ids), set(case_ids)
    while new:
        rows = session.execute(
            select(link.case_id, link.target_id).where(
                link.kind == SAME_CAUSE, or_(link.case_id.in_(new), link.target_id.in_(new))
            )
        )
        new = {i for row in rows for i in row} - found
        found |= new
    return found


def _command(office: Office, codes: Sequence[str], command_id: str, by: Actor, *, linked: bool) -> list[StepResult]:
    with office.writing() as session:
        known = repeated_in(session, command_id)
        if known is not None:
            return known
        # One at a time: two who link what the other links would each see half of the group.
        hold(session, "same cause")
        named = _named(session, codes, 2 if linked else 1)
        book = open_casebook(office, session)
        results = _link(book, named, by) if linked else _unlink(book, named, by)
        remember(session, office, command_id, results)
        return results


def _named(session: Session, codes: Sequence[str], least: int) -> dict[int, str]:
    """The cases by id, in the order of `codes`."""
    wanted = list(dict.fromkeys(code.strip().upper() for code in codes if code.strip()))
    if len(wanted) < least:
        raise Refused("too_few", "Name at least {n} cases.", {"n": least})
    rows = session.execute(
        select(tables.Case.code, tables.Case.id).where(
            tables.Case.code.in_(wanted), tables.Case.kind == Kind.DIFFICULTY, tables.Case.restricted.is_(False)
        )
    )
    found = {row.code: row.id for row in rows}
    for code in wanted:
        if code not in found:
            raise Refused("no_such_case", "{code} is no difficulty that can be linked; check the code.", {"code": code})
    return {found[code]: code for code in wanted}


def _link(book: Casebook, named: dict[int, str], by: Actor) -> list[StepResult]:
    group = same_cause(book.session, named)
    hub = min(group)
    new = sorted(group - same_cause(book.session, [hub]))
    if not new:
        return [StepResult(code, True, "linked already", "此前已关联") for code in named.values()]
    # One link to the first of them each: whatever was linked before stays in the group through its own links.
    book.session.execute(insert(tables.CaseLink), [{"case_id": i, "target_id": hub, "kind": SAME_CAUSE} for i in new])
    _record(book, sorted(named), LINKED, group, by)
    n = len(group) - 1
    return [StepResult(code, True, f"linked with {n} others", f"已与另外 {n} 件事项关联") for code in named.values()]


def _unlink(book: Casebook, named: dict[int, str], by: Actor) -> list[StepResult]:
    session, link = book.session, tables.CaseLink
    results = []
    for i, code in named.items():
        group = same_cause(session, [i])
        rest = sorted(group - {i})
        if not rest:
            results.append(StepResult(code, False, f"{code} is linked with no other case", f"{code} 没有关联其他事项"))
            continue
        session.execute(delete(link).where(link.kind == SAME_CAUSE, or_(link.case_id == i, link.target_id == i)))
        # The others were perhaps linked through it alone.
        linked = _linked(session, set(rest))
        more = [
            {"case_id": x, "target_id": rest[0], "kind": SAME_CAUSE} for x in rest[1:] if (x, rest[0]) not in linked
        ]
        if more:
            session.execute(insert(link), more)
        _record(book, [i], UNLINKED, group, by)
        results.append(
            StepResult(code, True, f"no longer linked with {len(rest)} others", f"已与另外 {len(rest)} 件事项解除关联")
        )
    return results


def _linked(session: Session, ids: Collection[int]) -> set[tuple[int, int]]:
    link = tables.CaseLink
    rows = session.execute(
        select(link.case_id, link.target_id).where(
            link.kind == SAME_CAUSE, link.case_id.in_(ids), link.target_id.in_(ids)
        )
    )
    return {(a, b) for a, b in rows}


def _record(book: Casebook, ids: Sequence[int], action: str, group: Collection[int], by: Actor) -> None:
    """A line in the history of each, with the codes of the others; nobody is written to."""
    rows = book.session.execute(select(tables.Case.id, tables.Case.code).where(tables.Case.id.in_(group)))
    codes = {row.id: row.code for row in rows}
    cases = load_cases(book.session, list(ids))
    before = as_they_are(cases)
    place = Surroundings(book.session, book.people, book.in_force)
    drafts = []
    for i, case in cases.items():
        draft = Draft(case, book.now, by, book.policy, book.time, place)
        draft.record(action, {"codes": sorted(code for other, code in codes.items() if other != i)})
        drafts.append(draft)
    write_drafts(book, before, drafts)
