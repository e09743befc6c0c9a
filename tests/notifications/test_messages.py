"""Every mail says in both languages and both forms what its facts say, and nothing goes out half known."""

from __future__ import annotations

import json
import re
from dataclasses import MISSING, fields, replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

import notifications
from domain.policy import Label
from notifications.dialogue import ready
from notifications.envelope import Attachment, build
from notifications.header_policy import READY
from notifications.message import Message, MissingFact, UnknownMessage, from_facts, line, words
from notifications.messages import (
    AssignedLead,
    CaseClosed,
    CaseOpened,
    ConfirmReport,
    RoleUnfilled,
    SupervisionNotice,
)
from notifications.messages.samples import CASE, RECEIPT
from notifications.names import NAMES as PEOPLES
from notifications.preview import OFFICE, UnknownVariant, preview
from notifications.render import render
from notifications.wording import filters

NAMES = sorted(Message.registry)
LOCALES = ("zh", "en")
LINKS = {"act": "https://expedite.example.org/act/a1", "track": "https://expedite.example.org/track/t1"}
OFFICE_NOON = datetime(2026, 7, 30, 4, 0, tzinfo=UTC)


class Page(HTMLParser):
    """The words, rows and links that a reader of a page sees."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.lang = ""
        self.words: list[str] = []
        self._unseen = 0
        self.feed(html)
        self.seen = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._unseen += tag in ("style", "title")
        self.links += [value or "" for name, value in attrs if name == "href"]
        if tag == "html":
            self.lang = dict(attrs).get("lang") or ""

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in ("style", "title")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.words.append(data)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", NAMES)
def test_each_mail_says_the_same_in_all_forms(name: str, locale: str) -> None:
    """Subject, text and page name the case, receipt or day; text and page carry the same words, link and reply address."""
    mail = preview(name, locale)
    page = Page(mail.html)
    facts = Message.registry[name].example().facts()
    day = str(facts["day"]) if "day" in facts else ""
    written = filters(locale, OFFICE.zone)["day"](day) if day else day
    sign = CASE if facts.get("case_code") else str(facts.get("receipt") or facts.get("project_code") or written)
    assert sign in mail.subject
    assert sign in mail.text
    assert sign in page.seen
    assert OFFICE.reply_to in mail.text
    assert OFFICE.reply_to in page.seen
    assert OFFICE.district.in_(locale) in mail.text
    assert page.links
    assert set(page.links) == set(re.findall(r"https://\S+", mail.text))
    for row in mail.text.splitlines():
        label, colon, value = row.partition("\uff1a" if locale == "zh" else ": ")
        if colon and value.strip():
            assert label in page.seen
            assert value.strip() in page.seen


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", NAMES)
def test_each_mail_is_readable_anywhere(name: str, locale: str) -> None:
    """Nothing is loaded from afar, styles stand in the elements, and nothing of the templates shows."""
    mail = preview(name, locale)
    page = Page(mail.html)
    assert page.lang == ("zh-CN" if locale == "zh" else "en")
    assert not {"img", "script", "link", "iframe", "form"} & set(page.tags)
    assert "url(" not in mail.html
    assert re.search(r"<td[^>]* style=\"[^\"]*font-family", mail.html)
    assert "prefers-color-scheme: dark" in mail.html
    for form in (mail.subject, mail.text, page.seen):
        assert not re.search(r"\{\{|\{%|None|Undefined|\{'zh'", form)
        assert form.strip()


def test_each_mail_has_a_name_for_people_and_no_name_is_left_over() -> None:
    """On the board and in the operator's mails a message is called as the office calls it."""
    assert set(PEOPLES) == set(NAMES)
    assert len({label.zh for label in PEOPLES.values()}) == len({label.en for label in PEOPLES.values()}) == len(NAMES)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize(("variant", "shape"), [("blue", "●"), ("red", "■"), ("circular", "◆"), ("copy", "▲")])
def test_a_notice_can_be_looked_at_in_each_colour(variant: str, shape: str, locale: str) -> None:
    """Colour, shape and word in the subject; a copy says that it is one; another variant is refused by name."""
    mail = preview("supervision_notice", locale, variant)
    assert shape in mail.subject
    assert (("抄送" if locale == "zh" else "copy") in mail.subject.lower()) is (variant == "copy")
    with pytest.raises(UnknownVariant, match="it has blue, red, circular, copy"):
        preview("supervision_notice", locale, "purple")


@pytest.mark.parametrize("recipient", ["power@example.org", "联络员@example.org"])
@pytest.mark.parametrize("files", [(), (Attachment("会商.ics", "text/calendar; charset=utf-8", b"BEGIN\r\n"),)])
@pytest.mark.parametrize("name", NAMES)
def test_a_mail_is_written_out_as_the_standard_generator_would(
    name: str, files: tuple[Attachment, ...], recipient: str
) -> None:
    """Byte by byte, with and without an attachment, in and outside ASCII: only faster."""
    mail = build(
        preview(name, "zh"), sender="推进办 <desk@example.org>", recipient=recipient, reply_to="desk@example.org", message_id="<a.1@example.org>",
        root_id="<r.1@example.org>", sent_at=OFFICE_NOON, locale="zh", attachments=files,
    )  # fmt: skip
    out = ready(mail, "desk@example.org", recipient)
    assert out.body == mail.as_bytes(policy=READY.clone(utf8=not recipient.isascii()))
    assert (out.message_id, out.international) == ("<a.1@example.org>", not recipient.isascii())


@pytest.mark.parametrize("name", NAMES)
def test_chinese_mails_use_chinese_punctuation(name: str) -> None:
    """Between Chinese characters a half-width comma, colon or bracket looks like a slip."""
    mail = preview(name, "zh")
    slip = re.search(r"[\u4e00-\u9fff][,:;!?()]|[,;!?()][\u4e00-\u9fff]", mail.subject + mail.text)
    assert slip is None, slip


@pytest.mark.parametrize("name", NAMES)
def test_english_mails_hold_no_chinese_of_ours(name: str) -> None:
    """What is Chinese in an English mail comes from the case: its title, its parties, its texts, its numbers."""
    facts = json.dumps(Message.registry[name].example().facts(), ensure_ascii=False)
    for word in re.findall(r"[\u3400-\u9fff\uff00-\uffef]+", preview(name, "en").text):
        assert word in facts


def test_each_message_has_its_templates_and_each_template_its_message() -> None:
    """A template without a message is never sent; a message without a template cannot be."""
    folder = Path(notifications.__file__).parent / "templates"
    of_messages = {each.name for each in folder.iterdir() if each.name not in ("_text", "_html", "footer", "demo")}
    assert of_messages == set(NAMES)
    for name in NAMES:
        assert {each.name for each in (folder / name).iterdir()} == {"zh.j2", "en.j2"}


@pytest.mark.parametrize("name", NAMES)
def test_facts_survive_the_outbox(name: str) -> None:
    """What is stored as JSON and read again is the same message."""
    message = Message.registry[name].example()
    assert from_facts(name, json.loads(json.dumps(message.facts()))) == message


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_fact_is_named(name: str) -> None:
    """A mail is never sent with a hole in it: whichever fact is missing, message and fact are named."""
    message = Message.registry[name]
    facts = message.example().facts()
    # A fact that was added later has a default, so that what the outbox already holds can still be sent.
    for fact in (field.name for field in fields(message) if field.default is MISSING):
        with pytest.raises(MissingFact, match="is missing") as error:
            from_facts(name, {key: value for key, value in facts.items() if key != fact})
        assert (error.value.message, error.value.fact) == (name, fact)


def test_an_unknown_fact_is_named() -> None:
    """A fact that the message does not declare is a mistake of whoever wrote it."""
    with pytest.raises(MissingFact, match="not one of its facts") as error:
        from_facts("confirm_report", {"receipt": RECEIPT, "title": "Buy now"})
    assert error.value.fact == "title"


def test_an_unknown_message_is_named() -> None:
    """A name from a newer version says what there is."""
    with pytest.raises(UnknownMessage, match="assigned_lead"):
        from_facts("assigned_chef", {})


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        ("due", "2026-07-30T09:30:00"),
        ("due", "Thursday"),
        ("lead_unit", {"zh": "供电公司"}),
        ("lead_unit", "供电公司"),
        ("estimated", "no"),
        ("title", 42),
    ],
)
def test_a_fact_of_the_wrong_kind_is_refused_when_it_is_written(fact: str, value: object) -> None:
    """A moment without a zone, a name in one language: the writing transaction fails, not the sending hours later."""
    with pytest.raises(MissingFact) as error:
        from_facts("case_opened", {**CaseOpened.example().facts(), fact: value})
    assert error.value.fact == fact


def test_a_mail_without_its_link_is_refused() -> None:
    """A mail that asks for something needs the link to do it."""
    with pytest.raises(MissingFact, match="act"):
        render(AssignedLead.example(), "zh", {"track": LINKS["track"]}, OFFICE)


def test_a_mail_to_the_operator_may_go_without_link() -> None:
    """The operator holds no link; then the mail does not speak of one either."""
    mail = render(RoleUnfilled.example(), "en", {}, OFFICE)
    assert "https://" not in mail.text
    assert "personal" not in mail.text


def test_moments_are_shown_in_the_office_zone() -> None:
    """09:30 UTC is 17:30 in the office: the date and the hour are those of its wall clock."""
    opened = replace(CaseOpened.example(), due="2026-07-30T16:30:00+00:00")
    assert "2026年7月31日（周五）00:30" in render(opened, "zh", LINKS, OFFICE).text
    assert "Fri 31 Jul 2026, 00:30" in render(opened, "en", LINKS, OFFICE).text


@pytest.mark.parametrize("locale", LOCALES)
def test_an_estimated_date_says_so_and_why(locale: str) -> None:
    """A date in a year whose holidays are not announced is marked, and the mark explained."""
    mark = {"zh": "（推定）", "en": "(estimated)"}[locale]
    why = {"zh": "尚未公布", "en": "not announced"}[locale]
    sure = render(replace(CaseOpened.example(), estimated=False), locale, LINKS, OFFICE).text
    guessed = render(replace(CaseOpened.example(), estimated=True), locale, LINKS, OFFICE).text
    assert mark not in sure
    assert why not in sure
    assert mark in guessed
    assert why in guessed


@pytest.mark.parametrize(("colour", "shape"), [("blue", "●"), ("yellow", "▲"), ("red", "■"), ("circular", "◆")])
@pytest.mark.parametrize("locale", LOCALES)
def test_a_colour_is_also_a_word_and_a_shape(colour: str, shape: str, locale: str) -> None:
    """Some readers see no colours, and some programs show none."""
    name = Label("某色督办单", "Some notice")
    facts = {**SupervisionNotice.example().facts(), "colour": colour, "notice": words(name)}
    mail = render(from_facts("supervision_notice", facts), locale, LINKS, OFFICE)
    for form in (mail.subject, mail.text, Page(mail.html).seen):
        assert f"{shape} {name.in_(locale)}" in form


@pytest.mark.parametrize("locale", LOCALES)
def test_a_copy_asks_nothing_of_its_reader(locale: str) -> None:
    """Who gets a supervision notice for information is not told to act."""
    act = {"zh": "请立即办理", "en": "Please act"}[locale]
    notice = SupervisionNotice.example()
    assert act in render(notice, locale, LINKS, OFFICE).text
    copy = render(replace(notice, is_copy=True), locale, LINKS, OFFICE)
    assert act not in copy.text
    assert {"zh": "抄送", "en": "copy"}[locale] in copy.subject


def test_a_closing_mail_goes_to_the_page_of_its_reader() -> None:
    """The enterprise has a tracking page, the lead an action page; given both, tracking comes first."""
    closed = CaseClosed.example()
    assert LINKS["act"] in render(closed, "zh", {"act": LINKS["act"]}, OFFICE).text
    assert LINKS["track"] in render(closed, "zh", LINKS, OFFICE).text


def test_a_confirmation_has_no_room_for_words_of_a_stranger() -> None:
    """An unverified address gets one fixed text: its only fact is the receipt, which is ours."""
    assert set(ConfirmReport.example().facts()) == {"receipt"}
    other = render(replace(ConfirmReport.example(), receipt="R-0"), "zh", {"confirm": LINKS["track"]}, OFFICE)
    mine = render(ConfirmReport.example(), "zh", {"confirm": LINKS["track"]}, OFFICE)
    assert other.text.replace("R-0", RECEIPT) == mine.text


def test_only_the_demo_says_that_it_is_fictional() -> None:
    """In a real office the banner would discredit every mail."""
    message = AssignedLead.example()
    assert "虚构" in render(message, "zh", LINKS, OFFICE).text
    real = render(message, "zh", LINKS, replace(OFFICE, demo=False))
    assert "虚构" not in real.text + real.html


@pytest.mark.parametrize(("wish", "language"), [("zh", "zh-CN"), ("zh-CN", "zh-CN"), ("en", "en"), ("fr", "en")])
def test_whoever_reads_no_chinese_gets_english(wish: str, language: str) -> None:
    """The office writes two languages."""
    assert Page(preview("case_opened", wish).html).lang == language


def test_lines_show_values_of_each_kind() -> None:
    """What an approval sums up is text as it is, a name in the reader's language, a moment in the office's zone."""
    asked = from_facts(
        "approval_asked",
        {
            **Message.registry["approval_asked"].example().facts(),
            "lines": [
                line(Label("理由", "Reason"), "5 < 6"),
                line(Label("方", "Party"), Label("企业", "enterprise")),
                line(Label("至", "Until"), OFFICE_NOON),
            ],
        },
    )
    text = render(asked, "en", LINKS, OFFICE).text
    assert "Reason: 5 < 6" in text
    assert "Party: enterprise" in text
    assert "Until: Thu 30 Jul 2026, 12:00" in text


def test_two_messages_of_one_name_are_refused() -> None:
    """The outbox finds a message by its name alone."""
    with pytest.raises(TypeError, match="confirm_report"):
        type("Impostor", (Message,), {"name": "confirm_report", "__slots__": ()})
    assert Message.registry["confirm_report"] is ConfirmReport
