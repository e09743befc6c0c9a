"""What a mail says: the base of all messages, the kinds of their facts, and the registry by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import MISSING, dataclass, fields, replace
from datetime import datetime
from functools import cache, lru_cache, partial
from typing import Annotated, Any, ClassVar, Literal, Self, TypedDict, get_args, get_type_hints

from domain.mail_rules import Urgency
from domain.policy import Label

Moment = Annotated[str, "moment"]
"""A point in time as ISO 8601 with its offset, e.g. "2026-07-30T09:30:00+00:00"; shown in the office's zone."""


class Words(TypedDict):
    """A name in both languages of the office."""

    zh: str
    en: str


class Line(TypedDict):
    """A row of a mail's table whose label its sender chooses: `value` is of the kind that `kind` says."""

    label: Words
    kind: Literal["text", "words", "moment"]
    value: str | Words


SEALED_TITLE: Words = {"zh": "保密事项", "en": "Restricted case"}
SEALED_TEXT: Words = {"zh": "请在办理页面查看", "en": "see the page"}
"""What a mail about a restricted case says instead of its title and of people's texts."""


class UnknownMessage(LookupError):
    """No message has that name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no message {name!r}; there are {', '.join(sorted(Message.registry))}")
        self.name = name


class MissingFact(ValueError):
    """A message lacks a fact, has one that it does not declare, or has one of the wrong kind."""

    def __init__(self, message: str, fact: str, problem: str) -> None:
        super().__init__(f"message {message}: fact {fact!r} {problem}")
        self.message = message
        self.fact = fact


@dataclass(frozen=True)
class Message:
    """One kind of mail with exactly the facts that its templates print, all of them JSON values.

    A subclass is a frozen, slotted, keyword-only dataclass named by `name`, with its templates in `templates/<name>/`.
    A fact added later has a default, so that what the outbox already holds can still be sent.
    """

    __slots__ = ()

    registry: ClassVar[dict[str, type[Message]]] = {}
    name: ClassVar[str]
    links: ClassVar[tuple[str, ...]] = ("act",)
    """The links that fit this mail, best first: the first one given is the button."""
    link_optional: ClassVar[bool] = False
    """Whether the mail may go without any link (its recipient may have no page)."""
    beside: ClassVar[tuple[str, ...]] = ()
    """Links that may stand in its text, by the names that the example uses; none of them is the button."""

    free_texts: ClassVar[tuple[str, ...]] = ()
    """The facts beside `title` that people wrote, or that hold what they wrote (lines of kind "text", duties)."""
    urgency: ClassVar[Urgency] = Urgency.ORDINARY
    """What such a mail may wait for; a red notice and a critical case's mails are urgent whatever stands here."""
    single: ClassVar[bool] = False
    """Whether it goes by itself even where others wait for the same reader: a calendar takes one invitation of one mail."""
    takes_detail: ClassVar[bool] = False
    """Whether a full mail repeats the description of the case: those that hand an officer work."""

    def __init_subclass__(cls) -> None:
        # A slotted dataclass is created twice under one name: the second, complete one replaces the first.
        known = Message.registry.get(cls.name)
        if known is not None and known.__qualname__ != cls.__qualname__:
            raise TypeError(f"two messages are named {cls.name!r}: {known.__qualname__} and {cls.__qualname__}")
        Message.registry[cls.name] = cls

    def __post_init__(self) -> None:
        """Refuse wrong facts in the transaction that writes them, not hours later when they are to be sent."""
        _check_values(self.name, partial(getattr, self))

    def facts(self) -> dict[str, object]:
        """The facts as JSON values: what the outbox keeps."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def sealed(self, locale: Literal["zh", "en"]) -> Self:
        """The same without a word of the matter: what a mail about a restricted case may carry."""
        changed: dict[str, Any] = {fact: _seal(getattr(self, fact), locale) for fact in self.free_texts}
        if hasattr(self, "title"):
            changed["title"] = SEALED_TITLE[locale]
        return replace(self, **changed)

    @classmethod
    def example(cls) -> Self:
        """A fictional mail of this kind, for previews."""
        raise NotImplementedError(cls.name)

    @classmethod
    def variants(cls) -> dict[str, Self]:
        """Fictional mails of this kind that look otherwise than the example, by what they are."""
        return {}


def from_facts(name: str, facts: Mapping[str, object]) -> Message:
    """The message `name` with stored facts; UnknownMessage, or MissingFact for any that lacks or is not declared."""
    _check_names(name, facts)
    kind = Message.registry[name]
    return kind(**{fact: tuple(value) if isinstance(value, list) else value for fact, value in facts.items()})


def check_facts(name: str, facts: Mapping[str, object]) -> None:
    """Raise what `from_facts` would, without making the message: a sweep checks tens of thousands."""
    _check_names(name, facts)
    _check_values(name, facts.get)


def _check_names(name: str, facts: Mapping[str, object]) -> None:
    if name not in Message.registry:
        raise UnknownMessage(name)
    declared, needed = _declared(name)
    given = facts.keys()
    if not given <= declared:
        raise MissingFact(name, next(fact for fact in facts if fact not in declared), "is not one of its facts")
    if not needed <= given:
        raise MissingFact(name, next(fact for fact in needed if fact not in facts), "is missing")


def _check_values(name: str, value_of: Callable[[str], object]) -> None:
    for fact, kind in _kinds(name):
        value = value_of(fact)
        problem = "" if value is None or type(value) is kind else _problem(value, kind)
        if problem:
            raise MissingFact(name, fact, problem)


def words(label: Label) -> Words:
    """A policy's label as a fact."""
    return {"zh": label.zh, "en": label.en}


def line(label: Label, value: str | Label | datetime) -> Line:
    """A row of a mail's table; a label is shown in the reader's language, a moment in the office's zone."""
    if isinstance(value, datetime):
        return {"label": words(label), "kind": "moment", "value": value.isoformat()}
    if isinstance(value, Label):
        return {"label": words(label), "kind": "words", "value": words(value)}
    return {"label": words(label), "kind": "text", "value": value}


def parse_moment(value: str) -> datetime:
    """The aware datetime of a `Moment`; ValueError for anything else."""
    at = datetime.fromisoformat(value)
    if at.tzinfo is None:
        raise ValueError(f"{value!r} has no zone")
    return at


def _seal(value: object, locale: Literal["zh", "en"]) -> object:
    """A fact with what people wrote in it replaced; dates, names of units and kinds stay."""
    if isinstance(value, str):
        return SEALED_TEXT[locale]
    if isinstance(value, tuple | list):
        return tuple(_seal(item, locale) for item in value)
    if isinstance(value, Mapping):
        said = "what" if "what" in value else "value" if value.get("kind") == "text" else None
        return value if said is None else {**value, said: SEALED_TEXT[locale]}
    return value


@cache
def _declared(name: str) -> tuple[Set[str], Set[str]]:
    """The facts of a message, and those of them that it needs, in its own order."""
    found = fields(Message.registry[name])
    needed = [field.name for field in found if field.default is MISSING and field.default_factory is MISSING]
    return {field.name for field in found}, dict.fromkeys(needed).keys()


@cache
def _kinds(name: str) -> tuple[tuple[str, object], ...]:
    """(fact, kind) of each fact that is checked: a moment, words, or plain values (a type)."""
    message = Message.registry[name]
    found: list[tuple[str, object]] = []
    hints = get_type_hints(message, include_extras=True)
    for field in fields(message):
        hint = hints[field.name]
        options = [option for option in get_args(hint) if option is not type(None)]
        if type(None) in get_args(hint) and len(options) == 1:
            hint = options[0]
        if hint in (Moment, Words, str, int, bool):
            found.append((field.name, hint))
    return tuple(found)


def _problem(value: object, kind: object) -> str:
    """What is wrong with `value` as a fact of that kind; "" if nothing is."""
    if kind is Words:
        return "" if _are_words(value) else "must be {'zh': …, 'en': …}"
    if kind is Moment:
        return "" if isinstance(value, str) and _is_moment(value) else "must be an ISO 8601 moment with its offset"
    return f"must be {kind}"


@lru_cache(maxsize=1_000)
def _is_moment(value: str) -> bool:
    try:
        parse_moment(value)
    except ValueError:
        return False
    return True


def _are_words(value: object) -> bool:
    # `words` makes a dict: asked first, since asking for any mapping costs ten times as much.
    if type(value) is not dict and not isinstance(value, Mapping):
        return False
    return len(value) == 2 and isinstance(value.get("zh"), str) and isinstance(value.get("en"), str)
