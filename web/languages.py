"""Which language a page speaks: the one asked for, the one chosen before, the one that the browser or the page's own reader prefers."""

from __future__ import annotations

from starlette.requests import HTTPConnection
from starlette.responses import Response

LOCALES = ("zh", "en")
DEFAULT = "zh"
COOKIE = "lang"
_YEAR = 365 * 24 * 3600


def locale_of(request: HTTPConnection, reader: str | None = None) -> str:
    """The page's locale: `?lang`, the cookie, the known `reader`'s, the browser's preference, zh; in this order."""
    for said in (request.query_params.get("lang"), request.cookies.get(COOKIE), reader):
        if said in LOCALES:
            return said
    return preferred(request.headers.get("accept-language", ""))


def preferred(accepted: str) -> str:
    """Of zh and en the one that an Accept-Language header ranks higher; zh where it names neither."""
    best, rank = DEFAULT, 0.0
    for part in accepted.split(",")[:32]:
        tag, _, parameters = part.strip().partition(";")
        language = tag.strip().lower().partition("-")[0]
        weight = _weight(parameters)
        if language in LOCALES and weight > rank:
            best, rank = language, weight
    return best


def remember(request: HTTPConnection, response: Response) -> None:
    """Keep a language that was asked for by `?lang` for the next pages."""
    said = request.query_params.get("lang")
    if said in LOCALES:
        response.set_cookie(
            COOKIE, said, max_age=_YEAR, samesite="lax", httponly=True, secure=request.url.scheme == "https"
        )


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
