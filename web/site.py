"""What every request of the app needs: the office, the templates, the key of seals, the counters; and how a page is answered."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

from jinja2 import Environment
from starlette.datastructures import URL
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse

from services.api_keys import ApiKey, read_api_keys
from services.board_users import Doorkeeper
from services.office import Office, current_office, open_office
from services.settings import Settings
from web.languages import locale_of, remember
from web.rates import Rates
from web.rendering import Asset, make_environments, read_assets
from web.secrets import secret_key


@dataclass(slots=True)
class Site:
    """One process's pages. `catching` tells whether the mail catcher runs here."""

    office: Office
    assets: dict[str, Asset]
    environments: dict[str, Environment]
    key: bytes
    rates: Rates
    catching: bool
    door: Doorkeeper
    keys: tuple[ApiKey, ...] = ()

    @property
    def settings(self) -> Settings:
        """The installation's settings."""
        return self.office.settings

    @property
    def https(self) -> bool:
        """Whether the address in mails is a https one."""
        return self.settings.base_url.lower().startswith("https:")

    def address(self, path: str) -> str:
        """The absolute address of a path, as mails give it."""
        return self.settings.base_url.rstrip("/") + path


@dataclass(slots=True)
class SiteHolder:
    """Opens the site once, at the start or at the first request that needs it."""

    settings: Settings | None = None
    office: Office | None = None
    site: Site | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self) -> Site:
        """The site. Raises what opening an office raises."""
        with self._lock:
            if self.site is None:
                self.site = self._open()
            return self.site

    def _open(self) -> Site:
        office = self.office
        if office is None:
            office = current_office() if self.settings is None else open_office(self.settings)
        assets = read_assets()
        return Site(
            office=office,
            assets=assets,
            environments=make_environments(office, assets),
            key=secret_key(office.settings),
            rates=Rates(),
            catching=bool(office.settings.catcher_port),
            door=Doorkeeper(office.settings, demo=office.demo),
            keys=read_api_keys(office.settings.api_keys),
        )


def site_of(request: HTTPConnection) -> Site:
    """The site that serves this request."""
    holder: SiteHolder = request.app.state.holder
    return holder.get()


def client_of(request: HTTPConnection) -> str:
    """The address of whoever asks: the socket's, or what a trusted proxy (EXPEDITE_TRUSTED_PROXIES) says; others' headers
    can say anything.
    """
    return request.client.host if request.client else "unknown"


def is_loopback(request: HTTPConnection) -> bool:
    """Whether a person at this machine asks, through a name of this machine and through no proxy.

    A page elsewhere can make a browser here ask under its own name (DNS rebinding), and a proxy here passes on strangers.
    """
    if any(name in request.headers for name in ("forwarded", "x-forwarded-for", "x-real-ip")):
        return False
    name = request.url.hostname or ""
    return _loopback_address(client_of(request)) and (name == "localhost" or _loopback_address(name))


def _loopback_address(said: str) -> bool:
    try:
        return ip_address(said.strip("[]")).is_loopback
    except ValueError:
        return False


def page(
    request: Request, template: str, *, status: int = 200, reader: str | None = None, **facts: Any
) -> HTMLResponse:
    """An answer from a template, in the language of the request or of its known reader."""
    site = site_of(request)
    locale = locale_of(request, reader)
    # The board's filters stay when its language changes; a public page repeats nothing that a stranger's link said.
    kept = request.url.query if request.url.path.startswith("/board") else ""
    here = request.url.path + (f"?{kept}" if kept else "")
    switch = URL(here if request.method in ("GET", "HEAD") else "/")
    context = {
        "clock": site.office.now(),
        "mailbox": site.catching and site.office.demo and is_loopback(request),
        "switch": str(switch.include_query_params(lang="en" if locale == "zh" else "zh")),
        "here": request.url.path,
    }
    response = HTMLResponse(
        site.environments[locale].get_template(template).render(context | facts),
        status_code=status,
        headers={"content-language": "zh-CN" if locale == "zh" else "en", "vary": "accept-language, cookie"},
    )
    remember(request, response)
    return response
