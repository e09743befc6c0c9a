"""The board's figures for a period: what was solved, apart from what was merely closed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from starlette.requests import Request
from starlette.responses import Response

from services.board_counts import figures_of
from services.office import Office
from web.board_door import board_page, signed_in
from web.site import site_of


@dataclass(frozen=True, slots=True)
class Period:
    """A period that the page offers."""

    name: str
    first: date
    last: date


def show(request: Request) -> Response:
    """The figures of `?from` to `?to`, of this year where they name no period."""
    session, office = signed_in(request), site_of(request).office
    periods = offered(office.today())
    first, last = asked(request, office, periods["year"].first)
    found = figures_of(first, last).shown(office)
    return board_page(request, session, "board_figures.html", found=found, periods=periods)


def asked(request: Request, office: Office, otherwise: date) -> tuple[date, date]:
    """The days that the address names: `?from` (or `otherwise`) to `?to` (or today), the earlier first."""
    first, last = sorted((_day(request, "from") or otherwise, _day(request, "to") or office.today()))
    # A calendar reaches so far and no further: what lies outside is counted by nobody.
    begins, ends = office.time.first + timedelta(days=1), office.time.last - timedelta(days=1)
    return min(max(first, begins), ends), max(min(last, ends), begins)


def offered(today: date) -> dict[str, Period]:
    """This month, the last one, this quarter, this year and the last, up to today."""
    month = today.replace(day=1)
    before = (month - timedelta(days=1)).replace(day=1)
    quarter = today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1)
    year = today.replace(month=1, day=1)
    found = (
        Period("month", month, today), Period("last_month", before, month - timedelta(days=1)), Period("quarter", quarter, today),
        Period("year", year, today), Period("last_year", year.replace(year=year.year - 1), year - timedelta(days=1)),
    )  # fmt: skip
    return {period.name: period for period in found}


def _day(request: Request, name: str) -> date | None:
    try:
        return date.fromisoformat(request.query_params.get(name, ""))
    except ValueError:
        return None
