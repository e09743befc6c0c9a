"""The public form: showing it, taking what it sends, and the receipt."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from domain.refusals import FieldRefused
from services.intake import Receipt
from services.pages import form_choices, submit_form
from services.report import LONGEST_DETAIL, LONGEST_NAME, LONGEST_TITLE
from web.bodies import read_form
from web.languages import locale_of
from web.rates import Rate
from web.seals import check_origin, leave_note, take_note
from web.site import client_of, page, site_of

FIELDS = ("title", "detail", "category", "severity", "enterprise", "uscc", "project", "contact", "phone", "email")
REQUIRED = ("title", "enterprise", "email")
LONGEST = {
    "title": LONGEST_TITLE,
    "detail": LONGEST_DETAIL,
    "enterprise": LONGEST_NAME,
    "contact": LONGEST_NAME,
    "email": 254,
}
NONCE = re.compile(r"[A-Za-z0-9_-]{16,64}")
_RECEIPT = re.compile(r"[A-Z0-9][A-Z0-9-]{3,31}")


def show(request: Request) -> Response:
    """The empty form. Its nonce makes a form that is sent twice one report."""
    return _form(request, {"nonce": secrets.token_urlsafe(24), "severity": "1"})


async def submit(request: Request) -> Response:
    """Store the report and lead to its receipt; with a mistake, the form again with what was typed (422)."""
    site = site_of(request)
    check_origin(request, site.settings.base_url)
    sent = await read_form(request, site.settings.body_limit)
    typed = {name: str(sent.get(name, "")) for name in (*FIELDS, "nonce")}
    return await run_in_threadpool(_submit, request, typed)


def again(_request: Request) -> Response:
    """Whoever reloads a page that named a mistake gets the empty form."""
    return RedirectResponse("/", 303)


def receipt(request: Request) -> Response:
    """The receipt's page. The way to the report is in the mail alone: only there do we know who reads it."""
    number = request.query_params.get("number", "")
    number = number if _RECEIPT.fullmatch(number) else ""
    note = take_note(request, site_of(request).key, number)
    return page(request, "receipt.html", receipt=number, address=note.get("address"))


def _submit(request: Request, typed: dict[str, str]) -> Response:
    site = site_of(request)
    site.rates.count(Rate.REPORT, client_of(request))
    if not NONCE.fullmatch(typed["nonce"]):
        typed["nonce"] = secrets.token_urlsafe(24)
    locale = locale_of(request)
    try:
        stored: Receipt = submit_form(site.office, typed | {"nonce": content_key(typed, FIELDS)}, locale)
    except FieldRefused as refused:
        return _form(request, typed, refused)
    response = RedirectResponse(f"/receipt?{urlencode({'number': stored.receipt, 'lang': locale})}", 303)
    leave_note(response, site.key, stored.receipt, {"address": typed["email"]}, secure=site.https)
    return response


def _form(request: Request, typed: Mapping[str, str], refused: FieldRefused | None = None) -> Response:
    choices = form_choices(site_of(request).office)
    mistakes = mistakes_of(typed, refused, REQUIRED) if refused is not None else {}
    return page(
        request, "form.html", status=422 if refused is not None else 200, typed=typed, choices=choices, longest=LONGEST,
        mistakes=mistakes, problem=str(refused) if refused is not None else "",
    )  # fmt: skip


def mistakes_of(typed: Mapping[str, str], refused: FieldRefused, required: Sequence[str]) -> dict[str, str]:
    """Each field to mend, in the form's order: missing or wrong. The refusal names the first; what else is empty is told at once."""
    field = str(refused.facts.get("field", ""))
    kinds = {name: "missing" for name in required if not typed.get(name, "").strip()}
    kinds[field] = "missing" if refused.code == "field_missing" else "wrong"
    return {name: kinds[name] for name in FIELDS if name in kinds}


def content_key(typed: Mapping[str, str], fields: Sequence[str]) -> str:
    """The nonce with a digest of the content: the same form sent twice is one report, a corrected one is another."""
    content = json.dumps([typed[name] for name in fields], ensure_ascii=True).encode()
    return f"{typed['nonce']}.{hashlib.sha256(content).hexdigest()[:24]}"
