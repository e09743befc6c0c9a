"""From a form's answers to a report in our own form, by the policy's mapping; each field says where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.sources import FIELDS, REQUIRED, SourceRule
from services.report import parse_body
from services.sources import kind_of
from services.sources.kind import Answer, Submission, as_text, part


@dataclass(frozen=True, slots=True)
class Found:
    """One of our fields: the question that the mapping names, the answer as given, and what it means here.

    `how` is key, label, path, constant, nowhere (the form has no such question) or unmapped.
    """

    field: str
    asked: str
    how: str
    answer: str
    said: str


@dataclass(frozen=True, slots=True)
class Mapped:
    """A submission in our own form: `data` is what our form would have sent. `entry` and `edited_at` as in Submission."""

    data: dict[str, Any]
    entry: str
    edited_at: datetime | None
    found: tuple[Found, ...]
    unused: tuple[Answer, ...]
    """Answers that no field takes."""


def map_body(rule: SourceRule, body: bytes) -> Mapped:
    """What a delivery of that source says. Raises FieldRefused (it cannot be read) or NoSubmission (it is none)."""
    submission = kind_of(rule).read(parse_body(body), rule)
    found = tuple(_find(rule, submission, name) for name in FIELDS)
    firm = {one.field.removeprefix("enterprise."): one.said for one in found if one.field.startswith("enterprise.")}
    data: dict[str, Any] = {"enterprise": firm | {"locale": rule.locale}}
    data |= {one.field: one.said for one in found if not one.field.startswith("enterprise.")}
    taken = {one.asked for one in found if one.how in ("key", "label")}
    unused = tuple(a for a in submission.answers if a.key not in taken and a.label not in taken and a.value)
    return Mapped(data, submission.entry, submission.edited_at, found, unused)


def lacking(mapped: Mapped) -> tuple[str, ...]:
    """The fields without which there is no report, and that this submission does not fill."""
    return tuple(one.field for one in mapped.found if one.field in REQUIRED and not one.said)


def _find(rule: SourceRule, submission: Submission, name: str) -> Found:
    asked = rule.fields.get(name)
    if asked is None:
        constant = rule.constants.get(name, "")
        return Found(name, "", "constant" if name in rule.constants else "unmapped", constant, constant)
    how, answer = _answer(submission, asked)
    said = _meaning(rule.words.get(name, {}), answer) if answer else rule.constants.get(name, "")
    return Found(name, asked, how, answer, said)


def _answer(submission: Submission, asked: str) -> tuple[str, str]:
    if asked.startswith("$."):
        value = part(submission.payload, asked)
        return ("nowhere" if value is None else "path", as_text(value))
    wanted = _plain(asked)
    for how in ("key", "label"):
        named = [a for a in submission.answers if wanted == _plain(getattr(a, how))]
        if named:
            return how, next((a.value for a in named if a.value), "")
    return "nowhere", ""


def _meaning(words: Mapping[str, str], answer: str) -> str:
    """What an option means here; an answer that is no known option stays as it is, for the desk to see."""
    known = {_plain(option): meaning for option, meaning in words.items()}
    return known.get(_plain(answer), answer)


def _plain(label: str) -> str:
    return label.strip().rstrip("*:\uff1a ").casefold()
