"""The public form for factor requests: showing it, and taking what it sends."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from domain.refusals import FieldRefused
from services.factor_form import factor_choices, submit_factor
from services.factor_request import LONGEST_ITEM, LONGEST_NOTE
from services.report import LONGEST_NAME
from web.bodies import read_form
from web.form import NONCE, content_key
from web.languages import locale_of
from web.rates import Rate
from web.seals import check_origin, leave_note
from web.site import client_of, page, site_of

FIELDS = (
    "type", "item", "quantity", "unit", "needed_by", "project", "difficulty", "note", "enterprise", "uscc", "contact", "phone", "email",
)  # fmt: skip
REQUIRED = ("type", "item", "quantity", "needed_by", "project", "enterprise", "email")
LONGEST = {
    "item": LONGEST_ITEM,
    "note": LONGEST_NOTE,
    "enterprise": LONGEST_NAME,
    "contact": LONGEST_NAME,
    "email": 254,
}


def show(request: Request) -> Response:
    """The empty form. Its nonce makes a form that is sent twice one request."""
    return _form(request, {"nonce": secrets.token_urlsafe(24), "type": request.query_params.get("type", "")[:32]})


async def submit(request: Request) -> Response:
    """Store the request and lead to its receipt; with a mistake, the form again with what was typed (422)."""
    site = site_of(request)
    check_origin(request, site.settings.base_url)
    sent = await read_form(request, site.settings.body_limit)
    typed = {name: str(sent.get(name, "")) for name in (*FIELDS, "nonce")}
    return await run_in_threadpool(_submit, request, typed)


def _submit(request: Request, typed: dict[str, str]) -> Response:
    site = site_of(request)
    site.rates.count(Rate.REPORT, client_of(request))
    if not NONCE.fullmatch(typed["nonce"]):
        typed["nonce"] = secrets.token_urlsafe(24)
    locale = locale_of(request)
    try:
        stored = submit_factor(site.office, typed | {"nonce": content_key(typed, FIELDS)}, locale)
    except FieldRefused as refused:
        return _form(request, typed, refused)
    response = RedirectResponse(f"/receipt?{urlencode({'number': stored.receipt, 'lang': locale})}", 303)
    leave_note(response, site.key, stored.receipt, {"address": typed["email"]}, secure=site.https)
    return response


def _form(request: Request, typed: Mapping[str, str], refused: FieldRefused | None = None) -> Response:
    choices = factor_choices(site_of(request).office)
    mistakes = _mistakes(typed, refused) if refused is not None else {}
    return page(
        request, "factor_form.html", status=422 if refused is not None else 200, typed=typed, choices=choices, longest=LONGEST,
        required=REQUIRED, mistakes=mistakes, problem=str(refused) if refused is not None else "",
    )  # fmt: skip


def _mistakes(typed: Mapping[str, str], refused: FieldRefused) -> dict[str, str]:
    """Each field to mend, in the form's order: missing or wrong. The refusal names the first; what else is empty is told at once."""
    field = str(refused.facts.get("field", ""))
    kinds = {name: "missing" for name in REQUIRED if not typed.get(name, "").strip()}
    kinds[field] = "missing" if refused.code == "field_missing" else "wrong"
    return {name: kinds[name] for name in FIELDS if name in kinds}
