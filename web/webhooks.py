"""The receiver of signed deliveries: the raw bytes are durable before the answer."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from services.intake import SignatureRefused, accept_webhook
from web.bodies import read_body
from web.rates import Rate
from web.site import client_of, site_of

SOURCES = frozenset({"standard"})
_REMEDY = (
    "sign `id.timestamp.body` with a secret of EXPEDITE_WEBHOOK_<SOURCE>_SECRET, within five minutes of now "
    "(Standard Webhooks 1.0.0)"
)


async def receive(request: Request) -> Response:
    """Answer 202 with the receipt; 401 for a wrong signature, 413 for a large body, 503 when the store fails.

    An unknown source is a mistake in a sender's configuration and answered 401: 404 would make form services give up for ever.
    """
    site, source = site_of(request), str(request.path_params["source"])
    body = await read_body(request, site.settings.body_limit)
    if source not in SOURCES:
        return _refused(request, f"source {source[:32]!r} is not known", f"use one of: {', '.join(sorted(SOURCES))}")
    headers = dict(reversed(request.headers.items()))
    try:
        receipt = await run_in_threadpool(accept_webhook, site.office, source, headers, body)
    except SignatureRefused as error:
        return _refused(request, str(error), _REMEDY)
    track = site.address(receipt.track)
    return JSONResponse({"receipt": receipt.receipt, "duplicate": receipt.duplicate, "track": track}, 202)


def _refused(request: Request, error: str, remedy: str) -> JSONResponse:
    # Counted after the check: a right signature is never refused because of wrong ones from behind the same address.
    site_of(request).rates.count(Rate.WRONG_SIGNATURE, client_of(request))
    return JSONResponse({"error": error, "field": "webhook-signature", "remedy": remedy}, 401)
