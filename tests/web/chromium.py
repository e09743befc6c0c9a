"""A real browser for the tests that need one, the app as it is served to it, and what a person does in its window."""

from __future__ import annotations

import re
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request, sync_playwright

from services.office import Office
from services.receiver import receive_waiting
from tests.mailroom import Mail, deliver_all
from web.app import create_app

PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
FLAGS = [
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium, one for all tests of a file: while it is open, Playwright's event loop runs in this thread, and no
    test of another file could run one.
    """
    found = next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
    )
    if found is None:
        pytest.skip("no Chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield opened
        opened.close()


@dataclass(slots=True)
class Served:
    """The app on a port of its own, and what its pages complained of in the browser."""

    office: Office
    browser: Browser
    address: str
    complaints: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    def page(self, size: dict[str, int] = DESKTOP, locale: str = "zh-CN") -> Page:
        """A browser window without scripts."""
        context = self.browser.new_context(
            viewport={"width": size["width"], "height": size["height"]}, locale=locale, java_script_enabled=False
        )
        self.contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: self._note(said))
        page.on("requestfailed", lambda request: self._failed(request))
        page.set_default_timeout(15_000)
        return page

    def _failed(self, request: Request) -> None:
        # Whoever goes on to the next page while this one's picture loads has broken nothing.
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"{request.url}: {request.failure}")

    def _note(self, said: ConsoleMessage) -> None:
        # A form with a mistake is answered 422, one that came too late 409: the browser's console calls these errors too.
        if said.type in ("error", "warning") and not re.search("status of (409|422)", said.text):
            self.complaints.append(said.text)

    def link(self, mails: list[Mail], message: str, to: str = "") -> str:
        """The personal page that a mail leads to."""
        [mail] = [each for each in mails if each.message == message and to in each.to]
        return next(link for link in mail.links if "/act/" in link or "/track/" in link)


@pytest.fixture
def served(office: Office, browser: Browser) -> Iterator[Served]:
    """The app as uvicorn runs it; at the end no page may have complained."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    office.settings.base_url = f"http://127.0.0.1:{port}"
    server = uvicorn.Server(uvicorn.Config(create_app(office=office), port=port, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    made = Served(office, browser, office.settings.base_url)
    yield made
    for context in made.contexts:
        context.close()
    server.should_exit = True
    thread.join(timeout=20)
    assert made.complaints == []


def unfold(page: Page, words: str) -> Locator:
    """An action's form, unfolded if it is not."""
    block = page.locator(f"details:has(> summary:has-text('{words}'))").first
    if block.get_attribute("open") is None:
        block.locator("> summary").click()
    return block


def unfold_all(page: Page) -> None:
    """Every form of a page; those that fold one another are left as they are."""
    for _ in range(page.locator("details:not([open], [name])").count()):
        page.locator("details:not([open], [name]) > summary").first.click()


def fill(page: Page, **typed: str) -> None:
    """Type into fields by their ids."""
    for name, value in typed.items():
        page.fill(f"#{name}", value)


def opened(served: Served) -> list[Mail]:
    """A report walked from the form to its dispatch; the mails of the dispatch."""
    page = served.page()
    page.goto(served.address)
    fill(
        page,
        title="第二路电源没有电力通道",
        enterprise="禾城湖粲钠能有限公司",
        email="gongcheng@example.com",
        contact="联络员",
    )
    page.select_option("#category", "power")
    page.fill("#project", "湖粲钠离子电池及系统项目一期")
    page.click("text=较急")
    page.click("button:has-text('提交')")
    assert "已收到您的诉求" in page.inner_text("h1")
    assert re.search(r"R-\w{4}-\w{4}-\w{4}", page.inner_text("main"))
    page.goto(served.link(deliver_all(served.office), "confirm_report"))
    page.click("button:has-text('确认')")
    assert "已确认" in page.inner_text(".said")
    receive_waiting(served.office)
    return deliver_all(served.office)
