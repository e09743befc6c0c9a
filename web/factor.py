"""The public form for factor requests: showing it, and taking what it sends."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.attachments import FIELD as FILES
from services.attachments import Taken
from services.factor_form import factor_choices, read_request, submit_factor
from services.factor_request import LONGEST_ITEM, LONGEST_NOTE
from services.office import Office
from services.report import LONGEST_NAME
from web.bodies import read_form
from web.form import NONCE, STAND_INS, all_mistakes, content_key
from web.languages import locale_of
from web.rates import Rate
from web.seals import check_origin, leave_note
from web.site import client_of, page, site_of
from web.uploads import NO_FILES, kept_of, said_of_files, take_from_strangers

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
    typed = {"nonce": secrets.token_urlsafe(24), "type": request.query_params.get("type", "")[:32]}
    return _form(request, typed, NO_FILES)


async def submit(request: Request) -> Response:
    """Store the request and lead to its receipt; with a mistake, the form again with what was typed (422)."""
    site = site_of(request)
    check_origin(request, site.settings.base_url)
    site.rates.count(Rate.FORM, client_of(request))
    sent = await read_form(request, site.settings.body_limit, site.office.policy.form.files)
    try:
        typed = {name: value if isinstance(value := sent.get(name, ""), str) else "" for name in (*FIELDS, "nonce")}
        if not NONCE.fullmatch(typed["nonce"]):
            typed["nonce"] = secrets.token_urlsafe(24)
        taken = await take_from_strangers(request, sent, typed["nonce"])
    finally:
        await sent.close()
    return await run_in_threadpool(_submit, request, typed, taken)


def _submit(request: Request, typed: dict[str, str], taken: Taken) -> Response:
    site, locale = site_of(request), locale_of(request)
    hashes = ",".join(file.sha256 for file in taken.files)
    key = content_key(typed | {FILES: hashes}, (*FIELDS, *((FILES,) if hashes else ())))
    mistakes, problem = all_mistakes(
        lambda values: read_request(site.office, values, locale), typed, _stand_ins(site.office), REQUIRED
    )
    if mistakes or taken.refused is not None:
        # What is wrong with the files is told with it; nothing is stored.
        return _form(request, typed, taken, mistakes, problem)
    site.rates.count(Rate.REPORT, client_of(request))
    stored = submit_factor(site.office, typed | {"nonce": key}, locale, taken.files)
    response = RedirectResponse(f"/receipt?{urlencode({'number': stored.receipt, 'lang': locale})}", 303)
    note = {"address": typed["email"], "files": len(taken.files)}
    leave_note(response, site.key, stored.receipt, note, secure=site.https)
    return response


def _form(
    request: Request,
    typed: Mapping[str, str],
    taken: Taken,
    mistakes: Mapping[str, str] | None = None,
    problem: str = "",
) -> Response:
    office = site_of(request).office
    wrong = {name: mistakes[name] for name in FIELDS if name in mistakes} if mistakes else {}
    if taken.refused is not None:
        wrong[FILES] = "wrong"
    return page(
        request, "factor_form.html", status=422 if wrong else 200, typed=typed, choices=factor_choices(office), longest=LONGEST,
        required=REQUIRED, mistakes=wrong, problem=problem or str(taken.refused or ""), rules=office.policy.form,
        kept=kept_of(request, typed["nonce"], taken.files), file_problem=said_of_files(taken, locale_of(request)),
    )  # fmt: skip


def _stand_ins(office: Office) -> dict[str, dict[str, str]]:
    """What is right in the place of a mistake. A quantity and its unit cannot be judged without knowing of what."""
    kind = next(iter(office.policy.factor_types), "")
    return STAND_INS | {
        "type": {"type": kind, "quantity": "1", "unit": ""},
        "quantity": {"quantity": "1"},
        "unit": {"unit": ""},
        "item": {"item": "-"},
        "needed_by": {"needed_by": office.today().isoformat()},
        "project": {"project": "-"},
    }
