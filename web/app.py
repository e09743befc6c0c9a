"""The ASGI application: its routes, what it opens at the start and closes at the end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.routing import Mount, Route
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from services.office import Office
from services.settings import Settings
from services.watchdog import keep_watch
from web import (
    act,
    another,
    assets,
    board,
    board_charts,
    board_desk,
    board_door,
    board_figures,
    calendar_feed,
    factor,
    files,
    form,
    health,
    mail,
    metrics,
    minutes,
    new_link,
    notice,
    plan,
    public,
    track,
    unsubscribe,
    webhooks,
)
from web.access_log import hide_tokens
from web.api import Api
from web.errors import HANDLED, answer
from web.headers import Headers
from web.site import Site, SiteHolder

if TYPE_CHECKING:
    from notifications.catcher import Catcher

logger = logging.getLogger(__name__)

ROUTES = (
    Route("/webhooks/{source}", webhooks.receive, methods=["POST"]),
    Route("/webhooks/{source}/{key}", webhooks.receive_at, methods=["POST"]),
    Route("/", form.show, methods=["GET"]),
    Route("/report", form.submit, methods=["POST"]),
    Route("/report", form.again, methods=["GET"]),
    Route("/factor", factor.show, methods=["GET"]),
    Route("/factor", factor.submit, methods=["POST"]),
    Route("/receipt", form.receipt, methods=["GET"]),
    Route("/track/{token}", track.show, methods=["GET"]),
    Route("/track/{token}", track.submit, methods=["POST"]),
    Route("/track/{token}/another", another.show, methods=["GET"]),
    Route("/track/{token}/another", another.submit, methods=["POST"]),
    Route("/act/{token}", act.show, methods=["GET"]),
    Route("/act/{token}", act.submit, methods=["POST"]),
    Route("/track/{token}/file/{number:int}", files.tracked, methods=["GET"]),
    Route("/act/{token}/file/{number:int}", files.handled, methods=["GET"]),
    Route("/act/{token}/notice/{number:path}", notice.show, methods=["GET"]),
    Route("/act/{token}/minutes/{number:int}", minutes.show, methods=["GET"]),
    Route("/unsubscribe/{token}", unsubscribe.show, methods=["GET"]),
    Route("/unsubscribe/{token}", unsubscribe.submit, methods=["POST"]),
    Route("/calendar/{token}", calendar_feed.show, methods=["GET"]),
    Route("/link/new", new_link.submit, methods=["POST"]),
    Route("/public", public.show, methods=["GET"]),
    Route("/board", board.front, methods=["GET"]),
    Route("/board/sign-in", board_door.show, methods=["GET"]),
    Route("/board/sign-in", board_door.sign_in, methods=["POST"]),
    Route("/board/sign-out", board_door.sign_out, methods=["POST"]),
    Route("/board/list", board.listing, methods=["GET"]),
    Route("/board/restricted", board.restricted, methods=["GET"]),
    Route("/board/case/{code}", board.case, methods=["GET"]),
    Route("/board/case/{code}", board.act, methods=["POST"]),
    Route("/board/case/{code}/file/{number:int}", files.on_board, methods=["GET"]),
    Route("/board/case/{code}/notice/{number:path}", notice.on_board, methods=["GET"]),
    Route("/board/case/{code}/minutes/{number:int}", minutes.on_board, methods=["GET"]),
    Route("/board/project/{code}/notice/{number:path}", notice.of_project, methods=["GET"]),
    Route("/board/projects", plan.listing, methods=["GET"]),
    Route("/board/project/{code}", plan.one, methods=["GET"]),
    Route("/board/figures", board_figures.show, methods=["GET"]),
    Route("/board/charts", board_charts.page, methods=["GET"]),
    Route("/board/chart/{name}.svg", board_charts.picture, methods=["GET"]),
    Route("/board/register", board_desk.register, methods=["GET"]),
    Route("/board/register", board_desk.submit, methods=["POST"]),
    Route("/board/reports", board_desk.reports, methods=["GET"]),
    Route("/board/report/{receipt}", board_desk.report, methods=["GET"]),
    Route("/board/report/{receipt}", board_desk.decide_report, methods=["POST"]),
    Route("/board/mails", board_desk.mails, methods=["GET"]),
    Route("/board/mails", board_desk.retry_mails, methods=["POST"]),
    Route("/mail", mail.listing, methods=["GET"]),
    Route("/mail.json", mail.machine, methods=["GET"]),
    Route("/mail/{id:int}", mail.one, methods=["GET"]),
    Route("/mail/{id:int}/body", mail.body, methods=["GET"]),
    Route("/healthz", health.show, methods=["GET"]),
    Route("/metrics", metrics.show, methods=["GET"]),
    Route("/static/{name}", assets.show, methods=["GET"]),
    Route("/favicon.ico", assets.icon, methods=["GET"]),
    Route("/robots.txt", assets.robots, methods=["GET"]),
)


def create_app(settings: Settings | None = None, office: Office | None = None) -> Starlette:
    """The application for `settings` (None: the environment's), or around an office that is open already."""
    hide_tokens()
    holder = SiteHolder(settings, office)
    known = settings or (office.settings if office is not None else Settings())

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        site = await run_in_threadpool(holder.get)
        # What the first page does not need comes after it.
        later = asyncio.create_task(run_in_threadpool(_start_rest, site))
        stopped = threading.Event()
        watcher = threading.Thread(target=keep_watch, args=(site.office, stopped), name="watchdog", daemon=True)
        watcher.start()
        yield
        stopped.set()
        await run_in_threadpool(watcher.join, 10)
        catcher = await later
        if catcher is not None:
            await run_in_threadpool(catcher.stop)
        if office is None:
            site.office.close()

    requests = metrics.Requests()
    app = Starlette(
        routes=[*ROUTES, Mount("/api", app=Api(holder))],
        lifespan=lifespan,
        middleware=[
            Middleware(metrics.CountRequests, requests=requests, routes=ROUTES),
            Middleware(ProxyHeadersMiddleware, trusted_hosts=known.trusted_proxies.split()),
            Middleware(Headers, https=known.base_url.lower().startswith("https:")),
        ],
        exception_handlers=dict.fromkeys(HANDLED, answer),
    )
    # A redirect would repeat the Host header that a stranger sent.
    app.router.redirect_slashes = False
    app.state.holder = holder
    app.state.requests = requests
    app.state.webhooks = metrics.Requests()
    return app


def _start_rest(site: Site) -> Catcher | None:
    """Start the mail catcher, if it runs here. A taken port is told in the log; the form works without it."""
    site.rates.warm()
    if not site.catching:
        return None
    try:
        return mail.start_catcher(site.settings)
    except (RuntimeError, OSError) as error:
        logger.error("%s", error)
        return None
