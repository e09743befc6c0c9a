"""How facts are worded in a mail: names, moments, lights and clean text in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime

from domain.policy import Label
from notifications.message import Line, Words, parse_moment

_PATTERNS = {"zh": "y年M月d日（EEE）HH:mm", "en": "EEE d MMM y, HH:mm"}
_DAYS = {"zh": "y年M月d日", "en": "d MMM y"}
_BABEL = {"zh": "zh_Hans_CN", "en": "en_GB"}
# A colour is always a shape and a word too: some readers see no colour, some programs show none.
SHAPES = {"blue": "●", "yellow": "▲", "red": "■", "circular": "◆"}

_BREAKS = re.compile(r"[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")
# Controls, invisible and direction marks, lone surrogates: they forge headers, hide words or cannot be encoded.
_CONTROLS = re.compile(
    r"[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
    r"\U000e0000-\U000e007f]+"
)


def one_line(text: str) -> str:
    """`text` without line breaks, control, invisible and direction marks: fit for a header or a row."""
    return _CONTROLS.sub("", _BREAKS.sub(" ", text)).strip()


def without_controls(value: object) -> object:
    """A fact with every text in it made one line; other values as they are."""
    if isinstance(value, str):
        return one_line(value)
    if isinstance(value, Mapping):
        return {key: without_controls(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return tuple(without_controls(item) for item in value)
    return value


def filters(locale: str, zone: ZoneInfo) -> dict[str, Callable[..., Any]]:
    """The template filters of one language and one office."""

    @lru_cache(maxsize=512)
    def moment(value: str) -> str:
        return str(format_datetime(parse_moment(value), _PATTERNS[locale], tzinfo=zone, locale=_BABEL[locale]))

    @lru_cache(maxsize=512)
    def day(value: str) -> str:
        return str(format_date(date.fromisoformat(value), _DAYS[locale], locale=_BABEL[locale]))

    def due(value: str, estimated: bool = False) -> str:
        mark = ("（推定）" if locale == "zh" else " (estimated)") if estimated else ""
        return moment(value) + mark

    def label(value: Words | Label) -> str:
        if isinstance(value, Label):
            return value.in_(locale)
        return value["zh"] if locale == "zh" else value["en"]

    def labels(values: tuple[Words, ...]) -> str:
        return ("、" if locale == "zh" else ", ").join(label(value) for value in values)

    def worded(value: Line) -> str:
        content = value["value"]
        if isinstance(content, str):
            return moment(content) if value["kind"] == "moment" else content
        return label(content)

    return {
        "moment": moment,
        "day": day,
        "due": due,
        "label": label,
        "labels": labels,
        "worded": worded,
        "shape": SHAPES.__getitem__,
        "short": short,
        "sentence": lambda text: text[:1].upper() + text[1:],
    }


def short(text: str, length: int = 40) -> str:
    """`text` cut for a subject line; what is cut is in the body."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
