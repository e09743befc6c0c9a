"""The figures that everybody may see, where the policy publishes them; where it does not, there is no such page."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from services.board_counts import public_of
from services.public_figures import MEASURES, years
from web.rates import Rate
from web.site import client_of, page, site_of

KEPT_FOR = 3600
"""Seconds for which an answer may be kept by us and by whoever passes it on: complete months change seldom."""


def show(request: Request) -> Response:
    """The figures of `?year`, else of the last complete quarter's, and of its block `?part`, else the last. Raises TooOften."""
    site = site_of(request)
    office = site.office
    if not office.policy.public.enabled:
        raise HTTPException(404)
    site.rates.count(Rate.PUBLIC, client_of(request))
    offered = years(office.today())
    year = _year(request.query_params.get("year", ""), offered)
    counted = public_of(year).shown(office)
    blocks = counted.blocks if counted is not None else ()
    part = _part(request.query_params.get("part", ""), len(blocks))
    response = page(
        request, "public.html", year=year, blocks=blocks, part=part, found=blocks[part - 1] if blocks else None,
        least=office.policy.public.min_cell, years=offered, measures=MEASURES,
    )  # fmt: skip
    response.headers["cache-control"] = f"public, max-age={KEPT_FOR}"
    # What is passed on to others carries nobody's choice of language.
    del response.headers["set-cookie"]
    return response


def _year(said: str, offered: tuple[int, ...]) -> int:
    if not said:
        return offered[0]
    if said not in {str(year) for year in offered}:
        raise HTTPException(404)
    return int(said)


def _part(said: str, blocks: int) -> int:
    """Which block is shown, from 1; 0 where there is none."""
    if not said:
        return blocks
    if said not in {str(part) for part in range(1, blocks + 1)}:
        raise HTTPException(404)
    return int(said)
