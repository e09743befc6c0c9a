"""Another report behind a tracking link: the same form, without what the link shows already, and with nothing to confirm after it."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from services.another_report import known_reporter
from web.form import empty_form, read_typed, show_form, take_report
from web.languages import locale_of
from web.personal import token_of
from web.site import site_of
from web.uploads import NO_FILES


def show(request: Request) -> Response:
    """The form for whom the link was mailed to. Raises LinkRefused."""
    token = token_of(request)
    known = known_reporter(site_of(request).office, token)
    typed = empty_form() | {"contact": known.contact, "phone": known.phone or ""}
    if known.project is not None:
        typed["project"] = known.project.in_(locale_of(request, known.locale))
    return show_form(request, typed, NO_FILES, known=known, token=token)


async def submit(request: Request) -> Response:
    """Store the report and lead to its receipt; with a mistake, the form again (422). Raises LinkRefused."""
    token = token_of(request)
    known = await run_in_threadpool(known_reporter, site_of(request).office, token)
    sent = await read_typed(request, token)
    return await run_in_threadpool(take_report, request, sent, known, token)
