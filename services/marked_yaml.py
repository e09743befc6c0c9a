"""YAML files read as entries that know their file, line and key, so that each mistake is named at its place."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

Loader: type[yaml.SafeLoader] | type[yaml.CSafeLoader] = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
"""libyaml where it is there: ten times faster, and the start of the web app waits for this."""

MAX_BYTES = 20_000_000

_KINDS = {
    "tag:yaml.org,2002:null": "nothing",
    "tag:yaml.org,2002:int": "a number",
    "tag:yaml.org,2002:float": "a number",
    "tag:yaml.org,2002:bool": "yes/no",
    "tag:yaml.org,2002:timestamp": "a date",
    "tag:yaml.org,2002:str": "text",
    "tag:yaml.org,2002:seq": "a list",
    "tag:yaml.org,2002:map": "a mapping",
}


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake in a file: `line` counts from 1 (0: the file as a whole), `key` is the dotted path of the entry."""

    file: str
    line: int
    key: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        subject = f" {self.key}:" if self.key else ""
        return f"{place}:{subject} {self.problem}; {self.remedy}"


class FileMistakes(Exception):
    """A file cannot be used; `mistakes` names each mistake found in it, in the order of the lines."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))


class Report:
    """Collects the mistakes of one file, at most one for each key: what follows from a mistake is not a second one."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[str, int] = {}
        self._items: dict[tuple[str, int], str] = {}
        self._mistakes: list[Mistake] = []
        self._masked: set[str] = set()

    def add(self, key: str, problem: str, remedy: str, line: int | None = None, *, masks: bool = True) -> None:
        """Record a mistake at `key`, on `line` or that of the nearest entry read; it `masks` further ones there."""
        if self.mistaken(key):
            return
        self._mistakes.append(Mistake(self.file, self._line(key) if line is None else line, key, problem, remedy))
        if masks:
            self._masked.add(key)

    def mistaken(self, key: str) -> bool:
        """Whether `key`, or an entry that contains it, is already known to be mistaken."""
        parts = key.split(".")
        return any(".".join(parts[:length]) in self._masked for length in range(1, len(parts) + 1))

    def item(self, key: str, position: int) -> str:
        """The key of the item at `position` (from 0) of a list: by its id, code or number, else its place from 1."""
        return self._items.get((key, position), f"{key}.{position + 1}")

    def name_item(self, key: str, position: int, name: str | None, line: int) -> str:
        """Give an item of a list its key, one that no other item has."""
        path = f"{key}.{position + 1 if name is None else name}"
        if path in self.lines:
            path = f"{path}#{position + 1}"
        self._items[key, position] = path
        self.lines[path] = line
        return path

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        return tuple(sorted(self._mistakes, key=lambda mistake: mistake.line))

    def _line(self, key: str) -> int:
        while key not in self.lines and "." in key:
            key = key.rpartition(".")[0]
        return self.lines.get(key, 1)


@dataclass(frozen=True, slots=True)
class Entry:
    """A value in the file, under its dotted key."""

    report: Report
    key: str
    line: int
    node: yaml.Node

    def wrong(self, problem: str, remedy: str) -> None:
        self.report.add(self.key, problem, remedy, self.line)

    @property
    def kind(self) -> str:
        """What is written there, in words: "text", "a number", "a list" …"""
        return _KINDS.get(self.node.tag, f"a value tagged {self.node.tag}")

    @property
    def is_null(self) -> bool:
        return self.kind == "nothing"

    @property
    def scalar(self) -> str | None:
        """The characters as written, whatever YAML makes of them (it reads 08:30 as a number); None if not a scalar."""
        return str(self.node.value) if isinstance(self.node, yaml.ScalarNode) else None

    def mapping(self) -> dict[str, Entry] | None:
        """The entries below, by key; None, and a mistake, when this is no mapping. A key given twice is a mistake."""
        if not isinstance(self.node, yaml.MappingNode):
            self.wrong(f"is {self.kind} where a mapping is expected", "write `key: value` lines indented below it")
            return None
        found: dict[str, Entry] = {}
        for key_node, value_node in self.node.value:
            name, line = str(key_node.value), key_node.start_mark.line + 1
            path = f"{self.key}.{name}" if self.key else name
            if not isinstance(key_node, yaml.ScalarNode):
                self.report.add(f"{self.key}.?", "has a key that is not plain text", "use a word as the key", line)
            elif name in found:
                first = found[name].line
                self.report.add(
                    path, f"is given twice, first on line {first}", "keep one of the two", line, masks=False
                )
            else:
                self.report.lines[path] = line
                found[name] = Entry(self.report, path, line, value_node)
        return found

    def items(self) -> list[Entry] | None:
        """The entries of a list, keyed as `Report.item` says; None, and a mistake, when this is no list."""
        if not isinstance(self.node, yaml.SequenceNode):
            self.wrong(f"is {self.kind} where a list is expected", "write it as [first, second] or as lines with `- `")
            return None
        return list(self._items(self.node))

    def _items(self, node: yaml.SequenceNode) -> Iterator[Entry]:
        for position, item in enumerate(node.value):
            line = item.start_mark.line + 1
            path = self.report.name_item(self.key, position, _identity(item), line)
            yield Entry(self.report, path, line, item)


def _identity(node: yaml.Node) -> str | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value in ("id", "code", "number") and isinstance(value, yaml.ScalarNode) and value.value:
                return str(value.value)
    return None


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` was probably meant to be, or None."""
    matches = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return matches[0] if matches else None


def suggest(word: str, known: Iterable[str], limit: int = 12) -> str:
    """What to write instead of an unknown `word`: the nearest known one, or the first `limit` of them."""
    names = [str(name) for name in known]
    if (match := nearest(word, names)) is not None:
        return f"did you mean {match}?"
    return f"use one of {', '.join(names[:limit])}{' …' if len(names) > limit else ''}"


def read_text(path: Path) -> str:
    """The file as text; FileMistakes when it is missing, unreadable, too large or not UTF-8."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise FileMistakes(
            [Mistake(path.name, 0, "", f"cannot be read ({reason})", f"check the path {path}")]
        ) from error
    if len(raw) > MAX_BYTES:
        raise FileMistakes([Mistake(path.name, 0, "", f"is larger than {MAX_BYTES:,} bytes", "split the file")])
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise FileMistakes([Mistake(path.name, line, "", "is not UTF-8 text", "save the file as UTF-8")]) from error


def compose(text: str, file: str) -> Entry:
    """The top entry of a YAML text; FileMistakes with the line when it is no YAML, or empty."""
    try:
        node = yaml.compose(text, Loader=Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = " ".join(part for part in (error.context, error.problem) if part) or "unknown reason"
        line = mark.line + 1 if mark else 0
        remedy = "check indentation, quotes and colons here and on the line above"
        raise FileMistakes([Mistake(file, line, "", f"is not readable as YAML ({problem})", remedy)]) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise FileMistakes(
            [Mistake(file, line, "", f"is not readable as YAML ({error.reason})", "remove the character")]
        ) from error
    if node is None:
        raise FileMistakes([Mistake(file, 0, "", "is empty", "start from the demo district's file of that name")])
    return Entry(Report(file), "", node.start_mark.line + 1, node)
