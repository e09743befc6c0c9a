"""The board's charts: a page of pictures with the same figures as tables beneath, and each picture by its own address."""

from __future__ import annotations

from datetime import date, timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from domain.lights import LIGHT_LABELS
from services.board_counts import LOOKS_BACK, Closed, a_year, closed_of, lights_of, months_back
from services.board_kept import kept
from services.chart_canvas import NARROW, WIDE
from services.chart_drawing import backlog, closing, lights, resolving
from services.chart_words import (
    NAMES,
    backlog_says,
    closing_groups,
    closing_says,
    lights_say,
    resolving_says,
    waits_say,
)
from services.charts import OPEN_LIGHTS, LightHistory
from services.charts_waits import Waits, waits
from services.office import Office
from web.board_door import board_page, signed_in
from web.board_figures import asked
from web.languages import locale_of
from web.site import site_of

POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""A picture carries its own styles, and nothing else."""
LONGEST = timedelta(days=1100)
"""Three years: more days than a picture has points."""
TABLE_ROWS = 16
"""So many days of the daily charts stand in their table, evenly apart."""


def page(request: Request) -> Response:
    """The charts of `?from` to `?to`, of the last thirteen weeks where they name no period; months are twelve at least."""
    session, office = signed_in(request), site_of(request).office
    first, last = _period(request, office)
    history, waiting = _history(office, first, last), _waits(office)
    days, _ = _closed(office, first, last)
    _, months = _closed(office, a_year(office, first, last), last)
    outcomes = {code: rule.label for code, rule in office.policy.outcomes.items()}
    return board_page(
        request, session, "board_charts.html", first=first, last=last, periods=_offered(office.today()), names=NAMES, history=history,
        rows=_spread(history), order=OPEN_LIGHTS, light_names=LIGHT_LABELS, days=days, months=months, outcomes=outcomes, groups=closing_groups(outcomes),
        waiting=waiting, heat=max((cell.days for cell in waiting.cells.values()), default=0),
        says={
            "backlog": backlog_says(history), "lights": lights_say(history), "resolving": resolving_says(days),
            "closing": closing_says(months), "waits": waits_say(waiting),
        },
    )  # fmt: skip


def picture(request: Request) -> Response:
    """One chart as SVG, in the reader's language."""
    signed_in(request)
    office, locale, name = site_of(request).office, locale_of(request), str(request.path_params["name"])
    width = NARROW if request.query_params.get("width") == "narrow" else WIDE
    first, last = _period(request, office)
    match name:
        case "backlog":
            history = _history(office, first, last)
            drawn = backlog(history, backlog_says(history).in_(locale), locale, width)
        case "lights":
            history = _history(office, first, last)
            drawn = lights(history, lights_say(history).in_(locale), locale, width)
        case "resolving":
            days, _ = _closed(office, first, last)
            drawn = resolving(days, resolving_says(days).in_(locale), locale, width)
        case "closing":
            _, months = _closed(office, a_year(office, first, last), last)
            outcomes = {code: rule.label for code, rule in office.policy.outcomes.items()}
            drawn = closing(months, outcomes, closing_says(months).in_(locale), locale, width)
        case _:
            raise HTTPException(404)
    headers = {"content-security-policy": POLICY, "vary": "accept-language, cookie"}
    return Response(drawn, media_type="image/svg+xml", headers=headers)


def _period(request: Request, office: Office) -> tuple[date, date]:
    first, last = asked(request, office, _offered(office.today())["thirteen_weeks"][0])
    # Nothing is known of days to come, and a light looks a few working days back into the calendar.
    first = max(first, office.time.first + LOOKS_BACK, last - LONGEST)
    return min(first, office.today()), min(last, office.today())


def _offered(today: date) -> dict[str, tuple[date, date]]:
    month = today.replace(day=1)
    return {
        "four_weeks": (today - timedelta(days=27), today), "thirteen_weeks": (today - timedelta(days=90), today),
        "twelve_months": (months_back(month, 11), today),
        "year": (today.replace(month=1, day=1), today),
    }  # fmt: skip


def _history(office: Office, first: date, last: date) -> LightHistory:
    found = lights_of(first, last).shown(office)
    if found is None:
        raise HTTPException(503)
    return found


def _closed(office: Office, first: date, last: date) -> Closed:
    found = closed_of(first, last).shown(office)
    if found is None:
        raise HTTPException(503)
    return found


def _waits(office: Office) -> Waits:
    found = kept(office, "waits", lambda database: waits(database, office))
    if found is None:
        raise HTTPException(503)
    return found


def _spread(history: LightHistory) -> tuple[int, ...]:
    """The places of the days that the table shows, the last one always among them."""
    count = len(history.days)
    step = max(1, -(-count // TABLE_ROWS))
    return tuple(sorted({count - 1 - n for n in range(0, count, step)}))
