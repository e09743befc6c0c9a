"""The public form for factor requests: what it offers, and storing what it sends, as untrusted as any report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.policy import Label
from domain.quantity import MEASURES
from domain.refusals import need
from services.attachments import HeldFile
from services.factor_intake import FACTOR
from services.factor_request import read_factor
from services.form import in_form, public_choices, store_report
from services.intake import Receipt
from services.links import new_token
from services.office import Office
from services.page_types import Choice
from services.report import Report, read_report

ASKED = ("type", "quantity", "unit", "needed_by", "difficulty", "attributes")


@dataclass(frozen=True, slots=True)
class FactorChoices:
    """The drop-downs of the form for factor requests."""

    types: tuple[Choice, ...]
    units: tuple[Choice, ...]
    projects: tuple[Choice, ...]


def factor_choices(office: Office) -> FactorChoices:
    """The types with their units, every unit once, and the projects that everybody may see."""
    kinds = office.policy.factor_types.values()
    types = tuple(Choice(k.code, k.label, Label("、".join(k.units), ", ".join(k.units))) for k in kinds)
    units = dict.fromkeys(unit for kind in kinds for unit in kind.units if unit in MEASURES)
    return FactorChoices(types, tuple(Choice(u, Label(u, u)) for u in units), public_choices(office).projects)


def submit_factor(office: Office, values: Mapping[str, str], locale: str, files: Sequence[HeldFile] = ()) -> Receipt:
    """Store a factor request from the public form, with its files. Raises FieldRefused naming the form's field, FilesUnavailable.

    It is opened once the address is confirmed, like a report (`services.form`).
    """
    data, report = read_request(office, values, locale)
    return store_report(office, data, report, values.get("nonce") or new_token(), locale, files)


def read_request(office: Office, values: Mapping[str, str], locale: str) -> tuple[dict[str, object], Report]:
    """The form's values as a request and as a report; FieldRefused names the form's own field."""
    asked = {k: values.get(k, "") for k in ASKED} | {
        "item": values.get("item", ""), "note": values.get("note", ""), "project": values.get("project", "")
    }  # fmt: skip
    data: dict[str, object] = {
        "kind": FACTOR,
        "enterprise": {k: values.get(k, "") for k in ("uscc", "contact", "phone", "email")}
        | {"name": values.get("enterprise", ""), "locale": locale},
        "title": values.get("item", ""), "detail": values.get("note", ""), "project": values.get("project", ""), "factor": asked,
    }  # fmt: skip
    read_factor(office.policy, office.time, asked, office.today())
    try:
        report = read_report(data)
    except Exception as refusal:
        raise in_form(refusal) from None
    if report.email is None:
        raise need("email", "give a mail address: we send a link there to confirm the request")
    return data, report
