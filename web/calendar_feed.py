"""The calendar that a person's own program reads, behind an address of its own."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from services.calendar_feed import feed
from services.page_types import LinkRefused
from web.rates import Rate
from web.site import client_of, site_of

ENDING = ".ics"


def show(request: Request) -> Response:
    """The dates as text/calendar; 404 for an address that is unknown or ends nowhere, 410 for one that was ended."""
    site = site_of(request)
    token = str(request.path_params["token"]).removesuffix(ENDING)
    try:
        content = feed(site.office, token)
    except LinkRefused as refused:
        if refused.reason == "unknown":
            # A guess costs us a query; a program that asks for a calendar reads no page.
            site.rates.count(Rate.UNKNOWN_LINK, client_of(request))
            return PlainTextResponse("There is no such calendar.\n", 404)
        return PlainTextResponse("This calendar was ended. Ask for a new address on one of your pages.\n", 410)
    return Response(
        content,
        media_type="text/calendar; charset=utf-8",
        headers={"content-disposition": 'inline; filename="due.ics"'},
    )
