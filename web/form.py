"""The public form: showing it, taking what it sends, and the receipt."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from domain.refusals import FieldRefused
from services.another_report import KnownReporter, submit_another
from services.attachments import FIELD as FILES
from services.attachments import Taken
from services.form import promise, public_choices
from services.form import read_form as read_values
from services.intake import Receipt
from services.pages import submit_form
from services.project_search import search_projects
from services.report import LONGEST_DETAIL, LONGEST_NAME, LONGEST_TITLE
from web.bodies import read_form
from web.languages import locale_of
from web.rates import Rate
from web.seals import FIELD, check_origin, check_seal, form_seal, leave_note, take_note
from web.site import client_of, page, site_of
from web.uploads import NO_FILES, kept_of, said_of_files, take_files, take_from_strangers

FIELDS = ("title", "detail", "category", "severity", "enterprise", "uscc", "project", "contact", "phone", "email")
REQUIRED = ("title", "enterprise", "email")
STAND_INS = {
    "title": {"title": "-"},
    "enterprise": {"enterprise": "-"},
    "email": {"email": "name@example.com"},
}
LONGEST = {
    "title": LONGEST_TITLE,
    "detail": LONGEST_DETAIL,
    "enterprise": LONGEST_NAME,
    "contact": LONGEST_NAME,
    "email": 254,
}
NONCE = re.compile(r"[A-Za-z0-9_-]{16,64}")
_RECEIPT = re.compile(r"[A-Z0-9][A-Z0-9-]{3,31}")


@dataclass(frozen=True, slots=True)
class Typed:
    """What a form sent: its fields as text, its files, and whether it only asks for projects by name."""

    values: dict[str, str]
    taken: Taken
    searching: bool


def empty_form() -> dict[str, str]:
    """What stands in a form before anything is typed; a nonce of its own makes the form sent twice one report."""
    return {"nonce": secrets.token_urlsafe(24), "severity": "1"}


def show(request: Request) -> Response:
    """The empty form."""
    return show_form(request, empty_form(), NO_FILES)


async def submit(request: Request) -> Response:
    """Store the report and lead to its receipt; with a mistake, the form again with what was typed and its files (422)."""
    sent = await read_typed(request)
    return await run_in_threadpool(take_report, request, sent)


async def read_typed(request: Request, token: str | None = None) -> Typed:
    """What the form sent, its files held and checked. Behind a link, `token`, the form carries the seal of its page.

    Raises ForeignForm, BodyTooLarge, TooOften, FilesUnavailable.
    """
    site = site_of(request)
    check_origin(request, site.settings.base_url)
    site.rates.count(Rate.FORM, client_of(request))
    sent = await read_form(request, site.settings.body_limit, site.office.policy.form.files)
    try:
        if token is not None:
            check_seal(site.key, token, str(sent.get(FIELD, "")))
        typed = {name: value if isinstance(value := sent.get(name, ""), str) else "" for name in (*FIELDS, "nonce")}
        if isinstance(chosen := sent.get("found"), str) and not sent.get("search"):
            typed["project"] = chosen[:120]
        if not NONCE.fullmatch(typed["nonce"]):
            typed["nonce"] = secrets.token_urlsafe(24)
        take = take_from_strangers if token is None else take_files
        return Typed(typed, await take(request, sent, typed["nonce"]), bool(sent.get("search")))
    finally:
        await sent.close()


def again(_request: Request) -> Response:
    """Whoever reloads a page that named a mistake gets the empty form."""
    return RedirectResponse("/", 303)


def receipt(request: Request) -> Response:
    """The receipt's page. The way to the report is in the mail alone: only there do we know who reads it."""
    site, number = site_of(request), request.query_params.get("number", "")
    number = number if _RECEIPT.fullmatch(number) else ""
    note = take_note(request, site.key, number)
    promised = promise(site.office, str(note.get("category", "")), str(note.get("severity", ""))) if note else None
    return page(
        request,
        "receipt.html",
        receipt=number,
        address=note.get("address"),
        files=note.get("files", 0),
        promised=promised,
        known=bool(note.get("known")),
    )


def take_report(request: Request, sent: Typed, known: KnownReporter | None = None, token: str = "") -> Response:
    """What was typed, stored: from whom nobody knows, or from the reporter `known` by the link `token`. Raises LinkRefused."""
    site, locale, typed, taken = site_of(request), locale_of(request), sent.values, sent.taken
    if known is not None:
        typed |= known.fixed()
    if sent.searching:
        return show_form(request, typed, taken, searched=True, known=known, token=token)
    hashes = ",".join(file.sha256 for file in taken.files)
    key = content_key(typed | {FILES: hashes}, (*FIELDS, *((FILES,) if hashes else ())))
    mistakes, problem = all_mistakes(lambda values: read_values(values, locale), typed, STAND_INS, REQUIRED)
    if mistakes or taken.refused is not None:
        # What is wrong with the files is told with it; nothing is stored.
        return show_form(request, typed, taken, mistakes, problem, known=known, token=token)
    site.rates.count(Rate.REPORT, client_of(request))
    values = typed | {"nonce": key}
    stored: Receipt = (
        submit_form(site.office, values, locale, taken.files)
        if known is None
        else submit_another(site.office, token, values, locale, taken.files)
    )
    response = RedirectResponse(f"/receipt?{urlencode({'number': stored.receipt, 'lang': locale})}", 303)
    note = {"address": typed["email"], "files": len(taken.files), "known": known is not None}
    note |= {name: typed[name] for name in ("category", "severity")}
    leave_note(response, site.key, stored.receipt, note, secure=site.https)
    return response


def show_form(
    request: Request,
    typed: Mapping[str, str],
    taken: Taken,
    mistakes: Mapping[str, str] | None = None,
    problem: str = "",
    *,
    searched: bool = False,
    known: KnownReporter | None = None,
    token: str = "",
) -> Response:
    """The form with what was typed and what is to be mended (422); without what the link of a `known` reporter answers."""
    site = site_of(request)
    office = site.office
    wrong = {name: mistakes[name] for name in FIELDS if name in mistakes} if mistakes else {}
    if taken.refused is not None:
        wrong[FILES] = "wrong"
    return page(
        request, "form.html", status=422 if wrong else 200, reader=known.locale if known else None, typed=typed,
        choices=public_choices(office), longest=LONGEST, mistakes=wrong, problem=problem or str(taken.refused or ""),
        rules=office.policy.form, kept=kept_of(request, typed["nonce"], taken.files),
        file_problem=said_of_files(taken, locale_of(request)), searched=searched,
        found=search_projects(office, typed.get("project", "")) if searched else (), known=known,
        seal=form_seal(site.key, token) if known else "", action=request.url.path if known else "/report",
    )  # fmt: skip


def all_mistakes(
    read: Callable[[Mapping[str, str]], object],
    typed: Mapping[str, str],
    stand_ins: Mapping[str, Mapping[str, str]],
    required: Sequence[str],
) -> tuple[dict[str, str], str]:
    """Every field to mend, missing or wrong, and what the first refusal says.

    Reading names one mistake at a time: it is read again with something right in that field's place (`stand_ins`: what is put
    into which fields, those too that cannot be judged without it), until nothing is refused.
    """
    kinds = {name: "missing" for name in required if not typed.get(name, "").strip()}
    values, problem = dict(typed), ""
    for _ in range(len(typed) + 1):
        try:
            read(values)
            break
        except FieldRefused as refused:
            name = str(refused.facts.get("field", ""))
            kinds.setdefault(name, "missing" if refused.code == "field_missing" else "wrong")
            problem = problem or str(refused)
            values |= stand_ins.get(name, {name: ""})
    return kinds, problem


def mistakes_of(typed: Mapping[str, str], refused: FieldRefused, required: Sequence[str]) -> dict[str, str]:
    """Each field to mend, in the form's order: missing or wrong. The refusal names the first; what else is empty is told at once."""
    field = str(refused.facts.get("field", ""))
    kinds = {name: "missing" for name in required if not typed.get(name, "").strip()}
    kinds[field] = "missing" if refused.code == "field_missing" else "wrong"
    return {name: kinds[name] for name in (*FIELDS, FILES) if name in kinds}


def content_key(typed: Mapping[str, str], fields: Sequence[str]) -> str:
    """The nonce with a digest of the content: the same form sent twice is one report, a corrected one is another."""
    content = json.dumps([typed[name] for name in fields], ensure_ascii=True).encode()
    return f"{typed['nonce']}.{hashlib.sha256(content).hexdigest()[:24]}"
