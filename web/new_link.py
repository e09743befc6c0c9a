"""Asking for a new link in place of an expired one: it is mailed to the same person, never shown."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from services.pages import new_link
from web.bodies import read_form
from web.rates import Rate
from web.seals import check_origin
from web.site import client_of, page, site_of


async def submit(request: Request) -> Response:
    """Mail a new link if the old one allows it."""
    site = site_of(request)
    check_origin(request, site.settings.base_url)
    form = await read_form(request, site.settings.body_limit)
    site.rates.count(Rate.NEW_LINK, client_of(request))
    mailed = await run_in_threadpool(new_link, site.office, str(form.get("token", "")))
    return await run_in_threadpool(page, request, "new_link.html", status=200 if mailed else 410, mailed=mailed)
