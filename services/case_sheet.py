"""A case on one sheet, in words: its cover, what runs until when, its whole history; what the command line prints."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from models import case as tables
from services.case_files import load_cases
from services.case_view import clock_lines, people_of, timeline
from services.factor_view import cover, stage_names
from services.office import Office
from services.page_types import CaseHead, ClockLine, TimelineLine


@dataclass(frozen=True, slots=True)
class CaseSheet:
    """The case as its desk sees it; who asked not to be named is not named here either."""

    head: CaseHead
    clocks: tuple[ClockLine, ...]
    timeline: tuple[TimelineLine, ...]


def case_sheet(office: Office, code: str) -> CaseSheet | None:
    """The sheet of a case; None where there is none of that code."""
    with office.reading() as session:
        row = session.scalars(select(tables.Case).where(tables.Case.code == code)).first()
        if row is None:
            return None
        people = people_of(session, office)
        case = load_cases(session, [row.id], lock=False)[row.id]
        return CaseSheet(
            cover(session, office, row, case, people),
            clock_lines(session, office, row.id, people),
            tuple(
                timeline(session, row.id, people, public=False, policy=office.policy, stages=stage_names(office, case))
            ),
        )
