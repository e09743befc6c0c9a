"""Every page for everybody: no finding of weight by axe-core, no scrolling sideways, in both languages, on a phone and a desk."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import replace

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from domain.publication import PublicRules
from services.board_users import entry_of, new_user
from services.digest import send_digests
from services.milestones import set_milestone
from services.office import Office
from services.receiver import receive_waiting
from services.seed import DEMO, seed
from services.sweep import sweep
from tests.filebox import PNG
from tests.mailroom import Mail, deliver_all
from tests.web.chromium import Served

pytestmark = [pytest.mark.browser, pytest.mark.sqlite, pytest.mark.timeout(300)]

WIDTHS = (390, 1280)
LOOKED_AT = {("zh", 390), ("en", 1280)}
"""Where axe looks: what it finds depends on the width and on the words, hardly on both together. Widths are tried in each."""
RULES = {
    "resultTypes": ["violations"],
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]},
}
WEIGHTY = {"serious", "critical"}
BOARD = (
    "", "/list", "/case/DIF-2026-0007", "/case/FAC-2026-0001", "/figures", "/charts", "/projects", "/project/P02", "/reports",
    "/register", "/mails", "/restricted",
)  # fmt: skip
FINGER = 24
"""Pixels that a target has at least (WCAG 2.2, 2.5.8); axe lets a smaller one pass where its neighbours happen to be far."""
PASSWORD = "correct horse battery"
REPORT = {
    "title": "第二路电源没有电力通道", "enterprise": "禾城湖粲钠能有限公司", "email": "gongcheng@example.com", "contact": "联络员",
    "detail": "一期投产需要双电源。\n" + "https://example.com/" + "a" * 300,
}  # fmt: skip


def window(served: Served, browser: Browser) -> Page:
    """A window with scripts, which axe is one of; our pages have none."""
    context = browser.new_context(bypass_csp=True, locale="zh-CN")
    served.contexts.append(context)
    page = context.new_page()
    page.set_default_timeout(15_000)
    return page


def look(page: Page, address: str, name: str) -> list[str]:
    """What is wrong with a page, in both languages and at both widths."""
    wrong: list[str] = []
    for language in ("zh", "en"):
        page.goto(f"{address}{'&' if '?' in address else '?'}lang={language}")
        wrong += look_here(page, f"{name} {language}", language)
    return wrong


def look_here(page: Page, name: str, language: str) -> list[str]:
    """What is wrong with the page as it stands in the window, every form unfolded."""
    wrong = []
    page.evaluate("document.querySelectorAll('details:not([name])').forEach(one => { one.open = true })")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            wrong.append(f"{name}: {wide} pixels wide in a window of {width}")
        if (language, width) in LOOKED_AT:
            found = Axe().run(page, options=RULES).response["violations"]
            wrong += [
                f"{name} {width}: {one['id']} ({one['impact']}): {one['nodes'][0]['html'][:160]}"
                for one in found
                if one["impact"] in WEIGHTY
            ]
    return wrong


def report(page: Page, served: Served) -> list[Mail]:
    """Fill the form in the window and send it; the mails that follow."""
    page.goto(f"{served.address}/?lang=zh")
    for name, value in REPORT.items():
        page.fill(f"#{name}", value)
    page.select_option("#category", "power")
    page.set_input_files("#files", {"name": "现场.png", "mimeType": "image/png", "buffer": PNG})
    page.click("button.wide[type=submit]")
    return deliver_all(served.office)


def act(page: Page, address: str, action: str, **typed: str) -> None:
    """Send the form of an action."""
    page.goto(address)
    form = page.locator(f"form:has(input[name=action][value={action}])")
    form.evaluate("form => { const fold = form.closest('details'); if (fold) fold.open = true }")
    for name, value in typed.items():
        field = form.locator(f"[name={name}]").first
        if field.evaluate("e => e.type") == "radio":
            form.locator(f"label[for={action}-{name}-{value}]").click()
        elif field.evaluate("e => e.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    form.locator("button[type=submit]").click()


@pytest.fixture
def prepared(office: Office) -> None:
    """The office of `served`, with a board and caught mail."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        office.settings.catcher_port = free.getsockname()[1]
    office.settings.board_users = entry_of(new_user("anna", "desk", "R06", PASSWORD))


@pytest.mark.usefixtures("prepared")
def test_every_page_can_be_used_by_everybody(served: Served, browser: Browser, at: Callable[[str], object]) -> None:
    """From the empty form to the closed case, with every mistake, decision, notice and mail between them."""
    page = window(served, browser)
    wrong = look(page, served.address + "/", "form")
    wrong += look(page, served.address + "/factor", "factor form")
    wrong += look(page, served.address + "/track/unknown", "unknown link")
    wrong += look(page, served.address + "/nowhere", "no such page")
    wrong += look(page, served.address + "/receipt?number=R-2222-3333", "receipt by its address")
    page.goto(served.address + "/?lang=zh")
    page.set_input_files("#files", {"name": "x.exe", "mimeType": "text/plain", "buffer": b"MZ" + b"x" * 99})
    page.locator("form.report").evaluate("form => form.requestSubmit()")
    page.wait_for_selector(".said-not")
    wrong += look_here(page, "form with mistakes", "zh")

    mails = report(page, served)
    wrong += look_here(page, "receipt", "zh")
    confirm = served.link(mails, "confirm_report")
    wrong += look(page, confirm, "to be confirmed")
    act(page, confirm, "confirm_report")
    wrong += look(page, confirm, "being registered")
    receive_waiting(served.office)
    mails = deliver_all(served.office)
    track, lead = served.link(mails, "case_opened"), served.link(mails, "assigned_lead")
    supporter = served.link(mails, "assigned_supporter", "jtj")
    for name, address in (("track", track), ("another", f"{track}/another"), ("lead", lead), ("supporter", supporter)):
        wrong += look(page, address, name)
    act(page, track, "supplement")
    wrong += look_here(page, "track with a mistake", "en")

    at("2026-07-24 09:00")
    sweep(served.office)
    wrong += look(page, lead, "lead, late")
    page.goto(lead)
    notice = page.locator("a[href*='/notice/']").first.get_attribute("href")
    assert notice is not None
    wrong += look(page, served.address + notice, "notice")
    deliver_all(served.office)
    act(page, lead, "reply", outcome="resolved", text="已通电", document="鸳供〔2026〕12号")
    sign = served.link(deliver_all(served.office), "approval_asked")
    wrong += look(page, sign, "approval")
    act(page, sign, "approve")
    wrong += look(page, sign, "approval, decided")
    wrong += look(page, track, "track, replied")
    act(page, track, "confirm", result="5", attitude="4")
    wrong += look(page, track, "track, closed")

    wrong += look(page, served.address + "/mail", "caught mail")
    wrong += look(page, served.address + "/mail/1", "one mail")
    assert wrong == []


@pytest.mark.usefixtures("prepared")
def test_every_page_of_a_full_board_can_be_used_by_everybody(
    served: Served, browser: Browser, at: Callable[[str], object]
) -> None:
    """The demo district's whole register: many lights beside each other, plans, charts; a ruling on a plan; what everybody may see."""
    office = served.office
    at("2026-07-16 09:00")
    seed(office, [DEMO / name for name in ("milestones.yaml", "difficulties.yaml", "factors.yaml")])
    asked = {
        "what": "change",
        "project": "P02",
        "node": "structure",
        "date": "2026-09-10",
        "reason": "桩基检测补测",
        "document": "12号",
    }
    assert set_milestone(office, asked, "ask").done
    at("2026-07-17 08:10")
    send_digests(office)
    mails = deliver_all(office)
    office.in_force = replace(office.in_force, policy=replace(office.policy, public=PublicRules(enabled=True)))
    office.followed = float("inf")

    page = window(served, browser)
    wrong = look(page, served.address + "/public", "public")
    wrong += look(page, served.address + "/api/docs", "api")
    plan = next(
        link for mail in mails if mail.message == "milestone_change_asked" for link in mail.links if "/act/" in link
    )
    wrong += look(page, plan, "plan, to be ruled on")
    digest = next(link for mail in mails for link in mail.links if "/unsubscribe/" in link)
    wrong += look(page, digest, "unsubscribe")

    wrong += look(page, served.address + "/board/sign-in", "sign in")
    page.fill("#name", "anna")
    page.fill("#password", PASSWORD)
    page.locator("main form button[type=submit]").click()
    for path in BOARD:
        wrong += look(page, f"{served.address}/board{path}", f"board{path}")

    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{served.address}/board?lang=zh")
    sizes = page.eval_on_selector_all(".number > a", "links => links.map(one => [one.offsetWidth, one.offsetHeight])")
    assert len(sizes) > 20
    assert [size for size in sizes if min(size) < FINGER] == []
    assert wrong == []
