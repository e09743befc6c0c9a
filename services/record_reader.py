"""From entries of a file to frozen dataclasses: each field is a key, its type says what may stand there."""

from __future__ import annotations

import math
import re
import types
import typing
from collections.abc import Callable, Hashable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, time
from enum import Enum
from functools import cache
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin

from services.marked_yaml import Entry, Report, nearest, suggest

T = TypeVar("T")

Form = Callable[[Entry], Any]
"""Reads a type that is written in a form of its own (a limit, a session); returns None after naming a mistake."""

IDENTITIES = ("code", "number", "colour")
"""A record in a mapping takes its key as this field: `power: {…}` is the category with the code power."""


class RecordReader:
    """Reads entries as values of a type. After a mistake it returns a stand-in and reads on, so that all are found."""

    def __init__(self, report: Report, forms: Mapping[Any, Form] | None = None) -> None:
        self.report = report
        self._forms: dict[Any, Form] = {date: read_date, **(forms or {})}

    def record(self, cls: type[T], entry: Entry, **given: object) -> T:
        """`entry` as an instance of the dataclass `cls`; `given` fields are not looked for in the file."""
        return self.fill(cls, entry, entry.mapping(), **given)

    def fill(self, cls: type[T], entry: Entry, found: Mapping[str, Entry] | None, **given: object) -> T:
        """Like `record`, of the entries `found` below `entry`."""
        values: dict[str, Any] = dict(given)
        known = [(field, _key(field), hint) for field, hint in _fields(cast(Hashable, cls)) if field.name not in given]
        names = [key for _, key, _ in known]
        for name, child in (found or {}).items():
            if name not in names:
                self._unknown(child, name, [key for key in names if key not in (found or {})] or names)
        for field, key, hint in known:
            if found is not None and key in found:
                values[field.name] = self.value(hint, found[key])
            elif _is_required(field):
                if found is not None:
                    path = f"{entry.key}.{key}" if entry.key else key
                    self.report.add(path, "is missing", _how_to_add(key, hint), entry.line)
                values[field.name] = stand_in(hint)
        return cls(**values)

    def value(self, hint: Any, entry: Entry) -> Any:
        """`entry` as a value of the type `hint`."""
        inner, optional = _without_none(hint)
        if entry.is_null and optional:
            return None
        read = self._forms.get(hint) or self._forms.get(inner)
        value = read(entry) if read is not None else self._plain(inner, entry)
        return stand_in(hint) if value is None else value

    def _plain(self, hint: Any, entry: Entry) -> Any:
        origin = get_origin(hint)
        if origin is tuple:
            return tuple(self.value(get_args(hint)[0], item) for item in entry.items() or [])
        if origin is dict:
            return self._dict(hint, entry)
        if origin is Literal:
            return _choice(entry, {str(option): option for option in get_args(hint)})
        if is_dataclass(hint) and isinstance(hint, type):
            return self.record(hint, entry)
        if isinstance(hint, type) and issubclass(hint, Enum):
            return _choice(entry, {str(member.value): member for member in hint})
        return _SCALARS[hint](entry)

    def _dict(self, hint: Any, entry: Entry) -> dict[Any, Any]:
        key_type, value_type = get_args(hint)
        values: dict[Any, Any] = {}
        for name, child in (entry.mapping() or {}).items():
            key = self._dict_key(key_type, name, child)
            if key is None:
                continue
            if is_dataclass(value_type) and isinstance(value_type, type) and value_type not in self._forms:
                identity = next((f.name for f, _ in _fields(value_type) if f.name in IDENTITIES), None)
                values[key] = self.record(value_type, child, **({identity: key} if identity else {}))
            else:
                values[key] = self.value(value_type, child)
        return values

    def _dict_key(self, key_type: Any, name: str, child: Entry) -> Any:
        if key_type is int:
            if re.fullmatch(r"[0-9]+", name):
                return int(name)
            child.wrong("has a key that is not a whole number", "number the entries 1, 2, 3 …")
            return None
        if isinstance(key_type, type) and issubclass(key_type, Enum):
            members = {str(member.value): member for member in key_type}
            if name not in members:
                self._unknown(child, name, list(members))
            return members.get(name)
        return name

    @staticmethod
    def _unknown(child: Entry, name: str, names: list[str]) -> None:
        match = nearest(name, names)
        child.wrong(
            "is not a known key", f"did you mean {match}?" if match else f"remove it, or use {', '.join(names)}"
        )


@cache
def _fields(cls: Hashable) -> tuple[tuple[Field[Any], Any], ...]:
    kind: Any = cls
    hints = typing.get_type_hints(kind)
    return tuple((field, hints[field.name]) for field in fields(kind))


def _is_required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _key(field: Field[Any]) -> str:
    # `class` is a word of Python: its field is `class_`.
    return field.name.rstrip("_")


def _without_none(hint: Any) -> tuple[Any, bool]:
    if get_origin(hint) not in (Union, types.UnionType):
        return hint, False
    options = [option for option in get_args(hint) if option is not type(None)]
    return options[0], len(options) < len(get_args(hint))


def stand_in(hint: Any) -> Any:
    """A harmless value of the type `hint`, in the place of one that could not be read."""
    inner, optional = _without_none(hint)
    if optional:
        return None
    origin = get_origin(inner)
    if origin in (tuple, dict):
        # A pair has to stay a pair.
        return tuple(stand_in(part) for part in get_args(inner)) if _is_pair(inner) else origin()
    if origin is Literal:
        return get_args(inner)[0]
    if is_dataclass(inner) and isinstance(inner, type):
        return inner(**{field.name: stand_in(kind) for field, kind in _fields(inner) if _is_required(field)})
    if isinstance(inner, type) and issubclass(inner, Enum):
        return next(iter(inner))
    if inner is date:
        return date.min
    if inner is time:
        return time.min
    return inner("UTC") if getattr(inner, "__name__", "") == "ZoneInfo" else inner()


def _is_pair(hint: Any) -> bool:
    return get_origin(hint) is tuple and Ellipsis not in get_args(hint)


def _how_to_add(key: str, hint: Any) -> str:
    _, optional = _without_none(hint)
    return f"add `{key}:`" + (f" (`{key}: null` if there is none)" if optional else "")


def _choice(entry: Entry, options: Mapping[str, T]) -> T | None:
    written = entry.scalar
    if written is not None and written in options:
        return options[written]
    shown = written if written is not None else entry.kind
    entry.wrong(f"{shown!r} is not allowed here" if written is not None else f"is {shown}", suggest(shown, options))
    return None


def _text(entry: Entry) -> str | None:
    if entry.node.tag == "tag:yaml.org,2002:str":
        if (entry.scalar or "").strip():
            return entry.scalar
        entry.wrong("is empty", "write a text")
    else:
        remedy = "write it in quotes" if entry.scalar else "write a text"
        entry.wrong(f"is {entry.kind} where text is expected", remedy)
    return None


def _integer(entry: Entry) -> int | None:
    if entry.scalar is not None and re.fullmatch(r"-?[0-9]{1,9}", entry.scalar) and entry.kind == "a number":
        return int(entry.scalar)
    entry.wrong(f"is {_shown(entry)} where a whole number is expected", "write digits only, without quotes")
    return None


def _number(entry: Entry) -> float | None:
    if entry.kind == "a number" and entry.scalar is not None:
        try:
            value = float(entry.scalar)
        except ValueError:
            value = math.nan
        if math.isfinite(value):
            return value
    entry.wrong(f"is {_shown(entry)} where a number is expected", "write digits only, without quotes")
    return None


def _yes_no(entry: Entry) -> bool | None:
    if entry.scalar in ("true", "false"):
        return entry.scalar == "true"
    entry.wrong(f"is {_shown(entry)} where true or false is expected", "write true or false")
    return None


def read_date(entry: Entry) -> date | None:
    """A date written as 2026-07-16."""
    try:
        return date.fromisoformat(entry.scalar or "")
    except ValueError:
        entry.wrong(f"is {_shown(entry)} where a date is expected", "write it as 2026-07-16")
        return None


def _shown(entry: Entry) -> str:
    return entry.kind if entry.scalar is None or entry.is_null else repr(entry.scalar)


_SCALARS: dict[Any, Form] = {str: _text, int: _integer, float: _number, bool: _yes_no}
