"""Turns a message into a subject, a plain text and an HTML page, in one language, with the links of its recipient."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import css_inline
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.exceptions import UndefinedError
from markupsafe import Markup

from domain.policy import Label
from notifications.message import Message, MissingFact
from notifications.wording import filters, one_line, without_controls

Locale = Literal["zh", "en"]
TEMPLATES = Path(__file__).parent / "templates"
_STATIC_CLASS = re.compile(r'class="([a-z -]+)"')


@dataclass(frozen=True, slots=True)
class OfficeLine:
    """Who writes, the same on every mail: `reply_to` is the desk's mailbox; moments are shown in `zone`."""

    district: Label
    office: Label
    reply_to: str
    zone: ZoneInfo
    demo: bool = False


@dataclass(frozen=True, slots=True)
class Rendered:
    """A mail's words: the subject is one line, both bodies say the same."""

    subject: str
    text: str
    html: str


def locale_of(wish: str) -> Locale:
    """The language a mail is written in; whatever is not Chinese reads English, as labels do."""
    return "zh" if wish == "zh" or wish.lower().startswith("zh-") else "en"


def render(
    message: Message, locale: str, links: Mapping[str, str], office: OfficeLine, detail: str | None = None
) -> Rendered:
    """Write the mail for a reader of `locale`, with the case's description (`detail`) if the message takes it.

    `links` are the personal addresses by name ("act", "track", "confirm"): the first of `message.links` that is there
    becomes the button. MissingFact if none is there, or a template prints a fact or link that it was not given.
    """
    language = locale_of(locale)
    facts = {fact: without_controls(value) for fact, value in message.facts().items()}
    checked = {name: _checked(message, name, url) for name, url in links.items()}
    told = without_controls(detail) if detail and message.takes_detail else None
    given = {**facts, "detail": told or None, "office": office, "links": checked, "link": _button(message, checked)}
    text = _environment("text", language, office.zone).get_template(f"{message.name}/{language}.j2")
    html = _environment("html", language, office.zone).get_template(f"{message.name}/{language}.j2")
    try:
        context = text.new_context(given)
        subject = one_line("".join(text.blocks["subject"](context)))
        if facts.get("case_code"):
            subject = f"[{facts['case_code']}] {subject}"
        page = html.render(given, subject=subject)
        plain = text.render(given, subject=subject)
    except UndefinedError as error:
        raise MissingFact(message.name, "?", f"is printed by {language}.j2 and not declared: {error}") from error
    return Rendered(subject=subject, text=_tidy(plain), html=page)


def subject_of(message: Message, locale: str, office: OfficeLine) -> str:
    """The subject alone, without the case's code: what a row of a bundle says. MissingFact as `render`."""
    language = locale_of(locale)
    facts = {fact: without_controls(value) for fact, value in message.facts().items()}
    template = _environment("text", language, office.zone).get_template(f"{message.name}/{language}.j2")
    context = template.new_context({**facts, "detail": None, "office": office, "links": {}, "link": None})
    try:
        return one_line("".join(template.blocks["subject"](context)))
    except UndefinedError as error:
        raise MissingFact(message.name, "?", f"is printed by {language}.j2 and not declared: {error}") from error


def _button(message: Message, links: Mapping[str, str]) -> str | None:
    """The address behind the mail's button."""
    for name in message.links:
        if name in links:
            return links[name]
    if message.link_optional:
        return None
    raise MissingFact(message.name, "links", f"must hold one of {', '.join(message.links)}")


def _checked(message: Message, name: str, url: str) -> str:
    if urlsplit(url).scheme not in ("http", "https") or url != one_line(url):
        raise MissingFact(message.name, f"links.{name}", "must be an http address")
    return url


def _tidy(text: str) -> str:
    """Plain text without trailing blanks and with at most one empty line at a time."""
    lines: list[str] = []
    for line in text.splitlines():
        line = line.rstrip()
        if line or (lines and lines[-1]):
            lines.append(line)
    return "\n".join(lines).rstrip() + "\n"


def _refuse_nothing(value: object) -> object:
    """Printing None is a mistake of the template, never a word for the reader."""
    if value is None:
        raise UndefinedError("None is printed")
    return value


class _Loader(FileSystemLoader):
    """Writes the styles of `mail.css` into the parts of a page when they are loaded: many mail programs drop <style>.

    Done once per process, since inlining each finished mail would take as long as rendering it.
    """

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        source, path, fresh = super().get_source(environment, template)
        if Path(path).parent.name == "_html":
            source = _STATIC_CLASS.sub(lambda found: f'{found[0]} style="{_style(found[1])}"', source)
        return source, path, fresh


@cache
def _style(classes: str) -> str:
    """The declarations that `mail.css` gives an element of these classes."""
    css = (TEMPLATES / "_html" / "mail.css").read_text(encoding="utf-8")
    inlined = css_inline.inline_fragment(f'<i class="{classes}"></i>', css, minify_css=True)
    return inlined.partition('style="')[2].partition('"')[0]


@lru_cache(maxsize=32)
def _environment(form: Literal["text", "html"], locale: Locale, zone: ZoneInfo) -> Environment:
    """Both forms come from one template per language: only the layout and the parts that it calls differ."""
    environment = Environment(
        loader=_Loader([TEMPLATES / f"_{form}", TEMPLATES]),
        autoescape=form == "html",  # noqa: S701 - plain text is no markup: escaped, it would show "&amp;"
        undefined=StrictUndefined,
        finalize=_refuse_nothing,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(filters(locale, zone))
    environment.globals["locale"] = locale
    environment.globals["colon"] = "：" if locale == "zh" else ": "
    parts: Any = environment.get_template("parts.j2", globals={"colon": environment.globals["colon"]}).module
    environment.globals.update(
        row=parts.row,
        whole=parts.whole,
        badge=parts.badge,
        button=parts.button,
        beside=parts.beside,
        note=parts.note,
        band=parts.band,
        entry=parts.entry,
    )
    environment.filters["paragraphs"] = partial(_paragraphs, parts.paragraph) if form == "html" else _text_paragraphs
    return environment


def _paragraphs(paragraph: Callable[[str, str], Markup], prose: Markup, kind: str) -> Markup:
    """Each line of a template's prose as a paragraph; the prose is escaped already, and facts hold no line breaks."""
    return Markup("\n").join(paragraph(line.strip(), kind) for line in prose.splitlines() if line.strip())


def _text_paragraphs(prose: str) -> str:
    return "\n\n".join(line.strip() for line in prose.splitlines() if line.strip())
