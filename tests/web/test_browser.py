"""Real walks in a real browser, with scripts switched off: the pages need none."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from services.receiver import receive_waiting
from tests.filebox import PDF, PNG
from tests.mailroom import deliver_all
from tests.web.chromium import DESKTOP, PHONE, Served, fill, opened, unfold, unfold_all

pytestmark = [pytest.mark.browser, pytest.mark.sqlite]


def test_a_report_is_followed_from_the_form_to_its_end(served: Served) -> None:
    """An enterprise and three offices, each in their own window, in Chinese."""
    mails = opened(served)
    enterprise, officer, head = served.page(PHONE), served.page(), served.page(PHONE)
    enterprise.goto(served.link(mails, "case_opened"))
    assert enterprise.inner_text(".holder") == "供电公司"
    assert "部门办理" in enterprise.inner_text("[aria-current=step]")

    officer.goto(served.link(mails, "assigned_lead"))
    officer.click("button:has-text('签收')")
    contact = unfold(officer, "首次联系企业")
    contact.locator("#contact-how").fill("电话")
    contact.locator("button").click()
    assert "请填写“沟通内容”" in officer.inner_text(".said")
    assert officer.input_value("#contact-how") == "电话"
    officer.fill("#contact-text", "已约定现场查看")
    unfold(officer, "首次联系企业").locator("button").click()
    reply = unfold(officer, "答复")
    reply.locator("#reply-outcome").select_option("resolved")
    reply.locator("#reply-text").fill("8月5日前完成。\n管位已协调。")
    reply.locator("#reply-document").fill("鸳供〔2026〕12号")
    reply.locator("button").click()
    assert "签发" in officer.inner_text(".said")

    head.goto(served.link(deliver_all(served.office), "approval_asked"))
    assert "管位已协调。" in head.inner_text("main")
    head.click("button:has-text('同意')")
    assert "已作出决定" in head.inner_text("main")

    enterprise.reload()
    assert "问题解决了吗？" in enterprise.inner_text("main")
    unfold(enterprise, "没有解决").locator("button").click()
    assert "请填写" in enterprise.inner_text(".said")
    assert enterprise.locator(".verdict-yes").get_attribute("open") is None
    yes = unfold(enterprise, "已解决")
    yes.locator("label:has-text('非常满意')").nth(0).click()
    yes.locator("fieldset").nth(1).locator("label").nth(1).click()
    yes.locator("button").click()
    assert "感谢您的评价" in enterprise.inner_text(".said")
    assert "已办结" in enterprise.inner_text("main")


def test_the_form_in_english_keeps_what_was_typed(served: Served) -> None:
    """A mistake is a link to its field, and nothing has to be typed twice."""
    page = served.page(PHONE, locale="en-GB")
    page.goto(served.address)
    assert page.inner_text("h1") == "Report a difficulty"
    fill(page, detail="Since May,\n\nno corridor.", email="office@example.com")
    page.click("button:has-text('Send the report')")
    assert page.locator(".said:focus").count() == 1
    page.click(".said a:has-text('Give the name of the enterprise.')")
    assert page.url.endswith("#enterprise")
    assert page.input_value("#detail") == "Since May,\n\nno corridor."
    fill(page, title="No corridor", enterprise="Hucan Sodium Energy Co.")
    page.click("button:has-text('Send the report')")
    assert page.inner_text("h1").endswith("Your report has arrived")
    page.click("text=中文")
    assert page.inner_text("h1").endswith("已收到您的诉求")


def test_no_page_is_wider_than_its_window(served: Served) -> None:
    """Nobody scrolls sideways, also not with a long word that somebody typed."""
    page = served.page()
    page.goto(served.address)
    fill(page, title="W" * 190, detail="https://example.com/" + "a" * 400, enterprise="企" * 110)
    fill(page, email="gongcheng@example.com")
    page.select_option("#category", "power")
    with page.expect_navigation():
        page.click("button:has-text('提交')")
    page.goto(served.link(deliver_all(served.office), "confirm_report"))
    with page.expect_navigation():
        page.click("button:has-text('确认')")
    receive_waiting(served.office)
    mails = deliver_all(served.office)
    pages = [served.address, *(served.link(mails, name) for name in ("case_opened", "assigned_lead"))]
    for address in pages:
        for language in ("zh", "en"):
            page.goto(f"{address}?lang={language}")
            unfold_all(page)
            for width in (320, 390, 768, 1280):
                page.set_viewport_size({"width": width, "height": 800})
                assert page.evaluate("document.documentElement.scrollWidth") <= width, (width, language, address)


def test_what_is_pressed_is_large_enough_for_a_thumb(served: Served) -> None:
    """44 pixels at least, on a phone."""
    mails = opened(served)
    page = served.page(PHONE)
    for address in (served.address, served.link(mails, "assigned_lead"), served.link(mails, "case_opened")):
        page.goto(address)
        unfold_all(page)
        parts = page.locator(
            "main :is(button, summary, select, textarea, .step, input[type=text], input[type=date]), .switch, .brand"
        )
        sizes = [box["height"] for part in parts.all() if (box := part.bounding_box()) is not None]
        assert len(sizes) > 3
        assert min(sizes) >= 44


def test_a_keyboard_is_enough(served: Served) -> None:
    """The first stop skips the head; Enter sends; each stop is seen."""
    page = served.page(locale="en-GB")
    page.goto(served.address)
    page.keyboard.press("Tab")
    assert page.locator("a.skip:focus").count() == 1
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.locator("#title:focus").count() == 1
    page.keyboard.type("No corridor")
    page.keyboard.press("Enter")
    assert "Your report was not sent yet" in page.inner_text(".said")
    assert page.input_value("#title") == "No corridor"


WORDS = {
    "zh": {
        "locale": "zh-CN", "send": "提交", "title": "第二路电源没有电力通道", "wait": "附件", "solved": "问题解决了吗？", "no": "没有解决",
        "yes": "已解决", "closed": "已办结", "round": "第2轮", "thanks": "感谢您的评价", "best": "非常满意", "added": "添加了 1 个文件",
        "supplement": "补充材料",
    },
    "en": {
        "locale": "en-GB", "send": "Send the report", "title": "No corridor for the second feed", "wait": "Files", "solved": "Is it solved?",
        "no": "No, not solved", "yes": "Yes, solved", "closed": "Closed", "round": "Round 2", "thanks": "Thank you for your rating",
        "best": "Very satisfied", "added": "1 file added", "supplement": "Supplement",
    },
}  # fmt: skip


@pytest.mark.parametrize("language", WORDS)
def test_an_enterprise_s_whole_story(served: Served, language: str) -> None:
    """The form with a photo, the mail's link, a paper later, a reply, a dispute, the second reply, the ratings: on a phone."""
    words, office = WORDS[language], served.office
    page, officer = served.page(PHONE, locale=words["locale"]), served.page(DESKTOP)
    page.goto(served.address)
    fill(page, title=words["title"], enterprise="Hucan Sodium Energy Co.", email="story@example.com")
    page.select_option("#category", "power")
    page.set_input_files("#files", {"name": "现场 site.png", "mimeType": "image/png", "buffer": PNG})
    page.fill("#email", "nonsense")
    page.click(f"button:has-text('{words['send']}')")
    assert page.locator("input[name=kept]:checked").count() == 1
    page.fill("#email", "story@example.com")
    page.click(f"button:has-text('{words['send']}')")
    assert page.locator(".receipt-number").count() == 1

    page.goto(served.link(deliver_all(office), "confirm_report"))
    assert "现场 site.png" in page.inner_text("main")
    page.click("button.primary")
    receive_waiting(office)
    mails = deliver_all(office)
    track, lead = served.link(mails, "case_opened", "story"), served.link(mails, "assigned_lead")
    page.goto(track)
    assert words["added"] in page.inner_text("main")
    with page.expect_download() as saved:
        page.click("a:has-text('现场 site.png')")
    assert saved.value.suggested_filename == "现场 site.png"
    assert saved.value.path().read_bytes() == PNG
    more = unfold(page, words["supplement"])
    more.locator("textarea").fill("plan.pdf")
    more.locator("input[type=file]").set_input_files({"name": "plan.pdf", "mimeType": "application/pdf", "buffer": PDF})
    more.locator("button").click()
    assert "plan.pdf" in page.inner_text("main")

    replied(served, officer, lead)
    page.reload()
    assert words["solved"] in page.inner_text("main")
    no = unfold(page, words["no"])
    no.locator("textarea").first.fill("-")
    no.locator("button").click()
    assert words["round"] in page.inner_text("main")
    replied(served, officer, lead)
    page.reload()
    assert "done.png" in page.inner_text("main")
    yes = unfold(page, words["yes"])
    for question in (0, 1):
        yes.locator(f"label:has-text('{words['best']}')").nth(question).click()
    yes.locator("button").click()
    assert words["thanks"] in page.inner_text(".said")
    assert words["closed"] in page.inner_text("main")


def replied(served: Served, officer: Page, lead: str) -> None:
    """A reply with a photo as evidence, signed by the head."""
    deliver_all(served.office)
    officer.goto(lead)
    reply = unfold(officer, "答复")
    reply.locator("#reply-outcome").select_option("resolved")
    reply.locator("#reply-text").fill("已通电")
    reply.locator("#reply-document").fill("鸳供〔2026〕12号")
    reply.locator("input[type=file]").set_input_files(
        {"name": "done.png", "mimeType": "image/png", "buffer": PNG + b"2"}
    )
    reply.locator("button").click()
    assert "签发" in officer.inner_text(".said")
    head = served.page(PHONE)
    head.goto(served.link(deliver_all(served.office), "approval_asked"))
    assert "done.png" in head.inner_text("main")
    head.click("button:has-text('同意')")


def test_an_officer_s_whole_story(served: Served) -> None:
    """From the mail: sign for, contact, ask for more time with a mistake on the way, reply with evidence: on a phone."""
    mails = opened(served)
    lead = served.link(mails, "assigned_lead")
    officer, mate = served.page(PHONE), served.page()
    for window in (officer, mate):
        window.goto(lead)
    officer.click("button:has-text('签收')")
    mate.click("button:has-text('签收')")
    assert "已由" in mate.inner_text(".said")
    assert "签收" in mate.inner_text(".said")
    contact = unfold(officer, "首次联系企业")
    contact.locator("#contact-how").fill("电话")
    contact.locator("#contact-text").fill("已约定现场查看")
    contact.locator("button").click()
    assert "已记录" in officer.inner_text(".said")
    more = unfold(officer, "申请延期")
    more.locator("[name=date]").fill("2026-07-01")
    more.locator("[name=reason]").fill("管位协调需要时间")
    more.locator("[name=progress]").fill("已勘察")
    more.locator("button").click()
    assert officer.locator("[aria-invalid=true]").count() == 1
    more = unfold(officer, "申请延期")
    assert more.locator("[name=reason]").input_value() == "管位协调需要时间"
    more.locator("[name=date]").fill("2026-08-05")
    more.locator("button").click()
    assert "申请已提交审批" in officer.inner_text(".said")
    replied(served, officer, lead)
    officer.goto(lead)
    assert "done.png" in officer.inner_text("main")
