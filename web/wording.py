"""How pages word facts: catalogues of sentences, moments in the office's zone, labels and lights in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from gettext import NullTranslations
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from domain.policy import Label

FOLDER = Path(__file__).parent / "locale"
SOURCE = "en"
"""The language in which sentences stand in templates and code."""

_MOMENTS = {"zh": "y年M月d日（EEE）HH:mm", "en": "EEE d MMM y, HH:mm"}
_DAYS = {"zh": "y年M月d日（EEE）", "en": "EEE d MMM y"}
# As official paper is dated.
_WRITTEN = {"zh": "y年M月d日", "en": "d MMMM y"}
_BABEL = {"zh": "zh_Hans_CN", "en": "en_GB"}
# A colour is always a shape and a word too: some readers see no colour, some printers have none.
_SHAPES = {"green": "✓", "blue": "●", "yellow": "▲", "red": "■", "grey": "‖", "closed": "◎", "circular": "◆"}
_SHORT = 48
"""Characters of an address on a button."""


class Sentences(NullTranslations):
    """The sentences of one language, read from its catalogue; what a catalogue lacks stays as it is in the source."""

    def __init__(self, locale: str) -> None:
        super().__init__()
        self._said: dict[str, str] = {}
        if locale != SOURCE:
            for message in read_catalogue(locale):
                self._add(message.id, message.string)

    def _add(self, said: object, translated: object) -> None:
        # Chinese has one form for any number: a plural entry has two sources and one translation.
        for source in said if isinstance(said, tuple | list) else (said,):
            words = translated[0] if isinstance(translated, tuple | list) else translated
            if isinstance(source, str) and isinstance(words, str) and words:
                self._said[source] = words

    def gettext(self, message: str) -> str:
        """The sentence in this language."""
        return self._said.get(message, message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """The sentence for `n` things."""
        return self.gettext(msgid1 if n == 1 else msgid2)


def read_catalogue(locale: str) -> Catalog:
    """The catalogue of a language as it is written."""
    with (FOLDER / locale / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=locale)


@cache
def sentences(locale: str) -> Sentences:
    """The sentences of a language, read once."""
    return Sentences(locale)


def filters(locale: str, zone: ZoneInfo) -> dict[str, Callable[..., Any]]:
    """The template filters of one language and one office."""

    def moment(value: datetime) -> str:
        return str(format_datetime(value, _MOMENTS[locale], tzinfo=zone, locale=_BABEL[locale]))

    def day(value: date | datetime) -> str:
        local = value.astimezone(zone) if isinstance(value, datetime) else value
        return str(format_date(local, _DAYS[locale], locale=_BABEL[locale]))

    def written(value: datetime) -> str:
        return str(format_date(value.astimezone(zone), _WRITTEN[locale], locale=_BABEL[locale]))

    def label(value: Label) -> str:
        return full_width(value.zh) if locale == "zh" else value.en

    def labels(values: tuple[Label, ...]) -> str:
        return ("、" if locale == "zh" else ", ").join(label(value) for value in values)

    def size(value: int) -> str:
        return f"{max(1, round(value / 1000))} KB" if value < 1_000_000 else f"{value / 1_000_000:.1f} MB"

    return {
        "moment": moment,
        "size": size,
        "day": day,
        "written": written,
        "iso": lambda value: value.astimezone(zone).isoformat(timespec="minutes"),
        "label": label,
        "labels": labels,
        "words": lambda value: label(value) if isinstance(value, Label) else value,
        "shape": lambda light: _SHAPES.get(light, "●"),
        "short_link": lambda link: link if len(link) <= _SHORT else f"{link[: _SHORT - 1]}…",
    }


def full_width(text: str) -> str:
    """Chinese `text` with the punctuation that belongs to it: policies and tables are typed with the ASCII kind."""
    return _AFTER_CHINESE.sub(lambda found: found[0].translate(_WIDE), text).translate(_BRACKETS)


_CHINESE = r"\u4e00-\u9fff"
_AFTER_CHINESE = re.compile(rf"(?<=[{_CHINESE})）])[,;:!?]")
_WIDE = str.maketrans(",;:!?", "，；：！？")
_BRACKETS = str.maketrans("()", "（）")
