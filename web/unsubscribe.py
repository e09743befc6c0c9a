"""The page behind a digest's List-Unsubscribe: looking changes nothing, one click of a mail program ends the digest."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from services.unsubscribe import digest_choice, send_again, stop_digest
from web.bodies import read_form
from web.personal import ACTION, shared, token_of
from web.seals import FIELD, check_origin, check_seal
from web.site import page, site_of

ONE_CLICK = "List-Unsubscribe"
"""The field that mail programs send, by themselves and without a cookie (RFC 8058)."""


def show(request: Request) -> Response:
    """Whether the digest is sent, and a button for the other. Raises LinkRefused."""
    choice = digest_choice(site_of(request).office, token_of(request))
    return page(request, "unsubscribe.html", reader=choice.locale, choice=choice, **shared(request, None))


async def submit(request: Request) -> Response:
    """End the digest, or send it again. Raises LinkRefused, ForeignForm, BodyTooLarge."""
    site, token = site_of(request), token_of(request)
    form = await read_form(request, site.settings.body_limit)
    if form.get(ONE_CLICK) == "One-Click":
        await run_in_threadpool(stop_digest, site.office, token)
        return PlainTextResponse("The digest was stopped.\n")
    check_origin(request, site.settings.base_url)
    check_seal(site.key, token, str(form.get(FIELD, "")))
    change = {"stop": stop_digest, "again": send_again}.get(str(form.get(ACTION, "")))
    if change is not None:
        await run_in_threadpool(change, site.office, token)
    return RedirectResponse(request.url.path, 303)
