"""How mails look, and what they keep to themselves: contrast in light and dark, sealed and full bodies, the preview command."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Literal

import pytest
from typer.testing import CliRunner

from deployments.cli import app
from notifications.message import SEALED_TITLE, Message
from notifications.messages import AssignedLead, CaseOpened, ConsultationConcluded, SupervisionNotice
from notifications.preview import OFFICE
from notifications.render import TEMPLATES, render

NAMES = sorted(Message.registry)
LOCALES: tuple[Literal["zh", "en"], ...] = ("zh", "en")
LINKS = {link: f"https://expedite.example.org/{link}/a1" for kind in Message.registry.values() for link in kind.links}
CANARY = "\u91d1\u4e1d\u96c0"
# Facts that are texts and say nothing of the matter: numbers, days, and what only the operator reads.
OURS = {
    "case_code", "number", "receipt", "day", "last_day", "digest", "previous", "colour", "place", "was_at", "step", "problem",
}  # fmt: skip
# Of other cases, none of them restricted, or names of units.
OF_OTHERS = {"alike", "participants", "supporters"}
# A bundle's are the subjects of messages that were sealed before.
SEALED_BEFORE = {"bundle": {"rows"}}


def _declared(css: str, name: str) -> dict[str, str]:
    """What a class is given in a style sheet; later rules win."""
    found: dict[str, str] = {}
    for selectors, body in re.findall(r"([^{}@]+)\{([^{}]*)\}", css):
        if f".{name}" in [one.strip() for one in selectors.split(",")]:
            for key, value in re.findall(r"([a-z-]+):\s*([^;]+);", body):
                found[key] = value.replace("!important", "").strip()
    return found


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("words", "ground"),
    [
        ("main", "sheet"), ("heading", "sheet"), ("facts", "sheet"), ("office", "sheet"), ("label", "sheet"), ("address", "sheet"),
        ("foot", "sheet"), ("link", "sheet"), ("note", "sheet"), ("demo", "demo"), ("button-link", "button"), ("badge", "badge"), ("blue", "blue"),
        ("yellow", "yellow"), ("red", "red"),
    ],
)  # fmt: skip
def test_words_stand_out_in_light_and_dark(words: str, ground: str, scheme: str) -> None:
    """WCAG AA: at least 4.5 to 1 for every class of words on its ground, whichever colours the reader's program prefers."""
    light = (TEMPLATES / "_html" / "mail.css").read_text(encoding="utf-8")
    layout = (TEMPLATES / "_html" / "layout.j2").read_text(encoding="utf-8")
    dark = layout.partition("@media (prefers-color-scheme: dark) {")[2].partition("</style>")[0]
    css = light if scheme == "light" else light + dark
    assert _contrast(_declared(css, words)["color"], _declared(css, ground)["background"]) >= 4.5


@pytest.mark.parametrize("name", NAMES)
def test_no_text_of_people_escapes_the_seal(name: str) -> None:
    """Every textual fact is sealed for a restricted case, or is known to be ours: a new one has to be decided on."""
    kind = Message.registry[name]
    texts = {
        field.name for field in fields(kind)
        if field.type in ("str", "str | None") or str(field.type).startswith("tuple")
    }  # fmt: skip
    # A mail about no case is never about a restricted one.
    assert "case_code" not in texts or texts - {"title"} - set(kind.free_texts) <= OURS | OF_OTHERS | SEALED_BEFORE.get(
        name, set()
    )
    assert set(kind.free_texts) <= texts


def _sown(value: object) -> Any:
    """A fact in whose every text a canary sits."""
    if isinstance(value, str):
        return CANARY
    if isinstance(value, tuple | list):
        return tuple(_sown(item) for item in value)
    if isinstance(value, dict):
        return value | {
            key: CANARY for key in ("what", "value") if key in value and value.get("kind", "text") == "text"
        }
    return value


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", NAMES)
def test_a_sealed_mail_carries_no_word_of_the_matter(name: str, locale: Literal["zh", "en"]) -> None:
    """Whatever people wrote into title, reasons, minutes, duties and lines: subject, text and page hold none of it."""
    example = Message.registry[name].example()
    facts = example.facts()
    told = replace(example, **{fact: _sown(facts[fact]) for fact in ("title", *example.free_texts) if fact in facts})
    open_mail = render(told, locale, LINKS, OFFICE)
    sealed = render(told.sealed(locale), locale, LINKS, OFFICE)
    assert not any(CANARY in form for form in (sealed.subject, sealed.text, sealed.html))
    if "title" in facts:
        assert CANARY in open_mail.text
        assert SEALED_TITLE[locale] in sealed.subject
        assert str(facts["case_code"]) in sealed.subject


def test_a_seal_keeps_days_and_units() -> None:
    """Who leads, what a duty is due, which line is a date: the mail still says what is owed and until when."""
    sealed = ConsultationConcluded.example().sealed("zh")
    assert sealed.duties[0]["due"] == ConsultationConcluded.example().duties[0]["due"]
    assert render(CaseOpened.example().sealed("en"), "en", LINKS, OFFICE).text.count("Power company") == 2


@pytest.mark.parametrize("locale", LOCALES)
def test_a_full_mail_repeats_the_description_where_work_is_handed_over(locale: Literal["zh", "en"]) -> None:
    """The lead reads what was reported, as plain words; the reporter's own mails never repeat it."""
    told = "Line one.\n<b>two</b>"
    lead = render(AssignedLead.example(), locale, LINKS, OFFICE, told)
    assert "Line one. <b>two</b>" in lead.text
    assert "&lt;b&gt;two" in lead.html
    assert "Line one" not in render(CaseOpened.example(), locale, LINKS, OFFICE, told).text
    assert "Line one" not in render(AssignedLead.example(), locale, LINKS, OFFICE).text


def test_the_button_of_a_copy_asks_for_nothing() -> None:
    """Who reads a notice for information is not sent to handle it."""
    copy = render(replace(SupervisionNotice.example(), is_copy=True), "zh", LINKS, OFFICE)
    assert "\u67e5\u770b\u5e76\u529e\u7406" not in copy.text
    assert "\u67e5\u770b\u4e8b\u9879" in copy.text


def test_every_mail_can_be_previewed_from_the_command_line(tmp_path: Path) -> None:
    """The list names each message; a file gets the page, and the plain text with the subject stands beside it."""
    run = CliRunner()
    listed = run.invoke(app, ["mail", "preview", "--list"]).output
    assert [line.split()[0] for line in listed.splitlines()] == NAMES
    page = tmp_path / "lead.html"
    assert run.invoke(app, ["mail", "preview", "assigned_lead", "--locale", "en", "--out", str(page)]).exit_code == 0
    assert 'lang="en"' in page.read_text(encoding="utf-8")
    assert page.with_suffix(".txt").read_text(encoding="utf-8").startswith("[DIF-2026-0042] Please sign for")
    shown = run.invoke(app, ["mail", "preview", "assigned_lead"]).output
    assert "\u9e33\u6e56\u533a" in shown
    assert "no message 'nothing'" in str(run.invoke(app, ["mail", "preview", "nothing"]).exception)
