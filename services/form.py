"""The public form: what it offers, and storing what it sends. The least trusted source of all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from domain.policy import Label
from domain.refusals import need
from models.directory import Project
from models.intake import Delivery, DeliveryState, Trust
from services.attachments import HeldFile, add_to_delivery
from services.chain import canonical
from services.confirmations import ask_to_confirm
from services.intake import Receipt, store
from services.links import new_token
from services.office import Office
from services.page_types import Choice
from services.people import load_people
from services.project_search import LISTED, public_projects
from services.report import Report, read_report
from services.triage import route
from services.waiting_reports import REPORTER

FORM = "form"


@dataclass(frozen=True, slots=True)
class FormChoices:
    """What forms offer. Of `projects` too many to be listed, only those found are given (`search` tells)."""

    categories: tuple[Choice, ...]
    severities: tuple[Choice, ...]
    projects: tuple[Choice, ...]
    search: bool = False


@dataclass(frozen=True, slots=True)
class Promise:
    """What a reporter is told who confirms now: until when somebody gets in touch, and until when the matter is to be done."""

    contact: datetime
    done: datetime | None


def promise(office: Office, category: str, severity: str) -> Promise:
    """The first contact and the closing day of such a report, were it dispatched now (LIFECYCLE.md, Clocks)."""
    policy, now = office.policy, office.now()
    with office.reading() as session:
        way, _ = route(
            policy,
            load_people(session, policy),
            category or None,
            int(severity) if severity in {"1", "2", "3"} else 1,
            None,
        )
    kind = policy.classes[way.case_class]
    contact = min(
        office.time.due(now, limit).at for limit in (kind.first_contact, policy.severities[way.severity].first_contact)
    )
    return Promise(contact, office.time.due(now, kind.close).at if kind.close is not None else None)


def public_choices(office: Office) -> FormChoices:
    """What the public form offers: categories with a line of help each, severities, and projects that everybody may see."""
    with office.reading() as session:
        projects = public_projects(session)
    search = len(projects) > LISTED
    return _choices(office, () if search else projects, search)


def form_choices(office: Office) -> FormChoices:
    """What the desk's own form offers: every active project."""
    with office.reading() as session:
        projects = tuple(
            Choice(p.id, Label(p.name_zh, p.name_en))
            for p in session.scalars(select(Project).where(Project.status == "active").order_by(Project.id))
        )
    return _choices(office, projects)


def _choices(office: Office, projects: tuple[Choice, ...], search: bool = False) -> FormChoices:
    policy = office.policy
    return FormChoices(
        tuple(Choice(c.code, c.label, c.hint) for c in policy.categories.values()),
        tuple(Choice(str(s.number), s.label, s.hint) for s in policy.severities.values()), projects, search,
    )  # fmt: skip


def read_form(values: Mapping[str, str], locale: str) -> tuple[dict[str, object], Report]:
    """The form's values as a report; FieldRefused names the form's own field."""
    data: dict[str, object] = {
        "enterprise": {k: values.get(k, "") for k in ("uscc", "contact", "phone", "email")}
        | {"name": values.get("enterprise", ""), "locale": locale},
        **{k: values.get(k, "") for k in ("project", "category", "severity", "title", "detail")},
    }
    try:
        report = read_report(data)
    except Exception as refusal:
        raise in_form(refusal) from None
    if report.email is None:
        raise need("email", "give a mail address: we send a link there to confirm the report")
    return data, report


def in_form(refusal: Exception) -> Exception:
    """The refusal in the names of the form's fields."""
    facts = getattr(refusal, "facts", None)
    if isinstance(facts, Mapping) and str(facts.get("field", "")).startswith("enterprise."):
        name = str(facts["field"]).removeprefix("enterprise.")
        refusal.facts = {**facts, "field": "enterprise" if name == "name" else name}  # type: ignore[attr-defined]  # a Refused
    return refusal


def submit_form(office: Office, values: Mapping[str, str], locale: str, files: Sequence[HeldFile] = ()) -> Receipt:
    """Store a report from the public form, with its files. Raises FieldRefused, FilesUnavailable.

    It waits, with a clock of one working day, until its reporter confirms it by the link mailed to them, or a clerk accepts it:
    whoever types an address has not shown that it is theirs, however often its owner confirmed other reports.
    """
    data, report = read_form(values, locale)
    return store_report(office, data, report, values.get("nonce") or new_token(), locale, files)


def store_report(
    office: Office,
    data: Mapping[str, object],
    report: Report,
    nonce: str,
    locale: str,
    files: Sequence[HeldFile] = (),
    *,
    proven: int | None = None,
) -> Receipt:
    """Store what the form sent, waiting to be confirmed; or at work at once, where the link `proven` showed who sends it."""

    def then(session: Session, delivery_id: int, receipt: str) -> None:
        if files:
            add_to_delivery(session, office, delivery_id, files)
        if proven is None:
            ask_to_confirm(session, office, delivery_id, receipt, report, locale)
            return
        said = {"confirmed_by": REPORTER, "confirmed_at": office.now(), "extra": {"link": proven}}
        session.execute(update(Delivery).where(Delivery.id == delivery_id).values(**said))

    state = DeliveryState.UNCONFIRMED if proven is None else DeliveryState.WAITING
    body = canonical(data).encode()
    return store(office, FORM, nonce, Trust.PUBLIC, state, body, "application/json", locale, then)
