"""The receiver of deliveries from form services: the raw bytes are durable before the answer."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from services.sources.kind import SignatureRefused
from services.webhooks import AddressTried, accept_webhook_soon, known_sources
from web.bodies import BodyTooLarge, read_body
from web.rates import Rate
from web.site import client_of, site_of

_REMEDY = (
    "sign with a secret of EXPEDITE_WEBHOOK_<SOURCE>_SECRET as the service's kind says; where it cannot sign, put the secret at the "
    "end of the address: /webhooks/<source>/<secret>"
)
UNKNOWN = "unknown"
"""How the source of a delivery to a made-up address is counted."""


async def receive(request: Request) -> Response:
    """Answer 202 with the receipt; 401 for a wrong signature, 413 for a large body, 503 when the store fails.

    An unknown source is a mistake in a sender's configuration and answered 401: 404 would make form services give up for ever.
    """
    site, source = site_of(request), str(request.path_params["source"])
    path_key = str(request.path_params.get("key", ""))
    named = source if source in known_sources(site.office) else UNKNOWN
    try:
        body = await read_body(request, site.settings.body_limit)
    except BodyTooLarge:
        _count(request, named, "too_large")
        raise
    headers = dict(reversed(request.headers.items()))
    try:
        receipt = await accept_webhook_soon(site.office, source, headers, body, path_key)
    except AddressTried as tried:
        return JSONResponse(tried.answer)
    except SignatureRefused as error:
        _count(request, named, "refused")
        known = ", ".join(known_sources(site.office))
        return _refused(request, str(error), _REMEDY if named != UNKNOWN else f"use one of: {known}")
    _count(request, named, "duplicate" if receipt.duplicate else "received")
    track = site.address(receipt.track)
    return JSONResponse({"receipt": receipt.receipt, "duplicate": receipt.duplicate, "track": track}, 202)


async def receive_at(request: Request) -> Response:
    """The same at an address that ends with a secret, for services that cannot sign."""
    return await receive(request)


def _count(request: Request, source: str, outcome: str) -> None:
    request.app.state.webhooks.count(source, outcome)


def _refused(request: Request, error: str, remedy: str) -> JSONResponse:
    # Counted after the check: a right signature is never refused because of wrong ones from behind the same address.
    site_of(request).rates.count(Rate.WRONG_SIGNATURE, client_of(request))
    return JSONResponse({"error": error, "field": "signature", "remedy": remedy}, 401)
