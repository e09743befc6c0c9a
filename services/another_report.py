"""Another report of a reporter who is known already: by the link mailed to them, and never by the address that somebody types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from domain.label import Label
from domain.label import named as called
from domain.lifecycle import Party
from models.case import Case
from models.directory import Contact, Enterprise, Project
from services.attachments import HeldFile, of_case
from services.form import read_form, store_report
from services.intake import Receipt
from services.links import Grant, new_token, resolve
from services.office import Office
from services.page_types import LinkRefused


@dataclass(frozen=True, slots=True)
class KnownReporter:
    """Who holds a mailed link to a case: what another report of theirs need not ask, and what it offers to change.

    `enterprise` is the name that counts, `name` what is shown; `project` is the case's, or None; `link` the link's id, kept with the report.
    """

    link: int
    enterprise: str
    name: Label
    uscc: str | None
    email: str
    contact: str
    phone: str | None
    locale: str
    project: Label | None

    def fixed(self) -> dict[str, str]:
        """The form's fields that the link answers, whatever else was sent in them."""
        return {"enterprise": self.enterprise, "uscc": self.uscc or "", "email": self.email}


def known_reporter(office: Office, token: str) -> KnownReporter:
    """Whom the link was mailed to. Raises LinkRefused for a link that is revoked, over, or did not come to a reporter by mail."""
    with office.reading() as session:
        grant = resolve(session, token, office.real_now())
        if grant.case_id is None:
            grant = of_case(session, grant)
        return _holder(session, grant)


def _holder(session: Session, grant: Grant) -> KnownReporter:
    if grant.link_id is None or grant.party is not Party.ENTERPRISE or grant.case_id is None or grant.contact is None:
        raise LinkRefused("unknown", False)
    contact = session.get_one(Contact, grant.contact)
    if contact.email is None:
        raise LinkRefused("unknown", False)
    firm, case = session.get_one(Enterprise, contact.enterprise_id), session.get_one(Case, grant.case_id)
    # Of a merged matter each reporter knows their own part alone.
    own = case.project_id is not None and case.enterprise_id == firm.id
    project = session.get_one(Project, case.project_id) if own else None
    return KnownReporter(
        grant.link_id, firm.name, called(firm.name, firm.name_en), firm.uscc, contact.email, contact.name, contact.phone, contact.locale,
        Label(project.name_zh, project.name_en) if project is not None else None,
    )  # fmt: skip


def submit_another(
    office: Office, token: str, values: Mapping[str, str], locale: str, files: Sequence[HeldFile] = ()
) -> Receipt:
    """Store another report of whom the link was mailed to, to be opened at once: having read the mail is what a confirmation shows.

    It is in the name of the same enterprise and goes to the same address, whatever was sent. Raises LinkRefused, FieldRefused,
    FilesUnavailable.
    """
    known = known_reporter(office, token)
    data, report = read_form({**values, **known.fixed()}, locale)
    return store_report(office, data, report, values.get("nonce") or new_token(), locale, files, proven=known.link)
