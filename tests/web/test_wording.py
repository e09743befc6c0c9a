"""Both languages are whole: every sentence is translated, none is left over, and facts are worded as in mails."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from babel.messages.extract import extract_from_dir

from domain.policy import Label
from web.rendering import FOLDER
from web.wording import filters, full_width, read_catalogue, sentences

Said = str | tuple[str, ...]
PLACE = re.compile(r"%\((\w+)\)s")


def in_templates() -> set[Said]:
    """Every sentence that a template says."""
    found = extract_from_dir(FOLDER, method_map=[("templates/**.html", "jinja2.ext:babel_extract")])
    return {tuple(message) if isinstance(message, tuple | list) else message for _, _, message, _, _ in found}


def in_catalogue() -> dict[Said, str]:
    """Every sentence of the catalogue with its translation."""
    found: dict[Said, str] = {}
    for message in read_catalogue("zh"):
        if message.id:
            said = message.id if isinstance(message.id, str) else tuple(message.id)
            words = message.string or ""
            found[said] = words if isinstance(words, str) else words[0]
    return found


def test_every_sentence_is_translated_and_none_is_left_over() -> None:
    """A page in Chinese has no English sentence in it, and the catalogue none that no page says."""
    assert set(in_catalogue()) == in_templates()
    assert len(in_templates()) > 150


def test_no_translation_is_empty_or_unfinished() -> None:
    """A fuzzy or empty translation would show the English sentence."""
    assert [said for said, words in in_catalogue().items() if not words.strip()] == []
    assert [message.id for message in read_catalogue("zh") if message.id and message.fuzzy] == []


def test_translations_keep_the_facts() -> None:
    """What a sentence puts in, its translation puts in too."""
    wrong = {
        said
        for said, words in in_catalogue().items()
        if set(PLACE.findall(said if isinstance(said, str) else said[-1])) != set(PLACE.findall(words))
    }
    assert wrong == set()


def test_chinese_sentences_use_chinese_punctuation() -> None:
    """Half-width commas and brackets between Chinese characters look like a slip."""
    slips = [
        words for words in in_catalogue().values() if re.search(r"[\u4e00-\u9fff][,;:!?()]|[()][\u4e00-\u9fff]", words)
    ]
    assert slips == []


def test_templates_say_nothing_outside_the_catalogue() -> None:
    """A word written straight into a template would be English on a Chinese page, or the other way round."""
    allowed = {"English", "Expedite", "mail.json", "required"}
    found = set()
    for path in (FOLDER / "templates").glob("*.html"):
        bare = re.sub(
            r"\{%-?\s*trans.*?endtrans\s*-?%\}|\{[{%#].*?[}%#]\}", " ", path.read_text("utf-8"), flags=re.DOTALL
        )
        bare = re.sub(r"<[^>]*>|\s[a-z-]+=\"[^\"]*\"", " ", bare)
        found |= set(re.findall(r"[A-Za-z\u4e00-\u9fff][A-Za-z.\u4e00-\u9fff]{2,}", bare))
    assert found - allowed == set()


@pytest.mark.parametrize(
    ("locale", "n", "said"),
    [
        ("en", 1, "%(num)s working day late"),
        ("en", 2, "%(num)s working days late"),
        ("zh", 1, "已逾期%(num)s个工作日"),
        ("zh", 5, "已逾期%(num)s个工作日"),
    ],
)
def test_numbers_choose_their_form(locale: str, n: int, said: str) -> None:
    """English tells one from many, Chinese does not."""
    assert sentences(locale).ngettext("%(num)s working day late", "%(num)s working days late", n) == said


def test_moments_are_told_in_the_office_s_zone() -> None:
    """Stored in UTC, shown as the clock on the office's wall."""
    moment = datetime(2026, 7, 30, 9, 30, tzinfo=UTC)
    zh, en = (filters(locale, ZoneInfo("Asia/Shanghai")) for locale in ("zh", "en"))
    assert zh["moment"](moment) == "2026年7月30日（周四）17:30"
    assert en["moment"](moment) == "Thu 30 Jul 2026, 17:30"
    assert zh["day"](date(2026, 7, 30)) == "2026年7月30日（周四）"
    assert zh["iso"](moment) == "2026-07-30T17:30+08:00"


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("区推进办(主任)", "区推进办（主任）"),
        ("期限已过;如需调整,请联系", "期限已过；如需调整，请联系"),
        ("截止 2026-07-30 17:30", "截止 2026-07-30 17:30"),
        ("1,000 万元", "1,000 万元"),
        ("详见 http://example.org/a", "详见 http://example.org/a"),
    ],
)
def test_chinese_labels_get_chinese_punctuation(typed: str, shown: str) -> None:
    """Tables are typed with ASCII punctuation; numbers, times and addresses keep theirs."""
    assert full_width(typed) == shown


def test_english_labels_stay_as_they_are() -> None:
    """Brackets of an English name are ASCII."""
    assert filters("en", ZoneInfo("UTC"))["label"](Label("甲(乙)", "A (b)")) == "A (b)"
