"""Who is not named: reporters who are withheld, and restricted cases; and what is shown in that place."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from domain.policy import Label
from models.case import Case, Reporter
from models.directory import Contact
from models.reading import Reading
from models.rows import among

UNNAMED = "—"
"""What stands for a restricted case where it may not be named: in runs, their artifacts and the sweep's report."""
WITHHELD = Label("身份保密", "identity withheld")


def withholds(case: type[Case] = Case) -> ColumnElement[bool]:
    """Whether a case hides its enterprise: somebody of it reported and is not to be named. `case` may be an alias of the table."""
    return exists(
        select(Reporter.id)
        .join(Contact, Contact.id == Reporter.contact_id)
        .where(
            Reporter.case_id == case.id, Reporter.withheld, Contact.enterprise_id == case.enterprise_id
        )
        .correlate(case)
    )  # fmt: skip


_WITHHELD = Reading(
    select(Case.id)
    .join(Reporter, Reporter.case_id == Case.id)
    .join(Contact, Contact.id == Reporter.contact_id)
    .where(among(Case.id), Reporter.withheld, Contact.enterprise_id == Case.enterprise_id)
)


def withheld_among(session: Session, ids: Collection[int]) -> frozenset[int]:
    """Those of the cases that hide their enterprise."""
    if not ids:
        return frozenset()
    # One look into the few reporters who are withheld, for any number of cases.
    return frozenset(row[0] for row in _WITHHELD.rows(session, ids=set(ids)))


def names_reporter(enterprise: int | None, owner: int | None) -> bool:
    """Whether a project says whose case it is: its `owner` is the case's enterprise, or nobody knows (None)."""
    return owner is None or owner == enterprise


def unheard_by(session: Session, case_id: int, contact: int | None) -> frozenset[int]:
    """The other reporters of a case whose words one reporter is not shown: those withheld, and those of other enterprises."""
    rows = session.execute(
        select(Reporter.contact_id, Reporter.withheld, Contact.enterprise_id)
        .join(Contact, Contact.id == Reporter.contact_id)
        .where(Reporter.case_id == case_id)
    ).all()
    own = {row.enterprise_id for row in rows if row.contact_id == contact}
    return frozenset(
        row.contact_id for row in rows
        if row.contact_id != contact and (row.withheld or row.enterprise_id not in own)
    )  # fmt: skip
